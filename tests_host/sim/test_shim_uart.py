# machine.UART of the CPython shim against what the RP2040 port does, on the virtual clock.
# The module at the other end is the simulator's; times are its clock's.
from __future__ import annotations

import time

import machine
import pytest
import sim_machine

from sim.shim_rig import attached_module  # noqa: F401

ECHO_AND_OK = b"AT\r\n\r\nOK\r\n"


def test_at_answers_ok(module):
    uart = machine.UART(1, 115200, tx=machine.Pin(4), rx=machine.Pin(5), rxbuf=2048)
    assert uart.any() == 0
    assert uart.write(b"AT\r\n") == 4
    time.sleep_ms(50)
    assert uart.any() == len(ECHO_AND_OK)
    assert uart.read() == ECHO_AND_OK
    assert uart.any() == 0


def test_reading_nothing_gives_none(module):
    uart = machine.UART(1, 115200)
    assert uart.read() is None
    assert uart.read(5) is None
    assert uart.readinto(bytearray(4)) is None
    assert uart.readline() is None
    assert uart.read(0) == b""


def test_reading_forms(module):
    uart = machine.UART(1, 115200, rxbuf=512)
    uart.write(b"AT\r\n")
    time.sleep_ms(50)
    assert uart.read(2) == b"AT"
    buffer = bytearray(b"......")
    assert uart.readinto(buffer, 2) == 2
    assert bytes(buffer) == b"\r\n...."
    assert uart.readline() == b"\r\n"
    assert uart.readinto(memoryview(buffer)) == 4
    assert bytes(buffer) == b"OK\r\n.."


def test_timeout_waits_for_the_first_byte(module):
    uart = machine.UART(1, 115200, timeout=500)
    start = time.ticks_ms()
    assert uart.read(1) is None
    assert 500 <= time.ticks_diff(time.ticks_ms(), start) < 502
    uart.write(b"AT\r\n")
    start = time.ticks_ms()
    assert uart.read(1) == b"A"
    assert time.ticks_diff(time.ticks_ms(), start) < 5


def test_timeout_char_joins_bytes_that_follow_each_other(module):
    uart = machine.UART(1, 115200, timeout=500, timeout_char=100)
    uart.write(b"AT\r\n")
    assert uart.read(len(ECHO_AND_OK)) == ECHO_AND_OK
    uart.init(timeout=500, timeout_char=0)
    uart.write(b"AT\r\n")
    # The module thinks for a millisecond between echo and answer: longer than the gap allowed.
    assert uart.read(len(ECHO_AND_OK)).startswith(b"AT\r")


def test_a_long_write_is_short_with_default_buffers_at_115200(module):
    uart = machine.UART(1, 115200)
    written = uart.write(bytes(2000))
    assert 256 <= written <= 300
    assert uart.write(bytes(2000)) in (None, *range(1, 40))


@pytest.mark.parametrize("options", [{"timeout_char": 10}, {"txbuf": 2048}])
def test_a_long_write_is_whole_with_time_or_room(module, options):
    uart = machine.UART(1, 115200, **options)
    assert uart.write(bytes(2000)) == 2000


def test_write_of_a_part(module):
    uart = machine.UART(1, 115200)
    assert uart.write(b"AT\r\nxx", 4) == 4
    assert uart.write(b"..AT\r\n", 2, 4) == 4
    assert uart.write(b"") == 0
    time.sleep_ms(50)
    # The second line came while the first was worked on.
    assert uart.read().count(b"busy p...") == 1


def test_flush_waits_until_the_wire_is_empty(module):
    uart = machine.UART(1, 9600, txbuf=256)
    uart.write(bytes(96))
    assert not uart.txdone()
    start = time.ticks_ms()
    uart.flush()
    assert uart.txdone()
    assert 95 <= time.ticks_diff(time.ticks_ms(), start) <= 101


def test_a_small_rxbuf_overruns(module):
    uart = machine.UART(1, 115200, rxbuf=32)
    uart.write(b"AT+GMR\r\n")
    time.sleep_ms(100)
    assert uart.any() == 32 + 32  # buffer and FIFO
    assert module.line.host.overruns > 0


def test_init_without_rxbuf_goes_back_to_the_default_size(module):
    uart = machine.UART(1, 115200, rxbuf=2048)
    assert module.line.host.rxbuf == 2048 + 32
    uart.init(baudrate=115200)
    assert module.line.host.rxbuf == 256 + 32


