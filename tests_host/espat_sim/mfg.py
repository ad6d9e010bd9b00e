# The manufacturing store: what AT+SYSMFG shows of the flash, factory parameters and certificates.
# Owns its content from the factory. Bytes live in flash.py; commands are commands_store.py's.
from __future__ import annotations

from typing import Any, Mapping, Optional

from .flash import Flash

STRING, BINARY = 7, 8  # types whose values are bytes
Item = tuple[int, Any]  # type of AT+SYSMFG, value

_MFG = "mfg:"
_DONE = ("partitions", "factory")  # a mark in flash: the factory has been here


class Mfg:
    def __init__(self, flash: Flash, factory: Mapping[str, Mapping[str, Item]]) -> None:
        self._flash = flash
        self._factory = factory

    def _ensure(self) -> Flash:
        """The content from the factory, until somebody writes or erases."""
        flash = self._flash
        if flash.get(*_DONE) is None:
            for space, keys in self._factory.items():
                for key, (kind, value) in keys.items():
                    flash.set(_MFG + space, key, [kind, value])
            flash.set(*_DONE, 1)
        return flash

    def spaces(self) -> list[str]:
        names = self._ensure().namespaces()
        return [name[len(_MFG) :] for name in names if name.startswith(_MFG)]

    def keys(self, space: str) -> list[str]:
        return self._ensure().keys(_MFG + space)

    def get(self, space: str, key: str) -> Optional[Item]:
        item = self._ensure().get(_MFG + space, key)
        return None if item is None else (item[0], item[1])

    def data(self, space: str, key: str) -> bytes:
        """The bytes of a string or binary value, b"" when there is none."""
        kind, value = self.get(space, key) or (0, b"")
        return value if isinstance(value, bytes) else b""

    def set(self, space: str, key: str, kind: int, value: Any) -> None:
        self._ensure().set(_MFG + space, key, [kind, value])

    def erase(self, space: str, key: str = "") -> bool:
        """False when there was nothing to erase."""
        return self._ensure().erase(_MFG + space, key or None)
