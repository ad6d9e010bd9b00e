# busio.UART and digitalio over Adafruit Blinka reach the same simulated module; each hole that
# Blinka's RP2040 route has is closed, one test each.
from __future__ import annotations

import asyncio
import inspect
import time

import pytest
import sim_machine

pytest.importorskip("adafruit_blinka")
sim_machine.use_blinka()

import board  # noqa: E402
import busio  # noqa: E402
import digitalio  # noqa: E402

from sim.shim_rig import attached_module  # noqa: E402, F401

ECHO_AND_OK = b"AT\r\n\r\nOK\r\n"


def open_uart(**options):
    return busio.UART(board.GP4, board.GP5, **{"baudrate": 115200, **options})


def test_blinka_is_the_real_one():
    base = busio.UART.__mro__[1]
    assert inspect.getsourcefile(base.__init__) != inspect.getsourcefile(busio.UART.__init__)
    assert "detector.chip.id" in inspect.getsource(base.__init__)


def test_at_answers_ok(module):
    with open_uart(receiver_buffer_size=512) as uart:
        assert uart.write(b"AT\r\n") == 4
        assert uart.read(len(ECHO_AND_OK)) == ECHO_AND_OK
        assert uart.in_waiting == 0


def test_timeout_is_kept(module):
    uart = open_uart(timeout=0.25)
    start = time.ticks_ms()
    assert uart.read(1) is None
    assert 250 <= time.ticks_diff(time.ticks_ms(), start) < 252
    uart.timeout = 2
    assert uart.timeout == 2
    assert uart.readinto(bytearray(1)) is None
    assert time.ticks_diff(time.ticks_ms(), start) >= 2250
    with pytest.raises(ValueError):
        uart.timeout = 101
    with pytest.raises(ValueError):
        open_uart(timeout=-1)


def test_receiver_buffer_size_is_kept(module):
    open_uart(receiver_buffer_size=64)
    small = module.line.host.rxbuf
    uart = open_uart(receiver_buffer_size=2048)
    assert module.line.host.rxbuf == small - 64 + 2048
    uart.baudrate = 9600
    assert module.line.host.rxbuf == small - 64 + 2048


def test_assigning_baudrate_changes_the_rate(module):
    uart = open_uart(baudrate=9600, receiver_buffer_size=512)
    uart.baudrate = 115200
    assert (uart.baudrate, module.line.host.baud) == (115200, 115200)
    uart.write(b"AT\r\n")
    assert uart.read(len(ECHO_AND_OK)) == ECHO_AND_OK


def test_settings_are_keyword_only(module):
    with pytest.raises(TypeError):
        busio.UART(board.GP4, board.GP5, 115200)


def test_rts_and_cts_turn_flow_control_on(module):
    open_uart(rts=board.GP7, cts=board.GP6)
    assert module.line.host.flow
    open_uart()
    assert not module.line.host.flow


def test_a_long_write_is_whole(module):
    uart = open_uart(timeout=0)
    assert uart.write(bytes(2000)) == 2000


def test_reset_input_buffer(module):
    uart = open_uart(timeout=0, receiver_buffer_size=512)
    uart.write(b"AT\r\n")
    time.sleep_ms(50)
    assert uart.in_waiting
    uart.reset_input_buffer()
    assert uart.in_waiting == 0
    assert uart.read(1) is None


def test_an_event_loop_can_wait_for_it(module):
    uart = open_uart(timeout=0, receiver_buffer_size=512)

    async def main():
        ready = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(uart.fileno(), ready.set)
        uart.write(b"AT\r\n")
        await asyncio.wait_for(ready.wait(), 20)
        loop.remove_reader(uart.fileno())
        return loop.time()

    start = module.clock.now_us / 1e6
    assert sim_machine.run_virtual(main()) - start < 0.01


def test_a_pin_that_blinka_made_has_state(module):
    # Its Pin class never calls the constructor of machine.Pin.
    wake = digitalio.DigitalInOut(board.GP7)
    wake.switch_to_output(True)
    assert module.pin("WAKE").level == 1
    wake.value = False
    assert module.pin("WAKE").level == 0
    host_wake = digitalio.DigitalInOut(board.GP8)
    host_wake.switch_to_input(pull=digitalio.Pull.DOWN)
    module.pin("HOST_WAKE").set(1)
    assert host_wake.value is True


def test_switching_reset_to_output_high_is_no_reset(module):
    # Blinka drives it low for a moment on the way.
    uart = open_uart(timeout=0, receiver_buffer_size=2048)
    levels = []
    module.pin("EN").subscribe(levels.append)
    reset = digitalio.DigitalInOut(board.GP6)
    reset.switch_to_output(True)
    assert levels == [0, 1]
    time.sleep_ms(2000)
    assert uart.in_waiting == 0
    reset.value = False
    time.sleep_ms(50)
    reset.value = True
    time.sleep_ms(2000)
    assert b"ready\r\n" in uart.read(2048)


def test_wrong_pins_are_refused(module):
    with pytest.raises(ValueError):
        busio.UART(board.GP6, board.GP7, baudrate=115200)


def test_an_unmodified_program_runs_on_virtual_time(module):
    uart = open_uart(timeout=0, receiver_buffer_size=512)
    real = time.perf_counter()
    with sim_machine.virtual_time():
        start = time.monotonic()
        time.sleep(600)
        assert 600 <= time.monotonic() - start < 600.1
        uart.write(b"AT\r\n")
        answer = b""
        stamp = time.monotonic_ns()
        while time.monotonic_ns() - stamp < 100_000_000:
            answer += uart.read(1) or b""
        assert answer == ECHO_AND_OK
    assert time.perf_counter() - real < 20
    assert time.monotonic() != start
