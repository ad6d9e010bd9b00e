# espat console: an AT terminal that says what the answers mean and hides keys. Owns typing and
# showing; listener.py cuts the wire, meanings.py has the words.
from __future__ import annotations

import contextlib
import functools
import re
import sys
import threading
import time
from pathlib import Path
from typing import Annotated, Any, Callable, Iterator, Optional

import typer
from rich.markup import escape

from . import bootlog, meanings, view
from .listener import Listener
from .masking import SECRET_DATA, arguments, masked, secrets
from .port import Port, PortError
from .session import BaudOption, FlowOption, PortOption, ResetOption, TraceOption, Way, opened
from .wire import Wire, answered

HELP = """\
Type AT commands; Tab completes them. After a > the module waits for data: type it (\\r \\n \\x00 as
in Python), or @FILE. +++ alone leaves passthrough. Ctrl-D ends, /help says this."""
_COUNTED = re.compile(
    r"AT\+(?:CIPSEND|CIPSENDEX|CIPSENDL|HTTPCPOST|HTTPCPUT|HTTPURLCFG|HTTPCHEAD|MQTTPUBRAW|WSSEND|"
    r"USERRAM|SYSFLASH|FS|USEROTA|WSHEAD|MQTTLONG\w+|SYSMFG|BLUFISEND)\b[^=]*=(.*)"
)
_RESTARTS = ("AT+RST", "AT+RESTORE")
# Where the count stands when it is not the last number.
_PLACE = {"HTTPCPOST": 1, "HTTPCPUT": 1, "MQTTPUBRAW": 2, "WSSEND": 1}
_STYLE = {
    "good": "green",
    "bad": "red",
    "warn": "yellow",
    "event": "magenta",
    "faint": "dim",
    "": "",
}
_NAP_S = 0.01
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|[rnt0\\])")


def count_of(command: str) -> Optional[int]:
    """How many bytes the module waits for after this command; None: nobody knows."""
    match = _COUNTED.match(command)
    if match is None:
        return None
    name = command[3:].partition("=")[0]
    text = match[1].encode()
    fields = [text[a:b].decode() for a, b in arguments(text)]
    numbers = [x for x in fields if x.strip().isdigit()]
    count = fields[_PLACE[name]] if name in _PLACE and _PLACE[name] < len(fields) else ""
    if not count.strip().isdigit():
        count = numbers[-1] if numbers else ""
    if name == "CIPSEND" and len(fields) > 2:
        count = fields[1]  # a UDP target follows
    return int(count) if count else None


def unescaped(text: str) -> bytes:
    def one(m: re.Match[str]) -> str:
        x = m[1]
        return (
            chr(int(x[1:], 16))
            if x[0] == "x"
            else {"r": "\r", "n": "\n", "t": "\t"}.get(x, "\0" if x == "0" else "\\")
        )

    parts = []
    last = 0
    for m in _ESCAPE.finditer(text):
        parts.append(text[last : m.start()].encode())
        parts.append(one(m).encode("latin-1"))
        last = m.end()
    parts.append(text[last:].encode())
    return b"".join(parts)


def readable(data: bytes) -> str:
    text = data.decode("utf-8", "backslashreplace")
    return "".join(x if x.isprintable() or x == "\n" else repr(x)[1:-1] for x in text)


