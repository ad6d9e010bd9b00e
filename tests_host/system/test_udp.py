# needs: sim
# Datagrams: borders, senders, the three modes, groups, what happens when one is lost. The hosts are
# in the test's hand.
from system import rig

HOST = ("192.0.2.10", 5000)
OTHER = ("192.0.2.11", 6000)
US = "192.168.1.50"
PORT = 1111
DGRAM = 2
EADDRINUSE = 98
EMSGSIZE = 90


class Host:
    """A host that speaks UDP, on the simulated network."""

    def __init__(self, address=HOST):
        self.number = rig.control("udp_host", ip=address[0], port=address[1])["id"]
        self.got = []

    def send(self, *datagrams, port=PORT, ip=US):
        for data in datagrams:
            answer = rig.control("far", id=self.number, send_hex=data.hex(), to=[ip, port])
            self.got += answer["datagrams"]

    def heard(self, modem):
        """(bytes, port) of each datagram that has come, from the station's address."""
        rig.wait(modem, 30)
        found = self.got + rig.control("far", id=self.number)["datagrams"]
        self.got = []
        assert all(ip == US for _, ip, _ in found)
        return [(bytes.fromhex(data), port) for data, _, port in found]


def bound(port=PORT, **options):
    m = rig.joined(**options)
    s = m.socket(2, DGRAM)
    s.bind(("", port))
    s.settimeout(1)
    return m, s


def receive(s, count):
    return [s.recvfrom(2000) for _ in range(count)]


def everything(s):
    """All datagrams that wait."""
    got = []
    s.settimeout(3)  # a read that is spoilt takes a second
    try:
        while True:
            got.append(s.recv(300))
    except OSError as e:
        assert e.errno == rig.ETIMEDOUT, e
    return got


def kept_in_the_module():
    """Whether datagrams wait in the module, which holds a few, until they are read."""
    return rig.has("AT+CIPRECVDATA keep_datagram_integrity")


def test_a_bound_socket_hears_everybody_and_answers():
    # wire: AT+CIPSTART= by socket.bind
    # wire: AT+CIPDINFO= by socket.bind
    # wire: AT+CIPRECVTYPE= by socket.bind
    # wire: AT+CIPSEND= by UdpSocket.sendto
    m, s = bound()
    one, two = Host(), Host(OTHER)
    one.send(b"hello")
    assert s.recvfrom(100) == (b"hello", HOST)
    two.send(b"there")
    assert s.recvfrom(100) == (b"there", OTHER)
    assert s.sendto(b"answer", HOST) == 6
    assert s.sendto(b"to the other", OTHER) == 12
    assert s.sendto(b"again", HOST) == 5
    assert one.heard(m) == [(b"answer", PORT), (b"again", PORT)]
    assert two.heard(m) == [(b"to the other", PORT)]
    s.close()
    assert rig.control("status")["links"] == []


def test_one_datagram_is_one_recvfrom():
    m, s = bound(passive=True)
    host, other = Host(), Host(OTHER)
    random = rig.Random(3)
    sent = []
    got = []
    few = 5 if kept_in_the_module() else 20
    for n in (1, 2, 61, 62, 63, 64, 65, 127, 128, 129, 200, 200, 200, 7, 7, 1, 1):
        data = random.bytes(n)
        who, address = (host, HOST) if random.below(2) else (other, OTHER)
        sent.append((data, address))
        who.send(data)
        if len(sent) % few == 0:
            rig.wait(m, 300)
            got += receive(s, few)
    rig.wait(m, 300)
    assert got + receive(s, len(sent) - len(got)) == sent


def test_the_longest_datagram_and_text_that_looks_like_the_modules():
    m, s = bound()
    host = Host()
    for data in (
        rig.pattern(1460),
        b'\r\n+IPD,0,5,"1.2.3.4",7:\r\nOK\r\nready\r\n0,CLOSED\r\n',
    ):
        host.send(data)
        assert s.recvfrom(2000) == (data, HOST)
    data = rig.pattern(1400)
    assert s.sendto(data, HOST) == 1400
    assert host.heard(m) == [(data, PORT)]


