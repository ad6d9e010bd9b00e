# runs-on: micropython
# needs: sim
# heap: 320K
# Programs that know nothing of espat, over espat: MicroPython's own asyncio streams and the
# `requests` that is frozen into the interpreter. Owns nothing of the driver.
import asyncio
import time

from espat import aio, dropin
from system import rig


def installed():
    m = rig.joined()
    dropin.install(m)
    return m


def test_asyncio_open_connection():
    installed()

    async def main():
        r, w = await asyncio.open_connection("echo.test", 7)
        for n in (1, 100, 3000):
            data = rig.pattern(n)
            w.write(data)
            await w.drain()
            got = await r.readexactly(n)
            assert got == data, n
        w.write(b"line one\nline two\n")
        await w.drain()
        assert await r.readline() == b"line one\n"
        assert await r.readline() == b"line two\n"
        w.close()
        await w.wait_closed()

    asyncio.run(main())


def test_two_streams_at_once():
    installed()

    async def one(n):
        r, w = await asyncio.open_connection("echo.test", 7)
        data = rig.pattern(n)
        w.write(data)
        await w.drain()
        got = await r.readexactly(n)
        w.close()
        await w.wait_closed()
        return got == data

    async def main():
        return await asyncio.gather(one(2000), one(3000))

    assert asyncio.run(main()) == [True, True]


def test_end_of_stream():
    installed()

    async def main():
        r, w = await asyncio.open_connection("pattern.test", 19)
        w.write(b"5000\n")
        await w.drain()
        got = await r.read(-1)
        assert len(got) == 5000
        w.close()
        await w.wait_closed()

    asyncio.run(main())


def test_requests():
    installed()
    import requests

    r = requests.get("http://http.test/")
    assert r.status_code == 200, r.status_code
    assert b"<" in r.content
    r.close()


def test_network_of_a_program_that_knows_nothing_of_espat():
    dropin.install(rig.modem())
    import network

    wlan = network.WLAN(network.STA_IF)
    assert not wlan.isconnected()
    assert wlan.status() == network.STAT_IDLE
    assert (b"espat-lab", b"\x02espa\x01", 6, -45, 3, False) in [x[:6] for x in wlan.scan()]
    for ssid, key, status in (
        ("espat-lab", "wrong key", network.STAT_WRONG_PASSWORD),
        ("no such", "12345678", network.STAT_NO_AP_FOUND),
        ("espat-lab", "espat-pass", network.STAT_GOT_IP),
    ):
        assert wlan.connect(ssid, key) is None
        assert wlan.status() == status, (ssid, wlan.status())
    assert wlan.isconnected() is True
    ip, mask, gateway, dns = wlan.ifconfig()
    assert wlan.ipconfig("addr4") == (ip, mask)
    assert wlan.ipconfig("gw4") == gateway
    assert wlan.config("ssid") == "espat-lab"
    assert len(wlan.config("mac")) == 6
    assert wlan.status("rssi") == -45
    wlan.config(hostname="lamp")
    assert wlan.config("hostname") == network.hostname() == "lamp"
    rig.raises(ValueError, wlan.config, "no such")
    rig.raises(ValueError, wlan.status, "no such")
    rig.raises(ValueError, network.WLAN, 7)
    assert wlan.config("channel") == 6
    assert wlan.ipconfig("dhcp4") is True
    wlan.ipconfig(addr4="192.168.7.9/25", gw4="192.168.7.1")
    time.sleep(1)  # the module takes a moment
    assert wlan.ifconfig()[:3] == ("192.168.7.9", "255.255.255.128", "192.168.7.1")
    assert wlan.ipconfig("dhcp4") is False
    rig.raises(ValueError, wlan.ipconfig, addr6="::1")
    rig.raises(ValueError, wlan.ipconfig, "no such")
    network.country("DE")
    assert network.country() == "DE"
    wlan.config(reconnects=3)
    assert wlan.config("reconnects") == 3
    wlan.disconnect()
    assert not wlan.isconnected()
    assert wlan.status() == network.STAT_IDLE
    assert wlan.active() is True
    assert wlan.active(False) is False


def test_an_access_point_of_a_program_that_knows_nothing_of_espat():
    dropin.install(rig.modem())
    import network

    ap = network.WLAN(network.AP_IF)
    assert ap.active(True) is True
    ap.config(essid="lamp", password="secret key", channel=3, max_clients=2)
    assert ap.config("ssid") == "lamp"
    assert ap.config("channel") == 3
    assert ap.config("max_clients") == 2
    assert ap.config("security") == network.AUTH_WPA2_PSK
    ap.config(hidden=True)
    assert ap.config("ssid") == "lamp" and ap.config("hidden") is True
    assert len(ap.config("mac")) == 6
    assert ap.ifconfig()[0] == "192.168.4.1"
    assert not ap.isconnected()
    rig.control("sta_join", mac="02:11:22:33:44:55", key="secret key")
    time.sleep(3)
    assert ap.isconnected() is True
    assert ap.status("stations") == [(b"\x02\x11\x22\x33\x44\x55",)]
    rig.raises(ValueError, ap.config, "no such")
    rig.raises(ValueError, ap.config, no_such=1)
    rig.raises(ValueError, ap.connect, "x")
    assert ap.active(False) is False


def test_network_with_an_asyncio_modem():
    m = aio.Modem(rig.uart())
    dropin.install(m)
    import network

    wlan = network.WLAN()
    wlan.connect(*rig.LAB)  # nothing runs yet: it waits
    assert wlan.isconnected()
    wlan.disconnect()

    async def main():
        wlan.connect(*rig.LAB)
        assert wlan.status() == network.STAT_CONNECTING
        while not wlan.isconnected():
            await asyncio.sleep_ms(50)
        assert wlan.ifconfig()[0] != "0.0.0.0"
        assert await m.wifi.isconnected()

    asyncio.run(main())


def test_the_time_over_udp_as_ntptime_asks_for_it():
    installed()
    import socket

    query = bytearray(48)
    query[0] = 0x1B
    address = socket.getaddrinfo("ntp.test", 123)[0][-1]
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.settimeout(1)
        s.sendto(query, address)
        answer = s.recv(48)
    finally:
        s.close()
    assert len(answer) == 48
    seconds = int.from_bytes(answer[40:44], "big") - 2208988800
    assert 1767225600 <= seconds < 1767225700, seconds
