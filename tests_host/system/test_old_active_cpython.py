# runs-on: cpython
# needs: sim
# profile: esp8266-0.30
# A long transfer by active receive from AT 0.30 at 115200 baud, without flow control, into a UART's
# buffer of 2 KB: it arrives whole while the program reads in time, and is an error when it does
# not. Owns what "in time" means. 128 KiB; with ESPAT_FULL=1 in the environment, as `make soak` has
# it, 1 MiB. One process, because MicroPython's lockstep takes minutes for as many bytes.
import os
import time

from system import rig

COUNT = 1 << (20 if os.environ.get("ESPAT_FULL") else 17)
BYTE_MS = 10 / 115.2  # on the wire


def fetching(count, **options):
    """A socket to a server that is about to send count bytes, as fast as the window lets it."""
    m, s = rig.connected(rig.PATTERN, **options)
    s.write(b"%d\n" % count)
    return m, s


def reads(s, pause_ms=0, most=COUNT):
    """Reads to the end, or so many bytes; every byte is looked at. Returns how many came."""
    expected = rig.pattern(65536) * 2  # it repeats
    buf = bytearray(1024)
    view = memoryview(buf)
    got = 0
    while got < most:
        n = s.recv_into(buf)
        if not n:
            break
        at = got % 65536
        assert view[:n] == expected[at : at + n], got
        got += n
        if pause_ms:
            time.sleep_ms(pause_ms)
    return got


def overruns():
    return rig.control("status")["overruns"]["host"]


def test_it_arrives_whole():
    _, s = fetching(COUNT)
    start = rig.now_ms()
    assert reads(s) == COUNT
    took = rig.since_ms(start)
    assert took < COUNT * BYTE_MS * 1.1, took
    assert s.recv(1) == b""
    assert overruns() == 0


def test_a_program_that_does_something_else_between_reads():
    _, s = fetching(COUNT)
    assert reads(s, 50) == COUNT
    assert overruns() == 0


def test_a_program_that_is_away_now_and_then():
    """The UART's buffer holds 178 ms."""
    _, s = fetching(COUNT)
    got = 0
    while got < COUNT:
        n = s.recv_into(bytearray(1024))
        assert n
        got += n
        if got % 16384 < n:
            time.sleep_ms(120)
    assert overruns() == 0


def test_one_that_is_away_too_long_is_told():
    for pause_ms in (200, 1000):
        m, s = fetching(COUNT)
        assert reads(s, most=COUNT // 16) >= COUNT // 16
        time.sleep_ms(pause_ms)
        e = rig.raises(OSError, lost, s)
        assert e.errno == rig.EIO, e
        rig.raises(OSError, s.recv, 1)  # and nothing more comes from behind the hole
        s.close()
    s = m.socket()
    s.connect(rig.ECHO)
    s.write(b"again")
    assert s.read(5) == b"again"


def test_one_that_is_too_slow_is_told():
    _, s = fetching(COUNT)
    e = rig.raises(OSError, reads, s, 150)
    assert e.errno == rig.EIO, e


def lost(s):
    while s.recv(512):
        pass
    return "an end of the stream is not what happened"
