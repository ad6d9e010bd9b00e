# The HTTP commands against the web server of the virtual network: requests as they arrive there,
# records as they arrive at the host, refusals and answers that fail.
from __future__ import annotations

import json

import pytest

from espat_sim import peers_services
from espat_sim.peers import pattern
from sim.rig import Rig

ENDS = (b"\r\nOK\r\n", b"\r\nERROR\r\n", b"\r\nSEND OK\r\n", b"\r\nSEND FAIL\r\n")
URL = "http://web.test"


class HttpRig(Rig):
    def __init__(self, **options):
        super().__init__(wifi=True, **options)
        self.web = peers_services.install(self.net).web
        assert self.ok("AT+SYSLOG=1")

    def fetch(self, line, seconds=60):
        """The payload of the records, and how the command ended."""
        return self.records(self.command(line, seconds))

    def post(self, line, body, seconds=60):
        self.write(line + "\r\n")
        assert self.wait_for((b"\r\n>", b"ERROR\r\n")) == b"\r\nOK\r\n\r\n>"
        self.write(body)
        return self.records(self.wait_for(ENDS, seconds))

    def records(self, data):
        parts = []
        while data.startswith(b"+HTTP"):
            head, _, rest = data.partition(b",")
            size = int(head.partition(b":")[2])
            parts.append(rest[:size])
            assert rest[size : size + 2] == b"\r\n"
            data = rest[size + 2 :]
        self.sizes = [len(part) for part in parts]
        return b"".join(parts), data.decode("latin-1").split("\r\n")

    def stored(self, line, data, end):
        self.write(line + "\r\n")
        assert self.wait_for((b"\r\n>", b"ERROR\r\n")) == b"\r\nOK\r\n\r\n>"
        self.write(data)
        assert self.wait_for((b"\r\nOK\r\n", b"ERROR\r\n", b"SET OK\r\n")) == end


@pytest.fixture
def rig():
    return HttpRig()


# -- requests ------------------------------------------------------------------------------


@pytest.mark.parametrize("number, method", [(2, "GET"), (3, "POST"), (4, "PUT"), (5, "DELETE")])
def test_every_method_with_its_head(rig, number, method):
    path = method.lower()
    body, end = rig.fetch(f'AT+HTTPCLIENT={number},1,"{URL}/{path}?a=b",,,1')
    assert end == ["", "OK", ""]
    told = json.loads(body)
    assert told["url"] == f"{URL}/{path}?a=b" and told["args"] == {"a": "b"}
    (request,) = rig.web.requests
    assert request.method == method
    assert dict(request.headers) == {
        b"user-agent": b"ESP32 HTTP Client/1.0",
        b"host": b"web.test",
        b"content-type": b"application/json",
        b"content-length": b"0",
    }


@pytest.mark.parametrize(
    "number, kind",
    [
        (0, b"application/x-www-form-urlencoded"),
        (1, b"application/json"),
        (2, b"multipart/form-data"),
        (3, b"text/xml"),
    ],
)
def test_content_types(rig, number, kind):
    assert rig.fetch(f'AT+HTTPCLIENT=3,{number},"{URL}/post",,,1,"x=1"')[1][-2] == "OK"
    assert rig.web.requests[0].header(b"content-type") == kind
    assert rig.web.requests[0].body == b"x=1"


def test_head_gives_a_record_for_each_header(rig):
    lines = rig.lines(f'AT+HTTPCLIENT=1,0,"{URL}/file/1000",,,1')
    assert lines[-1] == "OK"
    assert "+HTTPCLIENT:20,Content-Length: 1000" in lines
    for line in lines[:-1]:
        head, _, text = line.partition(",")
        assert head == f"+HTTPCLIENT:{len(text)}"
    assert rig.web.requests[0].method == "HEAD"


def test_headers_as_the_page_prints_them(rig):
    rig.m.control({"do": "quirk", "name": "http_head_blank", "on": True})
    assert "+HTTPCLIENT:17, Content-Length: 9" in rig.lines(f'AT+HTTPCLIENT=1,0,"{URL}/file/9",,,1')


