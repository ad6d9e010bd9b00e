# needs: sim
# profile: esp32s2-3.4-full
# Provisioning by a page of the module's in a browser: right and wrong keys, nobody, an update. Owns
# modem.provision.web; the phone and the button are test_provision.py's.
import espat
from system import rig
from system.phones import Stages, browser, home, post, seen_it, served, usable


def test_web():
    # wire: AT+WEBSERVER=, AT+CWMODE=, AT+CWSAP= by provision.web
    m = home()
    stages = Stages(listening=browser, address=seen_it)
    assert not served(m)
    assert m.provision.web("cellar", "cellar-pass", on_stage=stages) == b"home net"
    assert stages.names == ["listening", "credentials", "joined", "address", "seen"], stages.names
    assert m.wifi.isconnected() and m.wifi.ssid() == b"home net"
    assert m.ap.active() is False
    assert not served(m)


def test_web_with_a_browser_that_goes_away():
    m = home()
    stages = Stages(listening=browser)
    assert m.provision.web("cellar", on_stage=stages) == b"home net"
    assert stages.names[-1] == "address"


def test_web_with_a_wrong_key_and_then_the_right_one():
    m = home()
    stages = Stages(
        listening=lambda: browser(password="not the key"),
        failed=lambda: (seen_it(), browser()),
        address=seen_it,
    )
    assert m.provision.web("cellar", on_stage=stages) == b"home net"
    assert stages.names.count("credentials") == 2 and "failed" in stages.names, stages.names


def test_web_that_nobody_finds():
    m = home()
    m.ap.config("attic", "attic-pass", 11)
    start = rig.now_ms()
    rig.fails(rig.ETIMEDOUT, m.provision.web, "cellar", timeout_s=100)
    assert 100000 <= rig.since_ms(start) < 103000
    assert m.ap.config()[:3] == (b"attic", b"attic-pass", 11), "as before"
    assert not served(m)
    usable(m)


def test_web_with_nothing_but_wrong_keys():
    m = home()
    stages = Stages(listening=lambda: browser(password="not the key"))
    e = rig.raises(espat.WifiError, m.provision.web, "cellar", timeout_s=60, on_stage=stages)
    assert e.errno == rig.ETIMEDOUT and stages.names[-1] == "failed"
    usable(m)


def test_web_and_a_firmware_from_the_browser():
    m = home()
    updates = []

    def stage(name, data):
        if name == "listening":
            post("/setotadata", "no image")
            rig.control("reboot", in_ms=9000)
        elif name == "update":
            updates.append(data)

    rig.fails(rig.ECONNRESET, m.provision.web, "cellar", on_stage=stage)
    assert updates == ["begins", "failed"], updates


def test_ctrl_c_ends_the_web_server_and_wps():
    m = home()

    def interrupted(stage, data):
        raise KeyboardInterrupt

    for call in (
        lambda: m.provision.web("cellar", on_stage=interrupted),
        lambda: m.provision.wps(on_stage=interrupted),
    ):
        try:
            call()
            raise AssertionError("it went on")
        except KeyboardInterrupt:
            pass
        assert m.ap.active() is False
        usable(m)
