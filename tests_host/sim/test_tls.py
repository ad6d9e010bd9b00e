# TLS links of the module: what is checked, what is said, what arrives, and lengths that lie.
# Real TLS on both ends, on the virtual network; the clock is the module's own.
from __future__ import annotations

import datetime
import random

import pytest

from espat_sim import factory_pki, peers, peers_tls
from sim.rig import Rig

ERROR = b"\r\nERROR\r\n"
OPENED = b"CONNECT\r\n\r\nOK\r\n"
OVERHEAD = 29  # of a record with AES-GCM


@pytest.fixture
def rig():
    made = Rig(wifi=True)
    peers.install(made.net)
    return made


def set_clock(rig, year=2026):
    moment = datetime.datetime(year, 6, 1, tzinfo=datetime.timezone.utc)
    assert rig.ok(f"AT+SYSTIMESTAMP={int(moment.timestamp())}")


def start(rig, host=peers_tls.GOOD, port=443, index=""):
    return rig.command(f'AT+CIPSTART={index}"SSL","{host}",{port}')


def serve(rig, host="own.test", **options):
    """A TLS server in the test's hand."""
    seen = []
    context = peers_tls.server_context(host)
    for name, value in options.items():
        getattr(context, name)(value)
    rig.net.serve_tcp(host, 443, seen.append, tls=context)
    return seen


def connected(rig, **options):
    seen = serve(rig, **options)
    assert start(rig, "own.test") == OPENED
    return seen[0]


def write_slot(rig, space, number, data):
    name = f"{space}.{number}"
    answer = rig.prompt(f'AT+SYSMFG=2,"{space}","{name}",8,{len(data)}', data)
    assert answer == b"\r\nOK\r\n"


# -- data ------------------------------------------------------------------------------


def test_open_send_receive_close(rig):
    peer = connected(rig)
    assert rig.prompt("AT+CIPSEND=4", b"test").endswith(b"SEND OK\r\n")
    rig.collect(0.1)
    assert bytes(peer.received) == b"test"
    peer.send(b"hello")
    assert rig.collect(0.1) == b"\r\n+IPD,5:hello"
    assert rig.lines("AT+CIPSTATE?")[0].startswith('+CIPSTATE:0,"SSL",')
    assert rig.command("AT+CIPCLOSE") == b"CLOSED\r\n\r\nOK\r\n"
    rig.collect(0.1)
    assert peer.closed and peer.error == 0


def test_the_firmware_speaks_tls_1_2(rig):
    assert connected(rig).session.version() == "TLSv1.2"


@pytest.mark.parametrize("passive", [0, 1])
def test_every_byte_comes_through_both_ways(rig, passive):
    rig.ok(f"AT+CIPRECVTYPE={passive}")
    peer = connected(rig)
    data = random.Random(passive).randbytes(60_000)
    for i in range(0, len(data), 8192):
        part = data[i : i + 8192]
        assert rig.prompt(f"AT+CIPSEND={len(part)}", part).endswith(b"SEND OK\r\n")
    rig.collect(0.2)
    assert bytes(peer.received) == data
    peer.send(data)
    got = bytearray()
    if not passive:
        output = rig.collect(10)
        while output:
            head, _, output = output.partition(b":")
            n = int(head.rpartition(b",")[2])
            got += output[:n]
            output = output[n:]
    while passive and len(got) < len(data):
        answer = rig.command("AT+CIPRECVDATA=2920")
        if answer.endswith(ERROR):
            rig.collect(0.05)
            continue
        count, _, rest = answer[answer.index(b"+CIPRECVDATA:") + 13 :].partition(b",")
        got += rest[: int(count)]
    assert bytes(got) == data


def test_data_that_comes_with_the_handshake_is_not_lost(rig):
    rig.net.serve_tcp(
        "own.test", 443, lambda p: p.send(b"welcome"), tls=peers_tls.server_context("own.test")
    )
    rig.write('AT+CIPSTART="SSL","own.test",443\r\n')
    assert rig.collect(2) == OPENED + b"\r\n+IPD,7:welcome"


def test_the_peer_says_goodbye(rig):
    peer = connected(rig)
    peer.send(b"bye")
    peer.close()
    assert rig.collect(0.2) == b"\r\n+IPD,3:byeCLOSED\r\n"


def test_the_peer_vanishes_without_goodbye(rig):
    peer = connected(rig)
    peer.send(b"bye")
    peer.under.close()
    assert rig.collect(0.2) == b"\r\n+IPD,3:byeCLOSED\r\n"


def test_a_broken_record_ends_the_link(rig):
    peer = connected(rig)
    peer.under.send(b"\x17\x03\x03\x00\x20" + bytes(32))
    assert rig.collect(0.2) == b"CLOSED\r\n"


# -- lengths that lie ------------------------------------------------------------------


