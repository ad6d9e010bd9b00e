"""Owns: `make demo`: examples/demo.py on a 32-bit MicroPython with a small heap, as on a board.

Starts a simulated module (real time, the operating system's sockets), a web server and an MQTT
broker, all on loopback, and shows what the program and its partners say. The exit code is 0
only when the program ended well and the web server has seen its request.
"""

from __future__ import annotations

import argparse
import contextlib
import http.server
import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Iterator, Optional

from tools import build_mpy, children, debs, run_micropython

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
SHIM = ROOT / "tests_host" / "shim" / "micropython"
FOLDER = ROOT / "build" / "demo"
LOOPBACK = "127.0.0.1"
START_S = 20
PAGE = """<!doctype html>
<title>espat</title>
<h1>Hello from the other side of the wire</h1>
<p>This page came through a simulated ESP32-S2.</p>
"""


def say(who: str, text: str) -> None:
    print(f"{who:>8} | {text}", flush=True)


class Page(http.server.BaseHTTPRequestHandler):
    """Serves one page to whoever asks, and notes that somebody did."""

    protocol_version = "HTTP/1.1"
    seen: list[str] = []

    def do_GET(self) -> None:
        body = PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        text = format % args
        self.seen.append(text)
        say("web", text)


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


def write_settings(overrides: dict[str, object]) -> None:
    """examples/settings.py with our addresses after it: the program itself stays unchanged."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = (EXAMPLES / "settings.py").read_text()
    lines = [f"{name} = {value!r}\n" for name, value in overrides.items() if value is not None]
    (FOLDER / "settings.py").write_text(text + "\n# set by the runner\n" + "".join(lines))


def search_path() -> str:
    """Everything compiled: the source alone would not fit into the heap beside its compiler."""
    mpy = build_mpy.BUILD
    lib = build_mpy.build_all()
    shim = sorted(p.relative_to(SHIM).as_posix() for p in SHIM.glob("**/*.py"))
    build_mpy.build(mpy / "shim", shim, base=SHIM)
    programs = sorted(p.name for p in EXAMPLES.glob("*.py") if p.name != "settings.py")
    build_mpy.build(mpy / "examples", programs, base=EXAMPLES)
    places = [FOLDER, mpy / "examples", mpy / "shim", lib]
    return ":".join([*(str(place) for place in places), ".frozen"])


def run(args: argparse.Namespace) -> int:
    reason = run_micropython.missing(args.bits)
    if reason:
        print(f"demo: {reason}")
        return 0
    if not (EXAMPLES / f"{args.program}.py").exists():
        print(f"demo: there is no examples/{args.program}.py")
        return 1
    with contextlib.ExitStack() as stack:
        web_port = stack.enter_context(web_server())
        mqtt_port = stack.enter_context(broker())
        env = stack.enter_context(simulator(args.profile, args.verbose))
        say("demo", f"simulated {args.profile} at {env['ESPAT_SIM']}")
        say("demo", f"web server at http://{LOOPBACK}:{web_port}/")
        say("demo", f"MQTT broker at port {mqtt_port}" if mqtt_port else "no MQTT broker here")
        write_settings(
            {
                "host": LOOPBACK,
                "port": web_port,
                "mqtt_host": LOOPBACK if mqtt_port else None,
                "mqtt_port": mqtt_port,
            }
        )
        env["MICROPYPATH"] = search_path()
        command = [str(run_micropython.BINARIES[args.bits]), "-X", f"heapsize={args.heap}"]
        command += ["-m", args.program]
        say("demo", f"{args.program}.py on micropython{args.bits}, heap {args.heap}")
        program = children.Child(command, env=env, on_line=lambda line: say("board", line))
        with program:
            code = program.wait(args.limit)
    if code:
        say("demo", f"FAILED: the program ended with {code}")
        return 1
    if args.program == "demo" and not Page.seen:
        say("demo", "FAILED: the web server has seen no request")
        return 1
    say("demo", "done")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Run an example against a simulated module.")
    parser.add_argument("program", nargs="?", default="demo", help="a file of examples/")
    parser.add_argument("--profile", default="esp32s2-3.4")
    parser.add_argument("--bits", type=int, choices=[32, 64], default=32)
    parser.add_argument("--heap", default="64K")
    parser.add_argument("--limit", type=float, default=120, help="seconds for the program")
    parser.add_argument("--verbose", action="store_true", help="show what the module's log says")
    args = parser.parse_args()
    os.chdir(ROOT)
    try:
        return run(args)
    except (children.ChildFailed, build_mpy.NoCompiler) as exc:
        say("demo", f"FAILED: {exc}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
