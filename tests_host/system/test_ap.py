# needs: sim
# The module's own access point: its settings, who comes and goes, and that it is there again after
# a reboot. Owns modem.ap and its events.
import espat
from system import rig

PHONE = "02:00:00:00:00:0a"
PHONE_MAC = b"\x02\0\0\0\0\x0a"
LAPTOP = "02:00:00:00:00:0b"
LAPTOP_MAC = b"\x02\0\0\0\0\x0b"
FIRST_IP = "192.168.4.2"


def made(**options):
    m = rig.modem(**options)
    m.ap.config("cellar", "cellar-pass", 5)
    return m


def join(m, mac=PHONE, key="cellar-pass", **options):
    """A station joins, and has its address."""
    before = len(m.ap.stations())
    rig.control("sta_join", mac=mac, key=key, **options)
    rig.wait_until(m, lambda: len(m.ap.stations()) > before)


def reboot(m):
    m.start()
    boots = []
    m.on("reboot", lambda event, data: boots.append(event))
    rig.control("reboot")
    rig.wait_until(m, lambda: boots)
    m.on("reboot", None)


def test_active():
    # wire: AT+CWMODE?, AT+CWMODE= by ap.active
    m = rig.joined()
    if rig.has("ESP-AT's words"):  # the first firmware begins as an access point
        assert m.ap.active() is False
    m.ap.active(True)
    assert m.ap.active() is True and m.wifi.isconnected()
    m.ap.active(False)
    assert m.ap.active() is False and m.wifi.isconnected()
    m.ap.active(True)
    m.wifi.active(False)
    assert m.ap.active() is True


def test_config():
    # wire: AT+CWSAP?, AT+CWSAP= by ap.config
    rig.needs("max_conn in AT+CWSAP")
    m = made()
    assert m.ap.active() is True
    assert m.ap.config() == (b"cellar", b"cellar-pass", 5, 3, 10, False)
    m.ap.config("attic", "attic-pass", 11, 4, 2, True)
    assert m.ap.config() == (b"attic", b"attic-pass", 11, 4, 2, True)
    m.ap.config("open house")
    assert m.ap.config() == (b"open house", b"", 1, 0, 10, False)
    rig.control("sta_join", mac=PHONE)


def test_names_and_keys_with_odd_characters():
    m = rig.modem()
    for ssid, key in (
        ('a","b', 'key","key'),
        ('"' * 32, '"' * 63),
        (",", ",,,,,,,,"),
        ("\\", '\\"\\"\\"\\"'),
        ("网络", "12345678"),
        (b"\xcd\xf8\xc2\xe7\xff", "12345678"),
        ("x" * 32, "y" * 63),
    ):
        m.ap.config(ssid, key)
        shown = m.ap.config()
        ssid = ssid if isinstance(ssid, bytes) else ssid.encode()
        if '","' not in key:  # else where the name ends nobody can say
            assert shown[:2] == (ssid, key.encode()), shown
        rig.control("sta_join", mac=PHONE, key=key)


def test_who_is_there():
    # wire: AT+CWLIF by ap.stations
    m = made()
    assert m.ap.stations() == []
    join(m)
    assert m.ap.stations() == [(PHONE_MAC, FIRST_IP)]
    join(m, LAPTOP)
    assert m.ap.stations() == [(PHONE_MAC, FIRST_IP), (LAPTOP_MAC, "192.168.4.3")]
    rig.control("sta_leave", mac=PHONE)
    assert m.ap.stations() == [(LAPTOP_MAC, "192.168.4.3")]


def test_throwing_out():
    # wire: AT+CWQIF, AT+CWQIF= by ap.kick
    m = made()
    join(m)
    join(m, LAPTOP)
    m.ap.kick(PHONE)
    assert m.ap.stations() == [(LAPTOP_MAC, "192.168.4.3")]
    rig.raises(espat.ATError, m.ap.kick, PHONE_MAC)
    join(m)
    m.ap.kick()
    assert m.ap.stations() == []
    for wrong in ("02:00", b"12345", "02:00:00:00:00:0g"):
        rig.raises(ValueError, m.ap.kick, wrong)


