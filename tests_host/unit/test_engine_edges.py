# The engine's borders, one at a time: how long until the next look, which words end a command,
# who is told what.
from espat.engine import number
from unit.engines import CUT, DONE, ERROR, IDLE, OK, RESET, SENT, TIMEOUT, begin, engine, says
from unit.wire import Reader, Wire


class Owner:
    settled = 0

    def settle(self):
        self.settled += 1


def test_number():
    for text, i, n, value in (
        (b"0", 0, 1, 0),
        (b"7", 0, 1, 7),
        (b"123", 0, 3, 123),
        (b"123", 1, 3, 23),
        (b"123", 0, 2, 12),
        (b"12,5", 0, 4, 12),
        (b"007", 0, 3, 7),
        (b"100", 0, 3, 100),
        (b"190/:", 0, 5, 190),
        (b"", 0, 0, -1),
        (b"5", 1, 1, -1),
        (b"x1", 0, 2, -1),
        (b"/", 0, 1, -1),
        (b":", 0, 1, -1),
        (b"99999999", 0, 8, 99999999),
        (b"999999999", 0, 9, 999999999),
        (b"9999999999", 0, 10, 999999999),
    ):
        assert number(text, i, n) == value, text


def test_how_long_until_the_next_look():
    e, wire = engine()
    assert e.poll(0) == 1000  # nothing is under way
    assert says(e, wire, b"READY?\r\n") == 0  # something came: look again
    assert e.poll(1) == 1000
    assert begin(e, ms=300, now=10) == 300
    assert e.poll(60) == 250
    assert begin_after(e, wire, ms=5000) == 1000  # never longer than a second


def begin_after(e, wire, ms):
    says(e, wire, b"\r\nOK\r\n", 60)
    e.fetch()
    return begin(e, ms=ms, now=60)


def test_the_deadline_counts_from_the_last_byte_that_went_out():
    e, wire = engine()
    wire.takes = 2
    begin(e, b"ATE0\r\n", ms=500, now=100)  # two bytes
    e.poll(400)
    e.poll(700)
    assert e.stage == SENT and wire.sent == b"ATE0\r\n" and e.out is None
    e.poll(1199)
    assert e.stage == SENT
    assert e.poll(1200) == 0
    assert e.stage == DONE and e.lost is True and e.fetch() == TIMEOUT


def test_the_deadline_of_a_uart_that_takes_nothing_counts_from_the_start():
    e, wire = engine()
    wire.takes = 0
    begin(e, ms=500, now=100)
    assert e.poll(300) == 300
    e.poll(599)
    assert e.stage == SENT and e.out is not None
    e.poll(600)
    assert e.fetch() == TIMEOUT and e.out is None


def test_an_answer_that_still_comes_in_extends_the_deadline():
    e, wire = engine()
    e.links[1] = r = Reader(e)
    begin(e, ms=500, now=0)
    says(e, wire, b"\r\n+IPD,1,10:abc", 400)
    says(e, wire, b"def", 850)
    assert e.stage == SENT
    says(e, wire, b"ghij\r\nOK\r\n", 1300)
    assert e.fetch() == OK and r.taken == b"abcdefghij"


def test_text_does_not_extend_it():
    e, wire = engine()
    begin(e, ms=500, now=0)
    says(e, wire, b"WIFI CONNECTED\r\n", 400)
    e.poll(500)
    assert e.fetch() == TIMEOUT


def test_a_standstill_in_a_payload_is_looked_at_in_time():
    e, wire = engine()
    e.links[1] = r = Reader(e)
    says(e, wire, b"\r\n+IPD,1,10:abc", 0)
    assert e.poll(300) == 700
    says(e, wire, b"d", 600)  # so little is not read at once: more may come
    assert e.poll(600) == 0 and e.left == 6
    assert e.poll(700) == 900
    e.poll(1599)
    assert r.short == 0
    e.poll(1600)
    assert r.short == 1 and e.left == 0


def test_which_words_end_a_command():
    for text, result in (
        (b"OK", OK),
        (b"ERROR", ERROR),
        (b"FAIL", ERROR),
        (b"SEND OK", None),
        (b"SEND FAIL", None),
        (b"SET OK", None),
        (b"O", None),
        (b"OKAY", None),
        (b"ok", None),
        (b"ERROR1", None),
        (b"KO", None),
        (b"NO", None),
        (b"XK", None),
    ):
        e, wire = engine()
        begin(e)
        says(e, wire, b"\r\n" + text + b"\r\n")
        if result is None:
            assert e.stage == SENT, text
        else:
            assert e.stage == DONE and e.fetch() == result, text


