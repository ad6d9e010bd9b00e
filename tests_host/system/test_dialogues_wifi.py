# needs: sim
# The worked dialogues of the guide about the access point, joining for light sleep, and
# provisioning (4.2.2, 4.5, 4.7.3, 4.8), played by the driver's own calls against their very words.
# How a dialogue is played is test_dialogues.py's.
import espat
from system import rig
from system.test_dialogues import Station, find, framed


class Told(Station):
    """After a command of the dialogue it says what the dialogue's next events are."""

    own = {
        "AT+SYSSTORE?": "+SYSSTORE:0",
        "AT+CWSTATE?": '+CWSTATE:2,"test"',
        "AT+CWJAP?": '+CWJAP:"test","02:65:73:70:61:01",6,-45,0,1,3,0,1',
    }

    def next_answer(self, line):
        text = line.decode().strip()
        if text in self.own:
            return framed(self.own[text]) + framed("OK")
        for i, step in enumerate(self.steps):
            if step["send"] is not None and alike(step["send"], text):
                self.used.append(step["send"])
                lines = [x for x in step["expect"] if x]
                for later in self.steps[i + 1 :]:
                    if later["send"] is not None:
                        break
                    lines = lines + later["expect"]
                return b"".join([framed(x) for x in lines])
        return Station.next_answer(self, line)


def alike(printed, sent):
    """Some arguments that the guide prints are the firmware's defaults, and left out."""
    return (
        printed == sent
        or sent.startswith("AT+CW")
        and (printed.startswith(sent + ",") or sent == printed + ",0")
    )


def played(wire, *without):
    wanted = [step["send"] for step in wire.steps if step["send"] and step["send"] not in without]
    for command in wanted:
        assert command in wire.used, (command, wire.used)


def test_access_point():
    wire = Told(find("4.2.2-tcp-server"))
    m = espat.Modem(wire)
    m.ap.config("ESP32_softAP", "1234567890", 5, 3)
    assert b'\r\nAT+CWSAP="ESP32_softAP","1234567890",5,3\r\n' in wire.sent
    assert m.ap.ifconfig()[:3] == ("192.168.4.1", "255.255.255.0", "192.168.4.1")
    for command in ("AT+CWMODE=2", 'AT+CWSAP="ESP32_softAP","1234567890",5,3', "AT+CIPAP?"):
        assert command in wire.used, wire.used


def test_join_with_a_listen_interval():
    wire = Told(find("4.7.3-light-sleep"))
    m = espat.Modem(wire)
    m.wifi.connect("espressif", "1234567890", listen_interval=3)
    assert b'\r\nAT+CWJAP="espressif","1234567890",,,,3\r\n' in wire.sent
    played(wire, "AT+SLEEP=2")


def test_a_phone():
    wire = Told(find("4.8.1-smartconfig-v2"))
    m = espat.Modem(wire)
    stages = []
    found = m.provision.smartconfig(
        "touch_v2", key="1234567890123456", on_stage=lambda stage, data: stages.append(stage)
    )
    assert found == (b"test", b"1234567890", b"")
    assert stages == ["listening", "type", "credentials", "joined", "address", "telling"], stages
    assert b'\r\nAT+CWSTARTSMART=4,0,"1234567890123456"\r\n' in wire.sent
    played(wire)
    assert m.wifi.isconnected()


def test_a_routers_button():
    wire = Told(find("4.8.3-wps"))
    m = espat.Modem(wire)
    assert m.provision.wps() == b"test"
    played(wire, "AT+CWJAP?")
    assert b"\r\nAT+CWJAP?\r\n" in wire.sent
    assert m.wifi.isconnected()


def provisioned(name, ssid, key, join_s):
    wire = Told(find(name))
    m = espat.Modem(wire)
    stages = []
    # The access point of the dialogue lets three stations in, this one as many as it can.
    m.ap.config(ssid, key, 11, max_stations=3)
    found = m.provision.web(
        ssid, key, 11, join_s=join_s, on_stage=lambda stage, data: stages.append(stage)
    )
    assert found == b"test" and m.wifi.isconnected()
    assert stages == ["listening", "credentials", "joined", "address", "seen"], stages
    # AT+RESTORE belongs to whoever starts over; the driver has several links from its start.
    played(wire, "AT+RESTORE", "AT+CIPMUX=1")
    assert b"\r\nAT+CIPMUX=1\r\n" in wire.sent
    assert b"\r\nAT+WEBSERVER=0\r\n" in wire.sent


def test_a_browser():
    provisioned("4.5.1-web-provision-browser", "pos_softap", None, 25)


def test_an_applet():
    provisioned("4.5.3-web-provision-wechat", "pos_softap", "espressif", 40)


def test_a_browser_with_wrong_credentials():
    wire = Told(find("4.5.1-web-provision-fail"))
    start = {"send": "AT+WEBSERVER=1,80,25", "expect": ["OK"]}
    wire.steps = [start] + wire.steps
    m = espat.Modem(wire)
    stages = []
    e = rig.raises(
        espat.WifiError,
        m.provision.web,
        "pos_softap",
        timeout_s=60,
        on_stage=lambda stage, data: stages.append(stage),
    )
    assert e.errno == rig.ETIMEDOUT
    assert stages == ["listening", "credentials", "failed"], stages


def test_an_update_that_breaks():
    wire = Told(find("4.5.2-web-ota-fail"))
    start = {"send": "AT+WEBSERVER=1,80,25", "expect": ["OK"]}
    wire.steps = [start] + wire.steps
    m = espat.Modem(wire)
    told = []
    rig.fails(
        rig.ETIMEDOUT,
        m.provision.web,
        "pos_softap",
        timeout_s=5,
        on_stage=lambda stage, data: told.append((stage, data)),
    )
    assert told == [("listening", None), ("update", "begins"), ("update", "failed")], told
