# needs: sim
# runs-on: cpython
# modem.ota: new firmware for the module, and what is left when it breaks off. The servers are
# functions of this file, so it needs the network in this process.
import espat
from system import rig

SERVER = "iot.espressif.cn"
LIST = b'{"versions": ["v3.3.0.0", "v3.4.0.0"]}'
IMAGE = b"\xe9" + bytes(3000)


def serving(module, host, image, short=0):
    """A web server that has a list of versions, and an image at any other path."""

    def serve(peer):
        asked = bytearray()

        def take(data):
            asked.extend(data)
            if b"\r\n\r\n" not in asked:
                return
            body = LIST if b"is_format_simple" in asked else image
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
            peer.send(body[: len(body) - short])
            peer.close()

        peer.on_data(take)

    module.net.serve_tcp(host, 80, serve)


def test_versions_and_update(module):
    # wire: AT+CIPFWVER? by ota.versions
    # wire: AT+CIUPDATE= by ota.update
    # wire: AT+CIUPDATE? by ota.state
    serving(module, SERVER, IMAGE)
    m = rig.joined()
    assert m.ota.versions() == ["v3.3.0.0", "v3.4.0.0"]
    seen = []
    m.ota.update(progress=seen.append)
    assert seen == [1, 2, 3, 4], seen
    rig.wait(m, 3000)  # it may restart by itself
    assert m.ota.state() in (0, 4)
    m.ota.update(version="v3.3.0.0", wait=False, progress=seen.append)
    rig.wait_until(m, lambda: len(seen) == 8, 60000)
    assert seen[4:] == [1, 2, 3, 4], seen
    rig.wait(m, 3000)
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]


def test_an_update_that_breaks_off(module):
    serving(module, SERVER, IMAGE, short=1500)
    m = rig.joined()
    seen = []
    before = m.system.version()
    rig.raises(espat.ATError, m.ota.update, progress=seen.append)
    assert 4 not in seen and m.ota.state() == -1, seen
    del seen[:]
    m.ota.update(wait=False, progress=seen.append)
    rig.wait_until(m, lambda: seen and seen[-1] == -1, 200000)
    assert m.ota.state() == -1 and m.system.version() == before
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"] and m.wifi.isconnected()


def test_back_to_the_firmware_before(module):
    # wire: AT+SYSROLLBACK by ota.rollback
    serving(module, SERVER, IMAGE)
    m = rig.joined()
    reboots = []
    m.on(rig.REBOOT, lambda event, data: reboots.append(event))
    m.ota.update()
    rig.wait(m, 3000)
    before = len(reboots)
    m.ota.rollback()
    assert m.wifi.isconnected()
    rig.wait(m, 10)
    assert len(reboots) == before + 1


def test_no_server():
    m = rig.joined()
    rig.raises(espat.ATError, m.ota.versions)
    rig.raises(espat.ATError, m.ota.update, "v9.9.9.9", "ota", True)


def test_from_an_address_of_ones_own(module):
    # wire: AT+USEROTA= by ota.from_url
    serving(module, "own.test", IMAGE)
    serving(module, "half.test", IMAGE, short=1500)
    m = rig.joined()
    for url in ("http://half.test/x.bin", "http://refuse.test:1/x.bin", "http://web.test/file/500"):
        rig.raises(espat.ATError, m.ota.from_url, url)
        assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
    rig.raises(ValueError, m.ota.from_url, "")
    rig.raises(ValueError, m.ota.from_url, "x" * 8193)
    reboots = []
    m.on(rig.REBOOT, lambda event, data: reboots.append(event))
    m.ota.from_url("http://own.test/" + "x" * 900)
    rig.wait_until(m, lambda: reboots, 10000)
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
