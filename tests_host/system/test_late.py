# needs: sim
# A socket whose link opens at its first use (for TLS that is wrapped around afterwards).
import select

import espat
from espat.late import LateSocket
from system import rig


def late():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.wifi.connect(*rig.LAB)
    tap.forget()
    s = LateSocket(m)
    return tap, s, m


def test_the_first_send_opens_the_link():
    tap, s, m = late()
    s.connect(rig.ECHO)
    assert not tap.sent
    assert s.send(b"hello") == 5
    assert s.recv(5) == b"hello"
    s.close()
    assert tap.sent.count(b"AT+CIPSTART") == 1


def test_what_is_set_after_connect_counts():
    tap, s, m = late()
    seen = []

    async def secure(modem, link, host):
        seen.append((link, host))

    s.connect(rig.ECHO)
    s.secure = secure
    s.open_now()
    assert seen == [(0, "echo.test")]
    s.close()


def test_errors_come_at_the_first_use():
    tap, s, m = late()
    s.connect(rig.REFUSE)
    rig.fails(rig.ECONNREFUSED, s.write, b"x")
    rig.fails(rig.ECONNREFUSED, s.recv, 1)
    s.close()
    rig.raises(ValueError, LateSocket(m).connect, ("echo.test", 70000))


def test_a_second_connect_is_refused_and_close_sends_nothing():
    tap, s, m = late()
    s.connect(rig.ECHO)
    rig.fails(rig.EISCONN, s.connect, rig.ECHO)
    s.close()
    assert not tap.sent


def test_non_blocking():
    tap, s, m = late()
    s.setblocking(False)
    rig.fails(rig.EINPROGRESS, s.connect, rig.ECHO)
    assert not tap.sent
    if not rig.MICROPYTHON:
        rig.wait_until(m, lambda: s.ioctl(3, 4) & 4)
    else:
        p = select.poll()
        p.register(s, select.POLLOUT)
        rig.wait_until(m, lambda: p.poll(0))
    assert s.send(b"abc") == 3
    s.setblocking(True)
    assert s.read(3) == b"abc"
    s.close()
