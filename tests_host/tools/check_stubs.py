"""Owns: comparing stubs/espat with lib/espat, and the types of the examples.

Much of the driver is found when it is asked for (functions of a file that take the modem first),
where mypy's stubtest cannot look. So the comparison reads the sources: what a stub promises must
be there with the same parameters and defaults, awaitable or not, and what is public there (it
has a docstring) must be in the stub. stubtest looks at the modules that are plain classes.
The examples are checked with mypy and with pyright.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Iterator, NamedTuple, Optional, Union

ROOT = Path(__file__).resolve().parents[2]
LIB = ROOT / "lib" / "espat"
STUBS = ROOT / "stubs"
TYPINGS = ROOT / ".tools" / "typings"
LIBRARIES = ROOT / ".tools" / "micropython"  # get_packages.py; with stubs of their own
UNTYPED = "[mypy-adafruit_requests]\nignore_missing_imports = True\n"
LIMIT_S = 300
# What the asyncio sockets' methods call and return: something to be awaited (aiowait.py).
AWAITED = ("step", "sending", "parcel")

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]


def gives_awaitable(source: Function) -> bool:
    """`async def`, or a function that returns nothing but what such a call gives."""
    if isinstance(source, ast.AsyncFunctionDef):
        return True
    values = [node.value for node in ast.walk(source) if isinstance(node, ast.Return)]
    return bool(values) and all(
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr in AWAITED
        for value in values
    )


class Place(NamedTuple):
    """Functions of a source file, or the methods of a class in it."""

    file: str
    owner: str = ""


class Face(NamedTuple):
    """A class of a stub (or its functions) and where its methods are found, in that order."""

    stub: str
    owner: str
    places: tuple[Place, ...]
    internal: frozenset[str] = frozenset()  # documented, but for other files of the driver
    awaitable: Optional[bool] = False  # the asyncio face; None: both in one

    def __str__(self) -> str:
        return f"{self.stub}:{self.owner or 'functions'}"


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


MODEM = Place("__init__.py", "Modem")
MORE = Place("once/more.py")
SETUP = Place("once/start.py")
STREAM = Place("streams.py")  # its functions become methods of Socket
SOCKET = (Place("sockets.py", "Socket"), STREAM, Place("once/sockmore.py"))
IN_MODEM = frozenset({"at", "block", "brief"})
IN_SOCKET = frozenset({"drop", "cut"})
IN_UDP: frozenset[str] = frozenset()
# Of the parts: documented functions that are for other files of the driver.
IN_PART: dict[str, frozenset[str]] = {}


def part_places(name: str, lib: Path = LIB) -> tuple[Place, ...]:
    """The functions of modem.<name> are in <name>.py and in once/<name>_*.py."""
    more = sorted(path.name for path in lib.glob(f"once/{name}_*.py"))
    return (Place(f"{name}.py"), *(Place(f"once/{file}") for file in more))


def parts(face: str) -> Iterator[tuple[str, Face]]:
    """What a stub's Modem declares as "net: _Net", where the driver has a net.py. The class is in
    that stub or in the one that it is imported from."""
    tree = parse(STUBS / "espat" / face)
    origin = {
        alias.asname or alias.name: (f"{node.module}.pyi", alias.name)
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for alias in node.names
    }
    for modem in tree.body:
        if not isinstance(modem, ast.ClassDef) or modem.name != "Modem":
            continue
        for item in modem.body:
            if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name):
                continue
            name, kind = item.target.id, ast.unparse(item.annotation)
            if (LIB / f"{name}.py").exists():
                stub, owner = origin.get(kind, (face, kind))
                internal = IN_PART.get(name, frozenset())
                yield name, Face(stub, owner, part_places(name), internal, face == "aio.pyi")


FACES = (
    Face("__init__.pyi", "Modem", (MODEM, MORE), IN_MODEM),
    Face("sockets.pyi", "Socket", SOCKET, IN_SOCKET),
    Face("sockets.pyi", "UdpSocket", (Place("udp.py", "Udp"),), IN_UDP),
    Face("errors.pyi", "ATError", (Place("errors.py", "ATError"),)),
    Face("aio.pyi", "Modem", (Place("aio.py", "Modem"), MODEM, MORE), IN_MODEM, True),
    Face(
        "aio.pyi",
        "Socket",
        (Place("aio.py", "Socket"), *SOCKET),
        # Not for this face: a plain `with` cannot await close(), asyncio does not ask ioctl().
        IN_SOCKET | {"__enter__", "__exit__", "makefile", "ioctl"},
        True,
    ),
    # Its methods give the face a coroutine: to be run, or to be awaited.
    Face("aio.pyi", "UdpSocket", (Place("udp.py", "Udp"),), IN_UDP, None),
    Face("aio.pyi", "", (Place("aio.py"),), awaitable=True),
    Face("dropin.pyi", "", (Place("dropin.py"),)),
    *(face for stub in ("__init__.pyi", "aio.pyi") for _, face in parts(stub)),
)
# Modules that stubtest can look into. What is internal there has no stub.
PLAIN = ("espat.errors", "espat.dropin", "espat.tls", "espat.circuitpython")


def functions(tree: ast.Module, owner: str) -> dict[str, list[Function]]:
    """The functions of a module, or the methods of a class; overloads share a name."""
    body = tree.body
    if owner:
        found = [x for x in body if isinstance(x, ast.ClassDef) and x.name == owner]
        body = found[0].body if found else []
    result: dict[str, list[Function]] = {}
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            result.setdefault(node.name, []).append(node)
    return result


def constants(tree: ast.Module) -> dict[str, str]:
    """NAME = 5, NAME = const(5): a stub writes the value."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = node.value
            if isinstance(value, ast.Call) and ast.unparse(value.func) == "const":
                value = value.args[0]
            if isinstance(value, ast.Constant) and node.targets[0].id.startswith("_"):
                found[node.targets[0].id] = ast.unparse(value)
    return found


