# The dashboard: a page in a browser that shows the module at work, and buttons that disturb it.
# Owns the web server and what it tells the page. What the buttons do is the control channel's.
from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .wiretap import Wiretap, show

if TYPE_CHECKING:
    from aiohttp import web

    from .module import Module

LOOPBACK = "127.0.0.1"
PAGE = Path(__file__).with_name("dashboard_page")
FILES = ("index.html", "page.js", "page.css")
TICK_S = 0.1  # how often the page hears of news
SLOW_TICKS = 10  # how many of them for the curve
CURVE_S = 60
MOST_POINTS = 2000
MOST_AT_ONCE = 500  # records


def snapshot(m: Module) -> dict[str, Any]:
    """What the panels of the page show, but for the current."""
    status = m.control({"do": "status"})
    return {
        "profile": m.profile.name,
        "power_state": m.power.meter.state,
        "command": m.running.name if m.running is not None else "",
        "uptime_s": status["uptime_ms"] // 1000,
        "uart": status["uart"],
        "wifi": [status["wifi"], show(m.station.ssid), status["ip"]],
        "links": status["links"],
        "aps": [
            {
                "ssid": show(ap.ssid),
                "ssid_hex": ap.ssid.hex(),
                "bssid": ap.bssid,
                "channel": ap.channel,
                "rssi": ap.rssi,
                "secured": ap.wants_key(),
                "up": ap.up,
                "ours": m.station.ap is ap,
            }
            for ap in m.air.aps
        ],
        "pins": m.pins.levels,
        "gpio": {str(n): level for n, level in sorted(m.gpio.items())},
        "flash": {
            space: {key: _short(m.flash.get(space, key)) for key in m.flash.keys(space)}
            for space in m.flash.namespaces()
        },
        "flash_writes": m.flash.writes,
        "quirks": dict(m.faults.quirks),
    }


def current(m: Module) -> dict[str, Any]:
    """What the module drew: sums, and the curve of the last minute."""
    meter = m.power.meter
    now_us = m.clock.now_us
    first_us = now_us - CURVE_S * 1_000_000
    points = meter.timeline[-MOST_POINTS:]
    start = next((i for i, (t_us, _) in enumerate(points) if t_us >= first_us), len(points))
    curve = [[max(t_us, first_us), ua] for t_us, ua in points[max(0, start - 1) :]]
    return {"energy": meter.report(), "curve": curve, "now_us": now_us}


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]} ... ({len(text)} characters)"


async def _guard(request: web.Request, handler: Any) -> web.StreamResponse:
    # A page from elsewhere must not reach us through the visitor's browser: neither under
    # another name for this address, nor by a script of its own.
    from aiohttp import web

    origin = request.headers.get("Origin")
    hosts = [urlsplit(f"//{request.host}").hostname]
    if origin is not None:
        hosts.append(urlsplit(origin).hostname)
        if urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="this page is for itself only")
    if any(host not in (LOOPBACK, "localhost") for host in hosts):
        raise web.HTTPForbidden(text="this page is for this machine only")
    return await handler(request)


class Dashboard:
    """start(port) serves the page on loopback until stop()."""

    def __init__(self, module: Module) -> None:
        self._m = module
        self._tap: Any = None
        self._runner: Any = None

    async def start(self, port: int) -> str:
        """Gives the address. OSError; ImportError where aiohttp is missing."""
        try:
            from aiohttp import web
        except ImportError:
            raise ImportError(
                "--dashboard needs aiohttp: pip install 'espat-sim[dashboard]'"
            ) from None
        self._tap = Wiretap(self._m)
        app = web.Application(middlewares=[web.middleware(functools.partial(_guard))])
        app.router.add_get("/", self._page)
        app.router.add_get("/{name}", self._page)
        app.router.add_get("/live/socket", self._live)
        # Nobody's access log on the terminal of the simulator.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, port)
        await site.start()
        return f"http://{LOOPBACK}:{self._runner.addresses[0][1]}/"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _page(self, request: web.Request) -> web.StreamResponse:
        from aiohttp import web

        name = request.match_info.get("name", FILES[0])
        if name not in FILES:
            raise web.HTTPNotFound
        policy = "default-src 'self'; connect-src 'self' ws:; img-src 'self' data:"
        return web.FileResponse(
            PAGE / name, headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
        )

    async def _live(self, request: web.Request) -> web.StreamResponse:
        from aiohttp import web

        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=1 << 16)
        await socket.prepare(request)
        teller = asyncio.ensure_future(self._tell(socket))
        try:
            async for message in socket:
                if message.type is web.WSMsgType.TEXT:
                    await socket.send_json({"answer": self._do(message.data)})
        finally:
            teller.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await teller
        return socket

    def _do(self, text: str) -> dict[str, Any]:
        try:
            request = json.loads(text)
        except ValueError:
            return {"ok": False, "error": "no JSON"}
        return self._m.control(request)

    async def _tell(self, socket: web.WebSocketResponse) -> None:
        """What is new since the last tick; a page that is too slow for all of it misses some,
        and is told how many."""
        told = self._tap.count - len(self._tap.records)
        last: dict[str, Any] = {}
        for tick in itertools.count():
            if socket.closed:
                return
            records = self._tap.since(told)[-MOST_AT_ONCE:]
            first = records[0].number if records else self._tap.count
            state = snapshot(self._m)
            if tick % SLOW_TICKS == 0:
                state.update(current(self._m))
            changed = {k: v for k, v in state.items() if last.get(k) != v}
            await socket.send_json(
                {"missed": first - told, "wire": [r._asdict() for r in records], "state": changed}
            )
            told = self._tap.count if not records else records[-1].number + 1
            last = state
            await asyncio.sleep(TICK_S)  # the rate of the page, no wait for anything
