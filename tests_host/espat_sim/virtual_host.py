# The host's side of a module on the virtual clock: what a program on the board can do, and the
# time that each step takes. Lockstep mode and the in-process shim stand on it.
# Owns the host's waiting and its pin events. Knows nothing of AT and of sockets.
from __future__ import annotations

from functools import partial
from typing import Any, Callable, Optional

from .clock import VirtualClock
from .energy import EnergyMeter
from .garble import Frame
from .module import Module

CALL_COST_US = 10
REACTION_US = 300  # from a byte that ends a wait until the program reads it
# On the RP2040 the UART's clock is not restored after a light sleep: it runs 2.6 times too fast
# until it is set up again.
AFTER_SLEEP_PERCENT = 260

SLEEP_ENTRY_US = 50  # from the call until pins can wake it: an edge in between is missed
# A Pico board: measured with MicroPython awake and in machine.lightsleep().
DRAW_UA = {"awake": 24_000, "asleep": 1_500}

TX_REFILL = 28  # bytes that the transmit FIFO of the host takes at a time from its buffer

PinEvent = tuple[str, int]  # name, level


class VirtualHost:
    """All methods but the properties cost call_cost_us of virtual time."""

    def __init__(self, module: Module, call_cost_us: int = CALL_COST_US) -> None:
        if not isinstance(module.clock, VirtualClock):
            raise ValueError("a VirtualHost needs a module on a VirtualClock")
        self.module = module
        self.clock = module.clock
        self.end = module.line.host
        self.call_cost_us = call_cost_us
        self.reaction_us = REACTION_US
        self.timeout_us = 0  # of the host's UART: for the first byte of a read
        self.timeout_char_us = 1000  # for each other byte, and for room to write
        self.pin_events: list[PinEvent] = []
        self.meter = EnergyMeter(module.clock, DRAW_UA, "awake", asleep=("asleep",))
        module.host_meter = self.meter
        self._subscribed: set[str] = set()
        self._watched: set[str] = set()

    @property
    def now_us(self) -> int:
        return self.clock.now_us

    def cost(self) -> None:
        self.clock.advance(self.call_cost_us)

    # -- UART ----------------------------------------------------------------------------------

    def write(self, data: bytes) -> int:
        self.cost()
        return self.end.write(data)

    def any(self) -> int:
        self.clock.advance(self.call_cost_us)
        return self.end.any()

    def read(self, n: int) -> bytes:
        self.clock.advance(self.call_cost_us)
        return self.end.read(n)

    def set_baud(self, baud: int) -> None:
        self.cost()
        self.end.set_baud(baud)

    def free(self) -> int:
        """Bytes that can be written now."""
        self.cost()
        return self.end.tx_free

    def take(self, n: int) -> bytes:
        """machine.UART.read(n): waits for the first byte and, shorter, for each other one."""
        data = self.read(n)
        wait_us = self.timeout_char_us if data else self.timeout_us
        while wait_us and len(data) < n:
            self._wait(wait_us, self.end.next_rx_at_us, through=True)
            part = self.end.read(n - len(data))
            if not part:
                break
            data += part
            wait_us = self.timeout_char_us
        return data

    def put(self, data: bytes) -> int:
        """machine.UART.write(data): short when the buffer is full and no byte leaves in time.

        Bytes leave the buffer in portions, so that the default time is too short at 115200.
        """
        sent = self.write(data)
        while sent < len(data):
            room = min(TX_REFILL, len(data) - sent)
            self._wait(self.timeout_char_us, partial(self.end.tx_room_at_us, room), through=True)
            if self.end.tx_free < room:
                break
            sent += self.end.write(data[sent:])
        return sent

    # -- waiting -------------------------------------------------------------------------------

    def sleep(self, us: int) -> None:
        """us pass, less when a watched pin changes (its event waits in pin_events then)."""
        self.cost()
        self._wait(us, lambda: None)

    def idle(self, us: int) -> int:
        """Until a byte can be read, at most us; gives what any() gives."""
        self.cost()
        if not self.end.any():
            end_us = self.clock.now_us + us
            self._wait(us, self.end.next_rx_at_us)
            if self.end.any():
                # An interpreter needs a moment until it looks; more has come by then.
                self.clock.advance(max(min(self.reaction_us, end_us - self.clock.now_us), 0))
        return self.end.any()

    def drain(self, us: int) -> bool:
        """Until everything that was written is on the wire, at most us."""
        self.cost()
        self._wait(us, lambda: self.end.tx_room_at_us(self.end.txbuf), through=True)
        return self.end.tx_pending == 0

    def light_sleep(self, us: int, again: bool = False) -> bool:
        """The host sleeps: its UART hears nothing and says nothing. True when a pin woke it.

        What happened to a pin before it slept does not wake it: those interrupts were handled.
        again: it slept already, and no pin had woken it (a long sleep comes in pieces).
        """
        if not again:
            self.clock.advance(SLEEP_ENTRY_US)
            self.module.line.to_module.drop()
        before, self.pin_events = self.pin_events, []
        self._set_deaf(True)
        self.meter.enter("asleep")
        self._wait(us, lambda: None)
        self.meter.enter("awake")
        self._set_deaf(False)
        if not again:
            self.end.set_baud(self.end.baud * AFTER_SLEEP_PERCENT // 100)
        woke = bool(self.pin_events)
        self.pin_events = before + self.pin_events
        return woke

    def _set_deaf(self, deaf: bool) -> None:
        self.end.any()  # what has arrived by now arrived in the state before
        self.end.deaf = deaf

    def _wait(
        self, us: int, ready_at_us: Callable[[], Optional[int]], through: bool = False
    ) -> None:
        """Lets time pass to the deadline or to the moment that ready_at_us() names.

        A pin event ends it too, unless it is to go through.
        """
        clock = self.clock
        deadline = clock.now_us + us
        while through or not self.pin_events:
            target = deadline
            ready = ready_at_us()
            if ready is not None and ready < target:
                target = ready
            if target <= clock.now_us:
                return
            due = clock.next_at()
            if due is None or due > target:
                clock.run_until(target)
            else:
                clock.step()

    # -- set-up and pins -----------------------------------------------------------------------

    def set_up_uart(
        self,
        baud: Optional[int] = None,
        *,
        bits: int = 8,
        parity: Optional[int] = None,
        stop: int = 1,
        rxbuf: Optional[int] = None,
        txbuf: Optional[int] = None,
        rts: Optional[bool] = None,
        cts: Optional[bool] = None,
        timeout_us: Optional[int] = None,
        timeout_char_us: Optional[int] = None,
    ) -> None:
        """What machine.UART.init() does. parity as there: None, 0 even, 1 odd."""
        self.cost()
        end = self.end
        wire_parity = 0 if parity is None else 1 if parity else 2
        end.set_baud(baud or end.baud, Frame(bits, wire_parity, 3 if stop == 2 else 1))
        if rxbuf is not None:
            end.set_rxbuf(rxbuf)
        if txbuf is not None:
            end.txbuf = txbuf
        if timeout_us is not None:
            self.timeout_us = timeout_us
        if timeout_char_us is not None:
            self.timeout_char_us = timeout_char_us
        if rts is not None or cts is not None:
            end.set_flow(rts=bool(rts), cts=bool(cts))

    def watch_pin(self, name: str, on: bool = True) -> None:
        """From now on changes of that pin end a wait and gather in pin_events."""
        if name not in self._subscribed:
            self._subscribed.add(name)
            self.module.pins[name].subscribe(lambda level: self._pin_changed(name, level))
        if on:
            self._watched.add(name)
        else:
            self._watched.discard(name)

    def _pin_changed(self, name: str, level: int) -> None:
        if name in self._watched:
            self.pin_events.append((name, level))

    def take_pin_events(self) -> list[PinEvent]:
        if not self.pin_events:
            return []
        events, self.pin_events = self.pin_events, []
        return events

    def control(self, request: dict[str, Any]) -> dict[str, Any]:
        """A control request; those about the host itself are answered here."""
        self.cost()
        what = request.get("do")
        if what == "uart":
            return self._control_uart(request)
        if what == "watch_pin":
            self.watch_pin(request["pin"], bool(request.get("on", True)))
            return {"ok": True}
        if what == "pin_events":
            return {"ok": True, "events": self.take_pin_events()}
        if what == "light_sleep":
            return {
                "ok": True,
                "pin": self.light_sleep(int(request["us"]), bool(request.get("again"))),
            }
        if what == "drain":
            return {"ok": True, "done": self.drain(int(request["us"]))}
        return self.module.control(request)

    def _control_uart(self, request: dict[str, Any]) -> dict[str, Any]:
        options = {key: value for key, value in request.items() if key != "do"}
        if options:
            self.set_up_uart(**options)
        end = self.end
        return {
            "ok": True,
            "baud": end.baud,
            "rxbuf": end.rxbuf,
            "txbuf": end.txbuf,
            "tx_pending": end.tx_pending,
            "overruns": end.overruns,
        }
