# The table of commands: each file of commands declares its forms and argument kinds here.
# Owns declaration and look-up. Runs nothing and keeps no state of a module.
from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Optional

from .parser import EXECUTE, QUERY, SET, TEST, Arg

Handler = Callable[..., Any]


class _Wait:
    """What a handler returns when its command ends later."""


WAIT = _Wait()


@dataclass
class Form:
    handler: Handler
    kinds: tuple[Arg, ...] = ()


@dataclass
class Command:
    name: str
    forms: dict[str, Form] = field(default_factory=dict)


class Commands:
    """The commands of one file: `commands = Commands("wifi")` and its decorators."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.table: dict[str, Command] = {}

    def _add(self, name: str, form: str, kinds: Iterable[Arg]) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            command = self.table.setdefault(name, Command(name))
            if form in command.forms:
                raise ValueError(f"{name} {form} is declared twice")
            command.forms[form] = Form(handler, tuple(kinds))
            return handler

        return register

    def test(self, name: str) -> Callable[[Handler], Handler]:
        return self._add(name, TEST, ())

    def query(self, name: str) -> Callable[[Handler], Handler]:
        return self._add(name, QUERY, ())

    def set(self, name: str, *kinds: Arg) -> Callable[[Handler], Handler]:
        return self._add(name, SET, kinds)

    def execute(self, name: str) -> Callable[[Handler], Handler]:
        return self._add(name, EXECUTE, ())

    def alias(self, old: str, name: str) -> None:
        """A second name of a command that was declared before."""
        self.table[old] = Command(old, self.table[name].forms)


class CommandTable:
    """All commands of one profile, in the order of its files."""

    def __init__(self, sets: Iterable[str], without: Iterable[str] = ()) -> None:
        self.by_name: dict[str, Command] = {}
        for name in sets:
            module = importlib.import_module(f"{__package__}.{name}")
            for command in module.commands.table.values():
                before = self.by_name.get(command.name)
                # A later file gives a command other forms, and leaves it those it does not name.
                forms = {**before.forms, **command.forms} if before else command.forms
                self.by_name[command.name] = Command(command.name, forms)
        for name in without:
            self.by_name.pop(name, None)

    def find(self, name: str) -> Optional[Command]:
        return self.by_name.get(name)
