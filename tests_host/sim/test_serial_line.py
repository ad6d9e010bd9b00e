# The serial line: time, buffers, flow control, wrong rates.
from __future__ import annotations

import random
import time

import pytest

from espat_sim.clock import VirtualClock
from espat_sim.garble import Frame
from espat_sim.serial_line import SerialLine

BAUD = 115200


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def line(clock):
    return SerialLine(clock, baud=BAUD)


def byte_time_us(n, baud=BAUD, bits=10):
    return -(-n * bits * 1_000_000 // baud)


def test_a_byte_takes_ten_bit_times(clock, line):
    line.module.write(b"ab")
    clock.advance(byte_time_us(1) - 1)
    assert line.host.any() == 0
    assert line.host.next_rx_at_us() == byte_time_us(1)
    clock.advance(1)
    assert line.host.read() == b"a"
    clock.advance(byte_time_us(2) - byte_time_us(1))
    assert line.host.read() == b"b"
    assert line.host.next_rx_at_us() is None


def test_looking_often_does_not_change_the_times(clock, line):
    line.module.write(bytes(100))
    for _ in range(1000):
        clock.advance(7)
        line.host.any()
    assert line.host.any() == 7000 * BAUD // 10_000_000


def test_parity_and_stop_bits_take_their_time(clock, line):
    line.module.set_baud(BAUD, Frame(8, 2, 3))
    line.host.set_baud(BAUD, Frame(8, 2, 3))
    line.module.write(bytes(10))
    clock.advance(byte_time_us(10, bits=12) - 1)
    assert line.host.any() == 9
    clock.advance(1)
    assert line.host.any() == 10


def test_the_transmit_buffer_is_limited_and_drains(clock, line):
    assert line.host.write(bytes(1000)) == line.host.txbuf
    assert line.host.write(b"x") == 0
    assert line.host.tx_room_at_us(2) == byte_time_us(2)
    clock.advance(byte_time_us(2))
    assert line.host.tx_free == 2
    assert line.host.write(b"xyz") == 2


def test_the_module_is_called_at_the_end_of_a_burst(clock, line):
    seen = []
    line.module.on_rx = lambda: seen.append((clock.now_us, line.module.read()))
    line.host.write(b"AT\r\n")
    clock.advance(1_000_000)
    assert seen == [(byte_time_us(4), b"AT\r\n")]


def test_a_long_burst_is_handed_over_in_fifo_fills(clock, line):
    line.module.rx_quantum = 100
    sizes = []
    line.module.on_rx = lambda: sizes.append(len(line.module.read()))
    line.host.write(bytes(250))
    clock.advance(1_000_000)
    assert sizes == [100, 100, 50]


def test_a_full_host_buffer_loses_the_newest_bytes(clock, line):
    line.host.set_rxbuf(16)
    line.module.write(bytes(range(40)))
    clock.advance(1_000_000)
    assert line.host.read() == bytes(range(16))
    assert line.host.overruns == 24


def test_a_full_module_buffer_loses_bytes_without_flow_control(clock, line):
    sent = 0
    while sent < 3000:
        sent += line.host.write(bytes(min(200, 3000 - sent)))
        clock.advance(10_000)
    clock.advance(1_000_000)
    assert line.module.any() == 2048 + 128
    assert line.module.overruns == 3000 - (2048 + 128)


@pytest.mark.parametrize("baud", [9600, 115200, 3_000_000])
def test_flow_control_loses_nothing_whoever_reads_when(clock, line, baud):
    line.host.set_baud(baud)
    line.module.set_baud(baud)
    line.host.set_rxbuf(64)
    line.host.flow = True
    line.module.set_flow(rts=True, cts=True)
    data = random.Random(1).randbytes(20_000)
    line.module.write(data)
    rng = random.Random(2)
    got = bytearray()
    while len(got) < len(data):
        clock.advance(rng.randrange(1, 200_000_000 // baud))
        got += line.host.read(rng.randrange(1, 100))
    assert bytes(got) == data
    assert line.host.overruns == 0


def test_flow_control_in_the_other_direction(clock, line):
    line.host.flow = True
    line.module.set_flow(rts=True, cts=True)
    data = random.Random(3).randbytes(10_000)
    sent = 0
    clock_limit = 20_000_000
    while sent < len(data) and clock.now_us < clock_limit:
        sent += line.host.write(data[sent : sent + 500])
        clock.advance(1000)
        if line.host.cts() == 1 and len(line.module.rx) >= 2170:
            break
    assert line.host.cts() == 1
    got = bytearray()
    while len(got) < len(data):
        sent += line.host.write(data[sent : sent + 500])
        clock.advance(500)
        got += line.module.read(37)
        assert clock.now_us < clock_limit
    assert bytes(got) == data
    assert line.module.overruns == 0


def test_a_hand_driven_rts_stops_after_the_byte_in_progress(clock, line):
    line.module.set_flow(rts=False, cts=True)
    line.module.write(bytes(100))
    clock.advance(byte_time_us(10) + 20)
    line.host.set_rts(1)
    clock.advance(1_000_000)
    assert line.host.any() == 11
    line.host.set_rts(0)
    clock.advance(byte_time_us(5))
    assert line.host.any() == 16
    clock.advance(1_000_000)
    assert line.host.any() == 100


def test_rts_does_nothing_when_the_module_does_not_look_at_cts(clock, line):
    line.host.set_rts(1)
    line.module.write(bytes(100))
    clock.advance(1_000_000)
    assert line.host.any() == 100


def test_a_host_that_writes_into_a_raised_cts_waits(clock, line):
    line.host.flow = True
    line.module.set_rts(1)
    line.host.write(b"abc")
    clock.advance(1_000_000)
    assert line.module.any() == 0
    line.module.set_rts(0)
    clock.advance(byte_time_us(3))
    assert line.module.read() == b"abc"


@pytest.mark.parametrize("host_baud", [9600, 57600, 74880, 122_000, 230400, 921600])
def test_a_wrong_rate_garbles_deterministically(host_baud):
    data = b"\r\nready\r\nAT version:3.4.0.0\r\n"

    def heard():
        clock = VirtualClock()
        line = SerialLine(clock, baud=BAUD)
        line.host.set_baud(host_baud)
        line.module.write(data)
        clock.advance(1_000_000)
        return line.host.read()

    garbled = heard()
    assert garbled != data
    assert garbled
    assert b"ready" not in garbled
    assert heard() == garbled


@pytest.mark.parametrize("host_baud", [111_000, 115_200, 119_000])
def test_a_rate_within_four_percent_is_understood(clock, line, host_baud):
    line.host.set_baud(host_baud)
    line.module.write(b"ready")
    clock.advance(1_000_000)
    assert line.host.read() == b"ready"


def test_a_slow_reader_does_not_see_more_bytes_than_fit_the_time(clock, line):
    line.host.set_baud(9600)
    line.module.write(bytes(120))
    clock.advance(1_000_000)
    assert line.host.any() <= 120 * 9600 // BAUD + 1


def test_wrong_parity_is_seen_in_the_data(clock, line):
    line.module.set_baud(BAUD, Frame(7, 1, 1))
    line.module.write(b"Hello")
    clock.advance(1_000_000)
    assert line.host.read() != b"Hello"


def test_a_rate_change_applies_to_what_is_still_to_come(clock, line):
    line.module.write(b"ab")
    clock.advance(byte_time_us(1))
    line.module.set_baud(921600)
    line.host.set_baud(921600)
    clock.advance(byte_time_us(1, 921600))
    assert line.host.read() == b"ab"


def test_a_deaf_end_loses_bytes(clock, line):
    line.module.deaf = True
    line.host.write(b"abc")
    clock.advance(1_000_000)
    assert line.module.any() == 0
    assert line.module.lost_deaf == 3


def test_waiters_for_room_are_called_in_time(clock, line):
    called = []
    line.module.write(bytes(100))
    line.to_host.call_when_below(90, lambda: called.append(clock.now_us))
    line.to_host.call_when_below(0, lambda: called.append(clock.now_us))
    clock.advance(1_000_000)
    assert called == [byte_time_us(10), byte_time_us(100)]


def test_64_kib_cost_little_processor_time(clock, line):
    line.host.set_rxbuf(1 << 20)
    data = bytes(65536)
    start = time.process_time()
    line.module.write(data)
    got = 0
    while got < len(data):
        clock.advance(1000)
        got += len(line.host.read(256))
    assert time.process_time() - start < 1.0


def test_without_pacing_rates_do_not_matter_but_flow_control_does(clock, line):
    line.set_paced(False)
    line.module.set_baud(9600)
    line.host.set_rxbuf(64)
    line.host.flow = True
    line.module.set_flow(rts=True, cts=True)
    data = random.Random(4).randbytes(1000)
    line.module.write(data)
    got = bytearray()
    for _ in range(1000):
        clock.advance(1)
        got += line.host.read(10)
    assert bytes(got) == data
    assert line.host.overruns == 0
