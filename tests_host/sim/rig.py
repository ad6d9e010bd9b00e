# A host program in four methods, for tests that talk to a Module on the virtual clock.
# Owns waiting in virtual time. Knows no command.
from __future__ import annotations

from typing import Any, Optional, Sequence, Union

from espat_sim import AccessPoint, Air, Module, VirtualClock

BOOT_LIMIT_S = 2.0
FINALS = (b"\r\nOK\r\n", b"\r\nERROR\r\n")
SENT = (b"\r\nSEND OK\r\n", b"\r\nSEND FAIL\r\n", b"\r\nERROR\r\n")


class Rig:
    """echo=False: ATE0 was sent. wifi=True: joined to espat-lab."""

    def __init__(self, *, echo: bool = False, wifi: bool = False, **module_args: Any) -> None:
        self.clock = VirtualClock()
        self.m = Module(clock=self.clock, **module_args)
        self.host = self.m.line.host
        self.host.set_rxbuf(1 << 20)
        self.wait_ready()
        if not echo:
            self.command("ATE0")
        if wifi:
            assert self.ok("AT+CWMODE=1")
            assert self.ok('AT+CWJAP="espat-lab","espat-pass"')

    @property
    def net(self) -> Any:
        return self.m.net

    def wait_ready(self) -> bytes:
        return self.wait_for(b"\r\nready\r\n", BOOT_LIMIT_S)

    # -- wire --------------------------------------------------------------------------
    def write(self, data: Union[str, bytes]) -> None:
        """All of it, waiting for room as long as the line moves."""
        rest = data.encode("latin-1") if isinstance(data, str) else data
        while rest:
            rest = rest[self.host.write(rest) :]
            if rest:
                want = min(len(rest), self.host.txbuf // 2)
                self._run_to(self.host.tx_room_at_us(want), self.clock.next_at())

    def step(self, limit_us: Optional[int] = None) -> None:
        """On to the next byte that can be read, or the next thing that happens."""
        self._run_to(self.host.next_rx_at_us(), self.clock.next_at(), limit_us)

    def _run_to(self, *times_us: Optional[int]) -> None:
        due = [t for t in times_us if t is not None]
        assert due, "nothing will ever happen"
        self.clock.run_until(max(self.clock.now_us, min(due)))

    def collect(self, seconds: float) -> bytes:
        """Everything that comes in this time."""
        end = self.clock.now_us + int(seconds * 1_000_000)
        data = bytearray()
        while self.clock.now_us < end:
            nxt = self.clock.next_at()
            self.clock.run_until(end if nxt is None else min(nxt, end))
            data += self.host.read()
        return bytes(data)

    def wait_for(self, ends: Union[bytes, Sequence[bytes]], seconds: float = 30.0) -> bytes:
        """Reads until what came ends with one of these."""
        ends = (ends,) if isinstance(ends, bytes) else tuple(ends)
        limit = self.clock.now_us + int(seconds * 1_000_000)
        data = bytearray()
        while not data.endswith(ends):
            assert self.clock.now_us < limit, f"waited {seconds} s for {ends}, got {bytes(data)!r}"
            if not self.host.any():
                self.step(limit)
            data += self.host.read(1)
        return bytes(data)

    # -- commands ----------------------------------------------------------------------
    def command(self, line: Union[str, bytes], seconds: float = 30.0) -> bytes:
        """Sends a line; gives everything up to its OK or ERROR."""
        self.write(line if isinstance(line, bytes) else line.encode("latin-1"))
        self.write(b"\r\n")
        return self.wait_for(FINALS, seconds)

    def prompt(self, line: str, data: bytes, seconds: float = 30.0) -> bytes:
        """A command with raw data: gives what comes after the data, up to its end."""
        self.write(line + "\r\n")
        assert self.wait_for((b"\r\n>", b"ERROR\r\n"), seconds) == b"\r\nOK\r\n\r\n>"
        self.write(data)
        return self.wait_for(FINALS + SENT, seconds)

    def ok(self, line: Union[str, bytes], seconds: float = 30.0) -> bool:
        return self.command(line, seconds).endswith(b"\r\nOK\r\n")

    def lines(self, line: Union[str, bytes], seconds: float = 30.0) -> list[str]:
        """The answer in lines, empty ones left out."""
        text = self.command(line, seconds).decode("latin-1")
        return [part for part in text.split("\r\n") if part]

    def connect(self, host: str = "server.test", port: int = 80, index: str = "") -> list[Any]:
        """A TCP server and a link to it; gives the list of the server's peers."""
        peers: list[Any] = []
        self.net.serve_tcp(host, port, peers.append)
        assert self.ok(f'AT+CIPSTART={index}"TCP","{host}",{port}')
        return peers


def air(*aps: AccessPoint) -> Air:
    return Air(aps)
