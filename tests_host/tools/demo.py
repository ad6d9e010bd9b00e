"""Owns: `make demo`: examples/demo.py on a 32-bit MicroPython with a small heap, as on a board.

Starts a simulated module (real time, the operating system's sockets), a web server and an MQTT
broker on loopback, shows what the program and its partners say, and looks whether it did its whole
job (demo_check.py). The exit code is 0 only when it did.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import http.server
import io
import json
import os
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Iterator, Optional

from paho.mqtt import client as mqtt

from tools import build_mpy, children, debs, demo_check, run_micropython

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
SHIM = ROOT / "tests_host" / "shim" / "micropython"
LOOPBACK = "127.0.0.1"
START_S = 20
WAKE_S = 2.0  # the board sleeps for so long
# Its lines end in CR LF, and some of them look like the module's own messages.
PAGE = """<!doctype html>
<title>espat</title>
<h1>Hello from the other side of the wire</h1>
<p>This page came through a simulated ESP32-S2. Nothing in it is taken for an answer:</p>
<pre>

OK
+IPD,0,5:hello
ERROR
ready
0,CLOSED
WIFI DISCONNECT
</pre>
<p>5 \u00b0C, 7 \u20ac.</p>
""".replace("\n", "\r\n").encode()


def say(who: str, text: str) -> None:
    print(f"{who:>8} | {text}", flush=True)


def ask(address: str, **request: object) -> dict[str, Any]:
    """A request to the simulated module's control channel."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=START_S) as s:
        s.sendall(json.dumps(request).encode() + b"\n")
        return dict(json.loads(s.makefile().readline()))


class Waker:
    """Somebody who sends the board a message while it sleeps, and sees that the module sleeps."""

    def __init__(self, port: int, control: str) -> None:
        self.port = port
        self.control = control
        self.module: dict[str, Any] = {}

    def hear(self, line: str) -> None:
        say("board", line)
        if line.startswith("sleeping,"):
            ask(self.control, do="energy", reset=True)
            timer = threading.Timer(WAKE_S, self.call)
            timer.daemon = True
            timer.start()

    def call(self) -> None:
        self.module = ask(self.control, do="energy")["module"]
        say("mqtt", f"publishing {demo_check.WAKE[1]!r} on {demo_check.WAKE[0]}")
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        client.connect(LOOPBACK, self.port)
        client.loop_start()
        client.publish(*demo_check.WAKE, qos=1).wait_for_publish(START_S)
        client.disconnect()
        client.loop_stop()


class Page(http.server.BaseHTTPRequestHandler):
    """Serves one page to whoever asks, and says so."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(PAGE)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        say("web", format % args)


@contextlib.contextmanager
def web_server() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer((LOOPBACK, 0), Page)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def broker() -> Iterator[Optional[int]]:
    """An MQTT broker on loopback; None when the machine has none."""
    wrapper = debs.BIN / "mqtt-broker"
    if not wrapper.exists():
        yield None
        return
    port = free_port()
    with children.Child([str(wrapper), str(port)]) as child:
        deadline = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection((LOOPBACK, port), timeout=1).close()
                break
            except OSError:
                if child.process.poll() is not None or time.monotonic() > deadline:
                    raise children.ChildFailed("the MQTT broker did not start") from None
                time.sleep(0.05)  # between two tries, not instead of them
        yield port


@contextlib.contextmanager
def simulator(profile: str, verbose: bool) -> Iterator[dict[str, str]]:
    command = [sys.executable, "-u", "-m", "espat_sim", "--profile", profile]
    command += ["--tcp", "0", "--control", "0"]
    on_line = (lambda line: say("module", line)) if verbose else None
    with children.Child(command, on_line=on_line) as child:
        env: dict[str, str] = {}
        while len(env) < 2:
            found = child.wait_for(r"(ESPAT_SIM\w*)=(\S+)", START_S)
            env[found.group(1)] = found.group(2)
        yield env


def write_settings(overrides: dict[str, object], folder: Path) -> None:
    """examples/settings.py with our addresses after it: the program itself stays unchanged."""
    folder.mkdir(parents=True, exist_ok=True)
    text = (EXAMPLES / "settings.py").read_text()
    lines = [f"{name} = {value!r}\n" for name, value in overrides.items()]
    (folder / "settings.py").write_text(text + "\n# set by the runner\n" + "".join(lines))


def search_path(*first: Path) -> str:
    """These folders, then everything compiled: the source alone would not fit into the heap
    beside its compiler."""
    mpy = build_mpy.BUILD
    lib = build_mpy.build_all()
    shim = sorted(p.relative_to(SHIM).as_posix() for p in SHIM.glob("**/*.py"))
    build_mpy.build(mpy / "shim", shim, base=SHIM)
    programs = sorted(p.name for p in EXAMPLES.glob("*.py") if p.name != "settings.py")
    build_mpy.build(mpy / "examples", programs, base=EXAMPLES)
    places = [*first, mpy / "examples", mpy / "shim", lib]
    return ":".join([*(str(place) for place in places), ".frozen"])


def choose_bits(wanted: int) -> int:
    """The interpreter to use: the other one when this machine can't have the wanted one."""
    other = 96 - wanted
    for bits in (wanted, other):
        if not run_micropython.missing(bits):
            if bits != wanted:
                say("demo", f"{run_micropython.missing(wanted)}; {bits} bits instead")
            return bits
    raise children.ChildFailed(run_micropython.missing(wanted))


