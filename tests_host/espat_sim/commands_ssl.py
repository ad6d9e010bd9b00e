# What a TLS link of the module checks and shows: AT+CIPSSLC...
# Owns their forms; the settings become contexts in pki.py and tls.py.
from __future__ import annotations

from typing import Any

from .call import Call, q
from .errors import para_count, para_invalid
from .parser import Int, LinkId, Rest, Str, bind
from .registry import Commands

commands = Commands("tcpip")

_ALL = 5
_KEY_MAX = 32


def _shown(call: Call) -> range:
    return range(call.m.profile.links if call.m.cfg["mux"] else 1)


def _keep(call: Call, name: str, index: int, value: Any) -> None:
    for i in range(call.m.profile.links):
        if index in (i, _ALL):
            call.m.cfg.store_item(name, i, value)


def _text(value: bytes) -> str:
    return value.decode("latin-1")


@commands.query("AT+CIPSSLCCONF")
def checks(call: Call) -> None:
    for index in _shown(call):
        call.answer(index, *call.m.cfg["sslconf"][index])


@commands.set(
    "AT+CIPSSLCCONF", LinkId(_ALL), Int(0, 3), Int(0, 255, default=0), Int(0, 255, default=0)
)
def set_checks(call: Call, index: int, mode: int, pki: int, ca: int) -> None:
    _keep(call, "sslconf", index, [mode, pki, ca])


@commands.query("AT+CIPSSLCCN")
def common_name(call: Call) -> None:
    for index in _shown(call):
        call.answer(index, q(call.m.cfg["sslcn"][index]))


@commands.set("AT+CIPSSLCCN", LinkId(_ALL), Str(64))
def set_common_name(call: Call, index: int, name: bytes) -> None:
    _keep(call, "sslcn", index, _text(name))


@commands.query("AT+CIPSSLCSNI")
def server_name(call: Call) -> None:
    for index in _shown(call):
        call.answer(index, q(call.m.cfg["sslsni"][index]))


@commands.set("AT+CIPSSLCSNI", LinkId(_ALL), Str(64))
def set_server_name(call: Call, index: int, name: bytes) -> None:
    _keep(call, "sslsni", index, _text(name))


@commands.query("AT+CIPSSLCALPN")
def protocols(call: Call) -> None:
    for index in _shown(call):
        call.answer(index, *(q(name) for name in call.m.cfg["sslalpn"][index]))


@commands.set("AT+CIPSSLCALPN", LinkId(_ALL), Int(0, 5), Rest())
def set_protocols(call: Call, index: int, count: int, args: list) -> None:
    first = 2 if call.m.cfg["mux"] else 1
    if len(args) != count:
        raise para_count(first + count, first + len(args))
    names = bind(args, [Str(255, 1)] * count, False, first)
    _keep(call, "sslalpn", index, [_text(name) for name in names])


@commands.query("AT+CIPSSLCPSK")
def key(call: Call) -> None:
    for index in _shown(call):
        secret, hint = call.m.cfg["sslpsk"][index]
        call.answer(index, q(bytes.fromhex(secret)), q(hint))


@commands.set("AT+CIPSSLCPSK", LinkId(_ALL), Str(_KEY_MAX), Str(32))
def set_key(call: Call, index: int, secret: bytes, hint: bytes) -> None:
    _keep(call, "sslpsk", index, [secret.hex(), _text(hint)])


@commands.query("AT+CIPSSLCPSKHEX")
def key_in_figures(call: Call) -> None:
    for index in _shown(call):
        secret, hint = call.m.cfg["sslpsk"][index]
        call.answer(index, q(secret), q(hint))


@commands.set("AT+CIPSSLCPSKHEX", LinkId(_ALL), Str(2 * _KEY_MAX), Str(32))
def set_key_in_figures(call: Call, index: int, figures: bytes, hint: bytes) -> None:
    try:
        secret = bytes.fromhex(_text(figures))
    except ValueError as error:
        raise para_invalid(1 if call.m.cfg["mux"] else 0) from error
    _keep(call, "sslpsk", index, [secret.hex(), _text(hint)])
