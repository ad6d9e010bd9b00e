"""Every public call that takes text, found in the stubs: what the text holds cannot become a
command or another argument, and a secret is in no error.

Owns the far end, which says OK (or ERROR) to everything and keeps what came as commands and as raw
bytes. What a command line means is the simulator's parser to say.
"""

from __future__ import annotations

import ast
import types
from pathlib import Path
from typing import Any, Iterator, NamedTuple, Optional

import pytest

import espat
from espat_sim.errors import AtError
from espat_sim.parser import parse_line
from faults import compare, parsers
from faults.life import Poller

STUBS = Path(__file__).resolve().parents[2] / "stubs" / "espat"
PARTS = {
    "ap": "ap.pyi:Ap",
    "fs": "_services.pyi:_Fs",
    "http": "_services.pyi:_Http",
    "mdns": "mdns.pyi:Mdns",
    "mqtt": "_services.pyi:_Mqtt",
    "net": "net.pyi:Net",
    "nvs": "nvs.pyi:Nvs",
    "ota": "_services.pyi:_Ota",
    "provision": "provision.pyi:Provision",
    "system": "system.pyi:System",
    "wifi": "wifi.pyi:Wifi",
    "ws": "_services.pyi:_Ws",
}
# What is whole command lines or text of the host's own is no argument of a command.
NO_ARGUMENT = {"fs.open.mode"}
PLAIN = "abcdefgh"
SECRET = "s3cr3t-W0rd"
# For names whose text has a form of its own.
FORMS = {
    "url": "http://abcdefgh/x",
    "uri": "ws://abcdefgh/x",
    "ip": "192.168.1.9",
    "mac": "aa:bb:cc:dd:ee:ff",
    "bssid": "aa:bb:cc:dd:ee:ff",
    "value": "aa:bb:cc:dd:ee:ff",
    "code": "CH",
    "method": "PEAP",
    "transport": "tcp",
}
LINES = ("%s\r\nAT+RST\r\n", "%s\nAT+RST\n", "%s\rAT+RST", "%s\0", '%s"\r\nAT+RESTORE\r\n')
FIELDS = ('%s",1,2,"x', "%s\\", '%s\\",9', "%s,9,9", '"%s', '%s"')


class Call(NamedTuple):
    name: str  # "wifi.connect"
    text: str  # the parameter that takes the text
    args: dict[str, Any]


def value_for(name: str, annotation: str) -> Any:
    if name in FORMS and "str" in annotation or name in FORMS and "Text" in annotation:
        return FORMS[name]
    for kind, value in (
        ("Text", PLAIN),
        ("str", PLAIN),
        ("Mac", FORMS["mac"]),
        ("Data", b"data"),
        ("Buffer", bytearray(16)),
        ("bool", True),
        ("int", 1),
        ("float", 1),
    ):
        if kind in annotation:
            return value
    return None


def calls() -> Iterator[Call]:
    for part, where in PARTS.items():
        file, owner = where.split(":")
        for node in ast.parse((STUBS / file).read_text()).body:
            if not isinstance(node, ast.ClassDef) or node.name != owner:
                continue
            for f in node.body:
                if not isinstance(f, ast.FunctionDef) or f.name.startswith("_"):
                    continue
                params = [a for a in f.args.args if a.arg != "self"]
                notes = [ast.unparse(a.annotation) if a.annotation else "" for a in params]
                least = len(params) - len(f.args.defaults)
                for i, a in enumerate(params):
                    if not any(word in notes[i] for word in ("Text", "str", "Mac")):
                        continue
                    if "Mapping" in notes[i] or f"{part}.{f.name}.{a.arg}" in NO_ARGUMENT:
                        continue
                    if "Literal" in notes[i] or "Callable" in notes[i] or "tuple" in notes[i]:
                        continue
                    args = {p.arg: value_for(p.arg, n) for p, n in zip(params[:least], notes)}
                    args[a.arg] = value_for(a.arg, notes[i])
                    yield Call(f"{part}.{f.name}", a.arg, args)


CALLS = sorted({f"{c.name}({c.text})": c for c in calls()}.items())


