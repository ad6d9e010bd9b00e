# Commands with data, one border at a time: the prompt, what the UART takes, what the module has
# counted, and which words end them.
from unit.engines import ASKED, DONE, ERROR, FED, OK, begin, engine, says


def fed(raw=b"data", takes=1 << 20):
    e, wire = engine()
    begin(e, b"AT+CIPSEND=0,4\r\n", raw=raw)
    assert e.stage == ASKED and e.prompt is True
    wire.takes = takes
    says(e, wire, b"\r\nOK\r\n\r\n>")
    assert e.stage == FED and e.prompt is False
    e.poll(0)
    return e, wire


def test_which_words_end_a_command_with_data():
    for text, result in (
        (b"SEND OK", OK),
        (b"SET OK", OK),
        (b"WRITE OK", OK),
        (b"+MQTTPUB:OK", OK),
        (b"OK", OK),
        (b"SEND FAIL", ERROR),
        (b"SEND CANCELLED", ERROR),
        (b"SEND Canceled", ERROR),
        (b"+MQTTPUB:FAIL", ERROR),
        (b"ERROR", ERROR),
        (b"FAIL", ERROR),
        (b"Recv 4 bytes", None),
        (b"WIFI CONNECTED", None),
        (b"A message of somebody's: OK", None),
        (b"+123456789012OK", None),
        (b"+12345678901OK", OK),
        (b"SEND OK ", None),
        (b"SENDxOK.", None),
    ):
        e, wire = fed()
        assert wire.sent.endswith(b"data") and e.out is None
        says(e, wire, b"\r\n" + text + b"\r\n")
        if result is None:
            assert e.stage == FED, text
        else:
            assert e.stage == DONE, text
            assert e.raw is None and e.fetch() == result and e.lost is False, text


def test_before_its_data_are_out_no_good_word_ends_it():
    for text in (b"\r\nOK\r\n", b"\r\nSEND OK\r\n"):
        e, wire = fed(takes=1)
        assert e.out is not None
        says(e, wire, text)
        assert e.stage == FED, text


def test_an_error_before_its_data_are_out_leaves_a_module_that_counts():
    e, wire = fed(takes=1)
    says(e, wire, b"\r\nERROR\r\n")
    assert e.stage == DONE and e.fetch() == ERROR and e.lost is True
    # Without raw data under way it does not.
    e, wire = engine()
    wire.takes = 1
    begin(e, b"AT\r\n")
    says(e, wire, b"\r\nERROR\r\n")
    assert e.stage == DONE and e.fetch() == ERROR and e.lost is False


def test_ok_before_the_prompt_does_not_end_it():
    e, wire = engine()
    begin(e, b"AT+CIPSEND=0,4\r\n", raw=b"data")
    says(e, wire, b"\r\nOK\r\n")
    assert e.stage == ASKED
    says(e, wire, b"\r\n>")
    assert e.stage == FED


def test_a_prompt_for_no_data_sends_none():
    e, wire = fed(raw=b"")
    assert wire.sent == b"AT+CIPSEND=0,4\r\n" and e.out is None
    says(e, wire, b"\r\nSEND OK\r\n")
    assert e.fetch() == OK


def middle(links=True, piece=1 << 20, takes=1 << 20):
    # "3456" of a longer buffer, as a link sends it, after the prompt.
    e, wire = engine(links)
    e.raw = b"0123456789"
    e.raw_i = 3
    e.raw_stop = 7
    e.ms = 100
    e.start(1, b"AT+CIPSEND=0,4\r\n", 16)
    e.cmd = 16
    e.poll(0)
    wire.piece = piece
    wire.takes = takes
    wire.sent = b""
    says(e, wire, b"\r\nOK\r\n\r\n>")
    return e, wire


def test_a_part_of_a_buffer_is_sent():
    for links in (True, False):
        e, wire = middle(links)
        assert wire.sent == b"3456" and e.out is None
        e.poll(0)
        assert wire.sent == b"3456"


def test_a_part_of_a_buffer_is_sent_by_and_by():
    for links in (True, False):
        for takes in (1, 3):
            e, wire = middle(links, 1, takes)
            assert wire.sent == b"3456"[:takes] and e.out is not None and e.stage == FED
            for n in range(2 * takes, 4 + takes, takes):
                assert e.poll(0) == (0 if n >= 4 else 100), n  # after the last piece: look again
                assert wire.sent == b"3456"[:n]
            assert e.out is None and e.poll(0) == 100
            says(e, wire, b"\r\nSEND OK\r\n")
            assert e.fetch() == OK


def test_a_uart_that_takes_nothing_for_now():
    for links in (True, False):
        for nothing in (0, None):
            e, wire = engine(links)
            begin(e, b"AT+CIPSEND=0,4\r\n", raw=b"data")
            take = e.write
            e.write = lambda buf, off, n: nothing  # noqa: B023
            says(e, wire, b"\r\nOK\r\n\r\n>")
            e.poll(0)
            assert e.stage == FED and e.out is not None
            e.write = take
            e.poll(0)
            assert wire.sent == b"AT+CIPSEND=0,4\r\ndata" and e.out is None


def test_how_much_the_module_has_counted():
    for links in (True, False):
        for said, right in ((4, True), (3, False), (40, False), (1, False), (10, False)):
            e, wire = middle(links, 1)
            says(e, wire, b"\r\nRecv %d bytes\r\n" % said)
            assert e.lost is not right and e.result == (OK if right else ERROR), said
            assert e.cmd == (0 if right else 16)
            if not right:  # it was noise
                says(e, wire, b"\r\nRecv 4 bytes\r\n")
                assert e.result == OK and e.cmd == 0
            says(e, wire, b"\r\nRecv 5 bytes\r\n")  # who has got it is not asked again
            assert e.result == OK
            says(e, wire, b"\r\nSEND OK\r\n")
            assert e.fetch() == OK
        e, wire = middle(links, 1)
        says(e, wire, b"\r\nRecv 3 bytes\r\n\r\nSEND OK\r\n")
        assert e.fetch() == ERROR
