# The virtual network: outcomes of an attempt, back-pressure, ends and resets, names, UDP.
# Everything runs on a VirtualClock; nothing here may wait in real time.
from __future__ import annotations

import errno

import pytest

from espat_sim import peers
from espat_sim.clock import NEW_YEAR_2026, VirtualClock
from espat_sim.net_virtual import VirtualNetwork
from espat_sim.net_virtual_tcp import MODULE_SEND_BUFFER, MODULE_WINDOW
from espat_sim.ports import TcpOptions
from sim.net_recorder import Recorder

SECOND = 1_000_000


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def net(clock):
    return VirtualNetwork(clock)


def connected(clock, net, host="a.test", port=80, handler=None):
    seen = []
    if handler is None:
        handler = seen.append
    else:
        inner = handler

        def handler(peer):
            seen.append(peer)
            inner(peer)

    net.serve_tcp(host, port, handler)
    events = Recorder()
    conn = net.connect("tcp", net.address(host), port, events)
    clock.advance(SECOND)
    assert events.log[0] == "connect"
    return conn, events, seen[0]


def drain(clock, conn, limit=1 << 30):
    data = bytearray()
    while len(data) < limit:
        part = conn.recv(1000)
        if not part:
            clock.advance(10_000)
            part = conn.recv(1000)
            if not part:
                break
        data += part
    return bytes(data)


def test_connect_is_told_after_one_round_trip_and_never_inside_the_call(clock, net):
    net.serve_tcp("a.test", 80, lambda peer: None)
    events = Recorder()
    net.connect("tcp", net.address("a.test"), 80, events)
    assert events.log == []
    clock.advance(2 * net.latency_us - 1)
    assert events.log == []
    clock.advance(1)
    assert events.log == ["connect"]


@pytest.mark.parametrize(
    "prepare, wait_us, error",
    [
        (lambda net: net.refuse("b.test", 80), 10_000, errno.ECONNREFUSED),
        (lambda net: net.drop("b.test", 80), 18 * SECOND, errno.ETIMEDOUT),
        (lambda net: net.set_up(False), 10_000, errno.EHOSTUNREACH),
    ],
)
def test_attempts_that_fail(clock, net, prepare, wait_us, error):
    ip = net.address("b.test")
    prepare(net)
    events = Recorder()
    conn = net.connect("tcp", ip, 80, events)
    clock.advance(wait_us)
    assert (events.log, events.error) == (["error"], error)
    assert conn.send(b"x") == 0


def test_an_address_where_nobody_lives_never_answers(clock, net):
    events = Recorder()
    net.connect("tcp", "192.0.2.9", 80, events, timeout_ms=700)
    clock.advance(699_999)
    assert events.log == []
    clock.advance(1)
    assert events.error == errno.ETIMEDOUT


def test_part_of_a_known_address_is_not_a_known_address(clock, net):
    net.hosts["c.test"] = "192.0.2.99"
    events = Recorder()
    net.connect("tcp", "192.0.2.9", 80, events)
    clock.advance(SECOND)
    assert events.log == []


def test_a_link_closed_while_it_connects_says_nothing_more(clock, net):
    net.serve_tcp("a.test", 80, lambda peer: pytest.fail("the server saw it"))
    events = Recorder()
    net.connect("tcp", net.address("a.test"), 80, events).close()
    clock.advance(SECOND)
    assert events.log == []


def test_every_byte_comes_through_in_both_directions(clock, net):
    conn, events, peer = connected(clock, net, handler=peers.serve_echo)
    sent = peers.pattern(50_000)
    echoed = bytearray()
    offset = 0
    while len(echoed) < len(sent):
        offset += conn.send(sent[offset : offset + 1460])
        clock.advance(500)
        echoed += conn.recv(777)
        assert clock.now_us < 600 * SECOND
    assert bytes(echoed) == sent


def test_unread_data_holds_the_sender_back_at_the_window(clock, net):
    conn, events, peer = connected(clock, net)
    peer.send(bytes(20_000))
    clock.advance(60 * SECOND)
    assert conn.pending == MODULE_WINDOW
    assert peer.unsent == 20_000 - MODULE_WINDOW
    assert len(conn.recv(1000)) == 1000
    clock.advance(60 * SECOND)
    assert conn.pending == MODULE_WINDOW
    assert peer.unsent == 20_000 - MODULE_WINDOW - 1000


