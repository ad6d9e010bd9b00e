"""Owns: docs/api.md, every public call, made from the stubs (names, types) and the docstrings of
the driver's sources.

    python -m tools.api_doc           # writes the page; --check compares only
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

from tools import check_stubs
from tools.check_stubs import LIB, STUBS, Face, Function, functions, parse

ROOT = Path(__file__).resolve().parents[2]
DOC = ROOT / "docs" / "api.md"
HEAD = """\
# All calls

Written by `make format` from the types in [stubs](../stubs/espat) and the docstrings in
[lib/espat](../lib/espat); do not edit. With `espat.aio` the names are the same; what may wait is
awaited there. What each raises: [errors.md](errors.md). "guide" is Espressif's ESP-AT user guide.
"""


def docstrings(face: Face) -> dict[str, str]:
    found: dict[str, str] = {}
    for place in face.places:
        for name, nodes in functions(parse(LIB / place.file), place.owner).items():
            text = ast.get_docstring(nodes[-1])
            if text and name not in found:
                found[name] = text
    if face.owner == "Modem":
        setup = functions(parse(LIB / check_stubs.SETUP.file), "")["setup"][0]
        found["__init__"] = ast.get_docstring(setup) or ""
    return found


def signature(node: Function, name: str) -> str:
    args = [x for x in ast.unparse(node.args).split(", ") if x != "self"]
    result = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{name}({', '.join(args)}){result.replace(' -> None', '')}"


def entry(prefix: str, name: str, nodes: list[Function], text: str) -> str:
    title = prefix if name == "__init__" else f"{prefix}.{name}" if prefix else name
    shown = "\n".join(signature(node, title) for node in nodes)
    text = re.sub(r"([_*<>])", r"\\\1", text)
    return f"### `{title}`\n\n```text\n{shown}\n```\n\n{text}\n"


def section(title: str, prefix: str, face: Face) -> str:
    texts = docstrings(face)
    out = [f"## {title}\n"]
    for name, nodes in functions(parse(STUBS / "espat" / face.stub), face.owner).items():
        if not name.startswith("_") or name == "__init__" and face.owner == "Modem":
            out.append(entry(prefix, name, nodes, texts.get(name, "As MicroPython's own.")))
    return "\n".join(out)


def page() -> str:
    by_name = {str(face): face for face in check_stubs.FACES}
    out = [HEAD, section("Modem", "Modem", by_name["__init__.pyi:Modem"])]
    for name, face in check_stubs.parts("__init__.pyi"):
        out.append(section(f"modem.{name}", f"modem.{name}", face))
    out.append(section("Sockets", "socket", by_name["sockets.pyi:Socket"]))
    out.append(section("UDP sockets", "socket", by_name["sockets.pyi:UdpSocket"]))
    out.append(section("espat.aio", "aio", by_name["aio.pyi:functions"]))
    out.append(section("espat.dropin", "dropin", by_name["dropin.pyi:functions"]))
    return "\n".join(out).rstrip() + "\n"


def main() -> int:
    text = page()
    if "--check" in sys.argv:
        return 0 if DOC.exists() and DOC.read_text() == text else 1
    DOC.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
