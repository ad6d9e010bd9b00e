# needs: sim
# profile: esp32s2-5.0
# What firmware after v3.4 can do more, and the driver uses where it is there.
import espat
from system import rig

HOST = ("192.0.2.10", 5000)
OURS = ("192.168.1.50", 1111)
DGRAM = 2


def host():
    return rig.control("udp_host", ip=HOST[0], port=HOST[1])["id"]


def arrive(number, *datagrams):
    for data in datagrams:
        rig.control("far", id=number, send_hex=data.hex(), to=list(OURS))


def tapped():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.wifi.connect(*rig.LAB)
    tap.forget()
    return m, tap


def bound(m):
    s = m.socket(2, DGRAM)
    s.bind(("", OURS[1]))
    s.settimeout(1)
    return s


def test_datagrams_wait_in_the_module_and_are_kept_apart():
    rig.needs("AT+CIPRECVDATA keep_datagram_integrity")
    m, tap = tapped()
    number = host()
    s = bound(m)
    assert b"AT+CIPRECVTYPE=0,1,1\r\n" in tap.sent
    sent = (b"one", b"two", b"x" * 1400, b"\r\nOK\r\n", b"y" * 1400)
    arrive(number, *sent)
    rig.wait(m, 500)
    for data in sent:
        assert s.recvfrom(1500) == (data, HOST)
    assert b"AT+CIPRECVDATA=0,2048,1\r\n" in tap.sent
    rig.fails(rig.ETIMEDOUT, s.recv, 1)
    arrive(number, b"late")
    assert s.recv(10) == b"late"
    assert s.dropped == 0


def test_a_slow_reader_loses_nothing_on_the_wire():
    rig.needs("AT+CIPRECVDATA keep_datagram_integrity")
    # More than the host's UART holds: in active receive this would be lost.
    m = rig.joined()
    number = host()
    s = bound(m)
    for i in range(3):
        arrive(number, bytes([i]) * 1400)
    import time

    time.sleep_ms(2000)  # the UART's 2048 bytes are never full
    for i in range(3):
        assert s.recv(1500) == bytes([i]) * 1400
    assert s.dropped == 0


def test_senders_are_told_apart():
    m = rig.joined()
    first = host()
    second = rig.control("udp_host", ip="192.0.2.11", port=7)["id"]
    s = bound(m)
    arrive(first, b"a")
    arrive(second, b"b")
    arrive(first, b"c")
    assert s.recvfrom(9) == (b"a", HOST)
    assert s.recvfrom(9) == (b"b", ("192.0.2.11", 7))
    assert s.recvfrom(9) == (b"c", HOST)
    s.connect(HOST)  # hears nobody else
    (_, port) = s.getsockname()
    rig.control("far", id=second, send="not this", to=[OURS[0], port])
    rig.control("far", id=first, send="this", to=[OURS[0], port])
    assert s.recv(9) == b"this"


def test_streams_beside_datagrams():
    rig.needs("AT+CIPRECVDATA keep_datagram_integrity")
    m = rig.joined()
    number = host()
    s = bound(m)
    t = m.socket()
    t.settimeout(5)
    t.connect(rig.PATTERN)
    t.send(b"6000\n")
    arrive(number, b"between")
    assert t.read(3000) == rig.pattern(3000)
    assert s.recv(10) == b"between"
    assert t.read() == rig.pattern(3000, 3000)
    s.close()
    # The link's next user has a stream's receive mode again.
    t = m.socket()
    t.connect(rig.PATTERN)
    t.send(b"9000\n")
    rig.wait(m, 3000)
    assert t.read() == rig.pattern(9000)


def test_after_a_reboot():
    m = rig.joined()
    number = host()
    s = bound(m)
    rig.control("reboot")
    rig.wait(m, 2000)
    rig.raises(OSError, s.recv, 1)
    s.close()
    s = bound(m)
    arrive(number, b"again")
    assert s.recv(10) == b"again"


def test_the_module_gives_up_a_broker_with_us():
    rig.needs("AT+MQTTCONN timeout")
    m, tap = tapped()
    rig.control("serve", host="mute.test", port=1883)
    start = rig.now_ms()
    rig.raises(OSError, m.mqtt.connect, "mute.test", timeout_s=3)
    assert rig.since_ms(start) < 4500, rig.since_ms(start)
    assert b",3000\r\n" in tap.sent
    assert m.net.ping("echo.test") >= 0  # it is free again at once


def test_a_server_on_one_interface():
    # wire: AT+CIPSERVER= by socket.listen
    rig.needs("AT+CIPSERVER netif")
    m, tap = tapped()
    m.ap.active(True)
    station, access_point = m.wifi.ifconfig()[0], m.ap.ifconfig()[0]
    for ip, netif in ((station, 1), (access_point, 2), ("", None)):
        tap.forget()
        s = m.socket()
        s.bind((ip, 80))
        s.listen(1)
        line = b"AT+CIPSERVER=1,80,,,%d\r\n" % netif if netif else b"AT+CIPSERVER=1,80\r\n"
        assert line in tap.sent, bytes(tap.sent)
        s.close()
    s = m.socket()
    s.bind(("192.0.2.99", 80))
    rig.fails(99, s.listen)
    s = m.socket()
    s.bind((station, 81))
    s.listen()


def test_a_read_that_is_spoilt_costs_one_datagram():
    rig.needs("AT+CIPRECVDATA keep_datagram_integrity")
    m, tap = tapped()
    number = host()
    s = bound(m)
    s.settimeout(3)
    arrive(number, b"a" * 100, b"b" * 100, b"c" * 100, b"d" * 100)
    rig.wait(m, 100)
    tap.forget()
    rig.control("drop_output", count=3, after_bytes=60)
    for data in (b"b", b"c", b"d"):
        assert s.recv(300) == data * 100
    assert s.dropped
    rig.fails(rig.ETIMEDOUT, s.recv, 1)
    assert b"AT+CIPRECVDATA=0,2048\r\n" not in tap.sent


def test_all_addresses_of_a_name():
    # wire: AT+CIPDOMAIN= by net.resolve_all
    rig.needs("AT+CIPDOMAIN show_all_ip")
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.start()
    m.command("AT+CIPV6", 1)
    rig.control("ap_set", ssid="espat-lab", ipv6_prefix="2001:db8:1:2")
    rig.control("host", name="two.test", ip=["192.0.2.33", "2001:db8::33"])
    m.wifi.connect(*rig.LAB)
    rig.wait_until(m, lambda: m.wifi.ipv6()[1])
    tap.forget()
    assert m.net.resolve_all("two.test") == ["192.0.2.33", "2001:db8::33"]
    assert bytes(tap.sent) == b'AT+CIPDOMAIN="two.test",1,0,1\r\n'
    assert m.net.resolve_all("two.test", 3, 5000) == ["2001:db8::33"]
    assert m.net.resolve_all("http.test", 2) == ["198.51.100.80"]
    assert m.net.resolve("two.test") == "192.0.2.33"
    rig.fails(-2, m.net.resolve_all, "nobody.test")


def test_joining_again_at_once():
    # wire: AT+CWRECONNCFG= by wifi.reconnect
    rig.needs("AT+CWRECONNCFG reconnect_now")
    m = rig.joined()
    m.wifi.reconnect(0)
    rig.control("kick")
    rig.wait(m, 20000)
    assert not m.wifi.isconnected()
    m.wifi.reconnect(3600, at_once=True)
    rig.wait_until(m, m.wifi.isconnected, 5000)
    assert m.wifi.reconnect() == (3600, 0)