class Parameter(NamedTuple):
    kind: str
    name: str
    default: Optional[str]  # as the source writes it

    def __str__(self) -> str:
        return self.kind + self.name + ("" if self.default is None else f"={self.default}")


def parameters(node: Function, skip: int) -> list[Parameter]:
    """All but the first `skip` (self, or the modem)."""
    args = node.args
    plain = [*args.posonlyargs, *args.args]
    texts = [None] * (len(plain) - len(args.defaults)) + [ast.unparse(x) for x in args.defaults]
    result = [Parameter("", a.arg, d) for a, d in zip(plain, texts)][skip:]
    if args.vararg:
        result.append(Parameter("*", args.vararg.arg, None))
    for a, default in zip(args.kwonlyargs, args.kw_defaults):
        text = None if default is None else ast.unparse(default)
        result.append(Parameter("keyword ", a.arg, text))
    if args.kwarg:
        result.append(Parameter("**", args.kwarg.arg, None))
    return result


def is_overload(node: Function) -> bool:
    return any(isinstance(x, ast.Name) and x.id == "overload" for x in node.decorator_list)


def compare(stub: Function, source: Function, skip: int, known: dict[str, str]) -> Optional[str]:
    """What differs between a stub's function and the real one."""
    ours = parameters(stub, skip)
    theirs = [
        p._replace(default=known.get(p.default or "", p.default)) for p in parameters(source, skip)
    ]
    if is_overload(stub):
        # An overload may demand what the function itself leaves open.
        same = len(ours) == len(theirs) and all(
            a[:2] == b[:2] and a.default in (None, b.default) for a, b in zip(ours, theirs)
        )
    else:
        same = ours == theirs
    if same:
        return None
    return f"({', '.join(map(str, ours))}) is ({', '.join(map(str, theirs))}) in the source"


