# MQTT: the commands, their refusals with MQTT's own error codes, and what ends each of them.
# Owns arguments and the order of answers. The client is mqtt.py's.
from __future__ import annotations

from typing import Any, Callable, Optional, Sequence

from .call import Call, q
from .errors import AtError
from .mqtt import (
    CONNECTED,
    DEFAULT_KEEPALIVE_S,
    DISCONNECTED,
    NONE,
    Broker,
    Connection,
    Mqtt,
    User,
)
from .mqtt_wire import Message
from .parser import Arg, Int, Rest, Str, Token, bind
from .pki import Missing
from .registry import WAIT, Commands
from .takers import Counted

commands = Commands("mqtt")

_NOT_CONFIGURED = 0x6001
_NOT_IN_CONFIGURED_STATE = 0x6002
_ALREADY_CLEAN = 0x6003
_ALREADY_CONNECTED = 0x6004
_NO_MEMORY = 0x6005
_COUNT = 0x6008
_NOT_STARTED = 0x600B
_NOT_PUBLISHED, _NOT_SUBSCRIBED, _NOT_UNSUBSCRIBED = 0x600C, 0x600D, 0x600E
_DISCONNECTED = 0x6051
_MISSING = {"NO CA FOUND": 0x6022, "NO CERT FOUND": 0x6024, "NO PRVT_KEY FOUND": 0x6026}
_TOPIC_MAX = 128
_LONG_MAX = 1024


class _Coded(Arg):
    """An argument with error codes of its own: it cannot be read, it is empty, it is wrong."""

    def __init__(self, kind: Arg, unread: int, wrong: int, empty: int = 0) -> None:
        super().__init__(kind.default)
        self._kind = kind
        self._unread = unread
        self._wrong = wrong
        self._empty = empty

    def read(self, token: bytes, index: int) -> Any:
        try:
            value = self._kind.read(token, index)
        except AtError as error:
            readable = error.code >> 16 & 0xFF in (4, 7)  # length, value
            raise AtError(self._wrong if readable else self._unread) from error
        if self._empty and not value:
            raise AtError(self._empty)
        return value


_LINK = _Coded(Int(0, 0), 0x6010, 0x6011)
_SCHEME = _Coded(Int(1, 10), 0x6012, 0x6013)
_CLIENT_ID = _Coded(Str(256), 0x6014, 0x6016)
_USERNAME = _Coded(Str(64), 0x6017, 0x6019)
_PASSWORD = _Coded(Str(64), 0x601A, 0x601C)
_CERT = _Coded(Int(0, 0), 0x601D, 0x601E)
_CA = _Coded(Int(0, 0), 0x601F, 0x6020)
_PATH = _Coded(Str(32), 0x6027, 0x6029)
_KEEPALIVE = _Coded(Int(0, 7200), 0x602B, 0x602D)
_NO_CLEAN = _Coded(Int(0, 1), 0x602E, 0x602F)
_WILL_TOPIC = _Coded(Str(_TOPIC_MAX), 0x6030, 0x6032)
_WILL_MESSAGE = _Coded(Str(128), 0x6033, 0x6035)
_WILL_QOS = _Coded(Int(0, 2), 0x6036, 0x6037)
_WILL_RETAIN = _Coded(Int(0, 1), 0x6038, 0x6039)
_HOST = _Coded(Str(128), 0x603A, 0x603C, 0x603B)
_PORT = _Coded(Int(1, 65535), 0x603D, 0x603E)
_RECONNECT = _Coded(Int(0, 1), 0x603F, 0x6040)
_TOPIC = _Coded(Str(_TOPIC_MAX), 0x6041, 0x6043, 0x6042)
_DATA = _Coded(Str(256), 0x6044, 0x6046)
_QOS = _Coded(Int(0, 2), 0x6047, 0x6048)
_RETAIN = _Coded(Int(0, 1), 0x6049, 0x604A)
_LENGTH = _Coded(Int(1, 0x7FFFFFFF), 0x604B, 0x604C)
_LONG_LENGTH = _Coded(Int(1, _LONG_MAX), 0x604B, 0x604C)


def _values(args: Sequence[Token], *kinds: Arg) -> list[Any]:
    if len(args) != len(kinds):
        raise AtError(_COUNT)
    return bind(args, kinds, True)


def _text(value: bytes) -> str:
    return value.decode("latin-1")


# -- configuration ---------------------------------------------------------------------


