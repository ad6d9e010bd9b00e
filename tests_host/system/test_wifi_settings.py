# needs: sim
# Settings of the station: addresses, names, channels, protocols, and that they outlive a reboot of
# the module although nothing is written to its flash. Owns modem.wifi's setters.
import espat
from system import rig


def reboot(m):
    m.start()
    boots = []
    m.on("reboot", lambda event, data: boots.append(event))
    rig.control("reboot")
    rig.wait_until(m, lambda: boots)
    m.on("reboot", None)


def refused(call, *args, **options):
    rig.raises(ValueError, call, *args, **options)


def test_active():
    # wire: AT+CWMODE?, AT+CWMODE= by wifi.active
    m = rig.modem()
    assert m.wifi.active() is False
    m.wifi.active(True)
    assert m.wifi.active() is True
    m.ap.active(False)  # the first firmware begins with it
    assert m.command("AT+CWMODE?") == [b"+CWMODE:1"]
    m.command("AT+CWMODE", 3)
    m.wifi.connect(*rig.LAB)
    m.wifi.active(False)
    assert m.command("AT+CWMODE?") == [b"+CWMODE:2"], "the access point stays"
    assert not m.wifi.isconnected()
    reboot(m)
    assert m.command("AT+CWMODE?") == [b"+CWMODE:2"]
    assert not m.wifi.isconnected(), "it was switched off, so it is not joined again"


def test_init():
    # wire: AT+CWINIT?, AT+CWINIT= by wifi.init
    m = rig.joined()
    assert m.wifi.init() is True
    m.wifi.init(False)
    assert m.wifi.init() is False
    rig.raises(espat.ATError, m.wifi.scan)
    m.wifi.init(True)
    m.wifi.connect(*rig.LAB)


def test_status():
    # wire: AT+CWSTATE? by wifi.status
    m = rig.modem()
    assert m.wifi.status("ssid") == b""
    m.wifi.connect(*rig.LAB)
    assert (m.wifi.status(), m.wifi.status("ssid")) == (2, b"espat-lab")
    rig.control("ap_down", ssid="espat-lab")
    rig.wait_until(m, lambda: m.wifi.status() != 2)
    last = b"espat-lab" if rig.has("AT+CWSTATE") else b""  # others know where they are, no more
    assert m.wifi.status("ssid") == last
    refused(m.wifi.status, "stations")


def test_info():
    # wire: AT+CWJAP? by wifi.info
    m = rig.modem()
    assert m.wifi.info() is None
    m.wifi.connect(*rig.LAB, reconnect_s=7, listen_interval=4, scan_all=True, pmf=1)
    bssid = b"\x02espa\x01"
    assert m.wifi.info() == (b"espat-lab", bssid, 6, -45, 0, 7, 4, 1, 1)
    rig.control("ap_add", ssid='a","b', key="12345678", bssid="02:00:00:00:00:09")
    m.wifi.connect('a","b', "12345678")
    assert m.wifi.info()[:2] == (b'a","b', b"\x02\0\0\0\0\x09")


def test_join_what_the_module_remembers():
    # wire: AT+CWJAP by wifi.connect
    m = rig.modem()
    e = rig.raises(espat.ATError, m.wifi.connect)
    assert e.command == "AT+CWJAP"
    m.wifi.connect(*rig.LAB)
    m.wifi.disconnect()
    m.wifi.connect()
    assert m.wifi.isconnected() and m.wifi.ssid() == b"espat-lab"
    rig.control("ap_down", ssid="espat-lab")
    rig.wait_until(m, lambda: not m.wifi.isconnected())
    e = rig.raises(espat.WifiError, m.wifi.connect)
    assert e.errno == rig.ENOENT


def test_disconnect_is_for_good():
    # wire: AT+CWQAP by wifi.disconnect
    rig.needs("setting that is not kept in flash")
    m = rig.joined()
    m.wifi.disconnect()
    reboot(m)
    assert not m.wifi.isconnected()
    rig.wait(m, 5000)
    assert m.wifi.status() != 2


def test_several_networks_of_one_name():
    rig.needs("scan_all in AT+CWJAP")
    for channel, rssi in ((1, -80), (11, -30)):
        rig.control("ap_add", ssid="twin", key="12345678", channel=channel, rssi=rssi)
    m = rig.modem()
    m.wifi.connect("twin", "12345678")
    assert m.wifi.info()[2] == 1, "the first one that is found"
    m.wifi.connect("twin", "12345678", scan_all=True)
    assert m.wifi.info()[2] == 11, "the strongest one"
    rig.raises(espat.WifiError, m.wifi.connect, "espat-open", pci=True)
    rig.control("ap_set", ssid="espat-lab", pmf=False)
    rig.raises(espat.WifiError, m.wifi.connect, *rig.LAB, pmf=3)
    m.wifi.connect(*rig.LAB, pmf=1)


