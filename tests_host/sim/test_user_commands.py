# The user group but for waking the host (test_host_wake.py): RAM, update, documents.
from __future__ import annotations

import pytest

from espat_sim import peers_tls
from sim.rig import Rig

IMAGE = b"\xe9" + bytes(5000)


@pytest.fixture
def rig():
    return Rig(wifi=True)


# -- RAM -------------------------------------------------------------------------------


def test_ram_is_rented_written_read_and_given_back(rig):
    assert rig.lines("AT+USERRAM?") == ["+USERRAM:0", "OK"]
    assert rig.ok("AT+USERRAM=1,3000")
    assert rig.lines("AT+USERRAM?") == ["+USERRAM:3000", "OK"]
    rig.write("AT+USERRAM=2,10,2\r\n")
    assert rig.wait_for(b">") == b"\r\nOK\r\n\r\n>"
    rig.write(b"\r\nOK\r\n>+,A")
    assert rig.wait_for(b"WRITE OK\r\n") == b"\r\nWRITE OK\r\n"
    assert rig.collect(0.1) == b""  # and no OK
    want = b"+USERRAM:14,\0\0\r\nOK\r\n>+,A\0\0\r\nOK\r\n"
    assert rig.command("AT+USERRAM=3,14")[:20] == want[:20]
    assert rig.collect(0.1) == want[20:]
    assert rig.ok("AT+USERRAM=4")
    assert rig.command("AT+USERRAM=3,4") == b"+USERRAM:4,\0\0\0\0\r\nOK\r\n"
    assert rig.ok("AT+USERRAM=0")
    assert not rig.ok("AT+USERRAM=3,4")


def test_a_long_read_comes_in_records_without_line_ends(rig):
    assert rig.ok("AT+USERRAM=1,2500")
    assert rig.command("AT+USERRAM=3,2500") == (
        b"+USERRAM:1024,%s+USERRAM:1024,%s+USERRAM:452,%s\r\nOK\r\n"
        % (bytes(1024), bytes(1024), bytes(452))
    )


@pytest.mark.parametrize(
    "line",
    [
        "AT+USERRAM=1,100",  # a second time
        "AT+USERRAM=0,1",
        "AT+USERRAM=4,1",
        "AT+USERRAM=5",
        "AT+USERRAM=1",
        "AT+USERRAM=1,0",
        "AT+USERRAM=2,0",
        "AT+USERRAM=2,101",
        "AT+USERRAM=2,1,100",
        "AT+USERRAM=3,1,-1",
        "AT+USERRAM=3,101",
    ],
)
def test_ram_refuses(rig, line):
    assert rig.ok("AT+USERRAM=1,100")
    assert not rig.ok(line)


def test_ram_that_is_not_there(rig):
    for line in ("AT+USERRAM=0", "AT+USERRAM=4", "AT+USERRAM=2,1", "AT+USERRAM=1,10000000"):
        assert not rig.ok(line)
    assert rig.ok("AT+USERRAM=1,100")
    rig.command("AT+RST")
    rig.wait_ready()
    assert rig.lines("AT+USERRAM?")[-2:] == ["+USERRAM:0", "OK"]


# -- update ----------------------------------------------------------------------------


def serve(rig, answer, port=80, tls=None):
    asked = []

    def on_peer(peer):
        def on_data(data):
            asked.append(data)
            peer.send(answer)
            peer.close()

        peer.on_data(on_data)

    rig.net.serve_tcp("files.test", port, on_peer, tls=tls)
    return asked


def update(rig, url):
    rig.write(f"AT+USEROTA={len(url)}\r\n")
    assert rig.wait_for(b">") == b"\r\nOK\r\n\r\n>"
    rig.write(url)
    output = rig.wait_for((b"\r\nOK\r\n", b"\r\nERROR\r\n"), 60)
    head = f"\r\nRecv {len(url)} bytes\r\n".encode()
    assert output.startswith(head)
    return output[len(head) :]


def response(body, length=None):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (length or len(body), body)


@pytest.mark.parametrize("port", ["", ":8080"])
def test_an_update_restarts_the_module(rig, port):
    asked = serve(rig, response(IMAGE), int(port[1:] or 80))
    assert update(rig, f"http://files.test{port}/at.bin?v=1") == b"\r\nOK\r\n"
    rig.wait_ready()
    assert asked[0].startswith(b"GET /at.bin?v=1 HTTP/1.0\r\n")
    assert rig.m.flash.get("ota", "ota") == ["", IMAGE]


def test_an_update_over_tls(rig):
    serve(rig, response(IMAGE), 443, peers_tls.server_context("files.test"))
    assert update(rig, "https://files.test/at.bin") == b"\r\nOK\r\n"
    rig.wait_ready()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n\xe9none",
        response(b"no image"),
        response(IMAGE, len(IMAGE) + 1),
        b"nonsense",
    ],
)
def test_an_update_that_is_none(rig, answer):
    serve(rig, answer)
    assert update(rig, "http://files.test/at.bin") == b"\r\nERROR\r\n"
    assert rig.ok("AT")  # no restart


@pytest.mark.parametrize("url", ["ftp://files.test/x", "http://", "x", "http://none.test/x"])
def test_an_update_from_nowhere(rig, url):
    assert update(rig, url) == b"\r\nERROR\r\n"


def test_an_update_gives_up_a_silent_server(rig):
    rig.net.serve_tcp("files.test", 80, lambda peer: None)
    start = rig.clock.now_us
    assert update(rig, "http://files.test/x") == b"\r\nERROR\r\n"
    assert 10_000_000 <= rig.clock.now_us - start < 11_000_000


def test_more_than_the_url_is_busy(rig):
    rig.net.serve_tcp("files.test", 80, lambda peer: None)
    rig.write("AT+USEROTA=19\r\n")
    rig.wait_for(b">")
    rig.write("http://files.test/xAT\r\n")
    assert b"busy p..." in rig.collect(1)


@pytest.mark.parametrize("line", ["AT+USEROTA=0", "AT+USEROTA=8193", "AT+USEROTA=1,1"])
def test_an_update_refuses(rig, line):
    assert not rig.ok(line)