def test_a_short_buffer_cuts_that_datagram_only():
    m, s = bound()
    Host().send(b"0123456789", b"abcdef", b"next")
    rig.wait(m, 50)
    assert s.recv(3) == b"012"
    buf = bytearray(b"........")
    assert s.recvfrom_into(buf, 4) == (4, HOST)
    assert buf == b"abcd...."
    assert s.recv_into(buf) == 4
    assert buf == b"next...."


def test_senders_that_take_turns_with_equal_sizes():
    # Their headers differ in the address only.
    m, s = bound()
    hosts = [("192.0.2.%d" % (10 + i), 5000 + i) for i in range(8)]
    ends = [Host(address) for address in hosts]
    order = [0, 0, 0, 1, 0, 1, 1, 1, 0] + [i % 8 for i in range(0, 40, 3)]
    for i in order:
        ends[i].send(b"same")
        assert s.recvfrom(10) == (b"same", hosts[i])


def test_many_senders():
    m, s = bound()
    for i in range(80):
        address = ("192.0.2.%d" % (1 + i), 9000)
        Host(address).send(b"x%d" % i)
        assert s.recvfrom(10) == (b"x%d" % i, address)


def test_what_finds_no_room_is_dropped_as_a_whole():
    m, s = bound()
    host = Host()
    for i in range(30):
        host.send(b"%02d" % i + rig.pattern(198))
        rig.wait(m, 30)
    got = everything(s)
    assert got == [b"%02d" % i + rig.pattern(198) for i in range(len(got))]
    assert 1 < len(got) < 30
    # What the module drops, nobody is told.
    assert s.dropped == (0 if kept_in_the_module() else 30 - len(got)), (len(got), s.dropped)


def test_connected_hears_only_its_peer():
    # wire: AT+CIPSTART= by UdpSocket.connect
    m = rig.joined()
    rig.control("host", name="peer.test", ip=HOST[0])
    peer, stranger = Host(), Host(OTHER)
    s = m.socket(2, DGRAM)
    s.bind(("", PORT))
    s.connect(("peer.test", HOST[1]))
    s.settimeout(1)
    assert s.send(b"hello") == 5
    assert peer.heard(m) == [(b"hello", PORT)]
    stranger.send(b"no")
    peer.send(b"yes")
    stranger.send(b"no")
    peer.send(b"and yes")
    assert s.recvfrom(10) == (b"yes", HOST)
    assert s.recv(10) == b"and yes"
    rig.fails(rig.ETIMEDOUT, s.recv, 10)
    assert s.dropped == 0
    assert s.getpeername() == HOST and s.getsockname() == (US, PORT)


def answers(mode):
    """Who gets what send() sends after each datagram: peer, stranger, third."""
    m = rig.joined()
    peer, stranger, third = Host(), Host(OTHER), Host(("192.0.2.12", 7000))
    s = m.socket(2, DGRAM)
    s.connect(HOST, mode)
    port = s.getsockname()[1]
    s.settimeout(1)
    for who in (peer, stranger, third, peer):
        who.send(b"?", port=port)
        if mode or who is peer:
            s.recv(10)
        s.send(b"!")
    s.close()
    return [len(who.heard(m)) for who in (peer, stranger, third)]


def test_the_three_modes():
    assert answers(0) == [4, 0, 0]
    assert answers(1) == [1, 3, 0]
    assert answers(2) == [2, 1, 1]


def test_an_own_port_and_one_of_the_modules_choice():
    m = rig.joined()
    host = Host()
    s = m.socket(2, DGRAM)
    assert s.sendto(b"any port", HOST) == 8
    t = m.socket(2, DGRAM)
    t.bind((US, 2222))
    t.sendto(b"own port", HOST)
    (first, port), second = host.heard(m)
    assert first == b"any port" and port not in (0, 2222)
    assert second == (b"own port", 2222)
    host.send(b"back", port=port)
    s.settimeout(1)
    assert s.recvfrom(10) == (b"back", HOST)
    u = m.socket(2, DGRAM)
    rig.fails(EADDRINUSE, u.bind, ("", 2222))
    u.close()
    rig.raises(OSError, m.socket(2, DGRAM).bind, ("192.0.2.99", 2223))