def test_a_peer_that_does_not_read_stops_send_and_says_when_it_may_go_on(clock, net):
    conn, events, peer = connected(clock, net)
    peer.pause()
    taken = 0
    while conn.send(bytes(1000)) == 1000:
        taken += 1000
        clock.advance(SECOND)
    assert 65_535 <= taken + MODULE_SEND_BUFFER < 65_535 + 2 * MODULE_SEND_BUFFER
    assert conn.send(bytes(MODULE_SEND_BUFFER)) < MODULE_SEND_BUFFER
    clock.advance(60 * SECOND)
    assert "writable" not in events.log
    peer.resume()
    clock.advance(SECOND)
    assert "writable" in events.log


def test_end_of_stream_comes_after_all_data(clock, net):
    def talk(peer):
        peer.send(b"last words")
        peer.close()

    conn, events, peer = connected(clock, net, handler=talk)
    assert not conn.eof
    assert conn.recv(4) == b"last"
    assert not conn.eof
    assert conn.recv(100) == b" words"
    assert conn.eof
    assert "error" not in events.log


def test_end_of_stream_waits_for_a_full_window(clock, net):
    def talk(peer):
        peer.send(peers.pattern(30_000))
        peer.close()

    conn, events, peer = connected(clock, net, handler=talk)
    assert drain(clock, conn) == peers.pattern(30_000)
    assert conn.eof


def test_shutdown_still_reads_and_close_answers_with_a_reset(clock, net):
    conn, events, peer = connected(clock, net)
    peer.shutdown()
    clock.advance(SECOND)
    assert conn.eof
    assert conn.send(b"heard") == 5
    clock.advance(SECOND)
    assert bytes(peer.received) == b"heard"

    conn, events, peer = connected(clock, net)
    peer.close()
    clock.advance(SECOND)
    conn.send(b"into the void")
    clock.advance(SECOND)
    assert events.error == errno.ECONNRESET


def test_data_before_a_reset_can_still_be_read(clock, net):
    conn, events, peer = connected(clock, net)
    peer.send(b"just in time")
    peer.reset()
    clock.advance(SECOND)
    assert events.error == errno.ECONNRESET
    assert conn.recv(100) == b"just in time"
    assert not conn.eof
    assert conn.send(b"x") == 0


def test_close_delivers_what_was_accepted_abort_does_not(clock, net):
    conn, events, peer = connected(clock, net)
    conn.send(b"goodbye")
    conn.close()
    clock.advance(SECOND)
    assert (bytes(peer.received), peer.closed, peer.error) == (b"goodbye", True, 0)

    conn, events, peer = connected(clock, net)
    conn.send(b"never mind")
    conn.abort()
    clock.advance(SECOND)
    assert (bytes(peer.received), peer.error) == (b"", errno.ECONNRESET)
    assert events.log == ["connect"]


def test_a_vanished_peer_tells_nobody(clock, net):
    conn, events, peer = connected(clock, net)
    peer.vanish()
    conn.send(b"hello?")
    peer.send(b"hello!")
    clock.advance(600 * SECOND)
    assert events.log == ["connect"]
    assert bytes(peer.received) == b""


def test_when_the_station_goes_down_every_link_fails(clock, net):
    conn, events, peer = connected(clock, net)
    udp = Recorder()
    net.connect("udp", net.address("a.test"), 5, udp)
    clock.advance(SECOND)
    net.set_up(False)
    assert events.error == errno.ECONNABORTED
    assert udp.error == errno.ECONNABORTED
    names = []
    net.resolve("a.test", 4, names.append)
    clock.advance(60 * SECOND)
    assert names == [None]
    net.set_up(True)
    assert connected(clock, net)[1].log == ["connect"]


def test_names_and_literals(clock, net):
    net.hosts["two.test"] = ["192.0.2.7", "2001:db8::7"]
    found = []
    for host, family in [
        ("two.test", 4),
        ("two.test", 6),
        ("nowhere.test", 4),
        ("192.0.2.1", 4),
        ("192.0.2.1", 6),
        ("2001:db8::1", 6),
        ("", 4),
    ]:
        net.resolve(host, family, found.append)
        clock.advance(SECOND)
    assert found == ["192.0.2.7", "2001:db8::7", None, "192.0.2.1", None, "2001:db8::1", None]


