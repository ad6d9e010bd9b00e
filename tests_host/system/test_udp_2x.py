# needs: sim
# profile: esp32s2-2.x
# Datagrams on a firmware that has one receive mode for all links.
from system import rig

HOST = ("192.0.2.10", 5000)
OURS = ("192.168.1.50", 1111)
DGRAM = 2


def host():
    return rig.control("udp_host", ip=HOST[0], port=HOST[1])["id"]


def arrive(number, *datagrams):
    for data in datagrams:
        rig.control("far", id=number, send_hex=data.hex(), to=list(OURS))


def bound(m):
    s = m.socket(2, DGRAM)
    s.bind(("", OURS[1]))
    s.settimeout(1)
    return s


def test_datagrams_keep_their_borders():
    m = rig.joined()
    number = host()
    s = bound(m)
    sent = (b"one", b"two", b"x" * 500, b"\r\nOK\r\n")
    arrive(number, *sent)
    rig.wait(m, 200)
    for data in sent:
        assert s.recvfrom(600) == (data, HOST)
    s.sendto(b"answer", HOST)
    rig.wait(m, 50)
    assert rig.control("far", id=number)["datagrams"][0][0] == b"answer".hex()


def test_streams_go_on_in_active_receive_meanwhile():
    # wire: AT+CIPRECVLEN? by socket.bind
    m = rig.joined()
    early = m.socket()
    early.connect(rig.PATTERN)
    number = host()
    s = bound(m)
    late = m.socket()
    late.connect(rig.ECHO)
    for t in (early, late):
        t.settimeout(5)
    early.send(b"3000\n")
    assert early.read() == rig.pattern(3000)
    late.send(b"abc")
    arrive(number, b"between")
    assert late.recv(3) == b"abc"
    assert s.recvfrom(100)[0] == b"between"
    # The last datagram socket closes: the module holds back again what nobody reads.
    s.close()
    late.send(b"def")
    assert late.recv(3) == b"def"
    t = m.socket()
    t.connect(rig.PATTERN)
    t.send(b"9000\n")
    rig.wait(m, 3000)
    assert t.read() == rig.pattern(9000)


def test_what_a_stream_has_not_read_is_not_risked():
    m = rig.joined()
    t = m.socket()
    t.connect(rig.PATTERN)
    t.send(b"3000\n")
    rig.wait(m, 500)
    s = m.socket(2, DGRAM)
    e = rig.raises(OSError, s.bind, ("", OURS[1]))
    assert e.errno == 16, e
    assert t.read() == rig.pattern(3000)
    assert s.fileno() == -1
    s.bind(("", OURS[1]))


def test_two_at_once_and_after_a_reboot():
    m = rig.joined()
    number = host()
    first, second = bound(m), m.socket(2, DGRAM)
    second.connect(HOST)
    first.close()
    second.send(b"still here")
    rig.wait(m, 50)
    assert rig.control("far", id=number)["datagrams"][-1][0] == b"still here".hex()
    rig.control("reboot")
    rig.wait(m, 2000)
    t = m.socket()
    t.connect(rig.PATTERN)
    t.send(b"9000\n")
    rig.wait(m, 3000)
    assert t.read() == rig.pattern(9000)
    second.close()
    s = bound(m)
    arrive(number, b"again")
    assert s.recvfrom(10) == (b"again", HOST)


def test_with_active_receive_for_all_it_works_too():
    m = rig.joined(passive=False)
    number = host()
    s = bound(m)
    for data in (b"one", b"two", b"x" * 500):
        arrive(number, data)
        assert s.recvfrom(600) == (data, HOST)
