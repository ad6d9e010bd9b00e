# The engine: one command in flight, whatever else the module says meanwhile.
from espat import bulk
from espat.engine import Engine
from unit.wire import Reader, Wire

SENT, ASKED, FED, DONE = 2, 3, 4, 1
ME = object()


def engine(piece=1 << 20):
    wire = Wire(piece)
    e = Engine(192, 16)
    e.links = [None] * 5
    e.any = wire.any
    e.readinto = wire.readinto
    e.write = wire.write
    bulk.prepare(e)
    return e, wire


def start(e, cmd=b"AT\r\n", ms=1000, raw=None, prefix=b"", answer=None):
    e.prefix = prefix
    e.answer = answer
    if raw is not None:
        e.raw = raw
        e.raw_i = 0
        e.raw_stop = len(raw)
    e.ms = ms
    e.start(ME, cmd, len(cmd))
    e.poll(0)


URCS = (
    b"WIFI CONNECTED\r\n",
    b"WIFI GOT IP\r\n",
    b"+TIME_UPDATED\r\n",
    b'+STA_CONNECTED:"aa:bb:cc:dd:ee:ff"\r\n',
    b"\r\n+IPD,3,1400\r\n",
    b"\r\n+IPD,3,6:\r\nOK\r\n",
    b"\r\n+IPD,3,9:\r\nERROR\r\n",
    b"3,CLOSED\r\n",
    b"3,CONNECT\r\n",
    b"\r\nbusy p...\r\n",
    b"ERR CODE:0x010b0000\r\n\r\nbusy p...\r\n",
    b"Have 3 Connections\r\n",
    b"smartconfig type:ESPTOUCH\r\n",
    b"NO CA FOUND\r\n",
    b"\r\nSEND OK\r\n",
    b"\r\nRecv 4 bytes\r\n",
    b"> \r\n",
    b"\r\n\r\n",
)


def places(answer, ends):
    # Between messages: before, inside and behind an answer; `ends` are their ends.
    return [0] + ends


def test_an_unsolicited_line_at_every_place_of_an_answer():
    parts = [b"+CWMODE:1\r\n", b"+CWMODE:2\r\n", b"\r\nOK\r\n"]
    for urc in URCS:
        for where in range(len(parts) + 1):
            for piece in (1, 3, 7, 1000):
                e, wire = engine(piece)
                got = []
                start(e, b"AT+CWMODE?\r\n", prefix=b"+CWMODE:", answer=got.append)
                wire.put(b"".join(parts[:where]) + urc + b"".join(parts[where:]))
                for _ in range(100):
                    e.poll(0)
                assert e.stage == DONE, (urc, where, piece)
                assert e.fetch() == 0 and got == [b"+CWMODE:1", b"+CWMODE:2"], (urc, where, piece)


def test_an_unsolicited_line_at_every_place_of_a_send():
    parts = [b"\r\nOK\r\n", b"\r\n>", b"\r\nRecv 4 bytes\r\n", b"\r\nSEND OK\r\n"]
    for urc in URCS:
        if urc in (b"\r\nSEND OK\r\n", b"> \r\n"):
            continue  # inside a send these are its own words
        for where in range(len(parts)):
            for piece in (1, 5, 1000):
                e, wire = engine(piece)
                start(e, b"AT+CIPSEND=0,4\r\n", raw=b"data")
                done = 0
                for i in range(len(parts)):
                    if i == where:
                        wire.put(urc)
                    wire.put(parts[i])
                    for _ in range(60):
                        e.poll(0)
                    if i < 3:
                        assert e.stage > DONE, (urc, where, piece, i)
                    if i == 1:
                        assert e.stage == FED and wire.sent.endswith(b"data"), (urc, where, piece)
                assert e.stage == DONE and e.fetch() == 0, (urc, where, piece)
                assert done == 0


def test_error_and_its_code():
    e, wire = engine()
    start(e)
    wire.put(b"ERR CODE:0x01090000\r\n\r\nERROR\r\n")
    e.poll(0)
    assert e.stage == DONE and e.fetch() == 1 and e.code == 0x01090000


def test_the_code_of_busy_is_not_the_commands_own():
    e, wire = engine()
    start(e)
    wire.put(b"ERR CODE:0x010b0000\r\n\r\nbusy p...\r\n")
    e.poll(0)
    assert e.stage == SENT and e.busy
    wire.put(b"\r\nERROR\r\n")
    e.poll(0)
    assert e.fetch() == 1 and e.code == 0


