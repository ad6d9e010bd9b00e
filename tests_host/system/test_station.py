# needs: sim
# The station: scan, join, leave, addresses, names, events. Owns the behaviour of modem.wifi on a
# module that works as it should; odd names are test_names.py's, reboots test_reboot.py's.
import espat
from system import rig


def test_scan_gives_what_wlan_scan_gives():
    # wire: AT+CWLAP, AT+CWLAPOPT=, AT+CWMODE?, AT+CWMODE= by wifi.scan
    m = rig.modem()
    found = m.wifi.scan()
    assert found == [
        (b"espat-lab", b"\x02espa\x01", 6, -45, 3, False),
        (b"espat-open", b"\x02espa\x02", 11, -63, 0, False),
    ], found


def test_scan_while_joined_and_scan_of_an_empty_air():
    m = rig.joined()
    assert len(m.wifi.scan()) == 2
    assert m.wifi.isconnected()
    rig.control("ap_remove", ssid="espat-lab")
    rig.control("ap_remove", ssid="espat-open")
    assert m.wifi.scan() == []


def test_scan_of_many_networks():
    for i in range(60):
        rig.control("ap_add", ssid="network number %02d of the house" % i, channel=1 + i % 13)
    m = rig.modem()
    found = m.wifi.scan()
    assert len(found) == 62, len(found)
    names = [ap[0] for ap in found]
    for i in range(60):
        assert b"network number %02d of the house" % i in names


def test_scan_shows_a_hidden_network_without_name():
    rig.control("ap_add", ssid="under cover", key="12345678", hidden=True)
    m = rig.modem()
    hidden = [ap for ap in m.wifi.scan() if ap[5]]
    assert len(hidden) == 1 and hidden[0][0] == b"", hidden


def test_join_with_a_key():
    # wire: AT+CWJAP= by wifi.connect
    m = rig.modem()
    assert not m.wifi.isconnected()
    m.wifi.connect("espat-lab", "espat-pass")
    assert m.wifi.isconnected()
    assert m.wifi.status() == 2
    assert rig.control("status")["ssid"] == "espat-lab"


def test_join_an_open_network_and_with_bytes():
    m = rig.modem()
    m.wifi.connect("espat-open")
    assert rig.control("status")["ssid"] == "espat-open"
    m.wifi.connect(b"espat-lab", b"espat-pass")
    assert rig.control("status")["ssid"] == "espat-lab"
    assert m.wifi.isconnected()


def test_join_by_bssid():
    second = rig.control("ap_add", ssid="espat-lab", key="espat-pass", channel=9)["bssid"]
    m = rig.modem()
    m.wifi.connect(*rig.LAB, bssid=second)
    assert m.command("AT+CWJAP?")[0].find(second.encode()) > 0
    raw = bytes([int(x, 16) for x in second.split(":")])
    m.wifi.connect(*rig.LAB, bssid=raw)
    assert m.command("AT+CWJAP?")[0].find(second.encode()) > 0
    e = rig.raises(espat.WifiError, m.wifi.connect, *rig.LAB, bssid="02:00:00:00:00:01")
    assert e.reason == 3


def test_wrong_key():
    m = rig.modem()
    e = rig.raises(espat.WifiError, m.wifi.connect, "espat-lab", "not the key")
    assert (e.reason, e.errno) == (2, rig.EACCES), (e.reason, e.errno)
    assert e.command == "AT+CWJAP"
    assert isinstance(e, espat.ATError) and isinstance(e, OSError)
    assert "key" in str(e) and "not the key" not in str(e), str(e)
    assert not m.wifi.isconnected()
    m.wifi.connect(*rig.LAB)
    assert m.wifi.isconnected()


def test_unknown_network():
    m = rig.modem()
    e = rig.raises(espat.WifiError, m.wifi.connect, "nobody here", "12345678")
    assert (e.reason, e.errno) == (3, rig.ENOENT), (e.reason, e.errno)
    assert m.wifi.status() == 4
    m.wifi.connect(*rig.LAB)


def test_join_that_takes_too_long():
    rig.needs("timeout_s in AT+CWJAP")
    rig.control("ap_set", ssid="espat-lab", dhcp=False)
    m = rig.modem()
    m.start()
    start = rig.now_ms()
    e = rig.raises(espat.WifiError, m.wifi.connect, *rig.LAB, timeout_s=4)
    assert (e.reason, e.errno) == (1, rig.ETIMEDOUT), (e.reason, e.errno)
    assert 4000 <= rig.since_ms(start) < 5000
    assert not m.wifi.isconnected()
    rig.control("ap_set", ssid="espat-lab", dhcp=True)
    m.wifi.connect(*rig.LAB)
    assert m.wifi.isconnected()


