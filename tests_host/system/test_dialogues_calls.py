# needs: sim
# The guide's dialogues about the system, names and time, with the driver's own calls on one side
# and the dialogue's very words on the other: no simulator answers here. Owns which call is which
# line.
import espat
from system import rig
from system.test_dialogues import Words, find


class Played(Words):
    """Answers a command of the dialogue with the dialogue's words, all others with OK."""

    def __init__(self, *names):
        Words.__init__(self)
        self.steps = []
        for name in names:
            self.steps += find(name)["steps"]
        self.used = []

    def next_answer(self, line):
        text = line.decode().strip()
        for i in range(len(self.steps)):
            step = self.steps[i]
            if step["send"] == text:
                self.used.append(text)
                raw = step.get("send_raw")
                self.expect(step["expect"], None if raw is None else raw.encode())
                self.missing = self.asked
                del self.steps[i]
                return self.first
        return b"\r\nOK\r\n"


def play(*names, version=None):
    wire = Played(*names)
    if version:
        lines = ["AT version:" + version + "(guide - ESP32S2)", "OK"]
        wire.steps.insert(0, {"send": "AT+GMR", "expect": lines})
    m = espat.Modem(wire)
    m.start()
    wire.used = []
    wire.sent = bytearray()
    return m, wire


def test_versions():
    for name in ("3.1.4-gmr", "1.4.3-gmr"):
        m, wire = play(name, name)  # start() has asked for the first
        lines = find(name)["steps"][0]["expect"]
        found = m.system.version()
        assert len(found) == 4 and wire.used == ["AT+GMR"], found
        for kind in found:
            assert [x for x in lines if x.startswith(kind) and x.endswith(found[kind])], kind


def test_ram_and_docs():
    m, wire = play("3.1.14-sysram", "3.11.6-userdocs")
    line = wire.steps[0]["expect"][0]
    assert line == "+SYSRAM:%d,%d" % m.system.ram(), line
    urls = [x.split('"')[1] for x in wire.steps[0]["expect"] if x[0] == "+"]
    assert m.system.docs() == urls, urls


def test_error_codes():
    m, wire = play("3.1.24-syslog-on")
    m.system.error_codes(True)
    e = rig.raises(espat.ATError, m.command, "AT+FAKE")
    assert e.code == 0x01090000
    m, wire = play("3.1.24-syslog-off")
    m.system.error_codes(False)
    assert rig.raises(espat.ATError, m.command, "AT+FAKE").code == 0
    assert wire.used == ["AT+SYSLOG=0", "AT+FAKE"]


def test_time():
    m, wire = play("3.3.21-sntptime-b", "3.3.22-sntpintv")
    m.net.sntp("+05:30")
    assert m.net.localtime() == (2021, 10, 19, 15, 17, 56, 1, 292)
    m.net.sntp(8, "cn.ntp.org.cn", "ntp.sjtu.edu.cn")
    m.net.sntp_interval(3600)
    assert wire.used == [
        "AT+CIPSNTPCFG=1,530",
        "AT+CIPSNTPTIME?",
        'AT+CIPSNTPCFG=1,8,"cn.ntp.org.cn","ntp.sjtu.edu.cn"',
        "AT+CIPSNTPINTV=3600",
    ], wire.used
    # asctime pads the day with a blank.
    m, wire = play("4.3.3-mqtt-tls-publisher")
    m.net.sntp(8, "ntp1.aliyun.com")
    assert m.net.localtime() == (2021, 9, 2, 18, 57, 3, 3, 245)
    assert len(wire.used) == 2


def test_mdns():
    m, wire = play("4.2.13-mdns", version="3.4.1.0")
    txt = (("product", "my_printer"), ("firmware_version", "AT-V3.4.1.0"))
    m.mdns.start("espressif", "_printer", 35, "my_instance", "_tcp", txt)
    m.mdns.stop()
    assert len(wire.used) == 2 and wire.used[1] == "AT+MDNS=0", wire.used


def test_filters():
    m, wire = play("4.1.1-http-filtered-download")
    m.system.add_filter("^+HTTPCGET:[0-9]*,", "\r\n$")
    m.system.add_filter("", "\r\nOK\r\n$")
    m.system.filtering(True)
    m.system.clear_filters()
    m.system.filtering(False)
    assert wire.used == [
        "AT+SYSMSGFILTERCFG=1,18,3",
        "AT+SYSMSGFILTERCFG=1,0,7",
        "AT+SYSMSGFILTER=1",
        "AT+SYSMSGFILTERCFG=0",
        "AT+SYSMSGFILTER=0",
    ], wire.used
    assert b"\r\n^+HTTPCGET:[0-9]*,\r\n$AT+SYS" in wire.sent, bytes(wire.sent)


def test_sleep():
    m, wire = play("4.7.2-modem-sleep", "4.7.3-light-sleep")
    m.system.sleep(1)
    m.system.sleep(2)
    assert wire.used == ["AT+SLEEP=1", "AT+SLEEP=2"]


def test_the_manufacturing_store():
    m, wire = play("new-sysmfg-keys", "new-sysmfg-int")
    keys = m.nvs.keys("factory_param")
    assert len(keys) == 13 and keys["module_name"] == "string" and keys["sys_store"] == "u8", keys
    assert m.nvs.get("factory_param", "uart_baudrate") == 115200
    m.nvs.set("factory_param", "uart_tx_pin", 17)
    assert wire.used == [
        'AT+SYSMFG=1,"factory_param"',
        'AT+SYSMFG=1,"factory_param","uart_baudrate"',
        'AT+SYSMFG=2,"factory_param","uart_tx_pin",6,17',
    ], wire.used
