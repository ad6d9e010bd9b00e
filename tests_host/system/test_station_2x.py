# needs: sim
# profile: esp32s2-2.x
# ESP-AT 2.1 has no AT+CWSTATE, no AT+CIPSTATE and no AT+HTTPCHEAD: what they tell is asked for
# otherwise, or not needed.
import espat
from system import rig


def test_the_state_of_the_station():
    m = rig.modem()
    assert m.wifi.status() == 0 and not m.wifi.isconnected()
    m.wifi.connect(*rig.LAB)
    assert (m.wifi.status(), m.wifi.status("ssid")) == (2, b"espat-lab")
    assert m.wifi.isconnected()
    rig.control("ap_down", ssid="espat-lab")
    rig.wait_until(m, lambda: not m.wifi.isconnected())
    assert m.wifi.status() in (0, 4) and m.wifi.status("ssid") == b""


def test_links():
    m, s = rig.connected()
    ((link, kind, address, port, ours, server),) = m.net.connections()
    assert (link, kind, address, port, server) == (0, "TCP", "198.51.100.7", 7, False)
    assert ours > 1023
    s.close()
    assert m.net.connections() == []


def test_pages_without_headers():
    m = rig.joined()
    r = m.http.get("http://web.test/file/3000")
    assert r.status_code == 200 and r.content == rig.pattern(3000)
    assert m.http.post("http://web.test/post", b"a=1").json()["form"] == {"a": "1"}
    e = rig.raises(espat.ATError, m.http.get, "http://web.test/get", {"X-One": "1"})
    assert e.command == "AT+HTTPCHEAD"
    assert m.http.get("http://web.test/get").json()["url"].endswith("/get")
