# The module's flash: key/value namespaces and raw partitions, in memory or in a JSON file.
# Owns what survives a reboot. Knows no command.
from __future__ import annotations

import base64
import json
import os
from typing import Any, Optional, Union


class Flash:
    """Values are int, str, bytes, None or JSON lists of these."""

    def __init__(self, path: Optional[str] = None) -> None:
        self._path = path
        self._spaces: dict[str, dict[str, Any]] = {}
        self.writes = 0
        self.fail_next = 0  # a fault: so many writes do not happen
        self.failed = 0
        if path is not None and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self._spaces = _decode(json.load(file))

    def namespaces(self) -> list[str]:
        return sorted(self._spaces)

    def keys(self, space: str) -> list[str]:
        return list(self._spaces.get(space, {}))

    def get(self, space: str, key: str, default: Any = None) -> Any:
        return self._spaces.get(space, {}).get(key, default)

    def set(self, space: str, key: str, value: Any) -> None:
        keys = self._spaces.setdefault(space, {})
        if key in keys and keys[key] == value:
            return  # the same value is not written again
        if self._fails():
            return
        keys[key] = value
        self._changed()

    def erase(self, space: str, key: Optional[str] = None) -> bool:
        """False when there was nothing to erase."""
        if self._fails():
            return True
        if key is None:
            if self._spaces.pop(space, None) is None:
                return False
        else:
            if key not in self._spaces.get(space, {}):
                return False
            del self._spaces[space][key]
        self._changed()
        return True

    def _fails(self) -> bool:
        if not self.fail_next:
            return False
        self.fail_next -= 1
        self.failed += 1
        return True

    def _changed(self) -> None:
        self.writes += 1
        if self._path is None:
            return
        # Written beside and renamed, so that a crash leaves the old file.
        new = self._path + ".new"
        with open(new, "w", encoding="utf-8") as file:
            json.dump(_encode(self._spaces), file, indent=1)
        os.replace(new, self._path)


def open_flash(flash: Union[None, str, os.PathLike[str], Flash]) -> Flash:
    """None: a fresh one in memory; a path: that file; a Flash: itself."""
    if isinstance(flash, Flash):
        return flash
    return Flash(None if flash is None else os.fspath(flash))


def _encode(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {k: _encode(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encode(v) for v in value]
    return value


def _decode(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"base64"}:
            return base64.b64decode(value["base64"])
        return {k: _decode(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_decode(v) for v in value]
    return value
