# HTTP: the commands, their records and what ends each of them.
# Owns arguments, what is stored for all requests, and the order of answers; not the requests.
from __future__ import annotations

from typing import Any, Callable, Optional, Sequence

from .call import Call, q
from .errors import AtError, exec_fail, para_count, para_invalid
from .http_client import (
    Answer,
    BadRequest,
    Header,
    HttpRequest,
    Limits,
    Url,
    merge,
    parse_header,
    parse_url,
)
from .parser import Int, Rest, Str, Token, bind
from .registry import WAIT, Commands
from .takers import Counted

commands = Commands("http")

_NO_ANSWER = 0x7000
_METHODS = {1: "HEAD", 2: "GET", 3: "POST", 4: "PUT", 5: "DELETE"}
_POST = 3
_TYPES = (
    b"application/x-www-form-urlencoded",
    b"application/json",
    b"multipart/form-data",
    b"text/xml",
)
_URL_MIN, _URL_MAX = 8, 8192
_HEADER_MAX = 8192
_SIZES = (Int(0, 10240, default=2048), Int(0, 10240, default=2048), Int(0, 180_000, default=5000))
_SMALL, _DEFAULT_MS = 512, 5000  # what a 0 means


def _url(call: Call, given: Optional[bytes]) -> Url:
    """An empty one is what HTTPURLCFG has stored."""
    if not call.m.has_network:
        raise AtError(_NO_ANSWER)
    try:
        return parse_url(given or call.m.cfg["httpurl"])
    except BadRequest as error:
        raise AtError(_NO_ANSWER) from error


def _headers(texts: Sequence[bytes], first: int) -> list[Header]:
    headers = []
    for i, text in enumerate(texts):
        try:
            headers.append(parse_header(text))
        except BadRequest as error:
            raise para_invalid(first + i) from error
    return headers


def _request(
    call: Call,
    method: str,
    url: Url,
    headers: Sequence[Header],
    limits: Limits,
    done: Callable[[Answer], object],
    *,
    body: bytes = b"",
    content_type: bytes = b"",
    on_head: Callable[[list[Header]], object] = lambda headers: None,
) -> None:
    """With the headers that are set for all; they win over the command's own."""
    stored = [parse_header(text) for text in call.m.cfg["httphead"]]
    own = [(b"Content-Type", content_type)] if content_type else []

    def say(data: bytes) -> None:
        if data and not call.over:
            call.m.out.send(call.prefix.encode() + b"%d,%s\r\n" % (len(data), data))

    def ended(answer: Answer) -> None:
        if not call.over:
            done(answer)

    try:
        every = merge(merge(own, headers), stored)
        HttpRequest(
            call.m, method, url, every, body, limits, on_head=on_head, on_data=say, done=ended
        )
    except BadRequest:
        done(Answer(0, None))


def _failure(answer: Answer) -> Optional[AtError]:
    """None: the server is content. A redirection is an answer like any other."""
    if answer.status == 0:
        return AtError(_NO_ANSWER)
    return AtError(_NO_ANSWER + answer.status) if answer.status >= 400 else None


def _finish(call: Call, answer: Answer) -> None:
    failure = _failure(answer)
    if failure is None:
        call.done()
    else:
        call.fail(failure)


@commands.set("AT+HTTPCLIENT", Rest())
def client(call: Call, args: list) -> Any:
    optional = Str(256, default=b"")
    kinds = [Int(1, 5), Int(0, 3), optional, optional, optional, Int(1, 2, default=1)]
    given = bind(args[: len(kinds)], kinds, False)
    method, kind, url_text, host, path, transport = given
    rest = args[len(kinds) :]
    body = b""
    first = len(kinds)
    if method == _POST and rest:
        (body,) = bind(rest[:1], [Str(256, default=b"")], False, first)
        rest = rest[1:]
        first += 1
    headers = _headers(bind(rest, [Str(256, 1)] * len(rest), False, first), first)
    if not url_text and host:
        scheme = b"https" if transport == 2 else b"http"
        url_text = scheme + b"://" + host + (path if path[:1] == b"/" else b"/" + path)
    url = _url(call, url_text)

    def say_head(found: list[Header]) -> None:
        blank = " " if call.m.faults.quirks["http_head_blank"] else ""
        for key, value in found:
            text = (key + b": " + value).decode("latin-1")
            call.answer(len(text), blank + text)

    name = _METHODS[method]
    _request(
        call,
        name,
        url,
        headers,
        Limits(),
        lambda answer: _finish(call, answer),
        body=body,
        content_type=_TYPES[kind],
        on_head=say_head if name == "HEAD" else lambda found: None,
    )
    return WAIT