def in_step(uart):
    uart.write(b"\r\n")  # ends whatever line the noise began
    time.sleep_ms(50)
    uart.read()
    uart.write(b"AT\r\n")
    time.sleep_ms(50)
    return uart.read() == ECHO_AND_OK


def test_another_baud_reads_noise_until_init_sets_it_right(module):
    uart = machine.UART(1, 9600)
    uart.write(b"AT\r\n")
    time.sleep_ms(100)
    assert ECHO_AND_OK not in (uart.read() or b"")
    uart.init(baudrate=115200)
    assert in_step(uart)


def test_after_a_light_sleep_the_baud_is_wrong_until_init(module):
    uart = machine.UART(1, 115200)
    machine.lightsleep(100)
    uart.write(b"AT\r\n")
    time.sleep_ms(50)
    assert uart.read() != ECHO_AND_OK
    uart.init(baudrate=115200)
    assert in_step(uart)


def test_nothing_is_heard_in_a_light_sleep(module):
    uart = machine.UART(1, 115200)
    uart.write(b"AT\r\n")
    start = time.ticks_ms()
    machine.lightsleep(1000)
    assert 1000 <= time.ticks_diff(time.ticks_ms(), start) < 1010
    assert uart.any() == 0


def test_flow_control_keeps_every_byte_in_a_small_buffer(module):
    uart = machine.UART(1, 115200, rxbuf=32, flow=machine.UART.RTS | machine.UART.CTS)
    uart.write(b"AT+UART_CUR=115200,8,1,0,3\r\n")
    time.sleep_ms(20)
    uart.read()
    answer = bytearray()
    uart.write(b"AT+GMR\r\n")
    for _ in range(200):
        time.sleep_ms(5)
        answer += uart.read(7) or b""
    assert answer.endswith(b"\r\nOK\r\n")
    assert module.line.host.overruns == 0


def test_the_handler_of_received_data_runs_while_the_program_waits(module):
    uart = machine.UART(1, 115200)
    seen = []
    uart.irq(lambda port: seen.append(port.any()), machine.UART.IRQ_RXIDLE)
    uart.write(b"AT\r\n")
    assert seen == []
    time.sleep_ms(50)
    assert seen and seen[-1] > 0
    assert uart.read() == ECHO_AND_OK


def test_it_prints_as_on_the_board(module):
    uart = machine.UART(1, 115200, tx=machine.Pin(4), rx=machine.Pin(5), rxbuf=2048, timeout=5)
    assert repr(uart) == (
        "UART(1, baudrate=115200, bits=8, parity=None, stop=1, tx=4, rx=5, "
        "txbuf=256, rxbuf=2048, timeout=5, timeout_char=1, invert=None)"
    )


def test_poll_by_ioctl(module):
    uart = machine.UART(1, 115200)
    read, write, poll = 1, 4, 3
    assert uart.ioctl(poll, read) == 0
    assert uart.ioctl(poll, read | write) == write
    uart.write(b"AT\r\n")
    time.sleep_ms(50)
    assert uart.ioctl(poll, read) == read


def test_wrong_arguments_are_refused(module):
    with pytest.raises(ValueError):
        machine.UART(7)
    with pytest.raises(ValueError):
        machine.UART(1, flow=8)


def test_without_a_module_the_error_says_what_to_do(monkeypatch):
    monkeypatch.delenv("ESPAT_SIM", raising=False)
    sim_machine.detach()
    with pytest.raises(OSError, match="attach"):
        machine.UART(1)


def test_ticks_wrap_as_on_a_board_and_waiting_takes_no_real_time(module):
    real = time.perf_counter()
    start = time.ticks_us()
    for _ in range(200):
        time.sleep_ms(20_000)
    assert 0 <= time.ticks_us() < 1 << 30
    assert time.perf_counter() - real < 5
    assert time.ticks_diff(time.ticks_add(start, 5), start) == 5
    assert time.ticks_diff(3, (1 << 30) - 2) == 5
    assert time.ticks_diff((1 << 30) - 2, 3) == -5


def test_a_loop_that_only_looks_at_the_clock_ends(module):
    end = time.ticks_add(time.ticks_ms(), 50)
    while time.ticks_diff(end, time.ticks_ms()) > 0:
        pass
