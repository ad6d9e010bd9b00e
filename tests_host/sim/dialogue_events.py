# What the events of dialogues.jsonl are in the virtual world: who sends, who connects.
# Owns the far ends of a replay. A new group of commands adds its events here.
from __future__ import annotations

import calendar
import json
import re
import ssl
import time
from pathlib import Path
from typing import Any, Callable, Optional

from espat_sim import factory_pki, peers_tls, webserver
from espat_sim.net_virtual_tcp import PEER_WINDOW
from espat_sim.peers_http import HttpServer, Reply
from espat_sim.peers_mqtt import Broker
from espat_sim.peers_ws import serve_ws
from sim.rig import Rig

Event = Callable[[], None]
AWS = "a108b8vm1g634q-ats.iot.us-east-2.amazonaws.com"
AWS_MESSAGE = b'{\n  "message": "Hello from AWS IoT console"\n}'
LONG_PUBLISHER = "4.3.2-mqtt-tcp-large-publisher"


class World:
    """The network of the guide's examples, with one server whose peers it remembers."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.peers: list[Any] = []
        self.clients: list[Any] = []
        self.server_port = 333
        self.broker = Broker()
        self.publication = b"test"  # that another client of the broker makes
        net = rig.net
        rig.m.sntp.answers = False
        net.serve_tcp("192.168.3.102", 8080, self.peers.append)
        net.serve_tcp(
            "192.168.3.102", 8070, self.peers.append, tls=peers_tls.server_context("192.168.3.102")
        )
        self.udp = {
            8080: net.udp_peer("192.168.3.102", 8080),
            1000: net.udp_peer("192.168.3.103", 1000),
        }

    # -- events ------------------------------------------------------------------------
    def event(self, text: str) -> Optional[Event]:
        """None: no such event yet."""
        for pattern, make in _EVENTS:
            match = re.fullmatch(pattern, text)
            if match is not None:
                return make(self, *match.groups())
        return None

    def peer_sends(self, index: Optional[str], data: str) -> Event:
        def run() -> None:
            ends = self.clients or self.peers
            if ends:
                ends[int(index or 0)].send(data.encode())
            else:
                local_port = self.rig.m.links.open_links[0].conn.local_port
                self.udp[8080].sendto(data.encode(), self.rig.net.station_ip, local_port)

        return run

    def bytes_arrive(self, count: str, index: str) -> Event:
        return lambda: self.peers[int(index)].send(b"x" * int(count))

    def client_connects(self, port: Optional[str] = None) -> Event:
        def run() -> None:
            chosen = int(port) if port else next(iter(self.rig.net.listeners))[1]
            ip = "" if self.rig.m.station.has_ip else "192.168.4.2"
            self.clients.append(self.rig.net.client_tcp(chosen, ip=ip))

        return run

    def tls_client_connects(self) -> Event:
        def run() -> None:
            port = self.rig.m.server.port
            context = peers_tls.client_context("pc.test")
            self.clients.append(self.rig.net.client_tcp(port, tls=context))

        return run

    def phone_app_sends(self, ssid: str, password: str) -> Event:
        def run() -> None:
            request = {"do": "smartconfig", "type": "ESPTOUCH_V2", "key": "1234567890123456"}
            request.update(ssid=ssid, password=password)
            assert self.rig.m.control(request)["ok"]

        return run

    def router_completes_wps(self) -> Event:
        return lambda: self.rig.m.control({"do": "wps_button", "ssid": "test"})

    def browser_posts(self, path: str, body: bytes, more: str = "", length: int = 0) -> Any:
        peer = self.rig.net.client_tcp(80, ip="192.168.4.2")
        head = f"POST {path} HTTP/1.1\r\nContent-Length: {length or len(body)}\r\n{more}\r\n"
        peer.on_open(lambda: peer.send(head.encode() + body))
        return peer

    def phone_submits(self, wrong: Optional[str] = None) -> Event:
        def run() -> None:
            password = "wrong pass" if wrong else "1234567890"
            form = {"ssid": "espressif", "password": password}
            self.browser_posts("/setstainfo", json.dumps(form).encode())
            if not wrong:
                self.phone_asks()

        return run

    def phone_asks(self) -> None:
        """The page looks every second until it is done, and says that it has seen it."""
        if self.rig.m.web_server.status == webserver.CONNECTED:
            self.browser_posts("/getresult", b"received=1")
        else:
            self.rig.clock.call_later(1_000_000, self.phone_asks)

    def upload_breaks(self) -> Event:
        def run() -> None:
            peer = self.browser_posts("/setotadata", b"\xe9", "Object: ota\r\n", 5000)
            self.rig.clock.call_later(100_000, peer.close)

        return run

    def broker_delivers(self) -> Event:
        return lambda: self.broker.publish(b"topic", self.publication, qos=1)

    def aws_console_publishes(self, size: str) -> Event:
        assert len(AWS_MESSAGE) == int(size)
        return lambda: self.broker.publish(b"topic/esp32at", AWS_MESSAGE)

    def echo_answers(self) -> Event:
        def run() -> None:
            peer = self.peers[-1]
            peer.send_frame(*peer.frames[-1])

        return run

    def second_command(self) -> Event:
        def run() -> None:
            self.rig.write("AT+CWLAP\r\n")
            self.rig.collect(0.01)
            self.rig.write("AT\r\n")

        return run


_EVENTS: list[tuple[str, Callable[..., Event]]] = [
    (r'peer (?:(\d) )?sends (?:\d+ bytes )?"(.*)"', World.peer_sends),
    (r"(\d+) bytes arrive on link (\d)", World.bytes_arrive),
    (r"a PC client connects", World.client_connects),
    (r"openssl client connects", World.tls_client_connects),
    (r"PC connects to [\w.]+:(\d+)", World.client_connects),
    (r'phone app sends SSID "(.*)" / password "(.*)"', World.phone_app_sends),
    (r"router completes WPS", World.router_completes_wps),
    (r"phone submits (wrong )?credentials", World.phone_submits),
    (r"upload breaks", World.upload_breaks),
    (r"broker delivers the publication", World.broker_delivers),
    (r"AWS console publishes a (\d+)-byte JSON", World.aws_console_publishes),
    (r"echo server answers", World.echo_answers),
    (r"a command is sent while the previous one runs", World.second_command),
]


# -- what a dialogue takes for granted --------------------------------------------------


def set_clock(rig: Rig, asctime: str) -> None:
    """The module's local time is what the page shows; no time server answers in between."""
    _, minutes, _ = rig.m.cfg["sntp"]
    local = calendar.timegm(time.strptime(asctime))
    rig.m.sntp.set_unix_us((local - 60 * minutes) * 1_000_000)