def test_join_with_every_option():
    m = rig.modem()
    m.wifi.connect(
        *rig.LAB,
        bssid="02:65:73:70:61:01",
        timeout_s=20,
        reconnect_s=5,
        listen_interval=10,
        scan_all=True,
        pmf=1,
        pci=True,
    )
    line = m.command("AT+CWJAP?")[0]
    assert line == b'+CWJAP:"espat-lab","02:65:73:70:61:01",6,-45,1,5,10,1,1', line
    assert m.wifi.reconnect()[0] == 5


def test_join_refuses_bad_options():
    m = rig.modem()
    for options in (
        {"timeout_s": 2},
        {"timeout_s": 601},
        {"reconnect_s": -1},
        {"reconnect_s": 7201},
        {"listen_interval": 0},
        {"listen_interval": 101},
        {"pmf": 4},
        {"bssid": b"12345"},
        {"bssid": "02:65:73:70:61"},
    ):
        rig.raises(ValueError, m.wifi.connect, *rig.LAB, **options)
    m.wifi.connect(*rig.LAB)


def test_disconnect():
    m = rig.joined()
    m.wifi.disconnect()
    assert not m.wifi.isconnected()
    assert m.wifi.status() != 2
    assert m.wifi.ifconfig()[0] == "0.0.0.0"
    assert m.wifi.rssi() is None
    m.wifi.connect(*rig.LAB)
    assert m.wifi.isconnected()


def test_disconnect_without_a_network():
    m = rig.modem()
    try:
        m.wifi.disconnect()
    except espat.ATError:
        pass  # the module refuses as long as it is no station
    assert not m.wifi.isconnected()


def test_ifconfig():
    m = rig.modem()
    assert m.wifi.ifconfig()[:3] == ("0.0.0.0", "0.0.0.0", "0.0.0.0")
    m.wifi.connect(*rig.LAB)
    got = m.wifi.ifconfig()
    assert got[0] == "192.168.1.50", got
    if rig.has("gateway in AT+CIPSTA"):
        assert got[1:3] == ("255.255.255.0", "192.168.1.1"), got
    assert got[3].count(".") == 3


def test_static_addresses_and_back():
    m = rig.joined()
    wanted = ("192.168.1.77", "255.255.0.0", "192.168.1.254", "192.168.1.53")
    m.wifi.ifconfig(wanted)
    rig.wait_until(m, lambda: m.wifi.ifconfig() == wanted)
    s = m.socket()
    s.connect(rig.ECHO)
    s.send(b"from a static address")
    assert s.recv(100) == b"from a static address"
    s.close()
    m.wifi.ifconfig("dhcp")
    m.wifi.connect(*rig.LAB)
    assert m.wifi.ifconfig()[0] == "192.168.1.50"


def test_static_addresses_before_the_join():
    m = rig.modem()
    m.start()
    m.command("AT+CWMODE", 1)
    m.wifi.ifconfig(("10.1.2.3", "255.0.0.0", "10.0.0.1", "10.0.0.2"))
    m.wifi.connect(*rig.LAB)
    assert m.wifi.ifconfig() == ("10.1.2.3", "255.0.0.0", "10.0.0.1", "10.0.0.2")


def test_wrong_addresses_are_refused():
    m = rig.joined()
    before = m.wifi.ifconfig()
    for config in (
        ("192.168.1.7", "255.255.255.0"),
        ("192.168.1.7", "255.255.255.0", "192.168.1.1"),
        ("192.168.1.7\r\nAT+RST", "255.255.255.0", "192.168.1.1", "192.168.1.1"),
        ("300.1.1.1", "255.255.255.0", "192.168.1.1", "1.1.1.1"),
        ("192.168.1.7", "255.255.255", "192.168.1.1", "1.1.1.1"),
        ("192.168.1.7", "255.255.255.0", "", "1.1.1.1"),
        ("192.168.1.7", "255.255.255.0", "192.168.1.1", "one.one.one.one"),
        ("192.168.1.7", "255.255.255.0", "192.168.1.1", "1.1.1.-1"),
    ):
        rig.raises(ValueError, m.wifi.ifconfig, config)
    assert m.wifi.ifconfig() == before