def test_a_part_of_a_command_buffer_is_sent():
    e, wire = engine()
    e.ms = 100
    e.start(1, b"AT\r\nrest of an older one", 4)
    e.poll(0)
    assert wire.sent == b"AT\r\n"


def test_a_new_command_begins_clean():
    e, wire = engine()
    begin(e)
    says(e, wire, b"ERR CODE:0x01090000\r\n\r\nERROR\r\n")
    assert e.fetch() == ERROR and e.code == 0x01090000
    assert e.stage == IDLE and e.owner is None and e.answer is None and e.prefix == b""
    begin(e)
    assert e.code == 0 and e.result == OK and e.raw is None
    says(e, wire, b"\r\nOK\r\n")
    assert e.fetch() == OK


def test_error_codes_that_are_none():
    e, wire = engine()
    begin(e)
    says(e, wire, b"ERR CODE:0xzz\r\nERR CODE:0x\r\n")
    assert e.code == 0
    says(e, wire, b"ERR CODE:0x7194\r\nERR CODE:0xq\r\n\r\nERROR\r\n")
    assert e.fetch() == ERROR and e.code == 0x7194


def test_busy_is_noted_and_takes_its_own_code_with_it():
    e, wire = engine()
    begin(e)
    says(e, wire, b"ERR CODE:0x010b0000\r\n\r\nbusy p...\r\n")
    assert e.busy is True and e.code == 0 and e.stage == SENT
    says(e, wire, b"\r\nOK\r\n")
    assert e.fetch() == OK


def test_who_is_told_of_a_closed_link():
    e, wire = engine()
    readers = [Reader(e) for _ in range(5)]
    for i in (0, 2, 4):
        e.links[i] = readers[i]
    says(e, wire, b"0,CLOSED\r\n1,CLOSED\r\n4,CLOSED\r\n5,CLOSED\r\n/,CLOSED\r\nx,CLOSED\r\n")
    assert [r.eof for r in readers] == [True, False, False, False, True]


def test_who_is_told_of_data():
    e, wire = engine()
    readers = [Reader(e) for _ in range(5)]
    for i in (0, 2, 4):
        e.links[i] = readers[i]
    says(e, wire, b"+IPD,0,5\r\n+IPD,1,5\r\n+IPD,4,5\r\n+IPD,5,5\r\n+IPD,x,5\r\n")
    assert [r.hint for r in readers] == [True, False, False, False, True]


def test_what_the_module_says_by_itself_goes_to_the_first_that_wants_it():
    e, wire = engine()
    got = []
    e.hooks.append((b"WIFI ", lambda text: got.append((1, text))))
    e.hooks.append((b"WIFI GOT", lambda text: got.append((2, text))))
    e.hooks.append((b"+NEWS:", lambda text: got.append((3, text))))
    says(e, wire, b"WIFI GOT IP\r\n+NEWS:1\r\nnews\r\n")
    assert got == [(1, b"WIFI GOT IP"), (3, b"+NEWS:1")]


def test_lines_of_an_answer():
    # With a prefix: those that begin so. Without: all that nobody else wants.
    text = b"+X:1\r\n+Y:2\r\nplain\r\n+NEWS:3\r\n\r\nOK\r\n"
    for prefix, lines in ((b"+X:", [b"+X:1"]), (b"", [b"+X:1", b"+Y:2", b"plain"])):
        e, wire = engine()
        got = []
        news = []
        e.hooks.append((b"+NEWS:", news.append))
        e.prefix = prefix
        e.answer = got.append
        begin(e)
        says(e, wire, text)
        assert got == lines and news == [b"+NEWS:3"] and e.fetch() == OK, prefix
        # Nobody asks any more: the same lines are nobody's.
        says(e, wire, text)
        assert got == lines and news == [b"+NEWS:3"] * 2


def test_an_answer_with_a_prefix_comes_before_the_hooks():
    e, wire = engine()
    got = []
    e.hooks.append((b"+X:", lambda text: got.append("hook")))
    e.prefix = b"+X:"
    e.answer = got.append
    begin(e)
    says(e, wire, b"+X:1\r\n")
    assert got == [b"+X:1"]
    e.answer = None  # who asked has gone; the line is still no news
    says(e, wire, b"+X:2\r\n\r\nOK\r\n")
    assert got == [b"+X:1"] and e.fetch() == OK
    says(e, wire, b"+X:3\r\n")
    assert got == [b"+X:1", "hook"]