def _joined(world: World) -> None:
    assert world.rig.ok("AT+CWMODE=1")
    assert world.rig.ok('AT+CWJAP="espressif","1234567890"')


def _link_0_of_several(world: World) -> None:
    _joined(world)
    assert world.rig.ok("AT+CIPMUX=1")
    assert world.rig.ok('AT+CIPSTART=0,"TCP","192.168.3.102",8080')


def _hundred_bytes_wait(world: World) -> None:
    _link_0_of_several(world)
    assert world.rig.ok("AT+CIPRECVTYPE=5,1")
    world.peers[0].send(b"x" * 100)
    world.rig.wait_for(b"+IPD,0,100\r\n")


def _busy_with_codes(world: World) -> None:
    assert world.rig.ok("AT+CWMODE=1")
    assert world.rig.ok("ATE0")
    assert world.rig.ok("AT+SYSLOG=1")


def _web_server(world: World) -> None:
    for line in ("AT+CWMODE=3", "AT+CIPMUX=1", "AT+WEBSERVER=1,80,25"):
        assert world.rig.ok(line)


def _half_a_volt(world: World) -> None:
    assert world.rig.m.control({"do": "adc", "channel": 0, "mv": 475})["ok"]


def _spi(world: World) -> None:
    assert world.rig.ok("AT+DRVSPICONFGPIO=13,12,14,15")
    assert world.rig.ok("AT+DRVSPIINIT=102400,0,0,0,0")


def _broker(world: World, tls: Optional[ssl.SSLContext] = None) -> None:
    _joined(world)
    world.rig.net.serve_tcp("192.168.3.102", 8883, world.broker.serve, tls=tls)


def _broker_with_tls(world: World) -> None:
    _broker(world, peers_tls.server_context("192.168.3.102"))


def _long_publication(world: World) -> None:
    """What the publisher of the same page sends."""
    _broker(world)
    table = Path(__file__).parent.parent / "tables" / "dialogues.jsonl"
    pages = [json.loads(line) for line in table.read_text(encoding="utf-8").splitlines()]
    (page,) = [page for page in pages if page["id"] == LONG_PUBLISHER]
    (data,) = [step["send_raw"] for step in page["steps"] if "send_raw" in step]
    world.publication = data.encode()


def _broker_behind_wss(world: World) -> None:
    _joined(world)
    host = "mqtt.eclipseprojects.io"
    handler = serve_ws(world.broker.serve, subprotocols=("mqtt",))
    world.rig.net.serve_tcp(host, 443, handler, tls=peers_tls.server_context(host))


def _aws_now(world: World) -> None:
    _aws(world)
    world.rig.m.sntp.answers = True  # the page does not say what time it was