def test_rssi_and_status():
    m = rig.modem()
    assert m.wifi.rssi() is None
    assert m.wifi.status() == (0 if rig.has("ESP-AT's words") else 4)  # an access point, then
    m.wifi.connect(*rig.LAB)
    assert m.wifi.rssi() == -45
    assert m.wifi.status("rssi") == -45
    rig.control("ap_set", ssid="espat-lab", rssi=-70)
    assert m.wifi.rssi() == -70
    rig.raises(ValueError, m.wifi.status, "stations")


def test_mac():
    m = rig.modem()
    first = m.wifi.mac()
    assert isinstance(first, bytes) and len(first) == 6
    m.command("AT+CWMODE", 1)
    m.wifi.mac(b"\x02\x11\x22\x33\x44\x55")
    assert m.wifi.mac() == b"\x02\x11\x22\x33\x44\x55"
    m.wifi.mac("02:aa:bb:cc:dd:ee")
    assert m.wifi.mac() == b"\x02\xaa\xbb\xcc\xdd\xee"
    for wrong in (b"12345", "02:aa:bb", "02:aa:bb:cc:dd:gg"):
        rig.raises(ValueError, m.wifi.mac, wrong)


def test_hostname():
    m = rig.modem()
    m.command("AT+CWMODE", 1)
    for name in ("a", "kitchen-clock", "x" * 32):
        m.wifi.hostname(name)
        assert m.wifi.hostname() == name
    for wrong in ("", "x" * 33, "two\r\nlines"):
        rig.raises(ValueError, m.wifi.hostname, wrong)
    assert m.wifi.hostname() == "x" * 32


def test_reconnect_settings():
    m = rig.modem()
    m.command("AT+CWMODE", 1)
    m.wifi.reconnect(7200, 1000)
    assert m.wifi.reconnect() == (7200, 1000)
    m.wifi.reconnect(0)
    assert m.wifi.reconnect() == (0, 0)
    for wrong in ((-1, 0), (7201, 0), (1, -1), (1, 1001)):
        rig.raises(ValueError, m.wifi.reconnect, *wrong)


def test_events_of_a_join_and_a_loss():
    m = rig.modem()
    seen = []
    for event in ("WIFI CONNECTED", "WIFI GOT IP", "WIFI DISCONNECT"):
        m.on(event, lambda event, data: seen.append(event))
    m.wifi.connect(*rig.LAB)
    assert seen == ["WIFI CONNECTED", "WIFI GOT IP"], seen
    rig.control("ap_down", ssid="espat-lab")
    rig.wait_until(m, lambda: len(seen) == 3)
    assert seen[2] == "WIFI DISCONNECT"
    assert not m.wifi.isconnected()
    assert m.wifi.status() != 2
    # The module joins again by itself, once the network is back.
    rig.control("ap_up", ssid="espat-lab")
    rig.wait_until(m, lambda: m.wifi.isconnected(), 30000)
    assert seen[3:] == ["WIFI CONNECTED", "WIFI GOT IP"], seen


def test_an_event_handler_may_use_the_modem_and_be_removed():
    m = rig.modem()
    found = []

    def up(event, data):
        found.append(m.wifi.ifconfig()[0])

    m.on("WIFI GOT IP", up)
    m.wifi.connect(*rig.LAB)
    rig.wait_until(m, lambda: found)
    assert found == ["192.168.1.50"], found
    m.on("WIFI GOT IP", None)
    m.wifi.connect("espat-open")
    rig.wait(m, 100)
    assert len(found) == 1


def test_an_error_in_an_event_handler_leaves_the_modem_usable():
    m = rig.modem()

    def broken(event, data):
        raise KeyError("the program's own mistake")

    m.on("WIFI GOT IP", broken)
    try:
        m.wifi.connect(*rig.LAB)
        rig.wait(m, 10)
    except KeyError:
        pass
    assert m.wifi.ifconfig()[0] == "192.168.1.50"
    assert m.wifi.isconnected()


def test_two_losses_in_a_row_without_anyone_looking():
    m = rig.joined()
    rig.control("kick")
    rig.wait_until(m, lambda: m.wifi.isconnected(), 30000)
    rig.control("kick")
    assert m.wifi.status() != 2
    rig.wait_until(m, lambda: m.wifi.status() == 2, 30000)
    assert m.wifi.ifconfig()[0] == "192.168.1.50"
