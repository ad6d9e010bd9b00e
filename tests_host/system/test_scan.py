# needs: sim
# Scanning: filters, the iterator, many networks, and names that try to be something else. Owns
# what a program sees of the air.
import gc

import espat
from system import rig

LAB = (b"espat-lab", b"\x02espa\x01", 6, -45, 3, False)
OPEN = (b"espat-open", b"\x02espa\x02", 11, -63, 0, False)

# What a neighbour may call his network. 32 bytes at most.
HOSTILE = (
    b"two\nlines",
    b"two\r\nlines",
    b"\n",
    b"\r\n\r\n",
    b"a\r\nOK\r\n",
    b"a\r\n\r\nOK\r\n\r\nb",
    b"a\r\n\r\nERROR\r\n",
    b"a\r\nready\r\n",
    b"a\r\nWIFI DISCONNECT\r\nb",
    b"a\r\n0,CLOSED\r\n",
    b"a\r\n+IPD,0,5:hello",
    b"a\r\nbusy p...\r\n",
    b"a\r\nAT+RST\r\n",
    b"\r\n>",
    b")",
    b")\r\n",
    b")\r\n\r\nOK\r\n",
    b'",-1,"aa:bb:cc:dd:ee:ff",1)',
    b'",-1,"aa:bb:cc:dd:ee:ff",1)\r\n',
    b'",-1,"aa:bb:cc:dd:ee:ff",1)\r\nOK\r\n'[:32],
    b'",-9,"aa:bb:cc:dd:ee:ff",1,-1,-1',
    b'x",0,"aa:bb:cc:dd:ee:ff",1,1,1,',
    b'","","","","","","","","","","",',
    b"\\",
    b'\\"',
    b"x\\,y",
    b"'; DROP TABLE",
    b"caf\xc3\xa9",
    "网络".encode(),
    b"\xcd\xf8\xc2\xe7",  # the same in GBK
    b"\xff" * 32,
    b"\x01\x02\x7f\x00\x80",
    b'"' * 32,
    b")" * 32,
    b"\n" * 32,
    b'+CWLAP:(0,"',
    b'\r\n+CWLAP:(0,"free",-1,"',
    b"x" * 32,
)


def add_hostile():
    for ssid in HOSTILE:
        rig.control("ap_add", ssid_hex=hexed(ssid), channel=3, rssi=-80)


def hexed(data):
    return "".join(["%02x" % c for c in data])


def names(found):
    return sorted([ap[0] for ap in found])


def test_names_with_any_bytes():
    # wire: AT+CWLAP, AT+CWLAPOPT= by wifi.scan
    add_hostile()
    m = rig.modem()
    m.start()
    reboots = []
    m.on("reboot", lambda event, data: reboots.append(event))
    found = m.wifi.scan()
    assert LAB in found and OPEN in found, found
    others = [ap for ap in found if ap not in (LAB, OPEN)]
    assert names(others) == sorted(HOSTILE), found
    for ap in others:
        assert ap[1][:5] == b"\x02espa" and ap[2:] == (3, -80, 0, False), ap
    assert names(m.wifi.scan_iter()) == names(found)
    rig.wait(m, 100)
    assert not reboots
    m.wifi.connect(*rig.LAB)


def test_names_with_any_bytes_beside_a_connection():
    add_hostile()
    m, s = rig.connected()
    s.write(b"before")
    assert len(m.wifi.scan()) == len(HOSTILE) + 2
    assert s.read(6) == b"before"
    assert names(m.wifi.scan_iter()) == sorted((LAB[0], OPEN[0]) + HOSTILE)
    s.write(b"after")
    assert s.read(5) == b"after"
    assert m.wifi.isconnected()


