# runs-on: micropython
# needs: sim
# select.poll on sockets: the driver's ioctl() through MicroPython's own interface. Owns what is
# readable and writable when.
import io
import select

from system import rig

IN = select.POLLIN
OUT = select.POLLOUT
TROUBLE = select.POLLERR | select.POLLHUP


def polled(s, flags=IN, ms=0):
    p = select.poll()
    p.register(s, flags)
    found = p.poll(ms)
    return found[0][1] if found else 0


def test_a_socket_is_a_stream():
    m = rig.modem()
    assert isinstance(m.socket(), io.IOBase) or hasattr(m.socket(), "ioctl")


def test_nothing_to_read_yet():
    for passive in (True, False):
        m, s = rig.connected(passive=passive)
        assert polled(s) == 0
        start = rig.now_ms()
        assert polled(s, IN, 500) == 0
        assert 500 <= rig.since_ms(start) < 600
        assert polled(s, OUT) == OUT
        assert polled(s, IN | OUT) == OUT
        s.close()


def test_readable_when_data_comes():
    for passive in (True, False):
        m, s = rig.connected(passive=passive)
        s.send(b"hello")
        assert polled(s, IN, 1000) == IN
        assert polled(s, IN | OUT, 1000) & IN
        s.setblocking(False)
        assert s.recv(10) == b"hello"
        assert polled(s) == 0
        s.close()


def test_readable_at_the_end():
    for passive in (True, False):
        m, s = rig.connected(rig.PATTERN, passive=passive)
        s.send(b"3\n")
        assert polled(s, IN, 1000) & IN
        assert s.read(3) == rig.pattern(3)
        assert polled(s, IN, 1000) & IN
        assert s.recv(1) == b""
        assert polled(s, IN, 0) & IN
        s.close()


def test_trouble_is_reported():
    for passive in (True, False):
        m, s = rig.connected(passive=passive)
        rig.control("reboot")
        flags = polled(s, IN, 5000)
        assert flags & (IN | TROUBLE), flags
        rig.raises(OSError, s.recv, 1)
        s.close()


def test_a_connect_that_goes_on():
    m = rig.joined()
    s = m.socket()
    s.setblocking(False)
    rig.fails(rig.EINPROGRESS, s.connect, rig.ECHO)
    assert polled(s, OUT, 0) == 0
    assert polled(s, OUT, 5000) == OUT
    assert s.send(b"x") == 1
    s.close()
    t = m.socket()
    t.setblocking(False)
    rig.fails(rig.EINPROGRESS, t.connect, rig.REFUSE)
    flags = polled(t, OUT, 5000)
    assert flags & (OUT | TROUBLE), flags
    rig.raises(OSError, t.send, b"x")
    t.close()


def test_writable_again_after_a_send():
    m, s = rig.connected(rig.DISCARD)
    s.setblocking(False)
    k = s.send(rig.pattern(1000))
    assert 0 < k <= 1000
    assert polled(s, OUT, 0) == 0
    assert polled(s, OUT, 5000) == OUT
    s.close()


def test_five_sockets_in_one_poll():
    for passive in (True, False):
        m = rig.joined(passive=passive)
        links = [m.socket() for _ in range(5)]
        p = select.poll()
        for s in links:
            s.connect(rig.ECHO)
            p.register(s, IN)
        assert p.poll(0) == []
        for i in (3, 0, 4):
            links[i].send(b"link %d" % i)
        got = {}
        start = rig.now_ms()
        while len(got) < 3:
            assert rig.since_ms(start) < 5000
            for s, flags in p.poll(1000):
                assert flags & IN
                s.setblocking(False)
                try:
                    got[links.index(s)] = s.recv(20)
                except OSError as e:
                    assert e.errno == rig.EAGAIN, e
        assert got == {0: b"link 0", 3: b"link 3", 4: b"link 4"}, got
        assert p.poll(0) == []
        for s in links:
            s.close()


def test_a_server_of_events_moves_much_data():
    # As a program with an event loop does it: poll, then send and receive what goes.
    for passive in (True, False):
        m, s = rig.connected(passive=passive)
        s.setblocking(False)
        data = rig.pattern(5000)
        out = 0
        got = bytearray()
        p = select.poll()
        p.register(s, IN | OUT)
        start = rig.now_ms()
        while len(got) < len(data):
            assert rig.since_ms(start) < 60000
            want = OUT if out < len(data) and out - len(got) < 600 else 0
            p.modify(s, IN | want)
            for _, flags in p.poll(1000):
                try:
                    if flags & OUT:
                        out += s.send(data[out : out + 300])
                    if flags & IN:
                        got.extend(s.recv(512))
                except OSError as e:
                    assert e.errno == rig.EAGAIN, e
        assert got == data
        s.close()