def test_host_and_path_in_place_of_a_url(rig):
    assert rig.fetch('AT+HTTPCLIENT=2,0,"","web.test","/get",1')[1][-2] == "OK"
    assert rig.fetch('AT+HTTPCLIENT=2,0,,"web.test","get",2')[1][-2] == "OK"
    assert rig.fetch(f'AT+HTTPCLIENT=2,0,"{URL}/file/1","no.test","/no",2')[1][-2] == "OK"
    assert [request.target for request in rig.web.requests] == ["/get", "/get", "/file/1"]
    assert len(rig.net.tls_peers) == 1 and rig.net.tls_peers[0].sni == "web.test"


def test_headers_of_a_request(rig):
    line = f'AT+HTTPCLIENT=2,0,"{URL}/get",,,1,"X-One: 1","x-two:a\\,b"'
    assert rig.fetch(line)[1][-2] == "OK"
    (request,) = rig.web.requests
    assert request.header(b"x-one") == b"1" and request.header(b"x-two") == b"a,b"


def test_headers_for_all_requests_win(rig):
    rig.stored("AT+HTTPCHEAD=8", b"X-One: 2", b"\r\nOK\r\n")
    rig.stored("AT+HTTPCHEAD=18", b"Range: bytes=0-255", b"\r\nOK\r\n")
    assert rig.lines("AT+HTTPCHEAD?") == [
        '+HTTPCHEAD:0,"X-One:2"',
        '+HTTPCHEAD:1,"Range:bytes=0-255"',
        "OK",
    ]
    body, end = rig.fetch(f'AT+HTTPCLIENT=2,0,"{URL}/file/1000",,,1,"x-one: 1"')
    assert end[-2] == "OK" and body == pattern(256)
    assert rig.web.requests[0].header(b"x-one") == b"2"
    assert rig.fetch(f'AT+HTTPCGET="{URL}/file/1000"')[0] == pattern(256)
    rig.stored("AT+HTTPCHEAD=20", b"range: bytes=990-999", b"\r\nOK\r\n")
    assert rig.lines("AT+HTTPCHEAD?")[1] == '+HTTPCHEAD:1,"range:bytes=990-999"'
    assert rig.fetch(f'AT+HTTPCGET="{URL}/file/1000"')[0] == pattern(1000)[990:]
    assert rig.ok("AT+HTTPCHEAD=0")
    assert rig.lines("AT+HTTPCHEAD?") == ["OK"]
    assert rig.fetch(f'AT+HTTPCGET="{URL}/file/1000"')[0] == pattern(1000)


def test_a_long_url(rig):
    assert rig.lines("AT+HTTPURLCFG?") == ["OK"]
    url = f"{URL}/get?x=".encode() + b"y" * 1500
    rig.stored(f"AT+HTTPURLCFG={len(url)}", url, b"\r\nSET OK\r\n")
    assert rig.command("AT+HTTPURLCFG?") == b"+HTTPURLCFG:%d,%s\r\n\r\nOK\r\n" % (len(url), url)
    body, end = rig.fetch('AT+HTTPCGET=""')
    assert end[-2] == "OK" and json.loads(body)["args"] == {"x": "y" * 1500}
    assert rig.fetch('AT+HTTPCLIENT=2,0,"",,,1')[1][-2] == "OK"
    assert rig.ok("AT+HTTPURLCFG=0")
    assert rig.lines("AT+HTTPURLCFG?") == ["OK"]
    assert rig.fetch('AT+HTTPCGET=""')[1][-2] == "ERROR"


def test_a_url_longer_than_the_transmit_buffer_needs_a_larger_one(rig):
    url = f"{URL}/get?x=".encode() + b"y" * 3000
    rig.stored(f"AT+HTTPURLCFG={len(url)}", url, b"\r\nSET OK\r\n")
    assert rig.fetch('AT+HTTPCGET=""')[1] == ["ERR CODE:0x00007000", "", "ERROR", ""]
    assert rig.fetch('AT+HTTPCGET="",4096')[1][-2] == "OK"


@pytest.mark.parametrize("command, method", [("HTTPCPOST", "POST"), ("HTTPCPUT", "PUT")])
@pytest.mark.parametrize("size", [1, 427, 5000, 65536])
def test_a_counted_body(rig, command, method, size):
    path = method.lower()
    sent = (b"\r\nOK\r\n+++\0\xff" * size)[:size]
    line = f'AT+{command}="{URL}/{path}",{size},1,"content-type: text/plain"'
    body, end = rig.post(line, sent)
    assert end == ["", "SEND OK", ""]
    assert json.loads(body)["data"] == sent.decode("latin-1")
    (request,) = rig.web.requests
    assert request.method == method and request.body == sent
    assert request.header(b"content-type") == b"text/plain"