def _limits(tx: int, rx: int, timeout_ms: int) -> Limits:
    return Limits(tx or _SMALL, rx or _SMALL, timeout_ms or _DEFAULT_MS)


@commands.set("AT+HTTPGETSIZE", Str(256), *_SIZES)
def size(call: Call, url_text: bytes, tx: int, rx: int, timeout_ms: int) -> Any:
    url = _url(call, url_text)

    def done(answer: Answer) -> None:
        if _failure(answer) is None and answer.length is None:
            call.fail(exec_fail(why="the server does not tell the size"))
            return
        if _failure(answer) is None:
            call.answer(answer.length)
        _finish(call, answer)

    _request(call, "HEAD", url, [], _limits(tx, rx, timeout_ms), done)
    return WAIT


@commands.set("AT+HTTPCGET", Str(256), *_SIZES)
def get(call: Call, url_text: bytes, tx: int, rx: int, timeout_ms: int) -> Any:
    url = _url(call, url_text)
    limits = _limits(tx, rx, timeout_ms)
    _request(call, "GET", url, [], limits, lambda answer: _finish(call, answer))
    return WAIT


def _send(call: Call, method: str, args: list) -> Any:
    kinds = [Str(256), Int(1, 0x7FFFFFFF), Int(0, 100, default=0)]
    url_text, length, count = bind(args[: len(kinds)], kinds, False)
    texts: list[Token] = args[len(kinds) :]
    if len(texts) != count:
        raise para_count(len(kinds) + count, len(args))
    headers = _headers(bind(texts, [Str(256, 1)] * count, False, len(kinds)), len(kinds))
    url = _url(call, url_text)
    if length > call.m.profile.min_ram:
        raise exec_fail(why="more than there is memory")
    call.prompt()

    def done(answer: Answer) -> None:
        failure = _failure(answer)
        if failure is None:
            call.done("SEND OK")
        elif call.m.faults.quirks["http_post_error"] and answer.status:
            call.fail(failure)
        else:
            call.fail(failure, "SEND FAIL")

    def received(body: bytes) -> None:
        _request(call, method, url, headers, Limits(), done, body=body, content_type=_TYPES[0])

    latency_us = call.m.profile.raw_latency_us
    Counted(call.m, length, lambda body: call.later(latency_us, lambda: received(body)))
    return WAIT


@commands.set("AT+HTTPCPOST", Rest())
def post(call: Call, args: list) -> Any:
    return _send(call, "POST", args)


@commands.set("AT+HTTPCPUT", Rest())
def put(call: Call, args: list) -> Any:
    return _send(call, "PUT", args)


# -- what is stored for all requests -----------------------------------------------------


@commands.query("AT+HTTPURLCFG")
def url_config(call: Call) -> None:
    stored = call.m.cfg["httpurl"]
    if stored:
        call.m.out.send(b"+HTTPURLCFG:%d,%s\r\n" % (len(stored), stored))


@commands.set("AT+HTTPURLCFG", Int(0, _URL_MAX))
def set_url(call: Call, length: int) -> Any:
    if length == 0:
        call.m.cfg.store("httpurl", b"")
        return None
    if length < _URL_MIN:
        raise para_invalid(0)
    call.prompt()

    def done(data: bytes) -> None:
        call.m.cfg.store("httpurl", data)
        call.done("SET OK")

    Counted(call.m, length, done)
    return WAIT


def say_stored_headers(call: Call, name: str) -> None:
    for index, text in enumerate(call.m.cfg[name]):
        key, value = parse_header(text)
        call.answer(index, q(key + b":" + value))


def store_header(call: Call, name: str, length: int) -> Any:
    """One more header behind a prompt, in place of one with the same key; 0 forgets all."""
    if length == 0:
        call.m.cfg.store(name, [])
        return None
    call.prompt()

    def done(data: bytes) -> None:
        try:
            key = parse_header(data)[0].lower()
        except BadRequest:
            call.fail(para_invalid(0))
            return
        others = [text for text in call.m.cfg[name] if parse_header(text)[0].lower() != key]
        call.m.cfg.store(name, [*others, data])
        call.done()

    Counted(call.m, length, done)
    return WAIT


@commands.query("AT+HTTPCHEAD")
def headers_for_all(call: Call) -> None:
    say_stored_headers(call, "httphead")


@commands.set("AT+HTTPCHEAD", Int(0, _HEADER_MAX))
def set_header_for_all(call: Call, length: int) -> Any:
    return store_header(call, "httphead", length)