def test_keys_of_every_length():
    m = rig.modem()
    rig.control("ap_add", ssid="wep", key="12345", ecn=1)
    m.wifi.connect("wep", "12345")
    for n in (1, 4, 6, 7, 65, 100):
        refused(m.wifi.connect, "wep", "k" * n)
    rig.control("ap_add", ssid="long", key="k" * 63)
    m.wifi.connect("long", "k" * 63)


def test_an_access_point_that_vanishes_during_the_join():
    m = rig.modem()
    m.start()
    # The first firmware looks on all channels before it chooses.
    more = 0 if rig.has("scan_all in AT+CWJAP") else 800
    for ms, number in ((100, rig.ENOENT), (900, rig.ECONNABORTED), (1300, rig.ETIMEDOUT)):
        rig.control("ap_down", ssid="espat-lab", in_ms=ms + more)
        e = rig.fails(number, m.wifi.connect, *rig.LAB, timeout_s=6)
        assert isinstance(e, espat.WifiError)
        assert not m.wifi.isconnected()
        rig.control("ap_up", ssid="espat-lab")
    m.wifi.connect(*rig.LAB)
    assert m.wifi.isconnected()


def test_dhcp_that_never_answers():
    # wire: AT+CWDHCP?, AT+CWDHCP= by wifi.dhcp
    # wire: AT+CIPSTA= by wifi.ifconfig
    rig.control("ap_set", ssid="espat-lab", dhcp=False)
    m = rig.modem()
    rig.fails(rig.ETIMEDOUT, m.wifi.connect, *rig.LAB, timeout_s=3)
    assert m.wifi.dhcp() is True
    m.wifi.ifconfig(("192.168.1.9", "255.255.255.0", "192.168.1.1", "192.168.1.1"))
    assert m.wifi.dhcp() is False
    m.wifi.connect(*rig.LAB)
    assert m.wifi.ifconfig()[0] == "192.168.1.9"
    m.wifi.dhcp(True)
    assert m.wifi.dhcp() is True
    m.wifi.dhcp(False)
    assert m.wifi.dhcp() is False


def test_addresses():
    # wire: AT+CIPSTA? by wifi.ifconfig
    # wire: AT+CIPSTA? by wifi.ipv6
    m = rig.modem()
    m.start()
    m.command("AT+CIPV6", 1)
    rig.control("ap_set", ssid="espat-lab", ipv6_prefix="2001:db8:1:2")
    assert m.wifi.ipv6() == ("", "")
    m.wifi.connect(*rig.LAB)
    rig.wait_until(m, lambda: m.wifi.ipv6()[1])
    local, far = m.wifi.ipv6()
    assert local.startswith("fe80::") and far.startswith("2001:db8:1:2:"), (local, far)
    assert m.wifi.ifconfig()[0] == "192.168.1.50"


def test_mac():
    # wire: AT+CIPSTAMAC?, AT+CIPSTAMAC= by wifi.mac
    m = rig.modem()
    m.wifi.active(True)
    m.wifi.mac(b"\x02\x11\x22\x33\x44\x55")
    assert m.wifi.mac() == b"\x02\x11\x22\x33\x44\x55"
    for wrong in (
        b"\x03\x11\x22\x33\x44\x55",
        b"\xff" * 6,
        bytes(6),
        "01:02:03:04:05:06",
        b"12345",
    ):
        refused(m.wifi.mac, wrong)


def test_hostname():
    # wire: AT+CWHOSTNAME?, AT+CWHOSTNAME= by wifi.hostname
    m = rig.modem()
    m.wifi.active(True)
    m.wifi.hostname(b"kitchen")
    assert m.wifi.hostname() == "kitchen"
    refused(m.wifi.hostname, "é" * 17)


def test_reconnection():
    # wire: AT+CWRECONNCFG?, AT+CWRECONNCFG= by wifi.reconnect
    m = rig.joined()
    m.wifi.reconnect(0)
    rig.control("kick")
    rig.wait(m, 20000)
    assert not m.wifi.isconnected()
    m.wifi.connect(*rig.LAB, reconnect_s=3)
    assert m.wifi.reconnect() == (3, 0)
    rig.control("kick")
    rig.wait_until(m, m.wifi.isconnected, 20000)


