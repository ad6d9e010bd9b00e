"""The faults of a life: which kinds there are, how one begins, how all of them end.

Owns the random choice of each fault's place, length and count.
"""

from __future__ import annotations

import random
from typing import Any

from espat_sim import Module, VirtualClock, VirtualNetwork

LINES = (
    b"WIFI DISCONNECT\r\n",
    b"WIFI GOT IP\r\n",
    b"+TIME_UPDATED\r\n",
    b'+STA_CONNECTED:"aa:bb:cc:dd:ee:ff"\r\n',
    b"ERR CODE:0x010b0000\r\n",
    b"\r\n+IPD,3,77\r\n",
    b"4,CLOSED\r\n",
)

# Name: the least and the most milliseconds, or 0.
SPELLS_MS = {
    "overrun_host": (1, 300),
    "overrun_module": (1, 300),
    "stuck_cts_host": (10, 20_000),
    "stuck_cts_module": (10, 20_000),
    "slip_host": (5, 3000),
    "slip_module": (5, 3000),
}
BYTES = ("drop_output", "drop_input", "flip_word", "double_message", "burst", "garbage_line")
WORDS = ("line", "busy", "lose_ok", "lose_send_ok", "lose_ipd", "send_fail", "send_fail_then_ok")
STATES = ("reboot", "hang", "lose_command", "hang_command", "flash", "closed_early", "slip_rate")
AIR = ("ap_gone", "kick", "link_loss", "dns_dead", "peer_silent", "peer_reset")
KINDS = BYTES + WORDS + STATES + AIR + tuple(SPELLS_MS)

# In active receive payload comes without a command whose end could tell that bytes are missing:
# what loses bytes, or puts others in their place, may show only after they were read
# (docs/reliability.md).
LOSES_PAYLOAD = (
    "lose_ipd",
    "drop_output",
    "burst",
    "garbage_line",
    "reboot",
    "slip_rate",
    *SPELLS_MS,
)

# As many bytes lost in a payload as noise puts behind it cannot be told by their number: a life has
# the one or the other.
LOSES = ("drop_output", "overrun_host", "slip_host", "slip_module", "slip_rate")
INSERTS = ("burst", "garbage_line", "line", "busy", "double_message", "closed_early")


class Trouble:
    def __init__(
        self, rng: random.Random, clock: VirtualClock, net: VirtualNetwork, module: Module
    ) -> None:
        self.rng = rng
        self.clock = clock
        self.net = net
        self.module = module
        self.kinds = KINDS
        self.count = 0
        self.over = False
        self.names = dict(net.hosts)

    def control(self, do: str, **request: Any) -> None:
        self.module.control({"do": do, **request})

    def end(self) -> None:
        """The air, the names and the wire are as they were; what hangs goes on hanging."""
        self.over = True
        self.module.faults.forget()
        self.control("ap_up", ssid="espat-lab")
        self._names_back()
        self._rate_back()

    def begin(self) -> None:
        kind = self.rng.choice(self.kinds)
        self.count += 1
        after = self.rng.choice((1, 10, 50, 300, 2000)) + self.rng.randrange(20)
        count = self.rng.choice((1, 1, 2, 3, 9, 40))
        if kind in SPELLS_MS:
            name, side = kind.rsplit("_", 1)
            ms = self.rng.randint(*SPELLS_MS[kind])
            self.control("fault", kind=name, side=side, ms=ms)
        elif kind in BYTES:
            self.bytes(kind, after, count)
        elif kind in WORDS:
            self.words(kind, after, count)
        elif kind in STATES:
            self.state(kind, after, count)
        else:
            self.air(kind, count)

    def bytes(self, kind: str, after: int, count: int) -> None:
        f = self.module.faults
        if kind == "drop_output":
            f.drop_output(count, after)
        elif kind == "drop_input":
            f.drop_input(count, self.rng.randrange(60))
        elif kind == "flip_word":
            f.flip_output(after, words=True)
        elif kind == "double_message":
            f.double_message(after)
        elif kind == "burst":
            f.inject_line(self.rng.randbytes(count), after)
        elif kind == "garbage_line":
            noise = bytes(self.rng.randrange(128, 256) for _ in range(count))
            f.inject_line(noise + b"\r\n", after)

    def words(self, kind: str, after: int, count: int) -> None:
        f = self.module.faults
        if kind == "line":
            f.inject_line(self.rng.choice(LINES), after)
        elif kind == "busy":
            for _ in range(count):
                f.inject_line(b"busy p...\r\n", after)
        elif kind == "lose_ok":
            f.swap(b"\r\nOK\r\n", b"")
        elif kind == "lose_send_ok":
            f.swap(b"\r\nSEND OK\r\n", b"")
        elif kind == "lose_ipd":
            f.swap(b"\r\n+IPD", b"")
        elif kind == "send_fail":
            f.swap(b"\r\nSEND OK\r\n", b"\r\nSEND FAIL\r\n")
        elif kind == "send_fail_then_ok":
            f.swap(b"\r\nSEND OK\r\n", b"\r\nSEND FAIL\r\n\r\nSEND OK\r\n")

    def state(self, kind: str, after: int, count: int) -> None:
        f = self.module.faults
        if kind == "reboot":
            f.reboot(after)
        elif kind == "hang":
            f.hang(after)
        elif kind in ("lose_command", "hang_command"):
            self.control("fault", kind=kind)
        elif kind == "flash":
            self.control("fault", kind=kind, count=count)
        elif kind == "closed_early":
            f.swap(b"+CIPRECVDATA", b"0,CLOSED\r\n", before=True)
        elif kind == "slip_rate":
            self.module.line.module.set_baud(9600)
            self.clock.call_later(self.rng.choice((5, 200, 3000)) * 1000, self._rate_back)

    def air(self, kind: str, count: int) -> None:
        if kind == "ap_gone":
            self.control("ap_down", ssid="espat-lab", silent=bool(count & 1))
            seconds = self.rng.choice((2, 20, 60))
            self.control("ap_up", ssid="espat-lab", in_ms=seconds * 1000)
        elif kind == "kick":
            self.control("kick")
        elif kind == "link_loss":
            self.control("link_loss", id=self.rng.choice((0, 0, 4)))
        elif kind == "dns_dead":
            self.net.hosts.clear()
            self.clock.call_later(15_000_000, self._names_back)
        else:
            for link in self.module.links.open_links:
                peer = getattr(getattr(link.conn, "_link", None), "peer", None)
                if peer is not None:
                    peer.vanish() if kind == "peer_silent" else peer.reset()

    def _names_back(self) -> None:
        self.net.hosts.update(self.names)

    def _rate_back(self) -> None:
        # Its own rate, unless it has been reset meanwhile and says its boot log.
        if not self.module.out.muted:
            self.module.line.module.set_baud(self.module.uart[0])
