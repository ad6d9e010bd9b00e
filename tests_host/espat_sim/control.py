# The control channel: one JSON object a line, each answered by one line, on a TCP port.
# Owns its clients and their subscriptions. What the requests do is actions.py's, except "uart"
# (the host's end of the line) and "watch_pin" (lines {"event": "pin", ...} at every change).
from __future__ import annotations

import asyncio
import json
from typing import Any, Callable, Optional

from .garble import Frame
from .module import Module

LOOPBACK = "127.0.0.1"
MAX_LINE = 1 << 20


class ControlServer:
    def __init__(self, module: Module, paced: bool = True) -> None:
        self._module = module
        self._paced = paced
        self.on_baud: Callable[[], object] = lambda: None  # a client set the host's rate
        self._server: Optional[asyncio.AbstractServer] = None
        self._watchers: dict[str, set[asyncio.StreamWriter]] = {}
        self._clients: set[asyncio.StreamWriter] = set()

    async def start(self, port: int) -> str:
        """Listens; gives HOST:PORT."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, port, limit=MAX_LINE)
        return f"{LOOPBACK}:{self._server.sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._clients:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while line := await reader.readline():
                if line.strip():
                    self._send(writer, self._answer(line, writer))
                    await writer.drain()
        except (ConnectionError, ValueError):
            pass  # the client went away, or sent a line without end
        finally:
            self._clients.discard(writer)
            for watchers in self._watchers.values():
                watchers.discard(writer)
            writer.close()

    def _send(self, writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
        writer.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> dict[str, Any]:
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise ValueError("a request is a JSON object")
            what = request.get("do")
            if what == "watch_pin":
                return self._watch(str(request["pin"]), bool(request.get("on", True)), writer)
            if what == "uart":
                return self._uart(request)
        except (ValueError, KeyError, TypeError) as exc:
            return {"ok": False, "error": f"{type(exc).__name__}: {exc}"}
        return self._module.control(request)

    def _watch(self, name: str, on: bool, writer: asyncio.StreamWriter) -> dict[str, Any]:
        pin = self._module.pins[name]
        if name not in self._watchers:
            self._watchers[name] = set()
            pin.subscribe(lambda level: self._changed(name, level))
        if on:
            self._watchers[name].add(writer)
        else:
            self._watchers[name].discard(writer)
        return {"ok": True, "level": pin.level}

    def _changed(self, name: str, level: int) -> None:
        event = {"event": "pin", "pin": name, "level": level, "t_us": self._module.clock.now_us}
        for writer in self._watchers[name]:
            self._send(writer, event)

    def _uart(self, request: dict[str, Any]) -> dict[str, Any]:
        """The host's own rate, frame and flow control; buffers stay as the program has them."""
        host = self._module.line.host
        baud = request.get("baud")
        if baud and self._paced:
            parity = request.get("parity")
            wire_parity = 0 if parity is None else 1 if parity else 2
            stop = 3 if request.get("stop") == 2 else 1
            self.on_baud()
            host.set_baud(int(baud), Frame(int(request.get("bits", 8)), wire_parity, stop))
        if "rts" in request or "cts" in request:
            host.set_flow(rts=bool(request.get("rts")), cts=bool(request.get("cts")))
        return {"ok": True, "baud": host.baud, "overruns": host.overruns}
