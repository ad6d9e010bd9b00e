# The queue of MQTT messages under the framer: every length, every split, no room, long topics,
# bytes lost. Owns Session of lib/espat/mqtt.py as a taker of payload, without a module.
from espat.compat import run
from espat.engine import Engine
from espat.mqtt import Session
from unit.wire import Wire


class Modem:
    boots = 0

    def __init__(self, wire):
        self.engine = e = Engine(192, 64)
        e.any, e.readinto, e.write = wire.any, wire.readinto, wire.write

    async def idle(self, ms):
        self.engine.poll(0)


def begin(size=300, piece=1 << 20, cut=0):
    wire = Wire(piece)
    m = Modem(wire)
    s = Session(m, size, cut)
    m.engine.heads.append(s.heads)
    return wire, m.engine, s


def received(s, m):
    """What receive(0) gives."""
    s.boots = 0
    s.up = True
    x = run(s.get(m, 0))
    return x and (x[0], bytes(x[1]))


def record(topic, data):
    return b'+MQTTSUBRECV:0,"%s",%d,' % (topic, len(data)) + data + b"\r\n"


def taken(s):
    x = s.take()
    return x and (x[0], bytes(x[1]))


def pump(e, wire, now=0):
    # As a waiting program does: looks again while something comes.
    for _ in range(500):
        before = len(wire.data)
        e.poll(now)
        if not wire.data or len(wire.data) == before:
            break


def test_messages_come_out_as_they_went_in():
    for piece in (1, 2, 3, 7, 64, 1000):
        wire, e, s = begin(300, piece)
        hostile = b'\r\nOK\r\n+MQTTSUBRECV:0,"x",5,\r\nready\r\n> +IPD,0,3:\x00"'
        for data in (b"", b"a", hostile, bytes(range(256))):
            wire.put(record(b"topic/a", data))
            pump(e, wire)
            for _ in range(300):
                e.poll(0)
            assert taken(s) == (b"topic/a", data), (piece, data)
            assert s.take() is None
        assert not s.missed and e.n == 0


def test_many_messages_while_nobody_takes_them():
    # The UART's buffer is no larger than the queue: what waits there finds room.
    wire, e, s = begin(400, 50)
    sent = [(b"t%d" % i, bytes([i]) * (i * 13 % 200)) for i in range(60)]
    rest = b"".join([record(*x) for x in sent])
    got = []
    for _ in range(5000):
        k = 300 - len(wire.data)
        wire.put(rest[:k])
        rest = rest[k:]
        e.poll(0)
        x = taken(s)
        while x:
            got.append(x)
            x = taken(s)
    assert got == sent, len(got)
    assert not s.missed


def test_small_messages_beyond_the_queue_are_counted():
    wire, e, s = begin(300)
    wire.put(b"".join([record(b"t", b"%02d" % i) for i in range(60)]))
    pump(e, wire)
    got = []
    x = taken(s)
    while x:
        got.append(x)
        x = taken(s)
    assert got == [(b"t", b"%02d" % i) for i in range(len(got))]
    assert len(got) + s.missed == 60, (len(got), s.missed)


def test_a_message_that_has_no_room_yet_waits_in_the_uart():
    for first in range(200, 293):
        wire, e, s = begin(300)
        a, b = bytes([1]) * first, bytes([2]) * 250
        wire.put(record(b"t", a) + record(b"t", b))
        pump(e, wire)
        assert len(wire.data) > 150, len(wire.data)
        assert taken(s) == (b"t", a)
        assert taken(s) is None
        pump(e, wire)
        assert taken(s) == (b"t", b), first
        assert not s.missed


def test_a_view_holds_until_the_next_take():
    wire, e, s = begin(300)
    wire.put(record(b"t", b"x" * 200))
    pump(e, wire)
    topic, view = s.take()
    wire.put(record(b"t", b"y" * 60) + record(b"t", b"z" * 200))
    pump(e, wire)
    assert bytes(view) == b"x" * 200
    assert taken(s) == (b"t", b"y" * 60)


def test_a_message_that_never_has_room_is_counted_and_skipped():
    wire, e, s = begin(300)
    wire.put(record(b"t", b"\r\nready\r\n" * 100) + record(b"t", b"short"))
    pump(e, wire)
    assert s.missed == 1
    assert taken(s) == (b"t", b"short")