class Wire(compare.Uart):
    """Says OK or ERROR to every line, takes raw bytes where the driver gives some."""

    def __init__(self, word: bytes = b"OK") -> None:
        super().__init__()
        self.word = word
        self.lines: list[bytes] = []
        self.raw: list[bytes] = []
        self.need = 0
        self.engine: Any = None

    def write(self, buf: bytes, off: int = 0, n: Optional[int] = None) -> int:
        n = super().write(buf, off, n)
        while self.sent:
            if self.need:
                part = bytes(self.sent[: self.need])
                del self.sent[: len(part)]
                self.need -= len(part)
                self.raw[-1] += part
                if not self.need:
                    self.rx += b"\r\nSEND OK\r\n"
                continue
            end = self.sent.find(b"\n") + 1
            if not end:
                break
            self.lines.append(bytes(self.sent[:end]))
            del self.sent[:end]
            e = self.engine
            if self.lines[-1] == b"AT+GMR\r\n":
                self.rx += b"AT version:5.0.0.0(fuzz - ESP32 - now)\r\n"
            elif self.lines[-1] == b"AT+CIPMUX?\r\n":  # whether it is in step
                self.rx += b"+CIPMUX:1\r\n"
            self.rx += b"\r\n" + self.word + b"\r\n"
            if self.word == b"OK" and e.raw is not None and e.raw_stop > e.raw_i:
                self.need = e.raw_stop - e.raw_i
                self.raw.append(b"")
                self.rx += b"\r\n>"
        return n


def run(call: Call, text: str, word: bytes = b"OK") -> tuple[Wire, Optional[BaseException]]:
    """The call on a modem of its own, whose module has just been set up."""
    uart = Wire()
    m = espat.Modem(uart)
    m.poller = Poller(parsers.board())
    uart.engine = m.engine
    m.start()
    uart.lines.clear()
    uart.raw.clear()
    uart.word = word
    part, name = call.name.split(".")
    try:
        found = getattr(getattr(m, part), name)(**{**call.args, call.text: text})
        if isinstance(found, types.GeneratorType):
            next(found, None)
    except Exception as e:  # what kinds it may be is looked at by whoever asks
        return uart, e
    return uart, None


def shape(uart: Wire) -> list[tuple[str, str, int]]:
    """Name, form and number of arguments of each command."""
    out = []
    for line in uart.lines:
        assert line.endswith(b"\r\n") and line.count(b"\n") == line.count(b"\r") == 1, line
        found = parse_line(line[:-2])
        out.append((found.name, found.form, len(found.args)))
    return out


def fill(pattern: str, call: Call) -> str:
    return pattern.replace("%s", str(call.args[call.text]))


@pytest.mark.parametrize("name", [name for name, _ in CALLS])
def test_text_is_no_command_and_no_other_argument(name: str):
    call = dict(CALLS)[name]
    plain, _ = run(call, call.args[call.text])
    wanted = shape(plain)
    for pattern in LINES + FIELDS:
        text = fill(pattern, call)
        uart, error = run(call, text)
        assert error is None or isinstance(error, (OSError, ValueError, TypeError)), (text, error)
        try:
            got = shape(uart)
        except AtError as e:
            raise AssertionError(f"{text!r}: a line that is no command: {uart.lines}") from e
        # What cannot be quoted may go as raw bytes with their count (AT+MQTTLONG...).
        if any("LONG" in x[0] for x in got):
            assert text.encode() in uart.raw, (text, uart.raw)
            got = [x for x in got if "LONG" not in x[0]]
        # A part of the same commands, in the same form: less where the text is refused.
        assert got == wanted[: len(got)], (text, got, wanted)
        for line in uart.lines:
            assert not line.startswith((b"AT+RST", b"AT+RESTORE")), (text, line)


KEYS = ("key", "password", "psk", "secret", "token", "pin")
HIDDEN = [name for name, call in CALLS if call.text in KEYS]


@pytest.mark.parametrize("name", HIDDEN)
def test_a_secret_is_in_no_error(name: str):
    call = dict(CALLS)[name]
    for text in (SECRET, SECRET + "\r\n", SECRET + "\0", SECRET * 30, SECRET + '"', "\\" + SECRET):
        for word in (b"ERROR", b"FAIL", b"OK"):
            _, error = run(call, text, word)
            while error is not None:
                said = [str(error), repr(error), repr(vars(error)), repr(error.args)]
                assert not any(SECRET in x for x in said), (text, said)
                error = error.__cause__ or error.__context__


def test_the_calls_are_found():
    assert len(CALLS) > 40 and len(HIDDEN) >= 3, (len(CALLS), HIDDEN)
