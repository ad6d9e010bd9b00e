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


def test_package_json_lists_the_core_as_it_is():
    assert package.TARGET.read_text() == package.text()


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


def test_mip_installs_a_package_that_imports(sources_url, tmp_path):
    # mpremote's installer: the mip of MicroPython 1.25 itself takes no relative addresses.
    needs_micropython()
    mip = pytest.importorskip("mpremote.mip")
    package_url = f"{sources_url}/package.json"
    args = argparse.Namespace(
        command=["install"], packages=[package_url], index=None, target=str(tmp_path), mpy=False
    )
    mip.do_mip(Session(), args)
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.py")) == (
        package.core()
    )
    assert on_board("import espat; print(espat.Modem)", tmp_path).startswith("<class 'Modem'")


def test_the_core_alone_imports_from_mpy():
    needs_micropython()
    if not build_mpy.MPY_CROSS.exists():
        pytest.skip("mpy-cross is missing")
    said = on_board("import espat; print(espat.Modem)", build_mpy.build_core())
    assert said.startswith("<class 'Modem'")


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
