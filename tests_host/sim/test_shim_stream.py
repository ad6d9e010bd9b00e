# The CPython shim in real time: machine.UART and Pin over the pty, the TCP port and the control
# channel of a running simulator. Real time, short; every wait has a deadline.
from __future__ import annotations

import asyncio
import os
import threading
import time

import machine
import pytest
import sim_machine
from sim_remote import ControlClient

from sim.test_runner import start_program  # noqa: F401

DEADLINE_MS = 15_000


@pytest.fixture
def board(start, monkeypatch, tmp_path):
    """Connects the shim by ESPAT_SIM to a simulator started with these arguments."""

    def connect(way, *args):
        where = ["--pty", str(tmp_path / "module")] if way == "pty" else ["--tcp", "0"]
        program = start(*where, *args)
        sim_machine.detach()
        for name in ("ESPAT_SIM", "ESPAT_SIM_CONTROL"):
            monkeypatch.delenv(name, raising=False)
        for name, value in program.env.items():
            monkeypatch.setenv(name, value)
        uart = machine.UART(1, 115200, rxbuf=2048)
        sync(uart)
        return uart

    yield connect
    sim_machine.detach()


def until(uart, mark):
    seen = b""
    end = time.ticks_add(time.ticks_ms(), DEADLINE_MS)
    while mark not in seen:
        assert time.ticks_diff(end, time.ticks_ms()) > 0, seen
        seen += uart.read() or b""
    return seen


def sync(uart):
    uart.init(115200, rxbuf=2048, timeout=200)
    end = time.ticks_add(time.ticks_ms(), DEADLINE_MS)
    seen = b""
    while b"ERROR\r\n" not in seen:
        assert time.ticks_diff(end, time.ticks_ms()) > 0, seen
        uart.write(b"\r\n")
        while part := uart.read():  # until it has been silent for the time-out
            seen += part
    uart.init(115200, rxbuf=2048, timeout=0)


@pytest.mark.parametrize("way", ["pty", "tcp"])
def test_at_answers_ok(board, way):
    uart = board(way)
    assert (uart.any(), uart.read()) == (0, None)
    assert uart.write(b"AT\r\n") == 4
    assert until(uart, b"OK\r\n") == b"AT\r\n\r\nOK\r\n"
    assert uart.ioctl(3, 5) == 4


@pytest.mark.parametrize("way", ["pty", "tcp"])
def test_an_event_loop_can_wait_for_it(board, way):
    uart = board(way)

    async def main():
        ready = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(uart.fileno(), ready.set)
        assert not ready.is_set()
        uart.write(b"AT\r\n")
        await asyncio.wait_for(ready.wait(), DEADLINE_MS / 1000)
        loop.remove_reader(uart.fileno())

    asyncio.run(main())
    assert until(uart, b"OK\r\n") == b"AT\r\n\r\nOK\r\n"


@pytest.mark.parametrize("way", ["pty", "tcp"])
def test_timeouts_are_real(board, way):
    uart = board(way)
    uart.init(timeout=50, timeout_char=200, rxbuf=2048)
    start = time.ticks_ms()
    assert uart.read(1) is None
    assert 50 <= time.ticks_diff(time.ticks_ms(), start) < 2000
    uart.write(b"AT\r\n")
    assert uart.read(10) == b"AT\r\n\r\nOK\r\n"


@pytest.mark.parametrize("way", ["pty", "tcp"])
def test_pins_go_over_the_control_channel(board, way):
    uart = board(way, "--control", "0")
    reset = machine.Pin(6, machine.Pin.OUT, value=1)
    reset(0)
    time.sleep_ms(50)
    reset(1)
    assert b"ready\r\n" in until(uart, b"ready\r\n")
    seen = []
    pin = machine.Pin(8, machine.Pin.IN)
    pin.irq(lambda p: seen.append(p.value()), machine.Pin.IRQ_RISING)
    machine.board.request({"do": "pin", "pin": "HOST_WAKE", "level": 1})
    end = time.ticks_add(time.ticks_ms(), DEADLINE_MS)
    while not seen:
        assert time.ticks_diff(end, time.ticks_ms()) > 0
        time.sleep_ms(20)
    assert seen == [1]


def test_a_pin_ends_a_light_sleep(board):
    board("tcp", "--control", "0")
    pin = machine.Pin(8, machine.Pin.IN)
    pin.irq(lambda p: None, machine.Pin.IRQ_RISING)
    other = ControlClient(os.environ["ESPAT_SIM_CONTROL"])
    request = {"do": "pin", "pin": "HOST_WAKE", "level": 1}
    timer = threading.Timer(0.2, other.ask, [request])
    timer.start()
    start = time.ticks_ms()
    machine.lightsleep(DEADLINE_MS)
    assert time.ticks_diff(time.ticks_ms(), start) < DEADLINE_MS
    timer.join()
    other.close()


def test_the_rate_of_uart_init_reaches_the_tty(board):
    uart = board("pty")
    uart.write(b"AT+UART_CUR=9600,8,1,0,0\r\n")
    until(uart, b"OK\r\n")
    uart.init(9600, rxbuf=2048, timeout=300, timeout_char=300)
    uart.read()
    uart.write(b"AT\r\n")
    assert uart.read(10) == b"AT\r\n\r\nOK\r\n"


def test_pins_without_a_control_channel_are_a_clear_error(board):
    board("tcp")
    with pytest.raises(OSError, match="ESPAT_SIM_CONTROL"):
        machine.Pin(6, machine.Pin.OUT, value=1)