def test_the_content_type_of_a_counted_body(rig):
    assert rig.post(f'AT+HTTPCPOST="{URL}/post",7', b"a=1&b=2")[1][-2] == "SEND OK"
    (request,) = rig.web.requests
    assert request.header(b"content-type") == b"application/x-www-form-urlencoded"


def test_https_and_ports_and_addresses(rig):
    rig.net.serve_tcp("web.test", 8080, rig.web.serve)
    assert rig.fetch('AT+HTTPCGET="https://web.test/file/10"')[0] == pattern(10)
    assert rig.fetch('AT+HTTPCGET="http://web.test:8080/file/11"')[0] == pattern(11)
    assert rig.fetch('AT+HTTPCGET="http://198.51.100.111/file/12"')[0] == pattern(12)
    hosts = [request.header(b"host") for request in rig.web.requests]
    assert hosts == [b"web.test", b"web.test:8080", b"198.51.100.111"]


# -- answers -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 281, 282, 283, 2000, 50000])
def test_records_of_a_body(rig, size):
    """The first has what the head leaves of a buffer of 512 bytes."""
    body, _ = rig.fetch(f'AT+HTTPCLIENT=2,0,"{URL}/file/{size}",,,1')
    assert body == pattern(size)
    head = 512 - rig.sizes[0] if size > 300 else 0
    assert 200 < head < 300 or size <= 300
    assert max(rig.sizes) <= 512


@pytest.mark.parametrize("rx", [512, 1000, 2048, 10240])
def test_the_receive_buffer_sets_the_size_of_records(rig, rx):
    body, _ = rig.fetch(f'AT+HTTPCGET="{URL}/file/30000",2048,{rx}')
    assert body == pattern(30000)
    assert min(rx, 5000) - 300 < max(rig.sizes) <= rx


@pytest.mark.parametrize("path", ["chunked/5000/700", "open/5000", "chunked/5000/1"])
def test_bodies_without_a_length(rig, path):
    body, end = rig.fetch(f'AT+HTTPCGET="{URL}/{path}"')
    assert end == ["", "OK", ""] and body == pattern(5000)


def test_a_large_file_arrives_whole_and_at_line_rate(rig):
    size = 1 << 20
    assert rig.ok("AT+UART_CUR=921600,8,1,0,0")
    rig.collect(0.01)
    rig.host.set_baud(921600)
    start = rig.clock.now_us
    rig.write(f'AT+HTTPCGET="{URL}/file/{size}"\r\n')
    data = rig.collect(13)
    body, end = rig.records(data)
    assert body == pattern(size) and end == ["", "OK", ""]
    assert rig.clock.now_us - start < 13.1e6
    seconds = size * 10 / 921600 / 0.95
    rig.write(f'AT+HTTPCGET="{URL}/file/{size}"\r\n')
    assert len(rig.collect(seconds)) > size


def test_the_size_of_a_resource(rig):
    assert rig.lines(f'AT+HTTPGETSIZE="{URL}/file/123456"') == ["+HTTPGETSIZE:123456", "OK"]
    assert rig.lines(f'AT+HTTPGETSIZE="{URL}/status/404"')[-2:] == ["ERR CODE:0x00007194", "ERROR"]
    assert rig.lines(f'AT+HTTPGETSIZE="{URL}/chunked/10/10"')[-1] == "ERROR"


def test_an_empty_answer(rig):
    assert rig.fetch(f'AT+HTTPCGET="{URL}/empty"') == (b"", ["", "OK", ""])


@pytest.mark.parametrize("status", [400, 401, 404, 416, 500, 503])
def test_a_bad_status_is_an_error_after_its_page(rig, status):
    path = f"{URL}/status/{status}"
    code = f"ERR CODE:0x{0x7000 + status:08x}"
    page = b"status %d\n" % status
    assert rig.fetch(f'AT+HTTPCLIENT=2,0,"{path}",,,1') == (page, [code, "", "ERROR", ""])
    assert rig.fetch(f'AT+HTTPCGET="{path}"') == (page, [code, "", "ERROR", ""])
    assert rig.post(f'AT+HTTPCPOST="{path}",1', b"x") == (page, [code, "", "SEND FAIL", ""])
    rig.m.control({"do": "quirk", "name": "http_post_error", "on": True})
    assert rig.post(f'AT+HTTPCPOST="{path}",1', b"x") == (page, [code, "", "ERROR", ""])