def test_an_iterator_gives_what_the_list_has():
    m = rig.modem()
    assert list(m.wifi.scan_iter()) == [LAB, OPEN]
    found = m.wifi.scan_iter()
    assert next(found) == LAB
    assert m.wifi.rssi() is None, "the modem is free in between"
    assert next(found) == OPEN
    rig.raises(StopIteration, next, found)
    rig.raises(StopIteration, next, found)


def test_sixty_networks_in_little_memory_at_any_pace():
    for i in range(60):
        rig.control("ap_add", ssid="network number %02d of the house" % i, channel=1 + i % 13)
    m = rig.modem()
    m.wifi.rssi()
    gc.collect()
    if rig.MICROPYTHON:
        before = gc.mem_alloc()
    seen = 0
    most = 0
    for ap in m.wifi.scan_iter():
        seen += ap[0].startswith(b"network number ")
        rig.time.sleep_ms(1000)  # far longer than the UART's buffer lasts
        if rig.MICROPYTHON:
            gc.collect()
            most = max(most, gc.mem_alloc() - before)
    assert seen == 60, seen
    if rig.MICROPYTHON and rig.sys.maxsize < 1 << 32:
        # Sixty tuples would be 9 KB. The code of the scan is among it.
        assert most < 7000, most


def test_sixty_networks_on_one_channel():
    for i in range(60):
        rig.control("ap_add", ssid="the %02dth network of this channel" % i, channel=1)
    m = rig.modem()
    assert len(m.wifi.scan()) == 62
    assert len([ap for ap in m.wifi.scan_iter() if ap[2] == 1]) == 60


def test_filters():
    # wire: AT+CWLAP= by wifi.scan
    rig.control("ap_add", ssid="espat-lab", key="espat-pass", channel=1, rssi=-90)
    m = rig.modem()
    wifi = m.wifi
    twin = (b"espat-lab", b"\x02espa\x03", 1, -90, 3, False)
    assert wifi.scan(ssid="espat-lab") == [LAB, twin]
    assert wifi.scan(ssid=b"espat-open") == [OPEN]
    assert wifi.scan(ssid="espat") == []
    assert wifi.scan(bssid="02:65:73:70:61:03") == [twin]
    assert wifi.scan(bssid=OPEN[1]) == [OPEN]
    assert wifi.scan(channel=11) == [OPEN]
    assert wifi.scan("espat-lab", channel=1) == [twin]
    assert wifi.scan(rssi=-70) == [LAB, OPEN]
    assert wifi.scan(security=1) == [OPEN]
    assert wifi.scan(security=1 << 3, rssi=-50) == [LAB]
    assert wifi.scan() == [LAB, OPEN, twin], "no filter is left behind"
    for options in ({"ssid": "espat-lab"}, {"channel": 1}, {"bssid": twin[1]}, {"rssi": -50}):
        assert list(wifi.scan_iter(**options)) == wifi.scan(**options), options


def test_several_access_points_of_one_name():
    for channel in (1, 6, 11):
        rig.control("ap_add", ssid="house", key="12345678", channel=channel, rssi=-50 - channel)
    m = rig.modem()
    found = m.wifi.scan("house")
    assert [ap[2] for ap in found] == [1, 6, 11] and len({ap[1] for ap in found}) == 3
    for ap in found:
        m.wifi.connect("house", "12345678", ap[1])
        assert m.wifi.info()[1] == ap[1]


def test_a_hidden_network_is_named_when_asked_for():
    rig.control("ap_add", ssid="under cover", key="12345678", hidden=True, channel=2)
    m = rig.modem()
    hidden = [ap for ap in m.wifi.scan_iter() if ap[5]]
    assert [ap[0] for ap in hidden] == [b""]
    assert [ap[0] for ap in m.wifi.scan("under cover")] == [b"under cover"]