def test_groups_and_broadcast():
    # wire: AT+CIPSTART= by socket.setsockopt
    m = rig.joined()
    host, other = Host(), Host(("192.0.2.11", 5000))
    s = m.socket(2, DGRAM)
    s.setsockopt(1, 32, 1)  # SO_BROADCAST
    s.bind(("", PORT))
    s.settimeout(1)
    s.sendto(b"to all", ("255.255.255.255", 5000))
    assert host.heard(m) == other.heard(m) == [(b"to all", PORT)]
    host.send(b"all of you", ip="255.255.255.255")
    assert s.recvfrom(20) == (b"all of you", HOST)
    host.send(b"not yet", ip="239.1.2.3")
    rig.fails(rig.ETIMEDOUT, s.recv, 20)
    s.setsockopt(0, 3, bytes([239, 1, 2, 3, 0, 0, 0, 0]))  # IP_ADD_MEMBERSHIP
    host.send(b"group", ip="239.1.2.3")
    assert s.recvfrom(20) == (b"group", HOST)
    other.send(b"alone")
    assert s.recvfrom(20) == (b"alone", ("192.0.2.11", 5000))
    s.setsockopt(0, 4, bytes([239, 1, 2, 3, 0, 0, 0, 0]))
    host.send(b"left", ip="239.1.2.3")
    rig.fails(rig.ETIMEDOUT, s.recv, 20)


def test_tcp_beside_it():
    # AT+CIPDINFO changes what the answers of every link look like.
    for passive in (True, False):
        m, s = bound(passive=passive, ring=2048)
        host = Host()
        t = m.socket()
        t.connect(rig.ECHO)
        p = m.socket()
        p.connect(rig.PATTERN)
        for n in (1, 5, 100, 1000):
            host.send(rig.pattern(n))
            t.send(rig.pattern(n, 7))
            assert t.read(n) == rig.pattern(n, 7)
            assert s.recv(2000) == rig.pattern(n)
        p.send(b"3000\n")
        buf = bytearray(3000)
        if passive:
            assert p.readinto(buf) == 3000 and buf == rig.pattern(3000)
            assert p.recv(1) == b""
        p.close()
        s.close()
        t.send(b"after")
        assert t.read(5) == b"after"
        t.close()
        # The link that was UDP's is a stream's again.
        t = m.socket()
        t.connect(rig.PATTERN)
        t.send(b"5000\n")
        if passive:
            assert t.read() == rig.pattern(5000)
        rig.power_cycle()


def test_wrong_arguments_and_sizes():
    m, s = bound()
    for address in (("", 1), ("a\r\nAT", 1), (HOST[0], 0), (HOST[0], 70000), ("x" * 300, 1)):
        rig.raises(ValueError, s.sendto, b"x", address)
    rig.raises(ValueError, s.sendto, b"", HOST)
    rig.raises(ValueError, m.socket(2, DGRAM).bind, ("", 70000))
    rig.raises(ValueError, m.socket(2, DGRAM).connect, HOST, 3)
    rig.fails(EMSGSIZE, s.sendto, bytes(8193), HOST)
    rig.fails(rig.ENOTCONN, s.send, b"nobody")
    rig.fails(-2, m.socket(2, DGRAM).connect, ("no.test", 1))


def test_a_datagram_that_cannot_be_sent_does_not_end_the_socket():
    m, s = bound()
    host = Host()
    rig.raises(OSError, s.sendto, b"x", ("no.test", 1))
    assert s.sendto(b"x", HOST) == 1
    assert host.heard(m) == [(b"x", PORT)]


def test_names_for_one_datagram():
    m, s = bound()
    name = "a" * 60 + ".test"
    for text in ("peer.test", name):
        rig.control("host", name=text, ip=HOST[0])
    host = Host()
    assert len(name) > 64
    s.sendto(b"short", ("peer.test", HOST[1]))
    s.sendto(b"long", (name, HOST[1]))
    assert [data for data, _ in host.heard(m)] == [b"short", b"long"]


def test_time_limits():
    m, s = bound()
    start = rig.now_ms()
    s.settimeout(0.5)
    rig.fails(rig.ETIMEDOUT, s.recvfrom, 10)
    assert 500 <= rig.since_ms(start) < 600
    s.setblocking(False)
    rig.fails(rig.EAGAIN, s.recvfrom, 10)
    assert not s.ioctl(3, 1)
    Host().send(b"x")
    rig.wait_until(m, lambda: s.ioctl(3, 1))
    assert s.recvfrom(10) == (b"x", HOST)