def test_autoconnect_is_kept_in_the_modules_flash():
    # wire: AT+CWAUTOCONN?, AT+CWAUTOCONN= by wifi.autoconnect
    m = rig.modem()
    assert m.wifi.autoconnect() is True
    m.wifi.autoconnect(False)
    rig.power_cycle()
    assert rig.modem().wifi.autoconnect() is False


def test_protocol():
    # wire: AT+CWSTAPROTO?, AT+CWSTAPROTO= by wifi.protocol
    m = rig.modem()
    assert m.wifi.protocol() == 7
    for bits in (1, 3, 7):
        m.wifi.protocol(bits)
        assert m.wifi.protocol() == bits
    for wrong in (0, 8, -1):
        refused(m.wifi.protocol, wrong)


def test_country():
    # wire: AT+CWCOUNTRY?, AT+CWCOUNTRY= by wifi.country
    m = rig.modem()
    assert m.wifi.country() == ("CN", 1, 13, False)
    m.wifi.country("JP", 1, 14, True)
    assert m.wifi.country() == ("JP", 1, 14, True)
    m.wifi.country("US", count=11)
    assert m.wifi.country() == ("US", 1, 11, False)
    for wrong in (
        ("",),
        ("USAX",),
        ("US", 0),
        ("US", 15),
        ("US", 1, 0),
        ("US", 1, 15),
        ("US", 10, 6),
        ("U\n",),
    ):
        refused(m.wifi.country, *wrong)


def test_the_channels_of_the_country_are_scanned():
    rig.control("ap_add", ssid="far up", channel=14)
    m = rig.modem()
    assert [ap[0] for ap in m.wifi.scan_iter()] == [b"espat-lab", b"espat-open"]
    m.wifi.country("JP", 1, 14)
    assert [ap[0] for ap in m.wifi.scan_iter()] == [b"espat-lab", b"espat-open", b"far up"]
    m.wifi.country("XX", 5, 3)
    assert [ap[0] for ap in m.wifi.scan_iter()] == [b"espat-lab"]


def test_settings_outlive_a_reboot_of_the_module():
    m = rig.modem()
    address = ("192.168.1.77", "255.255.0.0", "192.168.1.254", "192.168.1.53")
    m.wifi.active(True)
    m.wifi.mac("02:aa:bb:cc:dd:ee")
    m.wifi.hostname("cellar")
    m.wifi.protocol(3)
    m.wifi.country("DE", 1, 13)
    m.wifi.ifconfig(("10.0.0.1", "255.0.0.0", "10.0.0.2", "10.0.0.3"))
    m.wifi.ifconfig(address)
    m.wifi.connect(*rig.LAB)
    for _ in range(2):
        reboot(m)
        assert m.wifi.hostname() == "cellar"
        assert m.wifi.ifconfig() == address
        assert m.wifi.mac() == b"\x02\xaa\xbb\xcc\xdd\xee"
        assert m.wifi.protocol() == 3
        assert m.wifi.country()[0] == "DE"
        assert m.wifi.isconnected() and m.wifi.ssid() == b"espat-lab"
    m.wifi.ifconfig("dhcp")
    reboot(m)
    assert m.wifi.ifconfig()[0] == "192.168.1.50"
    # Nothing of it is in the flash: a driver that knows nothing finds a module from the shelf.
    rig.power_cycle()
    fresh = rig.modem()
    assert fresh.wifi.active() is False
    fresh.wifi.active(True)
    assert fresh.wifi.hostname() != "cellar" and fresh.wifi.protocol() == 7


def test_the_last_way_of_joining_counts():
    m = rig.joined()
    m.wifi.connect("espat-open")
    reboot(m)
    assert m.wifi.ssid() == b"espat-open"
    rig.control("ap_down", ssid="espat-open")
    reboot(m)
    assert not m.wifi.isconnected(), "and it is not the end of the world"
    assert len(m.wifi.scan()) == 1


def test_an_event_with_noise_in_it_is_none():
    m = rig.joined()
    seen = []
    m.on("WIFI DISCONNECT", lambda event, data: seen.append(event))
    rig.control("inject", line_hex="5749464920444953434fff9b")  # WIFI DISCO and noise
    rig.wait(m, 100)
    assert seen == []
    rig.control("kick")
    rig.wait_until(m, lambda: seen)
