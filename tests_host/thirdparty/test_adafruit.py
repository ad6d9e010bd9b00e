# Adafruit's libraries from PyPI, unmodified, over the driver under Blinka: requests, MiniMQTT,
# httpserver, NTP. In this process, on virtual time. If one of them needs a change, ours is wrong.
from __future__ import annotations

import calendar
import sys
import time

import pytest

from espat_sim import factory_pki, peers, peers_services, peers_tls
from tools import libraries

pytest.importorskip("adafruit_blinka")

JUNE_2026 = 1780272000


@pytest.fixture
def pool(modem):
    from espat.circuitpython import SocketPool

    return SocketPool(modem)


@pytest.fixture
def context(modem):
    """A context that checks what it is told."""
    from espat.circuitpython import SSLContext

    modem.command("AT+SYSTIMESTAMP", JUNE_2026)
    context = SSLContext(modem)
    context.load_verify_locations(cadata=factory_pki.CA_0)
    return context


@libraries.shows(
    "adafruit-circuitpython-requests",
    "CPython + Blinka",
    "GET and POST, HTTP and HTTPS",
    "web server",
)
def test_requests(pool, context):
    import adafruit_requests

    session = adafruit_requests.Session(pool, context)
    with session.get(f"http://{peers.HTTP[0]}/") as answer:
        assert answer.status_code == 200
        assert answer.content == peers.HTTP_BODY
    with session.get(f"https://{peers_tls.GOOD}/") as answer:
        assert answer.status_code == 200
        assert answer.text == peers.HTTP_BODY.decode()
    with session.post(f"http://{peers_services.WEB}/post", json={"a": 1}) as answer:
        assert answer.status_code == 200
        assert answer.json()["json"] == {"a": 1}


def test_requests_tells_why_not(pool, context, module):
    import adafruit_requests

    session = adafruit_requests.Session(pool, context)
    for url, number in (
        (f"https://{peers_tls.EXPIRED}/", -9984),
        (f"https://{peers_tls.UNKNOWN}/", -9984),
        (f"https://{peers_tls.WRONG_NAME}/", -9984),
        ("http://refuse.test/", 111),
        ("http://nowhere.test/", -2),
    ):
        with pytest.raises(OSError) as error:
            session.get(url)
        assert error.value.errno == number, url
    assert module.links.open_links == []


def test_requests_keeps_a_connection(pool, context):
    import adafruit_requests

    session = adafruit_requests.Session(pool, context)
    for i in range(3):
        with session.get(f"http://{peers_services.WEB}/file/3000") as answer:
            assert len(answer.content) == 3000, i


@libraries.shows(
    "adafruit-circuitpython-minimqtt", "CPython + Blinka", "publish, subscribe, TLS", "MQTT broker"
)
@pytest.mark.parametrize("tls", [False, True])
def test_minimqtt(pool, context, tls):
    from adafruit_minimqtt.adafruit_minimqtt import MQTT

    got = []
    client = MQTT(
        broker=peers_services.MQTT,
        port=peers_services.MQTT_PORTS["tls" if tls else "tcp"],
        socket_pool=pool,
        ssl_context=context,
        is_ssl=tls,
        socket_timeout=1,
        recv_timeout=5,
    )
    client.on_message = lambda client, topic, message: got.append((topic, message))
    client.connect()
    client.subscribe("espat/test", qos=1)
    client.publish("espat/test", "hello", qos=1)
    client.publish("espat/test", "x" * 1000)
    end = time.monotonic() + 20
    while len(got) < 2 and time.monotonic() < end:
        client.loop(timeout=1)
    assert got == [("espat/test", "hello"), ("espat/test", "x" * 1000)]
    client.ping()
    client.disconnect()


@libraries.shows("adafruit-circuitpython-ntp", "CPython + Blinka", "the time", "time server")
def test_ntp(pool, module):
    import adafruit_ntp

    ntp = adafruit_ntp.NTP(pool, tz_offset=0)
    now = calendar.timegm(ntp.datetime)
    assert abs(now - module.clock.unix_us() / 1e6) < 5


def test_the_radio(modem, module, monkeypatch):
    import adafruit_connection_manager

    from espat import circuitpython

    for name in ("wifi", "socketpool", "ssl"):
        monkeypatch.setitem(sys.modules, name, None)
    radio = circuitpython.install(modem)
    assert radio.connected
    assert radio.ipv4_address == module.station.ip
    assert radio.ap_info.ssid == "espat-lab"
    assert radio.ap_info.rssi == -45
    assert [x.ssid for x in radio.start_scanning_networks()] == ["espat-lab", "espat-open"]
    assert len(radio.mac_address) == 6
    radio.hostname = "lamp"
    assert radio.hostname == "lamp"
    radio.disconnect()
    assert not radio.connected and radio.ipv4_address is None and radio.ap_info is None
    with pytest.raises(ConnectionError):
        radio.connect("espat-lab", "wrong key")
    radio.connect("espat-lab", "espat-pass")
    pool = adafruit_connection_manager.get_radio_socketpool(radio)
    assert isinstance(pool, circuitpython.SocketPool)
    context = adafruit_connection_manager.get_radio_ssl_context(radio)
    assert isinstance(context, circuitpython.SSLContext)
    assert context.verify_mode == 2
    manager = adafruit_connection_manager.get_connection_manager(pool)
    s = manager.get_socket("echo.test", 7, "tcp")
    s.send(b"hello")
    buf = bytearray(5)
    assert s.recv_into(buf) == 5 and bytes(buf) == b"hello"
    adafruit_connection_manager.connection_manager_close_all(pool)
    assert module.links.open_links == []


@libraries.shows(
    "adafruit-circuitpython-httpserver",
    "CPython + Blinka",
    "pages, JSON, several clients",
    "clients",
)
def test_httpserver(pool, module):
    from adafruit_httpserver import GET, POST, JSONResponse, Request, Response, Server

    server = Server(pool, debug=False)

    @server.route("/")
    def index(request: Request):
        return Response(request, "<h1>Hello</h1>", content_type="text/html")

    @server.route("/json", [GET, POST])
    def json_(request: Request):
        return JSONResponse(request, {"got": request.json() if request.method == POST else None})

    @server.route("/big")
    def big(request: Request):
        return Response(request, "x" * 5000)

    server.start("0.0.0.0", 8080)

    def answers(*requests):
        """All at once; each client waits for its own answer."""
        peers_ = [module.net.client_tcp(8080) for _ in requests]
        for peer, request in zip(peers_, requests):
            peer.on_open(lambda peer=peer, request=request: peer.send(request))
        end = time.monotonic() + 30
        while not all(peer.closed for peer in peers_) and time.monotonic() < end:
            server.poll()
            time.sleep(0.01)
        return [bytes(peer.received) for peer in peers_]

    page = b"GET / HTTP/1.1\r\nHost: lamp\r\n\r\n"
    (answer,) = answers(page)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and answer.endswith(b"<h1>Hello</h1>")
    body = b'{"a": 1}'
    post = b"POST /json HTTP/1.1\r\nHost: lamp\r\nContent-Length: %d\r\n\r\n" % len(body)
    got = answers(
        page, post + body, page.replace(b"/ ", b"/big "), page.replace(b"/ ", b"/nowhere ")
    )
    assert got[0].endswith(b"<h1>Hello</h1>")
    assert got[1].endswith(b'{"got": {"a": 1}}')
    assert got[2].endswith(b"x" * 5000)
    assert got[3].startswith(b"HTTP/1.1 404")
    server.stop()
    assert not module.server.running