def test_events():
    m = made()
    seen = []
    for event in ("AP JOINED", "AP ADDRESS", "AP LEFT"):
        m.on(event, lambda event, data: seen.append((event, data)))
    rig.control("sta_join", mac=PHONE, key="cellar-pass")
    rig.wait_until(m, lambda: len(seen) == 2)
    assert seen == [("AP JOINED", PHONE_MAC), ("AP ADDRESS", (PHONE_MAC, FIRST_IP))], seen
    rig.control("sta_join", mac=LAPTOP, key="cellar-pass", dhcp=False)
    rig.wait_until(m, lambda: len(seen) == 3)
    rig.control("sta_leave", mac=PHONE)
    m.ap.kick(LAPTOP)
    rig.wait_until(m, lambda: len(seen) == 5)
    assert seen[2:] == [("AP JOINED", LAPTOP_MAC), ("AP LEFT", PHONE_MAC), ("AP LEFT", LAPTOP_MAC)]
    m.on("AP JOINED", None)
    for line in (
        "+STA_CONNECTED:",
        "+STA_CONNECTED:noise",
        '+STA_DISCONNECTED:"02:00"',
        '+DIST_STA_IP:"",""',
        '+STA_DISCONNECTED: "02:00:00:00:00:0c"',  # as the guide prints it
    ):
        rig.control("inject", line=line)
    rig.wait(m, 100)
    assert seen[5:] == [("AP LEFT", b"\x02\0\0\0\0\x0c")], seen
    rig.raises(ValueError, m.on, "AP EXPLODED", print)


def test_a_handler_may_use_the_access_point():
    m = made()
    found = []
    m.on("AP ADDRESS", lambda event, data: found.append(m.ap.stations()))
    rig.control("sta_join", mac=PHONE, key="cellar-pass")
    rig.wait_until(m, lambda: found)
    assert found == [[(PHONE_MAC, FIRST_IP)]]


def test_addresses():
    # wire: AT+CIPAP?, AT+CIPAP= by ap.ifconfig
    # wire: AT+CIPAP? by ap.ipv6
    rig.needs("AT+CIPAP of every class")
    m = made()
    factory = ("192.168.4.1", "255.255.255.0", "192.168.4.1", "0.0.0.0")
    assert m.ap.ifconfig() == factory
    mine = ("10.9.8.1", "255.255.0.0", "10.9.8.1")
    m.ap.ifconfig(mine)
    assert m.ap.ifconfig() == mine + ("0.0.0.0",)
    m.ap.ifconfig("dhcp")
    assert m.ap.ifconfig() == factory and m.ap.dhcp() is True
    assert m.ap.ipv6() == ""
    m.command("AT+CIPV6", 1)
    assert m.ap.ipv6().startswith("fe80::")
    for wrong in (("1.2.3.4",), ("1.2.3", "255.0.0.0", "1.2.3.4"), ("1.2.3.4", "", "1.2.3.4")):
        rig.raises(ValueError, m.ap.ifconfig, wrong)


def test_the_dhcp_server_and_its_range():
    # wire: AT+CWDHCP?, AT+CWDHCP= by ap.dhcp
    # wire: AT+CWDHCPS?, AT+CWDHCPS= by ap.dhcp_range
    m = made()
    assert m.ap.dhcp() is True and m.wifi.dhcp() is True
    assert m.ap.dhcp_range() == (120, "192.168.4.2", "192.168.4.101")
    m.ap.dhcp_range(3, "192.168.4.10", "192.168.4.15")
    assert m.ap.dhcp_range() == (3, "192.168.4.10", "192.168.4.15")
    join(m)
    assert m.ap.stations() == [(PHONE_MAC, "192.168.4.10")]
    m.ap.dhcp_range("default")
    assert m.ap.dhcp_range() == (120, "192.168.4.2", "192.168.4.101")
    for wrong in (
        (0, "192.168.4.10", "192.168.4.15"),
        (2881, "192.168.4.10", "192.168.4.15"),
        (3, "192.168.4.10"),
        (3, "192.168.4.256", "192.168.4.15"),
        (3, "192.168.4.16", "192.168.4.15"),
        (3, "", ""),
    ):
        rig.raises(ValueError, m.ap.dhcp_range, *wrong)
    rig.raises(espat.ATError, m.ap.dhcp_range, 3, "192.168.5.10", "192.168.5.15")
    m.ap.dhcp(False)
    assert m.ap.dhcp() is False and m.wifi.dhcp() is True
    rig.raises(espat.ATError, m.ap.dhcp_range)
    m.ap.dhcp(True)
    assert m.ap.dhcp() is True


