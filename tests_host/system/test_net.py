# needs: sim
# modem.net: names, addresses, links, time servers, clocks. Owns their results and the ranges that
# are refused.
import espat
from system import rig


def tapped():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.start()
    tap.forget()
    return m, tap


def test_resolve():
    # wire: AT+CIPDOMAIN= by net.resolve
    m = rig.joined()
    assert m.net.resolve("http.test") == "198.51.100.80"
    assert m.net.resolve("http.test", 2) == "198.51.100.80"
    assert m.net.resolve("192.0.2.7") == "192.0.2.7"
    e = rig.raises(OSError, m.net.resolve, "nobody.test")
    assert e.errno == -2 and not isinstance(e, espat.ATError), e


def test_resolve_to_ipv6_alone():
    m = rig.joined()
    rig.raises(OSError, m.net.resolve, "http.test", 3)  # IPv6 is off


def test_resolve_without_a_network():
    m = rig.modem()
    m.start()
    m.command("AT+CWMODE", 1)
    m.wifi.status()
    rig.raises(espat.ATError, m.net.resolve, "http.test")


def test_ping():
    # wire: AT+PING= by net.ping
    m = rig.joined()
    ms = m.net.ping("http.test")
    assert 0 <= ms < 1000, ms
    assert m.net.ping("198.51.100.80") >= 0
    rig.fails(rig.ETIMEDOUT, m.net.ping, "nobody.test")
    m.wifi.disconnect()
    e = rig.raises(espat.ATError, m.net.ping, "http.test")
    assert e.command == "AT+PING", e


def test_name_servers():
    # wire: AT+CIPDNS?, AT+CIPDNS= by net.dns
    rig.needs("AT+CIPDNS|AT+CIPDNS_CUR")
    m = rig.joined()
    manual, from_dhcp = m.net.dns()
    assert not manual and from_dhcp[0].count(".") == 3
    m.net.dns("192.0.2.1", "2001:db8::53", "192.0.2.3")
    assert m.net.dns() == (True, ["192.0.2.1", "2001:db8::53", "192.0.2.3"])
    m.net.dns("192.0.2.1")
    assert m.net.dns() == (True, ["192.0.2.1"])
    m.net.dns(None)
    assert m.net.dns() == (False, from_dhcp)


def test_addresses():
    # wire: AT+CIFSR by net.addresses
    macs = rig.has("gateway in AT+CIPSTA")  # AT 0.30 tells addresses without names, and no more
    m = rig.modem()
    if not m.ap.active():  # the first firmware begins as an access point
        assert m.net.addresses() == {}
    m.wifi.connect(*rig.LAB)
    m.ap.active(False)
    found = m.net.addresses()
    assert found.pop("STAIP") == "192.168.1.50", found
    assert found == ({"STAMAC": "7c:df:a1:e5:70:01"} if macs else {}), found
    m.command("AT+CWMODE", 3)
    found = m.net.addresses()
    assert found["APIP"] == "192.168.4.1" and found["STAIP"] == "192.168.1.50", found
    assert len(found.get("APMAC", "")) == (17 if macs else 0), found


def test_links_and_status():
    # wire: AT+CIPSTATE? by net.connections
    # wire: AT+CIPSTATUS by net.status
    m = rig.joined()
    assert m.net.connections() == []
    assert m.net.status() == (2, [])
    s = m.socket()
    s.connect(rig.ECHO)
    found = m.net.connections()
    (link,) = found
    assert link[:2] == (0, "TCP") and link[3] == 7 and link[5] is False, link
    assert link[4] > 1023 and link[2].count(".") == 3
    assert m.net.status() == (3, found)
    m.command("AT+CIPSERVER", 1, 8080)
    rig.control("client", port=8080)
    rig.wait(m, 200)
    assert m.net.connections()[1][4:] == (8080, True)


def test_links_that_mean_nothing():
    said = [b""]
    # After an OK without its line the driver asks whether it was that of another command.
    wire = rig.Scripted(
        lambda line: (b"+CIPMUX:1\r\n" if line[:10] == b"AT+CIPMUX?" else said[0]) + b"\r\nOK\r\n"
    )
    m = espat.Modem(wire)
    m.start()
    for line in (b"0", b'0,"TCP","1.2.3.4",x,5,0', b""):
        said[0] = b"+CIPSTATE:" + line + b"\r\n"
        rig.fails(rig.EIO, m.net.connections)
    said[0] = b""
    rig.fails(rig.EIO, m.net.status)
    rig.fails(rig.EIO, m.net.localtime)
    for text in (
        b"Thu Foo  1 00:00:00 2026",
        b"Thu",
        b"Thu Jan x 00:00:00 2026",
        b"Thu Jan 1 0 2026",
    ):
        said[0] = b"+CIPSNTPTIME:" + text + b"\r\n"
        rig.fails(rig.EIO, m.net.localtime)


