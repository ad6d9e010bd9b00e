"""Owns: proof that the comparison of stubs and sources finds what it is there to find."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from tools import check_stubs, rom_names

FACES = {str(face): face for face in check_stubs.FACES}
MODEM, WIFI = FACES["__init__.pyi:Modem"], FACES["wifi.pyi:Wifi"]
AIO_MODEM, AIO_WIFI = FACES["aio.pyi:Modem"], FACES["wifi.pyi:AioWifi"]
SOCKET, AIO_SOCKET = FACES["sockets.pyi:Socket"], FACES["aio.pyi:Socket"]


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, f"{path} has changed: this test needs another place"
    path.write_text(text.replace(old, new, 1))


@pytest.fixture
def lib(tmp_path: Path) -> Path:
    return Path(shutil.copytree(check_stubs.LIB, tmp_path / "lib"))


@pytest.fixture
def stubs(tmp_path: Path) -> Path:
    return Path(shutil.copytree(check_stubs.STUBS / "espat", tmp_path / "stubs"))


def test_the_stubs_are_right() -> None:
    assert [line for face in check_stubs.FACES for line in check_stubs.check_face(face)] == []
    assert check_stubs.check_attributes() == []
    assert check_stubs.check_parts() == []


@pytest.mark.parametrize(
    "face, file, old, new",
    [
        (MODEM, "once/more.py", "timeout_ms=5000", "timeout_ms=6000"),
        (MODEM, "once/more.py", "async def command(m, name", "async def command(m, name_"),
        (MODEM, "once/more.py", "async def poll(", "async def look("),
        (MODEM, "once/start.py", "ring=1024", "ring=2048"),
        (WIFI, "once/wifi_join.py", "pmf=None", "pmf=0"),
        (WIFI, "once/wifi_more.py", "async def ssid(m)", "async def ssid(m, more)"),
        (SOCKET, "sockets.py", "def sendall(self, buf)", "def sendall(self, buf, *, n)"),
        (AIO_SOCKET, "aio.py", "async def recv(self, n)", "def recv(self, n)"),
        (AIO_MODEM, "once/more.py", "def on(m,", "async def on(m,"),
    ],
)
def test_a_changed_source_is_found(
    face: check_stubs.Face, file: str, old: str, new: str, lib: Path
) -> None:
    change(lib / file, old, new)
    assert check_stubs.check_face(face, lib)


@pytest.mark.parametrize(
    "face, old, new",
    [
        (MODEM, "def poll(self)", "def _poll(self)"),
        (WIFI, "def disconnect(self)", "def _disconnect(self)"),
        (MODEM, "def poll(self)", "async def poll(self)"),
        (AIO_WIFI, "async def disconnect(self)", "def disconnect(self)"),
        (WIFI, "def rssi(self)", "def rssi(self, more: int = 0)"),
    ],
)
def test_a_changed_stub_is_found(face: check_stubs.Face, old: str, new: str, stubs: Path) -> None:
    change(stubs / face.stub, old, new)
    assert check_stubs.check_face(face, stubs=stubs)


def test_a_method_that_hides_a_function_is_found(lib: Path) -> None:
    change(lib / "__init__.py", "    spawn = face\n", "    def poll(self):\n        pass\n")
    assert any("hides" in line for line in check_stubs.check_face(MODEM, lib))


def test_a_wrong_type_in_an_example_is_found(tmp_path: Path) -> None:
    if not check_stubs.TYPINGS.exists():
        pytest.skip("no micropython-rp2-stubs here")
    program = tmp_path / "wrong.py"
    program.write_text(
        "from machine import UART\nimport espat\n"
        "m = espat.Modem(UART(1, 115200))\nm.wifi.connect('ssid', kye='secret')\n"
    )
    for check in (check_stubs.check_examples, check_stubs.check_with_pyright):
        found = check([program])
        assert len(found) == 1 and "kye" in found[0], found


def test_names_that_programs_use_keep_their_names_in_mpy_files() -> None:
    public = set()
    for path in (check_stubs.STUBS / "espat").glob("*.pyi"):
        for node in ast.walk(check_stubs.parse(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                public |= {node.name, *(x.arg for x in ast.walk(node) if isinstance(x, ast.arg))}
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                public.add(node.target.id)
    assert {"recv_into", "timeout_ms", "profile"} <= public
    assert not public & set(rom_names.names())
