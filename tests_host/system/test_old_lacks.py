# needs: sim
# profile: esp8266-1.7
# What the ESP8266's command set has no words for: said before a byte is sent, and the modem lives.
from system import rig


def lacks(f, *args, **kw):
    rig.raises(NotImplementedError, f, *args, **kw)


def test_links():
    m = rig.joined()
    s = m.socket(10)
    lacks(s.connect, ("::1", 7))
    s = m.socket()
    s.bind(("192.168.1.50", 0))
    lacks(s.connect, rig.ECHO)
    s = m.socket(10)
    s.bind(("", 8080))
    lacks(s.listen)
    s = m.socket(2, 2)
    s.connect(rig.ECHO)
    lacks(s.queue)
    s.send(b"alive")
    assert s.recv(9) == b"alive"


def test_a_queue_that_is_there_already_and_one_that_is_not():
    m, s = rig.connected()
    s.flush()  # a plain send has waited itself
    rig.fails(rig.ENOTCONN, s.room)
    s.queue()
    s.queue()
    s.write(b"hello")
    s.flush()
    assert s.read(5) == b"hello"
    rig.fails(rig.ENOTCONN, m.socket().queue)


def test_a_queue_whose_other_side_is_gone():
    m, s = rig.connected()
    s.queue()
    s.settimeout(3)
    s.write(b"x")
    rig.control("link_loss", id=s.id)
    rig.raises(OSError, lambda: (s.flush(), s.write(b"x"), s.flush(), s.read(99)))


def test_scans_and_sleep():
    m = rig.modem()
    lacks(lambda: list(m.wifi.scan(channel=3)))
    lacks(lambda: list(m.wifi.scan(passive=True)))
    assert m.wifi.scan()


def test_names_and_servers():
    m = rig.joined()
    assert m.net.resolve("echo.test")
    m.net.dns(None)
    m.net.dns("192.168.1.1")
    assert m.net.dns()[0]
    m.system.store(True)
    m.net.dns("192.168.1.1")
    m.system.store(False)
    assert isinstance(m.net.ping("198.51.100.7"), int)


def test_passthrough_of_the_next_boot():
    m = rig.joined()
    m.passthrough.save(("echo.test", 7), keep_alive=10)
    m.passthrough.save(("echo.test", 7), "UDP", local_port=5000)
    lacks(m.passthrough.save, ("echo.test", 7), "SSL")
    m.passthrough.save()
