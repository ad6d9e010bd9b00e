"""Owns: the AT terminal: from a pipe, and typed on a real terminal (pexpect); what it shows of
keys, and what it says that lines mean."""

from __future__ import annotations

import socketserver
import sys
import threading
from typing import Iterator

import pytest

from espat_tools import console, meanings
from pc.conftest import Sim, environment, espat, flat

pexpect = pytest.importorskip("pexpect")
KEY = "espat-pass"


@pytest.fixture
def echo() -> Iterator[int]:
    """A server of this machine that sends back what comes, in < >."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while data := self.request.recv(4096):
                self.request.sendall(b"<" + data + b">")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_commands_from_a_pipe(fast: Sim) -> None:
    lines = f"""
# a comment
AT+CWMODE=1
AT+CWLAP=,,6
AT+CWJAP="espat-lab","{KEY}"
AT+CWSTATE?
"""
    code, text = espat("console", "-p", fast.port, stdin=lines)
    assert code == 0, text
    for part in (
        '-45,"02:65:73:70:61:01"',
        "— WPA2, -45 dBm",
        'AT+CWJAP="espat-lab","****"',
        "* WIFI GOT IP — has an IPv4 address",
        '+CWSTATE:2,"espat-lab" — connected, with an address',
    ):
        assert part in flat(text), text
    assert KEY not in text and "comment" not in text


def test_a_failure_is_explained_and_told_by_the_exit_code(fast: Sim) -> None:
    code, text = espat("console", "-p", fast.port, stdin="AT+FOO\nAT+CWMODE=9\n")
    assert code == 1
    assert "ERR CODE:0x01090000 — unknown command" in flat(text), text
    assert "argument 0 is not allowed" in text or "argument" in text, text


def test_a_restart_is_awaited_and_codes_come_again(fast: Sim) -> None:
    code, text = espat("console", "-p", fast.port, stdin="AT+RST\nAT+FOO\n")
    assert "* ready — the module has started" in flat(text), text
    assert "unknown command" in text and code == 1, text


def test_data_after_the_prompt_from_a_pipe(fast: Sim, echo: int) -> None:
    lines = f"""AT+CWMODE=1
AT+CWJAP="espat-lab","{KEY}"
AT+CIPMUX=1
AT+CIPSTART=0,"TCP","127.0.0.1",{echo}
AT+CIPSEND=0,7
a\\r\\nbc\\x21z and more
AT+PING="127.0.0.1"
"""
    code, text = espat("console", "-p", fast.port, stdin=lines)
    assert "the module waits for 7 bytes" in text, text
    assert "9 bytes too many, left away" in text, text
    assert "+IPD,0,9: — 9 bytes <a\\r" in flat(text), text


def test_typed_on_a_terminal(fast: Sim, echo: int) -> None:
    env = {**environment(), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
    command = [sys.executable, "-m", "espat_tools", "console", "-p", fast.port]
    child = pexpect.spawn(
        command[0], command[1:], env=env, encoding="utf-8", timeout=30, dimensions=(50, 120)
    )
    said = []
    child.logfile_read = Log(said)
    try:
        child.expect("answers")
        child.expect("at> ")
        child.send("AT+CWMODE=1\r")
        child.expect("OK")
        child.send(f'AT+CWJAP="espat-lab","{KEY}"\r')
        child.expect("has an IPv4 address")
        child.expect("OK")
        child.send("AT+CIPMU\t")  # completed from the module's own list
        child.expect("AT\\+CIPMUX")
        child.send("=1\r")
        child.expect("OK")
        child.send(f'AT+CIPSTART=0,"TCP","127.0.0.1",{echo}\r')
        child.expect("link 0 is open")
        child.expect("OK")
        child.send("AT+CIPSEND=0,5\r")
        child.expect("data \\(5 bytes\\)> ")
        child.send("hello\r")
        child.expect("<hello>")
        fast.control("inject", line="+TIME_UPDATED")  # while nobody types
        child.expect("the clock is set")
        child.send("/help\r")
        child.expect("leaves passthrough")
        child.sendeof()
        child.expect(pexpect.EOF)
    finally:
        child.close()
    text = "".join(said)
    assert child.exitstatus == 0, text
    assert "•••" in text and KEY not in text, "a key was shown"


class Log:
    def __init__(self, said: list[str]) -> None:
        self._said = said

    def write(self, text: str) -> None:
        self._said.append(text)

    def flush(self) -> None:
        pass


COUNTS = [
    ("AT+CIPSEND=5", 5),
    ("AT+CIPSEND=0,5", 5),
    ('AT+CIPSEND=0,5,"192.168.1.2",1112', 5),
    ("AT+CIPSENDL=0,70000", 70000),
    ('AT+HTTPCPOST="http://x/1,2",12,1,"A: 1"', 12),
    ('AT+MQTTPUBRAW=0,"t",9,1,0', 9),
    ("AT+USEROTA=30", 30),
    ('AT+SYSMFG=2,"mqtt_ca","mqtt_ca",8,660', 660),
    ("AT+CIPSEND", None),
    ("AT+GMR", None),
]


@pytest.mark.parametrize(("command", "count"), COUNTS)
def test_how_many_bytes_a_command_waits_for(command: str, count: int) -> None:
    assert console.count_of(command) == count


def test_escapes_in_typed_data() -> None:
    assert console.unescaped("a\\r\\n\\x00\\\\n ä") == b"a\r\n\x00\\n \xc3\xa4"


MEANINGS = [
    ("ERR CODE:0x01090000", "unknown command"),
    ("ERR CODE:0x010a7194", "HTTP status 404"),
    ("busy p...", "thrown away"),
    ("+CWJAP:2", "wrong key"),
    ("+CWJAP:3", "no such network"),
    ("+IPD,0,100", "AT+CIPRECVDATA=0,100"),
    ("+IPD,100", "AT+CIPRECVDATA=100"),
    ("3,CLOSED", "link 3 is closed"),
    ("+CIPUPDATE:-1", "failed"),
    ("+UART_CUR:115200,8,1,0,3", "RTS and CTS"),
    ("rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)", "boot log"),
    ("some firmware's own line", ""),
]


@pytest.mark.parametrize(("line", "text"), MEANINGS)
def test_what_lines_mean(line: str, text: str) -> None:
    found = meanings.of(line)
    assert text in found.text and bool(text) == bool(found.text), found