def check_face(face: Face, lib: Path = LIB, stubs: Path = STUBS / "espat") -> list[str]:
    promised = functions(parse(stubs / face.stub), face.owner)
    if not promised:
        return [f"{face}: the stub has nothing"]
    found: dict[str, tuple[Place, Function]] = {}
    public = set()
    wrong = []
    for place in face.places:
        for name, nodes in functions(parse(lib / place.file), place.owner).items():
            if ast.get_docstring(nodes[-1]) and not name.startswith("_"):
                public.add(name)
            if name not in found:
                found[name] = place, nodes[-1]
            elif name in promised and not (
                found[name][0].owner and (place.owner or place == STREAM)
            ):
                # A method of a derived class may replace one; a function never gets called then.
                wrong.append(f"{face}.{name}: {found[name][0]} hides that of {place}")
    for name, nodes in promised.items():
        if name == "__init__" and face.owner == "Modem":
            place, source = SETUP, functions(parse(lib / SETUP.file), "")["setup"][0]
        elif name in found:
            place, source = found[name]
        else:
            wrong.append(f"{face}.{name}: not in the source")
            continue
        # A method has self, a part's function the modem; setup() has the modem too.
        skip = 1 if face.owner else 0
        for node in nodes:
            difference = compare(node, source, skip, constants(parse(lib / place.file)))
            if difference:
                wrong.append(f"{face}.{name}{difference} ({place.file})")
            if face.awaitable:
                awaitable = gives_awaitable(source)
                if isinstance(node, ast.AsyncFunctionDef) != awaitable:
                    wrong.append(f"{face}.{name}: {'not ' * (not awaitable)}awaitable")
            elif face.awaitable is False and isinstance(node, ast.AsyncFunctionDef):
                wrong.append(f"{face}.{name}: the blocking face awaits nothing")
    for name in sorted(public - set(promised) - face.internal):
        wrong.append(f"{face}.{name}: public in {found[name][0].file}, missing in the stub")
    return wrong


def attributes(path: Path, owner: str) -> set[str]:
    """Names that a stub's class declares without a function: attributes."""
    for node in parse(path).body:
        if isinstance(node, ast.ClassDef) and node.name == owner:
            return {
                x.target.id
                for x in node.body
                if isinstance(x, ast.AnnAssign) and isinstance(x.target, ast.Name)
            }
    return set()


def check_attributes() -> list[str]:
    """Attributes that no source file ever sets."""
    text = "\n".join(path.read_text() for path in LIB.glob("**/*.py"))
    files = {path.stem for path in LIB.glob("*.py")}
    wrong = []
    for stub, owner in (("__init__.pyi", "Modem"), ("aio.pyi", "Modem"), ("errors.pyi", "ATError")):
        for name in sorted(attributes(STUBS / "espat" / stub, owner)):
            if name not in files and not re.search(rf"\w\.{name}\b[^=\n]* = ", text):
                wrong.append(f"{stub}:{owner}.{name}: nobody sets it")
    return wrong


def check_parts() -> list[str]:
    """Does modem.wifi find each function in the file that has it?"""
    sys.path.insert(0, str(LIB.parent))
    wrong = []
    for part, face in [pair for stub in ("__init__.pyi", "aio.pyi") for pair in parts(stub)]:
        module = importlib.import_module(f"espat.{part}")
        own = functions(parse(LIB / f"{part}.py"), "")
        for name in functions(parse(STUBS / "espat" / face.stub), face.owner):
            if name in own:
                continue
            asked: list[str] = []

            class Recorder:
                """In the modem's place: which file would be loaded?"""

                def brief(self, file: str, name: str, *args: object, log: list = asked) -> None:
                    log += [file, name]

            places = [p.file for p in face.places if name in functions(parse(LIB / p.file), "")]
            made = getattr(module, name)
            if made.__name__ == name:
                asked += [made.__module__.rpartition(".")[2], name]  # the function itself
            else:
                made(Recorder())
            if asked != [Path(places[0]).stem if places else "", name]:
                wrong.append(f"{part}.{name}: looked for in {asked}, but it is in {places}")
    return wrong


