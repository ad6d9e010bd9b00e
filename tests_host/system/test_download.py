# needs: sim
# modem.system.filtered_download: a page as bare bytes behind filters (guide 4.1.1). Owns that every
# byte is the page's, or an error.
import espat
from system import rig

URL = "http://web.test/"


def fetch(m, path, **options):
    out = bytearray()
    n = m.system.filtered_download(URL + path, out.extend, **options)
    assert n == len(out), (n, len(out))
    return bytes(out)


def well(m):
    assert m.system.filtering() == 0
    assert m.system.filters() == []
    assert m.wifi.ifconfig()[0] == "192.168.1.50"


def test_pages_of_many_sizes():
    # wire: AT+HTTPCGET=, AT+HTTPGETSIZE= by system.filtered_download
    m = rig.joined()
    for size in (1, 100, 512, 2048, 2049, 20000):
        assert fetch(m, "file/%d" % size) == rig.pattern(size), size
        well(m)


def test_a_size_that_is_known():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.wifi.connect(*rig.LAB)
    tap.forget()
    assert fetch(m, "file/3000", length=3000) == rig.pattern(3000)
    sent = bytes(tap.sent)
    assert b"HTTPGETSIZE" not in sent
    # As in the guide: both filters, in force for the download, then cleared.
    words = [
        b"AT+SYSMSGFILTERCFG=1,18,3\r\n^+HTTPCGET:[0-9]*,\r\n$",
        b"AT+SYSMSGFILTERCFG=1,0,7\r\n\r\nOK\r\n$",
        b"AT+SYSMSGFILTER=1\r\n",
        b'AT+HTTPCGET="http://web.test/file/3000",2048,2048,5000\r\n',
        b"AT+SYSMSGFILTERCFG=0\r\n",
        b"AT+SYSMSGFILTER=0\r\n",
    ]
    assert sent == b"".join(words), sent
    well(m)


def test_no_bytes_at_all():
    m = rig.joined()
    assert fetch(m, "file/10", length=0) == b""
    well(m)


def test_other_links_go_on():
    m, s = rig.connected()
    s.sendall(b"before")
    assert s.read(6) == b"before"
    assert fetch(m, "file/5000") == rig.pattern(5000)
    s.sendall(b"after")
    assert s.read(5) == b"after"


def test_a_page_that_is_not_there():
    rig.needs("AT+HTTPGETSIZE")
    m = rig.joined()
    e = rig.raises(espat.ATError, m.system.filtered_download, URL + "status/404", print)
    assert e.command == "AT+HTTPGETSIZE" and e.code & 0xFFFF == 0x7194, e
    well(m)
    e = rig.raises(espat.ATError, fetch, m, "status/404", length=5000)
    assert e.command == "AT+HTTPCGET", e
    well(m)
    assert fetch(m, "file/100") == rig.pattern(100)


def test_a_page_that_ends_too_soon():
    m = rig.joined()
    rig.raises(OSError, fetch, m, "cut/5000/1000")
    well(m)
    rig.raises(OSError, fetch, m, "file/1000", length=1500, timeout_ms=1000)
    well(m)
    rig.fails(rig.EIO, fetch, m, "file/1500", length=1000)  # longer than we were told
    well(m)


def test_a_module_that_speaks_in_the_middle():
    m = rig.joined()
    rig.control("inject", line="+SOMETHING:1", after_bytes=3000)
    rig.fails(rig.EIO, fetch, m, "file/5000", length=5000)
    well(m)
    assert fetch(m, "file/5000") == rig.pattern(5000)


def test_a_module_that_reboots_in_the_middle():
    m = rig.joined()
    rig.control("reboot", in_ms=700)
    rig.raises(OSError, fetch, m, "file/50000")
    well(m)
    assert fetch(m, "file/5000") == rig.pattern(5000)


def test_a_writer_that_fails():
    m = rig.joined()

    def full(data):
        raise MemoryError

    rig.raises(MemoryError, m.system.filtered_download, URL + "file/20000", full)
    well(m)


def test_mistakes_are_not_sent():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.start()
    tap.forget()
    rig.raises(ValueError, m.system.filtered_download, URL + "x" * 256, print)
    rig.raises(ValueError, m.system.filtered_download, URL, print, timeout_ms=-1)
    rig.raises(ValueError, m.system.filtered_download, URL, print, timeout_ms=180001)
    rig.raises(ValueError, m.system.filtered_download, URL, print, -1)
    assert not tap.sent, bytes(tap.sent)


def test_asyncio():
    import asyncio

    from espat import aio

    async def main():
        m = aio.Modem(rig.uart())
        await m.wifi.connect(*rig.LAB)
        out = bytearray()
        task = asyncio.create_task(m.wifi.status())  # waits for its turn
        await m.system.filtered_download(URL + "file/20000", out.extend)
        assert out == rig.pattern(20000)
        assert await task == 2
        assert await m.system.filters() == []
        task = asyncio.create_task(m.system.filtered_download(URL + "file/50000", out.extend))
        await asyncio.sleep(1)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        assert await m.system.filters() == []
        assert await m.wifi.isconnected()

    rig.run(main())