def test_redirections_are_not_followed(rig):
    body, end = rig.fetch(f'AT+HTTPCGET="{URL}/redirect/3"')
    assert (body, end) == (b"elsewhere\n", ["", "OK", ""])
    lines = rig.lines(f'AT+HTTPCLIENT=1,0,"{URL}/redirect/3",,,1')
    assert "+HTTPCLIENT:21,Location: /redirect/2" in lines
    assert len(rig.web.requests) == 2


@pytest.mark.parametrize("how", ["cut", "reset"])
def test_a_body_that_ends_early_is_an_error(rig, how):
    body, end = rig.fetch(f'AT+HTTPCGET="{URL}/{how}/5000/3000"')
    assert end == ["ERR CODE:0x00007000", "", "ERROR", ""]
    assert body == pattern(3000)
    assert rig.post(f'AT+HTTPCPOST="{URL}/{how}/5000/3000",1', b"x")[1][-2] == "SEND FAIL"
    assert rig.fetch(f'AT+HTTPCGET="{URL}/file/5000"')[0] == pattern(5000)


@pytest.mark.parametrize("timeout_ms", [1000, 5000, 20000])
def test_a_server_that_stalls_is_given_up_after_the_time(rig, timeout_ms):
    start = rig.clock.now_us
    body, end = rig.fetch(f'AT+HTTPCGET="{URL}/stall/5000/3000",,,{timeout_ms}')
    assert body == pattern(3000) and end[-2] == "ERROR"
    assert timeout_ms < (rig.clock.now_us - start) / 1000 < timeout_ms + 1000


def test_the_time_is_the_network_s_silence_not_the_command_s(rig):
    """4000 bytes at 1200 baud take half a minute; the module waits for its host."""
    assert rig.ok("AT+UART_CUR=1200,8,1,0,0")
    rig.collect(0.01)
    rig.host.set_baud(1200)
    body, end = rig.fetch(f'AT+HTTPCGET="{URL}/file/12000",,,1000', 200)
    assert body == pattern(12000) and end[-2] == "OK"


def test_a_slow_server(rig):
    assert rig.fetch(f'AT+HTTPCGET="{URL}/slow/4000"')[0] == b"at last\n"
    assert rig.fetch(f'AT+HTTPCGET="{URL}/slow/6000"')[1][-2] == "ERROR"
    assert rig.fetch(f'AT+HTTPCGET="{URL}/slow/6000",,,10000')[0] == b"at last\n"
    assert rig.fetch(f'AT+HTTPCGET="{URL}/slow/4000",,,0')[0] == b"at last\n"


def test_what_is_no_http(rig):
    assert rig.fetch(f'AT+HTTPCGET="{URL}/rubbish"')[1] == ["ERR CODE:0x00007000", "", "ERROR", ""]


@pytest.mark.parametrize(
    "url",
    [
        "http://nobody.test/",
        "http://web.test:1/",
        "https://web.test:80/",
        "ftp://web.test/",
        "web.test/get",
        "http:///get",
        "http://web.test:99999/",
        "http://web.test/a b",
    ],
)
def test_urls_that_lead_nowhere(rig, url):
    assert rig.fetch(f'AT+HTTPCGET="{url}"', 60)[1] == ["ERR CODE:0x00007000", "", "ERROR", ""]
    assert rig.fetch(f'AT+HTTPCGET="{URL}/file/5"')[0] == pattern(5)


def test_without_a_network():
    rig = Rig()
    assert not rig.ok('AT+HTTPCGET="http://198.51.100.111/"')


