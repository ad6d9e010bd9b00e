"""Owns: what happens around an example while it runs: clients that come, a phone, a broker that
says something. A class bears the name of its example; check() is called when that has ended well.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Callable

from espat_sim import Module, peers


class World:
    """Nothing happens, and nothing is to be seen afterwards."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.net: Any = module.net  # a VirtualNetwork

    def check(self) -> None:
        pass

    def once(self, said: bytes, then: Callable[[], Any], in_s: float = 0.0) -> None:
        """When the host has said that, and so many seconds later."""
        done: list[bool] = []
        earlier = self.module.trace

        def trace(direction: str, t_us: int, data: bytes) -> None:
            if earlier:
                earlier(direction, t_us, data)
            if direction == "in" and said in data and not done:
                done.append(True)
                self.module.clock.call_later(round(in_s * 1e6), then)

        self.module.trace = trace

    def client(self, ip: str, sends: bytes, port: int = 8080, ends_s: float = 2.0) -> Any:
        """A host that connects, sends that, and closes."""
        peer = self.net.client_tcp(port, ip=ip)
        peer.on_open(lambda: peer.send(sends))
        self.module.clock.call_later(round(ends_s * 1e6), peer.close)
        return peer


class own_command(World):
    """The firmware says something by itself while the ping is under way."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        say = {"do": "inject", "line": "+MYSENSOR:21.5"}
        self.once(b"AT+PING", lambda: module.control(say))


class tcp_server(World):
    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self.peers: list[Any] = []
        for n, (ip, text) in enumerate(
            (("192.168.1.77", b"hello\nworld\n"), ("192.168.1.78", b"x" * 2000 + b"\n"))
        ):
            self.once(b"AT+CIPSERVER=1", partial(self.come, ip, text), 1 + 5 * n)

    def come(self, ip: str, text: bytes) -> None:
        self.peers.append(self.client(ip, text, ends_s=4))

    def check(self) -> None:
        got = [bytes(peer.received) for peer in self.peers]
        assert got == [b"HELLO\nWORLD\n", b"X" * 2000 + b"\n"], got


class web_server(World):
    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self.peers: dict[str, Any] = {}
        for n, path in enumerate(("/", "/", "/lamp", "/nowhere", "/stop")):
            self.once(b"AT+CIPSERVER=1", partial(self.ask, n, path), 1 + 20 * n)

    def ask(self, n: int, path: str) -> None:
        request = b"GET %s HTTP/1.0\r\nHost: x\r\n\r\n" % path.encode()
        self.peers[f"{n}{path}"] = self.client("192.168.1.77", request, ends_s=15)

    def check(self) -> None:
        got = {name: bytes(peer.received) for name, peer in self.peers.items()}
        assert b"<p>Visit 1." in got["0/"] and b"<p>Visit 2." in got["1/"], got
        body = got["2/lamp"].partition(b"\r\n\r\n")[2]
        assert json.loads(body) == {"on": False, "visits": 2}, got
        assert b" 404 " in got["3/nowhere"], got


class mqtt_sensor(World):
    """The broker sends the new period, and sees every value."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        say = {"do": "broker", "topic": "espat/period", "data": "3", "qos": 1}
        self.seen: list[Any] = []
        self.once(b'"espat/value"', lambda: self.seen.extend(self.heard(say)), 2)

    def heard(self, request: dict[str, Any]) -> list[Any]:
        return list(self.module.control(request)["received"])

    def check(self) -> None:
        found = [tuple(x[:2]) for x in [*self.seen, *self.heard({"do": "broker"})]]
        state, value = "espat/state", ("espat/value", b"-45".hex())
        wanted = [(state, b"here".hex()), value, value, (state, b"done".hex())]
        assert found == wanted, found


class mqtt_tls(World):
    """The module's own certificate is not there yet."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        ask = {"do": "mfg", "namespace": "mqtt_cert", "key": "mqtt_cert"}
        module.control({**ask, "erase": True})


class low_power_sensor(World):
    """A command comes while host and module sleep."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        say = {"do": "broker", "topic": "espat/command", "data": "blink", "qos": 1}
        self.slept: dict[str, Any] = {}
        self.once(b"AT+USERMCUSLEEP=1", lambda: module.control(say), 20)
        self.once(b"AT+USERMCUSLEEP=1", self.look, 19.9)

    def look(self) -> None:
        self.slept = self.module.control({"do": "energy"})

    def check(self) -> None:
        assert self.slept, "nobody slept"


class smartconfig(World):
    def __init__(self, module: Module) -> None:
        super().__init__(module)
        module.control({"do": "ap_add", "ssid": "home net", "key": "home pass"})
        phone = {"do": "smartconfig", "ssid": "home net", "password": "home pass"}
        self.once(b"AT+CWSTARTSMART", lambda: module.control(phone), 5)


class captive_portal(World):
    """A phone joins, asks for a name, looks whether there is a portal, fills in the form."""

    PHONE = "192.168.4.2"
    QUERY = b"\x12\x34\x01\0\0\1\0\0\0\0\0\0\x07connect\x04test\0\0\1\0\1"

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        module.control({"do": "ap_add", "ssid": "home net", "key": "it's 100% & more"})
        form = b"ssid=home+net&key=it%27s+100%25+%26+more"
        post = b"POST /join HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: %d\r\n\r\n" % len(form)
        self.pages: list[Any] = []
        self.names: list[bytes] = []
        start = b"AT+CIPSERVER=1"
        join = {"do": "sta_join", "mac": "02:00:00:00:00:0a"}
        self.once(start, lambda: module.control(join), 1)
        self.once(start, self.resolve, 5)
        for n, request in enumerate(
            (
                b"GET /generate_204 HTTP/1.1\r\nHost: connect.test\r\n\r\n",
                b"GET / HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n",
                post + form,
            )
        ):
            self.once(start, partial(self.browse, request), 7 + 3 * n)

    def resolve(self) -> None:
        phone = self.net.udp_peer(self.PHONE, 40000)
        phone.on_data(lambda data, ip, port: self.names.append(data))
        phone.sendto(b"rubbish", "192.168.4.1", 53)
        phone.sendto(self.QUERY, "192.168.4.1", 53)

    def browse(self, request: bytes) -> None:
        self.pages.append(self.client(self.PHONE, request, 80))

    def check(self) -> None:
        answer = self.QUERY[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + self.QUERY[12:]
        answer += b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\xa8\x04\x01"
        assert self.names == [answer], self.names
        got = [bytes(peer.received) for peer in self.pages]
        assert b"302 Found\r\nLocation: http://192.168.4.1/\r\n" in got[0], got
        assert b"<form " in got[1] and got[1].endswith(b"</form>"), got
        assert b"Thank you" in got[2], got


class ota_update(World):
    def __init__(self, module: Module) -> None:
        super().__init__(module)
        versions = ["v3.3.0.0", "v3.4.0.0"]
        images = {"ota": b"\xe9" + bytes(3000)}
        self.asked: list[bytes] = []
        serve = peers.serve_firmware(versions, images)
        self.net.serve_tcp("iot.espressif.cn", 80, serve)