def test_ping(clock, net):
    net.address("a.test")
    times = []
    net.ping(net.address("a.test"), times.append)
    net.ping("192.0.2.250", times.append)
    clock.advance(SECOND)
    assert times == [4, None]


def test_a_client_reaches_the_module_server(clock, net):
    accepted = []
    events = Recorder()

    def on_accept(conn):
        accepted.append(conn)
        return events

    listener = net.listen("tcp", 333, on_accept)
    client = net.client_tcp(333)
    opened = []
    client.on_open(lambda: opened.append(True))
    clock.advance(SECOND)
    assert opened and client.connected
    assert (accepted[0].local_port, accepted[0].remote_ip) == (333, net.client_ip)
    client.send(b"hi")
    clock.advance(SECOND)
    assert accepted[0].recv(10) == b"hi"
    accepted[0].send(b"ho")
    clock.advance(SECOND)
    assert bytes(client.received) == b"ho"
    with pytest.raises(OSError):
        net.listen("tcp", 333, on_accept)
    listener.close()
    late = net.client_tcp(333)
    clock.advance(SECOND)
    assert late.error == errno.ECONNREFUSED


def test_a_server_may_turn_a_client_away(clock, net):
    net.listen("tcp", 333, lambda conn: None)
    client = net.client_tcp(333)
    clock.advance(SECOND)
    assert (client.connected, client.error) == (False, errno.ECONNREFUSED)


def test_an_option_of_the_module_reaches_the_peer_and_no_linger_means_a_reset(clock, net):
    conn, events, peer = connected(clock, net)
    conn.set_options(TcpOptions(linger_s=0, nodelay=True))
    assert peer.options.nodelay
    conn.close()
    clock.advance(SECOND)
    assert peer.error == errno.ECONNRESET


def test_the_same_program_sees_the_same_order_of_events():
    def run():
        clock = VirtualClock()
        net = VirtualNetwork(clock)
        peers.install(net)
        trail = []
        for host, port in [peers.ECHO, peers.HOSTILE, peers.REFUSE, peers.HTTP]:
            events = Recorder()
            conn = net.connect("tcp", net.address(host), port, events)
            clock.advance(3_000)
            conn.send(b"GET / HTTP/1.0\r\n\r\n")
            clock.advance(7_000)
            trail.append((clock.now_us, tuple(events.log), conn.recv(9999)))
        return trail

    assert run() == run()


def test_a_time_server_says_the_clocks_time(clock, net):
    peers.install(net)
    conn = net.connect("udp", net.address("pool.ntp.org"), 123, Recorder())
    clock.advance(SECOND)
    conn.send(b"\x1b" + bytes(47))
    clock.advance(SECOND)
    answer, ip, port = conn.recv_datagram()
    assert (len(answer), port) == (48, 123)
    seconds = int.from_bytes(answer[40:44], "big") - 2_208_988_800
    assert seconds == NEW_YEAR_2026 + 1
    assert answer[0] & 7 == 4, "a server's answer"


def test_standard_peers(clock, net):
    peers.install(net)

    def ask(host, port, request):
        events = Recorder()
        conn = net.connect("tcp", net.address(host), port, events)
        clock.advance(SECOND)
        conn.send(request)
        answer = drain(clock, conn)
        return answer, conn.eof, events

    assert ask(*peers.ECHO, b"abc")[0] == b"abc"
    assert ask(*peers.DISCARD, b"abc")[0] == b""
    body, eof, _ = ask(*peers.PATTERN, b"70000\n")
    assert eof and body == bytes((i * 7 + (i >> 8)) & 0xFF for i in range(70_000))
    page, eof, _ = ask(*peers.HTTP, b"GET / HTTP/1.1\r\nHost: http.test\r\n\r\n")
    assert eof and page == peers.HTTP_RESPONSE
    assert b"Content-Length: %d\r\n" % len(page.split(b"\r\n\r\n")[1]) in page
    hostile = ask(*peers.HOSTILE, b"")[0]
    for words in [b"\r\nOK\r\n", b"+IPD,5:", b"ready\r\n", b"ERROR", b"> "]:
        assert words in hostile
    assert ask(*peers.REFUSE, b"")[2].error == errno.ECONNREFUSED
    assert ask(*peers.SILENT, b"")[2].log == []
