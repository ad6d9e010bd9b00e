# The module's web server for provisioning: its pages, and what a browser posts to them.
# Owns HTTP as far as these pages need it and the messages +WEBSERVERRSP. Joining is provision.py's.
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Optional
from urllib.parse import parse_qsl

from .captive import Captive
from .ports import Conn, LinkEvents, Listener, TimerHandle

if TYPE_CHECKING:
    from .module import Module

STARTED, FINISHED, OTA_STARTED, OTA_DONE, OTA_FAILED = 1, 2, 3, 4, 5
WAITING, CONNECTING, FAILED, CONNECTED = (
    "waiting config",
    "connecting",
    "connect fail",
    "connect OK",
)
STATES = {CONNECTED: 1, FAILED: 2}

_BODY_MAX = 320  # of a form or JSON text; images may be longer
_HEAD_MAX = 4096
_IMAGE_MAX = 0x180000
_IMAGE_MAGIC = 0xE9  # how an application image begins
_CLIENTS_MAX = 7
_JOIN_DELAY_US = 300_000  # the answer goes out before the channel changes
_SSID_MAX, _PASSWORD_MAX = 32, 64
_PAGE = b"""<!DOCTYPE html><html><head><title>ESP-AT</title></head><body>
<form><input id="ssid"><input id="password"></form></body></html>
"""

Answer = tuple[str, str, bytes]  # status, type, body


def _json(value: Any, status: str = "200 OK") -> Answer:
    return status, "application/json", json.dumps(value, separators=(",", ":")).encode()


_REDIRECT = "302 Found"
_OK = _json({"state": 0})
_BAD = _json({"state": 1}, "400 Bad Request")
_BROKEN = _json({"state": 1}, "500 Internal Server Error")


class WebServer:
    def __init__(self, module: Module) -> None:
        self._m = module
        self._listener: Optional[Listener] = None
        self._clients: set[_Client] = set()
        self._limit: Optional[TimerHandle] = None
        self._captive = Captive(module)
        self.timeout_s = 60
        self.port = 0
        self.status = WAITING
        self._wanted: dict[str, str] = {"ssid": "", "password": ""}

    @property
    def running(self) -> bool:
        return self._listener is not None

    @property
    def home(self) -> str:
        return self._m.soft_ap.ip

    def start(self, port: int, timeout_s: int) -> None:
        """OSError when the port cannot be had."""
        self._listener = self._m.net.listen("tcp", port, self._accept)
        self.port, self.timeout_s = port, timeout_s
        self._captive.start()

    def stop(self) -> None:
        listener, self._listener = self._listener, None
        self._captive.stop()
        if listener is not None:
            listener.close()
        for client in list(self._clients):
            client.conn.abort()
        self._clients.clear()
        self._settle(WAITING)

    def _accept(self, conn: Conn) -> Optional[LinkEvents]:
        if len(self._clients) >= _CLIENTS_MAX:
            return None
        client = _Client(self, conn)
        self._clients.add(client)
        return client

    def gone(self, client: _Client) -> None:
        self._clients.discard(client)

    def say(self, number: int) -> None:
        self._m.out.urc(f"+WEBSERVERRSP:{number}")

    # -- pages -------------------------------------------------------------------------
    def answer(self, method: str, path: str, body: bytes, target: str) -> Answer:
        page = {
            ("GET", "/getversion"): lambda: _json({"version": "1.0"}),
            ("GET", "/getstainfo"): self._station,
            ("POST", "/setstainfo"): lambda: self._set_station(body),
            ("POST", "/getresult"): lambda: self._result(body),
            ("GET", "/getaprecord"): self._access_points,
            ("GET", "/getotainfo"): self._firmware,
            ("POST", "/setotadata"): lambda: self._image(body, target),
            ("GET", "/"): lambda: ("200 OK", "text/html", _PAGE),
        }.get((method, path.partition("?")[0]))
        if page is None and method == "GET" and self._m.profile.captive_portal:
            return _REDIRECT, "text/html", b""
        if page is None:
            return "404 Not Found", "text/html", b"Nothing matches the given URI"
        return page()

    def _station(self) -> Answer:
        return _json(
            {
                "state": STATES.get(self.status, 0),
                "sta_ssid": self._wanted["ssid"],
                "sta_password": self._wanted["password"],
                "message": self.status,
            }
        )

    def _set_station(self, body: bytes) -> Answer:
        if self._m.cfg["cwmode"] != 3 or self.status == CONNECTING:
            return _BAD
        form = _form(body)
        ssid, password = form.get("ssid", ""), form.get("password", "")
        if len(ssid.encode()) > _SSID_MAX or len(password.encode()) > _PASSWORD_MAX or not ssid:
            return _BAD
        self._wanted = {"ssid": ssid, "password": password}
        self._m.later(_JOIN_DELAY_US, self._join)
        return _OK

    def _join(self) -> None:
        if not self.running:
            return
        self.status = CONNECTING
        self.say(STARTED)
        ssid, password = (self._wanted[name].encode() for name in ("ssid", "password"))
        self._m.provision.join(ssid, password, done=lambda: self._settle(CONNECTED))
        self._limit = self._m.later(self.timeout_s * 1_000_000, self._too_long)

    def _too_long(self) -> None:
        self._m.station.leave()
        self._settle(FAILED)

    def _settle(self, status: str) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
        self.status = status

    def _result(self, body: bytes) -> Answer:
        """The browser has seen how it ended."""
        if self.status == CONNECTING:
            self.say(FINISHED)
        elif self.status in (CONNECTED, FAILED):
            if "received" not in _form(body):
                return _BAD
            self._settle(WAITING)
            self._wanted = {"ssid": "", "password": ""}
            self.say(FINISHED)
        return _OK

    def _access_points(self) -> Answer:
        found = sorted((ap for ap in self._m.air.aps if ap.up), key=lambda ap: -ap.rssi)
        rows = [
            {"ssid": ap.ssid.decode("utf-8", "replace"), "auth_mode": ap.ecn}
            for ap in found[:10]
            if not ap.hidden
        ]
        return _json({"state": 0, "message": "scan done", "aplist": rows})

    def _firmware(self) -> Answer:
        version = self._m.profile.gmr[-1].partition(":")[2]
        names = ["ota", *self._m.profile.partitions]
        core = self._m.profile.gmr[0].partition(":")[2].partition("(")[0]
        return _json(
            {"state": 0, "fw_version": version, "at_core_version": core, "partitions": names}
        )

    def _image(self, body: bytes, target: str) -> Answer:
        """target is what the header "Object" says; +WEBSERVERRSP:3 was said with the first byte."""
        partition = self._m.profile.partitions.get(target)
        if target == "ota":
            good = body[:1] == bytes([_IMAGE_MAGIC])
        else:
            good = partition is not None and 0 < len(body) <= partition[3]
        if not good:
            self.say(OTA_FAILED)
            return _BROKEN
        if target == "ota":
            self._m.flash.set("ota", target, ["", body])
        else:
            self._m.flash.set("partitions", target, body)
        self.say(OTA_DONE)
        return _OK


