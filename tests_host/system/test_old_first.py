# needs: sim
# profile: esp8266-0.21
# An ESP8266 with a firmware from before AT 0.22, which has neither _CUR nor _DEF: the same calls
# say the names without, and what is set is kept whether one wants it or not.
import espat
from system import rig

OLD = "AT 0.21"
MASK = "255.255.255.0"


def test_joining():
    # wire: esp8266-0.30 AT+CWMODE= by wifi.connect
    # wire: esp8266-0.30 AT+CWJAP= by wifi.connect
    # wire: esp8266-0.30 AT+CWJAP? by wifi.ssid
    # wire: esp8266-0.30 AT+CIPSTA? by wifi.ifconfig
    # wire: esp8266-0.30 AT+CIPSTAMAC? by wifi.mac
    m = rig.modem()
    assert m.wifi.ifconfig()[0] == "0.0.0.0"
    rig.fails(rig.EACCES, m.wifi.connect, "espat-lab", "wrong key")
    m.wifi.connect(*rig.LAB)
    assert m.profile.version == (0, 21)
    assert m.wifi.ssid() == b"espat-lab" and m.wifi.rssi() == -45
    assert m.wifi.ifconfig()[0] == "192.168.1.50"
    assert len(m.wifi.mac()) == 6


def test_a_link():
    _, s = rig.connected()
    s.write(b"\r\n> OK\r\n+IPD,0,3:abc")
    assert s.read(20) == b"\r\n> OK\r\n+IPD,0,3:abc"
    s.close()


def test_addresses():
    # wire: esp8266-0.30 AT+CWDHCP=, AT+CWDHCP? by wifi.dhcp
    # wire: esp8266-0.30 AT+CIPSTA= by wifi.ifconfig
    # wire: esp8266-0.30 AT+CIPSTAMAC= by wifi.mac
    # wire: esp8266-0.30 AT+CIPAP=, AT+CIPAP? by ap.ifconfig
    # wire: esp8266-0.30 AT+CIPAPMAC=, AT+CIPAPMAC? by ap.mac
    m = rig.joined()
    m.wifi.mac("18:fe:35:98:d3:7b")
    assert m.wifi.mac() == b"\x18\xfe\x35\x98\xd3\x7b"
    m.wifi.dhcp(False)
    assert not m.wifi.dhcp()
    m.wifi.dhcp(True)
    m.wifi.connect(*rig.LAB)
    m.wifi.ifconfig(("192.168.1.77", MASK, "192.168.1.1", "0.0.0.0"))
    rig.wait(m, 500)
    assert m.wifi.ifconfig()[0] == "192.168.1.77"
    m.ap.active(True)
    m.ap.ifconfig(("192.168.5.1", MASK, "192.168.5.1"))
    assert m.ap.ifconfig()[0] == "192.168.5.1"
    m.ap.mac("1a:fe:36:97:d5:7b")
    assert m.ap.mac() == b"\x1a\xfe\x36\x97\xd5\x7b"


def test_the_access_point():
    # wire: esp8266-0.30 AT+CWSAP=, AT+CWSAP? by ap.config
    m = rig.modem()
    m.ap.config("our net", "long enough", 5)
    assert m.ap.config()[:4] == (b"our net", b"long enough", 5, 3)


def test_what_is_set_is_kept():
    m = rig.joined()
    assert m.system.store()
    e = rig.raises(NotImplementedError, m.system.store, False)
    assert OLD in str(e) and "flash" in str(e)
    rig.power_cycle()
    rig.wait(m, 5000)
    assert rig.control("status")["ssid"] == "espat-lab"


def test_a_rate_for_good_only():
    # wire: esp8266-0.30 AT+UART= by uart.configure
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.start()
    e = rig.raises(NotImplementedError, m.uart.configure, baudrate=57600)
    assert OLD in str(e) and "not kept" in str(e)
    assert b"UART" not in tap.sent
    m.uart.configure(baudrate=57600, save=True)
    assert m.uart.settings()[0] == 57600
    m.wifi.connect(*rig.LAB)


def test_what_came_later():
    m = rig.joined()
    for what, f in (
        ("SmartConfig", m.provision.smartconfig),
        ("SAVETRANSLINK", lambda: m.passthrough.save(("192.168.1.9", 80))),
    ):
        e = rig.raises(NotImplementedError, f)
        assert OLD in str(e) and what in str(e), e