def test_mac_and_protocol():
    # wire: AT+CIPAPMAC?, AT+CIPAPMAC= by ap.mac
    # wire: AT+CWAPPROTO?, AT+CWAPPROTO= by ap.protocol
    m = made()
    assert len(m.ap.mac()) == 6
    m.ap.mac("02:aa:bb:cc:dd:ee")
    assert m.ap.mac() == b"\x02\xaa\xbb\xcc\xdd\xee"
    m.ap.mac(b"\x06\xaa\xbb\xcc\xdd\xee")
    assert m.ap.mac() == b"\x06\xaa\xbb\xcc\xdd\xee"
    for wrong in ("01:02:03:04:05:06", b"\xff" * 6, bytes(6), "02:03"):
        rig.raises(ValueError, m.ap.mac, wrong)
    assert m.ap.protocol() == 7
    m.ap.protocol(3)
    assert m.ap.protocol() == 3
    for wrong in (0, 8):
        rig.raises(ValueError, m.ap.protocol, wrong)


def test_what_is_refused_before_a_byte_is_sent():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    for _ in range(2):
        before = len(tap.sent)
        for args, options in (
            (("", "12345678"), {}),
            (("x" * 33, "12345678"), {}),
            (("网" * 11, "12345678"), {}),
            (("a\nb", "12345678"), {}),
            (("cellar", "1234567"), {}),
            (("cellar", "x" * 65), {}),
            (("cellar", "12345\n678"), {}),
            (("cellar", "12345678"), {"channel": 0}),
            (("cellar", "12345678"), {"channel": 15}),
            (("cellar", "12345678"), {"security": 1}),
            (("cellar", "12345678"), {"security": 5}),
            (("cellar", "12345678"), {"security": 0}),
            (("cellar",), {"security": 3}),
            (("cellar", "12345678"), {"max_stations": 0}),
            (("cellar", "12345678"), {"max_stations": 11}),
        ):
            rig.raises(ValueError, m.ap.config, *args, **options)
        assert len(tap.sent) == before
        m.start()


def test_it_is_there_again_after_a_reboot_of_the_module():
    m = made()
    m.ap.dhcp_range(3, "192.168.4.10", "192.168.4.15")
    m.wifi.connect(*rig.LAB)
    reboot(m)
    assert m.ap.config()[:3] == (b"cellar", b"cellar-pass", 5)
    assert m.ap.dhcp_range()[0] == 3
    assert m.wifi.isconnected()
    join(m)
    assert m.ap.stations() == [(PHONE_MAC, "192.168.4.10")]
    m.ap.active(False)
    reboot(m)
    assert m.ap.active() is False and m.wifi.isconnected()
    rig.power_cycle()
    fresh = rig.modem()
    assert fresh.ap.active() is False, "and nothing is in the flash"


def test_asyncio():
    from espat import aio

    async def main():
        m = aio.Modem(rig.uart())
        await m.ap.config("cellar", "cellar-pass")
        seen = []

        async def joined(event, data):
            seen.append((data, await m.ap.stations()))

        m.on("AP ADDRESS", joined)
        rig.control("sta_join", mac=PHONE, key="cellar-pass")
        while not seen:
            await m.pause(50)
        assert seen == [((PHONE_MAC, FIRST_IP), [(PHONE_MAC, FIRST_IP)])]

    rig.run(main())
