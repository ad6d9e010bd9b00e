# needs: sim
# Networks and keys with the characters that the command line gives a meaning to, and what is
# refused before a byte is sent. Owns quoting and its limits as a user sees them.
import espat
from system import rig

ODD = (
    "two,commas,",
    'quo"ted"',
    '"',
    "back\\slash\\",
    "\\",
    ",",
    'all, "of" \\them\\,"',
    " blanks at both ends ",
    "Café Zürich",
    "网络",
    "😀😀😀😀😀😀😀😀",
    "x" * 32,
    '"' * 32,
    "AT+RST",
    "OK",
    '+CWJAP:"',
    "tab\tand\x01\x7f",
    '",-1,"',
    '",-40,"02:65:73:70:61:09",1)',
)


def test_join_networks_with_odd_names():
    m = rig.modem()
    for ssid in ODD:
        rig.control("ap_add", ssid=ssid, key="12345678")
        m.wifi.connect(ssid, "12345678")
        assert rig.control("status")["wifi"] == 2, ssid
        assert m.wifi.ssid() == ssid.encode(), (ssid, m.wifi.ssid())
        assert m.wifi.rssi() == -45, ssid
        m.wifi.disconnect()
        rig.control("ap_remove", ssid=ssid)


def test_scan_networks_with_odd_names():
    m = rig.modem()
    for ssid in ODD:
        rig.control("ap_add", ssid=ssid, channel=3, rssi=-80)
    found = [ap for ap in m.wifi.scan() if ap[3] == -80]
    assert sorted([ap[0] for ap in found]) == sorted([ssid.encode() for ssid in ODD]), found
    for ap in found:
        assert ap[1][:5] == b"\x02espa" and ap[2] == 3 and ap[4] == 0 and not ap[5], ap


def test_join_a_network_whose_name_is_no_text():
    name = bytes([0xFF, 0xFE, 0x80, 0x22, 0x2C, 0x5C, 0x7F])
    rig.control("ap_add", ssid_hex="fffe80222c5c7f", key="12345678", rssi=-33)
    m = rig.modem()
    assert name in [ap[0] for ap in m.wifi.scan()]
    m.wifi.connect(name, "12345678")
    assert m.wifi.isconnected() and m.wifi.rssi() == -33 and m.wifi.ssid() == name
    m.wifi.disconnect()
    m.wifi.connect(bytearray(name), bytearray(b"12345678"))
    assert m.wifi.isconnected()


def test_join_with_odd_keys():
    m = rig.modem()
    rig.control("ap_add", ssid="odd", key="12345678")
    for key in ODD + ("x" * 63, "\\" * 63, '",' * 31):
        n = len(key.encode())
        if not 8 <= n <= 63:
            continue
        rig.control("ap_set", ssid="odd", key=key)
        m.wifi.connect("odd", key)
        assert m.wifi.isconnected(), key
        m.wifi.disconnect()


def test_the_longest_name_and_key_at_once():
    m = rig.modem()
    rig.control("ap_add", ssid="\\" * 32, key='"' * 63)
    m.wifi.connect("\\" * 32, '"' * 63, bssid="02:65:73:70:61:03", timeout_s=10)
    assert m.wifi.isconnected()


def refused(m, tap, *args, **options):
    before = len(tap.sent)
    rig.raises(ValueError, m.wifi.connect, *args, **options)
    assert len(tap.sent) == before, bytes(tap.sent[before:])


def test_what_cannot_be_a_name_or_key_is_refused_before_a_byte_is_sent():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    for _ in range(2):  # before the module was ever spoken to, and when it is up
        for bad in ("a\rb", "a\nb", "a\r\nAT+RST\r\n", "a\0b", "\0", "\n"):
            refused(m, tap, bad, "12345678")
            refused(m, tap, bad.encode(), "12345678")
            refused(m, tap, "espat-lab", "12345678" + bad)
            refused(m, tap, "espat-lab", b"12345678" + bad.encode())
        refused(m, tap, "", "12345678")
        refused(m, tap, "x" * 33, "12345678")
        refused(m, tap, "网" * 11, "12345678")  # 33 bytes
        refused(m, tap, "espat-lab", "1234567")
        refused(m, tap, "espat-lab", "x" * 65)
        refused(m, tap, "espat-lab", "12345678", timeout_s=1)
        m.start()
    m.wifi.connect(*rig.LAB)
    assert m.wifi.isconnected()


def test_names_of_hosts_are_checked_before_a_byte_is_sent():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.wifi.connect(*rig.LAB)
    s = m.socket()
    before = len(tap.sent)
    for address in (
        ("", 80),
        ("a\r\nAT+RST\r\n", 80),
        ("a\0b", 80),
        ("a\nb", 80),
        ("x" * 256, 80),
        ("echo.test", 0),
        ("echo.test", -1),
        ("echo.test", 65536),
        ("echo.test", 70000),
        ("echo.test", "7"),
    ):
        rig.raises(ValueError, s.connect, address)
    rig.raises(ValueError, m.getaddrinfo, "a\r\nb", 80)
    rig.raises(ValueError, m.getaddrinfo, "", 80)
    assert len(tap.sent) == before, bytes(tap.sent[before:])
    s.connect(rig.ECHO)
    s.send(b"fine")
    assert s.recv(10) == b"fine"


def test_a_key_that_only_newer_firmware_takes():
    rig.needs("AT+SYSLOG")
    # 64 characters (guide of today); this firmware says ERROR to more than 63.
    m = rig.modem()
    e = rig.raises(espat.ATError, m.wifi.connect, "espat-lab", "f" * 64)
    assert e.code >> 24 == 1, hex(e.code)
    m.wifi.connect(*rig.LAB)


def test_a_key_too_few_and_a_key_too_many():
    m = rig.modem()
    rig.raises(espat.WifiError, m.wifi.connect, "espat-lab")
    rig.raises(espat.WifiError, m.wifi.connect, "espat-lab", "")
    m.wifi.connect("espat-open", None)
    m.wifi.disconnect()
    m.wifi.connect("espat-open", "")
    assert m.wifi.isconnected()


def test_a_hidden_network():
    rig.control("ap_add", ssid="under cover", key="12345678", hidden=True)
    m = rig.modem()
    m.wifi.connect("under cover", "12345678")
    assert m.wifi.isconnected() and m.wifi.ssid() == b"under cover"


def test_keys_appear_in_no_error():
    m = rig.modem()
    for key in ("sesame-open-12", "sesame\\,open"):
        e = rig.raises(espat.WifiError, m.wifi.connect, "espat-lab", key)
        assert "sesame" not in str(e) and "sesame" not in repr(e), repr(e)
    e = rig.raises(espat.ATError, m.command, "AT+CWJAP", "", "sesame-open")
    assert "sesame" not in str(e), str(e)
