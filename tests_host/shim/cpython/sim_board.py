# The one simulated board of this process: its connection to a module, pins, timers, interrupts.
# Owns the state behind machine.Pin and all waiting of the program. Speaks no AT; machine.py gives
# it the names that programs know.
from __future__ import annotations

import os
import time as _time
from typing import Any, Callable, Optional, Protocol

DEFAULT_PINS = "EN=6,WAKE=7,HOST_WAKE=8,RTS=9,CTS=10,TXD=5"
OUTPUTS_OF_MODULE = ("HOST_WAKE", "CTS", "TXD")
RELEASED_LEVEL = {"EN": 1}  # the module's own pull-ups; the others fall to 0
IRQ_FALLING = 4
IRQ_RISING = 8

real_sleep = _time.sleep
real_monotonic_ns = _time.monotonic_ns


class Host(Protocol):
    """The host's end of the line: espat_sim's VirtualHost, or one of sim_remote's."""

    @property
    def now_us(self) -> int: ...
    def cost(self) -> None: ...
    def any(self) -> int: ...
    def free(self) -> int: ...
    def take(self, n: int) -> bytes: ...
    def put(self, data: bytes) -> int: ...
    def sleep(self, us: int) -> None: ...
    def idle(self, us: int) -> int: ...
    def drain(self, us: int) -> bool: ...
    def light_sleep(self, us: int) -> bool: ...
    def set_up_uart(self, baud: Optional[int] = None, **options: Any) -> None: ...
    def take_pin_events(self) -> list[tuple[str, int]]: ...
    def control(self, request: dict[str, Any]) -> dict[str, Any]: ...


class PinState:
    """One pin of the board. Objects of machine.Pin come and go, this stays."""

    def __init__(self, board: Board, pin_id: object, signal: str) -> None:
        self._board = board
        self.id = pin_id
        self.signal = signal  # "" when nothing of the module hangs on it
        self.output = False
        self.open_drain = False
        self.latch = 0
        self.pull: Optional[int] = None
        self.outside: Optional[int] = None  # what a test drives it with
        self.handler: Optional[Callable[[object], object]] = None
        self.trigger = 0
        self.pin: object = None  # the machine.Pin that asked for interrupts

    def drive(self) -> None:
        """Puts our level on the module's signal, or lets go of it."""
        if not self.signal or self.signal in OUTPUTS_OF_MODULE or self._board.host is None:
            return
        if self.output and not (self.open_drain and self.latch):
            level = self.latch
        elif self.pull is not None:
            level = self.pull
        else:
            level = RELEASED_LEVEL.get(self.signal, 0)
        self._board.request({"do": "pin", "pin": self.signal, "level": level})

    def read(self) -> int:
        if self.output and not self.open_drain:
            return self.latch
        if self.signal and self._board.host is not None:
            return int(self._board.request({"do": "pin", "pin": self.signal})["level"])
        if self.open_drain and not self.latch:
            return 0
        if self.outside is not None:
            return self.outside
        return self.pull or 0


class BoardTimer:
    """A machine.Timer's next call; runs when the program waits or asks for the time."""

    def __init__(self, due_us: int, period_us: int, fire: Callable[[], object]) -> None:
        self.due_us = due_us
        self.period_us = period_us  # 0: once
        self.fire = fire


class Board:
    def __init__(self) -> None:
        self.host: Optional[Host] = None
        self.timers: list[BoardTimer] = []
        self.rx_handler: Optional[Callable[[], object]] = None
        self._rx_seen = 0
        self._pins: dict[object, PinState] = {}
        self._signals: dict[object, str] = {}
        self._dispatching = False
        self._read_pin_map()

    # -- connection ----------------------------------------------------------------------------

    def attach(self, host: Host) -> None:
        self.host = host
        self._read_pin_map()

    def detach(self) -> None:
        self.host = None
        self.timers.clear()
        self.rx_handler = None
        self._pins.clear()

    def need_host(self) -> Host:
        if self.host is None:
            from sim_machine import connect_from_environment

            connect_from_environment()
        assert self.host is not None
        return self.host

    def request(self, request: dict[str, Any]) -> dict[str, Any]:
        reply = self.need_host().control(request)
        if not reply.get("ok"):
            raise OSError(f"simulator: {reply.get('error')}")
        return reply

    def _read_pin_map(self) -> None:
        self._signals = {}
        for entry in os.environ.get("ESPAT_SIM_PINS", DEFAULT_PINS).split(","):
            signal, _, name = entry.strip().partition("=")
            self._signals[int(name) if name.isdigit() else name] = signal

    # -- pins ----------------------------------------------------------------------------------

    def pin(self, pin_id: object) -> PinState:
        if pin_id not in self._pins:
            if self.host is None and pin_id in self._signals and "ESPAT_SIM" in os.environ:
                self.need_host()
            self._pins[pin_id] = PinState(self, pin_id, self._signals.get(pin_id, ""))
        return self._pins[pin_id]

    def watch(self, state: PinState) -> None:
        if state.signal:
            on = state.handler is not None
            self.request({"do": "watch_pin", "pin": state.signal, "on": on})

    def outside_changes(self, pin_id: object, level: int) -> None:
        """A test presses a button: a pin that is not the module's."""
        state = self.pin(pin_id)
        before = state.read()
        state.outside = level
        self._edge(state, before, level)

    def _edge(self, state: PinState, before: int, level: int) -> None:
        wanted = IRQ_RISING if level else IRQ_FALLING
        if before != level and state.handler is not None and state.trigger & wanted:
            state.handler(state.pin)

    # -- time and interrupts -------------------------------------------------------------------

    def now_us(self) -> int:
        """The program's time; asking for it takes a little, so that loops that only ask end."""
        host = self.host
        if host is None:
            return real_monotonic_ns() // 1000
        host.cost()
        self.run_due()
        return host.now_us

    def sleep(self, us: int) -> None:
        if self.host is None:
            real_sleep(us / 1_000_000)
        else:
            self._wait(us)

    def light_sleep(self, us: Optional[int]) -> None:
        host = self.need_host()
        host.light_sleep(us if us is not None else 24 * 3600 * 1_000_000)
        self.run_due()

    def _wait(self, us: int) -> None:
        host = self.need_host()
        deadline = host.now_us + us
        while True:
            self.run_due()
            left = deadline - host.now_us
            if left <= 0:
                return
            for timer in self.timers:
                left = min(left, max(1, timer.due_us - host.now_us))
            if self.rx_handler is None:
                host.sleep(left)
            elif host.idle(left):  # bytes wait for the interrupt handler or for the program
                host.sleep(min(left, 1000))

    def run_due(self) -> None:
        """Runs the handlers of what happened: pins, timers, received data."""
        host = self.host
        if self._dispatching or host is None:
            return
        events = host.take_pin_events()
        if not events and not self.timers and self.rx_handler is None:
            return
        self._dispatching = True
        try:
            self._run_pins(events)
            self._run_timers(host)
            if self.rx_handler is not None:
                waiting = host.any()
                if waiting > self._rx_seen:
                    self.rx_handler()
                self._rx_seen = host.any()
        finally:
            self._dispatching = False

    def _run_pins(self, events: list[tuple[str, int]]) -> None:
        for signal, level in events:
            for state in list(self._pins.values()):
                if state.signal == signal:
                    self._edge(state, 1 - level, level)

    def _run_timers(self, host: Host) -> None:
        for timer in [timer for timer in self.timers if timer.due_us <= host.now_us]:
            if timer.period_us:
                timer.due_us += timer.period_us
            else:
                self.timers.remove(timer)
            timer.fire()


board = Board()
