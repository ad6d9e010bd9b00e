# runs-on: cpython
"""Owns: what a user installs: package.json with mip on a real MicroPython, and the manifest."""

from __future__ import annotations

import contextlib
import functools
import http.server
import importlib.util
import os
import re
import select
import subprocess
import sys
import threading
import tty
import zipfile
from pathlib import Path

import pytest

from tools import build_mpy, get_packages, package, release, run_micropython

LIMIT_S = 100
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


def on_board(code: str, *path: Path, heap: str = "1M") -> str:
    env = {**os.environ, "MICROPYPATH": ":".join([*map(str, path), ".frozen"])}
    done = subprocess.run(
        [str(run_micropython.BINARIES[32]), "-X", f"heapsize={heap}", "-c", code],
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


@contextlib.contextmanager
def board(folder: Path):
    """A MicroPython on a pty whose files are in that folder; gives the name of the port."""
    ours, its = os.openpty()
    tty.setraw(its)
    program = ROOT / "tests_host/micropython/raw_repl.py"
    with subprocess.Popen(
        [str(run_micropython.BINARIES[64]), str(program)], stdin=its, stdout=its, cwd=folder
    ) as process:
        # mpremote opens a port by its name, so the other way round: a pair of ptys.
        port, port_name = os.openpty()
        tty.setraw(port_name)
        stop = threading.Event()

        def carry(source: int, target: int) -> None:
            while not stop.is_set():
                if select.select([source], [], [], 0.1)[0]:
                    with contextlib.suppress(OSError):
                        os.write(target, os.read(source, 4096))

        threads = [
            threading.Thread(target=carry, args=pair) for pair in ((ours, port), (port, ours))
        ]
        for thread in threads:
            thread.start()
        try:
            yield os.ttyname(port_name)
        finally:
            process.terminate()
            stop.set()
            for thread in threads:
                thread.join()
            for handle in (ours, its, port, port_name):
                os.close(handle)


def mpremote(folder: Path, *words: str) -> None:
    """The real mpremote, with a board that is a real MicroPython."""
    if importlib.util.find_spec("mpremote") is None:
        pytest.skip("no mpremote here")
    with board(folder) as port:
        done = subprocess.run(
            [sys.executable, "-m", "mpremote", "connect", port, *words],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
    assert done.returncode == 0, done.stdout + done.stderr


def install(urls: list[str], folder: Path, kind: str = "py") -> list[str]:
    """mpremote mip install; what is there then."""
    words = ["--no-mpy"] if kind == "py" else []
    mpremote(folder, "mip", "install", *words, "--target", "lib", *urls)
    lib = folder / "lib"
    return sorted(p.relative_to(lib).as_posix() for p in lib.rglob(f"*.{kind}"))


@pytest.mark.slow
@pytest.mark.parametrize("place", ["server", "files"])
def test_mpremote_installs_the_sources_and_a_part(place, sources_url, tmp_path):
    needs_micropython()
    base = f"{sources_url}/" if place == "server" else ""
    found = install([f"{base}package.json", f"{base}lib/espat-mqtt.json"], tmp_path)
    part = {f"espat/{name}" for name in package.PARTS["mqtt"]}
    assert found == sorted({*package.installed(), *part})
    lib = tmp_path / "lib"
    assert on_board("import espat; print(espat.Modem)", lib).startswith("<class 'Modem'")
    # What the first program of README uses is there.
    names = "import espat.once.wifi_ip, espat.once.wifi_scan, espat.sockets; print('there')"
    assert on_board(names, lib) == "there\n"
    assert on_board("import espat.mqtt; print(espat.mqtt.Session)", lib).startswith("<class")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """The .mpy variant, on a server of its own."""
    if not build_mpy.MPY_CROSS.exists():
        pytest.skip("mpy-cross is missing")
    folder = tmp_path_factory.mktemp("release")
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/mip"
        release.mip(folder, url)
        yield url
        server.shutdown()


@pytest.mark.slow
def test_mpremote_installs_the_mpy_files(compiled, tmp_path):
    needs_micropython()
    found = install([f"{compiled}/package.json"], tmp_path, "mpy")
    assert found == release.compiled(package.installed())
    assert not list(tmp_path.rglob("*.py"))
    said = on_board("import espat; print(espat.Modem)", tmp_path / "lib")
    assert said.startswith("<class 'Modem'")


def test_micropythons_own_mip_installs_everything(compiled, tmp_path):
    needs_micropython()
    code = f"import mip; mip.install({compiled + '/espat-all.json'!r}, target={str(tmp_path)!r})"
    said = on_board(code, heap="2M")
    assert said.strip().endswith("Done"), said
    found = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.mpy"))
    assert found == release.compiled(build_mpy.all_files())
    assert on_board("import espat.ota; print(espat.ota.update)", tmp_path).startswith("<gen")


def manifest(**options: str) -> list[str]:
    """What MicroPython's own rules freeze of manifest.py."""
    folder = get_packages.FOLDER / "stubber/tools"
    if not (folder / "manifestfile.py").exists():
        pytest.skip("no manifestfile.py (make setup fetches it from PyPI)")
    spec = importlib.util.spec_from_file_location("manifestfile", folder / "manifestfile.py")
    rules = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rules)
    places = dict.fromkeys(("MPY_DIR", "MPY_LIB_DIR", "PORT_DIR", "BOARD_DIR"), "/nowhere")
    found = rules.ManifestFile(rules.MODE_FREEZE, places)
    words = "".join(f", {name}={value!r}" for name, value in options.items())
    found.execute(f"include({str(ROOT / 'manifest.py')!r}{words})")
    for file in found.files():
        assert Path(file.full_path).is_file() and file.opt == 3
    return sorted(file.target_path for file in found.files())


def test_the_manifest_freezes_everything_the_core_or_parts():
    assert manifest() == manifest(parts="all") == build_mpy.all_files()
    assert manifest(parts="core") == package.installed()
    some = {*package.installed()}
    some |= {f"espat/{name}" for part in ("tls", "mqtt") for name in package.PARTS[part]}
    assert manifest(parts="tls,mqtt") == sorted(some)
    with pytest.raises(Exception, match="espat-nonsense"):
        manifest(parts="nonsense")


def test_the_circuitpython_bundle_imports(tmp_path):
    archive = release.circuitpython(tmp_path)
    with zipfile.ZipFile(archive) as bundle:
        bundle.extractall(tmp_path)
    root = tmp_path / archive.stem
    assert sorted(path.name for path in root.iterdir()) == [
        *("LICENSE", "VERSIONS.txt", "examples", "lib")
    ]
    places = [root / "lib", ROOT / "tests_host/shim/cpython"]
    code = "import espat.circuitpython as c; print(c.SocketPool.__module__, c.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places))},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.stdout.startswith(f"espat.circuitpython {root}"), done.stdout + done.stderr


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


def core_as_sources(folder: Path) -> Path:
    for name in package.core():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((package.LIB / name).read_bytes())
    return folder


# What a program writes when it needs a part: the name that it loads, and the part.
ASKED = {
    "from espat import aio": "aio",
    "from espat import tls": "tls",
    "from espat import umqtt": "umqtt",
    "from espat import circuitpython": "circuitpython",
    "from espat import dropin": "dropin",
    "modem.http": "http",
    "modem.passthrough": "passthrough",
    "modem.wifi.scan()": "scan",
    "modem.wifi.ifconfig()": "addresses",
    "modem.wifi.hostname()": "settings",
    "modem.wifi.country()": "settings",
    "modem.wifi.connect_enterprise('x', 'PEAP', 'y')": "enterprise",
    "modem.watchdog()": "watch",
    "modem.socket(2, 2)": "udp",
    "modem.socket().setsockopt(1, 2, 3)": "options",
    "modem.command('AT', into=bytearray(1))": "payload",
    "modem.on('AP JOINED', print)": "ap",
}


def test_whatever_part_is_missing_the_error_names_its_descriptor(tmp_path):
    needs_micropython()
    code = NOTHING + "modem.state = 2\n"
    for line in ASKED:
        code += f"try:\n    {line}\nexcept ImportError as e:\n    print(e)\n"
    said = on_board(code, core_as_sources(tmp_path)).splitlines()
    assert len(said) == len(ASKED), said
    for (line, part), text in zip(ASKED.items(), said):
        assert text.startswith("espat/"), (line, text)
        assert text.endswith(f".py is not installed: mip install espat-{part}.json"), (line, text)
        # That descriptor does bring the file.
        assert text.split()[0].partition("/")[2] in package.PARTS[part], (line, text)


def test_every_file_that_is_loaded_by_name_has_a_descriptor(tmp_path):
    # load("once.x") and modem.brief("x", ...) in the sources, as far as x does not come along with
    # the file that loads it.
    core = {name.partition("/")[2] for name in package.core()}
    found = set()
    for path in package.LIB.glob("espat/**/*.py"):
        loader = path.relative_to(package.LIB / "espat").as_posix()
        names = re.findall(r"""(?:load\("once\.|brief\(\s*")(\w+)""", path.read_text())
        files = {f"once/{name}.py" for name in names if name[-1] != "_"} - core  # "x_" + ...
        if loader in core:
            found |= files
        for part in package.PARTS.values():
            if loader in part:
                found |= files - set(part)
    missing = sorted(found)
    assert len(missing) > 10, missing
    code = "from espat.compat import load\n"
    for name in missing:
        module = name[:-3].replace("/", ".")
        code += f"try:\n    load({module!r})\nexcept ImportError as e:\n    print(e)\n"
    needs_micropython()
    said = on_board(code, core_as_sources(tmp_path)).splitlines()
    assert len(said) == len(missing)
    for name, text in zip(missing, said):
        part = text.partition("mip install espat-")[2].partition(".json")[0]
        assert name in package.PARTS.get(part, ()), (name, text)


def test_the_core_alone_says_that_there_is_no_answer(tmp_path):
    needs_micropython()
    code = NOTHING + "modem = espat.Modem(Uart(), baudrates=(115200,))\n"
    code += "try:\n    modem.start()\nexcept OSError as e:\n    print(e)\n"
    said = on_board(code, core_as_sources(tmp_path))
    assert said == "[Errno 19] ENODEV: no answer: wiring, power, baud rate?\n"
    assert "not a byte" in on_board(code, ROOT / "lib")


def test_what_is_no_part_is_an_attribute_that_there_is_not(tmp_path):
    needs_micropython()
    code = NOTHING + "import espat.once.more\n"
    for line in ("modem.nosuch", "modem.wifi.nosuch", "espat.nosuch"):
        code += f"try:\n    {line}\nexcept AttributeError as e:\n    print(e)\n"
    assert on_board(code, core_as_sources(tmp_path)) == "nosuch\n" * 3


def test_a_part_that_is_there_and_broken_is_not_called_missing(tmp_path):
    needs_micropython()
    folder = core_as_sources(tmp_path)
    (folder / "espat/http.py").write_text("import nowhere\n")
    code = NOTHING + "try:\n    modem.http\nexcept ImportError as e:\n    print(e)\n"
    assert on_board(code, folder) == "no module named 'nowhere'\n"


OLD = """
import sys
class Implementation:
    name = {name!r}
    version = {version}
class Sys:
    implementation = Implementation
    def __getattr__(self, name):
        return getattr(real, name)
real = sys
sys.modules["sys"] = Sys()
"""


@pytest.mark.parametrize(
    ("name", "version", "good"),
    [
        ("micropython", (1, 21, 0), False),
        ("micropython", (1, 22, 0), True),
        ("circuitpython", (8, 2, 10), False),
        ("circuitpython", (9, 0, 0), True),
    ],
)
def test_an_interpreter_that_is_too_old_is_told(name, version, good):
    needs_micropython()
    code = OLD.format(name=name, version=version) + (
        f"try:\n    exec({NOTHING!r})\n    print('works')\n"
        "except RuntimeError as e:\n    print(e)\n"
    )
    said = on_board(code, ROOT / "lib")
    old = "too old: espat needs MicroPython 1.22, CircuitPython 9\n"
    assert said == ("works\n" if good else old)


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
