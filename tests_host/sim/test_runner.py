# python -m espat_sim as a program: independent clients talk to it over its pty, its TCP port and
# its control channel. Real time, short; every wait is for bytes and has a deadline.
from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from espat_sim.peers import pattern

DEADLINE_S = 20
COMMAND = [sys.executable, "-m", "espat_sim"]
ENV = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}  # installed or not


class Program:
    """The simulator in a process of its own."""

    def __init__(self, *args):
        self.process = subprocess.Popen(
            COMMAND + list(args),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ENV,
        )
        self.env = {}
        while "ESPAT_SIM" not in self.env:
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            name, _, value = line.strip().partition("=")
            self.env[name] = value

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(DEADLINE_S)
        error = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        return code, error


def run_to_the_end(*args):
    return subprocess.run(
        COMMAND + list(args), capture_output=True, text=True, timeout=DEADLINE_S, env=ENV
    )


@pytest.fixture(name="start")
def start_program():
    """start(*args): the simulator with these arguments; ended, without complaint, with the test."""
    programs = []

    def start(*args):
        programs.append(Program(*args))
        return programs[-1]

    yield start
    for program in programs:
        if program.process.poll() is None:
            assert program.end() == (0, "")


class Wire:
    """The far end of the UART: a serial port, a TCP connection, or a program's output."""

    def __init__(self, address):
        self.seen = b""
        if not isinstance(address, str):
            self.fd = address.fileno()
            return
        kind, _, where = address.partition(":")
        if kind == "pty":
            serial = pytest.importorskip("serial")
            self._serial = serial.Serial(where, 115200, timeout=0, exclusive=True)
            self.fd = self._serial.fileno()
        else:
            host, _, port = where.rpartition(":")
            self._sock = socket.create_connection((host, int(port)), timeout=DEADLINE_S)
            self.fd = self._sock.fileno()

    def close(self):
        getattr(self, "_serial", None) and self._serial.close()
        getattr(self, "_sock", None) and self._sock.close()

    def send(self, data):
        os.write(self.fd, data)

    def until(self, mark, deadline_s=DEADLINE_S):
        """Everything up to and with mark; bytes after it are kept for the next call."""
        end = time.monotonic() + deadline_s
        while mark not in self.seen:
            left = end - time.monotonic()
            assert left > 0, f"{mark!r} did not come, but {self.seen[-300:]!r}"
            if select.select([self.fd], [], [], left)[0]:
                self.seen += os.read(self.fd, 65536)
        head, _, self.seen = self.seen.partition(mark)
        return head + mark

    def ask(self, line):
        self.send(line + b"\r\n")
        return self.until(b"\r\nOK\r\n")

    def sync(self):
        """Wherever the module is, also while it boots: afterwards it has just answered."""
        end = time.monotonic() + DEADLINE_S
        while b"ERROR\r\n" not in self.seen:
            assert time.monotonic() < end, self.seen[-300:]
            self.send(b"\r\n")
            while select.select([self.fd], [], [], 0.2)[0]:  # until it has no more to say
                data = os.read(self.fd, 65536)
                if not data:
                    raise ConnectionResetError("the simulator has hung up")
                self.seen += data
        self.seen = b""
        self.ask(b"AT")


class Control:
    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self._file = socket.create_connection((host, int(port)), timeout=DEADLINE_S).makefile("rw")

    def read(self):
        return json.loads(self._file.readline())

    def ask(self, **request):
        self._file.write(json.dumps(request) + "\n")
        self._file.flush()
        return self.read()

    def close(self):
        self._file.close()


@pytest.fixture
def pty_link(tmp_path):
    return tmp_path / "module"


def test_at_over_the_pty(start, pty_link):
    program = start("--pty", str(pty_link))
    assert program.env["ESPAT_SIM"] == f"pty:{pty_link}"
    wire = Wire(program.env["ESPAT_SIM"])
    wire.until(b"ready\r\n")
    wire.send(b"AT\r\n")
    assert wire.until(b"OK\r\n") == b"AT\r\n\r\nOK\r\n"
    wire.close()


