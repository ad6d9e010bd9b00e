# needs: sim
# profile: esp8266-0.30
# The parts of the driver on the ESP8266's first firmware: the access point, addresses, servers,
# passthrough, settings, restarts, updates. Links and joining: test_old_firmware.py.
import io

import espat
from system import rig

ADDRESS = "192.168.1.50"
FAR = ("192.0.2.10", 80)


def lacks(what, f, *args, **options):
    e = rig.raises(NotImplementedError, f, *args, **options)
    assert "AT 0.30" in str(e) and what in str(e), e


def test_the_access_point():
    # wire: esp8266-0.30 AT+CWMODE_CUR= by ap.active
    # wire: esp8266-0.30 AT+CWSAP_CUR= by ap.config
    # wire: esp8266-0.30 AT+CWSAP_CUR? by ap.config
    # wire: esp8266-0.30 AT+CWLIF by ap.stations
    # wire: esp8266-0.30 AT+CIPAPMAC_CUR? by ap.mac
    # wire: esp8266-0.30 AT+CIPAPMAC_CUR= by ap.mac
    m = rig.joined()
    m.ap.active(True)
    lacks("hidden", m.ap.config, "our net", "long enough", 5, hidden=True)
    m.ap.config("our net", "long enough", 5)
    assert m.ap.config()[:4] == (b"our net", b"long enough", 5, 3)
    m.ap.mac("1a:fe:36:97:d5:7b")
    assert m.ap.mac() == b"\x1a\xfe\x36\x97\xd5\x7b"
    rig.control("sta_join", mac="aa:bb:cc:dd:ee:ff", key="long enough")
    rig.wait(m, 1000)
    (station,) = m.ap.stations()
    assert "192.168.4.2" in station
    m.ap.active(False)
    assert not m.ap.active()


def test_addresses():
    # wire: esp8266-0.30 AT+CIPAP_CUR= by ap.ifconfig
    # wire: esp8266-0.30 AT+CIPAP_CUR? by ap.ifconfig
    # wire: esp8266-0.30 AT+CWDHCP_CUR? by ap.dhcp
    # wire: esp8266-0.30 AT+CWDHCP_CUR= by wifi.dhcp
    # wire: esp8266-0.30 AT+CIPSTAMAC_CUR= by wifi.mac
    m = rig.modem()
    m.wifi.mac("18:fe:35:98:d3:7b")
    assert m.wifi.mac() == b"\x18\xfe\x35\x98\xd3\x7b"
    m.ap.active(True)
    assert m.ap.dhcp() and m.wifi.dhcp()
    m.ap.ifconfig(("192.168.5.1", "255.255.255.0", "192.168.5.1"))
    assert m.ap.ifconfig()[:3] == ("192.168.5.1", "255.255.255.0", "192.168.5.1")
    assert not m.ap.dhcp()
    assert m.wifi.dhcp()
    m.wifi.dhcp(False)
    assert not m.wifi.dhcp()
    m.wifi.dhcp(True)
    m.ap.dhcp(True)
    assert m.ap.dhcp() and m.wifi.dhcp()


def test_a_server():
    # wire: esp8266-0.30 AT+CIPSERVER= by socket.listen
    # wire: esp8266-0.30 AT+CIPSTO= by socket.listen
    m = rig.joined()
    s = m.socket()
    s.bind(("", 1001))
    s.listen(2, idle_s=60)
    client = rig.control("client", port=1001)["id"]
    rig.wait(m, 50)
    rig.control("far", id=client, send="hello")
    s.settimeout(5)
    c, _ = s.accept()
    assert c.recv(5) == b"hello"
    c.write(b"and back")
    rig.wait(m, 50)
    assert bytes.fromhex(rig.control("far", id=client)["data_hex"]) == b"and back"
    other = m.socket()
    other.connect(rig.ECHO)
    other.write(b"beside")
    assert other.read(6) == b"beside"
    other.close()
    c.close()
    s.close()


def test_a_client_that_says_nothing():
    m = rig.joined()
    s = m.socket()
    s.bind(("", 1001))
    s.listen(2, idle_s=5)
    client = rig.control("client", port=1001)["id"]
    s.settimeout(5)
    c, _ = s.accept()
    rig.control("far", id=client, send="x")
    assert c.recv(1) == b"x"
    start = rig.now_ms()
    c.settimeout(20)
    assert c.recv(1) == b"", "closed by the module"
    assert 4900 < rig.since_ms(start) < 6000
    c.close()
    s.close()


def test_long_sends():
    # wire: esp8266-0.30 AT+CIPSENDEX= by socket.send_long
    far = rig.control("serve", host=FAR[0], port=FAR[1])["id"]
    m, s = rig.connected(FAR)
    end = rig.control("far", id=far)["connections"][-1]
    for data in (rig.pattern(5000), b"\\" * 2000 + b"\\0" + b"\0" * 500, b"a"):
        for size in (None, len(data)):
            seen = []
            n = s.send_long(io.BytesIO(data), size, lambda a, b, seen=seen: seen.append(a))
            assert n == len(data) and (size is None or seen[-1] == n), seen
            rig.wait(m, 100)
            assert bytes.fromhex(rig.control("far", id=end)["data_hex"]) == data
    lacks("long sends", s.send_long, b"123", transmit=1000)
    s.close()