def _form(body: bytes) -> dict[str, str]:
    """JSON, as today's page sends it, or a form, as older ones did."""
    text = body.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except ValueError:
        return dict(parse_qsl(text, keep_blank_values=True))
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


class _Client:
    """One browser connection, request after request."""

    def __init__(self, server: WebServer, conn: Conn) -> None:
        self._server = server
        self.conn = conn
        self._in = bytearray()
        self._out = b""
        self._image_told = False

    def on_connect(self) -> None:
        pass

    def on_error(self, errno_: int) -> None:
        if self._image_told:
            self._server.say(OTA_FAILED)
        self._server.gone(self)

    def on_writable(self) -> None:
        self._flush()

    def on_readable(self) -> None:
        while data := self.conn.recv(2920):
            self._in += data
        while self._request():
            pass
        if self.conn.eof:
            if self._image_told:
                self._image_told = False
                self._server.say(OTA_FAILED)
            self._server.gone(self)
            self.conn.close()

    def _request(self) -> bool:
        """Answers one request when it is complete."""
        head, mark, rest = bytes(self._in).partition(b"\r\n\r\n")
        if not mark:
            if len(self._in) > _HEAD_MAX:
                self._refuse("431 Request Header Fields Too Large")
            return False
        line, *lines = head.decode("latin-1").split("\r\n")
        words = line.split(" ")
        fields = {n.strip().lower(): v.strip() for n, _, v in (x.partition(":") for x in lines)}
        length = fields.get("content-length", "0")
        if len(words) != 3 or not length.isdigit():
            self._refuse("400 Bad Request")
            return False
        image = words[1].startswith("/setotadata")
        if int(length) > (_IMAGE_MAX if image else _BODY_MAX):
            self._refuse("500 Internal Server Error")
            return False
        if image and not self._image_told:
            self._image_told = True
            self._server.say(OTA_STARTED)
        if len(rest) < int(length):
            return False
        self._in = bytearray(rest[int(length) :])
        self._image_told = False
        body = rest[: int(length)]
        status, kind, page = self._server.answer(words[0], words[1], body, fields.get("object", ""))
        self._send(status, kind, page)
        return bool(self._in)

    def _send(self, status: str, kind: str, page: bytes) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(page)}\r\n"
        if status == _REDIRECT:
            head += f"Location: http://{self._server.home}/\r\n"
        self._out += head.encode() + b"\r\n" + page
        self._flush()

    def _refuse(self, status: str) -> None:
        self._in.clear()
        self._send(status, "text/html", b"")
        self._server.gone(self)
        self.conn.close()

    def _flush(self) -> None:
        while self._out:
            n = self.conn.send(self._out)
            if n == 0:
                return
            self._out = self._out[n:]
