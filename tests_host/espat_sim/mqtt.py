# The module's MQTT client: what is configured, its state, its messages to the host, reconnection.
# Owns +MQTTCONNECTED, +MQTTDISCONNECTED and +MQTTSUBRECV. The protocol is mqtt_wire.py's, the
# commands are commands_mqtt.py's.
from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Optional

from .call import q
from .mqtt_wire import Message, MqttWire, Target
from .pki import mqtt_config
from .ports import TimerHandle

if TYPE_CHECKING:
    from .module import Module

NONE, USER, CONNECTION, DISCONNECTED, CONNECTED, NO_TOPIC, SUBSCRIBED = range(7)

TLS_SCHEMES = (2, 3, 4, 5, 7, 8, 9, 10)
WS_SCHEMES = (6, 7, 8, 9, 10)
CHECKS_SERVER = (3, 5, 8, 10)
SHOWS_CERTIFICATE = (4, 5, 9, 10)
DEFAULT_KEEPALIVE_S = 120
_TOPICS_MAX = 10
_SEGMENT = 1440  # bytes of the network's packets: what one read gives beyond a full buffer
_FIXED_HEAD, _LENGTHS = 1, (0x7F, 0x3FFF, 0x1FFFFF)


@dataclass(frozen=True)
class User:
    """What MQTTUSERCFG and its companions say."""

    scheme: int
    client_id: bytes
    username: bytes
    password: bytes
    path: str
    alpn: tuple[str, ...] = ()
    sni: str = ""

    @property
    def shown_path(self) -> str:
        return self.path if not self.path or self.path.startswith("/") else "/" + self.path


@dataclass(frozen=True)
class Connection:
    """What MQTTCONNCFG says."""

    keepalive_s: int = DEFAULT_KEEPALIVE_S
    clean: bool = True
    will: Optional[tuple[bytes, bytes, int, bool]] = None


@dataclass(frozen=True)
class Broker:
    host: str
    port: int
    reconnect: bool


