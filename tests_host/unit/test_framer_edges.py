# The framer's borders, one at a time: how much is read, when it stops, what is forgotten.
from espat import bulk
from espat.engine import Engine
from espat.framer import Framer
from unit.wire import Reader, Wire


class Counting(Wire):
    # A UART that notes how many bytes each read asked for.
    def __init__(self, piece=1 << 20):
        super().__init__(piece)
        self.asked = []

    def readinto(self, buf, n):
        self.asked.append(n)
        return super().readinto(buf, n)


class Told(Framer):
    # A framer that notes what it finds, in order; counted messages "+IPD,<n>:" go to `reader`.
    def __init__(self, wire, size=64):
        super().__init__(size, 8)
        self.any = wire.any
        self.readinto = wire.readinto
        self.found = []
        self.reader = Reader(self)
        self.heads.append((b"+IPD,", self.ipd))

    def ipd(self, line, n):
        if line[n - 1] != 58:
            return -1
        self.tag = self.reader
        return int(bytes(line[5 : n - 1]))

    def on_line(self, n):
        self.found.append(bytes(self.line[:n]))

    def on_prompt(self):
        self.found.append(">")

    def hole(self):
        self.found.append("hole")
        bulk.hole(self)

    job = 1
    want = 0

    def on_room(self, spare):
        self.dst = bytearray(64)
        self.off = 0
        self.end = 64
        return True

    def on_bytes(self, off):
        pass


def framer(piece=1 << 20, size=64):
    wire = Counting(piece)
    return Told(wire, size), wire


def test_a_new_framer_holds_nothing():
    f = Framer(48, 16)
    assert len(f.line) == 48 and f.step == 16 and len(f.chunk) == 64
    assert f.n == f.left == f.off == f.end == f.size == f.whole == 0
    assert f.head is None and f.dst is None and f.after is None and f.owner is None
    assert f.tag is f and f.heads == [] and f.memo == b""
    assert f.prompt is False and f.moved is False
    assert f.full > 1 << 20  # no UART is that large: nothing counts as an overrun


def test_it_never_reads_more_than_there_is_nor_than_its_chunk():
    f, wire = framer()
    wire.put(b"OK\r\n")
    f.pump()
    assert wire.asked == [4]
    wire.asked = []
    wire.put(b"x" * 70 + b"\r\n")
    f.pump()
    assert wire.asked == [64, 8]
    wire.asked = []
    wire.put(b"y" * 62 + b"\r\n")
    f.pump()
    assert wire.asked == [64] and f.found[-1] == b"y" * 62


def test_it_does_not_ask_an_empty_uart():
    f, wire = framer()
    f.pump()
    assert wire.asked == [] and not f.moved


def test_bytes_are_noted_as_movement():
    f, wire = framer()
    wire.put(b"O")
    f.pump()
    assert f.moved is True


def test_however_much_comes_it_returns_after_200_reads():
    f, wire = framer(piece=1)
    wire.put(b"A" * 30 + b"\r\n" + b"B" * 300)
    f.pump()
    assert len(wire.asked) == 200 and len(wire.data) == 132
    f.pump()
    assert not wire.data


def test_a_uart_that_says_more_than_it_gives():
    f, wire = framer()
    wire.any = lambda: 5 if wire.data else 0
    f.any = wire.any
    wire.put(b"OK\r\n")
    f.pump()
    assert f.found == [b"OK"]
    # One that never gives what it promised does not hold the program up.
    f.any = lambda: 1
    f.pump()
    assert f.found == [b"OK"]


def test_empty_lines_are_no_lines():
    f, wire = framer()
    wire.put(b"\r\n\n\r\n\r\nOK\r\n\n")
    f.pump()
    assert f.found == [b"OK"]


def test_a_line_may_end_with_lf_alone_and_may_hold_cr():
    f, wire = framer()
    wire.put(b"one\ntwo\r\nth\rree\r\nfour\r\r\n")
    f.pump()
    assert f.found == [b"one", b"two", b"th\rree", b"four\r"]