def _aws(world: World) -> None:
    tls = peers_tls.server_context(AWS)
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(cadata=factory_pki.CA_0)
    world.rig.net.serve_tcp(AWS, 8883, world.broker.serve, tls=tls)


def _httpbin(trace_id: str, origin: str) -> Callable[[World], None]:
    def before(world: World) -> None:
        web = HttpServer(world.rig.clock)
        web.trace_id, web.origin = trace_id, origin
        page = Reply(body=bytes(329), kind=b"application/json")
        web.routes = {"/get": lambda request: page, **web.routes}
        net = world.rig.net
        net.serve_tcp("httpbin.org", 80, web.serve)
        net.serve_tcp("httpbin.org", 443, web.serve, tls=peers_tls.server_context("httpbin.org"))

    return before


def _web_socket_echo(world: World) -> None:
    host, net = "192.168.200.249", world.rig.net
    echo = serve_ws(world.peers.append)
    tls = peers_tls.server_context(host)
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(cadata=factory_pki.CA_0)
    net.serve_tcp(host, 8765, echo)
    net.serve_tcp(host, 8766, echo, tls=tls)


def _firmware(world: World) -> None:
    _joined(world)
    web = HttpServer(world.rig.clock)
    image = Reply(body=b"\xe9" + bytes(5000))
    web.routes = {"/espat/at_image.bin": lambda request: image}
    world.rig.net.serve_tcp("files.test", 80, web.serve)


# What to send where the page has a placeholder: a command, or what follows its prompt.
FILLED = {
    "3.11.3-userota": {"AT+USEROTA=36": "http://files.test/espat/at_image.bin"},
    "4.4.2-aws-iot-template": {
        "AT+CWJAP=<ssid>,<password>": 'AT+CWJAP="espressif","1234567890"',
        "AT+CIPSNTPTIME?": "AT+CIPSNTPTIME?",
        'AT+MQTTCONN=0,"<endpoint>",8883,1': f'AT+MQTTCONN=0,"{AWS}",8883,1',
    },
}


def _segments(world: World) -> None:
    """Ten are confirmed; then the far end stops reading, and five of nine fit onto the way."""
    rig = world.rig
    assert rig.ok("ATE0")
    assert rig.ok("AT+CWMODE=1")
    assert rig.ok('AT+CWJAP="espressif","1234567890"')
    (peer,) = rig.connect()
    peer.pause()
    room = PEER_WINDOW

    def send(command: str, n: int) -> None:
        rig.write(f"{command}={n}\r\n")
        rig.wait_for(b"> ")
        rig.write(bytes(n))
        rig.wait_for(b"Recv %d bytes\r\n" % n)
        rig.collect(0.05)

    for _ in range(10):
        send("AT+CIPSENDBUF", 10)
        room -= 10
    rig.m.links.get(0).queue.in_flight = 1460  # a slow network
    while room:
        part = min(room, 2048)
        send("AT+CIPSEND", part)
        room -= part
    for n in (292,) * 5 + (315,) * 4:
        send("AT+CIPSENDBUF", n)


BEFORE: dict[str, Callable[[World], None]] = {
    "3.3.34-recvdata": _link_0_of_several,
    "3.3.35-recvlen": _hundred_bytes_wait,
    "4.5.1-web-provision-fail": _web_server,
    "4.5.2-web-ota-fail": _web_server,
    "3.9.2-adc": _half_a_volt,
    "3.11.3-userota": _firmware,
    "3.9.12-spi-read": _spi,
    "3.9.13-spi-write": _spi,
    "v030-cipbufstatus": _segments,
    "8.2.2-busy-at-boot": _busy_with_codes,
    LONG_PUBLISHER: _broker,
    "4.3.2-mqtt-tcp-large-subscriber": _long_publication,
    "4.3.3-mqtt-tls-publisher": _broker_with_tls,
    "4.3.3-mqtt-tls-subscriber": _broker_with_tls,
    "4.3.4-mqtt-wss-publisher": _broker_behind_wss,
    "4.3.4-mqtt-wss-subscriber": _broker_behind_wss,
    "4.4.2-aws-iot-template": _aws_now,
    "4.4.2-aws-iot-log": _aws,
    "new-ws-tcp": _web_socket_echo,
    "new-ws-tls": _web_socket_echo,
    "4.6.1-http-head": _httpbin("", ""),
    "4.6.3-http-post-small": _httpbin("Root=1-61503a3f-4b16b71918855b97614c5dfb", "20.187.154.207"),
    "4.6.6-http-put-raw": _httpbin("Root=1-635f7009-681be2d5478504dc5b83624a", "52.246.135.57"),
    "4.6.7-http-delete": _httpbin("Root=1-61504289-468a41737b0d251672acec9d", "20.187.154.207"),
}