def run_tool(arguments: list[str], paths: list[Path], python_path: list[Path]) -> tuple[int, str]:
    env = {
        **os.environ,
        "MYPYPATH": os.pathsep.join(map(str, paths)),
        "PYTHONPATH": os.pathsep.join(map(str, python_path)),
    }
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=LIMIT_S,
    )
    return done.returncode, done.stdout


def check_plain_modules() -> list[str]:
    """mypy's stubtest. It imports the real modules."""
    arguments = ["mypy.stubtest", "--concise", "--ignore-missing-stub", *PLAIN]
    shim = ROOT / "tests_host" / "shim" / "cpython"
    code, text = run_tool(arguments, [STUBS], [LIB.parent, shim])
    lines = [line for line in text.splitlines() if line and not line.startswith("Success")]
    return lines or (["stubtest failed"] if code else [])


def check_examples(files: list[Path]) -> list[str]:
    """mypy over the examples, with the RP2040's own stubs for machine."""
    if not (TYPINGS / "machine.pyi").exists():
        print("stubs: no micropython-rp2-stubs here, the examples' types are not checked")
        return []
    config = ROOT / ".mypy_cache" / "examples.ini"
    config.parent.mkdir(exist_ok=True)
    config.write_text("[mypy]\n" + UNTYPED)
    arguments = ["mypy", f"--config-file={config}", "--check-untyped-defs"]
    arguments += ["--follow-imports=silent", "--cache-dir", str(ROOT / ".mypy_cache" / "examples")]
    _, text = run_tool([*arguments, *map(str, files)], [STUBS, TYPINGS, LIBRARIES], [])
    names = {path.name for path in files}
    lines = text.splitlines()
    if not re.search(rf"checked {len(files)} source files?\)|no issues found", text):
        return lines or ["mypy did not run"]
    # The board's stubs have errors of their own; ours are what counts.
    return [x for x in lines if ": error: " in x and Path(x.split(":")[0]).name in names]


def check_with_pyright(files: list[Path]) -> list[str]:
    """pyright over the same files, by the same stubs."""
    if importlib.util.find_spec("pyright") is None or not TYPINGS.exists():
        print("stubs: no pyright here, the examples are checked with mypy only")
        return []
    folder = ROOT / ".mypy_cache" / "pyright"
    folder.mkdir(parents=True, exist_ok=True)
    places = [*{file.parent for file in files}, STUBS, TYPINGS, LIBRARIES]
    places.append(Path(sysconfig.get_path("purelib")))  # Adafruit's libraries
    config = {
        "include": [os.path.relpath(file, folder) for file in files],
        "extraPaths": [os.path.relpath(place, folder) for place in places],
        "typeshedPath": os.path.relpath(TYPINGS, folder),  # what MicroPython has of the library
        "typeCheckingMode": "standard",
        "reportMissingModuleSource": False,
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(config))
    code, text = run_tool(["pyright", "--outputjson", "-p", str(folder)], [], [])
    try:
        found = json.loads(text[text.index("{") :])
    except ValueError:
        return [f"pyright did not run: {text[-500:]}"]
    if found["summary"]["filesAnalyzed"] != len(files):
        return [f"pyright looked at {found['summary']['filesAnalyzed']} of {len(files)} files"]
    return [
        f"{Path(x['file']).name}:{x['range']['start']['line'] + 1}: pyright: {x['message']}"
        for x in found["generalDiagnostics"]
        if x["severity"] == "error"
    ] or (["pyright failed"] if code else [])


def main() -> int:
    wrong: list[str] = []
    for face in FACES:
        wrong += check_face(face)
    wrong += check_attributes() + check_parts() + check_plain_modules()
    examples = sorted((ROOT / "examples").glob("*.py"))
    wrong += check_examples(examples) + check_with_pyright(examples)
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