class Console:
    """Between the wire and the eyes: the reader's thread and the typing one meet here."""

    def __init__(self, port: Port, write: Callable[[str], object]) -> None:
        self.port = port
        self.wire = Wire(port)
        self.write = write
        self.lock = threading.RLock()
        self.listener = Listener(port, self._line, self._prompt, self._data)
        self.command = ""  # in flight
        self.waits: Optional[int] = None  # for so many bytes; -1: for an unknown number
        self.passthrough = False
        self.failed = 0
        self.quiet = False  # what we ask for ourselves is not shown
        self.started = False  # "ready" was seen: echo and error codes are as at start
        self.names: list[str] = []
        self.gone: Optional[PortError] = None

    # -- from the wire -------------------------------------------------------------------------

    def pump(self) -> None:
        with self.lock:
            if self.passthrough:
                data = self.port.read_now()
                if data:
                    self.write(f"[cyan]{escape(readable(data))}[/]")
            else:
                self.listener.pump()

    def _line(self, line: bytes) -> None:
        text = line.decode("utf-8", "backslashreplace")
        if self.command and text.strip() == self.command:
            return  # the module's echo
        final = meanings.FINAL.match(text) is not None
        if self.quiet:
            if text.startswith("+CMD:"):
                self.names += re.findall(r'"([^"]+)"', text)
            if final:
                self.command = ""
            if final or text.startswith(("+CMD:", "ERR CODE", "AT")):
                return
        if bootlog.printable(line) < 0.7:
            n = view.count(len(line), "byte")
            self.write(f"[dim]  {n} of noise: a boot log at another rate, or a bad wire[/]")
            return
        kind, more = meanings.of(text)
        shown = masked(line).decode("utf-8", "backslashreplace")
        style = _STYLE[kind]
        mark = "[magenta]*[/] " if kind == "event" else "  "
        tail = f"  [dim]— {escape(more)}[/]" if more else ""
        body = escape(shown)
        self.write(f"{mark}[{style}]{body}[/]{tail}" if style else f"{mark}{body}{tail}")
        if text == "ready":
            self.started = True
            self.waits = None
            self.command = ""
        if meanings.BAD.match(text):
            self.failed += 1
        if final and not (text == "OK" and self._goes_on()):
            self.command = ""

    def _goes_on(self) -> bool:
        """OK does not end these: the prompt, or "ready", is still to come."""
        if self.command in _RESTARTS:
            return True
        return self.listener.prompt and (
            _COUNTED.match(self.command) is not None or self.command == "AT+CIPSEND"
        )

    def _prompt(self) -> None:
        n = count_of(self.command)
        if self.command == "AT+CIPSEND":
            self.passthrough = True
            self.write(
                "[yellow]> passthrough: what you type goes to the other side; +++ ends it[/]"
            )
        else:
            self.waits = -1 if n is None else n
            self.write(f"[yellow]> the module waits for {'data' if n is None else f'{n} bytes'}[/]")

    def _data(self, head: bytes, data: bytes) -> None:
        shown = readable(data[:2000]) + (" ..." if len(data) > 2000 else "")
        if head.startswith(b"+SYSMFG") and masked(head + b'"x"') != head + b'"x"':
            shown = "****"
        self.write(
            f"[magenta]*[/] {escape(masked(head).decode('latin-1'))}  [dim]— {len(data)} bytes[/]\n"
            f"    [cyan]{escape(shown)}[/]"
        )

    # -- from the keyboard ---------------------------------------------------------------------

    def send(self, text: str) -> None:
        with self.lock:
            if self.passthrough:
                self._send_through(text)
            elif self.waits is not None:
                self._send_data(text)
            else:
                self.command = text.strip()
                self.listener.prompt = True
                name, _, value = self.command.partition("=")
                if name == "AT+CIPDINFO":
                    self.listener.sender_in_data = value == "1"
                self._out(text.strip().encode() + b"\r\n")

    def _send_through(self, text: str) -> None:
        if text.strip() == "+++":
            time.sleep(0.05)
            self._out(b"+++")
            time.sleep(1.1)
            self.passthrough = False
            self.command = ""
            self.write("[yellow]  passthrough has ended[/]")
        else:
            self._out(unescaped(text) + b"\r\n")

    def _send_data(self, text: str) -> None:
        data = self.payload(text)
        assert self.waits is not None
        if self.waits >= 0:
            if len(data) > self.waits:
                extra = len(data) - self.waits
                self.write(f"[yellow]  {view.count(extra, 'byte')} too many, left away[/]")
            data = data[: self.waits]
            self.waits -= len(data)
        self._out(data)
        if self.waits > 0:
            self.write(f"[yellow]> {view.count(self.waits, 'byte')} more[/]")
        elif self.waits == 0:
            self.waits = None

    @staticmethod
    def payload(text: str) -> bytes:
        if text.startswith("@"):
            return Path(text[1:]).expanduser().read_bytes()
        return unescaped(text)

    def _out(self, data: bytes) -> None:
        if not self.wire.send(data, 10):
            self.write("[red]  held back: flow control?[/]")

    # -- our own questions ---------------------------------------------------------------------

    def prepare(self) -> bool:
        """No echo, error codes on, the names of all commands; False without an answer."""
        if not answered(self.wire.ask()):
            return False
        for command in ("ATE0", "AT+SYSLOG=1", "AT+CMD?"):
            self._ask_quietly(command)
        return True

    def again(self) -> None:
        """After a restart of the module."""
        self.started = False
        if not self.command:
            for command in ("ATE0", "AT+SYSLOG=1"):
                self._ask_quietly(command)

    def _ask_quietly(self, command: str, limit_s: float = 3) -> None:
        self.quiet = True
        self.send(command)
        end = time.monotonic() + limit_s
        while self.command and time.monotonic() < end:
            self.pump()
            time.sleep(_NAP_S)
        self.quiet = False
        self.command = ""

    # -- waiting -------------------------------------------------------------------------------

    def settle(self, limit_s: float) -> bool:
        """Until the command in flight is over, or wants data; False: it took too long."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            self.pump()
            if self.started and not self.command:
                self.again()
            if not self.command or self.waits is not None or self.passthrough:
                return True
            time.sleep(_NAP_S)
        return False


# -- at a terminal -----------------------------------------------------------------------------


def interactive(console: Console) -> None:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.formatted_text import HTML
    from prompt_toolkit.layout.processors import Processor, Transformation

    class Masks(Processor):
        """Keys are shown as dots while they are typed, and stay so."""

        def apply_transformation(self, ti: Any) -> Transformation:
            text = "".join(x[1] for x in ti.fragments)
            if console.waits is not None and SECRET_DATA.match(console.command.encode()):
                return Transformation([("", "•" * len(text))])
            hidden = list(text)
            for a, b in secrets(text.encode("latin-1", "replace")):
                hidden[a:b] = "•" * (b - a)
            return Transformation([("", "".join(hidden))])

    session: Any = PromptSession(
        completer=WordCompleter(sorted(set(console.names)), sentence=True),
        complete_while_typing=False,
        input_processors=[Masks()],
    )

    def prompt() -> HTML:
        if console.passthrough:
            return HTML("<ansiyellow>passthrough&gt; </ansiyellow>")
        if console.waits is not None:
            n = "" if console.waits < 0 else f" ({console.waits} bytes)"
            return HTML(f"<ansiyellow>data{n}&gt; </ansiyellow>")
        return HTML("<ansicyan><b>at&gt; </b></ansicyan>")

    while console.gone is None:
        try:
            text = session.prompt(prompt, refresh_interval=0.25)
        except EOFError:
            return
        except KeyboardInterrupt:
            continue
        if text.strip() in ("/quit", "/exit"):
            return
        if text.strip() == "/help":
            view.out.print(HELP, markup=False)
        elif text.strip() or console.waits is not None or console.passthrough:
            try:
                console.send(text)
            except OSError as error:
                view.say("bad", str(error))


@contextlib.contextmanager
def reading(console: Console) -> Iterator[None]:
    """A thread that shows what comes while its user types."""
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            try:
                console.pump()
                if console.started and not console.command:
                    console.again()
            except PortError as error:
                console.gone = error
                view.fail(str(error), "Enter ends.")
                return
            over.wait(_NAP_S)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5)


# -- from a pipe -------------------------------------------------------------------------------


def piped(console: Console, timeout_s: float) -> int:
    """Line by line from stdin: each command is awaited. 1: something failed."""
    for text in sys.stdin:
        text = text.rstrip("\r\n")
        if not text.strip() or text.startswith("#"):
            continue
        shown = text if console.waits is not None else masked(text.encode()).decode()
        view.out.print(f"[name]{escape(shown)}[/]")
        console.send(text)
        if console.waits is not None:
            continue
        if not console.settle(timeout_s):
            view.say("bad", f"no answer in {timeout_s:g} s")
            return 1
        if console.passthrough:
            console.wire.listen(0.1)
    return 1 if console.failed else 0


def console(
    port: PortOption = "",
    baud: BaudOption = 115200,
    rtscts: FlowOption = False,
    reset: ResetOption = "",
    trace: TraceOption = "",
    timeout: Annotated[float, typer.Option(help="seconds a command may take, from a pipe")] = 30,
) -> None:
    """An AT terminal: answers explained, keys hidden. Commands may also come from a pipe."""
    with opened(Way(port, baud, rtscts, reset, trace)) as found:
        tty = sys.stdin.isatty() and sys.stdout.isatty()
        session = Console(found, functools.partial(view.out.print, soft_wrap=True))
        there = session.prepare()
        if there:
            view.say("good", f"{found.name} answers", "/help, Ctrl-D ends" if tty else "")
        else:
            view.say("warn", f"{found.name} does not answer AT", "espat doctor finds out why")
        if not tty:
            code = piped(session, timeout)
        else:
            from prompt_toolkit.patch_stdout import patch_stdout

            with patch_stdout(raw=True):
                session.write = functools.partial(view.again().print, soft_wrap=True)
                with reading(session):
                    interactive(session)
            code = 2 if session.gone else 0
    raise typer.Exit(code)
