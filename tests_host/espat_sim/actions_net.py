# Requests of the control channel about the virtual network: far ends and names.
# Owns their arguments; the ends themselves are far_ends.py's.
from __future__ import annotations

from typing import TYPE_CHECKING

from .actions import action, given_bytes, run_action
from .far_ends import FarEnds
from .net_virtual import VirtualNetwork

if TYPE_CHECKING:
    from .module import Module

__all__ = ["run_action"]  # with the requests of this file


def _net(m: Module) -> VirtualNetwork:
    if not isinstance(m.net, VirtualNetwork):
        raise ValueError("only on the virtual network")
    return m.net


def _far(m: Module) -> FarEnds:
    if m.far is None:
        m.far = FarEnds(_net(m))
    return m.far


@action("client")
def client(m: Module, request: dict) -> dict:
    """A host connects to the module's server on port; tls: true, or "cert"; name is its SNI."""
    ip, name = str(request.get("ip", "")), str(request.get("name", ""))
    return {"id": _far(m).client(int(request["port"]), ip, request.get("tls", False), name)}


@action("serve")
def serve(m: Module, request: dict) -> dict:
    """A server on host and port; "far" lists the numbers of its connections."""
    tls = bool(request.get("tls"))
    return {"id": _far(m).serve(str(request["host"]), int(request["port"]), tls)}


@action("udp_host")
def udp_host(m: Module, request: dict) -> dict:
    return {"id": _far(m).udp(str(request["ip"]), int(request["port"]))}


@action("far")
def far(m: Module, request: dict) -> dict:
    """send or send_hex, to [ip, port] with UDP; end: close, shutdown, reset, vanish; pause."""
    number = int(request["id"])
    data = given_bytes(request, "send")
    _far(m).act(number, data, request.get("to"), str(request.get("end", "")), request.get("pause"))
    return _far(m).tell(number)


@action("latency")
def latency(m: Module, request: dict) -> None:
    """How long anything is on its way; for connections that are made from now on."""
    ms = int(request["ms"])
    if not 0 <= ms <= 10_000:
        raise ValueError("ms: 0..10000")
    _net(m).latency_us = ms * 1000


@action("host")
def host(m: Module, request: dict) -> None:
    """The address of a name, or a list of an IPv4 and an IPv6 one; without ip it is gone."""
    names = _net(m).hosts
    if "ip" in request:
        names[str(request["name"])] = request["ip"]
    else:
        names.pop(str(request["name"]), None)