def test_how_long_it_looks():
    m = rig.modem()
    m.wifi.scan()

    def took_ms(**options):
        start = rig.now_ms()
        m.wifi.scan(**options)
        return rig.since_ms(start)

    assert took_ms(channel=6) < 400
    assert 1500 < took_ms() < 2000
    assert took_ms(passive=True) > 4600
    assert 3900 < took_ms(max_ms=300) < 4400
    assert took_ms(max_ms=1500, channel=1) > 1500
    assert took_ms(min_ms=100, max_ms=100, channel=1) < 400
    assert took_ms(max_ms=1500) > 19000


def test_details():
    rig.control("ap_add", ssid="button", key="12345678", wps=1)
    m = rig.modem()
    found = m.wifi.scan(ssid="button", details=True)
    assert found[0][0] == b"button" and found[0][6:] == (-1, -1, 4, 4, 7, 1), found
    assert list(m.wifi.scan_iter(ssid="button", details=True)) == found


def test_what_is_refused_before_a_byte_is_sent():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    for _ in range(2):
        for options in (
            {"ssid": ""},
            {"ssid": "x" * 33},
            {"ssid": "a\nb"},
            {"bssid": "02:65:73:70:61"},
            {"bssid": b"12345"},
            {"channel": 0},
            {"channel": 15},
            {"min_ms": -1},
            {"max_ms": 1501},
            {"min_ms": 300, "max_ms": 200},
            {"rssi": -101},
            {"rssi": 41},
            {"security": -1},
            {"security": 0x10000},
        ):
            before = len(tap.sent)
            rig.raises(ValueError, m.wifi.scan, **options)
            rig.raises(ValueError, m.wifi.scan_iter, **options)
            assert len(tap.sent) == before, options
        m.start()


def test_bytes_lost_on_the_wire_are_asked_for_again():
    for i in range(20):
        rig.control("ap_add", ssid="network number %d" % i, channel=3)
    m = rig.modem()
    whole = m.wifi.scan()
    again = 0
    for at in range(30, 1300, 29):
        start = rig.now_ms()
        rig.control("drop_output", count=3, after_bytes=at)
        found = m.wifi.scan()
        again += rig.since_ms(start) > 3000
        # Only within a name nobody can see that something is missing.
        assert [ap[1:] for ap in found] == [ap[1:] for ap in whole], at
        other = [i for i in range(22) if found[i] != whole[i]]
        assert not other or len(found[other[0]][0]) == len(whole[other[0]][0]) - 3, at
        assert len(other) < 2, at
    assert again > 20, again


def test_a_reboot_in_the_middle():
    m = rig.modem()
    m.wifi.rssi()
    rig.control("reboot", in_ms=1000)
    rig.raises(OSError, m.wifi.scan)
    assert len(m.wifi.scan()) == 2


def test_asyncio():
    from espat import aio

    add_hostile()
    turns = []

    async def beside():
        while True:
            turns.append(1)
            await asyncio.sleep(0.05)

    async def main():
        m = aio.Modem(rig.uart())
        task = asyncio.create_task(beside())
        found = await m.wifi.scan()
        assert len(found) == len(HOSTILE) + 2
        seen = []
        async for ap in m.wifi.scan_iter():
            seen.append(ap)
            await asyncio.sleep(0.1)
        assert names(seen) == names(found)
        task.cancel()
        assert len(turns) > 50, len(turns)

    import asyncio

    rig.run(main())


def test_cancelled_in_the_middle():
    import asyncio

    from espat import aio

    add_hostile()

    async def main():
        m = aio.Modem(rig.uart())
        await m.start()
        reboots = []
        m.on("reboot", lambda event, data: reboots.append(event))
        for ms in range(1400, 2100, 50):
            task = asyncio.create_task(m.wifi.scan())
            await asyncio.sleep(ms / 1000)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass
            # What is still said of the air is nobody's, but no line either.
            assert (await m.command("AT+CWMODE?"))[0] in (b"+CWMODE:1", b"+CWMODE:3"), ms
        assert len(await m.wifi.scan()) == len(HOSTILE) + 2
        assert not reboots

    rig.run(main())