def test_time_servers():
    # wire: AT+CIPSNTPCFG?, AT+CIPSNTPCFG= by net.sntp
    m = rig.joined()
    assert m.net.sntp()[0] is False
    m.net.sntp(8, "ntp.test", wait_s=10)
    assert m.net.sntp() == (True, 8, ["ntp.test"])
    t = m.net.localtime()
    assert t[:4] == (2026, 1, 1, 8) and t[6:] == (3, 1), t
    m.net.sntp(-5)
    on, zone, servers = m.net.sntp()
    assert (on, zone, len(servers)) == (True, -5, 3), servers


def test_time_servers_switched_off():
    # wire: AT+CIPSNTPCFG= by net.sntp_stop
    m = rig.joined()
    m.net.sntp(8, wait_s=10)
    m.net.sntp_stop()
    assert m.net.sntp()[0] is False
    rig.control("reboot")
    rig.wait(m, 2000)
    assert m.net.sntp()[0] is False


def test_time_zones_in_both_notations():
    rig.needs("time zone with minutes")
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.wifi.connect(*rig.LAB)
    for zone, wire, hour, minute in (
        (0, b"0", 0, 0),
        (8, b"8", 8, 0),
        (14, b"14", 14, 0),
        (-12, b"-12", 12, 0),
        (530, b"530", 5, 30),
        (-500, b"-500", 19, 0),
        (1245, b"1245", 12, 45),
        (15, b"15", 0, 15),
        ("+05:30", b"530", 5, 30),
        ("-0930", b"-930", 14, 30),
        ("1245", b"1245", 12, 45),
        ("+08", b"8", 8, 0),
        ("-00:30", b"-30", 23, 30),
        ("00:00", b"0", 0, 0),
    ):
        rig.set_clock(m, 1767225600)
        tap.forget()
        m.net.sntp(zone)
        assert bytes(tap.sent) == b"AT+CIPSNTPCFG=1," + wire + b"\r\n", (zone, bytes(tap.sent))
        assert m.net.localtime()[3:5] == (hour, minute), (zone, m.net.localtime())


def test_a_time_server_that_does_not_answer():
    rig.control("sntp", answers=False)
    m = rig.joined()
    start = rig.now_ms()
    rig.fails(rig.ETIMEDOUT, m.net.sntp, 0, wait_s=5)
    assert 5000 <= rig.since_ms(start) < 6000
    assert m.net.localtime()[0] == 1970
    rig.fails(rig.ETIMEDOUT, m.net.set_rtc)
    seen = []
    m.on_line("+TIME_UPDATED", seen.append)
    rig.control("sntp", answers=True)
    rig.wait_until(m, lambda: seen, 30000)
    assert m.net.localtime()[0] == 2026


def test_the_event_of_a_new_time():
    m = rig.joined()
    seen = []
    m.on("+TIME_UPDATED", lambda event, data: seen.append((event, data, m.net.localtime()[0])))
    m.net.sntp(0, wait_s=10)
    rig.wait_until(m, lambda: seen)
    assert seen == [("+TIME_UPDATED", b"", 2026)], seen
    m.net.sntp(1)
    rig.wait_until(m, lambda: len(seen) == 2)
    m.on("+TIME_UPDATED", None)
    m.net.sntp(2, wait_s=10)
    rig.wait(m, 100)
    assert len(seen) == 2


def test_the_interval():
    # wire: AT+CIPSNTPINTV?, AT+CIPSNTPINTV= by net.sntp_interval
    m = rig.modem()
    assert m.net.sntp_interval() == 3600
    for value in (15, 4294967):
        m.net.sntp_interval(value)
        assert m.net.sntp_interval() == value


