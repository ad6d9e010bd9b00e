# Requests of the control channel about the servers for the module's own clients.
# Owns their arguments; the servers are peers_services'.
from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .actions import action, given_bytes
from .actions_peripherals import run_action
from .net_virtual import VirtualNetwork
from .peers_http import Reply

if TYPE_CHECKING:
    from .module import Module
    from .peers_services import Services

__all__ = ["run_action"]  # with the requests of this file


def _services(m: Module) -> Services:
    services = m.net.services if isinstance(m.net, VirtualNetwork) else None
    if services is None:
        raise ValueError("only on a virtual network with the servers of peers")
    found: Services = services
    return found


@action("broker")
def broker(m: Module, request: dict) -> dict:
    """The MQTT broker: topic and data to publish (qos, retain); how it behaves from now on (refuse,
    forbid, mute, users, drop_after); end: close, reset, vanish. Tells what it has received."""
    found = _services(m).broker
    if "refuse" in request:
        found.refuse = int(request["refuse"])
    if "forbid" in request:
        found.forbid = {str(topic).encode() for topic in request["forbid"]}
    if "mute" in request:
        found.mute = {int(kind) for kind in request["mute"]}
    if "users" in request:
        found.users = {str(k).encode(): str(v).encode() for k, v in request["users"].items()}
    if "drop_after" in request:
        found.drop_after = int(request["drop_after"])
    topic = given_bytes(request, "topic")
    if topic:
        qos, retain = int(request.get("qos", 0)), bool(request.get("retain"))
        found.publish(topic, given_bytes(request, "data"), qos, retain)
    if "end" in request:
        if request["end"] not in ("close", "reset", "vanish"):
            raise ValueError(f"no end {request['end']!r}")
        found.break_all(str(request["end"]))
    received, found.received = found.received, []
    return {
        "clients": len(found.clients),
        "connects": len(found.connects),
        "topics": sorted(
            topic.decode("latin-1") for s in found.sessions.values() for topic in s.topics
        ),
        "received": [
            [message.topic.decode("latin-1"), message.payload.hex(), message.qos, message.retain]
            for message in received
        ],
    }


@action("web")
def web(m: Module, request: dict) -> dict:
    """The web server: a page of one's own (path, body, status, chunks). Tells what was asked."""
    found = _services(m).web
    if "path" in request:
        path, status = str(request["path"]), int(request.get("status", 200))
        page = Reply(status, given_bytes(request, "body"), chunks=int(request.get("chunks", 0)))
        found.routes = {re.escape(path): lambda asked: page, **found.routes}
    requests, found.requests = found.requests, []
    return {
        "requests": [
            {
                "method": asked.method,
                "target": asked.target,
                "headers": [[k.decode("latin-1"), v.decode("latin-1")] for k, v in asked.headers],
                "body_hex": asked.body.hex(),
            }
            for asked in requests
        ]
    }


@action("ws")
def ws(m: Module, request: dict) -> dict:
    """A WebSocket of the server, the newest or the one with this id: data in a frame (opcode, fin);
    end: close, reset, vanish. Tells what came in its frames."""
    peers = _services(m).ws.peers
    number = int(request.get("id", len(peers) - 1))
    if not 0 <= number < len(peers):
        raise LookupError(f"no WebSocket {number}")
    peer = peers[number]
    if "data" in request or "data_hex" in request:
        opcode, fin = int(request.get("opcode", 1)), bool(request.get("fin", True))
        peer.send_frame(opcode, given_bytes(request, "data"), fin)
    if "end" in request:
        if request["end"] not in ("close", "reset", "vanish"):
            raise ValueError(f"no end {request['end']!r}")
        getattr(peer, str(request["end"]))()
    frames, peer.frames = peer.frames, []
    return {
        "id": number,
        "path": peer.path,
        "subprotocols": peer.subprotocols,
        "headers": [[k.decode("latin-1"), v.decode("latin-1")] for k, v in peer.headers],
        "closed": peer.closed,
        "close_code": peer.close_code,
        "frames": [[opcode, data.hex()] for opcode, data in frames],
    }
