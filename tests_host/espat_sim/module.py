# The simulated module: power, boot, and the running of one command at a time.
# Owns the parts and their life across reboots. Commands live in commands_*.py.
from __future__ import annotations

import os
from typing import Any, Callable, Optional, Union

from . import errors
from .actions_services import run_action
from .air import Air, open_air
from .atport import AtPort
from .call import Call
from .clock import VirtualClock
from .energy import EnergyMeter
from .errors import AtError
from .far_ends import FarEnds
from .faults import Faults
from .flash import Flash, open_flash
from .garble import Frame
from .host_wake import HostWaker
from .links import Links
from .mfg import Mfg
from .mqtt import Mqtt
from .net_virtual import VirtualNetwork
from .output import Output
from .parser import bind, parse_line
from .passthrough import start_at_boot
from .peripherals import Peripherals
from .pins import Pins
from .ports import Clock, Network, TimerHandle
from .power import Power
from .profiles import Profile, load
from .provision import Provision
from .registry import WAIT, CommandTable
from .serial_line import SerialLine
from .server import Server
from .settings import Settings
from .sntp import Sntp
from .softap import SoftAp
from .station import Station
from .stream import Stream
from .webserver import WebServer
from .websocket import WebSockets

Trace = Callable[[str, int, bytes], object]


