# Lockstep: the protocol as a host program sees it, byte by byte, and the shim that speaks it.
# The server runs in a thread of this process; time is virtual.
from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import machine
import pytest
import sim_machine

from espat_sim import peers
from espat_sim.lockstep import LockstepServer
from espat_sim.module import Module

ROOT = Path(__file__).parents[2]
SHIM = ROOT / "tests_host" / "shim" / "cpython"


class Client:
    """The protocol by hand."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.now_us = 0

    def receive(self, count):
        data = b""
        while len(data) < count:
            part = self.sock.recv(count - len(data))
            assert part, "the server closed"
            data += part
        return data

    def ask(self, op, n=0, body=b""):
        self.sock.sendall(struct.pack("<cI", op, n) + body)
        self.now_us, m = struct.unpack("<QI", self.receive(12))
        return m

    def read(self, n):
        return self.receive(self.ask(b"R", n))

    def control(self, **request):
        body = json.dumps(request).encode()
        return json.loads(self.receive(self.ask(b"J", len(body), body)))


@pytest.fixture
def server():
    with LockstepServer(Module()) as server:
        yield server


@pytest.fixture
def client(server):
    client = Client(server.port)
    client.ask(b"S", 2_000_000)
    client.read(65536)
    yield client
    client.sock.close()


def test_every_request_costs_a_little(client):
    before = client.now_us
    client.ask(b"A")
    assert client.now_us == before + 10
    client.ask(b"S", 1000)
    assert client.now_us == before + 1020


def test_at_answers_ok(client):
    assert client.ask(b"W", 4, b"AT\r\n") == 4
    start = client.now_us
    assert client.ask(b"I", 20_000_000) > 0
    assert client.now_us - start < 5_000
    client.ask(b"S", 50_000)
    assert client.ask(b"A") == 10
    assert client.read(4) == b"AT\r\n"
    assert client.read(100) == b"\r\nOK\r\n"
    assert client.read(100) == b""


def test_idle_lasts_no_longer_than_asked(client):
    start = client.now_us
    assert client.ask(b"I", 20_000_000) == 0
    assert client.now_us - start == 20_000_010


def test_write_says_how_much_fitted(client):
    assert 0 < client.ask(b"W", 5000, bytes(5000)) < 5000


def test_reading_and_writing_as_a_uart_does(client):
    client.control(do="uart", timeout_us=500_000, timeout_char_us=2_000)
    start = client.now_us
    assert client.receive(client.ask(b"T", 5)) == b""
    assert 500_000 <= client.now_us - start <= 500_100
    assert client.ask(b"P", 4, b"AT\r\n") == 4
    assert client.receive(client.ask(b"T", 10)) == b"AT\r\n\r\nOK\r\n"
    room = client.ask(b"F")
    assert 0 < room < 1000
    # Two milliseconds are not enough for a portion to leave at 115200, ten are.
    assert client.ask(b"P", 2000, bytes(2000)) <= room
    client.control(do="uart", timeout_char_us=10_000)
    assert client.ask(b"P", 2000, bytes(2000)) == 2000


def test_baud(client):
    client.ask(b"B", 9600)
    client.ask(b"W", 4, b"AT\r\n")
    client.ask(b"S", 100_000)
    assert b"OK" not in client.read(1000)
    assert client.control(do="uart")["baud"] == 9600


def test_control_requests(client):
    assert client.control(do="pin", pin="EN", level=0)["ok"]
    client.ask(b"S", 20_000)
    client.control(do="pin", pin="EN", level=1)
    client.ask(b"S", 2_000_000)
    assert b"ready\r\n" in client.read(10_000)
    assert client.control(do="no such thing")["ok"] is False
    assert client.control(do="pin", pin="nose")["ok"] is False
    assert client.control(do="watch_pin", pin="nose")["ok"] is False
    body = b"not json"
    assert json.loads(client.receive(client.ask(b"J", len(body), body)))["ok"] is False
    assert client.control(do="uart", rxbuf=500)["rxbuf"] == 500


def test_a_watched_pin_ends_a_wait(client, server):
    clock, pin = server.host.clock, server.host.module.pin("HOST_WAKE")
    client.control(do="watch_pin", pin="HOST_WAKE")
    clock.call_later(100_000, lambda: pin.set(1))
    start = client.now_us
    assert client.ask(b"S", 1_000_000) == 1 << 31
    assert 99_000 < client.now_us - start <= 100_010
    assert client.control(do="pin_events")["events"] == [["HOST_WAKE", 1]]
    assert client.ask(b"S", 1000) == 0


def test_the_module_lives_on_between_programs(server):
    first = Client(server.port)
    first.ask(b"S", 2_000_000)
    first.ask(b"W", 6, b"ATE0\r\n")
    first.ask(b"S", 50_000)
    first.sock.close()
    second = Client(server.port)
    second.read(65536)
    assert second.now_us > 2_000_000
    second.ask(b"W", 4, b"AT\r\n")
    second.ask(b"S", 50_000)
    assert second.read(100) == b"\r\nOK\r\n"
    second.sock.close()


def test_nonsense_on_the_wire_ends_the_server_with_an_error():
    server = LockstepServer(Module())
    server.start()
    client = Client(server.port)
    client.sock.sendall(b"GET /")
    assert client.sock.recv(10) == b""
    with pytest.raises(Exception, match="unknown request"):
        server.stop()


def test_errors_of_the_simulation_come_out():
    module = Module()
    server = LockstepServer(module)
    module.clock.call_later(1000, lambda: 1 // 0)
    server.start()
    client = Client(server.port)
    client.sock.sendall(struct.pack("<cI", b"S", 2000))
    assert client.sock.recv(12) == b""
    with pytest.raises(ZeroDivisionError):
        server.stop()


def test_two_runs_of_the_same_program_are_the_same():
    def run():
        module = Module()
        peers.install(module.net)
        trail = []
        with LockstepServer(module) as server:
            client = Client(server.port)
            for line in [b"AT\r\n", b"AT+GMR\r\n", b"AT+CWMODE=1\r\n"]:
                client.ask(b"S", 1_000_000)
                client.ask(b"W", len(line), line)
                while client.ask(b"I", 30_000):
                    trail.append((client.now_us, client.read(100)))
            client.sock.close()
        return trail

    first = run()
    assert first == run()
    assert b"".join(part for _, part in first).endswith(b"OK\r\n")


def test_the_shim_speaks_lockstep(server, monkeypatch):
    monkeypatch.setenv("ESPAT_SIM", server.env["ESPAT_SIM"])
    sim_machine.detach()
    try:
        uart = machine.UART(1, 115200, rxbuf=2048)
        real = time.perf_counter()
        time.sleep_ms(20_000)
        assert time.perf_counter() - real < 2
        assert b"ready\r\n" in uart.read()
        assert uart.write(b"AT\r\n") == 4
        uart.flush()
        assert uart.txdone()
        time.sleep_ms(50)
        assert uart.read() == b"AT\r\n\r\nOK\r\n"

        pin = machine.Pin(8, machine.Pin.IN)
        seen = []
        pin.irq(lambda p: seen.append(p.value()), machine.Pin.IRQ_RISING)
        host_wake = server.host.module.pin("HOST_WAKE")
        server.host.clock.call_later(500_000, lambda: host_wake.set(1))
        start = time.ticks_ms()
        machine.lightsleep(60_000)
        assert 490 <= time.ticks_diff(time.ticks_ms(), start) <= 510
        assert seen == [1]

        reset = machine.Pin(6, machine.Pin.OUT, value=0)
        time.sleep_ms(20)
        reset.value(1)
        uart.init(115200, rxbuf=2048)
        time.sleep_ms(2000)
        assert b"ready\r\n" in uart.read()
    finally:
        sim_machine.detach()


PROGRAM = """
import machine, time
uart = machine.UART(1, 115200, rxbuf=2048)
time.sleep_ms(20000)
uart.read()
uart.write(b"AT\\r\\n")
time.sleep_ms(100)
print(uart.read())
"""


def test_the_shim_in_another_process(server):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**server.env, "PYTHONPATH": str(SHIM)},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stderr == ""
    assert done.stdout == "b'AT\\r\\n\\r\\nOK\\r\\n'\n"