def test_long_topics():
    for n in (128, 160, 161, 165, 170, 180, 200, 500, 5000):
        wire, e, s = begin(300, 40)
        topic = b"x" * n
        wire.put(record(topic, b"\r\nready\r\n") + record(b"t", b"next"))
        pump(e, wire)
        x = taken(s)
        if n <= 160:
            assert x == (topic, b"\r\nready\r\n")
            x = taken(s)
        else:
            assert s.missed == 1, n
        assert x == (b"t", b"next"), (n, x)


def test_topics_with_quotes_and_commas():
    for topic in (b'a"b', b"a,b", b'a",b', b'a",5b', b'",', b"", b'a","5', b'"'):
        wire, e, s = begin()
        wire.put(record(topic, b"data"))
        pump(e, wire)
        assert taken(s) == (topic, b"data"), topic


def test_no_header():
    for line in (
        b"+MQTTSUBRECV:0,5,",
        b'+MQTTSUBRECV:0,"t,5,',
        b'+MQTTSUBRECV:0,"t",,',
        b"+MQTTSUBRECV:,",
    ):
        wire, e, s = begin()
        wire.put(line + b"\r\n" + record(b"t", b"data"))
        pump(e, wire)
        assert taken(s) == (b"t", b"data"), line


def test_bytes_lost_in_a_message_spoil_that_message_only():
    for k in (1, 5, 30):
        wire, e, s = begin()
        wire.put(record(b"t", b"whole"))
        wire.put(
            record(b"t", b"A" * 50)[: -2 - k] + b"\r\n" + record(b"u", b"B" * 9) + b"\r\nOK\r\n"
        )
        wire.put(record(b"t", b"after"))
        pump(e, wire)
        assert taken(s) == (b"t", b"whole")
        rest = [taken(s), taken(s)]
        assert s.missed >= 1, k
        assert (b"t", b"A" * 50) not in rest
        assert [x for x in rest if x and x[1] not in (b"after", b"B" * 9)] == [], rest


def test_a_message_that_stops_in_the_middle():
    wire, e, s = begin()
    wire.put(record(b"t", b"C" * 100)[:60])
    e.poll(0)
    e.poll(10)
    e.poll(2000)
    assert s.missed == 1 and not e.left
    wire.put(b"\r\n" + record(b"t", b"after"))
    pump(e, wire, 2001)
    assert taken(s) == (b"t", b"after")


def cut(topic, data, size, head):
    """The records of one message as a module with a buffer of `size` bytes cuts it."""
    first = size - len(topic) - head
    pieces = [data[:first]]
    for i in range(first, len(data), size):
        pieces.append(data[i : i + size])
    return b"".join([record(topic, x) for x in pieces])


def test_messages_that_the_module_cuts():
    for head in (5, 7):
        for n in (1, 50, 94, 95, 96, 100, 193, 194, 200, 293, 294, 400, 493):
            for piece in (3, 1000):
                wire, e, s = begin(600, piece, 100)
                data = bytes([i & 255 for i in range(n)])
                wire.put(cut(b"t", data, 100, head) + record(b"other", b"x"))
                pump(e, wire)
                for _ in range(300):
                    e.poll(0)
                assert taken(s) == (b"t", data), (head, n, piece)
                assert taken(s) == (b"other", b"x")
                assert not s.missed


def test_cut_messages_behind_one_another_in_a_small_queue():
    wire, e, s = begin(600, 80, 100)
    sent = [(b"topic%d" % (i % 2), bytes([i]) * (97 * i % 450)) for i in range(1, 60)]
    rest = b"".join([cut(t, x, 100, 7) for t, x in sent])
    got = []
    for _ in range(9000):
        k = max(400 - len(wire.data), 0)
        wire.put(rest[:k])
        rest = rest[k:]
        e.poll(0)
        x = taken(s)
        while x:
            got.append(x)
            x = taken(s)
    assert got == sent, len(got)
    assert not s.missed


def test_a_cut_message_that_is_too_long_leaves_no_piece():
    wire, e, s = begin(250, 64, 100)
    wire.put(cut(b"t", b"a" * 330, 100, 5) + record(b"t", b"next") + cut(b"t", b"b" * 230, 100, 5))
    pump(e, wire)
    assert taken(s) == (b"t", b"next")
    assert taken(s) == (b"t", b"b" * 230)
    assert s.missed == 1