def test_deadline():
    e, wire = engine()
    start(e, ms=500)
    assert e.poll(100) == 400
    e.poll(499)
    assert e.stage == SENT
    e.poll(500)
    assert e.stage == DONE and e.fetch() == 2 and e.lost


def test_short_writes_are_continued():
    e, wire = engine()
    wire.takes = 3
    start(e, b"AT+CIPSEND=0,10\r\n", raw=b"0123456789")
    for _ in range(10):
        e.poll(0)
    assert wire.sent == b"AT+CIPSEND=0,10\r\n"
    wire.put(b"\r\nOK\r\n\r\n>")
    for _ in range(10):
        e.poll(0)
    assert wire.sent.endswith(b"0123456789")


def test_a_uart_that_takes_nothing_ends_at_the_deadline():
    e, wire = engine()
    wire.takes = 0
    start(e, ms=500)
    e.poll(499)
    assert e.stage == SENT
    e.poll(500)
    assert e.fetch() == 2


def test_send_ok_after_send_fail_ends_nothing_else():
    e, wire = engine()
    start(e, b"AT+CIPSEND=0,4\r\n", raw=b"data")
    wire.put(b"\r\nOK\r\n\r\n>")
    e.poll(0)
    e.poll(0)
    wire.put(b"\r\nSEND FAIL\r\n")
    e.poll(0)
    assert e.fetch() == 1
    start(e)
    wire.put(b"\r\nSEND OK\r\n")
    e.poll(0)
    assert e.stage == SENT
    wire.put(b"\r\nOK\r\n")
    e.poll(0)
    assert e.fetch() == 0


def test_a_reset_ends_the_command_and_tells_the_links():
    e, wire = engine()
    r = e.links[2] = Reader(e)
    start(e)
    e.on_reset()
    assert e.stage == DONE and e.fetch() == 3 and r.short == 100


def test_a_line_too_long_for_the_buffer_spoils_the_answer():
    e, wire = engine()
    got = []
    start(e, prefix=b"+X:", answer=got.append)
    wire.put(b"+X:1\r\n+X:" + b"y" * 300 + b"\r\n+X:3\r\n\r\nOK\r\n")
    for _ in range(20):
        e.poll(0)
    assert e.fetch() == 4 and got == [b"+X:1", b"+X:3"]


def test_payload_that_stops_in_the_middle():
    e, wire = engine()
    r = e.links[1] = Reader(e)
    wire.put(b"\r\n+IPD,1,100:abc")
    e.poll(0)
    e.poll(1)
    assert e.left == 97 and r.short == 0
    e.poll(999)
    assert r.short == 0
    e.poll(1001)
    assert r.short == 1 and e.left == 0
    start(e)
    wire.put(b"\r\nOK\r\n")
    e.poll(1002)
    assert e.fetch() == 0


def test_data_for_a_link_that_nobody_has_is_thrown_away():
    e, wire = engine()
    start(e)
    wire.put(b"\r\n+IPD,4,200:" + b"\r\nOK\r\nERROR\r\n" * 14 + b"1234" + b"\r\nOK\r\n")
    e.poll(0)
    assert e.fetch() == 0


def test_an_owner_that_has_gone_leaves_the_engine_usable():
    e, wire = engine()
    start(e)
    e.owner = e.answer = None
    wire.put(b"\r\nOK\r\n")
    e.poll(0)
    assert e.stage == 0


def test_garbage_never_raises():
    seed = 12345
    for _ in range(300):
        data = bytearray()
        for _ in range(200):
            seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
            c = seed >> 16 & 0xFF
            # Much of it is made of pieces that mean something.
            data.extend(
                (b"\r\n", b"+IPD,", b"0,", b":", b"OK", b">", b",CLOSED", b"ERR CODE:0x")[c & 7]
                if c & 64
                else bytes([c])
            )
        e, wire = engine((seed >> 8 & 31) + 1)
        e.links[0] = Reader(e)
        start(e, raw=b"abc", prefix=b"+IPD", answer=lambda text: None)
        wire.put(bytes(data))
        for t in range(0, 6000, 10):
            e.poll(t)
        assert e.stage == DONE and not wire.data
