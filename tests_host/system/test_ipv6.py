# needs: sim
# IPv6: addresses, literals and names, links and datagrams over it, the module as a server.
from system import rig

PREFIX = "2001:db8:1:2"
OWN = PREFIX + ":7edf:a1ff:fee5:7001"
LOCAL = "fe80::7edf:a1ff:fee5:7001"
HOST = "2001:db8::6"
INET6 = 10
DGRAM = 2
EAFNOSUPPORT = 97


def joined(passive=True):
    rig.control("ap_add", ssid="six", ipv6_prefix=PREFIX)
    m = rig.modem(passive=passive)
    m.wifi.ipv6(True)
    m.wifi.connect("six")
    rig.wait_until(m, lambda: m.wifi.ipv6()[1])
    rig.control("host", name="six.test", ip=["192.0.2.6", HOST])
    return m


def serve(host=HOST, port=80):
    number = rig.control("serve", host=host, port=port)["id"]
    return lambda: rig.control("far", id=number)["connections"][-1]


def talk(m, s, end):
    s.settimeout(2)
    s.send(b"hello")
    rig.wait(m, 50)
    answer = rig.control("far", id=end(), send_hex=b"welcome".hex())
    heard = bytes.fromhex(answer["data_hex"])
    heard += bytes.fromhex(rig.control("far", id=end())["data_hex"])
    assert heard == b"hello"
    assert s.read(7) == b"welcome"


def test_addresses_and_switching_it_on():
    # wire: AT+CIPV6= by wifi.ipv6
    m = rig.joined()
    assert m.wifi.ipv6() == ("", "")
    m = joined()
    assert m.wifi.ipv6() == (LOCAL, OWN)


def test_a_literal_a_name_and_an_own_address():
    # wire: AT+CIPSTART= by socket.connect
    m = joined()
    end = serve()
    for host, af in ((HOST, 2), (HOST, INET6), ("six.test", INET6)):
        s = m.socket(af)
        s.connect((host, 80))
        assert s.getpeername() == (HOST, 80)
        talk(m, s, end)
        s.close()
    s = m.socket(INET6)
    s.bind((OWN, 0))
    s.connect((HOST, 80))
    talk(m, s, end)
    s.close()
    s = m.socket(INET6)
    s.bind(("2001:db8::99", 0))
    rig.raises(OSError, s.connect, (HOST, 80))


def test_link_local():
    m = joined()
    end = serve("fe80::1")
    s = m.socket(INET6)
    s.connect(("fe80::1", 80))
    talk(m, s, end)
    s.close()


def test_names():
    # wire: AT+CIPDOMAIN= by getaddrinfo
    m = joined()
    assert m.getaddrinfo("six.test", 80) == [(2, 1, 0, "", ("192.0.2.6", 80))]
    assert m.getaddrinfo("six.test", 80, 2) == [(2, 1, 0, "", ("192.0.2.6", 80))]
    assert m.getaddrinfo("six.test", 80, INET6) == [(INET6, 1, 0, "", (HOST, 80))]
    assert m.getaddrinfo(HOST, 80, 0, DGRAM) == [(INET6, 2, 0, "", (HOST, 80))]
    rig.fails(-2, m.getaddrinfo, "echo.test", 80, INET6)
    rig.fails(-2, m.getaddrinfo, HOST, 80, 2)
    s = m.socket(INET6)
    rig.fails(-2, s.connect, ("echo.test", 7))


def test_datagrams():
    m = joined()
    number = rig.control("udp_host", ip=HOST, port=5000)["id"]
    s = m.socket(INET6, DGRAM)
    s.bind(("", 1111))
    s.settimeout(1)
    # An address is full of colons, as the end of a header is.
    for data in (b"one", b"1234567", b"x" * 1000, b"same", b"same"):
        rig.control("far", id=number, send_hex=data.hex(), to=[OWN, 1111])
        assert s.recvfrom(2000) == (data, (HOST, 5000))
    s.sendto(b"answer", (HOST, 5000))
    rig.wait(m, 50)
    assert rig.control("far", id=number)["datagrams"] == [[b"answer".hex(), OWN, 1111]]
    t = m.socket(INET6, DGRAM)
    t.connect(("six.test", 5000))
    t.send(b"connected")
    rig.wait(m, 50)
    assert rig.control("far", id=number)["datagrams"][0][0] == b"connected".hex()


def test_streams_beside_datagrams():
    for passive in (True, False):
        m = joined(passive)
        d = m.socket(INET6, DGRAM)
        d.bind(("", 1111))
        end = serve()
        s = m.socket(INET6)
        s.connect((HOST, 80))
        talk(m, s, end)
        rig.control("far", id=end(), send_hex=rig.pattern(900).hex())
        assert s.read(900) == rig.pattern(900)
        rig.power_cycle()


def test_a_server():
    m = joined()
    s = m.socket(INET6)
    s.bind(("", 8080))
    s.listen()
    s.settimeout(2)
    number = rig.control("client", port=8080, ip="2001:db8::20")["id"]
    c, address = s.accept()
    assert address[0] == "2001:db8::20"
    rig.control("far", id=number, send_hex=b"hello".hex())
    assert c.recv(10) == b"hello"
    c.send(b"welcome")
    rig.wait(m, 50)
    assert bytes.fromhex(rig.control("far", id=number)["data_hex"]) == b"welcome"
    s.close()


def test_without_ipv6():
    m = rig.joined()
    rig.fails(EAFNOSUPPORT, m.socket(INET6).connect, (HOST, 80))
    rig.fails(EAFNOSUPPORT, m.socket().connect, (HOST, 80))


def test_it_is_on_again_after_a_reboot():
    m = joined()
    end = serve()
    rig.control("reboot")
    rig.wait(m, 600)
    m.start()
    rig.wait_until(m, lambda: m.wifi.ipv6()[1])
    s = m.socket(INET6)
    s.connect((HOST, 80))
    talk(m, s, end)
