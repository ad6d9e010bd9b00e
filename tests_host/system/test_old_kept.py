# needs: sim
# profile: esp8266-0.30
# What the ESP8266's first command set keeps in its flash: AT+X_CUR is for now, AT+X_DEF is what
# system.store(True) asks for. Owns which of them the driver says, and what a reset leaves.
import espat
from system import rig

HOME = ("home net", "home pass")
IP, MASK, GATEWAY = "192.168.1.77", "255.255.255.0", "192.168.1.1"


def forgetful():
    """A module that has lost its power, and a modem that knows nothing of what was set."""
    rig.power_cycle()
    m = rig.modem()
    m.start()
    rig.wait(m, 5000)
    return m


def test_a_join_that_is_kept():
    # wire: esp8266-0.30 AT+CWMODE_DEF=, AT+CWJAP_DEF= by wifi.connect
    # wire: esp8266-0.30 AT+CWQAP by wifi.disconnect
    m = rig.modem()
    assert not m.system.store()
    m.system.store(True)
    assert m.system.store()
    m.wifi.connect(*rig.LAB)
    m = forgetful()
    assert not m.system.store(), "nothing is kept unless someone asks for it again"
    assert m.wifi.isconnected() and m.wifi.ssid() == b"espat-lab"
    m.wifi.disconnect()
    rig.control("ap_add", ssid=HOME[0], key=HOME[1])
    m.wifi.connect(*HOME)
    m = forgetful()
    assert m.wifi.ssid() == b"espat-lab", "the other one was for that time only"


def test_addresses_that_are_kept():
    # wire: esp8266-0.30 AT+CIPSTA_DEF= by wifi.ifconfig
    # wire: esp8266-0.30 AT+CIPSTA_CUR= by wifi.ifconfig
    # wire: esp8266-0.30 AT+CIPAP_DEF= by ap.ifconfig
    m = rig.joined()
    m.wifi.ifconfig((IP, MASK, GATEWAY, "0.0.0.0"))
    rig.wait(m, 500)
    assert m.wifi.ifconfig()[0] == IP
    m = forgetful()
    m.wifi.connect(*rig.LAB)
    assert m.wifi.ifconfig()[0] != IP
    e = rig.raises(NotImplementedError, m.wifi.ifconfig, (IP, MASK, GATEWAY, "1.1.1.1"))
    assert "AT 0.30" in str(e) and "name servers" in str(e)
    m.system.store(True)
    m.wifi.ifconfig((IP, MASK, GATEWAY, "0.0.0.0"))
    m.ap.active(True)
    m.ap.ifconfig(("192.168.5.1", MASK, "192.168.5.1"))
    m = forgetful()
    m.wifi.connect(*rig.LAB)
    assert m.wifi.ifconfig()[0] == IP
    assert m.ap.ifconfig()[0] == "192.168.5.1"


def test_dhcp_that_is_kept():
    # wire: esp8266-0.30 AT+CWDHCP_DEF= by wifi.dhcp
    m = rig.modem()
    m.ap.active(True)
    m.system.store(True)
    m.wifi.dhcp(False)
    m.ap.dhcp(False)
    m.system.store(False)
    m.ap.dhcp(True)
    assert m.ap.dhcp() and not m.wifi.dhcp()
    m = forgetful()
    assert not m.ap.dhcp() and not m.wifi.dhcp()


def test_macs_that_are_kept():
    # wire: esp8266-0.30 AT+CIPSTAMAC_DEF= by wifi.mac
    # wire: esp8266-0.30 AT+CIPAPMAC_DEF= by ap.mac
    m = rig.modem()
    m.ap.active(True)
    m.system.store(True)
    m.wifi.mac("18:fe:35:98:d3:7b")
    m.ap.mac("1a:fe:36:97:d5:7b")
    m.system.store(False)
    m.wifi.mac("18:fe:35:98:d3:7c")
    m = forgetful()
    m.ap.active(True)
    assert m.wifi.mac() == b"\x18\xfe\x35\x98\xd3\x7b"
    assert m.ap.mac() == b"\x1a\xfe\x36\x97\xd5\x7b"


def test_an_access_point_that_is_kept():
    # wire: esp8266-0.30 AT+CWSAP_DEF= by ap.config
    m = rig.modem()
    m.system.store(True)
    m.ap.config("our net", "long enough", 5)
    m = forgetful()
    assert m.ap.active()
    assert m.ap.config()[:3] == (b"our net", b"long enough", 5)


def test_a_rate_that_is_kept():
    # wire: esp8266-0.30 AT+UART_DEF= by uart.configure
    m = rig.modem()
    m.uart.configure(baudrate=57600, save=True)
    rig.power_cycle()
    m = espat.Modem(rig.uart(baudrate=57600))
    m.start()
    assert m.uart.settings()[0] == 57600
    e = rig.raises(NotImplementedError, m.uart.settings, saved=True)
    assert "AT 0.30" in str(e) and "UART_DEF?" in str(e)
