# Updates over the air and mDNS: stages of a download, and what is announced.
# The firmware server is a host of the virtual network.
from __future__ import annotations

import pytest

from espat_sim import peers, peers_tls
from espat_sim.commands_ota import HOST
from sim.rig import Rig

ERROR = b"\r\nERROR\r\n"
IMAGE = b"\xe9" + bytes(range(256)) * 40


@pytest.fixture
def rig():
    made = Rig(wifi=True)
    serve(made)
    return made


def serve(rig, versions=("v3.3.0.0", "v3.4.0.0"), port=80, tls=None):
    handler = peers.serve_firmware(list(versions), {"ota": IMAGE, "client_ca": b"CA"})
    rig.net.serve_tcp(HOST, port, handler, tls=tls)


def stages(*numbers):
    return b"".join(b"+CIPUPDATE:%d\r\n" % n for n in numbers)


def test_the_versions_that_there_are(rig):
    assert rig.lines("AT+CIPFWVER?") == [
        '+CIPFWVER:"v3.3.0.0"',
        '+CIPFWVER:"v3.4.0.0"',
        "OK",
    ]


def test_an_update_to_the_newest(rig):
    assert rig.command("AT+CIUPDATE?") == b"+CIPUPDATE:0\r\n\r\nOK\r\n"
    assert rig.command("AT+CIUPDATE") == stages(1, 2, 3, 4) + b"\r\nOK\r\n"
    assert rig.m.flash.get("ota", "ota") == ["v3.4.0.0", IMAGE]
    rig.wait_ready()


def test_a_version_and_a_partition(rig):
    line = 'AT+CIUPDATE=0,"v3.3.0.0","client_ca"'
    assert rig.command(line) == stages(1, 2, 3, 4) + b"\r\nOK\r\n"
    assert rig.m.flash.get("ota", "client_ca") == ["v3.3.0.0", b"CA"]
    assert rig.ok("AT"), "only a new firmware needs a restart"


def test_over_https(rig):
    serve(rig, port=443, tls=peers_tls.server_context(HOST))
    assert rig.command("AT+CIUPDATE=1") == stages(1, 2, 3, 4) + b"\r\nOK\r\n"


def test_without_waiting(rig):
    rig.write('AT+CIUPDATE=0,"v3.4.0.0",,1\r\n')
    assert rig.collect(5) == b"\r\nOK\r\n" + stages(1, 2, 3, 4)
    assert rig.ok("AT"), "and no restart"
    assert rig.lines("AT+CIUPDATE?")[0] == "+CIPUPDATE:4"


def test_commands_go_on_while_it_loads(rig):
    rig.net.serve_tcp(HOST, 80, lambda peer: None)
    rig.write("AT+CIUPDATE=0,,,1\r\n")
    assert rig.collect(1) == b"\r\nOK\r\n" + stages(1, 2)
    assert rig.ok("AT")
    assert rig.command("AT+CIUPDATE=0,,,1") == ERROR, "one at a time"
    assert rig.collect(200) == stages(-1), "three minutes"
    assert rig.lines("AT+CIUPDATE?")[0] == "+CIPUPDATE:-1"


@pytest.mark.parametrize(
    "prepare, reached",
    [
        (lambda rig: rig.net.hosts.pop(HOST), ()),
        (lambda rig: rig.net.refuse(HOST, 80), (1,)),
        (lambda rig: serve(rig, versions=()), (1, 2)),
        (lambda rig: rig.net.serve_tcp(HOST, 80, peers.serve_http), (1, 2)),
        (lambda rig: rig.net.serve_tcp(HOST, 80, peers.serve_discard), (1, 2)),
    ],
)
def test_an_update_that_fails(rig, prepare, reached):
    prepare(rig)
    assert rig.command("AT+CIUPDATE", 200) == stages(*reached) + ERROR
    rig.write("AT+CIUPDATE=0,,,1\r\n")
    assert rig.collect(200) == b"\r\nOK\r\n" + stages(*reached, -1)


def test_what_the_server_does_not_have(rig):
    assert rig.command('AT+CIUPDATE=0,"v9.9.9.9"') == stages(1, 2) + ERROR
    assert rig.command('AT+CIUPDATE=0,,"nonsense"') == stages(1, 2, 3) + ERROR
    rig.net.serve_tcp(HOST, 80, peers.serve_firmware(["v3.4.0.0"], {"ota": b"no image"}))
    assert rig.command("AT+CIUPDATE") == stages(1, 2, 3) + ERROR
    assert rig.command("AT+CIUPDATE=2") == ERROR
    assert not rig.ok("AT+CIUPDATE=0,v3.4.0.0")


def test_without_wifi():
    rig = Rig()
    assert rig.command("AT+CIUPDATE") == ERROR
    assert rig.command("AT+CIPFWVER?") == ERROR


# -- mDNS ------------------------------------------------------------------------------

SERVICE = 'AT+MDNS=1,"espat","_iot",8080'
LONG = SERVICE + ',"instance","_udp",2,"key","value","other","thing"'


def test_the_release_knows_name_service_and_port(rig):
    assert rig.ok(SERVICE)
    announced = rig.m.control({"do": "status"})["mdns"]
    assert (announced["host"], announced["service"], announced["port"]) == ("espat", "_iot", 8080)
    assert rig.command(LONG) == ERROR
    assert rig.command(SERVICE + ',"instance"') == ERROR
    assert rig.ok("AT+MDNS=0")
    assert rig.m.control({"do": "status"})["mdns"] is None


@pytest.mark.parametrize("value", ["1", '1,"espat"', '1,"espat","_iot",0', '0,"espat"', "2"])
def test_bad_announcements(rig, value):
    assert rig.command("AT+MDNS=" + value) == ERROR


def test_newer_firmware_has_instance_protocol_and_records():
    rig = Rig(profile="esp32s2-guide")
    assert rig.ok(LONG)
    announced = rig.m.mdns
    assert announced["instance"] == "instance" and announced["proto"] == "_udp"
    assert announced["txt"] == {"key": "value", "other": "thing"}
    assert rig.ok(SERVICE + ',"instance"')
    assert rig.m.mdns["proto"] == "_tcp"
    for bad in (',"i","_sctp"', ',"i","_tcp",1', ',"i","_tcp",1,"key"', ',"i","_tcp",11'):
        assert rig.command(SERVICE + bad) == ERROR