def test_a_hole_in_a_cut_message_spoils_all_of_it():
    wire, e, s = begin(900, 64, 100)
    text = cut(b"t", b"a" * 330, 100, 5)
    wire.put(text[:150] + text[151:] + record(b"u", b"next"))
    pump(e, wire)
    assert s.missed == 1, s.missed
    x = taken(s)
    assert x is None or x == (b"u", b"next"), x


def test_a_message_as_long_as_a_record_is_whole_after_a_moment():
    wire, e, s = begin(900, 64, 100)
    wire.put(record(b"t", b"a" * 94))
    pump(e, wire)
    assert s.take() is None
    s.when -= 1000
    assert taken(s) == (b"t", b"a" * 94)


def test_a_host_that_looks_seldom_keeps_the_pieces_together():
    # The second piece waits in the UART while the host is busy for longer than pieces are apart.
    data = bytes([i & 255 for i in range(250)])
    for n in (1, 2, 3):
        wire, e, s = begin(900, 1000, 100)
        m = Modem(wire)
        m.engine = e
        text = cut(b"t", data, 100, 7)
        ends = [i + 2 for i in range(len(text)) if text[i : i + 2] == b"\r\n"]
        wire.put(text[: ends[0]])
        pump(e, wire)
        for k in range(1, n + 1):
            s.when -= 1000
            wire.put(text[ends[k - 1] : ends[k]] if k < 3 else b"")
            got = received(s, m)
            if k < 2:
                assert got is None, (n, k, got)
        assert n < 2 or got == ((b"t", data) if n == 2 else None), (n, got)


def test_a_message_as_long_as_a_record_and_a_much_later_one_are_two():
    # Nobody has called receive() in between.
    wire, e, s = begin(900, 64, 100)
    wire.put(record(b"t", b"a" * 94))
    pump(e, wire)
    s.when -= 4000
    wire.put(record(b"t", b"b"))
    pump(e, wire)
    assert taken(s) == (b"t", b"a" * 94)
    assert taken(s) == (b"t", b"b")


def test_a_later_message_is_no_rest_of_one_that_was_lost():
    wire, e, s = begin(150, 64, 100)
    wire.put(record(b"t", b"a" * 94) + record(b"t", b"a" * 100))
    pump(e, wire)
    assert s.missed == 1
    s.when -= 4000
    wire.put(record(b"u", b"b"))
    pump(e, wire)
    assert taken(s) == (b"u", b"b") and s.missed == 1


def test_a_module_that_does_not_cut():
    wire, e, s = begin(900, 64, 100)
    wire.put(record(b"t", b"a" * 300) + record(b"t", b"b" * 94) + record(b"t", b"c"))
    pump(e, wire)
    assert [taken(s)[1] for _ in range(3)] == [b"a" * 300, b"b" * 94, b"c"]


def test_a_long_life_of_the_queue():
    # Messages of all sizes, cut and whole, in queues of all sizes, while the reader holds one
    # view. It reads more when nothing is left, as receive() does.
    random = 12345
    for seed in range(12):
        wire, e, s = begin(1000 + 50 * seed, 40 + seed * 17 % 97, 100 if seed % 2 else 0)
        sent = []
        rest = b""
        got = 0
        for _ in range(1500):
            random = (random * 1103515245 + 12345) & 0x7FFFFFFF
            x = random >> 8
            while len(rest) < 500:
                t = b"topic"[: 1 + x % 5]
                n = x // 7 % 450
                if (n + len(t) + 7) % 100 in (0, 2):
                    n += 1  # such a message looks as if more of it came
                x = x * 5 + 1 & 0x7FFFFF
                data = bytes([x & 255]) * n
                rest += cut(t, data, 100, 7) if seed % 2 else record(t, data)
                sent.append((t, data))
            k = max(400 - len(wire.data), 0)
            wire.put(rest[:k])
            rest = rest[k:]
            e.poll(0)
            held = s.take()
            while held:
                before = bytes(held[1])
                if x & 1:
                    e.poll(0)  # another command is under way meanwhile
                assert bytes(held[1]) == before
                assert (held[0], before) == sent.pop(0), (seed, got)
                got += 1
                held = s.take()
        assert s.missed == 0, (seed, s.missed)
        assert got > 200, (seed, got)
