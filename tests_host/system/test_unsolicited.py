# needs: sim
# Every line that the module may say by itself, before, inside and after the answer of every call:
# the call succeeds and no byte is lost. Owns this table of cases; texts are messages.py's.
from system import messages, rig, steps


def everywhere(name, passive=True):
    """Each line alone, at all places of the call's answers at once; then all lines together."""
    places = steps.borders(name, passive)
    ground = steps.Ground(passive)
    table = [entry for entry in messages.unsolicited() if fits(entry, name)]
    assert len(table) > 50
    wrong = []
    if rig.MICROPYTHON:  # every byte goes through a socket there: a part of the places has to do
        some, together = table[::16], places[1 :: len(places) // 2]
    else:
        some, together = table, places
    for pattern, line in some:
        error = steps.run(ground, name, line, places)
        if error:
            wrong.append("%s with %s" % (error, pattern))
            ground = steps.Ground(passive)
    assert not wrong, "%d of %d: %s" % (len(wrong), len(table), "; ".join(wrong[:5]))
    lines = b"".join([line for pattern, line in table])
    for place in together:
        error = steps.run(ground, name, lines, [place])
        assert not error, (error, "all lines", place)


def fits(entry, name):
    # This one says that the send under way is over: it is, then: see the last test.
    return entry[0] != "SEND Canceled" or name not in ("echo", "receive")


def test_in_start_up():
    everywhere("start")


def test_in_start_up_active():
    everywhere("start", False)


def test_in_scan():
    everywhere("scan")


def test_in_join():
    everywhere("join")


def test_in_ifconfig():
    everywhere("ifconfig")


def test_in_queries():
    everywhere("queries")


def test_in_resolve():
    everywhere("resolve")


def test_in_a_command_of_ones_own():
    rig.needs("AT+CMD")
    everywhere("own_command")


def test_in_connect():
    everywhere("connect")


def test_in_connect_active():
    everywhere("connect", False)


def test_in_echo():
    everywhere("echo")


def test_in_echo_active():
    everywhere("echo", False)


def test_in_receive():
    everywhere("receive")


def test_in_receive_active():
    everywhere("receive", False)


def test_in_close():
    everywhere("close")


def test_in_disconnect():
    everywhere("disconnect")


def test_a_send_that_the_module_gives_up_ends_the_link():
    # In the place of SEND OK.
    at = len(b"\r\nOK\r\n\r\n>\r\nRecv 5 bytes\r\n")
    m = rig.joined()
    for line in ("\r\nSEND Canceled", "\r\nSEND FAIL", "\r\nERROR"):
        s = m.socket()
        s.connect(rig.DISCARD)
        rig.control("drop_output", count=len(b"\r\nSEND OK\r\n"), after_bytes=at)
        rig.control("inject", line=line, after_bytes=at)
        rig.raises(OSError, s.send, b"hello")
        rig.raises(OSError, s.send, b"hello")
        s.close()
        assert rig.control("status")["links"] == [], line
        s = m.socket()
        s.connect(rig.ECHO)
        s.send(b"well")
        assert s.read(4) == b"well"
        s.close()