def test_an_announcement_counts_the_encrypted_bytes(rig):
    rig.ok("AT+CIPRECVTYPE=1")
    peer = connected(rig)
    peer.send(b"x" * 421)
    assert rig.collect(0.1) == b"\r\n+IPD,%d\r\n" % (421 + OVERHEAD)
    assert rig.lines("AT+CIPRECVLEN?")[0] == f"+CIPRECVLEN:{421 + OVERHEAD},0,0,0,0"
    assert rig.command("AT+CIPRECVDATA=450") == b"+CIPRECVDATA:421," + b"x" * 421 + b"\r\nOK\r\n"
    assert rig.command("AT+CIPRECVDATA=29") == ERROR


def test_the_rest_of_an_opened_record_is_told_as_it_is(rig):
    rig.ok("AT+CIPRECVTYPE=1")
    peer = connected(rig)
    peer.send(b"x" * 100)
    peer.send(b"y" * 50)
    rig.collect(0.1)
    assert rig.command("AT+CIPRECVDATA=40").endswith(b"\r\nOK\r\n")
    rig.collect(0.1)
    assert rig.lines("AT+CIPRECVLEN?")[0] == "+CIPRECVLEN:60,0,0,0,0", "the second one is not seen"


def test_one_read_gives_one_record_and_the_next_is_announced(rig):
    rig.ok("AT+CIPRECVTYPE=1")
    peer = connected(rig)
    peer.send(b"first")
    peer.send(b"second")
    rig.collect(0.1)
    rig.write("AT+CIPRECVDATA=1000\r\n")
    output = rig.collect(0.1)
    assert output == b"+CIPRECVDATA:5,first\r\nOK\r\n\r\n+IPD,%d\r\n" % (6 + OVERHEAD)


def test_a_goodbye_is_announced_as_data_and_read_as_an_error(rig):
    rig.ok("AT+CIPRECVTYPE=1")
    peer = connected(rig)
    peer.close()
    assert rig.collect(0.1) == b"\r\n+IPD,31\r\n"
    rig.write("AT+CIPRECVDATA=31\r\n")
    assert rig.collect(0.1) == ERROR + b"CLOSED\r\n"


# -- what is checked -------------------------------------------------------------------


def test_without_checks_every_certificate_will_do(rig):
    for host in (peers_tls.EXPIRED, peers_tls.WRONG_NAME, peers_tls.UNKNOWN):
        assert start(rig, host) == OPENED
        rig.ok("AT+CIPCLOSE")


def test_a_good_server_passes_the_check(rig):
    set_clock(rig)
    rig.ok("AT+CIPSSLCCONF=2,0,0")
    rig.ok(f'AT+CIPSSLCCN="{peers_tls.GOOD}"')
    assert start(rig) == OPENED


@pytest.mark.parametrize("host", [peers_tls.EXPIRED, peers_tls.UNKNOWN])
def test_a_bad_certificate_is_refused(rig, host):
    set_clock(rig)
    rig.ok("AT+CIPSSLCCONF=2")
    assert start(rig, host) == ERROR
    assert start(rig) == OPENED, "the link is free again"


def test_the_name_is_checked_only_when_it_was_given(rig):
    set_clock(rig)
    rig.ok("AT+CIPSSLCCONF=2")
    rig.ok(f'AT+CIPSSLCSNI="{peers_tls.WRONG_NAME}"')
    assert start(rig, peers_tls.WRONG_NAME) == OPENED, "SNI is not a check"
    rig.ok("AT+CIPCLOSE")
    rig.ok(f'AT+CIPSSLCCN="{peers_tls.WRONG_NAME}"')
    assert start(rig, peers_tls.WRONG_NAME) == ERROR
    rig.ok('AT+CIPSSLCCN="other.test"')
    assert start(rig, peers_tls.WRONG_NAME) == OPENED


@pytest.mark.parametrize(
    "pattern, name, good",
    [
        ("*.own.test", "a.own.test", True),
        ("*.own.test", "a.b.own.test", False),
        ("*.own.test", "own.test", False),
        ("own.test", "OWN.test", True),
    ],
)
def test_names_with_a_star(rig, pattern, name, good):
    set_clock(rig)
    rig.ok("AT+CIPSSLCCONF=2")
    serve(rig, pattern)
    rig.net.hosts["star.test"] = rig.net.address(pattern)
    rig.ok(f'AT+CIPSSLCCN="{name}"')
    assert start(rig, "star.test") == (OPENED if good else ERROR)


def test_a_clock_that_was_never_set_makes_every_certificate_bad(rig):
    rig.ok("AT+CIPSSLCCONF=2")
    assert start(rig) == ERROR
    set_clock(rig, 2025)
    assert start(rig) == OPENED


def test_it_is_the_modules_clock_that_counts(rig):
    set_clock(rig, 2020)
    rig.ok("AT+CIPSSLCCONF=2")
    assert start(rig, peers_tls.EXPIRED) == OPENED, "in 2020 it was good"


def test_client_certificates(rig):
    assert start(rig, peers_tls.CLIENT_CERT) == ERROR
    rig.ok("AT+CIPSSLCCONF=1,1")
    assert start(rig, peers_tls.CLIENT_CERT) == ERROR, "the second set is of another authority"
    rig.ok("AT+CIPSSLCCONF=1,0")
    assert start(rig, peers_tls.CLIENT_CERT) == OPENED
    names = [attempt.session.getpeercert() for attempt in rig.net.tls_peers if attempt.connected]
    assert ("commonName", "espat client 0") in [part[0] for part in names[0]["subject"]]


