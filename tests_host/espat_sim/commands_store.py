# Flash as the host sees it: raw partitions and the manufacturing key/value store.
# Owns the forms of SYSFLASH and SYSMFG; the bytes are flash.py's.
from __future__ import annotations

from typing import Any, Optional

from .call import Call, q
from .errors import exec_fail, para_count, para_invalid
from .parser import Int, Rest, Str, bind
from .registry import WAIT, Commands
from .takers import Counted

commands = Commands("basic")

_ERASED = 0xFF
_STRING, _BINARY = 7, 8
_RANGES = {
    1: (0, 0xFF),
    2: (-0x80, 0x7F),
    3: (0, 0xFFFF),
    4: (-0x8000, 0x7FFF),
    5: (0, 0xFFFFFFFF),
    6: (-0x80000000, 0x7FFFFFFF),
}
_MFG = "mfg:"  # flash namespaces that belong to the manufacturing store
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


def _ensure_factory(call: Call) -> None:
    """The content from the factory, until somebody writes or erases."""
    flash = call.m.flash
    if flash.get(_PARTITIONS, "factory") is None:
        for space, keys in call.m.profile.factory.items():
            for key, (kind, value) in keys.items():
                flash.set(_MFG + space, key, [kind, value])
        flash.set(_PARTITIONS, "factory", 1)


@commands.query("AT+SYSMFG")
def namespaces(call: Call) -> None:
    _ensure_factory(call)
    for space in call.m.flash.namespaces():
        if space.startswith(_MFG):
            call.answer(q(space[len(_MFG) :]))


@commands.set("AT+SYSMFG", Int(0, 2), Rest())
def store(call: Call, operation: int, args: list) -> Any:
    _ensure_factory(call)
    if operation == 0:
        space, key = _names(bind(args, [Str(15, 1), Str(15, 1, default=b"")], False, 1))
        if not call.m.flash.erase(space, key or None):
            raise exec_fail(why="not found")
        return None
    if operation == 1:
        return _read(call, args)
    return _write(call, args)


def _names(values: list) -> tuple[str, str]:
    space, key = values
    return _MFG + space.decode("latin-1"), key.decode("latin-1")


def _read(call: Call, args: list) -> Any:
    if not args:
        return namespaces(call)
    kinds = [Str(15, 1), Str(15, 1, default=b""), Int(0, 1 << 20, default=0)]
    *names, offset, length = bind(args, [*kinds, Int(0, 1 << 20, default=None)], False, 1)
    space, key = _names(names)
    flash, shown = call.m.flash, q(space[len(_MFG) :])
    if not flash.keys(space):
        raise exec_fail(why="no such namespace")
    if not key:
        for name in flash.keys(space):
            call.answer(shown, q(name), flash.get(space, name)[0])
        return None
    item = flash.get(space, key)
    if item is None:
        raise exec_fail(why="no such key")
    kind, value = item
    data = _part(value if isinstance(value, bytes) else str(value).encode(), offset, length)
    head = f"+SYSMFG:{shown},{q(key)},{kind},{len(data)},"
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
    flash = call.m.flash
    if kind not in (_STRING, _BINARY):
        (value,) = bind(args[3:], [Int(*_RANGES[kind])], False, 4)
        flash.set(space, key, [kind, value])
        return None
    (length,) = bind(args[3:], [Int(1, 4000)], False, 4)
    call.prompt()

    def done(data: bytes) -> None:
        flash.set(space, key, [kind, data])
        call.done()

    Counted(call.m, length, done)
    return WAIT
