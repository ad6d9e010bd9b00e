# The servers for the module's own clients on every virtual network.
# Owns names, ports and certificates. What they say is peers_mqtt.py's, peers_http.py's and
# peers_ws.py's.
from __future__ import annotations

import functools
import ssl
from importlib.util import find_spec

from .net_virtual import VirtualNetwork
from .peers_http import HttpServer
from .peers_mqtt import Broker
from .peers_ws import WsServer, serve_ws
from .ports import Clock

MQTT = "mqtt.test"  # 1883 TCP, 8883 TLS, 8884 TLS with the module's certificate, 80 WS, 443 WSS
MQTT_PORTS = {"tcp": 1883, "tls": 8883, "mutual": 8884, "ws": 80, "wss": 443, "wss-mutual": 444}
WEB = "web.test"  # 80 HTTP, 443 HTTPS
WS = "ws.test"  # 80 WebSocket, 443 secure WebSocket, 444 with the module's certificate
ADDRESSES = {MQTT: "198.51.100.110", WEB: "198.51.100.111", WS: "198.51.100.112"}


class Services:
    """What a network has of them, in the hand of tests and of the control channel."""

    def __init__(self, clock: Clock) -> None:
        self.broker = Broker()
        self.web = HttpServer(clock)
        self.ws = WsServer()


@functools.cache
def contexts() -> dict[str, ssl.SSLContext]:
    """Server contexts for all names here; "mutual" wants the module's certificate."""
    from . import factory_pki
    from .peers_tls import server_context

    made = {kind: server_context(*ADDRESSES, *ADDRESSES.values()) for kind in ("plain", "mutual")}
    for context in made.values():
        context.set_alpn_protocols(["mqtt", "http/1.1"])
    made["mutual"].verify_mode = ssl.CERT_REQUIRED
    made["mutual"].load_verify_locations(cadata=factory_pki.CA_0)
    return made


def install(net: VirtualNetwork) -> Services:
    """All of them; those with TLS only where the package trustme is, WebSocket with wsproto."""
    services = net.services = Services(net.clock)
    net.hosts.update(ADDRESSES)
    broker = services.broker.serve
    net.serve_tcp(MQTT, MQTT_PORTS["tcp"], broker)
    over_ws = serve_ws(broker, subprotocols=("mqtt",)) if find_spec("wsproto") else None
    if over_ws is not None:
        net.serve_tcp(MQTT, MQTT_PORTS["ws"], over_ws)
        net.serve_tcp(WS, 80, services.ws.serve)
    has_h11 = find_spec("h11") is not None
    if has_h11:
        net.serve_tcp(WEB, 80, services.web.serve)
    if find_spec("trustme") is not None:
        plain, mutual = contexts()["plain"], contexts()["mutual"]
        net.serve_tcp(MQTT, MQTT_PORTS["tls"], broker, tls=plain)
        net.serve_tcp(MQTT, MQTT_PORTS["mutual"], broker, tls=mutual)
        if has_h11:
            net.serve_tcp(WEB, 443, services.web.serve, tls=plain)
        if over_ws is not None:
            net.serve_tcp(MQTT, MQTT_PORTS["wss"], over_ws, tls=plain)
            net.serve_tcp(MQTT, MQTT_PORTS["wss-mutual"], over_ws, tls=mutual)
            net.serve_tcp(WS, 443, services.ws.serve, tls=plain)
            net.serve_tcp(WS, 444, services.ws.serve, tls=mutual)
    return services
