# One connection to an MQTT broker: paho-mqtt between a stream of ours and the module's MQTT client.
# Owns paho's threads, sockets and clock not being used. State and messages are mqtt.py's.
from __future__ import annotations

import errno
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from .stream import Stream
from .stream_ws import BINARY, CLOSE, CONTINUATION, WsStream
from .tls import TlsConfig

if TYPE_CHECKING:
    from .module import Module

_PINGREQ = b"\xc0\x00"
_SUBPROTOCOL = "mqtt"
Done = Callable[[bool], object]


@dataclass(frozen=True)
class Target:
    """Where the broker is and how it is reached."""

    host: str
    port: int
    tls: Optional[TlsConfig]
    path: Optional[str]  # of the WebSocket; None: without one


@dataclass(frozen=True)
class Message:
    topic: bytes
    payload: bytes
    qos: int


class MqttWire:
    """paho's client with a pipe for a socket. Survives a reconnection, with what is in flight.

    on_up(session_present), on_refused(code), on_message(message), on_down(): the owner sets them.
    """

    def __init__(
        self,
        module: Module,
        *,
        client_id: bytes,
        username: bytes,
        password: bytes,
        keepalive_s: int,
        clean: bool,
        will: Optional[tuple[bytes, bytes, int, bool]],
    ) -> None:
        self._m = module
        self._pipe: Optional[_Pipe] = None
        self.keepalive_s = keepalive_s
        self.on_up: Callable[[bool], object] = lambda present: None
        self.on_refused: Callable[[int], object] = lambda code: None
        self.on_message: Callable[[Message], object] = lambda message: None
        self.on_down: Callable[[], object] = lambda: None
        self._waiting: dict[tuple[str, int], Done] = {}
        self.heard = False  # anything since the last ping
        self._paho = _make_paho(self, client_id, clean)
        if username or password:
            self._paho.username_pw_set(_text(username), _text(password) if password else None)
        if will is not None:
            topic, payload, qos, retain = will
            self._paho.will_set(_text(topic), payload, qos, retain)

    # -- for the owner -----------------------------------------------------------------
    def open(self, target: Target) -> None:
        self._pipe = _Pipe(self._m, self, target)

    def publish(self, message: Message, retain: bool, done: Done) -> None:
        """done(True): as the QoS has it; done(False): the connection went first."""
        info = self._paho.publish(_text(message.topic), message.payload, message.qos, retain)
        if info.is_published():  # QoS 0: when the stack has all of it
            self._waiting["sent", info.mid] = done
            self.pipe.when_sent(lambda: self.over("sent", info.mid, True))
        else:
            self._waiting["publish", info.mid] = done

    def subscribe(self, topic: bytes, qos: int, done: Done) -> None:
        _, mid = self._paho.subscribe(_text(topic), qos)
        self._waiting["subscribe", mid or 0] = done

    def unsubscribe(self, topic: bytes, done: Done) -> None:
        _, mid = self._paho.unsubscribe(_text(topic))
        self._waiting["unsubscribe", mid or 0] = done

    def give_up(self, done: Done) -> None:
        """Nobody waits for this any more; what it asked for may still happen."""
        self._waiting = {key: fn for key, fn in self._waiting.items() if fn is not done}

    def ping(self) -> None:
        if self._pipe is not None:
            self.heard = self._pipe.holds  # what it holds back may be the answer
            self._pipe.send(_PINGREQ)

    def close(self) -> None:
        """Says goodbye and ends the connection."""
        pipe, self._pipe = self._pipe, None
        self._forget_waiting()
        if pipe is not None:
            if pipe.up:
                self._paho.disconnect()
            pipe.finish()

    def abort(self) -> None:
        pipe, self._pipe = self._pipe, None
        self._waiting.clear()
        if pipe is not None:
            pipe.drop()

    def lost(self) -> None:
        """The connection is of no use any more."""
        pipe, self._pipe = self._pipe, None
        if pipe is None:
            return
        pipe.drop()
        self._forget_waiting()
        if pipe.up:
            self.on_down()
        else:
            self.on_refused(-errno.EPROTO)

    def _forget_waiting(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for done in waiting.values():
            done(False)

    # -- what the pipe tells -----------------------------------------------------------
    def stream_open(self) -> None:
        self._paho.connect_async(self.pipe.target.host, self.pipe.target.port, self.keepalive_s)
        self._paho.reconnect()  # "connects" at once, and says so to the broker

    def stream_bytes(self) -> None:
        """Lets paho read as long as there is a whole packet, or part of one."""
        self.heard = True
        while self._pipe is not None and self._pipe.inbox:
            if not self._m.out.has_room():
                self._pipe.hold()
                return
            try:
                code = self._paho.loop_read()
            except (ValueError, IndexError, struct.error):
                code = -1  # not MQTT
            if code != 0:
                self.lost()

    # -- what paho tells ---------------------------------------------------------------
    @property
    def pipe(self) -> _Pipe:
        assert self._pipe is not None
        return self._pipe

    def connack(self, code: int, session_present: bool) -> None:
        if code == 0:
            self.pipe.up = True
            self.on_up(session_present)
        else:
            self.abort()
            self.on_refused(code)

    def over(self, kind: str, mid: int, ok: bool) -> None:
        done = self._waiting.pop((kind, mid), None)
        if done is not None:
            done(ok)

    def message(self, topic: Optional[bytes], payload: bytes, qos: int) -> None:
        if topic is None:
            self.lost()  # no UTF-8: MQTT wants the connection closed
        else:
            self.on_message(Message(topic, payload, qos))


class _Pipe:
    """The stream, plain or WebSocket, in the shape of the socket that paho wants."""

    def __init__(self, module: Module, wire: MqttWire, target: Target) -> None:
        self._m = module
        self._wire = wire
        self.target = target
        self.inbox = bytearray()
        self.up = False  # the broker accepted us
        self.holds = False
        self._gone = False
        self._ended: Optional[int] = None  # how, with messages that the host has not yet
        self._stream: Union[Stream, WsStream]
        if target.path is None:
            self._stream = Stream(module, self, target.host, target.port, target.tls)
        else:
            self._stream = WsStream(
                module, self, target.host, target.port, target.path, target.tls, [_SUBPROTOCOL]
            )

    @property
    def _under(self) -> Stream:
        return self._stream.stream if isinstance(self._stream, WsStream) else self._stream

    def hold(self) -> None:
        """The host is slow: the socket keeps what comes until it has caught up."""
        if not self.holds:
            self.holds = True
            self._under.pause()
            self._m.out.when_room(self._go_on)

    def _go_on(self) -> None:
        self.holds = False
        if not self._gone:
            self._wire.stream_bytes()
        if self._gone or self.holds:
            return
        if self._ended is not None:
            self.on_end(self._ended)
        else:
            self._under.resume()

    def when_sent(self, fn: Callable[[], object]) -> None:
        self._under.when_sent(fn)

    def finish(self) -> None:
        self._gone = True
        self._stream.close()

    def drop(self) -> None:
        self._gone = True
        self._stream.abort()

    # -- paho's SocketLike ---------------------------------------------------------------
    def recv(self, buffer_size: int) -> bytes:
        if not self.inbox:
            raise BlockingIOError
        data = bytes(self.inbox[:buffer_size])
        del self.inbox[:buffer_size]
        return data

    def send(self, buffer: Union[bytes, bytearray]) -> int:
        if not self._gone:
            self._stream.send(bytes(buffer))
        return len(buffer)

    def close(self) -> None:
        """paho closes when it has had enough; the owner decides what that means."""

    def fileno(self) -> int:
        return -1

    def setblocking(self, flag: bool) -> None:
        """It never blocks."""

    # -- StreamOwner and WsOwner ---------------------------------------------------------
    def on_open(self) -> None:
        self._wire.stream_open()

    def on_bytes(self, data: bytes) -> None:
        self.inbox += data
        self._wire.stream_bytes()

    def on_frame(self, opcode: int, data: bytes, last: bool) -> None:
        if opcode in (BINARY, CONTINUATION):
            self.on_bytes(data)
        elif opcode == CLOSE:
            self.on_end(0)

    def on_end(self, error: int) -> None:
        if self.holds:
            self._ended = error
        elif self.up and not self._gone:
            self._wire.lost()
        elif not self._gone:
            self._wire.abort()
            self._wire.on_refused(-(error or errno.ECONNRESET))


def _text(data: bytes) -> str:
    """MQTT's texts are UTF-8; ValueError for what is none."""
    return data.decode("utf-8")


def _make_paho(wire: MqttWire, client_id: bytes, clean: bool) -> Any:
    from paho.mqtt import client as paho

    class Client(paho.Client):
        """Opens no socket of its own. Without loop_misc() and a thread it reads no clock."""

        def _create_socket(self) -> Any:
            return wire.pipe

    made = Client(
        paho.CallbackAPIVersion.VERSION2,
        _text(client_id),
        clean_session=clean,
        protocol=paho.MQTTv311,
        reconnect_on_failure=False,
    )
    made.max_inflight_messages_set(0)  # no limit

    def on_message(client: Any, data: Any, message: paho.MQTTMessage) -> None:
        try:
            topic: Optional[bytes] = message.topic.encode()
        except UnicodeDecodeError:
            topic = None
        wire.message(topic, bytes(message.payload), message.qos)

    made.on_connect = lambda client, data, flags, reason, properties: wire.connack(
        reason.value, flags.session_present
    )
    made.on_message = on_message
    made.on_publish = lambda client, data, mid, reason, properties: wire.over("publish", mid, True)
    made.on_subscribe = lambda client, data, mid, reasons, properties: wire.over(
        "subscribe", mid, not any(reason.is_failure for reason in reasons)
    )
    made.on_unsubscribe = lambda client, data, mid, reasons, properties: wire.over(
        "unsubscribe", mid, True
    )
    return made
