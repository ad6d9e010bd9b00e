# needs: sim
# profile: esp8266-1.7
# AT 1.7, the last of the ESP8266's first command set: what it has more than 0.30, in its own words,
# and what it has not. The answers are those of the other firmwares.
import espat
from espat import tls
from system import rig

SOL_SOCKET = 1
SO_KEEPALIVE = 8


def tapped():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.wifi.connect(*rig.LAB)
    tap.forget()
    return m, tap


def lacks(what, call, *args, **options):
    e = rig.raises(NotImplementedError, call, *args, **options)
    assert "AT 1.7 (ESP8266) has no " + what in str(e), str(e)


def test_time_zones_are_hours():
    m, tap = tapped()
    for zone, wire in ((0, b"0"), (8, b"8"), (-500, b"-5"), ("+01:00", b"1"), ("-1100", b"-11")):
        m.net.sntp(zone)
        assert bytes(tap.sent) == b"AT+CIPSNTPCFG=1,%s\r\n" % wire, bytes(tap.sent)
        tap.forget()
    lacks("time zone with minutes", m.net.sntp, "+05:30")
    assert not tap.sent


def test_names_that_nobody_has_and_hosts_that_say_nothing():
    m, tap = tapped()
    assert m.net.resolve("http.test") == "198.51.100.80"
    e = rig.fails(-2, m.net.resolve, "nobody.test")
    assert not isinstance(e, espat.ATError)
    rig.fails(rig.ETIMEDOUT, m.net.ping, "nobody.test")
    assert m.net.ping("http.test") >= 0
    tap.forget()
    lacks("IPv6", m.net.resolve, "http.test", 3)
    assert not tap.sent
    m.wifi.disconnect()
    rig.raises(espat.ATError, m.net.resolve, "http.test")
    rig.raises(espat.ATError, m.net.ping, "http.test")


def test_tls_without_checks():
    m, tap = tapped()
    context = tls.SSLContext(m)
    s = context.wrap_socket(m.socket())
    context.load_verify_locations(slot=0)
    lacks("checks of certificates", s.connect, ("tls.test", 7))
    assert b"CIPSTART" not in tap.sent
    tap.forget()
    context.verify_mode = tls.CERT_NONE
    s.connect(("tls.test", 7))
    s.write(b"hello")
    assert s.read(5) == b"hello"
    s.close()
    assert bytes(tap.sent).startswith(b'AT+CIPSTART=0,"SSL","tls.test",7')
    context.set_psk("key", "me")
    lacks("TLS settings: AT+CIPSSLCPSK", context.wrap_socket(m.socket()).connect, ("tls.test", 7))


def test_payload_of_a_raw_command():
    m, _ = tapped()
    s = m.socket()
    s.connect(rig.ECHO)
    s.sendall(b"\r\nOK\r\n0,CLOSED\r\n")
    rig.wait(m, 300)
    buf = bytearray(30)
    assert m.command("AT+CIPRECVDATA", 0, 30, into=buf) == 16
    assert buf[:16] == b"\r\nOK\r\n0,CLOSED\r\n"


def test_keep_alive_is_an_hour_at_most():
    m, tap = tapped()
    for seconds, wire in ((1, b"7200"), (30, b"60")):  # 1: on, with the usual two hours
        s = m.socket()
        s.setsockopt(SOL_SOCKET, SO_KEEPALIVE, seconds)
        s.connect(rig.ECHO)
        assert b'AT+CIPSTART=0,"TCP","echo.test",7,%s\r\n' % wire in tap.sent, bytes(tap.sent)
        s.close()


def test_addresses_that_are_set_are_not_in_the_flash():
    m, _ = tapped()
    wanted = ("192.168.1.77", "255.255.0.0", "192.168.1.254", "192.168.1.53")
    m.wifi.ifconfig(wanted)
    rig.wait_until(m, lambda: m.wifi.ifconfig() == wanted)
    rig.power_cycle()
    fresh = rig.joined()
    found = fresh.wifi.ifconfig()
    assert found[0] == "192.168.1.50" and found[3] != wanted[3], found


def test_scans_in_its_words():
    m, tap = tapped()
    assert [x[0] for x in m.wifi.scan()] == [b"espat-lab", b"espat-open"]
    assert b"AT+CWLAPOPT=1,63\r\n" in tap.sent and tap.sent.count(b"CWLAPOPT") == 1
    tap.forget()
    lacks("details of a scan", m.wifi.scan, details=True)
    lacks("filters of a scan", m.wifi.scan, rssi=-50)
    assert b"CWLAP" not in tap.sent


def test_where_it_is_and_no_join_without_a_name():
    m, _ = tapped()
    assert (m.wifi.status(), m.wifi.status("ssid")) == (2, b"espat-lab")
    lacks("join without a name", m.wifi.connect)


def test_a_phones_network_that_cannot_be_joined():
    # The module would go on trying, and do nothing else.
    m = rig.modem()
    m.start()
    rig.control("ap_add", ssid="home net", key="home pass")
    rig.control("smartconfig", ssid="home net", password="not the key", in_ms=1000)
    rig.raises(espat.WifiError, m.provision.smartconfig, timeout_s=60, join_s=20)
    assert len(m.wifi.scan()) == 3


def test_passthrough():
    m, tap = tapped()
    s = m.passthrough.connect(("tls.test", 7), kind="SSL", keep_alive=30)
    assert b'AT+CIPSTART="SSL","tls.test",7,60\r\n' in tap.sent, bytes(tap.sent)
    s.settimeout(5)
    s.write(b"hello")
    assert s.read(5) == b"hello"
    s.close()
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