def _to_be_configured(call: Call, first: bool = False) -> Mqtt:
    """The client, while its settings can still change."""
    mqtt = call.m.mqtt
    if mqtt.state >= CONNECTED:
        raise AtError(_ALREADY_CONNECTED)
    if mqtt.state == DISCONNECTED:
        raise AtError(_NOT_IN_CONFIGURED_STATE)
    if mqtt.state == NONE and not first:
        raise AtError(_NOT_CONFIGURED)
    return mqtt


@commands.set("AT+MQTTUSERCFG", Rest())
def user(call: Call, args: list) -> None:
    kinds = (_LINK, _SCHEME, _CLIENT_ID, _USERNAME, _PASSWORD, _CERT, _CA, _PATH)
    _, scheme, client_id, username, password, _, _, path = _values(args, *kinds)
    mqtt = _to_be_configured(call, first=True)
    mqtt.user = User(scheme, client_id, username, password, _text(path))


def _long(call: Call, args: list, field: str) -> Any:
    _, length = _values(args, _LINK, _LONG_LENGTH)
    _to_be_configured(call)
    call.prompt()

    def done(data: bytes) -> None:
        call.m.mqtt.change_user(**{field: data})
        call.done()

    Counted(call.m, length, done)
    return WAIT


@commands.set("AT+MQTTLONGCLIENTID", Rest())
def long_client_id(call: Call, args: list) -> Any:
    return _long(call, args, "client_id")


@commands.set("AT+MQTTLONGUSERNAME", Rest())
def long_username(call: Call, args: list) -> Any:
    return _long(call, args, "username")


@commands.set("AT+MQTTLONGPASSWORD", Rest())
def long_password(call: Call, args: list) -> Any:
    return _long(call, args, "password")


@commands.set("AT+MQTTCONNCFG", Rest())
def connection(call: Call, args: list) -> None:
    kinds = (_LINK, _KEEPALIVE, _NO_CLEAN, _WILL_TOPIC, _WILL_MESSAGE, _WILL_QOS, _WILL_RETAIN)
    _, keepalive_s, no_clean, topic, message, qos, retain = _values(args, *kinds)
    mqtt = _to_be_configured(call)
    will = (topic, message, qos, bool(retain)) if topic else None
    mqtt.connection = Connection(keepalive_s or DEFAULT_KEEPALIVE_S, not no_clean, will)


@commands.set("AT+MQTTALPN", Rest())
def protocols(call: Call, args: list) -> None:
    _, count = _values(args[:2], _LINK, Int(0, 5))
    names = _values(args[2:], *[Str(255, 1)] * count)
    _to_be_configured(call).change_user(alpn=tuple(_text(name) for name in names))


@commands.set("AT+MQTTSNI", Rest())
def server_name(call: Call, args: list) -> None:
    _, name = _values(args, _LINK, Str(256))
    _to_be_configured(call).change_user(sni=_text(name))


# -- connecting ------------------------------------------------------------------------


@commands.query("AT+MQTTCONN")
def state(call: Call) -> None:
    mqtt = call.m.mqtt
    broker = mqtt.broker or Broker("", 0, False)
    port = str(broker.port or "")
    path = mqtt.user.shown_path if mqtt.user is not None else ""
    scheme = mqtt.user.scheme if mqtt.user is not None else 0
    fields = (q(broker.host), q(port), q(path), int(broker.reconnect))
    call.answer(0, mqtt.state, scheme, *fields)


@commands.set("AT+MQTTCONN", Rest())
def connect(call: Call, args: list) -> Any:
    _, host, port, reconnect = _values(args, _LINK, _HOST, _PORT, _RECONNECT)
    mqtt = _to_be_configured(call)
    if not call.m.has_network:
        raise AtError(_NOT_STARTED)

    def done(refused: Optional[int]) -> None:
        if refused is None:
            call.done()
        else:
            call.fail(AtError(_NOT_STARTED))

    try:
        mqtt.connect(Broker(_text(host), port, bool(reconnect)), done)
    except Missing as error:
        raise AtError(_MISSING[str(error)]) from error
    except ValueError as error:
        raise AtError(_NOT_STARTED) from error
    return WAIT


@commands.set("AT+MQTTCLEAN", Rest())
def clean(call: Call, args: list) -> Any:
    _values(args, _LINK)
    if call.m.mqtt.state == NONE:
        raise AtError(_ALREADY_CLEAN)
    call.m.mqtt.clean(call.done)
    return WAIT


# -- messages --------------------------------------------------------------------------


