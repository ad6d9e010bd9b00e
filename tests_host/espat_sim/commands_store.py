# Flash as the host sees it: raw partitions and the manufacturing key/value store.
# Owns the forms of SYSFLASH and SYSMFG; the bytes are flash.py's and mfg.py's.
from __future__ import annotations

from typing import Any, Optional

from .call import Call, q
from .errors import exec_fail, para_count, para_invalid
from .mfg import BINARY, STRING
from .parser import Int, Rest, Str, bind
from .registry import WAIT, Commands
from .takers import Counted

commands = Commands("basic")

_ERASED = 0xFF
_RANGES = {
    1: (0, 0xFF),
    2: (-0x80, 0x7F),
    3: (0, 0xFFFF),
    4: (-0x8000, 0x7FFF),
    5: (0, 0xFFFFFFFF),
    6: (-0x80000000, 0x7FFFFFFF),
}
_PARTITIONS = "partitions"


# -- partitions ------------------------------------------------------------------------


@commands.query("AT+SYSFLASH")
def partitions(call: Call) -> None:
    for name, (kind, subtype, addr, size) in call.m.profile.partitions.items():
        call.answer(q(name), kind, subtype, f"0x{addr:x}", f"0x{size:x}")


@commands.set("AT+SYSFLASH", Int(0, 2), Str(16, 1), Rest())
def partition(call: Call, operation: int, name_bytes: bytes, args: list) -> Any:
    name = name_bytes.decode("latin-1")
    if name not in call.m.profile.partitions:
        raise exec_fail(why="no such partition")
    size = call.m.profile.partitions[name][3]
    if operation == 0 and not args:
        offset, length = 0, size
    else:
        offset, length = bind(args, [Int(0, 0xFFFFFFFF), Int(1, 0xFFFFFFFF)], False, 2)
    if offset + length > size:
        raise para_invalid(3)
    flash = call.m.flash
    content = bytearray(flash.get(_PARTITIONS, name, b"").ljust(size, bytes([_ERASED])))

    def write(data: bytes) -> None:
        # Flash can only clear bits; erasing sets them.
        for i, byte in enumerate(data):
            content[offset + i] &= byte
        _keep(call, name, content)
        call.done()

    if operation == 0:
        content[offset : offset + length] = bytes([_ERASED]) * length
        _keep(call, name, content)
        return None
    if operation == 1:
        call.m.out.send(b">")
        Counted(call.m, length, write)
        return WAIT
    call.m.out.send(b"+SYSFLASH:%d," % length + bytes(content[offset : offset + length]))
    return None


def _keep(call: Call, name: str, content: bytearray) -> None:
    call.m.flash.set(_PARTITIONS, name, bytes(content).rstrip(bytes([_ERASED])))


# -- manufacturing store ---------------------------------------------------------------


@commands.query("AT+SYSMFG")
def namespaces(call: Call) -> None:
    for space in call.m.mfg.spaces():
        call.answer(q(space))


@commands.set("AT+SYSMFG", Int(0, 2), Rest())
def store(call: Call, operation: int, args: list) -> Any:
    if operation == 0:
        space, key = _names(bind(args, [Str(15, 1), Str(15, 1, default=b"")], False, 1))
        if not call.m.mfg.erase(space, key):
            raise exec_fail(why="not found")
        return None
    if operation == 1:
        return _read(call, args)
    return _write(call, args)


def _names(values: list) -> tuple[str, str]:
    space, key = values
    return space.decode("latin-1"), key.decode("latin-1")


def _read(call: Call, args: list) -> Any:
    if not args:
        return namespaces(call)
    kinds = [Str(15, 1), Str(15, 1, default=b""), Int(0, 1 << 20, default=0)]
    *names, offset, length = bind(args, [*kinds, Int(0, 1 << 20, default=None)], False, 1)
    space, key = _names(names)
    mfg = call.m.mfg
    if not mfg.keys(space):
        raise exec_fail(why="no such namespace")
    if not key:
        for name in mfg.keys(space):
            kind, _ = mfg.get(space, name) or (0, b"")
            call.answer(q(space), q(name), kind)
        return None
    item = mfg.get(space, key)
    if item is None:
        raise exec_fail(why="no such key")
    kind, value = item
    data = _part(value if isinstance(value, bytes) else str(value).encode(), offset, length)
    head = f"+SYSMFG:{q(space)},{q(key)},{kind},{len(data)},"
    call.line(head.encode() + data)
    return None


def _part(data: bytes, offset: int, length: Optional[int]) -> bytes:
    if offset > len(data):
        raise exec_fail(why="beyond the value")
    return data[offset:] if length is None else data[offset : offset + length]


def _write(call: Call, args: list) -> Any:
    if len(args) != 4:
        raise para_count(5, 1 + len(args))
    *names, kind = bind(args[:3], [Str(15, 1), Str(15, 1), Int(1, 8)], False, 1)
    space, key = _names(names)
    if kind not in (STRING, BINARY):
        (value,) = bind(args[3:], [Int(*_RANGES[kind])], False, 4)
        call.m.mfg.set(space, key, kind, value)
        return None
    (length,) = bind(args[3:], [Int(1, 4000)], False, 4)
    call.prompt()

    def done(data: bytes) -> None:
        call.m.mfg.set(space, key, kind, data)
        call.done()

    Counted(call.m, length, done)
    return WAIT
