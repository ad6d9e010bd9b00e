# User commands: RAM to rent, an update from any URL, waking the host, where the guide is.
# Owns their arguments and answers; waking is host_wake.py's, fetching fetch.py's.
from __future__ import annotations

import re
from typing import Any

from .call import Call, q
from .errors import AtError, exec_fail, para_count, para_invalid
from .fetch import Fetch
from .host_wake import BY_GPIO, BY_MCUSLEEP, BY_UART, WakeConfig
from .parser import Int, Rest, bind
from .registry import WAIT, Commands
from .takers import Counted

commands = Commands("user")

_FREE, _MALLOC, _WRITE, _READ, _CLEAR = range(5)
_RECORD = 1024  # bytes of one record of a read
_SIZE_MAX = 0x7FFFFFFF
_IMAGE_MAGIC = 0xE9
_OTA_LIMIT_US = 10_000_000  # silence of the server
_URL = re.compile(rb"(https?)://([^/:?#]+)(?::(\d{1,5}))?(/[^#]*)?", re.IGNORECASE)
_DOCS = "https://docs.espressif.com/projects/esp-at/{language}/latest/{chip}/index.html"
_NO_GPIO = range(22, 26)  # numbers without a pin
_GPIO_MAX = 46

# -- RAM ---------------------------------------------------------------------------------


@commands.query("AT+USERRAM")
def ram(call: Call) -> None:
    call.answer(len(call.m.user_ram or b""))


@commands.set("AT+USERRAM", Int(_FREE, _CLEAR), Rest())
def use_ram(call: Call, operation: int, args: list) -> Any:
    m = call.m
    kinds = {
        _MALLOC: [Int(1, _SIZE_MAX)],
        _WRITE: [Int(1, _SIZE_MAX), Int(0, _SIZE_MAX, default=0)],
        _READ: [Int(1, _SIZE_MAX), Int(0, _SIZE_MAX, default=0)],
    }.get(operation, [])
    values = bind(args, kinds, False, 1)
    if (operation == _MALLOC) != (m.user_ram is None):
        raise exec_fail(why="there is none yet, or one already")
    if operation == _MALLOC:
        if values[0] > m.profile.free_ram:
            raise exec_fail(why="alloc fail")
        m.user_ram = bytearray(values[0])
    elif operation == _FREE:
        m.user_ram = None
    elif operation == _CLEAR:
        m.user_ram = bytearray(len(m.user_ram or b""))
    else:
        return _move(call, operation, *values)
    return None


def _move(call: Call, operation: int, size: int, offset: int) -> Any:
    memory = call.m.user_ram
    assert memory is not None
    if offset + size > len(memory):
        raise exec_fail(why="beyond its end")
    if operation == _READ:
        for start in range(offset, offset + size, _RECORD):
            data = bytes(memory[start : min(start + _RECORD, offset + size)])
            call.m.out.send(b"+USERRAM:%d,%s" % (len(data), data))
        return None

    def done(data: bytes) -> None:
        memory[offset : offset + size] = data
        call.done("WRITE OK")

    call.prompt()
    Counted(call.m, size, done)
    return WAIT


# -- update ------------------------------------------------------------------------------


@commands.set("AT+USEROTA", Int(1, 8192))
def update(call: Call, length: int) -> Any:
    def received(url: bytes) -> None:
        call.m.out.final(f"Recv {len(url)} bytes")
        match = _URL.fullmatch(url)
        if match is None or not call.m.has_network:
            call.fail(exec_fail(why="no such place"))
            return
        scheme, host, port, path = match.groups()
        secure = scheme.lower() == b"https"
        Fetch(
            call.m,
            host.decode("latin-1"),
            (path or b"/").decode("latin-1"),
            secure,
            loaded,
            port=int(port) if port else None,
            silence_us=_OTA_LIMIT_US,
        )

    def loaded(status: int, body: bytes) -> None:
        if status != 200 or not body or body[0] != _IMAGE_MAGIC:
            call.fail(exec_fail(why="the update failed"))
            return
        call.m.flash.set("ota", "ota", ["", body])
        call.done()
        call.m.out.when_sent(call.m.restart)

    call.prompt()
    Counted(call.m, length, received)
    return WAIT


# -- waking the host ---------------------------------------------------------------------


@commands.set("AT+USERWKMCUCFG", Int(0, 1), Rest())
def configure_wake(call: Call, enable: int, args: list) -> None:
    waker = call.m.host_waker
    if waker.asleep:
        raise exec_fail(why="the host sleeps")
    if not enable:
        if args:
            raise para_count(1, 1 + len(args))
        waker.configure(None)
        return
    if waker.config is not None:
        raise exec_fail(why="it is enabled; disable it first")
    kinds = [Int(BY_GPIO, BY_UART), Int(0, _GPIO_MAX), Int(0, 255), Int(0, 60_000)]
    config = WakeConfig(*bind(args, [*kinds, Int(0, 7, default=BY_MCUSLEEP)], False, 1))
    _check(config)
    waker.configure(config)


def _check(config: WakeConfig) -> None:
    error: list[AtError] = []
    if config.mode == BY_GPIO:
        if config.number in _NO_GPIO:
            error.append(para_invalid(2))
        if config.signal > 1:
            error.append(para_invalid(3))
    elif config.number != 1:
        error.append(para_invalid(2))
    if error:
        raise error[0]


@commands.set("AT+USERMCUSLEEP", Int(0, 1))
def host_sleeps(call: Call, state: int) -> Any:
    if call.m.host_waker.config is None:
        raise exec_fail(why="AT+USERWKMCUCFG comes first")
    # The answer goes out before the state changes.
    call.done()
    call.m.host_waker.told(bool(state), BY_MCUSLEEP)
    return WAIT


@commands.query("AT+USERDOCS")
def documents(call: Call) -> None:
    for language in ("en", "zh_CN"):
        call.answer(q(_DOCS.format(language=language, chip=call.m.profile.chip)))