class Mqtt:
    def __init__(self, module: Module) -> None:
        self._m = module
        self._timer: Optional[TimerHandle] = None
        self._wire: Optional[MqttWire] = None
        self._forget()

    def _forget(self) -> None:
        """As after a boot."""
        self._set_timer(0, None)
        self._wire = None
        self.user: Optional[User] = None
        self.connection: Optional[Connection] = None
        self.broker: Optional[Broker] = None
        self.topics: dict[bytes, int] = {}
        self._had_topics = False  # on this connection
        self._was_connected = False
        self._target: Optional[Target] = None
        self._opening: Optional[Callable[[Optional[int]], object]] = None
        self.connected = False

    def stop(self) -> None:
        """Power or reset: the broker sees a reset, the host hears nothing."""
        if self._wire is not None:
            self._wire.abort()
        self._forget()

    @property
    def state(self) -> int:
        if self.connected:
            if self.topics:
                return SUBSCRIBED
            return NO_TOPIC if self._had_topics else CONNECTED
        if self._was_connected:
            return DISCONNECTED
        if self.user is None:
            return NONE
        return USER if self.connection is None else CONNECTION

    def change_user(self, **changes: object) -> None:
        assert self.user is not None
        self.user = dataclasses.replace(self.user, **changes)  # type: ignore[arg-type]

    # -- connecting --------------------------------------------------------------------
    def connect(self, broker: Broker, done: Callable[[Optional[int]], object]) -> None:
        """done(None): connected; else the broker's code, or a negative errno.

        pki.Missing without a certificate that is needed, ValueError for texts that MQTT refuses.
        """
        assert self.user is not None
        user, connection = self.user, self.connection or Connection()
        self._target = self._target_of(broker)
        wire = MqttWire(
            self._m,
            client_id=user.client_id,
            username=user.username,
            password=user.password,
            keepalive_s=connection.keepalive_s,
            clean=connection.clean,
            will=connection.will,
        )
        self.broker = broker
        self._opening = done
        self._wire = wire
        wire.on_up = self._m.guard(self._up)
        wire.on_refused = self._m.guard(self._refused)
        wire.on_message = self._m.guard(self._message)
        wire.on_down = self._m.guard(self._down)
        self._dial()

    def _drop_client(self) -> None:
        self._set_timer(0, None)
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.abort()

    def _target_of(self, broker: Broker) -> Target:
        assert self.user is not None
        user = self.user
        tls = None
        if user.scheme in TLS_SCHEMES:
            tls = mqtt_config(
                self._m,
                host=broker.host,
                sni=user.sni,
                alpn=user.alpn,
                check=user.scheme in CHECKS_SERVER,
                own=user.scheme in SHOWS_CERTIFICATE,
            )
        path = (user.shown_path or "/") if user.scheme in WS_SCHEMES else None
        return Target(broker.host, broker.port, tls, path)

    def _dial(self) -> None:
        assert self._wire is not None and self._target is not None
        self._wire.open(self._target)
        self._set_timer(self._m.profile.mqtt_limit_us * 3, self._no_answer)

    def _no_answer(self) -> None:
        if self._wire is not None:
            self._wire.abort()
            self._refused(-1)

    def _up(self, session_present: bool) -> None:
        assert self.user is not None and self.broker is not None and self._wire is not None
        self.connected = self._was_connected = True
        if not session_present and not self._m.faults.quirks["mqtt_keeps_topics"]:
            self.topics.clear()  # the broker has forgotten them as well
        self._had_topics = bool(self.topics)
        user, broker = self.user, self.broker
        fields = f"{user.scheme},{q(broker.host)},{q(str(broker.port))},{q(user.shown_path)}"
        self._m.out.urc(f"+MQTTCONNECTED:0,{fields},{int(broker.reconnect)}")
        self._wire.heard = True
        self._plan_ping()
        done, self._opening = self._opening, None
        if done is not None:
            done(None)

    def _refused(self, code: int) -> None:
        done, self._opening = self._opening, None
        self._set_timer(0, None)
        if done is not None:
            self._drop_client()
            done(code)
        elif self._wire is not None:
            self._set_timer(self._m.profile.mqtt_reconnect_us, self._redial)

    def _redial(self) -> None:
        if self._m.has_network:
            self._dial()
        else:
            self._refused(-1)

    def _down(self) -> None:
        self.connected = False
        assert self.broker is not None
        if self.broker.reconnect:
            self._set_timer(self._m.profile.mqtt_reconnect_us, self._redial)
        else:
            self._drop_client()
        self._m.out.urc("+MQTTDISCONNECTED:0")

    def _plan_ping(self) -> None:
        assert self._wire is not None
        self._set_timer(self._wire.keepalive_s * 500_000, self._ping)

    def _ping(self) -> None:
        if self._wire is None or not self.connected:
            return
        if not self._wire.heard:
            self._wire.lost()
            return
        self._wire.ping()
        self._plan_ping()

    def _set_timer(self, us: int, fn: Optional[Callable[[], object]]) -> None:
        """One at a time: for the broker's answer, the next attempt, or the next ping."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if fn is None else self._m.later(us, fn)

    # -- messages ----------------------------------------------------------------------
    @property
    def wire(self) -> MqttWire:
        assert self._wire is not None
        return self._wire

    @property
    def full(self) -> bool:
        return len(self.topics) >= _TOPICS_MAX

    def subscribed(self, topic: bytes, qos: int) -> None:
        self.topics[topic] = qos
        self._had_topics = True

    def _message(self, message: Message) -> None:
        """In records: the client's buffer holds the head of the packet with the first of them."""
        size = self._m.profile.mqtt_buffer
        room = max(1, size - _head_size(message))
        rest = message.payload
        if self._m.faults.quirks["mqtt_whole_messages"]:
            room = max(1, len(rest))
        while True:
            part, rest = rest[:room], rest[room:]
            self._m.out.report(b'+MQTTSUBRECV:0,"%s",%d,%s\r\n' % (message.topic, len(part), part))
            room = max(room, size)
            if self._m.faults.quirks["mqtt_short_records"]:
                room = min(size, max(1, _SEGMENT - size))
            if not rest:
                return

    def clean(self, done: Callable[[], object]) -> None:
        """Says goodbye and forgets everything that was configured."""
        wire, was_connected = self._wire, self.connected
        if wire is not None:
            wire.close()
        self._forget()
        if was_connected and self._m.faults.quirks["mqtt_clean_disconnects"]:
            self._m.out.urc("+MQTTDISCONNECTED:0")
        done()


def _head_size(message: Message) -> int:
    """Bytes of a PUBLISH packet before its payload."""
    variable = 2 + len(message.topic) + (2 if message.qos else 0)
    remaining = variable + len(message.payload)
    return _FIXED_HEAD + 1 + sum(remaining > most for most in _LENGTHS) + variable
