# needs: sim
# modem.http on a simulated module, with web.test as the server. Owns what reaches the server and
# the program; records of every size and damaged ones are test_http_records.py's.
import os
from binascii import hexlify

import espat
from system import rig

WEB = "http://web.test"
SAFE = "https://web.test"
# Other interpreters run this file at the same time, in the same folder.
FILE = "espat-test-%s.bin" % hexlify(os.urandom(4)).decode()


def test_get():
    # wire: AT+HTTPCGET= by http.get
    m = rig.joined()
    r = m.http.get(WEB + "/get?a=1")
    assert r.status_code == 200 and r.headers == {}
    assert r.json()["args"] == {"a": "1"}
    assert m.http.get(SAFE + "/file/10").content == rig.pattern(10)
    assert m.http.get(WEB + "/empty").content == b""


def test_head():
    # wire: AT+HTTPCLIENT= by http.head
    m = rig.joined()
    r = m.http.head(WEB + "/file/1234")
    assert r.status_code == 200 and r.headers["Content-Length"] == "1234", r.headers
    assert r.content == b""


def test_delete():
    # wire: AT+HTTPCLIENT= by http.delete
    m = rig.joined()
    r = m.http.delete(SAFE + "/delete")
    assert r.status_code == 200 and r.json()["url"].endswith("/delete")


def test_post_and_put():
    # wire: AT+HTTPCPOST= by http.post
    # wire: AT+HTTPCPUT= by http.put
    m = rig.joined()
    assert m.http.post(WEB + "/post", json={"a": "b,c"}).json()["json"] == {"a": "b,c"}
    r = m.http.put(WEB + "/put", b"\r\nOK\r\n", headers={"Content-Type": "text/plain"})
    assert r.json()["data"] == "\r\nOK\r\n"
    assert r.json()["headers"]["Content-Type"] == "text/plain"
    assert m.http.post(WEB + "/post").json()["data"] == ""
    pieces = [b"x" * 100] * 50
    assert m.http.post(WEB + "/post", iter(pieces), length=5000).status_code == 200


def test_headers_for_every_request_and_for_one():
    # wire: AT+HTTPCHEAD= by http.get
    # wire: AT+HTTPCHEAD? by http.get_headers
    m = rig.joined()
    m.http.set_headers({"X-All": 'a "b", c'})
    headers = m.http.get(WEB + "/get", {"X-One": "1"}).json()["headers"]
    assert headers["X-All"] == 'a "b", c' and headers["X-One"] == "1", headers
    assert len(m.http.get_headers()) == 2
    headers = m.http.get(WEB + "/get").json()["headers"]
    assert "X-One" not in headers and headers["X-All"], headers
    assert len(m.http.get_headers()) == 1
    m.http.set_headers()
    headers = m.http.get(WEB + "/get").json()["headers"]
    assert "X-All" not in headers, headers


def test_headers_come_back_after_a_reboot():
    m = rig.joined()
    m.http.set_headers({"X-All": "here"})
    assert m.http.get(WEB + "/get").json()["headers"]["X-All"] == "here"
    rig.control("reboot")
    rig.wait(m, 2000)
    assert m.http.get(WEB + "/get").json()["headers"]["X-All"] == "here"


def test_long_urls():
    # wire: AT+HTTPURLCFG= by http.get
    # wire: AT+HTTPURLCFG? by http.get_url
    m = rig.joined()
    assert m.http.get_url() is None
    url = WEB + "/get?a=" + "x" * 900
    for _ in range(2):
        assert m.http.get(url).json()["args"]["a"] == "x" * 900
        assert m.http.get(WEB + "/get?b=2").json()["args"] == {"b": "2"}
    assert m.http.get_url() == url
    assert m.http.head(url).status_code == 200
    assert m.http.post(WEB + "/post?" + "y" * 300, b"body=1").json()["form"] == {"body": "1"}


def test_size():
    # wire: AT+HTTPGETSIZE= by http.get_size
    m = rig.joined()
    assert m.http.get_size(WEB + "/file/123456") == 123456
    e = rig.raises(espat.ATError, m.http.get_size, WEB + "/status/404")
    assert e.status == 404 and "404" in str(e), e


