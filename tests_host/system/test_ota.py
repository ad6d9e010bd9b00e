# needs: sim
# modem.ota: new firmware for the module, and what is left when it breaks off.
import espat
from system import rig


def test_versions_and_update():
    # wire: AT+CIPFWVER? by ota.versions
    # wire: AT+CIUPDATE= by ota.update
    # wire: AT+CIUPDATE? by ota.state
    m = rig.joined()
    versions = m.ota.versions()
    assert versions and all(["." in x for x in versions]), versions
    seen = []
    m.ota.update(progress=seen.append)
    assert seen == [1, 2, 3, 4], seen
    assert m.ota.state() == 4
    m.ota.update(version=versions[0], wait=False, progress=seen.append)
    rig.wait_until(m, lambda: len(seen) == 8, 60000)
    assert seen[4:] == [1, 2, 3, 4], seen


def test_an_update_that_fails():
    m = rig.joined()
    seen = []
    rig.raises(espat.ATError, m.ota.update, "v9.9.9.9", progress=seen.append)
    m.ota.update("v9.9.9.9", wait=False, progress=seen.append)
    rig.wait_until(m, lambda: seen and seen[-1] == -1, 60000)
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]


def test_from_an_address_of_ones_own():
    # wire: AT+USEROTA= by ota.from_url
    m = rig.joined()
    for url in ("http://web.test/cut/9000/4500", "http://refuse.test:1/x.bin"):
        rig.raises(espat.ATError, m.ota.from_url, url)
        assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
    rig.raises(ValueError, m.ota.from_url, "")
    rig.raises(ValueError, m.ota.from_url, "x" * 8193)
