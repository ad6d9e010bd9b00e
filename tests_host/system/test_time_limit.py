# needs: sim
# profile: esp32s2-guide
# Newer firmware takes the time limit of a connect: it is free again when the time is over.
from system import rig


def test_the_module_gives_up_with_us():
    rig.needs("AT+CIPSTART timeout")
    m, s = rig.connected()
    t = m.socket()
    t.settimeout(1)
    start = rig.now_ms()
    rig.fails(rig.ETIMEDOUT, t.connect, rig.SILENT)
    assert 900 < rig.since_ms(start) < 1500
    start = rig.now_ms()
    s.send(b"hello")
    assert s.read(5) == b"hello"
    assert rig.since_ms(start) < 500
    assert len(rig.control("status")["links"]) == 1


def test_a_refusal_is_no_time_out():
    rig.needs("AT+CIPDOMAIN")
    m = rig.joined()
    t = m.socket()
    t.settimeout(5)
    rig.fails(rig.ECONNREFUSED, t.connect, rig.REFUSE)
    rig.fails(-2, t.connect, ("no.test", 80))


def test_more_than_the_module_takes():
    m = rig.joined()
    t = m.socket()
    t.settimeout(100)
    t.connect(rig.ECHO)
    t.send(b"hello")
    assert t.read(5) == b"hello"
