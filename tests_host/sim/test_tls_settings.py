# What a TLS link says and offers: SNI, ALPN, pre-shared keys; settings per link and their limits.
# Real TLS on both ends, on the virtual network.
from __future__ import annotations

import pytest

from espat_sim import peers, peers_tls
from espat_sim.tls_psk import psk_works
from sim.rig import Rig

ERROR = b"\r\nERROR\r\n"
OPENED = b"CONNECT\r\n\r\nOK\r\n"


@pytest.fixture
def rig():
    made = Rig(wifi=True)
    peers.install(made.net)
    return made


def start(rig, host=peers_tls.GOOD):
    return rig.command(f'AT+CIPSTART="SSL","{host}",443')


def connected(rig, protocols=()):
    """A link to a TLS server of the test's own; gives the server's end."""
    seen = []
    context = peers_tls.server_context("own.test")
    if protocols:
        context.set_alpn_protocols(list(protocols))
    rig.net.serve_tcp("own.test", 443, seen.append, tls=context)
    assert start(rig, "own.test") == OPENED
    return seen[0]


def test_no_server_name_is_sent_unless_it_was_set(rig):
    assert connected(rig).sni is None
    rig.ok("AT+CIPCLOSE")
    rig.ok('AT+CIPSSLCSNI="own.test"')
    assert connected(rig).sni == "own.test"


def test_protocols_are_offered(rig):
    rig.ok('AT+CIPSSLCALPN=2,"h2","http/1.1"')
    peer = connected(rig, ["http/1.1"])
    assert peer.session.selected_alpn_protocol() == "http/1.1"
    rig.ok("AT+CIPCLOSE")
    rig.ok("AT+CIPSSLCALPN=0")
    peer = connected(rig, ["http/1.1"])
    assert peer.session.selected_alpn_protocol() is None


@pytest.mark.skipif(not psk_works(), reason="this Python's ssl has no pre-shared keys")
def test_a_pre_shared_key_in_figures_and_as_text(rig):
    identity, key = peers_tls.PSK_IDENTITY, peers_tls.PSK_KEY
    assert start(rig, peers_tls.PSK) == ERROR
    rig.ok(f'AT+CIPSSLCPSKHEX="{key.hex()}","{identity}"')
    assert rig.lines("AT+CIPSSLCPSKHEX?")[0] == f'+CIPSSLCPSKHEX:0,"{key.hex()}","{identity}"'
    assert start(rig, peers_tls.PSK) == OPENED
    rig.ok("AT+CIPCLOSE")
    rig.ok(f'AT+CIPSSLCPSK="wrong","{identity}"')
    assert rig.lines("AT+CIPSSLCPSK?")[0] == f'+CIPSSLCPSK:0,"wrong","{identity}"'
    assert start(rig, peers_tls.PSK) == ERROR
    rig.ok('AT+CIPSSLCPSK="",""')
    assert start(rig) == OPENED, "certificates again"


def test_settings_are_per_link_and_5_is_all_of_them(rig):
    rig.ok("AT+CIPMUX=1")
    assert rig.lines("AT+CIPSSLCCONF?")[:5] == [f"+CIPSSLCCONF:{i},0,0,0" for i in range(5)]
    assert rig.ok("AT+CIPSSLCCONF=2,1,1")
    assert rig.lines("AT+CIPSSLCCONF?")[2] == "+CIPSSLCCONF:2,1,1,0"
    assert rig.ok("AT+CIPSSLCCONF=5,3,1,1")
    assert rig.lines("AT+CIPSSLCCONF?")[:5] == [f"+CIPSSLCCONF:{i},3,1,1" for i in range(5)]
    rig.ok("AT+CIPSSLCCONF=5,0")
    for command, value in [
        ("CIPSSLCCN", '"name"'),
        ("CIPSSLCSNI", '"name"'),
        ("CIPSSLCPSK", '"key","me"'),
    ]:
        assert rig.ok(f"AT+{command}=3,{value}")
        shown = rig.lines(f"AT+{command}?")
        assert shown[3] == f"+{command}:3,{value}"
        assert shown[0] == f"+{command}:0," + ",".join('""' for _ in value.split(","))
        assert rig.ok(f"AT+{command}=5,{value}")
        assert rig.lines(f"AT+{command}?")[0] == f"+{command}:0,{value}"
    assert rig.ok('AT+CIPSSLCALPN=1,2,"a","b"')
    assert rig.lines("AT+CIPSSLCALPN?")[:2] == ["+CIPSSLCALPN:0", '+CIPSSLCALPN:1,"a","b"']


@pytest.mark.parametrize(
    "line",
    [
        "CIPSSLCCONF=4",
        "CIPSSLCCONF=0,1,0,0",  # four are for several links
        f'CIPSSLCCN="{"n" * 65}"',
        f'CIPSSLCSNI="{"n" * 65}"',
        "CIPSSLCSNI=name",
        'CIPSSLCALPN=2,"one"',
        'CIPSSLCALPN=1,"one","two"',
        "CIPSSLCALPN=6",
        f'CIPSSLCPSK="{"k" * 33}","me"',
        'CIPSSLCPSK="key"',
        'CIPSSLCPSKHEX="abc","me"',
        'CIPSSLCPSKHEX="xy","me"',
    ],
)
def test_bad_settings(rig, line):
    assert not rig.ok("AT+" + line)


def test_only_the_checks_survive_a_reboot(rig):
    rig.ok("AT+CIPSSLCCONF=1,0,0")
    rig.ok('AT+CIPSSLCSNI="name"')
    rig.write("AT+RST\r\n")
    rig.wait_ready()
    rig.command("ATE0")
    assert rig.lines("AT+CIPSSLCCONF?")[0] == "+CIPSSLCCONF:0,1,0,0"
    assert rig.lines("AT+CIPSSLCSNI?")[0] == '+CIPSSLCSNI:0,""'
