# The file system commands: files of the root directory of one FAT partition.
# Owns their arguments and answers; the files are kept in the module's flash.
from __future__ import annotations

from typing import Any

from .call import Call
from .errors import exec_fail, para_invalid
from .parser import Int, OneOf, Rest, Str, bind
from .registry import WAIT, Commands
from .takers import Counted

commands = Commands("fs")

_SPACE = "files"
_PARTITION = "fatfs"
_SECTOR = 4096  # FAT gives room in whole sectors; wear levelling keeps some for itself
_KEPT_SECTORS = 8
_DELETE, _WRITE, _READ, _SIZE, _LIST = range(5)
_OFFSET_MAX = 0x7FFFFFFF


@commands.set("AT+FSMOUNT", Int(0, 1))
def mount(call: Call, on: int) -> None:
    # A second time of either is no error.
    call.m.fs_mounted = bool(on)


@commands.set("AT+FS", OneOf(0), Int(_DELETE, _LIST), Str(255, 1), Rest())
def file_system(call: Call, kind: int, operation: int, name_bytes: bytes, args: list) -> Any:
    place = operation in (_WRITE, _READ)
    kinds = [Int(0, _OFFSET_MAX), Int(1, _OFFSET_MAX)] if place else []
    values = bind(args, kinds, False, 3)
    name = name_bytes.decode("latin-1")
    call.m.fs_mounted = True
    if operation == _LIST:
        return _list(call, name)
    if "/" in name or name in (".", ".."):
        raise para_invalid(2)  # there is only the root
    if operation == _WRITE:
        return _write(call, name, *values)
    content = call.m.flash.get(_SPACE, name)
    if content is None:
        raise exec_fail(why="no such file")
    if operation == _DELETE:
        call.m.flash.erase(_SPACE, name)
    elif operation == _SIZE:
        call.line(f"+FS:{len(content)}")
    else:
        offset, length = values
        data = content[offset : offset + length]
        call.m.out.send(b"+FS:%d,%s" % (len(data), data))
    return None


def _list(call: Call, path: str) -> None:
    if path not in (".", "/"):
        raise para_invalid(2)
    names = call.m.flash.keys(_SPACE)
    if names:
        text = "+FS:" + "".join(name + " " for name in names)
        call.m.out.send(text.encode("latin-1"))


def _sectors(size: int) -> int:
    return -(-size // _SECTOR)


def _write(call: Call, name: str, offset: int, length: int) -> Any:
    flash = call.m.flash
    old = flash.get(_SPACE, name, b"")
    others = sum(_sectors(len(flash.get(_SPACE, n))) for n in flash.keys(_SPACE) if n != name)
    room = call.m.profile.partitions[_PARTITION][3] // _SECTOR - _KEPT_SECTORS
    if others + _sectors(max(len(old), offset + length)) > room:
        raise exec_fail(why="the partition is full")
    call.m.out.send(b">")

    def done(data: bytes) -> None:
        content = old.ljust(offset, b"\0")
        flash.set(_SPACE, name, content[:offset] + data + content[offset + length :])
        call.done()

    Counted(call.m, length, done)
    return WAIT
