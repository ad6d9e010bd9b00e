# Faults on purpose: at a given byte of what the module says or hears, or at once.
# Owns the plan and its random numbers; seeded, so that a run can be repeated.
from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .faults_state import StateFaults

if TYPE_CHECKING:
    from .module import Module


# What some firmware does and some does not; switched by the control request "quirk".
QUIRKS = {
    "weak_supply": False,  # a scan starts the radio, and the supply breaks down: a reboot
    "prompt_ok": False,  # 0.30: OK comes before the prompt, as in later firmware of that line
    "no_change": False,  # 0.30: CWMODE says so when the mode is the same
    "deep_sleep_for_good": False,  # 0.30: XPD_DCDC is not wired to the reset
    "udp_merge": True,  # a passive read of UDP goes on into the next datagram (up to 4.2)
    "forget_first_ipd": False,  # data that comes with a server's client is not announced
    "announce_rest": False,  # a stream that was read in part is announced again
    "http_head_blank": False,  # a blank that the length does not count, before each header
    "http_post_error": False,  # a status of 400 and more ends HTTPCPOST with ERROR
    "mqtt_keeps_topics": False,  # a reconnection keeps the list of topics, the broker does not
    "mqtt_topic_notes": True,  # ALREADY SUBSCRIBE and NO UNSUBSCRIBE are said on the AT port
    "mqtt_already_alone": False,  # ALREADY SUBSCRIBE is the end, without OK
    "mqtt_raw_ok": False,  # OK comes after +MQTTPUB:OK as well
    "mqtt_whole_messages": False,  # one +MQTTSUBRECV however long the message is
    "mqtt_short_records": False,  # after the first, a record is what one read of TCP gave
    "mqtt_clean_disconnects": False,  # MQTTCLEAN says +MQTTDISCONNECTED before its OK
}


# What begins a message with payload: doubled or with a wrong bit no host could tell it.
PAYLOAD = (b"+CIPRECVDATA", b"+IPD", b"+HTTPC", b"+MQTTSUBRECV", b"+WS_DATA", b"+SYSMFG")


@dataclass
class _Plan:
    at: int  # position in the stream it belongs to
    kind: str  # see shape_output()
    data: bytes = b""
    count: int = 0