def test_without_a_network_and_when_it_is_lost():
    m = rig.modem()
    s = m.socket(2, DGRAM)
    rig.fails(rig.EHOSTUNREACH, s.sendto, b"x", HOST)
    m.wifi.connect(*rig.LAB)
    m.ap.active(False)  # which the first firmware begins as
    host = Host()
    s.bind(("", PORT))
    s.settimeout(2)
    rig.control("ap_down", ssid="espat-lab")
    rig.fails(rig.ECONNABORTED, s.recvfrom, 10)
    rig.fails(rig.EHOSTUNREACH, s.recvfrom, 10)
    rig.control("ap_up", ssid="espat-lab")
    rig.wait_until(m, m.wifi.isconnected, 30000)
    rig.fails(rig.ETIMEDOUT, s.recvfrom, 10)  # it listens again
    host.send(b"back")
    assert s.recvfrom(10) == (b"back", HOST)


def test_a_reboot_of_the_module():
    m, s = bound()
    host = Host()
    s.sendto(b"before", HOST)
    rig.control("reboot")
    s.settimeout(5)
    rig.fails(rig.ECONNRESET, s.recvfrom, 10)
    assert s.sendto(b"after", HOST) == 5
    host.send(b"back")
    assert s.recvfrom(10) == (b"back", HOST)
    assert [data for data, _ in host.heard(m)] == [b"before", b"after"]


def test_bytes_lost_on_the_uart_cost_one_datagram():
    m, s = bound()
    host = Host()
    later = kept_in_the_module()  # what comes by itself are lines, then
    if not later:
        rig.control("drop_output", count=3, after_bytes=60)
    host.send(b"a" * 100, b"b" * 100, b"c" * 100, b"d" * 100)
    rig.wait(m, 1500)
    host.send(b"e" * 100)
    rig.wait(m, 100)
    if later:
        rig.control("drop_output", count=3, after_bytes=60)
    got = everything(s)
    assert b"e" * 100 in got and s.dropped >= 1
    for data in got:
        assert len(data) == 100 and data == data[:1] * 100, data
    s.sendto(b"well", HOST)
    assert [data for data, _ in host.heard(m)] == [b"well"]


def test_lost_digits_of_a_length():
    # What is left looks like a short datagram, and the rest of the payload comes behind it.
    m, s = bound()
    host = Host()
    spoilt = b"\x94" * 100, b"x" * 100, b"+" * 100
    if kept_in_the_module():  # it comes in the answer to a read, which OK must follow
        spoilt = ()
    for data in spoilt:
        before = s.dropped
        rig.control("drop_output", count=2, after_bytes=10)  # CR LF +IPD,0,1 is left
        host.send(data)
        rig.fails(rig.ETIMEDOUT, s.recvfrom, 2000)
        assert s.dropped == before + 1
        host.send(b"next")
        assert s.recvfrom(2000) == (b"next", HOST)
    start = rig.now_ms()
    host.send(b"alone")
    assert s.recvfrom(2000) == (b"alone", HOST)
    assert rig.since_ms(start) < 50


def test_awaited():
    from espat import aio

    async def main():
        m = aio.Modem(rig.uart())
        await m.wifi.connect(*rig.LAB)
        s = m.socket(2, DGRAM)
        await s.bind(("", PORT))
        host = Host()
        host.send(b"one", b"two")
        assert await s.recvfrom(10) == (b"one", HOST)
        assert await s.recv(2) == b"tw"
        assert await s.sendto(b"answer", HOST) == 6
        t = m.socket(2, DGRAM)
        await t.connect(OTHER)
        other = Host(OTHER)
        await t.send(b"hello")
        await m.pause(50)
        assert len(rig.control("far", id=other.number)["datagrams"]) == 1
        s.settimeout(0.2)
        try:
            await s.recv(1)
        except OSError as e:
            assert e.errno == rig.ETIMEDOUT
        else:
            raise AssertionError
        await s.close()
        await t.close()

    rig.run(main())
