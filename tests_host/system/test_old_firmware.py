# needs: sim
# profile: esp8266-0.30
# The ESP8266's first firmware under the same calls as every other: what works, what is refused and
# how, and what its words and arguments have otherwise. What it lacks is told before a byte is sent.
import time

import espat
from system import rig

FAR = ("192.0.2.10", 80)
ADDRESS = "192.168.1.50"
OLD = "AT 0.30"


def lacks(what, f, *args, **options):
    """f() says what the firmware lacks, and has sent nothing."""
    e = rig.raises(NotImplementedError, f, *args, **options)
    assert OLD in str(e) and what in str(e), e


def tapped():
    """A modem that has joined, on a UART that keeps what was sent."""
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.wifi.connect(*rig.LAB)
    tap.forget()
    return m, tap


# -- finding it --------------------------------------------------------------------------


def test_it_is_known_after_few_commands():
    # wire: esp8266-0.30 ATE, AT+CIPMUX?, AT+GMR, AT+CIPMUX=, AT+CIPCLOSE=, AT+CIPDINFO= by start
    uart = rig.uart()
    time.sleep_ms(600)
    uart.read()
    tap = rig.Tap(uart)
    m = espat.Modem(tap)
    start = rig.now_ms()
    m.start()
    assert rig.since_ms(start) <= 300, rig.since_ms(start)
    assert bytes(tap.sent).count(b"AT") <= 6, bytes(tap.sent)
    assert m.profile.version == (0, 30)
    assert m.profile.passive is None


def test_it_leaves_a_send_that_waits_for_its_bytes():
    uart = rig.uart()
    time.sleep_ms(600)
    m = espat.Modem(uart)
    m.wifi.connect(*rig.LAB)
    m.command("AT+CIPSTART", 0, "TCP", "discard.test", 9)
    uart.write(b"AT+CIPSEND=0,2048\r\n")
    time.sleep_ms(50)
    m = espat.Modem(uart)
    m.start()
    assert m.wifi.isconnected()


# -- the station -------------------------------------------------------------------------


def test_joining():
    # wire: esp8266-0.30 AT+CWMODE? by wifi.connect
    # wire: esp8266-0.30 AT+CWMODE_CUR= by wifi.connect
    # wire: esp8266-0.30 AT+CWJAP_CUR= by wifi.connect
    # wire: esp8266-0.30 AT+CIPSTA_CUR? by wifi.ifconfig
    # wire: esp8266-0.30 AT+CIPSTAMAC_CUR? by wifi.mac
    # wire: esp8266-0.30 AT+CWJAP_CUR? by wifi.ssid
    # wire: esp8266-0.30 AT+CIPSTATUS by wifi.isconnected
    m = rig.modem()
    assert not m.wifi.isconnected()
    assert m.wifi.ifconfig()[0] == "0.0.0.0"
    m.wifi.connect(*rig.LAB)
    assert m.wifi.isconnected()
    assert m.wifi.ifconfig()[0] == ADDRESS
    assert len(m.wifi.mac()) == 6
    assert m.wifi.ssid() == b"espat-lab"
    assert m.wifi.rssi() == -45


def test_names_and_keys_of_every_kind():
    name, key = 'My_2,4GHz_"AP"\\', 'key,"\\with'
    rig.control("ap_add", ssid=name, key=key)
    m = rig.modem()
    m.wifi.connect(name, key)
    assert m.wifi.ssid() == name.encode()


def test_joins_that_fail():
    m = rig.modem()
    e = rig.fails(rig.EACCES, m.wifi.connect, "espat-lab", "wrong key")
    assert e.reason == 2
    rig.fails(rig.ENOENT, m.wifi.connect, "no such network", "12345678")
    assert not m.wifi.isconnected()
    m.wifi.connect(*rig.LAB)
    assert m.wifi.isconnected()


def test_nothing_is_kept_in_flash():
    m = rig.joined()
    m.wifi.disconnect()
    assert not m.wifi.isconnected()
    rig.power_cycle()
    rig.wait(m, 5000)
    assert rig.control("status")["ssid"] == ""


def test_scanning():
    # wire: esp8266-0.30 AT+CWLAP by wifi.scan
    found = rig.modem().wifi.scan()
    assert [(ap[0], ap[2], ap[3], ap[4]) for ap in found] == [
        (b"espat-lab", 6, -45, 3),
        (b"espat-open", 11, -63, 0),
    ]


def test_what_a_join_cannot_do_here():
    m, tap = tapped()
    for option in ({"pmf": 1}, {"listen_interval": 3}, {"reconnect_s": 5}, {"scan_all": True}):
        lacks(list(option)[0], m.wifi.connect, *rig.LAB, **option)
    assert b"CWJAP" not in tap.sent


# -- links -------------------------------------------------------------------------------


def test_a_link():
    # wire: esp8266-0.30 AT+CIPSTART= by socket.connect
    # wire: esp8266-0.30 AT+CIPSEND= by socket.write
    # wire: esp8266-0.30 AT+CIPCLOSE= by socket.close
    m = rig.joined()
    s = m.socket()
    s.connect(rig.ECHO)
    s.write(b"\r\n> OK\r\n+IPD,0,3:abc")
    assert s.read(20) == b"\r\n> OK\r\n+IPD,0,3:abc"
    s.close()


