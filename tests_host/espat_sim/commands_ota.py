# Firmware from Espressif's server: which versions it has, and the update with its stages.
# Owns the order of the stages. The image is kept in flash and never run.
from __future__ import annotations

import json
from typing import Any, Callable, Optional

from .call import Call, q
from .errors import exec_fail
from .fetch import CONNECTED, FOUND, Fetch
from .parser import Int, Str
from .registry import WAIT, Commands

commands = Commands("tcpip")

HOST = "iot.espressif.cn"
LIST_PATH = "/v1/device/rom/?is_format_simple=true"
IMAGE_PATH = "/v1/device/rom/?action=download_rom&version={version}&filename={name}.bin"
SERVER_FOUND, SERVER_CONNECTED, GOT_VERSION, FINISHED, FAILED = 1, 2, 3, 4, -1
_LIMIT_US = 180_000_000
_IMAGE_MAGIC = 0xE9  # how an application image begins


def _need_network(call: Call) -> None:
    if not call.m.station.has_ip:
        raise exec_fail(why="no IP address")


def _versions(body: bytes) -> list[str]:
    """Newest last; [] when the server speaks of something else."""
    try:
        found = json.loads(body)["versions"]
        return [str(version) for version in found]
    except (ValueError, KeyError, TypeError):
        return []


@commands.query("AT+CIPFWVER")
def available(call: Call) -> Any:
    _need_network(call)

    def done(status: int, body: bytes) -> None:
        versions = _versions(body) if status == 200 else []
        if call.over:
            return
        if not versions:
            call.fail(exec_fail(why="no list of versions"))
            return
        for version in versions:
            call.answer(q(version))
        call.done()

    Fetch(call.m, HOST, LIST_PATH, False, done)
    return WAIT


@commands.query("AT+CIUPDATE")
def state(call: Call) -> None:
    call.line(f"+CIPUPDATE:{call.m.update_state}")


@commands.execute("AT+CIUPDATE")
def update(call: Call) -> Any:
    return _start(call, 0, "", call.m.profile.ota_image, 0)


@commands.set(
    "AT+CIUPDATE",
    Int(0, 1),
    Str(32, 1, default=b""),
    Str(16, 1, default=b"ota"),
    Int(0, 1, default=0),
)
def update_to(call: Call, mode: int, version: bytes, name: bytes, nonblocking: int) -> Any:
    return _start(call, mode, version.decode("latin-1"), name.decode("latin-1"), nonblocking)


def _start(call: Call, mode: int, version: str, name: str, nonblocking: int) -> Any:
    _need_network(call)
    if call.m.update_state in (SERVER_FOUND, SERVER_CONNECTED, GOT_VERSION):
        raise exec_fail(why="an update is running")
    if nonblocking:
        call.done()
    _Update(call, bool(mode), version, name, not nonblocking)
    return WAIT


class _Update:
    def __init__(self, call: Call, secure: bool, version: str, name: str, blocking: bool) -> None:
        self._call = call
        self._m = call.m
        self._secure = secure
        self._version = version
        self._name = name
        self._blocking = blocking
        self._m.update_state = 0
        self._limit = self._m.later(_LIMIT_US, self._too_long)
        self._fetch: Optional[Fetch] = None
        self._get(LIST_PATH, self._listed, self._stage)

    def _get(
        self,
        path: str,
        done: Callable[[int, bytes], object],
        on_stage: Callable[[str], object] = lambda stage: None,
    ) -> None:
        self._fetch = Fetch(self._m, HOST, path, self._secure, done, on_stage)

    def _say(self, state: int) -> None:
        self._m.update_state = state
        self._m.out.urc(f"+CIPUPDATE:{state}")

    def _stage(self, stage: str) -> None:
        self._say({FOUND: SERVER_FOUND, CONNECTED: SERVER_CONNECTED}[stage])

    def _listed(self, status: int, body: bytes) -> None:
        versions = _versions(body) if status == 200 else []
        if not versions or (self._version and self._version not in versions):
            self._failed()
            return
        self._version = self._version or versions[-1]
        self._say(GOT_VERSION)
        path = IMAGE_PATH.format(version=self._version, name=self._name)
        self._get(path, self._loaded)

    def _loaded(self, status: int, body: bytes) -> None:
        if (
            status != 200
            or not body
            or (self._name == self._m.profile.ota_image and body[0] != _IMAGE_MAGIC)
        ):
            self._failed()
            return
        self._limit.cancel()
        self._m.flash.set("ota", self._name, [self._version, body])
        self._say(FINISHED)
        if self._blocking:
            self._call.done()
            if self._name == self._m.profile.ota_image:
                self._m.out.when_sent(self._m.restart)

    def _too_long(self) -> None:
        if self._fetch is not None:
            self._fetch.cancel()
        self._failed()

    def _failed(self) -> None:
        self._limit.cancel()
        if self._blocking:
            self._m.update_state = FAILED
            self._call.fail(exec_fail(why="the update failed"))
        else:
            self._say(FAILED)
