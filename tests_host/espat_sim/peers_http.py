# A web server for every virtual network, by h11: pages, echoes, files with ranges, and answers that
# are slow, cut, redirected or wrong. Owns what the server says.
from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Callable, Optional
from urllib.parse import parse_qsl, urlsplit

from .ports import Clock

Headers = list[tuple[bytes, bytes]]
_DATE = b"Sun, 26 Sep 2021 06:59:13 GMT"


_PERIOD = bytes((i * 7 + (i >> 8)) & 0xFF for i in range(65536))


def pattern(count: int) -> bytes:
    """The bytes of a file, the same as pattern.test sends."""
    return (_PERIOD * (count // len(_PERIOD) + 1))[:count]


@dataclass
class Request:
    method: str
    target: str
    headers: Headers
    body: bytes = b""
    secure: bool = False

    def header(self, name: bytes) -> bytes:
        return next((value for key, value in self.headers if key == name.lower()), b"")


@dataclass
class Reply:
    """How the server answers. cut: after so many bytes of the body the connection ends by end."""

    status: int = 200
    body: bytes = b""
    headers: Headers = field(default_factory=list)
    kind: bytes = b"text/plain"
    chunks: int = 0  # in chunks of so many bytes; 0: with a length
    delay_us: int = 0  # before it answers
    cut: Optional[int] = None
    end: str = "close"  # or reset, stall
    raw: Optional[bytes] = None  # this, and nothing else


Route = Callable[[Request], Reply]


class HttpServer:
    """server.serve is a handler of net.serve_tcp. routes: a pattern of the path to its route.

    /get /post /put /delete ...   what was asked, as JSON (in the shape of httpbin.org)
    /file/N                       N bytes of a pattern; ranges are served
    /chunked/N/SIZE               the same in chunks
    /open/N                       the same without a length, until the connection ends
    /status/N                     that status, with a short page
    /redirect/N, /loop            to /redirect/N-1 ... /get; to itself
    /cut/N/AT, /reset/N/AT        N bytes are promised, the connection ends after AT
    /stall/N/AT                   nothing more comes after AT
    /slow/MS                      answers after so many milliseconds
    /empty, /rubbish              no body; no HTTP
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.requests: list[Request] = []
        self.origin = "198.51.100.1"
        self.trace_id = "Root=1-61503a3f-4b16b71918855b97614c5dfb"
        self.routes: dict[str, Route] = {
            r"/(?:get|post|put|delete|anything.*)": self.echo,
            r"/file/(\d+)": lambda r: self.file(r, pattern(number(r))),
            r"/chunked/(\d+)/(\d+)": lambda r: Reply(body=pattern(number(r)), chunks=number(r, 1)),
            r"/open/(\d+)": lambda r: Reply(
                raw=b"HTTP/1.0 200 OK\r\nServer: old\r\n\r\n" + pattern(number(r))
            ),
            r"/status/(\d+)": lambda r: Reply(number(r), b"status %d\n" % number(r)),
            r"/redirect/(\d+)": self.redirect,
            r"/loop": lambda r: Reply(302, headers=[(b"Location", b"/loop")]),
            r"/cut/(\d+)/(\d+)": lambda r: Reply(body=pattern(number(r)), cut=number(r, 1)),
            r"/reset/(\d+)/(\d+)": lambda r: Reply(
                body=pattern(number(r)), cut=number(r, 1), end="reset"
            ),
            r"/stall/(\d+)/(\d+)": lambda r: Reply(
                body=pattern(number(r)), cut=number(r, 1), end="stall"
            ),
            r"/slow/(\d+)": lambda r: Reply(body=b"at last\n", delay_us=1000 * number(r)),
            r"/empty": lambda r: Reply(204),
            r"/rubbish": lambda r: Reply(raw=b"\x00\xff no HTTP\r\n\r\n"),
        }

    def serve(self, peer: Any) -> None:
        _Connection(self, peer)

    def answer(self, request: Request) -> Reply:
        path = urlsplit(request.target).path
        for wanted, route in self.routes.items():
            if re.fullmatch(wanted, path):
                return route(request)
        return Reply(404, b"not here\n")

    # -- routes ------------------------------------------------------------------------
    def echo(self, request: Request) -> Reply:
        """What httpbin.org says of a request."""
        parts = urlsplit(request.target)
        text = request.body.decode("latin-1")
        kind = request.header(b"content-type").decode("latin-1")
        is_form = kind == "application/x-www-form-urlencoded"
        try:
            parsed = json.loads(text) if kind == "application/json" else None
        except ValueError:
            parsed = None
        shown = {
            key.decode("latin-1").title(): value.decode("latin-1")
            for key, value in request.headers
            if key != b"connection"
        }
        shown["X-Amzn-Trace-Id"] = self.trace_id
        host = request.header(b"host").decode("latin-1")
        told: dict[str, Any] = {
            "args": dict(parse_qsl(parts.query)),
            "headers": shown,
            "origin": self.origin,
            "url": f"http{'s' if request.secure else ''}://{host}{request.target}",
        }
        if request.method not in ("GET", "HEAD"):
            told["data"] = "" if is_form else text
            told["form"] = dict(parse_qsl(text)) if is_form else {}
            told["files"] = {}
            told["json"] = parsed
        body = json.dumps(told, indent=2, sort_keys=True, separators=(", ", ": ")) + "\n"
        return Reply(body=body.encode(), kind=b"application/json")

    def file(self, request: Request, data: bytes) -> Reply:
        """All of it, or the range that was asked for."""
        accepts = (b"Accept-Ranges", b"bytes")
        found = re.fullmatch(rb"bytes=(\d*)-(\d*)", request.header(b"range"))
        if found is None or not any(found.groups()):
            return Reply(body=data, headers=[accepts])
        first, last = found.groups()
        if not first:
            start, stop = max(0, len(data) - int(last)), len(data)
        else:
            start, stop = int(first), min(int(last) + 1 if last else len(data), len(data))
        if start >= stop:
            return Reply(416, headers=[(b"Content-Range", b"bytes */%d" % len(data))])
        shown = (b"Content-Range", b"bytes %d-%d/%d" % (start, stop - 1, len(data)))
        return Reply(206, data[start:stop], [accepts, shown])

    def redirect(self, request: Request) -> Reply:
        left = number(request)
        to = b"/redirect/%d" % (left - 1) if left > 1 else b"/get"
        return Reply(302, b"elsewhere\n", [(b"Location", to)])


def number(request: Request, index: int = 0) -> int:
    """The index-th number in the path."""
    return int(re.findall(r"/(\d+)", urlsplit(request.target).path)[index])


class _Connection:
    def __init__(self, server: HttpServer, peer: Any) -> None:
        import h11

        self._server = server
        self._peer = peer
        self._http: Any = h11.Connection(h11.SERVER)
        self._request: Optional[Request] = None
        peer.on_data(self._take)
        peer.on_close(peer.close)

    def _take(self, data: bytes) -> None:
        import h11

        self._http.receive_data(data)
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError:
                self._peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                self._peer.close()
                return
            if isinstance(event, h11.Request):
                headers = [(bytes(key), bytes(value)) for key, value in event.headers]
                method, target = event.method.decode(), event.target.decode("latin-1")
                secure = hasattr(self._peer, "session")
                self._request = Request(method, target, headers, secure=secure)
            elif isinstance(event, h11.Data) and self._request is not None:
                self._request.body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage) and self._request is not None:
                self._server.requests.append(self._request)
                self._plan(self._server.answer(self._request))
                return
            else:
                return

    def _plan(self, reply: Reply) -> None:
        self._server.clock.call_later(reply.delay_us, lambda: self._answer(reply))

    def _answer(self, reply: Reply) -> None:
        import h11

        assert self._request is not None
        if reply.raw is not None:
            self._peer.send(reply.raw)
            self._peer.close()
            return
        headers: Headers = [(b"Date", _DATE), (b"Content-Type", reply.kind)]
        if not reply.chunks and reply.status != 204:
            headers.append((b"Content-Length", b"%d" % len(reply.body)))
        headers += [(b"Connection", b"keep-alive"), (b"Server", b"gunicorn/19.9.0")]
        headers.append((b"Access-Control-Allow-Origin", b"*"))
        headers.append((b"Access-Control-Allow-Credentials", b"true"))
        headers += reply.headers
        reason = {200: b"OK"}.get(reply.status, b"")
        response = h11.Response(status_code=reply.status, headers=headers, reason=reason)
        data = bytearray(self._http.send(response))
        body = b"" if self._request.method == "HEAD" else reply.body
        size = reply.chunks or max(1, len(body))
        left = len(body) if reply.cut is None else reply.cut
        for start in range(0, min(left, len(body)), size):
            part = body[start : min(start + size, left)]
            data += self._http.send(h11.Data(data=part))
        whole = reply.cut is None or not body
        if whole:
            data += self._http.send(h11.EndOfMessage())
        self._peer.send(bytes(data))
        if not whole:
            if reply.end != "stall":
                getattr(self._peer, reply.end)()
        elif self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        else:
            self._peer.close()
