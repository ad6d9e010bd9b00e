# What came after v3.4: arguments that existing commands got since, and forms that they gained.
# Owns these arguments; the rest of each command is where it was.
from __future__ import annotations

from typing import Any, Callable, Optional

from . import commands_mqtt as mqtt
from . import commands_recv as recv
from . import commands_server as server
from . import commands_tcp as tcp
from . import commands_wifi as wifi
from .call import Call
from .errors import para_count
from .parser import Int, LinkId, Rest, Token, bind
from .registry import Commands

commands = Commands("later")

_TIMEOUT = Int(0, 60_000, default=None)  # in ms
_REPORT_ONCE, _REPORT_EACH = 0, 1

# -- receiving ---------------------------------------------------------------------------


@commands.set("AT+CIPRECVTYPE", LinkId(5), Int(0, 1), Int(_REPORT_ONCE, _REPORT_EACH, default=0))
def set_receive_type(call: Call, index: int, mode: int, report: int) -> Any:
    m = call.m
    for i in range(m.profile.links):
        if index in (i, 5):
            m.cfg.store_item("recvreport", i, report)
    return recv.set_receive_type(call, index, mode)


commands.query("AT+CIPRECVTYPE")(recv.receive_type)


@commands.set("AT+CIPRECVDATA", LinkId(), Int(1, 0x7FFFFFFF), Int(0, 1, default=0))
def receive(call: Call, index: int, n: int, whole: int) -> Any:
    """whole: a datagram keeps its borders."""
    return recv.read(call, index, n, bool(whole))


# -- server, names, Wi-Fi ----------------------------------------------------------------


@commands.set("AT+CIPSERVER", Int(0, 1), Rest())
def set_server(call: Call, mode: int, args: list) -> Any:
    """netif: 0 both, 1 station, 2 soft-AP; the server here listens on both."""
    if mode and len(args) == 4:
        bind(args[3:], [Int(0, 2, default=0)], False, 4)
        args = args[:3]
    return server.set_state(call, mode, args)


commands.query("AT+CIPSERVER")(server.state)


@commands.set("AT+CIPDOMAIN", Rest())
def resolve(call: Call, args: list) -> Any:
    """show_all_ip: names here have one address of each family at most."""
    every = len(args) == 4 and bind(args[3:], [Int(0, 1, default=0)], False, 3)[0]
    return tcp.resolve(call, args[:3], bool(every))


@commands.set("AT+CWRECONNCFG", Int(0, 7200), Int(0, 1000), Int(0, 1, default=0))
def set_reconnection(call: Call, interval_s: int, count: int, now: int) -> None:
    wifi.set_reconnection(call, interval_s, count)
    if now:
        call.m.station.reconnect_now()


commands.query("AT+CWRECONNCFG")(wifi.reconnection)

# -- MQTT --------------------------------------------------------------------------------


def _timed(most: int, fn: Callable[[Call, list], Any]) -> Callable[[Call, list], Any]:
    """One more argument at the end: how long the command waits for the broker."""

    def run(call: Call, args: list[Token]) -> Any:
        if len(args) > most + 1:
            raise para_count(most + 1, len(args))
        timeout_ms: Optional[int] = None
        if len(args) == most + 1:
            (timeout_ms,) = bind(args[most:], [_TIMEOUT], False, most)

        def too_long() -> None:
            call.m.port.release()  # it may still be waiting for data
            call.fail()

        if timeout_ms:
            call.later(timeout_ms * 1000, too_long)
        return fn(call, args[:most])

    return run


commands.set("AT+MQTTCONN", Rest())(_timed(4, mqtt.connect))
commands.set("AT+MQTTPUB", Rest())(_timed(5, mqtt.publish))
commands.set("AT+MQTTPUBRAW", Rest())(_timed(5, mqtt.publish_raw))
commands.set("AT+MQTTSUB", Rest())(_timed(3, mqtt.subscribe))
commands.set("AT+MQTTUNSUB", Rest())(_timed(2, mqtt.unsubscribe))
commands.query("AT+MQTTCONN")(mqtt.state)
commands.query("AT+MQTTSUB")(mqtt.topics)
