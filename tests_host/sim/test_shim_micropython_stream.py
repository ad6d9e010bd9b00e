# The shim for the unix port of MicroPython in real time: over TCP or a pty, pins over the control
# channel. Each test is a program that runs there in a small heap; the programs assert.
from __future__ import annotations

from sim.micropython_rig import RX_HANDLER, run_program  # noqa: F401
from sim.test_runner import start_program  # noqa: F401

STREAM = """
import time, select, sys
from machine import UART, Pin
uart = UART(1, 115200, rxbuf=2048)
def until(mark, ms=10000):
    end = time.ticks_add(time.ticks_ms(), ms)
    seen = b""
    while mark not in seen:
        assert time.ticks_diff(end, time.ticks_ms()) > 0, seen
        n = uart.any()
        seen += (uart.read(n) if n else None) or b""
        time.sleep_ms(1)
    return seen
def sync():
    for _ in range(50):
        uart.write(b"\\r\\n")
        time.sleep_ms(200)
        if b"ERROR" in (uart.read() or b""):
            return
    assert 0
sync()
uart.write(b"AT\\r\\n")
assert until(b"OK\\r\\n") == b"AT\\r\\n\\r\\nOK\\r\\n"
p = select.poll()
p.register(uart, select.POLLIN)
assert p.poll(0) == []
uart.write(b"AT\\r\\n")
assert p.poll(5000)[0][1] & select.POLLIN
for _ in range(500):
    if uart.any() >= 10:
        break
    time.sleep_ms(10)
buf = bytearray(20)
assert uart.readinto(buf) == 10 and bytes(buf[:10]) == b"AT\\r\\n\\r\\nOK\\r\\n"
assert uart.readinto(buf) is None
"""

STREAM_PINS = """
import sim_control
reset = Pin(6, Pin.OUT, value=1)
reset(0)
time.sleep_ms(50)
reset(1)
until(b"ready\\r\\n")
seen = []
wake = Pin(8, Pin.IN)
wake.irq(lambda p: seen.append(p.value()), Pin.IRQ_RISING)
assert sim_control.control({"do": "pin", "pin": "HOST_WAKE", "level": 1})["ok"]
for _ in range(100):
    if seen:
        break
    time.sleep_ms(20)
assert seen == [1], seen
uart.write(b"AT+UART_CUR=9600,8,1,0,0\\r\\n")
until(b"OK\\r\\n")
uart.init(9600, rxbuf=2048)
time.sleep_ms(50)
uart.write(b"AT\\r\\n")
until(b"OK\\r\\n")
"""


def test_over_tcp(run, start):
    program = start("--tcp", "0", "--control", "0")
    run(STREAM + STREAM_PINS, program.env)


def test_over_a_pty(run, start, tmp_path):
    program = start("--pty", str(tmp_path / "module"), "--control", "0")
    run(STREAM + STREAM_PINS, program.env)


def test_over_a_pty_without_control(run, start, tmp_path):
    program = start("--pty", str(tmp_path / "module"))
    run(STREAM, program.env)


def test_without_a_module_the_error_says_what_to_do(run):
    text = run(
        """
from machine import UART
try:
    UART(1)
except OSError as e:
    print(e)
""",
        {"ESPAT_SIM": ""},
    )
    assert "ESPAT_SIM" in text


def test_the_handler_of_received_data(run, start):
    run(STREAM + RX_HANDLER, start("--tcp", "0").env)
