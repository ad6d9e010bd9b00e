# The shim for the unix port of MicroPython, 32-bit and 64-bit: each test is a program that runs
# there in a small heap, over lockstep, TCP or a pty. Owns starting them; the programs assert.
from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from espat_sim import peers
from espat_sim.lockstep import LockstepServer
from espat_sim.module import Module
from sim.test_runner import start_program  # noqa: F401

ROOT = Path(__file__).parents[2]
SHIM = ROOT / "tests_host" / "shim" / "micropython"
DEADLINE_S = 30


@pytest.fixture(params=["micropython", "micropython32"])
def run(request, tmp_path):
    binary = ROOT / ".tools" / "bin" / request.param
    if not binary.exists():
        pytest.skip(f"no {request.param} on this machine")

    def run(program, env, heap="64K"):
        script = tmp_path / "program.py"
        script.write_text(program)
        done = subprocess.run(
            [str(binary), "-X", f"heapsize={heap}", str(script)],
            env={**os.environ, **env, "MICROPYPATH": f"{SHIM}:.frozen"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE_S,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run


@pytest.fixture
def lockstep(run):
    """Runs a program against a fresh module; scenario(module) may prepare it."""

    def on_lockstep(program, scenario=lambda module: None, **options):
        module = Module()
        peers.install(module.net)
        scenario(module)
        with LockstepServer(module) as server:
            return run(program, server.env, **options)

    return on_lockstep


BOOTED = """
import time
from machine import UART, Pin
uart = UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=2048)
time.sleep_ms(2000)
uart.read()
"""


def test_at_answers_ok(lockstep):
    lockstep(
        BOOTED
        + """
assert uart.any() == 0
assert uart.write(b"AT\\r\\n") == 4
time.sleep_ms(50)
assert uart.any() == 10
assert uart.read() == b"AT\\r\\n\\r\\nOK\\r\\n"
assert uart.read() is None and uart.read(5) is None and uart.readline() is None
assert uart.readinto(bytearray(4)) is None
assert uart.read(0) == b""
uart.write(b"..AT\\r\\n..", 2, 4)
uart.flush()
assert uart.txdone()
time.sleep_ms(50)
assert uart.read(2) == b"AT"
b = bytearray(b"......")
assert uart.readinto(b, 2) == 2 and bytes(b) == b"\\r\\n....", b
assert uart.readline() == b"\\r\\n"
assert uart.readinto(memoryview(b)[1:]) == 4 and bytes(b) == b"\\rOK\\r\\n.", b
assert "rxbuf=2048" in repr(uart) and "baudrate=115200" in repr(uart), uart
assert "tx=4, rx=5" in repr(uart), uart
"""
    )


def test_sleeping_takes_no_real_time(lockstep):
    real = time.monotonic()
    lockstep(
        """
import time
t = time.ticks_ms()
s = time.time()
for _ in range(100):
    time.sleep_ms(20000)
time.sleep(3600)
time.sleep_us(5)
took = time.ticks_diff(time.ticks_ms(), t)
assert 5600000 <= took <= 5600100, took
assert 5600 <= time.time() - s <= 5601
assert time.localtime(s) < time.localtime()
"""
    )
    assert time.monotonic() - real < 5


def test_ticks_wrap_at_30_bits(lockstep):
    lockstep(
        """
import time
assert 0 <= time.ticks_us() < 1 << 30
start = time.ticks_us()
for _ in range(4):
    time.sleep(500)
    assert 0 <= time.ticks_us() < 1 << 30
assert time.ticks_diff(3, (1 << 30) - 2) == 5
assert time.ticks_diff((1 << 30) - 2, 3) == -5
assert time.ticks_add((1 << 30) - 2, 5) == 3
end = time.ticks_add(time.ticks_ms(), 50)
while time.ticks_diff(end, time.ticks_ms()) > 0:
    pass
"""
    )


def test_a_long_write_is_short_with_default_buffers(lockstep):
    lockstep(
        BOOTED
        + """
uart.init(baudrate=115200)
assert "rxbuf=256" in repr(uart)
n = uart.write(bytes(2000))
assert 256 <= n <= 300, n
uart.init(timeout_char=10)
assert uart.write(bytes(1000)) == 1000
uart.init(txbuf=4096, timeout_char=0)
time.sleep(2)
assert uart.write(bytes(4000)) == 4000
for bad in [lambda: UART(7), lambda: UART(1, flow=9), lambda: UART(1, speed=1)]:
    try:
        bad()
        assert 0
    except (ValueError, TypeError):
        pass
"""
    )


def test_timeouts_of_reads(lockstep):
    lockstep(
        BOOTED
        + """
uart.init(timeout=500, rxbuf=2048)
t = time.ticks_ms()
assert uart.read(1) is None
assert 500 <= time.ticks_diff(time.ticks_ms(), t) <= 502
uart.init(timeout=500, timeout_char=100, rxbuf=2048)
uart.write(b"AT\\r\\n")
assert uart.read(10) == b"AT\\r\\n\\r\\nOK\\r\\n"
"""
    )


def test_polling_an_empty_buffer_for_a_long_time_is_quick(lockstep):
    real = time.monotonic()
    lockstep(
        BOOTED
        + """
end = time.ticks_add(time.ticks_ms(), 8000)
while time.ticks_diff(end, time.ticks_ms()) > 0:
    assert not uart.any()
uart.write(b"AT\\r\\n")
t = time.ticks_us()
while not uart.any():
    pass
assert time.ticks_diff(time.ticks_us(), t) < 2000, "the first byte of the echo is seen at once"
"""
    )
    assert time.monotonic() - real < 15


RX_HANDLER = """
seen = []
def handler(u):
    seen.append(u.any())
    u.read()
uart.irq(handler, UART.IRQ_RXIDLE)
uart.write(b"AT\\r\\n")
time.sleep_ms(100)
assert sum(seen) == 10, seen
uart.irq(None)
uart.write(b"AT\\r\\n")
time.sleep_ms(100)
assert sum(seen) == 10 and uart.read()
"""


def test_the_handler_of_received_data(lockstep, run, start):
    lockstep(BOOTED + RX_HANDLER)
    run(STREAM + RX_HANDLER, start("--tcp", "0").env)


def test_select_poll_waits_in_virtual_time(lockstep):
    lockstep(
        BOOTED
        + """
import select
p = select.poll()
p.register(uart, select.POLLIN)
t = time.ticks_ms()
assert p.poll(20000) == []
assert 20000 <= time.ticks_diff(time.ticks_ms(), t) <= 20010
uart.write(b"AT\\r\\n")
t = time.ticks_ms()
assert p.poll(20000) == [(uart, select.POLLIN)]
assert time.ticks_diff(time.ticks_ms(), t) < 5
p.modify(uart, select.POLLIN | select.POLLOUT)
for obj, ev in p.ipoll(0):
    assert obj is uart and ev & select.POLLOUT
p.unregister(uart)
assert p.poll(10) == []
"""
    )


def test_asyncio_runs_in_virtual_time(lockstep):
    real = time.monotonic()
    lockstep(
        BOOTED
        + """
import asyncio
order = []
async def worker(name, ms):
    for _ in range(3):
        await asyncio.sleep_ms(ms)
        order.append(name)

async def main():
    t = time.ticks_ms()
    await asyncio.gather(worker("a", 2000), worker("b", 3001))
    assert order == ["a", "b", "a", "a", "b", "b"], order
    assert 9000 <= time.ticks_diff(time.ticks_ms(), t) < 9100
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 600)
        assert 0
    except asyncio.TimeoutError:
        pass
    r = asyncio.StreamReader(uart)
    w = asyncio.StreamWriter(uart, {})
    w.write(b"AT\\r\\n")
    await w.drain()
    t = time.ticks_ms()
    assert await r.readline() == b"AT\\r\\n"
    assert await r.readline() == b"\\r\\n"
    assert await asyncio.wait_for(r.readline(), 20) == b"OK\\r\\n"
    assert time.ticks_diff(time.ticks_ms(), t) < 20

asyncio.run(main())
"""
    )
    assert time.monotonic() - real < 15


def test_no_heap_in_steady_state(lockstep):
    """What a test measures is the program's own memory."""
    lockstep(
        BOOTED
        + """
import micropython, select
buf = bytearray(64)
line = b"..AT\\r\\n"
p = select.poll()
p.register(uart, select.POLLIN)

def turn():
    uart.write(line, 2, 4)
    for pair in p.ipoll(1000):
        pass
    time.sleep_ms(20)
    n = uart.any()
    uart.readinto(buf, n)
    time.ticks_ms()
    p.ipoll(5)
    return n

def main():
    turn()
    n = 0
    micropython.heap_lock()
    for _ in range(50):
        n += turn()
    micropython.heap_unlock()
    assert n == 500, n

main()
"""
    )


def test_pins_timers_and_light_sleep(lockstep):
    def scenario(module):
        pin = module.pin("HOST_WAKE")
        for t_us, level in [(5_000_000, 1), (6_000_000, 0), (9_000_000, 1)]:
            module.clock.call_at(t_us, lambda level=level: pin.set(level))

    lockstep(
        BOOTED
        + """
import machine
reset = Pin(6, Pin.OUT, value=1)
assert uart.any() == 0
reset(0)
time.sleep_ms(20)
reset(1)
time.sleep_ms(1000)
assert b"ready\\r\\n" in uart.read()

seen = []
wake = Pin(8, Pin.IN)
wake.irq(lambda p: seen.append((p.value(), time.ticks_ms())), Pin.IRQ_RISING)
calls = []
timer = machine.Timer(period=100, callback=lambda t: calls.append(1))
time.sleep_ms(350)
assert len(calls) == 3, calls
timer.deinit()
t = time.ticks_ms()
time.sleep_ms(4000)
assert 4000 <= time.ticks_diff(time.ticks_ms(), t) <= 4001
assert len(seen) == 1 and seen[0][0] == 1 and 4999 <= seen[0][1] <= 5001, seen
machine.lightsleep(60000)
assert 8999 <= time.ticks_ms() <= 9001, time.ticks_ms()
assert len(seen) == 2
uart.write(b"AT\\r\\n")
time.sleep_ms(50)
assert b"OK" not in (uart.read() or b"")
uart.init(115200, rxbuf=2048)
uart.write(b"\\r\\n")
time.sleep_ms(50)
uart.read()
uart.write(b"AT\\r\\n")
time.sleep_ms(50)
assert uart.read() == b"AT\\r\\n\\r\\nOK\\r\\n"
w = machine.Signal(7, Pin.OUT, invert=True)
w.on()
import sim_control
assert sim_control.control({"do": "pin", "pin": "WAKE"}) == {"ok": True, "level": 0}
w.off()
assert sim_control.control({"do": "pin", "pin": "WAKE"})["level"] == 1
assert sim_control.control({"do": "fly"})["ok"] is False
assert len(machine.unique_id()) == 8
rtc = machine.RTC()
rtc.datetime((2024, 5, 9, 0, 10, 0, 0, 0))
time.sleep_ms(61000)
assert rtc.datetime()[:7] == (2024, 5, 9, 3, 10, 1, 1), rtc.datetime()
try:
    machine.reset()
    assert 0
except SystemExit:
    pass
""",
        scenario,
    )


def test_64_kib_through_every_part(lockstep):
    """Network, module, line, lockstep, shim: every byte compared."""
    lockstep(
        BOOTED
        + """
def ask(line, mark=b"OK\\r\\n"):
    uart.write(line + b"\\r\\n")
    seen = b""
    while mark not in seen:
        time.sleep_ms(5)
        seen += uart.read() or b""
    return seen

uart.init(115200, rxbuf=2048, timeout_char=2)
ask(b"ATE0")
ask(b"AT+UART_CUR=921600,8,1,0,0")
uart.init(921600, rxbuf=8192, timeout_char=2)
ask(b"AT+CWMODE=1")
ask(b'AT+CWJAP="espat-lab","espat-pass"')
ask(b'AT+CIPSTART="TCP","pattern.test",19')
ask(b"AT+CIPSEND=6", b">")
size = 65536
uart.write(b"%d\\n" % size)
i = 0
buf = bytearray(3000)
while i < size:
    c = uart.read(1)
    if c != b"+":
        if c is None:
            time.sleep_ms(1)
        continue
    assert uart.read(4) == b"IPD,"
    n = 0
    while (c := uart.read(1)) != b":":
        n = n * 10 + int(c)
    got = 0
    mv = memoryview(buf)
    while got < n:
        got += uart.readinto(mv[got:n]) or 0
    for k in range(n):
        assert buf[k] == (i * 7 + (i >> 8)) & 255, i
        i += 1
""",
        heap="256K",
    )


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
time.sleep_ms(100)
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