def _connected(call: Call) -> Mqtt:
    mqtt = call.m.mqtt
    if mqtt.state == NONE:
        raise AtError(_NOT_CONFIGURED)
    if mqtt.state < CONNECTED:
        raise AtError(_DISCONNECTED)
    return mqtt


def _ask(
    call: Call,
    start: Callable[[Callable[[bool], object]], object],
    ended: Callable[[bool], object],
) -> None:
    """start(over); ended(ok) when the broker has answered, or in time without it.

    ValueError when the library refuses what it is given.
    """

    def over(ok: bool) -> None:
        limit.cancel()
        if not call.over:
            ended(ok)

    def too_late() -> None:
        if call.m.mqtt.connected:
            call.m.mqtt.wire.give_up(over)
        ended(False)

    limit = call.later(call.m.profile.mqtt_limit_us, too_late)
    try:
        start(over)
    except ValueError:
        over(False)


@commands.set("AT+MQTTPUB", Rest())
def publish(call: Call, args: list) -> Any:
    _, topic, data, qos, retain = _values(args, _LINK, _TOPIC, _DATA, _QOS, _RETAIN)
    mqtt = _connected(call)
    message = Message(topic, data.partition(b"\0")[0], qos)  # a string of C

    def ended(ok: bool) -> None:
        if ok:
            call.done()
        else:
            call.fail(AtError(_NOT_PUBLISHED))

    _ask(call, lambda over: mqtt.wire.publish(message, bool(retain), over), ended)
    return WAIT


@commands.set("AT+MQTTPUBRAW", Rest())
def publish_raw(call: Call, args: list) -> Any:
    _, topic, length, qos, retain = _values(args, _LINK, _TOPIC, _LENGTH, _QOS, _RETAIN)
    mqtt = _connected(call)
    if length > call.m.profile.min_ram:
        raise AtError(_NO_MEMORY)

    def ended(ok: bool) -> None:
        if not ok:
            call.m.out.error_code(_NOT_PUBLISHED)
        call.line("+MQTTPUB:OK" if ok else "+MQTTPUB:FAIL")
        if ok and call.m.faults.quirks["mqtt_raw_ok"]:
            call.done()
        else:
            call.done_silently()

    def received(data: bytes) -> None:
        call.later(call.m.profile.raw_latency_us, lambda: go(data))

    def go(data: bytes) -> None:
        if not mqtt.connected:  # lost while the data came
            ended(False)
            return
        message = Message(topic, data, qos)
        _ask(call, lambda over: mqtt.wire.publish(message, bool(retain), over), ended)

    call.prompt()
    Counted(call.m, length, received)  # nothing but the last byte ends it, no +++ and no time
    return WAIT


@commands.query("AT+MQTTSUB")
def topics(call: Call) -> None:
    mqtt = call.m.mqtt
    for topic, qos in mqtt.topics.items() or [(b"", 0)]:
        call.answer(0, mqtt.state, q(topic), qos)


@commands.set("AT+MQTTSUB", Rest())
def subscribe(call: Call, args: list) -> Any:
    _, topic, qos = _values(args, _LINK, _TOPIC, _QOS)
    mqtt = _connected(call)
    if topic in mqtt.topics:
        _note(call, "ALREADY SUBSCRIBE")
        if call.m.faults.quirks["mqtt_already_alone"]:
            call.done_silently()
        return None
    if mqtt.full:
        raise AtError(_NOT_SUBSCRIBED)

    def ended(ok: bool) -> None:
        if ok:
            mqtt.subscribed(topic, qos)
            call.done()
        else:
            call.fail(AtError(_NOT_SUBSCRIBED))

    _ask(call, lambda over: mqtt.wire.subscribe(topic, qos, over), ended)
    return WAIT


@commands.set("AT+MQTTUNSUB", Rest())
def unsubscribe(call: Call, args: list) -> Any:
    _, topic = _values(args, _LINK, _TOPIC)
    mqtt = _connected(call)
    if topic not in mqtt.topics:
        _note(call, "NO UNSUBSCRIBE")
        return None

    def ended(ok: bool) -> None:
        if ok:
            mqtt.topics.pop(topic, None)
            call.done()
        else:
            call.fail(AtError(_NOT_UNSUBSCRIBED))

    _ask(call, lambda over: mqtt.wire.unsubscribe(topic, over), ended)
    return WAIT


def _note(call: Call, text: str) -> None:
    if call.m.faults.quirks["mqtt_topic_notes"]:
        call.line(text)