@pytest.mark.parametrize(
    "line",
    [
        'HTTPCLIENT=0,0,"http://web.test/",,,1',
        'HTTPCLIENT=6,0,"http://web.test/",,,1',
        'HTTPCLIENT=2,4,"http://web.test/",,,1',
        'HTTPCLIENT=2,0,"http://web.test/",,,3',
        'HTTPCLIENT=2,0,"http://web.test/",,,1,"no header"',
        "HTTPCLIENT=2,0,http://web.test/,,,1",
        "HTTPCGET=",
        'HTTPCGET="http://web.test/get",10241',
        'HTTPCGET="http://web.test/get",0,10241',
        'HTTPCGET="http://web.test/get",0,0,180001',
        'HTTPCPOST="http://web.test/post"',
        'HTTPCPOST="http://web.test/post",0',
        'HTTPCPOST="http://web.test/post",1000000',
        'HTTPCPOST="http://web.test/post",5,2,"a: b"',
        'HTTPCPUT="http://web.test/put",5,1,"ab"',
        "HTTPURLCFG=7",
        "HTTPURLCFG=8193",
        "HTTPCHEAD=-1",
    ],
)
def test_refusals(rig, line):
    assert rig.command("AT+" + line).endswith(b"\r\nERROR\r\n")
    assert rig.web.requests == []


def test_a_header_that_is_none_is_refused_after_its_data(rig):
    rig.write("AT+HTTPCHEAD=5\r\n")
    rig.wait_for(b">")
    rig.write("abcde")
    assert rig.wait_for(b"\r\nERROR\r\n")
    assert rig.lines("AT+HTTPCHEAD?") == ["OK"]


def test_the_records_can_be_filtered_away(rig):
    """The guide's 4.1.1: nothing but the body is left."""
    rig.stored("AT+SYSMSGFILTERCFG=1,18,3", b"^+HTTPCGET:[0-9]*,\r\n$", b"\r\nOK\r\n")
    rig.stored("AT+SYSMSGFILTERCFG=1,0,7", b"\r\nOK\r\n$", b"\r\nOK\r\n")
    rig.write("AT+SYSMSGFILTER=1\r\n")
    rig.collect(0.1)
    rig.write(f'AT+HTTPCGET="{URL}/file/9000",2048,2048,5000\r\n')
    assert rig.collect(3) == pattern(9000)


# -- mishaps ---------------------------------------------------------------------------------


def test_a_reset_in_the_middle_of_a_body(rig):
    rig.write(f'AT+HTTPCGET="{URL}/file/100000"\r\n')
    assert rig.collect(1).startswith(b"+HTTPCGET:")
    rig.m.control({"do": "reboot"})
    assert rig.wait_ready().endswith(b"\r\nready\r\n")
    assert b"+HTTP" not in rig.collect(5)
    assert not rig.m.streams


def test_the_network_goes_in_the_middle_of_a_body(rig):
    rig.write(f'AT+HTTPCGET="{URL}/file/100000"\r\n')
    rig.collect(1)
    rig.m.control({"do": "kick"})
    said = rig.collect(3)
    assert b"WIFI DISCONNECT\r\n" in said
    assert b"ERR CODE:0x00007000\r\n\r\nERROR\r\n" in said


def test_a_server_that_reads_nothing_is_given_up(rig):
    peers = []
    rig.net.serve_tcp("slow.test", 80, lambda peer: (peer.pause(), peers.append(peer)))
    rig.write('AT+HTTPCPOST="http://slow.test/",80000\r\n')
    rig.wait_for(b">")
    rig.write(bytes(80000))
    start = rig.clock.now_us
    assert rig.wait_for(b"SEND FAIL\r\n").endswith(b"\r\nSEND FAIL\r\n")
    assert 4.9e6 < rig.clock.now_us - start < 10.2e6


def test_a_server_that_reads_slowly_is_not(rig):
    peers = []

    def serve(peer):
        peers.append(peer)
        peer.pause()

    rig.net.serve_tcp("slow.test", 80, serve)
    rig.write('AT+HTTPCPOST="http://slow.test/",80000\r\n')
    rig.wait_for(b">")
    rig.write(bytes(80000))
    assert rig.collect(4) == b""
    peers[0].resume()  # 64 KiB
    peers[0].pause()
    assert rig.collect(4) == b""
    peers[0].resume()
    assert len(peers[0].received) > 80000
    peers[0].send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert rig.wait_for(b"SEND OK\r\n")


def test_a_large_file_over_tls(rig):
    body, end = rig.fetch('AT+HTTPCGET="https://web.test/file/100000"')
    assert body == pattern(100_000) and end[-2] == "OK"