def test_passthrough():
    # wire: esp8266-0.30 AT+CIPMODE=, AT+CIPSEND by passthrough.connect
    # wire: esp8266-0.30 AT+SAVETRANSLINK= by passthrough.save
    m = rig.joined()
    s = m.passthrough.connect(rig.ECHO)
    s.write(b"as it is: +++\r\nOK\r\n")
    assert s.read(19) == b"as it is: +++\r\nOK\r\n"
    s.close()
    m.passthrough.save(("192.168.1.9", 80), kind="UDP", local_port=99)
    m.passthrough.save(("192.168.1.9", 80), keep_alive=60)
    m.passthrough.save()
    lacks("TLS", lambda: m.passthrough.connect(("192.168.1.9", 443), kind="SSL"))
    lacks("passthrough over", lambda: m.passthrough.save(("192.168.1.9", 443), kind="SSL"))


def test_settings():
    # wire: esp8266-0.30 AT by system.alive
    # wire: esp8266-0.30 AT+SLEEP=, AT+SLEEP? by system.sleep
    # wire: esp8266-0.30 AT+RFPOWER= by system.rf_power
    # wire: esp8266-0.30 AT+CWAUTOCONN= by wifi.autoconnect
    m = rig.modem()
    assert m.system.alive()
    assert m.system.version()["AT version"].startswith("0.30")
    assert m.system.sleep() == 1  # modem sleep, as ESP-AT numbers it
    m.system.sleep(0)
    assert m.system.sleep() == 0
    lacks("sleep mode 3", m.system.sleep, 3)
    m.system.rf_power(60)
    m.system.rf_power(84)  # as far as it goes: 82
    m.wifi.autoconnect(True)
    for f in (m.system.ram, m.system.messages, m.wifi.reconnect, m.ap.protocol, m.ap.kick):
        lacks("AT+", f)


def test_another_rate():
    # wire: esp8266-0.30 AT+UART_CUR= by uart.configure
    m = rig.joined()
    m.uart.configure(baudrate=460800)
    assert m.uart.settings()[0] == 460800
    s = m.socket()
    s.connect(rig.ECHO)
    s.write(b"faster")
    assert s.read(6) == b"faster"
    s.close()
    m.uart.configure(baudrate=115200)
    assert m.wifi.isconnected()


def test_restarts():
    # wire: esp8266-0.30 AT+RST by system.restart
    # wire: esp8266-0.30 AT+RESTORE by system.restore
    # wire: esp8266-0.30 AT+GSLP= by system.deep_sleep
    m = rig.joined()
    start = rig.now_ms()
    m.system.deep_sleep(2000, wait=True)
    assert rig.since_ms(start) >= 2000
    assert m.wifi.isconnected()  # joined again
    m.system.restart()
    assert m.wifi.isconnected()
    m.system.restore()
    assert not m.wifi.isconnected()


def test_an_update():
    # wire: esp8266-0.30 AT+CIUPDATE by ota.update
    m = rig.joined()
    lacks("choice of an update", m.ota.update, version="v1.0")
    rig.raises(espat.ATError, m.ota.update)  # no such server in this world


def test_what_needs_newer_firmware():
    m = rig.joined()
    for what, f in (
        ("MQTT", lambda: m.mqtt.connect("mqtt.test")),
        ("HTTP", lambda: m.http.get("http://http.test/")),
        ("files", lambda: m.fs.listdir()),
        ("mDNS", lambda: m.mdns.start("us", "_http", 80)),
        ("time", lambda: m.net.sntp(1)),
        ("DNS look-up", lambda: m.net.resolve("echo.test")),
    ):
        lacks(what, f)


def test_smartconfig():
    # wire: esp8266-0.30 AT+CWSTARTSMART, AT+CWSTOPSMART by provision.smartconfig
    rig.control("ap_add", ssid="home net", key="home pass")
    m = rig.joined()
    lacks("SmartConfig", m.provision.smartconfig, "touch")
    assert m.wifi.isconnected(), "told before a byte was sent"
    rig.control("smartconfig", ssid="home net", password="home pass", in_ms=3000, type="ESPTOUCH")
    stages = []
    found = m.provision.smartconfig(on_stage=lambda stage, data: stages.append(stage))
    assert found == (b"home net", b"", b""), "it does not tell the key"
    assert stages == ["listening", "joined", "address", "telling"], stages
    assert rig.control("status")["smartconfig"] == {"running": False, "phone_told": True}
    assert m.wifi.ssid() == b"home net"


def test_smartconfig_without_a_phone():
    m = rig.modem()
    rig.fails(rig.ETIMEDOUT, m.provision.smartconfig, timeout_s=5)
    assert not rig.control("status")["smartconfig"]["running"]
    rig.control("smartconfig", ssid="no such net", password="12345678", in_ms=1000)
    e = rig.fails(rig.ETIMEDOUT, m.provision.smartconfig, join_s=10)
    assert isinstance(e, espat.WifiError)
    m.wifi.connect(*rig.LAB)


def test_its_supply():
    # wire: esp8266-0.30 AT+RFVDD?, AT+RFVDD=, AT+RFVDD by system.supply
    m = rig.modem()
    assert m.system.supply() == 3300
    m.system.supply(3000)
    m.system.supply(0)
    rig.raises(ValueError, m.system.supply, 1899)
    rig.raises(ValueError, m.system.supply, 3301)


def test_all_addresses():
    # wire: esp8266-0.30 AT+CIFSR by net.addresses
    m = rig.joined()  # it comes as an access point, too
    assert m.net.addresses() == {"APIP": "192.168.4.1", "STAIP": ADDRESS}
    m.wifi.active(False)
    assert m.net.addresses() == {"APIP": "192.168.4.1"}
    m.wifi.connect(*rig.LAB)
    m.ap.active(False)
    assert m.net.addresses() == {"STAIP": ADDRESS}