def test_keep_alive_in_half_seconds():
    m, tap = tapped()
    s = m.socket()
    s.setsockopt(1, 8, 60)  # SO_KEEPALIVE
    s.connect(rig.ECHO)
    assert b'AT+CIPSTART=0,"TCP","echo.test",7,120\r\n' in tap.sent, bytes(tap.sent)
    lacks("socket options", s.setsockopt, 1, 8, 30)  # too late
    s.close()
    s = m.socket()
    tap.forget()
    lacks("socket options", s.setsockopt, 6, 1, 1)  # TCP_NODELAY
    assert bytes(tap.sent) == b""
    s.connect(rig.ECHO)


def test_whichever_way_it_prompts():
    rig.control("quirk", name="prompt_ok", on=True)
    _, s = rig.connected()
    s.write(b"hello")
    assert s.read(5) == b"hello"


def test_a_close_behind_the_prompt():
    """AT 0.30 writes a blank behind ">": what comes next is a line of its own still."""
    number = rig.control("serve", host=FAR[0], port=FAR[1])["id"]
    m, s = rig.connected(FAR)
    end = rig.control("far", id=number)["connections"][-1]
    other = m.socket()
    other.connect(rig.DISCARD)
    rig.control("far", id=end, end="close", in_ms=60)
    other.sendall(bytes(2048))
    s.settimeout(1)
    assert s.recv(1) == b"", "its end was heard"


def test_a_transfer_that_is_read_in_time_arrives_whole():
    count = 65536
    _, s = rig.connected(rig.PATTERN, ring=2048)
    s.write(b"%d\n" % count)
    view = memoryview(bytearray(2048))
    got = 0
    while got < count:
        n = s.recv_into(view, min(2048, count - got))
        assert n, got
        assert view[0] == rig.pattern(1, got)[0] and view[n - 1] == rig.pattern(1, got + n - 1)[0]
        got += n
    assert s.recv(1) == b""


def test_a_transfer_that_is_not_read_in_time_fails_loudly():
    m, s = rig.connected(rig.PATTERN)
    s.write(b"65536\n")
    time.sleep_ms(2000)
    got = bytearray()

    def read_on():
        while True:
            part = s.recv(512)
            assert part, "an end of stream is not what happened"
            got.extend(part)

    e = rig.raises(OSError, read_on)
    assert e.errno in (rig.EIO, rig.ETIMEDOUT), e
    assert bytes(got[:1000]) == rig.pattern(len(got[:1000]))
    s.close()
    s = m.socket()
    s.connect(rig.ECHO)
    s.write(b"again")
    assert s.read(5) == b"again"


def test_large_sends_go_in_parts():
    _, s = rig.connected(rig.DISCARD)
    s.write(rig.pattern(10000))


def test_several_links():
    m = rig.joined()
    links = [m.socket() for _ in range(5)]
    for s in links:
        s.connect(rig.ECHO)
    for i, s in enumerate(links):
        s.write(b"link %d" % i)
    for i, s in enumerate(links):
        assert s.read(6) == b"link %d" % i
    rig.fails(rig.ENOMEM, m.socket().connect, rig.ECHO)
    for s in links:
        s.close()


def test_links_that_fail():
    m = rig.joined()
    rig.fails(rig.ECONNREFUSED, m.socket().connect, rig.REFUSE)
    rig.fails(rig.ECONNREFUSED, m.socket().connect, ("no.such.host.test", 80))
    m.wifi.disconnect()
    rig.fails(rig.EHOSTUNREACH, m.socket().connect, rig.ECHO)


def test_datagrams():
    m = rig.joined()
    s = m.socket(2, 2)
    s.bind(("", 2000))
    host = rig.control("udp_host", ip="192.168.1.9", port=5000)["id"]
    s.sendto(b"ping", ("192.168.1.9", 5000))
    rig.control("far", id=host, send="pong", to=[ADDRESS, 2000])
    assert s.recvfrom(100) == (b"pong", ("192.168.1.9", 5000))
    s.close()


# -- reboots -----------------------------------------------------------------------------


def test_after_a_reboot_it_joins_again():
    m, s = rig.connected()
    rig.control("reboot")
    rig.fails(rig.ECONNRESET, s.recv, 1)
    s = m.socket()
    s.connect(rig.ECHO)
    s.write(b"again")
    assert s.read(5) == b"again"


def test_a_reboot_that_was_taken_for_payload():
    """The boot's noise falls into a payload, and "ready" with it; the echo tells it."""
    m, s = rig.connected(rig.PATTERN, ring=4096)
    s.write(b"9000\n")
    rig.control("reboot", after_bytes=5000)

    def read_on():
        while True:
            assert s.recv(512)

    rig.raises(OSError, read_on)
    s.close()
    s = m.socket()
    s.connect(rig.ECHO)
    s.write(b"again")
    assert s.read(5) == b"again"


# -- what it has not ---------------------------------------------------------------------


def test_what_it_lacks_is_told_before_a_byte_is_sent():
    m, tap = tapped()
    lacks("DNS look-up", m.getaddrinfo, "echo.test", 7)
    lacks("IPv6", m.socket(10).connect, ("2001:db8::1", 80))
    assert bytes(tap.sent) == b""


def test_its_own_commands_can_be_reached():
    m = rig.modem()
    assert m.command("AT+RFVDD?") == [b"+RFVDD:3379"]
    assert m.command("AT+CWMODE?") == [b"+CWMODE:2"]
    rig.raises(espat.ATError, m.command, "AT+CIPDOMAIN", "echo.test")


def test_ping_and_connections():
    # wire: esp8266-0.30 AT+PING= by net.ping
    # wire: esp8266-0.30 AT+CIPSTATUS by net.connections
    m, s = rig.connected()
    assert m.net.ping("echo.test") >= 0
    rig.raises(OSError, m.net.ping, "no.such.host.test")
    (found,) = m.net.connections()
    assert found[0] == s.fileno()