def test_a_line_of_one_byte():
    f, wire = framer()
    wire.put(b"a\r\nb\n")
    f.pump()
    assert f.found == [b"a", b"b"]


def test_a_line_as_long_as_the_buffer_and_longer():
    for extra in range(4):
        f, wire = framer(size=10)
        wire.put(b"0123456789"[: 8 + extra] + b"xy"[: max(0, extra - 2)] + b"\r\nOK\r\n")
        f.pump()
        assert f.found[-1] == b"OK"
        assert f.found[0] == (b"0123456789" + b"xy")[: min(8 + extra, 10)], extra


def test_the_prompt_only_at_the_start_of_a_line_and_only_once():
    f, wire = framer()
    f.prompt = True
    wire.put(b"a>b\r\n>>\r\n")
    f.pump()
    assert f.found == [b"a>b", ">", b">"] and f.prompt is False


def test_payload_one_byte_at_a_time():
    f, wire = framer(piece=1)
    wire.put(b"\r\n+IPD,3:a\nb\r\nOK\r\n")
    f.pump()
    assert f.reader.taken == b"a\nb" and f.found == [b"OK"] and f.size == 3 and f.left == 0


def test_a_header_is_looked_for_in_lines_that_begin_with_plus_only():
    f, wire = framer()
    wire.put(b"IPD,3:abc\r\nx+IPD,3:abc\r\n+IPE,3:abc\r\n+XIPD,3:abc\r\n+IPD;3:abc\r\n")
    f.pump()
    assert f.reader.taken == b"" and len(f.found) == 5


def test_the_first_matching_head_is_taken():
    f, wire = framer()
    asked = []

    def other(line, n):
        asked.append(bytes(line[:n]))
        return -1

    f.heads.insert(0, (b"+IP,", other))
    f.heads.append((b"+IPD,", other))
    wire.put(b"+IPD,2:xy+IP,1:a\r\n")
    f.pump()
    assert f.reader.taken == b"xy" and asked == [b"+IP,1:"] and f.found == [b"+IP,1:a"]


def test_what_a_header_said_is_there_when_its_payload_comes():
    f, wire = framer()
    f.reader.job = 1
    f.reader.dst = buf = bytearray(10)
    f.reader.want = 7
    f.exact = True
    wire.put(b"+IPD,9:ab")
    f.pump()
    assert (f.left, f.size, f.whole) == (7, 9, 7)
    assert f.dst is buf and f.off == 2 and f.end == 7 and f.head is None
    wire.put(b"cdefg")
    f.pump()
    assert f.reader.got == 7 and buf[:7] == b"abcdefg" and f.reader.dst is None
    assert f.exact is False
    wire.put(b"hi")
    f.pump()
    assert f.reader.taken == b"hi" and f.left == 0


def test_a_reader_of_nobodys_command_stops_the_reading():
    # job 0: the bytes behind its payload stay where they are, as far as they were not read yet.
    f, wire = framer(piece=9)
    f.reader.dst = bytearray(4)
    f.reader.want = 4
    wire.put(b"+IPD,4:ab" + b"cd\r\nOK\r\n!" + b"more")
    f.pump()
    assert f.reader.got == 4 and f.found == [b"OK"] and wire.data == b"more"


def test_payload_without_a_buffer_goes_where_there_is_room():
    f, wire = framer(piece=16)
    f.reader.room = 40
    wire.put(b"+IPD,80:" + bytes(range(65, 97)) + b"z" * 48 + b"\r\nOK\r\n")
    f.pump()
    # It keeps room for what one chunk may bring; the rest waits in the UART.
    assert f.found == [] and f.reader.short == 0 and wire.data
    f.reader.room = 1000
    for _ in range(3):
        f.pump()
    assert f.reader.taken == bytes(range(65, 97)) + b"z" * 48 and f.found == [b"OK"]


