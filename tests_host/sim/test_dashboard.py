# The dashboard: what it tells over its socket, whom it serves, and the page in a real browser.
from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tools import children

pytest.importorskip("aiohttp")
connect = pytest.importorskip("websockets.sync.client").connect

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60
HOSTILE = "<img src=x onerror=document.title='broken'>"
AIR = {"aps": [{"ssid": "espat-lab", "key": "espat-pass"}, {"ssid": HOSTILE, "channel": 3}]}


@pytest.fixture(name="addresses")
def start_module(tmp_path):
    """ESPAT_SIM, ESPAT_SIM_CONTROL and ESPAT_SIM_DASHBOARD of a module in real time."""
    air = tmp_path / "air.json"
    air.write_text(json.dumps(AIR))
    command = [sys.executable, "-u", "-m", "espat_sim", "--tcp", "0", "--fast", "--air", str(air)]
    command += ["--control", "0", "--dashboard", "0"]
    with children.Child(command, {"PYTHONPATH": str(ROOT / "tests_host")}) as child:
        found = {}
        while len(found) < 3:
            line = child.wait_for(r"^(ESPAT_SIM\w*)=(\S+)", LIMIT_S)
            found[line[1]] = line[2]
        yield found


@contextlib.contextmanager
def host(addresses):
    """A host that speaks to the UART: ask(line) gives the answer up to OK or ERROR."""
    import serial

    _, _, where = addresses["ESPAT_SIM"].partition(":")
    port = serial.serial_for_url(f"socket://{where}", timeout=0.5)
    deadline = time.monotonic() + LIMIT_S
    while not port.read_until(b"OK\r\n").endswith(b"OK\r\n"):  # it is still booting
        assert time.monotonic() < deadline
        port.write(b"ATE0\r\n")
    port.timeout = LIMIT_S

    def ask(line: str) -> bytes:
        port.write(line.encode() + b"\r\n")
        answer = b""
        while not answer.endswith((b"\r\nOK\r\n", b"\r\nERROR\r\n")):
            more = port.read_until(b"\r\n")
            assert more, f"no answer to {line}: {answer!r}"
            answer += more
        return answer

    try:
        yield ask
    finally:
        port.close()


class Page:
    """What a page knows: its state, and the records so far."""

    def __init__(self, address: str) -> None:
        self.connection = connect(f"ws://{urlsplit(address).netloc}/live/socket")
        self.state: dict = {}
        self.records: list[dict] = []
        self.answers: list[dict] = []

    def __enter__(self) -> Page:
        self.socket = self.connection.__enter__()
        return self

    def __exit__(self, *what) -> None:
        self.connection.__exit__(*what)

    def until(self, condition) -> None:
        while not condition():
            message = json.loads(self.socket.recv(timeout=LIMIT_S))
            if "answer" in message:
                self.answers.append(message["answer"])
                continue
            self.state.update(message["state"])
            self.records += message["wire"]

    def do(self, **request) -> dict:
        have = len(self.answers)
        self.socket.send(json.dumps(request))
        self.until(lambda: len(self.answers) > have)
        return self.answers[-1]


def test_a_page_hears_of_traffic_and_state(addresses):
    address = addresses["ESPAT_SIM_DASHBOARD"]
    with host(addresses) as ask, Page(address) as page:
        page.until(lambda: page.state.get("power_state") not in (None, "off"))
        ask("AT+CWMODE=1")
        ask('AT+CWJAP="espat-lab","espat-pass"')
        page.until(lambda: page.state["wifi"] == [2, "espat-lab", "192.168.1.50"])
        assert [ap["ours"] for ap in page.state["aps"]] == [True, False]
        page.until(lambda: any(r["text"] == "AT+CWMODE=1" for r in page.records))
        assert page.do(do="ap_down", ssid="espat-lab") == {"ok": True}
        page.until(lambda: not page.state["aps"][0]["up"])
        page.until(lambda: any(r["text"] == "WIFI DISCONNECT" for r in page.records))
        page.until(lambda: "energy" in page.state and page.state["curve"])
        assert [r["number"] for r in page.records] == list(range(len(page.records)))
        # A second page is told what the first one knows.
        with Page(address) as second:
            second.until(lambda: len(second.records) >= len(page.records))
            assert second.records[: len(page.records)] == page.records
        assert page.do(do="no such thing")["ok"] is False
        page.socket.send("[1, 2")
        page.until(lambda: page.answers[-1] == {"ok": False, "error": "no JSON"})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_it_serves_this_machine_only(addresses, headers, status):
    where = urlsplit(addresses["ESPAT_SIM_DASHBOARD"])
    assert where.hostname == "127.0.0.1"
    for path in ("/", "/page.js"):
        client = http.client.HTTPConnection(where.hostname, where.port, timeout=LIMIT_S)
        client.request("GET", path, headers=headers)
        assert client.getresponse().status == status
        client.close()


def test_it_gives_no_other_file(addresses):
    where = urlsplit(addresses["ESPAT_SIM_DASHBOARD"])
    for path in ("/module.py", "/..%2fmodule.py", "/%2e%2e/module.py", "/dashboard_page"):
        client = http.client.HTTPConnection(where.hostname, where.port, timeout=LIMIT_S)
        client.request("GET", path)
        assert client.getresponse().status == 404, path
        client.close()


def browser() -> str:
    """A Chromium of this machine's own; "" where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next(filter(None, map(shutil.which, names)), "")


@pytest.mark.skipif(not browser(), reason="no Chromium here (Debian: apt install chromium)")
def test_the_page_in_a_browser(addresses):
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    shots = ROOT / "build" / "dashboard"
    with host(addresses) as ask, sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser(), args=flags)
        page = chromium.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(LIMIT_S * 1000)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: line.type == "error" and errors.append(line.text))
        page.goto(addresses["ESPAT_SIM_DASHBOARD"])

        def log(text: str):
            return page.locator("#log .record:visible", has_text=text)

        ask("AT+CWMODE=1")
        ask('AT+CWJAP="espat-lab","espat-pass"')
        log("WIFI GOT IP").first.wait_for()
        page.get_by_text("espat-lab: 192.168.1.50").wait_for()
        page.screenshot(path=shots / "joined.png")

        # Names from the air are text, whatever they contain.
        assert page.locator("#air").get_by_text(HOSTILE, exact=True).count() == 1
        assert page.locator("#air img").count() == 0 and page.title() != "broken"

        page.locator("#air tr", has_text="espat-lab").get_by_role("button", name="Drop").click()
        log("WIFI DISCONNECT").first.wait_for()
        page.locator("#air tr", has_text="espat-lab").get_by_role(
            "button", name="Bring back"
        ).wait_for()

        page.get_by_placeholder("a line that the module says by itself").fill("+NEWS:1")
        page.get_by_role("button", name="Inject").click()
        log("+NEWS:1").wait_for()

        page.get_by_placeholder("filter").fill("/^at\\+cwm/")
        log("WIFI DISCONNECT").first.wait_for(state="hidden")
        assert log("AT+CWMODE=1").count() == 1
        page.get_by_placeholder("filter").fill("")
        page.get_by_label("command", exact=True).uncheck()
        log("AT+CWMODE=1").wait_for(state="hidden")
        log("+NEWS:1").wait_for()

        page.get_by_role("button", name="Reboot").click()
        log("ready").first.wait_for()
        page.get_by_role("button", name="Power off").click()
        page.locator("#power-state", has_text="off").wait_for()
        page.screenshot(path=shots / "off.png")
        chromium.close()
    assert not errors
    assert os.path.getsize(shots / "joined.png") > 20_000