class Faults:
    """Positions count the module's own bytes from the moment the fault is asked for."""

    def __init__(self, module: Module, seed: int) -> None:
        self._m = module
        self.rng = random.Random(seed)
        self.quirks = dict(QUIRKS)
        self.state = StateFaults(module)
        self._out_pos = 0
        self._in_pos = 0
        self._out: list[_Plan] = []
        self._in: list[_Plan] = []
        self._swaps: list[tuple[bytes, bytes, bool]] = []

    # -- asking for them ---------------------------------------------------------------
    def inject_line(self, data: bytes, after_bytes: int = 0, *, exact: bool = False) -> None:
        """Puts data (with its CR LF) into the output.

        At the first border between two messages at or after after_bytes, as the firmware's own
        unsolicited lines fall; exact=True: at that very byte, also inside a message.
        """
        self._plan_out(after_bytes, "insert" if exact else "line", data)

    def garbage(self, count: int, after_bytes: int = 0) -> None:
        """count random bytes in the output, at that very byte."""
        self._plan_out(after_bytes, "insert", bytes(self.rng.randrange(256) for _ in range(count)))

    def drop_output(self, count: int, after_bytes: int = 0) -> None:
        self._out.append(_Plan(self._out_pos + after_bytes, "drop", count=count))
        self._sort()

    def flip_output(self, after_bytes: int = 0, *, words: bool = False) -> None:
        """One bit of one byte is wrong; words: not in a message that carries payload."""
        bit = self.rng.randrange(8)
        kind = "flip word" if words else "flip"
        self._out.append(_Plan(self._out_pos + after_bytes, kind, count=bit))
        self._sort()

    def repeat_output(self, count: int, after_bytes: int = 0) -> None:
        """So many bytes come twice."""
        self._out.append(_Plan(self._out_pos + after_bytes, "repeat", count=count))
        self._sort()

    def drop_input(self, count: int, after_bytes: int = 0) -> None:
        self._in.append(_Plan(self._in_pos + after_bytes, "drop", count=count))
        self._sort()

    def reboot(self, after_bytes: int = 0) -> None:
        """A brown-out: at once, or when that many more bytes have been said."""
        if after_bytes == 0:
            self._m.restart()
        else:
            self._plan_out(after_bytes, "reboot")

    def hang(self, after_bytes: int = 0) -> None:
        """Silence until the next reset."""
        if after_bytes == 0:
            self._m.hang()
        else:
            self._plan_out(after_bytes, "hang")

    def double_message(self, after_bytes: int = 0) -> None:
        """The first message at or after that byte that is no payload comes twice."""
        self._plan_out(after_bytes, "double")

    def swap(self, start: bytes, data: bytes, *, before: bool = False) -> None:
        """data comes in place of the next message that begins so (nothing: it is lost); before:
        in front of it."""
        self._swaps.append((start, data, before))

    def forget(self) -> None:
        """Nothing of what was asked for happens any more."""
        self._out.clear()
        self._in.clear()
        self._swaps.clear()
        self.state.end()

    def _plan_out(self, after_bytes: int, kind: str, data: bytes = b"") -> None:
        if after_bytes == 0 and data:
            self._say(data)
            return
        self._out.append(_Plan(self._out_pos + after_bytes, kind, data))
        self._sort()

    def _say(self, data: bytes) -> None:
        if not self._m.out.muted:
            if self._m.trace is not None:
                self._m.trace("out", self._m.clock.now_us, data)
            self._m.line.to_host.push(data)

    def _sort(self) -> None:
        self._out.sort(key=lambda plan: plan.at)
        self._in.sort(key=lambda plan: plan.at)

    # -- where they happen -------------------------------------------------------------
    def shape_output(self, message: bytes) -> list[bytes]:
        for swap in self._swaps:
            if message.startswith(swap[0]):
                self._swaps.remove(swap)
                message = swap[1] + message if swap[2] else swap[1]
                break
        start = self._out_pos
        self._out_pos += len(message)
        if not self._out or self._out[0].at > self._out_pos:
            return [message]
        before: list[bytes] = []
        parts: list[bytes] = []
        after: list[bytes] = []
        pos = start
        while self._out and self._out[0].at <= self._out_pos:
            plan = self._out.pop(0)
            if plan.kind == "line":
                # Before the message when it was due by then, else after it.
                (before if plan.at <= start else after).append(plan.data)
                continue
            if plan.kind in ("double", "flip word") and any(p in message for p in PAYLOAD):
                plan.at = self._out_pos + 1  # the next one
                self._out.append(plan)
                self._sort()
                break
            if plan.kind == "double":
                after.append(message)
                continue
            at = max(plan.at, pos)
            parts.append(message[pos - start : at - start])
            pos = at
            if plan.kind == "insert":
                parts.append(plan.data)
            elif plan.kind == "repeat":
                parts.append(message[pos - start : pos - start + plan.count])
            elif plan.kind == "drop":
                end = min(pos + plan.count, self._out_pos)
                left = plan.count - (end - pos)
                pos = end
                if left:
                    self._out.append(_Plan(self._out_pos, "drop", count=left))
                    self._sort()
                    break
            elif plan.kind in ("flip", "flip word"):
                if pos == self._out_pos:
                    self._out.append(plan)
                    self._sort()
                    break
                parts.append(bytes([message[pos - start] ^ 1 << plan.count]))
                pos += 1
            else:
                action = self._m.restart if plan.kind == "reboot" else self._m.hang
                self._m.later(0, action)
                self._m.out.muted = True  # not a byte more, whatever is said at this moment
                self._out_pos = pos
                return [p for p in before + parts if p]
        parts.append(message[pos - start :])
        return [p for p in before + parts + after if p]

    def shape_input(self, data: bytes) -> bytes:
        start = pos = self._in_pos
        end = self._in_pos = start + len(data)
        kept = bytearray()
        while self._in and self._in[0].at < end:
            plan = self._in.pop(0)
            at = max(plan.at, pos)
            kept += data[pos - start : at - start]
            pos = min(at + plan.count, end)
            if at + plan.count > end:
                self._in.append(_Plan(end, "drop", count=at + plan.count - end))
                self._sort()
        return bytes(kept) + data[pos - start :]
