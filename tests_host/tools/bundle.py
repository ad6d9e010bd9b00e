"""Owns: joining files of lib/espat that are always loaded together into one .mpy.

A module of its own costs a board about 250 bytes: its object, its names, its path. The sources
stay as they are; the joined text is made from them for the compiler only.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator

from tools import local_names, rom_names

# One .mpy <- these files, in the order in which they need one another. bulk.py is needed with links
# and without: by the services inside the module (modem.mqtt, http, ws), which need no link.
BUNDLES: dict[str, tuple[str, ...]] = {
    "__init__": ("compat", "framer", "engine", "__init__"),
    "sockets": ("ring", "link", "sockets"),
}
# Two classes that are one in a .mpy: a class of its own costs some 250 bytes, and what a base class
# has is slower to find. class -> its base, which is in the same bundle and has no other heir; its
# name stays, where it is used elsewhere.
ONE_CLASS = {"Engine": "Framer", "Socket": "Link"}
_HOME = {name: bundle for bundle, names in BUNDLES.items() for name in names}


class BundleError(Exception):
    """Two files of a bundle use one name for different things."""


def parts(name: str) -> list[str]:
    """The source files (below lib/) that make the .mpy of `name`; [] if another .mpy holds it."""
    path = Path(name)
    home = _HOME.get(path.stem) if path.parent == Path("espat") else None
    if home is None:
        return [name]
    if home != path.stem:
        return []
    return [f"espat/{stem}.py" for stem in BUNDLES[home]]


def text(name: str, base: Path) -> str:
    """The Python text that is compiled for `name`."""
    return made(name, base)[0]


def made(name: str, base: Path) -> tuple[str, dict[str, str]]:
    """text(), and what functions are called in it that only this file knows -> in the sources."""
    files = parts(name)
    body: list[ast.stmt] = []
    known: dict[str, str] = {}
    for file in files:
        for statement in ast.parse((base / file).read_text()).body:
            node = _imports(statement, Path(file))
            if node is None:
                continue
            meaning = ast.unparse(node)
            names = _names(node)
            if len(files) > 1 and names:
                old = known.setdefault(names, meaning)
                if old is not meaning:
                    if old == meaning:
                        continue  # a copy of a constant
                    raise BundleError(f"{file}: {names} is {old!r} and {meaning!r}")
            body.append(node)
    tree = ast.Module(body=_one_class(body), type_ignores=[])
    back: dict[str, str] = {}
    if base == rom_names.LIB:
        tree = rom_names.Rename().visit(_without_const(tree))
        inside = {rom: source for source, rom in rom_names.names().items()}
        shortened = local_names.shorten(tree, name)
        back = {new: inside.get(old, old) for new, old in shortened.items()}
    return ast.unparse(tree) + "\n", back


def _without_const(tree: ast.Module) -> ast.Module:
    # The compiler knows const() by itself: to import it would cost 8 bytes in each file.
    for node in list(tree.body):
        imports = node.body[0] if isinstance(node, ast.Try) else node
        if isinstance(imports, ast.ImportFrom) and (
            imports.level or imports.module == "micropython"
        ):
            imports.names = [alias for alias in imports.names if alias.name != "const"]
            if not imports.names:
                tree.body.remove(node)
    return tree


def _one_class(body: list[ast.stmt]) -> list[ast.stmt]:
    classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
    for name, base_name in ONE_CLASS.items():
        heir, base = classes.get(name), classes.get(base_name)
        if heir is None or base is None:
            continue
        own = {_names(node) for node in heir.body}
        made = {_names(node): node for node in (*base.body, *heir.body)}["__init__"]
        start = next(node for node in base.body if _names(node) == "__init__")
        assert isinstance(made, ast.FunctionDef) and isinstance(start, ast.FunctionDef)
        first = made.body[0]
        if not ast.unparse(first).startswith("super().__init__("):
            raise BundleError(f"{name}.__init__ begins with {ast.unparse(first)!r}")
        made.body[:1] = start.body
        heir.body[:0] = [node for node in base.body if _names(node) not in own]
        heir.bases = base.bases
        body = [node for node in body if node is not base]
        if any(isinstance(node, ast.Name) and node.id == base_name for node in _walk(body)):
            body.insert(body.index(heir) + 1, ast.parse(f"{base_name} = {name}").body[0])
    return body


def _walk(body: list[ast.stmt]) -> Iterator[ast.AST]:
    for node in body:
        yield from ast.walk(node)


def _names(node: ast.stmt) -> str:
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name
    return ""


def _imports(node: ast.stmt, file: Path) -> ast.stmt | None:
    # Imports of what the bundle holds itself fall away; of another bundle, go to its file.
    for sub in ast.walk(node):
        if not isinstance(sub, ast.ImportFrom) or not sub.level or not sub.module:
            continue
        up = len(file.parent.parts) - sub.level  # 0: the package espat itself
        home = _HOME.get(sub.module) if up == 0 else None
        if home is None:
            continue
        mine = _HOME.get(file.stem) if file.parent == Path("espat") else None
        if home == mine:
            if sub is node:
                return None
            raise BundleError(f"{file}: import of {sub.module} inside a function")
        sub.module = None if home == "__init__" else home
    return node