def test_what_an_answer_raises_is_kept_for_whoever_has_asked():
    e, wire = engine()

    def fails(text):
        raise ValueError(text)

    e.answer = fails
    e.prefix = b"+X:"
    e.broken = None
    begin(e)
    says(e, wire, b"+X:1\r\n\r\nOK\r\n")
    assert isinstance(e.broken, ValueError) and e.fetch() == OK


def test_a_line_too_long_spoils_the_answer_it_belongs_to_only():
    e, wire = engine(size=32)
    got = []
    e.prefix = b"+X:"
    e.answer = got.append
    begin(e)
    says(e, wire, b"+Y:" + b"y" * 60 + b"\r\n+X:1\r\n\r\nOK\r\n")
    assert e.fetch() == OK and got == [b"+X:1"]
    e.prefix = b"+X:"
    e.answer = got.append
    begin(e)
    says(e, wire, b"+X:" + b"y" * 29 + b"\r\n+X:2\r\n\r\nOK\r\n")
    assert e.fetch() == CUT and got == [b"+X:1", b"+X:2"]
    # One byte less is whole.
    e.prefix = b"+X:"
    e.answer = got.append
    begin(e)
    says(e, wire, b"+X:" + b"y" * 28 + b"\r\n\r\nOK\r\n")
    assert e.fetch() == OK and got[2:] == [b"+X:" + b"y" * 28]


def test_an_echo_shows_a_reboot_that_nobody_has_seen():
    e, wire = engine()
    says(e, wire, b"AT+GMR\r\n")
    assert e.lost is True
    e, wire = engine()
    says(e, wire, b"AT version:3.4\r\nA\r\n")
    assert e.lost is False


def test_the_wire_is_told_to_who_listens():
    e, wire = engine()
    heard = []
    e.tap = lambda way, data: heard.append((way, data))
    e.ms = 100
    e.start(1, b"AT+GMR\r\nold", 8)
    e.poll(0)
    says(e, wire, b"AT version\r\nWIFI GOT IP\r\n\r\nERROR\r\n")
    assert heard == [
        (b">", b"AT+GMR\r\n"),
        (b"<", b"AT version"),
        (b"<", b"WIFI GOT IP"),
        (b"<", b"ERROR"),
    ]


def test_a_finished_command_of_a_link_is_taken_in():
    e, wire = engine()
    owner = Owner()
    begin(e, owner=owner)
    assert e.settle() == SENT and owner.settled == 0
    says(e, wire, b"\r\nOK\r\n")
    assert e.settle() == DONE and owner.settled == 1
    e.fetch()
    begin(e, owner=1)
    says(e, wire, b"\r\nOK\r\n")
    assert e.settle() == DONE  # its owner knows nothing of settling
    e.fetch()
    assert e.settle() == IDLE and owner.settled == 1


def test_a_command_whose_owner_has_gone_ends_by_itself():
    for text in (b"\r\nOK\r\n", b"\r\nERROR\r\n"):
        e, wire = engine()
        begin(e)
        e.owner = None
        says(e, wire, text)
        assert e.stage == IDLE, text
    e, wire = engine()
    begin(e, ms=100)
    e.owner = None
    e.poll(100)
    assert e.stage == IDLE and e.lost is True


def test_a_reset():
    e, wire = engine()
    e.links[1] = one = Reader(e)
    e.links[4] = other = Reader(e)
    begin(e, b"AT+CIPSEND=0,4\r\n", raw=b"data")
    says(e, wire, b"half a li")
    e.memo = b"+IPD"
    e.on_reset()
    assert e.stage == DONE and e.raw is None and e.out is None and e.prompt is False
    assert e.fetch() == RESET and one.short == 100 and other.short == 100
    assert e.memo == b"" and e.n == 0 and e.left == 0 and e.head is None and e.dst is None
    got = []
    e.hooks.append((b"WIFI", got.append))
    says(e, wire, b"WIFI GOT IP\r\n")
    assert got == [b"WIFI GOT IP"]


def test_a_reset_in_a_payload_and_in_a_header():
    for begun in (b"\r\n+IPD,1,100:abc", b"\r\n+IPD,1,10"):
        e, wire = engine()
        e.links[1] = Reader(e)
        says(e, wire, begun)
        e.on_reset()
        e.links[1] = None
        got = []
        e.hooks.append((b"0,", got.append))
        says(e, wire, b"0,CONNECT\r\n")
        assert got == [b"0,CONNECT"], begun


