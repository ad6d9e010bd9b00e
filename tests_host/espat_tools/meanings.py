# What the module's lines mean, in words: results, error codes, what it says by itself. Owns the
# words; knows no wire and no terminal. From tests_host/tables/messages.csv and the guide.
from __future__ import annotations

import re
from typing import Callable, NamedTuple, Union

from espat.once.errtext import meaning as of_code

from . import bootlog


class Meaning(NamedTuple):
    kind: str  # good, bad, warn, event, faint or "" for an ordinary line of an answer
    text: str


JOIN = ("", "no answer in time", "wrong key", "no such network", "failed")
STATE = (
    "not connected to a network",
    "connected, no address yet",
    "connected, with an address",
    "connecting, or trying again",
    "disconnected",
)
UPDATE = {
    "1": "server found",
    "2": "connected to the server",
    "3": "version known, loading",
    "4": "loaded: it runs after a restart",
    "-1": "failed",
}
SECURITY = "open WEP WPA WPA2 WPA/WPA2 WPA2-enterprise WPA3 WPA2/WPA3 WAPI OWE".split()


def _code(m: re.Match[str]) -> str:
    return of_code(int(m[1], 16))


def _join(m: re.Match[str]) -> str:
    return JOIN[min(int(m[1]), 4)]


def _state(m: re.Match[str]) -> str:
    return STATE[int(m[1])] if int(m[1]) < len(STATE) else ""


def _network(m: re.Match[str]) -> str:
    n = int(m[1])
    return f"{SECURITY[n] if n < len(SECURITY) else n}, {m[2]} dBm"


def _uart(m: re.Match[str]) -> str:
    flow = ("no flow control", "RTS", "CTS", "RTS and CTS")[int(m[5]) & 3]
    return f"{m[1]} baud, {m[2]} bits, {flow}"


def _held(m: re.Match[str]) -> str:
    link = "" if m[1] is None else m[1]
    ask = f"AT+CIPRECVDATA={link + ',' if link else ''}{m[2]}"
    return f"{m[2]} bytes wait{' on link ' + link if link else ''}: {ask}"


Text = Union[str, Callable[["re.Match[str]"], str]]
_KNOWN: tuple[tuple[str, str, Text], ...] = (
    (r"OK|SET OK|WRITE OK", "good", ""),
    (r"ERROR|FAIL", "bad", ""),
    (r"SEND OK", "good", "handed to the network"),
    (r"SEND FAIL", "bad", "not taken: the link is gone, or its buffer full"),
    (r"SEND CANCELLED|SEND Canceled", "warn", "ended by +++"),
    (r"ERR CODE:0x([0-9a-fA-F]{8})", "bad", _code),
    (r"busy p\.\.\.", "warn", "the module still works on something: this was thrown away"),
    (r"busy s\.\.\.", "warn", "the module still sends: this was thrown away"),
    (r"ready", "event", "the module has started"),
    (r"Will force to restart!!!", "event", "it restarts, whatever it was doing"),
    (r"Recv (\d+) bytes", "faint", "all of the data is there"),
    (r"WIFI CONNECTED", "event", "associated with the access point, no address yet"),
    (r"WIFI GOT IP", "event", "has an IPv4 address"),
    (r"WIFI GOT IPv6 LL", "event", "has a link-local IPv6 address"),
    (r"WIFI GOT IPv6 GL", "event", "has a global IPv6 address"),
    (r"WIFI DISCONNECT", "event", "left the network, or lost it"),
    (r"\+CWJAP:(\d)", "bad", _join),
    (r"\+CWJEAP:Timeout", "bad", "no answer in time"),
    (r'\+CWSTATE:(\d),"(.*)"', "", _state),
    (r"\+CWLAP:\((\d+),.*?,(-\d+),.*\)", "", _network),
    (r"(\d),CONNECT", "event", lambda m: f"link {m[1]} is open"),
    (r"CONNECT", "event", "the link is open"),
    (r"(\d),CLOSED", "event", lambda m: f"link {m[1]} is closed"),
    (r"CLOSED", "event", "the link is closed"),
    (r"\+IPD,(?:(\d),)?(\d+)", "event", _held),
    (r"\+LINK_CONN:.*", "event", "a link is open"),
    (r"ALREADY CONNECT(?:ED)?", "warn", "this link is in use"),
    (r"link is not valid", "warn", "no such link"),
    (r"\+STA_CONNECTED:.*", "event", "a station has joined the module's access point"),
    (r"\+STA_DISCONNECTED:.*", "event", "a station has left the module's access point"),
    (r"\+DIST_STA_IP:.*", "event", "a station has got an address"),
    (r"\+TIME_UPDATED", "event", "the clock is set"),
    (r"\+PING:TIMEOUT", "bad", "no answer"),
    (r"\+PING:(\d+)", "", lambda m: f"{m[1]} ms"),
    (r"\+CIPUPDATE:(-?\d)", "event", lambda m: UPDATE.get(m[1], "")),
    (r"\+MQTTCONNECTED:.*", "event", "connected to the broker"),
    (r"\+MQTTDISCONNECTED:.*", "event", "the broker is gone"),
    (r"\+MQTTPUB:OK", "good", "published"),
    (r"\+MQTTPUB:FAIL", "bad", "not published"),
    (r"ALREADY SUBSCRIBE|NO UNSUBSCRIBE", "warn", ""),
    (r"\+WS_CONNECTED:(\d)", "event", "WebSocket open"),
    (r"\+WS_DISCONNECTED:(\d)", "event", "WebSocket lost"),
    (r"\+WS_CLOSED:(\d)", "event", "WebSocket closed"),
    (r"smartconfig .*|Smart get .*|ssid:.*|password:.*", "event", ""),
    (r"NO CERT FOUND", "warn", "no certificate of its own in that place: espat certs load"),
    (r"NO PRVT_KEY FOUND", "warn", "no private key in that place: espat certs load"),
    (r"NO CA FOUND", "warn", "no authority in that place: espat certs load"),
    (r"\+QUITT?", "event", "left passthrough"),
    (r"\+UART_(?:CUR|DEF):(\d+),(\d),(\d),(\d),(\d)", "", _uart),
    (r"\+errno:(.*)", "bad", "what the network stack says"),
    (r"\+WEBSERVERRSP:.*", "event", ""),
)
KNOWN = tuple((re.compile(pattern + r"\Z"), kind, text) for pattern, kind, text in _KNOWN)
# What ends a command.
FINAL = re.compile(
    r"(?:OK|ERROR|FAIL|SEND OK|SEND FAIL|SEND CANCELLED|SEND Canceled|SET OK|WRITE OK|"
    r"\+MQTTPUB:(?:OK|FAIL))\Z"
)
BAD = re.compile(r"(?:ERROR|FAIL|SEND FAIL|\+MQTTPUB:FAIL)\Z")


def of(line: str) -> Meaning:
    for pattern, kind, text in KNOWN:
        match = pattern.match(line)
        if match:
            return Meaning(kind, text if isinstance(text, str) else text(match))
    found = bootlog.explain(line.encode("latin-1", "replace"))
    if found is not None:
        return Meaning("warn", found.what)
    return Meaning("", "")
