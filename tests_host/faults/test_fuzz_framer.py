"""Framer, bulk and engine: whatever comes, however it is cut, they see what the slow cutter sees.

The short form; `make fuzz` runs the same checks for as long as one likes (fuzz.py).
"""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from espat.link import take
from faults import compare, cutter, streams, talk

SEEDS = 1500
TALKS = 30
EXAMPLES = 300


def test_the_slow_cutter_itself():
    """Judged by hand, so that it can judge."""
    found = cutter.cut(
        b"\r\nOK\r\n+IPD,0,5:\r\nOK\r+IPD,1\r\n+IPD,3,4\r\n\r\n+IPD,9,2:xy+IPD,4,3:z"
        b"y\r\n> \r\n>" + b"a" * 300 + b"\r\n"
    )
    assert found == [
        cutter.Line(b"OK"),
        cutter.Payload(0, b"\r\nOK\r", True),
        cutter.Line(b"+IPD,1"),
        cutter.Line(b"+IPD,3,4"),
        cutter.Payload(-1, b"xy", True),
        cutter.Payload(4, b"zy\r", True),
        cutter.Line(b"> "),
        cutter.Line(b">" + b"a" * 191),
    ]
    assert cutter.cut(b"> x\r\n>", prompt=True)[0] == cutter.Prompt()
    assert cutter.cut(b"+CIPRECVDATA:3,a\nbOK\r\n") == [
        cutter.Payload(-1, b"a\nb", True),
        cutter.Line(b"OK"),
    ]


def test_random_and_mutated_streams():
    for seed in range(SEEDS):
        compare.check(streams.stream(seed), seed, prompt=bool(seed & 1))


def test_sound_streams_break_no_link():
    for seed in range(300):
        compare.check(streams.traffic(random.Random(seed), 30, streams.ASIDE), seed, sound=True)


def test_a_sound_stream_cut_at_every_place():
    data = streams.traffic(random.Random(7), 8)
    for end in range(len(data)):
        compare.check(data[:end], end)


def test_reading_and_sending_while_the_module_talks():
    for seed in range(TALKS):
        talk.check(seed)


words = st.one_of(st.sampled_from(streams.WORDS), st.binary(max_size=80))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(words, max_size=30), st.integers(0, 1 << 30), st.booleans())
def test_any_stream(parts: list[bytes], seed: int, prompt: bool):
    compare.check(b"".join(parts), seed, prompt)


# -- what was found --------------------------------------------------------------------


def test_nothing_is_read_from_behind_a_hole():
    """Payload that comes after lost bytes was given to the reader before its error was."""
    run = compare.Run(b"", 1, True, False)
    s = run.links[2]
    for after in (b"", b"\r\n+IPD,2,4:more"):
        run.uart.rx += b"\r\n+IPD,2,100:abc" + after
        run.e.poll(0)
    run.e.poll(1)
    run.e.poll(5000)
    run.uart.rx += b"\r\n+IPD,2,4:more"
    run.e.poll(5001)
    buf = bytearray(200)
    try:
        k = take(s, buf, 200)
    except OSError as e:
        assert e.errno == 5
        return
    raise AssertionError(f"{k} bytes")


def test_a_reader_that_waits_gets_nothing_from_behind_a_hole():
    run = compare.Run(b"", 1, True, False)
    s = run.links[2]
    buf = bytearray(1000)
    assert take(s, buf, 1000) is None
    run.uart.rx += b"\r\n+IPD,2,100:abc"
    run.e.poll(0)
    run.e.poll(1)
    run.e.poll(5000)
    run.uart.rx += b"\r\n+IPD,2,4:more"
    run.e.poll(5001)
    try:
        k = take(s, buf, 1000)
    except OSError as e:
        assert e.errno == 5
        return
    raise AssertionError(f"{k} bytes")


def test_payload_at_a_byte_a_millisecond_is_no_standstill():
    """9600 baud: half of a 2 KB receive buffer takes longer than the second that counts as one."""
    run = compare.Run(b"", 1, True, False)
    s = run.links[0]
    data = streams.payload(random.Random(3), 2000)
    run.uart.rx += b"\r\n+IPD,0,2000:"
    buf = bytearray(2000)
    got = b""
    for now in range(5000):
        run.uart.rx += data[now : now + 1]
        run.e.poll(now)
        k = take(s, buf, 2000)
        if k:
            got += bytes(buf[:k])
    assert got == data and not s.err


def test_what_is_left_of_a_hint_is_told():
    """The line buffer still held the rest of an earlier one."""
    run = compare.Run(b"\r\n+IPD,0,5\r\n+IPD\r\nRecv 5 bytes\r\nRecv\r\n", 1, True, False)
    assert run.lines == [b"+IPD", b"Recv"]


def test_an_answer_of_a_read_before_any_command():
    """From a host that was there before us: nobody's."""
    run = compare.Run(b"+CIPRECVDATA:4,dataWIFI GOT IP\r\n", 1, True, False)
    assert run.lines == [b"WIFI GOT IP"]


def read_with(drop: int, at: int, fast: bool):
    """One passive read of 200 bytes, of whose answer `drop` bytes from `at` on are lost."""
    run = compare.Run(b"", 1, fast, False)
    s = run.links[1]
    s.passive = s.hint = True
    buf = bytearray(2000)
    data = bytes(range(48, 98)) * 4
    answer = b"+CIPRECVDATA:200," + data + b"\r\nOK\r\n"
    assert take(s, buf, 2000) is None
    run.e.poll(0)
    run.uart.rx += answer[:at] + answer[at + drop :]
    for now in range(0, 20000, 100):
        run.e.poll(now)
        try:
            k = take(s, buf, 2000)
        except OSError:
            return None
        if k:
            return bytes(buf[:k]) == data
    return None


def test_bytes_lost_in_a_read_are_an_error_and_never_wrong_bytes():
    """Up to two lost bytes were made up by the CR LF before OK."""
    for fast in (False, True):
        assert read_with(0, 0, fast)
        for drop in (1, 2, 3, 7, 20, 150):
            for at in (17, 18, 100, 210):
                assert read_with(drop, at, fast) is not False, (drop, at, fast)


def test_a_read_whose_data_were_lost_as_a_whole_is_an_error():
    """The OK alone was taken for "nothing there", and the stream had a hole."""
    for fast in (False, True):
        assert read_with(217, 0, fast) is None
        assert read_with(1, 1, fast) is None  # +IPRECVDATA: the payload is text then
