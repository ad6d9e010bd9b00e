# runs-on: cpython
# needs: sim
# CircuitPython's wifi.radio over modem.wifi. Owns the Radio's own words; libraries over it are
# thirdparty's.
from espat.circuitpython_radio import Radio
from system import rig


def test_what_a_program_asks():
    m = rig.modem()
    radio = Radio(m)
    assert not radio.connected and radio.ipv4_address is None and radio.ap_info is None
    try:
        radio.connect(rig.LAB[0], "a wrong key")
    except ConnectionError as e:
        assert rig.LAB[1] not in str(e) and "wrong key" in str(e) and "a wrong" not in str(e), e
    else:
        raise AssertionError("joined with a wrong key")
    radio.connect(*rig.LAB)
    assert radio.connected and radio.ipv4_address == m.wifi.ifconfig()[0]
    if rig.has("gateway in AT+CIPSTA"):  # AT 0.30 tells its address alone
        assert radio.ipv4_subnet == "255.255.255.0" and radio.ipv4_gateway and radio.ipv4_dns
    assert radio.ap_info.ssid == rig.LAB[0] and radio.ap_info.channel > 0
    assert 0 < radio.ping("198.51.100.7", timeout=5) < 5
    assert radio.ping("198.51.100.7", timeout=0) is None
    radio.hostname = "board"
    assert radio.hostname in ("board", b"board")
    assert len(radio.mac_address) == 6
    radio.disconnect()
    assert not radio.connected


def test_a_mac_address_of_ones_own():
    m = rig.joined()
    m.wifi.disconnect()
    radio = Radio(m)
    radio.mac_address = b"\x02\x11\x22\x33\x44\x55"
    assert radio.mac_address == b"\x02\x11\x22\x33\x44\x55"


def test_networks_of_some_channels():
    rig.control("ap_add", ssid="far", channel=11, rssi=-60)
    radio = Radio(rig.modem())
    every = {x.ssid for x in radio.start_scanning_networks()}
    assert "far" in every
    assert "far" not in {x.ssid for x in radio.start_scanning_networks(stop_channel=10)}
    radio.stop_scanning_networks()


def test_a_module_that_is_gone_is_no_wrong_key():
    m = rig.modem()
    m.start()
    rig.control("power", on=False)
    rig.raises(OSError, Radio(m).connect, *rig.LAB)