def test_localtime():
    # wire: AT+CIPSNTPTIME? by net.localtime
    # wire: AT+SYSTIMESTAMP?, AT+SYSTIMESTAMP= by net.timestamp
    m = rig.modem()
    for seconds, expected in (
        (0, (1970, 1, 1, 0, 0, 0, 3, 1)),
        (951782400, (2000, 2, 29, 0, 0, 0, 1, 60)),
        (1078012799, (2004, 2, 28, 23, 59, 59, 5, 59)),
        (1767225599, (2025, 12, 31, 23, 59, 59, 2, 365)),
        (1735603200, (2024, 12, 31, 0, 0, 0, 1, 366)),
        (4107542400, (2100, 3, 1, 0, 0, 0, 0, 60)),
    ):
        m.net.timestamp(seconds)
        assert 0 <= m.net.timestamp() - seconds <= 1
        t = m.net.localtime()
        assert t[:5] + t[6:] == expected[:5] + expected[6:], (t, expected)
        assert 0 <= t[5] - expected[5] <= 1


def test_the_boards_own_clock():
    from machine import RTC

    m = rig.joined()
    m.net.sntp(2, wait_s=10)
    t = m.net.set_rtc()
    assert t[0] == 2026 and t[3] == 2, t
    board = RTC().datetime()
    assert board[:3] + board[4:6] == t[:5] and board[3] == t[6], (board, t)


def test_name_servers_outlive_a_reboot_of_the_module():
    rig.needs("AT+CIPDNS|AT+CIPDNS_CUR")
    m = rig.joined()
    m.net.dns("192.0.2.1")
    rig.control("reboot")
    rig.wait(m, 2000)
    assert m.net.dns() == (True, ["192.0.2.1"])


def test_time_servers_outlive_a_reboot_of_the_module():
    m = rig.joined()
    m.net.sntp(500, "ntp.test")
    seen = []
    m.on("+TIME_UPDATED", lambda event, data: seen.append(event))
    rig.wait_until(m, lambda: seen)
    rig.control("reboot")
    rig.wait(m, 2000)
    assert m.net.sntp() == (True, 5, ["ntp.test"])
    rig.wait_until(m, lambda: len(seen) == 2)


def test_mistakes_are_not_sent():
    m, tap = tapped()
    n = m.net
    for call, *args in (
        (n.resolve, ""),
        (n.resolve, "x", 0),
        (n.resolve, "x", 4),
        (n.resolve, "x", 1, -1),
        (n.resolve, "x", 1, 60001),
        (n.resolve, "x" * 241),
        (n.resolve, "x\r\nAT+RST"),
        (n.ping, ""),
        (n.ping, "x" * 241),
        (n.dns, "1.2.3"),
        (n.dns, "1.2.3.4.5"),
        (n.dns, "1.2.3.256"),
        (n.dns, "name.test"),
        (n.dns, "1.2.3.4", "1.2.3.4"),
        (n.dns, "1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4"),
        (n.sntp, 1401),
        (n.sntp, -1201),
        (n.sntp, -1300),
        (n.sntp, 60),
        (n.sntp, 1260),
        (n.sntp, "+14:30"),
        (n.sntp, "00:10"),
        (n.sntp, "-0012"),
        (n.sntp, "CET"),
        (n.sntp, ""),
        (n.sntp, "+123456"),
        (n.sntp, 0, "a", "b", "c", "d"),
        (n.sntp, 0, ""),
        (n.sntp, 0, "x" * 65),
        (n.sntp_interval, 14),
        (n.sntp_interval, 4294968),
        (n.timestamp, -1),
        (n.timestamp, 1 << 32),
    ):
        rig.raises(ValueError, call, *args)
    rig.raises(ValueError, n.sntp, 0, wait_s=-1)
    assert not tap.sent, bytes(tap.sent)
    rig.raises(AttributeError, getattr, n, "no_such_call")


def test_asyncio():
    from espat import aio

    async def main():
        m = aio.Modem(rig.uart())
        await m.wifi.connect(*rig.LAB)
        assert await m.net.resolve("http.test") == "198.51.100.80"
        assert await m.net.ping("http.test") >= 0
        await m.net.sntp("+01:00", "ntp.test", wait_s=10)
        assert (await m.net.sntp())[1] == 1
        assert (await m.net.set_rtc())[:4] == (2026, 1, 1, 1)
        assert (await m.net.addresses())["STAIP"] == "192.168.1.50"
        assert await m.net.connections() == []
        try:
            await m.net.ping("nobody.test")
        except OSError as e:
            assert e.errno == rig.ETIMEDOUT, e
            return
        raise AssertionError("no error")

    rig.run(main())