def test_status():
    m = rig.joined()
    for n in (400, 401, 404, 500, 503):
        r = m.http.get(WEB + "/status/%d" % n)
        assert r.status_code == n, (n, r.status_code)
        e = rig.raises(espat.ATError, r.raise_for_status)
        assert e.status == n and str(n) in str(e), e
        assert m.http.post(WEB + "/status/%d" % n, b"x").status_code == n
    assert m.http.get(WEB + "/get").status_code == 200


def test_no_server_no_answer_no_http():
    m = rig.joined()
    for url in (
        "http://refuse.test:1/",
        "http://no.such.host/",
        "http://silent.test:1/",
        WEB + "/rubbish",
    ):
        e = rig.raises(OSError, m.http.get, url, None, 2)
        assert not getattr(e, "status", 0), e
        assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
    assert m.http.get(WEB + "/get").status_code == 200


def test_a_body_that_ends_early():
    m = rig.joined()
    for path in ("/cut/5000/3000", "/reset/5000/3000", "/stall/5000/3000"):
        r = m.http.get(WEB + path, None, 2)
        e = rig.raises(OSError, lambda r=r: r.content)
        assert e.errno in (rig.EIO, rig.ETIMEDOUT), e
    assert m.http.get(WEB + "/file/9").content == rig.pattern(9)


def test_redirections_end():
    m = rig.joined()
    for path in ("/loop", "/redirect/3"):
        r = m.http.get(WEB + path)
        r.close()
        assert r.status_code in (200, 301, 302), r.status_code
        # The module does not tell it from a 200; the headers do.
        assert "Location" in m.http.head(WEB + path).headers
    r = m.http.get(WEB + "/status/301")
    assert r.content == b"status 301\n" and r.status_code in (200, 301), r.status_code
    assert m.http.get(WEB + "/get").status_code == 200


def test_a_large_body_in_pieces_of_any_size():
    m = rig.joined()
    for n, size in ((30000, 1000), (5000, 7), (20000, 2048), (20000, 4096)):
        got = bytearray()
        for piece in m.http.get(WEB + "/file/%d" % n).iter_content(size):
            got.extend(piece)
        assert got == rig.pattern(n), (n, size, len(got))
    for path in ("/chunked/20000/333", "/open/20000"):
        got = bytearray()
        for piece in m.http.get(WEB + path).iter_content(1024):
            got.extend(piece)
        assert got == rig.pattern(20000), path


def test_a_response_that_nobody_reads_is_given_up():
    m = rig.joined()
    r = m.http.get(WEB + "/file/50000")
    assert r.readinto(bytearray(1000)) == 1000
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
    assert rig.raises(OSError, r.readinto, bytearray(1000)).errno in (rig.EIO, rig.ETIMEDOUT)
    assert m.http.get(WEB + "/file/9").content == rig.pattern(9)


def download(m, url, **options):
    try:
        n = m.http.download(url, FILE, **options)
        with open(FILE, "rb") as f:
            return n, f.read()
    finally:
        try:
            os.remove(FILE)
        except OSError:
            pass


def test_download_to_a_file():
    m = rig.joined()
    n, data = download(m, WEB + "/file/40000")
    assert n == 40000 and data == rig.pattern(40000)
    e = rig.raises(espat.ATError, download, m, WEB + "/status/404")
    assert e.status == 404, e


def test_download_goes_on_after_lost_bytes():
    # In a record, in the header of one (which then is lost as a whole), between two.
    for after in (9000, 8990, 8980, 8970, 8960, 8950, 8940):
        m = rig.joined()
        rig.control("drop_output", count=3, after_bytes=after)
        n, data = download(m, WEB + "/file/20000")
        assert n == 20000 and data == rig.pattern(20000), after


def test_download_goes_on_after_a_reboot():
    m = rig.joined()
    rig.control("reboot", after_bytes=9000)
    n, data = download(m, WEB + "/file/20000")
    assert n == 20000 and data == rig.pattern(20000)


def test_download_of_a_body_that_always_ends_early_gives_up():
    m = rig.joined()
    rig.raises(OSError, download, m, WEB + "/cut/9000/5000", attempts=2, timeout_s=2)
    assert m.http.get(WEB + "/file/9").content == rig.pattern(9)


def test_sockets_and_http_side_by_side():
    m, s = rig.connected()
    s.write(b"before")
    assert m.http.get(WEB + "/file/3000").content == rig.pattern(3000)
    assert s.read(6) == b"before"
    s.write(b"after")
    assert s.read(5) == b"after"
