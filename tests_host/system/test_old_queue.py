# needs: sim
# profile: esp8266-0.30
# Sends that do not wait for the other side (AT+CIPSENDBUF): what they give, in which order it
# arrives, what a full buffer and a lost link make of it. Owns socket.queue(), flush(), room().
from system import rig

FAR = ("192.0.2.10", 80)
SLOW_MS = 150


def queued(latency_ms=SLOW_MS):
    """A modem, a socket with a queue, and the number of its other end."""
    rig.control("latency", ms=latency_ms)
    number = rig.control("serve", host=FAR[0], port=FAR[1])["id"]
    m, s = rig.connected(FAR)
    end = rig.control("far", id=number)["connections"][-1]
    s.queue()
    return m, s, end


def arrived(end):
    return bytes.fromhex(rig.control("far", id=end)["data_hex"])


def test_it_does_not_wait():
    # wire: esp8266-0.30 AT+CIPBUFRESET= by socket.queue
    # wire: esp8266-0.30 AT+CIPSENDBUF= by socket.sendall
    m, s, end = queued()
    start = rig.now_ms()
    s.send(b"hello")
    assert rig.since_ms(start) < 50
    assert arrived(end) == b""
    start = rig.now_ms()
    s.flush()
    assert 2 * SLOW_MS - 50 <= rig.since_ms(start) < 3 * SLOW_MS
    assert arrived(end) == b"hello"
    s.sendall(b"more")
    s.close()
    assert arrived(end) == b"more", "close() waits"


def test_it_is_faster_and_every_byte_arrives():
    data = rig.pattern(20000)
    took = []
    for queue in (False, True):
        rig.control("latency", ms=SLOW_MS)
        number = rig.control("serve", host=FAR[0], port=FAR[1] + queue)["id"]
        m, s = rig.connected((FAR[0], FAR[1] + queue))
        end = rig.control("far", id=number)["connections"][-1]
        if queue:
            s.queue()
        start = rig.now_ms()
        s.sendall(data)
        s.flush()
        took.append(rig.since_ms(start))
        assert arrived(end) == data
        s.close()
    assert took[1] * 4 < took[0] * 3, took


def test_how_much_room_there_is():
    # wire: esp8266-0.30 AT+CIPBUFSTATUS= by socket.room
    m, s, end = queued()
    assert s.room() == 2920
    s.send(bytes(1000))
    assert s.room() == 1920
    s.flush()
    assert s.room() == 2920


def test_a_confirmation_that_is_lost_is_asked_for():
    # wire: esp8266-0.30 AT+CIPCHECKSEQ= by socket.flush
    m, s, end = queued()
    s.send(b"hello")
    rig.control("drop_output", count=13)  # 0,1,SEND OK
    start = rig.now_ms()
    s.flush()
    assert rig.since_ms(start) >= 2000
    assert arrived(end) == b"hello"


def test_it_receives_meanwhile():
    m, s, end = queued(latency_ms=30)
    sent = bytearray()
    got = bytearray()
    for i in range(20):
        data = b"0,%d,SEND OK\r\n%d,CLOSED\r\n" % (i, i % 5) * 8
        told = rig.control("far", id=end, send=data.decode())
        got.extend(bytes.fromhex(told["data_hex"]))
        part = rig.pattern(300, i)
        s.send(part)
        sent.extend(part)
        assert s.read(len(data)) == data
    s.flush()
    assert got + arrived(end) == sent


def test_several_queues_and_plain_sends():
    rig.control("latency", ms=SLOW_MS)
    m = rig.joined()
    links = [m.socket() for _ in range(3)]
    for s in links:
        s.connect(rig.ECHO)
    links[0].queue()
    links[1].queue()
    data = rig.pattern(5000)
    for off in range(0, 5000, 500):
        for s in links:
            s.send(data[off : off + 500])
        for s in links:
            assert s.read(500) == data[off : off + 500]
    for s in links:
        s.close()


def test_a_link_that_goes_with_bytes_on_their_way():
    m, s, end = queued()
    s.send(bytes(1000))
    rig.control("far", id=end, end="reset")
    rig.wait(m, 1000)
    rig.fails(rig.ECONNRESET, s.flush)
    rig.raises(OSError, s.send, b"more")
    s.close()
    s = m.socket()
    s.connect(rig.ECHO)
    s.send(b"again")
    assert s.read(5) == b"again"


def test_a_peer_that_takes_nothing_more():
    m, s, end = queued(latency_ms=2)
    rig.control("far", id=end, pause=True)
    s.settimeout(5)
    start = rig.now_ms()
    e = rig.raises(OSError, s.sendall, bytes(100000))
    assert e.errno == rig.ETIMEDOUT, e
    assert rig.since_ms(start) < 60000
    rig.raises(OSError, s.send, b"more")


def test_without_blocking():
    m, s, end = queued()
    s.setblocking(False)
    data = rig.pattern(8000)
    off = 0
    deadline = rig.now_ms()
    while off < len(data):
        off += s.write(data[off:]) or 0
        rig.wait(m, 10)
        assert rig.since_ms(deadline) < 30000
    s.settimeout(10)
    s.flush()
    assert arrived(end) == data
    s.close()


def test_a_reboot():
    m, s, end = queued()
    s.send(b"hello")
    rig.control("reboot")
    rig.wait(m, 1000)
    rig.fails(rig.ECONNRESET, s.send, b"more")
    s.close()
    s = m.socket()
    s.connect(rig.ECHO)
    s.send(b"again")
    assert s.read(5) == b"again"


def test_where_there_is_none():
    m = rig.joined()
    rig.fails(rig.ENOTCONN, m.socket().queue)
    s = m.socket(2, 2)
    e = rig.raises(NotImplementedError, s.queue)
    assert "AT 0.30" in str(e) and "send queue" in str(e)
    s = m.socket()
    s.connect(rig.ECHO)
    s.flush()  # nothing to wait for
    rig.fails(rig.ENOTCONN, s.room)