class Module:
    """A module with its serial line, on an injected clock and network.

    net None: a VirtualNetwork on the clock; air: an Air or the path of its JSON file; flash: a
    Flash or a path. The module starts with power unless power=False.
    """

    def __init__(
        self,
        profile: Union[str, Profile] = "esp32s2-3.4",
        clock: Optional[Clock] = None,
        net: Optional[Network] = None,
        air: Union[None, str, os.PathLike[str], dict, Air] = None,
        flash: Union[None, str, os.PathLike[str], Flash] = None,
        seed: int = 0,
        power: bool = True,
    ) -> None:
        self.profile = profile if isinstance(profile, Profile) else load(profile)
        self.clock: Clock = clock if clock is not None else VirtualClock()
        self.net: Network = net if net is not None else VirtualNetwork(self.clock)
        self.air = open_air(air)
        self.flash = open_flash(flash)
        self.trace: Optional[Trace] = None  # ("in"|"out" of the module, time, bytes)
        self.line = SerialLine(
            self.clock,
            baud=self.profile.baud,
            module_rxbuf=self.profile.rx_fifo + self.profile.rx_driver,
        )
        self.line.module.rx_quantum = self.profile.rx_quantum
        self.line.module.deaf = True
        self.powered = False
        self.power = Power(self)
        self.host_meter: Optional[EnergyMeter] = None  # of the virtual host, if there is one
        self.cfg = Settings(self.flash, self.profile.defaults)
        self.cfg.watch(("sleep", "sleep_wake", "cwmode", "cwinit"), self.power.update)
        self.mfg = Mfg(self.flash, self.profile.factory)
        self.commands = CommandTable(self.profile.command_files, self.profile.without)
        self.faults = Faults(self, seed)
        self.out = Output(self)
        self.port = AtPort(self)
        self.line.module.on_rx = self.port.pump
        self.station = Station(self)
        self.soft_ap = SoftAp(self)
        self.links = Links(self)
        self.server = Server(self)
        self.sntp = Sntp(self)
        self.provision = Provision(self)
        self.web_server = WebServer(self)
        self.streams: set[Stream] = set()  # of the module's own clients
        self.mqtt = Mqtt(self)
        self.web_sockets = WebSockets(self)
        self.mdns: Optional[dict] = None
        self.far: Optional[FarEnds] = None  # of the virtual network, see actions_net
        self.update_state = 0
        self.fs_mounted = False
        self.user_ram: Optional[bytearray] = None
        self.gpio: dict[int, int] = {}
        self.pins = Pins(self)
        self.peripherals = Peripherals(self)
        self.host_waker = HostWaker(self)
        self.registers: dict[int, int] = {}
        self.running: Optional[Call] = None
        self.served: set[tuple[str, str]] = set()  # (name, form) of commands that were run
        self.refused: set[str] = set()  # names of commands that this firmware has not
        self.uart = self.uart_default()
        self.booted_at_us = 0
        self._epoch = 0  # counts boots; timers of an earlier life never fire
        self.net.set_up(False)
        for step in self.air.script:
            self._plan(dict(step))
        if power:
            self.power_on()

    # -- life --------------------------------------------------------------------------
    def power_on(self) -> None:
        if not self.powered:
            self.powered = True
            self._boot()

    def power_off(self) -> None:
        """Also what a low EN pin does."""
        self.powered = False
        self._stop()
        self.sntp.forget()

    def restart(self) -> None:
        """A reset by software, by pin or by a brown-out."""
        if self.powered:
            self._stop()
            self._boot()

    def sleep_deep(self, ms: int) -> None:
        """Nothing is heard or said until the boot at the end."""
        self._stop()
        self.power.stopped(deep=True)
        if not self.faults.quirks["deep_sleep_for_good"]:
            self.later(ms * 1000, self._boot)

    def hang(self) -> None:
        """The firmware stops; only a reset helps."""
        self._stop(keep_line=True)

    def _stop(self, keep_line: bool = False) -> None:
        self._epoch += 1
        if self.running is not None:
            self.running.over = True
            self.running = None
        self.out.muted = True
        self.out.plain = False
        self.line.module.deaf = True
        self.line.module.rx.clear()
        if not keep_line:
            self.line.to_host.drop()
        self.port.reset()
        self.provision.stop()
        self.web_server.stop()
        self.mqtt.stop()
        self.web_sockets.stop()
        for stream in list(self.streams):
            stream.abort()
        self.server.reset()
        self.links.stop()
        self.sntp.stop()
        self.station.stop()
        self.soft_ap.stop()
        self.host_waker.reset()
        self.peripherals.reset()
        self.mdns = None
        self.update_state = 0
        self.fs_mounted = False
        self.user_ram = None
        self.power.stopped()

    def _boot(self) -> None:
        self.booted_at_us = self.clock.now_us
        self.cfg.reload()
        self.power.booting()
        self.out.filters.clear()
        # The ROM speaks at its own rate: noise for a host that listens at another.
        self.line.module.set_flow(rts=False, cts=False)
        self.line.module.set_baud(self.profile.boot_log_baud, Frame())
        if self.trace is not None and self.profile.boot_log:
            self.trace("out", self.clock.now_us, self.profile.boot_log)
        self.line.to_host.push(self.profile.boot_log)
        if self.profile.at_firmware:
            self.later(self.profile.boot_us, self._ready)
        elif self.profile.reboots_us:
            self.later(self.profile.reboots_us, self._boot)

    def _ready(self) -> None:
        self.set_uart(self.uart_default())
        self.line.module.deaf = False
        self.out.muted = False
        self.power.started()
        self.out.final("ready")
        start_at_boot(self)
        self.soft_ap.apply()
        self.station.power_up()

    def later(self, us: int, fn: Callable[[], object]) -> TimerHandle:
        """A timer that does not outlive a reboot."""
        return self.clock.call_later(us, self.guard(fn))

    def guard(self, fn: Callable[..., object]) -> Callable[..., None]:
        """fn, unless the module was reset in between."""
        epoch = self._epoch

        def run(*args: Any) -> None:
            if epoch == self._epoch:
                fn(*args)

        return run

    def unix_time(self) -> int:
        return self.sntp.unix_time

    def reaches(self, ip: str) -> bool:
        """Whether some interface has a way to this address."""
        if ":" in ip:
            return bool(self.station.ip6_local)
        return self.soft_ap.has(ip) or self.station.has_ip

    @property
    def has_network(self) -> bool:
        return self.station.has_ip or self.soft_ap.up

    # -- UART --------------------------------------------------------------------------
    def uart_default(self) -> list[int]:
        return self.cfg["uart"] or [self.profile.baud, 8, 1, 0, 0]

    def set_uart(self, setting: list[int]) -> None:
        """[baud, data bits, stop bits, parity, flow: bit 0 RTS, bit 1 CTS]"""
        baud, data_bits, stop, parity, flow = setting
        self.uart = list(setting)
        self.line.module.set_baud(baud, Frame(data_bits, parity, stop))
        self.line.module.set_flow(rts=bool(flow & 1), cts=bool(flow & 2))

    # -- commands ----------------------------------------------------------------------
    def run_line(self, line: bytes) -> None:
        """A complete line came in; the answer begins after the module's latency."""
        call = self._start("", "")
        call.later(self.profile.latency_us, lambda: self._run(call, line))

    def refuse_line(self, error: AtError) -> None:
        call = self._start("", "")
        call.later(self.profile.latency_us, lambda: call.fail(error))

    def _start(self, name: str, form: str) -> Call:
        self.running = call = Call(self, name, form)
        self.power.active()
        return call

    def _run(self, call: Call, line: bytes) -> None:
        fault = self.faults.state.next_command()
        if fault == "lose":
            call.done_silently()
        if fault:
            return
        try:
            parsed = parse_line(line)
            call.name, call.form = parsed.name, parsed.form
            command = self.commands.find(parsed.name)
            if command is None:
                self.refused.add(parsed.name)
                raise AtError(errors.UNSUPPORTED)
            form = command.forms.get(parsed.form)
            if form is None:
                raise AtError(errors.OP_ERROR)
            values = bind(parsed.args, form.kinds, bool(self.cfg["mux"]))
            self.served.add((call.name, call.form))
            result = form.handler(call, *values)
        except AtError as error:
            call.fail(error)
            return
        if result is not WAIT:
            call.done()

    # -- outside -----------------------------------------------------------------------
    def pin(self, name: str) -> Any:
        return self.pins[name]

    def _plan(self, step: dict) -> None:
        at_us = int(step.pop("at_s") * 1_000_000)
        self.clock.call_at(self.clock.now_us + at_us, lambda: self.control(step))

    def control(self, request: dict) -> dict:
        """One request of the control channel: {"do": ...} -> {"ok": true, ...}"""
        return run_action(self, request)