def test_a_reset_with_nothing_in_flight():
    e, wire = engine()
    e.on_reset()
    assert e.stage == IDLE
    begin(e)
    says(e, wire, b"\r\nOK\r\n")
    e.on_reset()
    assert e.stage == DONE and e.fetch() == OK  # it had ended before


def test_without_links_it_works_as_well():
    # Before the first socket: the framer's own way of reading.
    e, wire = engine(links=False)
    got = []
    e.hooks.append((b"0,", got.append))
    e.prefix = b"+CWMODE:"
    e.answer = got.append
    assert begin(e, ms=200) == 200
    assert says(e, wire, b"+IPD,0,5:hello+IPD,1,9\r\n0,CLOSED\r\n0,CONNECT\r\n+CWMODE:1\r\n") == 0
    says(e, wire, b"\r\nOK\r\n")
    assert e.fetch() == OK and got == [b"0,CONNECT", b"+CWMODE:1"]


def test_each_link_hears_of_its_own_end_only():
    for number_ in range(10):
        e, wire = engine()
        readers = [Reader(e) for _ in range(5)]
        e.links[:] = readers
        says(e, wire, b"%d,CLOSED\r\n" % number_)
        assert [r.eof for r in readers] == [i == number_ for i in range(5)], number_


def test_an_empty_hint_is_none_and_the_shortest_one_counts():
    e, wire = engine()
    e.links[1] = r = Reader(e)
    got = []
    e.hooks.append((b"+IPD", got.append))
    says(e, wire, b"+IPD,\r\n")
    assert got == [b"+IPD,"] and r.hint is False
    says(e, wire, b"+IPD,1\r\n")
    assert got == [b"+IPD,"] and r.hint is True
    says(e, wire, b"+IPX,1\r\n +IPD,1\r\n")
    assert got == [b"+IPD,"]


def test_recv_is_no_news_but_what_begins_alike_is():
    e, wire = engine()
    got = []
    e.hooks.append((b"Re", got.append))
    e.hooks.append((b"XRecv", got.append))
    e.hooks.append((b"recv", got.append))
    says(e, wire, b"Recv 5 bytes\r\nReset\r\nRecv\r\nXRecv 5\r\nrecv 5 bytes\r\nRe Recv 1\r\n")
    assert got == [b"Reset", b"Recv", b"XRecv 5", b"recv 5 bytes", b"Re Recv 1"]


def test_send_ok_in_other_words_is_news():
    e, wire = engine()
    got = []
    e.hooks.append((b"S", got.append))
    says(e, wire, b"SEND OK\r\nSEND OK!\r\nSEND  OK\r\nSENDSOK\r\n")
    assert got == [b"SEND OK!", b"SEND  OK", b"SENDSOK"]


def test_lines_after_the_end_of_an_answer_are_news():
    for prefix in (b"+X:", b""):
        e, wire = engine()
        got = []
        news = []
        e.hooks.append((b"+X:", news.append))
        e.prefix = prefix
        e.answer = got.append
        begin(e)
        says(e, wire, b"\r\nOK\r\n+X:9\r\nplain\r\n")
        assert e.stage == DONE and got == [] and news == [b"+X:9"], prefix


def test_what_a_handler_raises_is_shown_and_the_stream_goes_on():
    from espat import events

    def fails(text):
        raise ValueError("handler")

    shown = []
    real = events.report
    events.report = shown.append
    try:
        e, wire = engine()
        e.hooks.append((b"+X", fails))
        begin(e)
        says(e, wire, b"+X\r\n\r\nOK\r\n")
    finally:
        events.report = real
    assert len(shown) == 1 and isinstance(shown[0], ValueError)
    assert e.fetch() == OK and e.broken is None


# What may follow a payload without the CR LF that belongs there. Any other line says that bytes
# were lost, and that the payload has swallowed the beginning of what came after it.
KNOWN = (b"WIFI GOT IP", b"A", b"z", b"+X:1", b"0,CONNECT", b"4,CONNECT", b"busy p...", b"Z9")
REMAINS = (
    b"OK",
    b"IPD,0,5",
    b"PD,0,5",
    b"D,0,5",
    b",0,5",
    b"0,5",
    b"5",
    b"@",
    b"[1]\x7b"[3:],
    b"00,CONNECT",
    b"0,CONNECTED",
    b"\xff",
)