def setting(text: str) -> tuple[str, object]:
    name, _, value = text.partition("=")
    return name, ast.literal_eval(value)


def run(args: argparse.Namespace) -> int:
    program = EXAMPLES / f"{args.program}.py"
    if not program.exists():
        say("demo", f"there is no examples/{program.name}")
        return 1
    bits = choose_bits(args.bits)
    with contextlib.ExitStack() as stack:
        settings: dict[str, object] = {"host": LOOPBACK, "port": stack.enter_context(web_server())}
        env = stack.enter_context(simulator(args.profile, args.verbose))
        say("demo", f"simulated {args.profile} at {env['ESPAT_SIM']}")
        say("demo", f"web server at http://{LOOPBACK}:{settings['port']}/")
        mqtt_port = stack.enter_context(broker())
        say("demo", f"MQTT broker at port {mqtt_port}" if mqtt_port else "no MQTT broker here")
        settings.update(broker=LOOPBACK if mqtt_port else None, broker_port=mqtt_port)
        # A folder of its own: another demo may run at the same time.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        write_settings({**settings, **dict(args.set)}, folder)
        env["MICROPYPATH"] = search_path(folder)
        command = [str(run_micropython.BINARIES[bits]), "-X", f"heapsize={args.heap}"]
        command += ["-m", args.program]
        say("demo", f"{program.name} on micropython{bits}, heap {args.heap}")
        waker = Waker(mqtt_port, env["ESPAT_SIM_CONTROL"]) if mqtt_port else None
        hear = waker.hear if waker else lambda line: say("board", line)
        board = children.Child(command, env=env, on_line=hear)
        with board:
            code = board.wait(args.limit)
    wrong = [f"the program ended with {code}"] if code else []
    if args.program == "demo" and not code:
        wrong = demo_check.problems(board.lines, PAGE, ["espat-lab", "espat-open"])
        if waker and not demo_check.left_out(board.lines):
            wrong += demo_check.sleep_problems(board.lines, WAKE_S, waker.module)
    for line in wrong:
        say("demo", f"FAILED: {line}")
    if not wrong and args.program == "demo":
        if waker and waker.module:
            say("demo", f"the module slept for {waker.module['asleep']:.0%} of the time meanwhile")
        say("demo", "the page is the one that was served, byte for byte")
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Run an example against a simulated module.")
    parser.add_argument("program", nargs="?", default="demo", help="a file of examples/")
    parser.add_argument("--profile", default="esp32s2-3.4")
    parser.add_argument("--bits", type=int, choices=[32, 64], default=32)
    parser.add_argument("--heap", default="64K")
    parser.add_argument("--limit", type=float, default=120, help="seconds for the program")
    parser.add_argument(
        "--set",
        type=setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another value for examples/settings.py, as Python writes it: --set 'key=\"secret\"'",
    )
    parser.add_argument("--verbose", action="store_true", help="show what the module's log says")
    args = parser.parse_args()
    os.chdir(ROOT)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that is not UTF-8
    try:
        return run(args)
    except (children.ChildFailed, build_mpy.NoCompiler) as exc:
        say("demo", f"FAILED: {exc}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
