"""Owns: names that only one file of the driver knows cost nothing in its .mpy.

A .mpy spells out each name that it uses, once: also those of arguments, of functions inside
functions, and of a module's own helpers. Nobody else can see these, so here they get names that
the same file spells out anyhow (of attributes), or that have a number in every .mpy. What may be
given by keyword, what programs may use (the stubs), and what is asked for by a text keeps its name.
"""

from __future__ import annotations

import ast
import builtins
import functools
import re
from pathlib import Path
from typing import Iterable, NamedTuple, Union

from tools import rom_names

STUBS = Path(__file__).resolve().parents[2] / "stubs"
# Their interface is somebody else's, and no stub tells it whole.
EXEMPT = re.compile(r"(once/)?(dropin|circuitpython|umqtt)")
_KEPT_ARGUMENTS = ("__init__", "__call__")
_WORD = re.compile(r"[A-Za-z_]\w*")
_Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, ast.Lambda)


class Facts(NamedTuple):
    """What the whole driver says about its names; those of the inside by their names in ROM."""

    public: set[str]  # all words of the stubs
    arguments: dict[str, set[str]]  # function of the stubs -> its arguments
    asked_for: set[
        str
    ]  # words in texts, attributes, imports: a file's own may be used from outside
    keywords: set[str]  # given by keyword somewhere
    starred: set[str]  # called with **


@functools.cache
def facts() -> Facts:
    public: set[str] = set()
    arguments: dict[str, set[str]] = {}
    for path in STUBS.glob("espat/*.pyi"):
        tree = ast.parse(path.read_text())
        public |= set(_WORD.findall(path.read_text()))
        for node in ast.walk(tree):
            if isinstance(node, _FUNCTIONS):
                found = {arg.arg for arg in ast.walk(node) if isinstance(arg, ast.arg)}
                arguments.setdefault(node.name, set()).update(found)
    asked_for: set[str] = set()
    keywords: set[str] = set()
    starred: set[str] = set()
    for path in rom_names.LIB.glob("espat/**/*.py"):
        tree = ast.parse(path.read_text())
        asked_for |= _texts(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                asked_for.add(node.attr)
            elif isinstance(node, ast.ImportFrom):
                asked_for.update(alias.name for alias in node.names)
            elif isinstance(node, ast.Call):
                keywords.update(word.arg for word in node.keywords if word.arg)
                if any(word.arg is None for word in node.keywords):
                    starred |= _called(node)
    return Facts(public, arguments, *map(_in_rom, (asked_for, keywords, starred)))


def _in_rom(names: set[str]) -> set[str]:
    return names | {rom_names.names().get(name, name) for name in names}


def _texts(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    notes = {  # docstrings
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, *_FUNCTIONS))
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes:
            found.update(_WORD.findall(node.value))
    return found


def _called(call: ast.Call) -> set[str]:
    """Whom a call may reach: f(**kw), x.f(**kw), brief("file", "f", **kw)."""
    found = {str(arg.value) for arg in call.args if isinstance(arg, ast.Constant)}
    for node in ast.walk(call.func):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Name):
            found.add(node.id)
    return found


def shorten(tree: ast.Module, name: str) -> dict[str, str]:
    """Rename in place; gives new name -> old one of functions. After rom_names.Rename."""
    if EXEMPT.match(Path(name).relative_to("espat").as_posix()):
        return {}
    own = {word.arg for word in ast.walk(tree) if isinstance(word, ast.keyword) and word.arg}
    known = facts()._replace(keywords=facts().keywords | own)
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    free = sorted(attributes - _words(tree) - set(dir(builtins)))
    back: dict[str, str] = {}
    # What the module itself has may be looked up from outside, so that none of these must stand
    # where somebody looks for a public name.
    seen = known.public | _texts(tree)
    hidden = iter([word for word in free if word not in seen])
    for old in _own(tree, known, attributes):
        new = next(hidden, None)
        if new is None:
            break
        _Rename(old, new).visit(tree)
        back[new] = old
    spare = sorted(attributes - set(dir(builtins)))
    for scope in _outermost(tree):
        _arguments(scope, known, spare, attributes, back)
    return back


def _own(tree: ast.Module, known: Facts, attributes: set[str]) -> list[str]:
    """Functions of the module that nobody else knows."""
    methods = {
        node.name
        for owner in ast.walk(tree)
        if isinstance(owner, ast.ClassDef)
        for node in owner.body
        if isinstance(node, _FUNCTIONS)
    }
    taken = known.public | known.asked_for | attributes | methods
    names = [node.name for node in tree.body if isinstance(node, _FUNCTIONS)]
    return [name for name in names if _worth(name) and name not in taken]


def _worth(name: str) -> bool:
    return name not in rom_names.NUMBERED and not name.startswith("__") and name != "self"


def _outermost(tree: ast.AST) -> Iterable[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _SCOPES):
            yield node
        else:
            yield from _outermost(node)


def _arguments(
    scope: ast.AST, known: Facts, spare: list[str], attributes: set[str], back: dict[str, str]
) -> None:
    """Arguments, and names of functions inside, of a function and of those inside it."""
    assert isinstance(scope, _SCOPES)
    if any(isinstance(node, (ast.ClassDef, ast.Global)) for node in ast.walk(scope)):
        return
    called = "" if isinstance(scope, ast.Lambda) else scope.name
    kept = known.keywords | known.arguments.get(called, set())
    every = called in known.starred or called in _KEPT_ARGUMENTS
    args = scope.args
    olds = [] if every else [a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
    body = scope.body if isinstance(scope.body, list) else [scope.body]
    inside = [node.name for part in body for node in ast.walk(part) if isinstance(node, _FUNCTIONS)]
    for old in dict.fromkeys(olds + inside):
        if not _worth(old) or old in kept or old in attributes:
            continue
        words = set().union(*map(_words, (args, *body)))
        new = next((word for word in spare if word not in words), None)
        if new is None:
            break
        change = _Rename(old, new)
        # What stands for an argument that is not given belongs to the scope outside.
        args.posonlyargs, args.args, args.kwonlyargs = (
            [change.visit(a) for a in group]
            for group in (args.posonlyargs, args.args, args.kwonlyargs)
        )
        for part in body:
            change.visit(part)
        if old in inside:
            back.setdefault(new, old)  # a name serves in several functions
    for part in body:
        for node in [part] if isinstance(part, _SCOPES) else _outermost(part):
            _arguments(node, known, spare, attributes, back)


def _words(tree: ast.AST) -> set[str]:
    """All that is no attribute and no argument's name in a call."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, (ast.ClassDef, *_FUNCTIONS)):
            found.add(node.name)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            found.update(node.names)
        elif isinstance(node, ast.alias):
            found.update((node.asname or node.name).split("."))
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
    return found


class _Rename(ast.NodeTransformer):
    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new

    def _named(self, node: ast.AST, field: str) -> ast.AST:
        self.generic_visit(node)
        if getattr(node, field) == self.old:
            setattr(node, field, self.new)
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._named(node, "id")

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return self._named(node, "arg")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._named(node, "name")

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._named(node, "name")

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        return self._named(node, "name")

    def _list(self, node: Union[ast.Nonlocal, ast.Global]) -> ast.AST:
        node.names = [self.new if name == self.old else name for name in node.names]
        return node

    visit_Nonlocal = _list
    visit_Global = _list
