# Far ends of the virtual network in the hand of the control channel: clients, servers, UDP hosts.
# Owns their numbers and what they have received. The ends themselves are net_virtual's.
from __future__ import annotations

from typing import Any, Optional

from . import peers_tls
from .net_virtual import VirtualNetwork


class FarEnds:
    """Every end has a number; tell() says all there is to know about one."""

    def __init__(self, net: VirtualNetwork) -> None:
        self._net = net
        self._ends: list[Any] = []

    def _add(self, end: Any) -> int:
        self._ends.append(end)
        return len(self._ends) - 1

    def client(self, port: int, ip: str, tls: Any, name: str) -> int:
        """Connects to the module's server; tls: True, or "cert" for one with a certificate."""
        context = None
        if tls:
            context = peers_tls.client_context(*(["client.test"] if tls == "cert" else []))
        return self._add(self._net.client_tcp(port, ip=ip, tls=context, server_name=name))

    def serve(self, host: str, port: int, tls: bool) -> int:
        """Listens; every connection gets a number of its own."""
        accepted: list[int] = []

        def handler(peer: Any) -> None:
            accepted.append(self._add(peer))

        context = peers_tls.server_context(host) if tls else None
        self._net.serve_tcp(host, port, handler, tls=context)
        return self._add(accepted)

    def udp(self, ip: str, port: int) -> int:
        return self._add(self._net.udp_peer(ip, port))

    def get(self, number: int) -> Any:
        if not 0 <= number < len(self._ends):
            raise LookupError(f"no far end {number}")
        return self._ends[number]

    def act(self, number: int, data: bytes, to: Optional[list], end: str, pause: Any) -> None:
        far = self.get(number)
        if data and to:
            far.sendto(data, str(to[0]), int(to[1]))
        elif data:
            far.send(data)
        if pause is not None:
            (far.pause if pause else far.resume)()
        if end in ("close", "shutdown", "reset", "vanish"):
            getattr(far, end)()
        elif end:
            raise ValueError(f"no end {end!r}")

    def tell(self, number: int) -> dict[str, Any]:
        """What it is and what it has received since the last time."""
        far = self.get(number)
        if isinstance(far, list):
            return {"connections": list(far)}
        received, far.received = far.received, type(far.received)()
        if isinstance(received, list):
            return {"datagrams": [[data.hex(), ip, port] for data, ip, port in received]}
        told: dict[str, Any] = {
            "connected": far.connected,
            "closed": far.closed,
            "error": far.error,
            "data_hex": bytes(received).hex(),
        }
        if hasattr(far, "session"):
            told.update(failure=far.failure, sni=far.sni, alpn=far.session.selected_alpn_protocol())
        return told
