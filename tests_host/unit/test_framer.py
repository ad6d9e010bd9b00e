# The framer: however the stream is cut, the same lines, prompts and payloads come out.
from espat import bulk
from espat.framer import Framer
from unit.wire import Reader, Wire


class Sink(Framer):
    def __init__(self, wire, step=8, size=64):
        super().__init__(size, step)
        self.any = wire.any
        self.readinto = wire.readinto
        self.found = []
        self.reader = Reader(self)
        self.heads.append((b"+IPD,", self.ipd))

    def ipd(self, line, n):
        if line[n - 1] != 58:
            return -1
        self.tag = self.reader
        return int(bytes(line[: n - 1]).split(b",")[-1])

    def on_line(self, n):
        self.found.append(bytes(self.line[:n]))

    def on_ok(self):
        self.found.append(b"OK")

    def on_prompt(self):
        self.found.append(">")

    # As a tag: throws payload away.
    job = 1
    want = 0

    def on_room(self, spare):
        self.dst = bytearray(64)
        self.off = 0
        self.end = 64
        return True

    def on_bytes(self, off):
        pass

    def hole(self):
        bulk.hole(self)


class Fast(Sink):
    stage = 0

    # As the engine is once there are links.
    def __init__(self, wire, step=8, size=64):
        Sink.__init__(self, wire, step, size)
        bulk.prepare(self)

    def pump(self):
        bulk.pump(self)


KINDS = Sink, Fast


STREAM = (
    b"\r\nOK\r\n+CWJAP:1\r\nWIFI GOT IP\r\n\r\n+IPD,0,8:\r\nOK\r\n+I"
    b"\r\n+IPD,0,20:0,CLOSED\r\n+IPD,5:abc\r\n+IPD,0,1400\r\n0,CLOSED\r\n\r\nready\r\n"
)
LINES = [b"OK", b"+CWJAP:1", b"WIFI GOT IP", b"+IPD,0,1400", b"0,CLOSED", b"ready"]
PAYLOAD = b"\r\nOK\r\n+I0,CLOSED\r\n+IPD,5:abc"


def test_same_result_for_every_piece_size():
    for kind in KINDS:
        for piece in range(1, 130):
            wire = Wire(piece)
            f = kind(wire)
            wire.put(STREAM)
            while wire.data:
                f.pump()
            assert f.found == LINES, piece
            assert f.reader.taken == PAYLOAD, piece
            assert f.reader.short == 0, piece


def test_cut_at_every_byte_with_a_reader_waiting():
    for cut in range(len(STREAM) + 1):
        wire = Wire()
        f = Fast(wire, step=4)
        f.reader.job = 1  # go on after the payload
        f.reader.dst = buf = bytearray(64)
        f.reader.want = 64
        f.exact = True
        wire.put(STREAM[:cut])
        f.pump()
        wire.put(STREAM[cut:])
        f.pump()
        assert f.found == LINES, cut
        # The first payload goes to the reader's buffer, the second finds none and goes elsewhere.
        assert bytes(buf[: f.reader.got]) + f.reader.taken == PAYLOAD, cut


def test_payload_that_fits_goes_straight_into_the_readers_buffer_and_stops_there():
    wire = Wire()
    f = Fast(wire)
    f.reader.dst = buf = bytearray(16)
    f.reader.want = 16
    f.exact = True
    wire.put(b"\r\n+IPD,0,5:hello\r\n+IPD,0,5:world")
    f.pump()
    assert f.reader.got == 5 and buf[:5] == b"hello" and f.reader.dst is None
    assert wire.data == b"\r\n+IPD,0,5:world"  # left in the UART until someone reads again


def test_a_buffer_smaller_than_the_packet_gets_its_part_and_the_rest_waits():
    wire = Wire()
    f = Fast(wire)
    f.reader.dst = buf = bytearray(4)
    f.reader.want = 4
    f.exact = True
    wire.put(b"\r\n+IPD,0,10:0123456789\r\nOK\r\n")
    f.pump()
    assert f.reader.got == 4 and bytes(buf) == b"0123" and f.left == 6
    f.pump()  # nobody waits any more: the rest goes where on_room says
    assert f.reader.taken == b"456789" and f.found == [b"OK"]


def test_no_room_leaves_the_bytes_in_the_uart():
    wire = Wire()
    f = Fast(wire)
    f.reader.room = 100
    wire.put(b"\r\n+IPD,0,200:" + bytes(200) + b"\r\nOK\r\n")
    f.pump()
    held = len(wire.data)
    assert held > 100 and f.found == []
    f.reader.room = 1000
    f.pump()
    assert f.reader.taken == bytes(200) and f.found == [b"OK"] and not f.reader.short


def test_a_repeated_header_is_recognized_as_a_whole():
    wire = Wire()
    f = Fast(wire)
    for i in range(5):
        f.reader.dst = buf = bytearray(300)
        f.reader.want = 300
        f.exact = True
        wire.put(b"\r\n+IPD,0,256:" + bytes([i]) * 256)
        f.pump()
        assert f.reader.got == 256 and bytes(buf[:256]) == bytes([i]) * 256, i
        f.reader.got = 0
    assert f.memo == b"\r\n+IPD,0,256:"


def test_a_line_longer_than_the_buffer_is_cut_and_the_next_one_is_whole():
    wire = Wire()
    f = Fast(wire, size=32)
    wire.put(b"+X:" + b"y" * 100 + b"\r\nOK\r\n")
    f.pump()
    assert f.found == [b"+X:" + b"y" * 29, b"OK"]


def test_prompt_only_when_one_is_awaited():
    wire = Wire()
    f = Fast(wire)
    wire.put(b"\r\n> x\r\n")
    f.pump()
    assert f.found == [b"> x"]
    f.found = []
    f.prompt = True
    wire.put(b"\r\nOK\r\n\r\n>")
    f.pump()
    assert f.found == [b"OK", ">"] and not f.prompt


def test_payload_of_length_zero():
    wire = Wire()
    f = Fast(wire)
    wire.put(b"\r\n+IPD,0,0:\r\nOK\r\n")
    f.pump()
    assert f.found == [b"OK"] and f.left == 0


def test_bytes_lost_in_a_payload_are_noticed():
    # As many bytes missing as the payload then swallows of what follows it.
    for lost in range(1, 14):
        wire = Wire()
        f = Fast(wire)
        whole = b"\r\n+IPD,0,40:" + b"\xee" * 40 + b"\r\n+IPD,0,40:" + b"\xee" * 40 + b"\r\nOK\r\n"
        wire.put(whole[:20] + whole[20 + lost :])
        f.pump()
        wire.put(b"\r\nready\r\n")
        f.pump()
        seen = f.reader.short or any(
            x[:1] in (b"I", b"P", b"D", b",", b"0", b"4", b":") or x[0] > 122 for x in f.found
        )
        assert seen, (lost, f.found)
