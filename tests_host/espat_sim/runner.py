# The simulator as a program: real time, the operating system's network, and the ways in.
# Owns the command line, start and end. Each way in is a file of its own.
from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from typing import Any, Iterator, Optional, Sequence, Union

from espat_tools.masking import Stars

from . import peers
from .byte_ports import PtyPort, TcpPort
from .clock import RealClock, VirtualClock
from .control import ControlServer
from .dashboard import Dashboard
from .lockstep import LockstepServer
from .module import Module
from .net_os import OsNetwork
from .net_virtual import VirtualNetwork
from .ports import Clock, Network

NO_LIMIT = 1 << 30  # the program at the other end buffers for itself


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m espat_sim", description="A simulated ESP-AT Wi-Fi module."
    )
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--pty", metavar="LINK", default="", help="make a serial port (the default) and this link"
    )
    way.add_argument("--tcp", metavar="PORT", type=int, help="serve the UART's bytes to one client")
    way.add_argument(
        "--lockstep", metavar="PORT", type=int, help="virtual time, for the shims (see lockstep.py)"
    )
    parser.add_argument("--profile", default="esp32s2-3.4")
    parser.add_argument(
        "--baud", type=int, default=115200, help="rate of the host's UART; 0: as fast as possible"
    )
    parser.add_argument("--fast", action="store_true", help="the same as --baud 0")
    parser.add_argument("--rxbuf", type=int, default=NO_LIMIT, help="the host's receive buffer")
    parser.add_argument("--air", metavar="FILE", help="access points, JSON")
    parser.add_argument("--flash", metavar="FILE", help="settings that outlive the program")
    parser.add_argument("--control", metavar="PORT", type=int, help="JSON lines on this TCP port")
    parser.add_argument(
        "--dashboard", metavar="PORT", type=int, help="a page that shows the module at work"
    )
    parser.add_argument("--trace", metavar="FILE", help="what went over the wire; - for stderr")
    parser.add_argument(
        "--host",
        metavar="NAME=IP",
        action="append",
        default=[],
        help="a name that is answered here instead of by the system's DNS",
    )
    parser.add_argument(
        "--map",
        metavar="PORT=PORT",
        action="append",
        default=[],
        help="where a server of the module really listens, e.g. 80=8080",
    )
    parser.add_argument(
        "--bind",
        metavar="ADDRESS",
        default="127.0.0.1",
        help="where servers and UDP sockets of the module listen: this machine; 0.0.0.0: everybody",
    )
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    args.fast = args.fast or args.baud == 0
    if args.dashboard is not None and args.lockstep is not None:
        parser.error("--dashboard needs real time: --pty or --tcp")
    for entry in args.host + args.map:
        if "=" not in entry:
            parser.error(f"{entry!r} is not LEFT=RIGHT")
    return args


def announce(name: str, value: str) -> None:
    """One line each, as the environment variables that lead a program here."""
    print(f"{name}={value}", flush=True)


@contextlib.contextmanager
def tracing(module: Module, path: Optional[str]) -> Iterator[None]:
    """A line a chunk: seconds, direction as the module sees it, the bytes; keys as stars."""
    if not path:
        yield
        return
    with contextlib.ExitStack() as stack:
        out = sys.stderr if path == "-" else stack.enter_context(open(path, "w"))

        stars = {"in": Stars(True), "out": Stars(False)}

        def trace(direction: str, t_us: int, data: bytes) -> None:
            data = stars[direction](data)
            print(f"{t_us / 1e6:12.6f} {direction:3} {data!r}", file=out, flush=True)

        module.trace = trace
        yield


def run_lockstep(args: argparse.Namespace) -> None:
    clock = VirtualClock()
    net = VirtualNetwork(clock)
    peers.install(net)
    module = make_module(args, clock, net)
    server = LockstepServer(module, args.lockstep)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))  # before anybody knows that we are here
    announce("ESPAT_SIM", server.env["ESPAT_SIM"])
    with tracing(module, args.trace):
        server.serve_forever()


def make_module(args: argparse.Namespace, clock: Clock, net: Network) -> Module:
    return Module(
        profile=args.profile,
        clock=clock,
        net=net,
        air=args.air,
        flash=args.flash,
        seed=args.seed,
        power=False,
    )


async def run_real_time(args: argparse.Namespace) -> int:
    loop = asyncio.get_running_loop()
    net = OsNetwork(
        hosts=dict(entry.split("=", 1) for entry in args.host),
        ports={int(a): int(b) for a, b in (entry.split("=", 1) for entry in args.map)},
        bind_ip=args.bind,
    )
    module = make_module(args, RealClock(loop), net)
    module.line.host.set_rxbuf(args.rxbuf)
    if args.fast:
        module.line.set_paced(False)
    else:
        module.line.host.set_baud(args.baud)
    end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end.set)
    failed = False

    def on_exception(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An error of the simulation ends it: a half-dead module would only confuse."""
        nonlocal failed
        failed = True
        loop.default_exception_handler(context)
        end.set()

    loop.set_exception_handler(on_exception)
    with tracing(module, args.trace):
        control = ControlServer(module, paced=not args.fast)
        dashboard = Dashboard(module)
        port: Union[PtyPort, TcpPort]
        if args.tcp is None:
            port = PtyPort(module.line, loop, args.pty, paced=not args.fast)
        else:
            port = tcp = TcpPort(module.line, loop, args.tcp, paced=not args.fast)
            control.on_baud = tcp.stop_following
        try:
            if args.control is not None:
                announce("ESPAT_SIM_CONTROL", await control.start(args.control))
            if args.dashboard is not None:
                announce("ESPAT_SIM_DASHBOARD", await dashboard.start(args.dashboard))
            module.power_on()
            announce("ESPAT_SIM", port.address)
            await end.wait()
        finally:
            control.stop()
            await dashboard.stop()
            net.close()
            port.shut()
    return 1 if failed else 0


def main(argv: Optional[Sequence[str]] = None) -> int:
    args = parse_args(argv)
    try:
        if args.lockstep is not None:
            run_lockstep(args)
            return 0
        return asyncio.run(run_real_time(args))
    except (OSError, ValueError, ImportError) as exc:
        print(f"espat_sim: {exc}", file=sys.stderr)
        return 2