def test_without_a_link_it_says_which_port_it_is(start):
    program = start()
    wire = Wire(program.env["ESPAT_SIM"])
    wire.sync()
    wire.close()


def test_socat_reaches_it_too(start, pty_link):
    import shutil

    if shutil.which("socat") is None:
        pytest.skip("socat is not installed")
    start("--pty", str(pty_link))
    with subprocess.Popen(
        ["socat", "-", f"{pty_link},b115200,raw,echo=0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as socat:
        wire = Wire(socat.stdout)
        wire.until(b"ready\r\n")
        socat.stdin.write(b"AT\r\n")
        socat.stdin.flush()
        assert wire.until(b"OK\r\n") == b"AT\r\n\r\nOK\r\n"
        socat.terminate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_removes_the_link(start, pty_link, number):
    program = start("--pty", str(pty_link))
    assert pty_link.is_symlink()
    assert program.end(number) == (0, "")
    assert not pty_link.is_symlink()


def test_a_stale_link_is_replaced_but_a_file_is_not(start, pty_link):
    pty_link.symlink_to("/dev/nowhere")
    start("--pty", str(pty_link))
    assert os.path.exists(pty_link)
    file = pty_link.with_name("precious")
    file.write_text("mine")
    done = run_to_the_end("--pty", str(file))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert file.read_text() == "mine"


def test_the_rate_of_the_tty_is_the_rate_of_the_host(start, pty_link):
    serial = pytest.importorskip("serial")
    start("--pty", str(pty_link))
    wire = Wire(f"pty:{pty_link}")
    wire.until(b"ready\r\n")
    port = serial.Serial(str(pty_link), 9600, timeout=0.3)
    port.write(b"AT\r\n")
    assert b"OK" not in port.read(100)
    port.baudrate = 115200
    wire.seen = b""
    wire.sync()
    assert wire.ask(b"AT").endswith(b"AT\r\n\r\nOK\r\n")
    port.close()
    wire.close()


def sync_when_free(address):
    """The simulator sees a moment later that its client has gone."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        wire = Wire(address)
        try:
            wire.sync()
            return wire
        except ConnectionError:
            wire.close()
            assert time.monotonic() < deadline


def test_tcp_serves_one_client_at_a_time(start):
    program = start("--tcp", "0")
    first = Wire(program.env["ESPAT_SIM"])
    first.sync()
    assert first.ask(b"ATE0").endswith(b"OK\r\n")
    second = Wire(program.env["ESPAT_SIM"])
    assert second._sock.recv(1) == b""
    second.close()
    first.close()
    third = sync_when_free(program.env["ESPAT_SIM"])
    assert third.ask(b"AT") == b"\r\nOK\r\n"
    third.close()


def test_over_tcp_the_host_follows_the_modules_rate(start):
    program = start("--tcp", "0", "--control", "0")
    wire = Wire(program.env["ESPAT_SIM"])
    wire.sync()
    wire.ask(b"AT+UART_CUR=921600,8,1,0,0")
    assert wire.ask(b"AT").endswith(b"AT\r\n\r\nOK\r\n")
    control = Control(program.env["ESPAT_SIM_CONTROL"])
    assert control.ask(do="uart", baud=9600)["baud"] == 9600
    wire.send(b"AT\r\n")
    with pytest.raises(AssertionError):
        wire.until(b"OK\r\n", deadline_s=0.3)
    control.ask(do="uart", baud=921600)
    wire.seen = b""
    wire.sync()
    wire.ask(b"AT")
    control.close()
    wire.close()


def test_the_control_channel(start):
    program = start("--tcp", "0", "--control", "0")
    wire = Wire(program.env["ESPAT_SIM"])
    wire.sync()
    control = Control(program.env["ESPAT_SIM_CONTROL"])
    assert control.ask(do="status")["ok"]
    assert control.ask(do="pin", pin="HOST_WAKE") == {"ok": True, "level": 0}
    assert control.ask(do="watch_pin", pin="WAKE")["ok"]
    other = Control(program.env["ESPAT_SIM_CONTROL"])
    other.ask(do="pin", pin="WAKE", level=1)
    event = control.read()
    assert (event["event"], event["pin"], event["level"]) == ("pin", "WAKE", 1)
    for bad in ({"do": "fly"}, {}, {"do": "watch_pin"}, {"do": "watch_pin", "pin": "nose"}):
        assert other.ask(**bad)["ok"] is False
    other._file.write("this is no JSON\n[1]\n")
    other._file.flush()
    assert (other.read()["ok"], other.read()["ok"]) == (False, False)
    assert control.ask(do="reboot")["ok"]
    wire.until(b"ready\r\n")
    control.close()
    other.close()
    wire.close()


def test_flash_and_trace_files(start, tmp_path):
    flash, trace = tmp_path / "flash", tmp_path / "trace"
    args = ["--tcp", "0", "--flash", str(flash), "--trace", str(trace)]
    program = start(*args)
    wire = Wire(program.env["ESPAT_SIM"])
    wire.sync()
    wire.ask(b"AT+CWMODE=3")
    wire.close()
    program.end()
    lines = trace.read_text().splitlines()
    assert any("in " in line and "AT+CWMODE=3" in line for line in lines)
    program = start(*args)
    wire = Wire(program.env["ESPAT_SIM"])
    wire.sync()
    assert b"+CWMODE:3" in wire.ask(b"AT+CWMODE?")
    wire.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_lockstep(start, number):
    program = start("--lockstep", "0")
    assert program.env["ESPAT_SIM"].startswith("lockstep:127.0.0.1:")
    assert program.end(number) == (0, "")


@pytest.mark.parametrize(
    "args",
    [
        ["--pty", "a", "--tcp", "0"],
        ["--tcp", "0", "--profile", "esp99"],
        ["--tcp", "0", "--host", "x"],
    ],
)
def test_wrong_arguments(args):
    done = run_to_the_end(*args)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_a_clear_error():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run_to_the_end("--tcp", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr and "in use" in done.stderr


@pytest.mark.parametrize("rate", [["--fast"], ["--baud", "921600"]])
def test_64_kib_from_a_real_server(start, rate):
    data = pattern(65536)
    server = socket.create_server(("127.0.0.1", 0))
    got = []

    def serve():
        conn, _ = server.accept()
        with conn:
            got.append(conn.recv(100))
            conn.sendall(data)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    program = start("--tcp", "0", "--host", "files.test=127.0.0.1", *rate)
    wire = Wire(program.env["ESPAT_SIM"])
    wire.sync()
    wire.ask(b"AT+UART_CUR=921600,8,1,0,0")
    wire.ask(b"AT+CWMODE=1")
    wire.ask(b'AT+CWJAP="espat-lab","espat-pass"')
    wire.ask(b'AT+CIPSTART="TCP","files.test",%d' % server.getsockname()[1])
    wire.send(b"AT+CIPSEND=5\r\n")
    wire.until(b">")
    wire.send(b"hello")
    wire.until(b"SEND OK\r\n")
    received = b""
    begin = time.monotonic()
    while len(received) < len(data):
        wire.until(b"+IPD,")
        count = int(wire.until(b":")[:-1])
        while len(wire.seen) < count:
            assert select.select([wire.fd], [], [], DEADLINE_S)[0]
            wire.seen += os.read(wire.fd, 65536)
        received += wire.seen[:count]
        wire.seen = wire.seen[count:]
    assert received == data
    if "--fast" not in rate:
        assert time.monotonic() - begin > 0.9 * len(data) * 10 / 921600, "bytes take their time"
    assert got == [b"hello"]
    wire.until(b"CLOSED\r\n")
    thread.join(DEADLINE_S)
    server.close()
    wire.close()