def test_what_follows_a_payload():
    for lines, holes in ((KNOWN, 0), (REMAINS, 1)):
        for line in lines:
            e, wire = engine()
            e.links[1] = r = Reader(e)
            says(e, wire, b"\r\n+IPD,1,2:ab" + line + b"\r\n")
            assert r.short == holes, line
            # With the CR LF in front it is any line.
            e, wire = engine()
            e.links[1] = r = Reader(e)
            says(e, wire, b"\r\n+IPD,1,2:ab\r\n" + line + b"\r\n")
            assert r.short == 0, line


def test_a_line_too_long_after_a_payload_has_lost_its_end_as_well():
    for n, holes in ((31, 0), (32, 1), (50, 1)):
        e, wire = engine(size=32)
        e.links[1] = r = Reader(e)
        says(e, wire, b"\r\n+IPD,1,2:ab" + b"A" * n + b"\r\n")
        assert r.short == holes, n


def test_a_payload_that_nobody_waits_for_may_stand_still():
    # Nobody's command, and no buffer: it stays in the UART until someone wants it.
    e, wire = engine()
    e.links[1] = r = Reader(e)
    r.dst = bytearray(3)
    r.want = 3
    e.exact = True
    says(e, wire, b"\r\n+IPD,1,10:abc", 0)
    assert r.got == 3 and e.left == 7 and e.dst is None
    assert e.poll(5000) == 1000
    assert r.short == 0 and e.left == 7


def test_payload_of_nobody_of_any_length_is_thrown_away():
    for size in (1, 2, 63, 64, 65, 128, 129, 500):
        for links in (True, False):
            e, wire = engine(links)
            got = []
            e.hooks.append((b"WIFI", got.append))
            says(e, wire, b"\r\n+IPD,3,%d:" % size + b"\n" * size + b"WIFI GOT IP\r\n")
            for now in range(10):
                e.poll(now)
            assert got == [b"WIFI GOT IP"] and e.left == 0, (size, links)


class Full(Wire):
    # A UART with a buffer of `size` bytes, into which `more` comes between a look and the read.
    def __init__(self):
        super().__init__()
        self.more = []

    def readinto(self, buf, n):
        if self.more:
            self.put(self.more.pop(0))
        return super().readinto(buf, n)


def test_a_full_buffer_counts_as_loss_also_between_two_looks():
    for first, meanwhile, lost in (
        (99, 0, 0),
        (100, 0, 1),
        (60, 39, 0),
        (60, 40, 1),
        (20, 79, 0),
        (20, 90, 1),
    ):
        e, wire = engine()
        full = Full()
        e.any = full.any
        e.readinto = full.readinto
        e.full = 100
        e.links[1] = r = Reader(e)
        e.links[2] = passive = Reader(e)
        passive.passive = True
        r.dst = bytearray(200)
        r.want = 200
        e.exact = True
        full.put(b"\r\n+IPD,1,200:"[: first - 1] + b"\xee" * max(0, first - 13))
        full.more = [b"\xee" * meanwhile]
        e.pump()
        e.pump()
        assert (r.short > 0) == lost, (first, meanwhile)
        assert passive.short == 0


def test_what_one_look_has_left_counts_for_the_next():
    # The reading stops behind a payload; what comes before the next look may have been too much.
    for meanwhile, lost in ((50, 0), (90, 1)):
        e, wire = engine()
        full = Full()
        e.any = full.any
        e.readinto = full.readinto
        e.full = 100
        e.links[1] = r = Reader(e)
        r.dst = bytearray(20)
        r.want = 20
        e.exact = True
        full.put(b"\r\n+IPD,1,20:" + b"\xee" * 20)
        e.pump()
        assert r.got == 20 and r.short == 0 and e.ate
        full.put(b"\r\n" + b"A" * (meanwhile - 4) + b"\r\n")
        e.pump()
        assert (r.short > 0) == lost, meanwhile
        e.pump()
        e.pump()
        assert e.ate == 0


def test_payload_whose_reader_is_gone_and_whose_rest_never_comes():
    # Found by a life under faults: poll() said 0, "look again at once", until the deadline.
    e, wire = engine()
    e.links[1] = r = Reader(e)
    r.room = 0
    begin(e, ms=20000, now=0)
    says(e, wire, b"\r\n+IPD,1,300:", 0)
    says(e, wire, b"", 1)
    looks = 0
    now = 1
    while e.left and now < 19000:
        ms = e.poll(now)
        looks += 1
        assert looks < 20, now
        now += ms
    assert r.short == 1 and now <= 3000
    says(e, wire, b"\r\nOK\r\n", now)
    assert e.fetch() == OK
