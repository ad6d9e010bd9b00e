# An MQTT 3.1.1 broker for every virtual network: sessions, retained messages, wills, QoS 0 to 2,
# and ways to misbehave on request. Owns what a broker says.
# By hand, as a counterpart of paho: what a library refuses to send can be sent on purpose.
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Iterator, Optional

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 1, 2, 3, 4, 5, 6, 7
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = 8, 9, 10, 11, 12, 13, 14
BAD_USER = 4
_FAILURE = 0x80


# -- packets ---------------------------------------------------------------------------


def packet(kind: int, body: bytes, flags: int = 0) -> bytes:
    rest, size = len(body), bytearray()
    while True:
        rest, low = rest >> 7, rest & 0x7F
        size.append(low | (0x80 if rest else 0))
        if not rest:
            return bytes([kind << 4 | flags]) + bytes(size) + body


def text(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def packets(buffer: bytearray) -> Iterator[tuple[int, int, bytes]]:
    """Takes the whole packets off the buffer: kind, flags, body."""
    while len(buffer) > 1:
        size = shift = 0
        for pos in range(1, min(len(buffer), 5)):
            size |= (buffer[pos] & 0x7F) << shift
            shift += 7
            if not buffer[pos] & 0x80:
                break
        else:
            return
        if len(buffer) < pos + 1 + size:
            return
        head, body = buffer[0], bytes(buffer[pos + 1 : pos + 1 + size])
        del buffer[: pos + 1 + size]
        yield head >> 4, head & 15, body


class _Reader:
    def __init__(self, body: bytes) -> None:
        self.rest = body

    def take(self, n: int) -> bytes:
        data, self.rest = self.rest[:n], self.rest[n:]
        return data

    def number(self, n: int) -> int:
        return int.from_bytes(self.take(n), "big")

    def text(self) -> bytes:
        return self.take(self.number(2))


def fits(pattern: bytes, topic: bytes) -> bool:
    """Whether a filter with + and # covers a topic."""
    wanted, given = pattern.split(b"/"), topic.split(b"/")
    if topic[:1] == b"$" and wanted[0] in (b"+", b"#"):
        return False
    for i, part in enumerate(wanted):
        if part == b"#":
            return True
        if i >= len(given) or part not in (b"+", given[i]):
            return False
    return len(wanted) == len(given)


# -- the broker ------------------------------------------------------------------------


@dataclass
class Published:
    """What a client published."""

    topic: bytes
    payload: bytes
    qos: int
    retain: bool = False
    dup: bool = False


@dataclass
class Session:
    """What the broker keeps of a client, also while it is away unless it asked for a clean one."""

    client_id: bytes
    clean: bool = True
    topics: dict[bytes, int] = field(default_factory=dict)
    waiting: list[tuple[int, Published]] = field(default_factory=list)  # sent, not confirmed
    held: dict[int, Published] = field(default_factory=dict)  # QoS 2: before PUBREL
    next_id: int = 1


class Broker:
    """broker.serve is a handler of net.serve_tcp; one broker may listen in several places.

    Ways to misbehave: refuse (a CONNACK code), forbid (topics whose subscription fails), mute
    (kinds of packets that it never sends), drop_after (bytes of one PUBLISH that it reads before
    the connection breaks).
    """

    def __init__(self) -> None:
        self.users: dict[bytes, bytes] = {}  # empty: everybody may
        self.refuse = 0
        self.forbid: set[bytes] = set()
        self.mute: set[int] = set()
        self.drop_after: Optional[int] = None
        self.clients: list[BrokerClient] = []
        self.sessions: dict[bytes, Session] = {}
        self.retained: dict[bytes, Published] = {}
        self.received: list[Published] = []
        self.connects: list[BrokerClient] = []  # every one that said CONNECT, refused ones too

    def serve(self, peer: Any) -> None:
        self.clients.append(BrokerClient(self, peer))

    def publish(self, topic: bytes, payload: bytes, qos: int = 0, retain: bool = False) -> None:
        """To everybody who subscribed, as if some client had published it."""
        message = Published(topic, payload, qos, retain)
        if retain:
            self.retained.pop(topic, None)
            if payload:
                self.retained[topic] = message
        for session in self.sessions.values():
            found = [q for pattern, q in session.topics.items() if fits(pattern, topic)]
            if found:
                sent = Published(topic, payload, min(qos, max(found)))
                self.deliver(session, sent)

    def deliver(self, session: Session, message: Published) -> None:
        client = self.client_of(session)
        number = 0
        if message.qos:
            number, session.next_id = session.next_id, session.next_id % 65535 + 1
            session.waiting.append((number, message))
        if client is not None:
            client.send_message(message, number)

    def client_of(self, session: Session) -> Optional[BrokerClient]:
        return next((c for c in self.clients if c.session is session), None)

    def break_all(self, how: str = "reset") -> None:
        """Ends every connection: "close", "reset" or "vanish"."""
        for client in list(self.clients):
            getattr(client.peer, how)()
            if how != "vanish":
                client.gone(polite=False)


class BrokerClient:
    """One connection."""

    def __init__(self, broker: Broker, peer: Any) -> None:
        self.broker = broker
        self.peer = peer
        self.session: Optional[Session] = None
        self.username: Optional[bytes] = None
        self.password: Optional[bytes] = None
        self.keepalive_s = 0
        self.will: Optional[Published] = None
        self.pings = 0
        self._buffer = bytearray()
        self._handlers: dict[int, Callable[[int, bytes], object]] = {
            CONNECT: self._connect,
            PUBLISH: self._publish,
            PUBACK: self._confirmed,
            PUBREC: self._received,
            PUBREL: self._released,
            PUBCOMP: self._confirmed,
            SUBSCRIBE: self._subscribe,
            UNSUBSCRIBE: self._unsubscribe,
            PINGREQ: self._ping,
            DISCONNECT: lambda flags, body: self.gone(polite=True),
        }
        peer.on_data(self._take)
        peer.on_close(self._closed)

    def send(self, kind: int, body: bytes, flags: int = 0) -> None:
        if kind not in self.broker.mute:
            self.peer.send(packet(kind, body, flags))

    def send_message(self, message: Published, number: int, dup: bool = False) -> None:
        flags = (8 if dup else 0) | message.qos << 1 | int(message.retain)
        mid = number.to_bytes(2, "big") if message.qos else b""
        self.send(PUBLISH, text(message.topic) + mid + message.payload, flags)

    def gone(self, polite: bool) -> None:
        """The client left; its will is published unless it said goodbye."""
        if self in self.broker.clients:
            self.broker.clients.remove(self)
        session, self.session = self.session, None
        if session is not None and session.clean:
            self.broker.sessions.pop(session.client_id, None)
        will, self.will = self.will, None
        if will is not None and not polite:
            self.broker.publish(will.topic, will.payload, will.qos, will.retain)

    # -- inside ------------------------------------------------------------------------
    def _closed(self) -> None:
        self.gone(polite=False)
        self.peer.close()

    def _take(self, data: bytes) -> None:
        self._buffer += data
        limit = self.broker.drop_after
        if limit is not None and self._buffer[:1] and self._buffer[0] >> 4 == PUBLISH:
            if len(self._buffer) >= limit:
                self.broker.drop_after = None
                self.peer.reset()
                self.gone(polite=False)
                return
        for kind, flags, body in packets(self._buffer):
            if self.session is None and kind != CONNECT:
                self.peer.reset()
                return
            handler = self._handlers.get(kind)
            if handler is not None:
                handler(flags, body)

    def _connect(self, flags: int, body: bytes) -> None:
        read = _Reader(body)
        read.text()  # MQTT
        read.number(1)  # 4
        bits = read.number(1)
        self.keepalive_s = read.number(2)
        client_id = read.text()
        if bits & 4:
            topic, payload = read.text(), read.text()
            self.will = Published(topic, payload, bits >> 3 & 3, bool(bits & 0x20))
        self.username = read.text() if bits & 0x80 else None
        self.password = read.text() if bits & 0x40 else None
        broker = self.broker
        broker.connects.append(self)
        refuse = broker.refuse
        if broker.users and broker.users.get(self.username or b"") != self.password:
            refuse = BAD_USER
        if refuse:
            self.will = None
            self.send(CONNACK, bytes([0, refuse]))
            self.peer.close()
            return
        clean = bool(bits & 2)
        known = broker.sessions.get(client_id)
        other = None if known is None else broker.client_of(known)
        if other is not None:
            other.peer.reset()
            other.gone(polite=False)
        present = known is not None and not clean
        session = known if known is not None and not clean else Session(client_id, clean)
        broker.sessions[client_id] = self.session = session
        self.send(CONNACK, bytes([int(present), 0]))
        for number, message in session.waiting:
            self.send_message(message, number, dup=True)

    def _publish(self, flags: int, body: bytes) -> None:
        read = _Reader(body)
        topic, qos = read.text(), flags >> 1 & 3
        number = read.number(2) if qos else 0
        message = Published(topic, read.rest, qos, bool(flags & 1), bool(flags & 8))
        mid = number.to_bytes(2, "big")
        if qos == 2:
            assert self.session is not None
            self.session.held[number] = message
            self.send(PUBREC, mid)
            return
        self._accept(message)  # who subscribed may hear of it before its sender is answered
        if qos == 1:
            self.send(PUBACK, mid)

    def _released(self, flags: int, body: bytes) -> None:
        assert self.session is not None
        message = self.session.held.pop(int.from_bytes(body[:2], "big"), None)
        self.send(PUBCOMP, body[:2])
        if message is not None:
            self._accept(message)

    def _accept(self, message: Published) -> None:
        self.broker.received.append(message)
        self.broker.publish(message.topic, message.payload, message.qos, message.retain)

    def _received(self, flags: int, body: bytes) -> None:
        self.send(PUBREL, body[:2], 2)

    def _confirmed(self, flags: int, body: bytes) -> None:
        assert self.session is not None
        number = int.from_bytes(body[:2], "big")
        self.session.waiting = [item for item in self.session.waiting if item[0] != number]

    def _subscribe(self, flags: int, body: bytes) -> None:
        assert self.session is not None
        read = _Reader(body)
        mid, codes, new = read.take(2), bytearray(), []
        while read.rest:
            pattern, qos = read.text(), read.number(1)
            if pattern in self.broker.forbid:
                codes.append(_FAILURE)
            else:
                codes.append(qos)
                self.session.topics[pattern] = qos
                new.append((pattern, qos))
        self.send(SUBACK, mid + bytes(codes))
        for pattern, qos in new:
            for message in list(self.broker.retained.values()):
                if fits(pattern, message.topic):
                    sent = Published(message.topic, message.payload, min(qos, message.qos), True)
                    self.broker.deliver(self.session, sent)

    def _unsubscribe(self, flags: int, body: bytes) -> None:
        assert self.session is not None
        read = _Reader(body)
        mid = read.take(2)
        while read.rest:
            self.session.topics.pop(read.text(), None)
        self.send(UNSUBACK, mid)

    def _ping(self, flags: int, body: bytes) -> None:
        self.pings += 1
        self.send(PINGRESP, b"")
