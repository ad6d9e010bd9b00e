# The shim for the unix port of MicroPython over lockstep: virtual time, waiting, memory, pins.
# Each test is a program that runs there in a small heap; the programs assert.
from __future__ import annotations

import time

from sim.micropython_rig import BOOTED, RX_HANDLER, run_on_lockstep, run_program  # noqa: F401


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
assert len(seen) == 1 and seen[0][0] == 1, seen
machine.lightsleep(60000)
assert 3999 <= time.ticks_diff(time.ticks_ms(), seen[0][1]) <= 4001, (time.ticks_ms(), seen)
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


def test_the_handler_of_received_data(lockstep):
    lockstep(BOOTED + RX_HANDLER)