def test_payload_that_came_with_its_header_and_finds_no_room_is_told():
    f, wire = framer()
    f.reader.room = 0
    wire.put(b"+IPD,5:hello\r\nOK\r\n")
    f.pump()
    assert f.reader.short == 1 and f.found == [b"OK"] and f.left == 0 and f.tag is f


def test_length_zero_ends_at_once():
    f, wire = framer()
    f.reader.job = 1
    f.reader.dst = bytearray(4)
    f.reader.want = 4
    wire.put(b"+IPD,0:OK\r\n")
    f.pump()
    assert f.reader.got == 0 and f.reader.dst is None and f.found == [b"OK"]


def test_what_follows_a_payload():
    # CR LF, or a line that is known, must follow; else bytes were lost.
    for rest, holes in (
        (b"\r\nOK\r\n", 0),
        (b"\r\n+IPD,2:cd", 0),
        (b"+IPD,2:cd", 1),
        (b"\nOK\r\n", 1),
    ):
        f, wire = framer()
        wire.put(b"\r\n+IPD,2:ab" + rest)
        f.pump()
        assert f.found.count("hole") == holes, rest
        assert f.reader.short == holes, rest


def test_a_payload_of_a_command_of_another_is_followed_by_anything():
    # Only who has nobody's command, or the owner of the one in flight, is looked after.
    f, wire = framer()
    f.reader.job = 1
    wire.put(b"\r\n+IPD,2:ab\nOK\r\n")
    f.pump()
    assert f.found == [b"OK"] and f.after is None
    f.owner = f.reader
    wire.put(b"\r\n+IPD,2:ab")
    f.pump()
    assert f.after is f.reader


def test_a_long_header_is_handed_on_byte_by_byte():
    f, wire = framer(size=16)
    seen = []

    def head(line, n):
        if line[n - 1] != 58:
            return -1
        f.tag = f.reader
        return 2

    def longer(f, c):
        seen.append(c)
        if c == 58:
            f.line[9] = 58
            if f.header(10):
                return 0
        return 16

    f.heads.append((b"+LONG,", head, longer))
    wire.put(b"+LONG," + b"t" * 20 + b":hi\r\nOK\r\n")
    f.pump()
    assert bytes(seen) == b"t" * 10 + b":" and f.reader.taken == b"hi" and f.found == [b"OK"]


def test_the_engine_takes_the_number_of_a_link_from_the_header():
    e = Engine(64, 8)
    a, b = Reader(e), Reader(e)
    e.links = [a, None, b, None, None]
    for line, tag, size in (
        (b"+IPD,0,12:", a, 12),
        (b"+IPD,2,7:", b, 7),
        (b"+IPD,1,7:", e, 7),
        (b"+IPD,5,7:", e, 7),
        (b"+IPD,x,7:", e, 7),
        (b"+IPD,2,9,", None, -1),
        (b"+IPD,2,x:", None, -1),
        (b"+IPD,2,7x:", None, -1),
        (b"+IPD,9:", None, -1),
        (b'+IPD,2,1"espat-lab","02:', None, -1),  # half a message, and the half of another one
        (b'+IPD,2,5,"192.0.2.1",80:', b, 5),
    ):
        e.tag = None
        e.line[: len(line)] = line
        assert e.ipd(e.line, len(line)) == size, line
        assert e.tag is tag, line


def test_the_length_is_the_first_number_behind_the_link():
    e = Engine(64, 8)
    e.links = [None] * 5
    line = b'+IPD,1,5,"1.2.3.4",80:'
    e.line[: len(line)] = line
    assert e.ipd(e.line, len(line)) == 5


def test_a_header_that_never_ends_is_a_line():
    f, wire = framer(size=16)
    wire.put(b"+IPD," + b"1" * 40 + b"\r\nOK\r\n")
    f.pump()
    assert f.found == [b"+IPD,11111111111", b"OK"]


def test_the_rest_of_a_line_is_forgotten_when_it_is_told():
    f, wire = framer()
    before = []
    f.on_line = lambda n: before.append((f.n, n))
    wire.put(b"hello\r\n")
    f.pump()
    assert before == [(0, 5)]
