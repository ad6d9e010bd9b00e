# needs: sim
# profile: esp32s2-3.4-full
# modem.ws on a simulated module, with ws.test as the server. Owns what reaches the server and the
# program.
import espat
from system import rig

WS = "ws://ws.test"
HOSTILE = b"\0\r\nOK\r\n\r\nERROR\r\n+WS_CLOSED:0\r\nready\r\n+WS_DATA:0,5,\xff"


def opened(path="/echo", **options):
    m = rig.joined()
    return m, m.ws.connect(WS + path, **options)


def test_open_send_receive_close():
    # wire: AT+WSCFG=, AT+WSOPEN= by ws.connect
    # wire: AT+WSOPEN? by ws.status
    # wire: AT+WSSEND= by WebSocket.send
    # wire: AT+WSCLOSE= by WebSocket.close
    m, s = opened()
    assert m.ws.status() == [(0, 2, WS + "/echo")], m.ws.status()
    s.send("text")
    x = s.receive(2000)
    assert bytes(x) == b"text" and type(x) is memoryview
    s.close()
    s.close()
    rig.fails(rig.ENOTCONN, s.send, b"x")
    rig.fails(rig.ENOTCONN, s.receive, 1000)
    assert [x for x in m.ws.status() if x[1]] == []


def test_any_bytes_of_any_length():
    m, s = opened()
    for data in (b"\n", HOSTILE, bytes(range(256)) * 3, b"x" * 1014):
        s.send(data)
        x = s.receive(3000)
        assert x is not None and bytes(x) == data, (len(data), x and len(x))
    rig.raises(ValueError, s.send, b"x" * 1015)
    rig.raises(ValueError, s.send, b"")
    s.close()
    s = m.ws.connect(WS + "/echo", buffer=8192)
    s.send(rig.pattern(8000))
    got = b""
    while len(got) < 8000:
        got += bytes(s.receive(3000))
    assert got == rig.pattern(8000)


def test_receive_into_a_buffer():
    m, s = opened()
    s.send(rig.pattern(500))
    s.send(b"next")
    buf = bytearray(200)
    got = b""
    for _ in range(3):
        got += bytes(buf[: s.recv_into(buf, 2000)])
    assert got == rig.pattern(500)
    assert s.recv_into(buf, 2000) == 4 and buf[:4] == b"next"
    assert s.recv_into(buf, 100) is None


def test_three_connections_at_once():
    m = rig.joined()
    all_of_them = [m.ws.connect(WS + "/echo") for _ in range(3)]
    rig.fails(rig.ENOMEM, m.ws.connect, WS + "/echo")
    for i, s in enumerate(all_of_them):
        s.send("number %d" % i)
    for i, s in enumerate(all_of_them):
        assert bytes(s.receive(2000)) == b"number %d" % i
    all_of_them[1].close()
    again = m.ws.connect(WS + "/echo")
    again.send("again")
    assert bytes(again.receive(2000)) == b"again"
    all_of_them[2].send("still")
    assert bytes(all_of_them[2].receive(2000)) == b"still"


def test_headers_and_subprotocols():
    # wire: AT+WSHEAD= by ws.connect
    # wire: AT+WSHEAD? by ws.get_headers
    m, s = opened(headers={"X-One": "1, 2", "X-Two": '"'}, subprotocol="chat")
    assert m.ws.get_headers() == [b"X-One:1, 2", b'X-Two:"'], m.ws.get_headers()
    seen = rig.control("ws")
    assert seen["subprotocols"] == ["chat"] and seen["path"] == "/echo", seen
    assert ["x-one", "1, 2"] in [[k.lower(), v] for k, v in seen["headers"]], seen
    s.close()
    s = m.ws.connect(WS + "/echo")
    assert m.ws.get_headers() == [] and rig.control("ws")["subprotocols"] == []
    s.close()


def test_kinds_of_frames_and_the_closing_code():
    m, s = opened()
    s.send("text")
    s.send(b"binary")
    s.send(b"again", opcode=1)
    for _ in range(3):
        s.receive(2000)
    s.close(1001, "leaving")
    seen = rig.control("ws")
    assert [x[0] for x in seen["frames"]][:3] == [1, 2, 1], seen["frames"]
    assert seen["close_code"] == 1001, seen


def test_fragments_and_many_frames():
    m, s = opened("/frames/20/50", queue=4000)
    got = [bytes(s.receive(2000)) for _ in range(20)]
    assert [len(x) for x in got] == [50] * 20
    s.close()
    s = m.ws.connect(WS + "/parts/4/400")
    got = b""
    while len(got) < 400:
        got += bytes(s.receive(2000))
    assert len(got) == 400


def test_pings():
    m, s = opened()
    s.ping()
    s.ping(b"data")
    s.send("after")
    assert bytes(s.receive(2000)) == b"after"


def test_the_server_closes():
    m, s = opened("/close/1001")
    s.send("x")
    rig.fails(rig.ENOTCONN, s.receive, 3000)
    assert list(s) == []
    s.close()
    s = m.ws.connect(WS + "/echo")
    s.send("y")
    assert bytes(s.receive(2000)) == b"y"


def test_a_connection_that_breaks_comes_back_by_itself():
    m, s = opened("/drop")
    s.send("x")
    rig.wait_until(m, lambda: not s.up, 5000)
    rig.wait_until(m, lambda: s.up, 20000)
    s.close()


def test_a_reboot_ends_it():
    m, s = opened()
    rig.control("reboot")
    rig.fails(rig.ECONNRESET, s.receive, 5000)
    rig.fails(rig.ECONNRESET, s.send, b"x")
    s.close()
    m.wifi.connect(*rig.LAB)
    s = m.ws.connect(WS + "/echo")
    s.send("y")
    assert bytes(s.receive(2000)) == b"y"


def test_it_does_not_open():
    m = rig.joined()
    for uri in (WS + "/status/403", "ws://refuse.test:1/", "ws://no.such.host/"):
        rig.raises(espat.ATError, m.ws.connect, uri, timeout_s=5)
        assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
    assert m.ws.connect(WS + "/echo").up


def test_over_tls():
    m = rig.joined()
    s = m.ws.connect("wss://ws.test/echo")
    s.send("safe")
    assert bytes(s.receive(3000)) == b"safe"


def test_what_is_refused_before_a_byte_is_sent():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.start()
    tap.forget()
    for args, options in (
        (("http://a.test",), {}),
        (("ws://a\r\n",), {}),
        (("ws://" + "x" * 260,), {}),
        ((WS,), {"link": 3}),
        ((WS,), {"ping_s": 0}),
        ((WS,), {"ping_timeout_s": 7201}),
        ((WS,), {"buffer": 8193}),
        ((WS,), {"timeout_s": 181}),
        ((WS,), {"queue": 100}),
        ((WS,), {"headers": {"a": "b\r\nc"}}),
    ):
        rig.raises(ValueError, m.ws.connect, *args, **options)
    assert not tap.sent, bytes(tap.sent)
    m.wifi.connect(*rig.LAB)
    s = m.ws.connect(WS + "/echo")
    tap.forget()
    rig.raises(ValueError, s.send, b"x", 16)
    rig.raises(ValueError, s.send, b"x", 2, 60001)
    rig.raises(ValueError, s.close, 999)
    rig.raises(ValueError, s.close, 1000, "x" * 124)
    assert not tap.sent, bytes(tap.sent)