def test_both_ends_are_checked(rig):
    set_clock(rig)
    rig.ok("AT+CIPSSLCCONF=3,0,0")
    assert start(rig, peers_tls.CLIENT_CERT) == OPENED
    rig.ok("AT+CIPCLOSE")
    rig.ok("AT+CIPSSLCCONF=3,0,1")
    assert start(rig, peers_tls.CLIENT_CERT) == ERROR, "the second CA knows nobody here"


@pytest.mark.parametrize(
    "space, mode, message",
    [
        ("client_cert", 1, b"NO CERT FOUND"),
        ("client_key", 1, b"NO PRVT_KEY FOUND"),
        ("client_ca", 2, b"NO CA FOUND"),
        ("client_cert", 3, b"NO CERT FOUND"),
        ("client_ca", 3, b"NO CA FOUND"),
    ],
)
def test_an_empty_slot_is_told(rig, space, mode, message):
    set_clock(rig)
    assert rig.ok(f"AT+CIPSSLCCONF={mode},0,0")
    assert rig.ok(f'AT+SYSMFG=0,"{space}","{space}.0"')
    assert start(rig) == message + b"\r\n" + ERROR
    write_slot(rig, space, 0, b"no certificate at all")
    assert start(rig) == message + b"\r\n" + ERROR


def test_a_slot_that_was_never_there(rig):
    rig.ok("AT+CIPSSLCCONF=1,7")
    assert start(rig) == b"NO CERT FOUND\r\n" + ERROR


def test_a_ca_of_ones_own_is_written_and_used(rig):
    trustme = pytest.importorskip("trustme")
    set_clock(rig)
    own = trustme.CA()
    context = peers_tls.server_context("own.test", issuer=own)
    rig.net.serve_tcp("own.test", 443, lambda peer: None, tls=context)
    rig.ok("AT+CIPSSLCCONF=2")
    assert start(rig, "own.test") == ERROR
    write_slot(rig, "client_ca", 0, own.cert_pem.bytes())
    assert start(rig, "own.test") == OPENED


def test_a_certificate_in_der_form_will_do(rig):
    import ssl

    set_clock(rig)
    write_slot(rig, "client_ca", 0, ssl.PEM_cert_to_DER_cert(factory_pki.CA_0))
    rig.ok("AT+CIPSSLCCONF=2")
    assert start(rig) == OPENED


def test_a_key_that_does_not_fit_its_certificate(rig):
    write_slot(rig, "client_key", 0, factory_pki.CLIENT_KEY_1.encode())
    rig.ok("AT+CIPSSLCCONF=1,0")
    assert start(rig) == ERROR


# -- failures --------------------------------------------------------------------------


def test_a_server_without_tls(rig):
    rig.net.serve_tcp("plain.test", 443, lambda peer: peer.send(b"220 hello\r\n"))
    assert start(rig, "plain.test") == ERROR


def test_a_server_that_says_nothing_costs_ten_seconds(rig):
    rig.net.serve_tcp("mute.test", 443, lambda peer: None)
    begin = rig.clock.now_us
    assert start(rig, "mute.test") == ERROR
    assert 9_900_000 < rig.clock.now_us - begin < 11_000_000


def test_a_server_that_hangs_up_in_the_handshake(rig):
    rig.net.serve_tcp("rude.test", 443, lambda peer: peer.on_data(lambda data: peer.close()))
    assert start(rig, "rude.test") == ERROR
    rig.net.serve_tcp("rude.test", 443, lambda peer: peer.on_data(lambda data: peer.reset()))
    assert start(rig, "rude.test") == ERROR


def test_plain_text_to_a_server_with_tls(rig):
    assert rig.ok(f'AT+CIPSTART="TCP","{peers_tls.GOOD}",443')
    rig.prompt("AT+CIPSEND=18", b"GET / HTTP/1.0\r\n\r\n")
    assert b"CLOSED" in rig.collect(0.5)


def test_several_tls_links_at_once(rig):
    rig.ok("AT+CIPMUX=1")
    seen = serve(rig)
    for i in range(5):
        assert start(rig, "own.test", index=f"{i},") == b"%d,CONNECT\r\n\r\nOK\r\n" % i
    for i, peer in enumerate(seen):
        peer.send(b"to %d" % i)
    output = rig.collect(0.2)
    for i in range(5):
        assert b"\r\n+IPD,%d,4:to %d" % (i, i) in output


def test_closing_while_data_waits_still_delivers_it(rig):
    peer = connected(rig)
    peer.pause()
    assert rig.prompt("AT+CIPSEND=4096", bytes(4096)).endswith(b"SEND OK\r\n")
    rig.ok("AT+CIPCLOSE")
    peer.resume()
    rig.collect(0.5)
    assert bytes(peer.received) == bytes(4096)
    assert peer.closed
