# The hosts that every virtual network of a test or of lockstep mode may have: echo, discard,
# pattern, HTTP, time, firmware, and the unfriendly ones. Owns what they say.
# They know only Peer and the network.
from __future__ import annotations

import json
import struct
from importlib.util import find_spec
from typing import Callable
from urllib.parse import parse_qs, urlsplit

from . import peers_services, peers_tls
from .net_virtual import VirtualNetwork
from .net_virtual_tcp import Peer
from .net_virtual_udp import UdpPeer

ECHO = ("echo.test", 7)
DISCARD = ("discard.test", 9)
PATTERN = ("pattern.test", 19)
HTTP = ("http.test", 80)
REFUSE = ("refuse.test", 1)
SILENT = ("silent.test", 1)
HOSTILE = ("hostile.test", 666)
NTP = ("ntp.test", 123)
NTP_NAMES = ("pool.ntp.org", "0.adafruit.pool.ntp.org")  # what unmodified libraries ask

ADDRESSES = {
    "echo.test": "198.51.100.7",
    "discard.test": "198.51.100.9",
    "pattern.test": "198.51.100.19",
    "http.test": "198.51.100.80",
    "refuse.test": "198.51.100.1",
    "silent.test": "198.51.100.2",
    "hostile.test": "198.51.100.66",
    "ntp.test": "198.51.100.123",
}

HTTP_BODY = b"<html><body><p>A page from the simulated network.</p></body></html>\n"
HTTP_RESPONSE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n"
    b"Connection: close\r\n\r\n%s" % (len(HTTP_BODY), HTTP_BODY)
)

# What a parser that searches its payload for answers falls over.
HOSTILE_PAYLOAD = (
    b"before\r\nOK\r\n"
    b"+IPD,5:hello"
    b"\r\nready\r\n"
    b"\r\nERROR\r\n"
    b"\r\n> "
    b"\r\nSEND OK\r\n"
    b"CLOSED\r\n"
    b"0,CLOSED\r\n"
    b"WIFI DISCONNECT\r\n"
    b"\r\n+CIPRECVDATA,3:abc\r\n"
    b"busy p...\r\n"
    b"\x00\xff+++after"
)

_NTP_EPOCH = 2_208_988_800  # 1900 to 1970
_MAX_PATTERN = 64 * 1024 * 1024
_PERIOD = bytes((i * 7 + (i >> 8)) & 0xFF for i in range(65536))  # it repeats after 64 KiB


def pattern(count: int, start: int = 0) -> bytes:
    """count bytes from position start: byte i is (i * 7 + (i >> 8)) & 0xFF."""
    start %= len(_PERIOD)
    return (_PERIOD * ((start + count) // len(_PERIOD) + 1))[start : start + count]


def serve_echo(peer: Peer) -> None:
    """Sends everything back; closes when the module does."""
    peer.on_data(peer.send)
    peer.on_close(peer.close)


def serve_discard(peer: Peer) -> None:
    peer.on_data(lambda data: None)
    peer.on_close(peer.close)


def serve_pattern(peer: Peer) -> None:
    """Reads a line "N\\n", sends N bytes of the pattern and closes. Other lines: a reset."""
    line = bytearray()

    def take(data: bytes) -> None:
        line.extend(data)
        if b"\n" not in line:
            return
        digits = bytes(line).split(b"\n")[0].strip()
        peer.on_data(lambda rest: None)
        if digits.isdigit() and int(digits) <= _MAX_PATTERN:
            peer.send(pattern(int(digits)))
            peer.close()
        else:
            peer.reset()

    peer.on_data(take)


def serve_http(peer: Peer) -> None:
    """One page for whatever is asked, then closes."""
    request = bytearray()

    def take(data: bytes) -> None:
        request.extend(data)
        if b"\r\n\r\n" in request:
            peer.on_data(lambda rest: None)
            peer.send(HTTP_RESPONSE)
            peer.shutdown()

    peer.on_data(take)


def serve_hostile(peer: Peer) -> None:
    """Sends bytes that look like the module's own messages, as soon as it is asked or at once."""
    peer.send(HOSTILE_PAYLOAD)
    peer.on_data(lambda data: peer.send(HOSTILE_PAYLOAD))
    peer.on_close(peer.close)


def serve_ntp(net: VirtualNetwork) -> Callable[[UdpPeer, bytes, str, int], None]:
    """The clock's own time, as an SNTP server says it."""

    def answer(peer: UdpPeer, request: bytes, ip: str, port: int) -> None:
        if len(request) < 48:
            return
        seconds, rest_us = divmod(net.clock.unix_us(), 1_000_000)
        now = struct.pack("!II", (seconds + _NTP_EPOCH) & 0xFFFFFFFF, (rest_us << 32) // 1_000_000)
        head = struct.pack("!BBBbII4s", 0x24, 1, 0, -20, 0, 0, b"SIM\0")
        peer.sendto(head + now + request[40:48] + now + now, ip, port)

    return answer


def serve_firmware(versions: list[str], images: dict[str, bytes]) -> Callable[[Peer], None]:
    """Espressif's server of firmware, as far as AT+CIUPDATE asks it: a list, and images by name."""

    def answer(path: str) -> bytes:
        query = parse_qs(urlsplit(path).query)
        if query.get("action") != ["download_rom"]:
            return json.dumps({"versions": versions}).encode()
        name = query.get("filename", [""])[0]
        return images.get(name[: -len(".bin")], b"") if name.endswith(".bin") else b""

    def serve(peer: Peer) -> None:
        request = bytearray()

        def take(data: bytes) -> None:
            request.extend(data)
            if b"\r\n\r\n" not in request:
                return
            body = answer(request.split(b" ")[1].decode("latin-1"))
            status = b"200 OK" if body else b"404 Not Found"
            peer.send(b"HTTP/1.0 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)
            peer.close()

        peer.on_data(take)

    return serve


def install(net: VirtualNetwork) -> None:
    """Puts all of them on the network, TCP; echo and discard also as UDP; peers_tls's as well.

    Without the package trustme there are no servers with TLS.
    """
    net.hosts.update(ADDRESSES)
    net.serve_tcp(*ECHO, serve_echo)
    net.serve_tcp(*DISCARD, serve_discard)
    net.serve_tcp(*PATTERN, serve_pattern)
    net.serve_tcp(*HTTP, serve_http)
    net.serve_tcp(*HOSTILE, serve_hostile)
    net.refuse(*REFUSE)
    net.drop(*SILENT)
    net.udp_peer(*ECHO, lambda peer, data, ip, port: peer.sendto(data, ip, port))
    net.udp_peer(*DISCARD, lambda peer, data, ip, port: None)
    net.udp_peer(*NTP, serve_ntp(net))
    net.hosts.update(dict.fromkeys(NTP_NAMES, ADDRESSES[NTP[0]]))
    peers_services.install(net)
    if find_spec("trustme") is not None:
        peers_tls.install(net)
