# Command lines: quoted and escaped in one place, refused before a byte is sent.
from espat.once.quote import build, unquote


def raises(kind, f, *args):
    try:
        f(*args)
    except kind:
        return True
    return False


def test_arguments_by_type():
    assert build("AT+X") == b"AT+X\r\n"
    assert build("AT+X", (1, "a", b"b", True, False)) == b'AT+X=1,"a","b",1,0\r\n'
    assert build("AT+X", ("", 0)) == b'AT+X="",0\r\n'


def test_left_out_arguments_keep_their_commas_but_not_at_the_end():
    line = build("AT+CWJAP", ("s", "k", None, None, None, 3, None, None))
    assert line == b'AT+CWJAP="s","k",,,,3\r\n'
    assert build("AT+X", (None, None)) == b"AT+X\r\n"
    assert build("AT+X", (None, 1)) == b"AT+X=,1\r\n"


def test_escapes():
    # The guide's own example (3.2.5): SSID ab\,c and password 0123456789"\
    line = build("AT+CWJAP", ("ab\\,c", '0123456789"\\'))
    assert line == b'AT+CWJAP="ab\\\\\\,c","0123456789\\"\\\\"\r\n'
    assert build("AT+X", ("Gr\u00fc\u00dfe",)) == b'AT+X="Gr\xc3\xbc\xc3\x9fe"\r\n'


def test_refused():
    for bad in ("a\rb", "a\nb", "a\0b", b"\n"):
        assert raises(ValueError, build, "AT+X", (bad,))
    assert raises(ValueError, build, "AT+X\r\nAT+RST")
    assert raises(TypeError, build, "AT+X", (1.5,))
    assert raises(TypeError, build, "AT+X", ([],))


def test_longest_line():
    # 256 bytes with CR LF
    assert len(build("AT+X", ("y" * 247,))) == 256
    assert raises(ValueError, build, "AT+X", ("y" * 248,))
    assert raises(ValueError, build, "AT+X", ('"' * 124,))


def test_unquote():
    assert unquote(b'"abc"') == b"abc" and unquote(b"abc") == b"abc" and unquote(b'"') == b'"'
    assert unquote(b'""') == b"" and unquote(b'"a"b"') == b'a"b'
