"""Owns: names that only one file knows become such as it has anyhow, and mean the same."""

from __future__ import annotations

import ast

import pytest

from tools import build_mpy, bundle, local_names, rom_names

SOURCE = """
def helper_of_mine(first_one, second_one=2):
    first_one.append(second_one)
    first_one.extend([len(first_one)])

    def inside_of_it(third_one, fourth_one=second_one):
        return third_one + fourth_one + second_one

    return [inside_of_it(x) for x in first_one], lambda last_one=second_one: last_one + second_one

def getaddrinfo(host, port):
    found, more = helper_of_mine([host], second_one=port)
    return found, more(), more(7), helper_of_mine(list(), port)[0]
"""


def shortened(source: str, name: str = "espat/once/some.py") -> tuple[str, dict[str, str]]:
    tree = ast.parse(source)
    back = local_names.shorten(tree, name)
    return ast.unparse(tree), back


def run(source: str) -> object:
    space: dict = {}
    exec(source, space)
    return space["getaddrinfo"](3, port=4)


def test_the_meaning_stays() -> None:
    text, _ = shortened(SOURCE)
    assert text != ast.unparse(ast.parse(SOURCE))
    assert run(text) == run(SOURCE)


def test_a_name_of_the_file_alone_is_replaced_by_one_that_it_has() -> None:
    text, back = shortened(SOURCE)
    for name in ("helper_of_mine", "first_one", "inside_of_it", "third_one"):
        assert name not in text
    assert set(back.values()) == {"helper_of_mine", "inside_of_it"}
    assert set(back) <= {"append", "extend"}


@pytest.mark.parametrize("name", ["getaddrinfo", "host", "port", "second_one"])
def test_what_programs_use_and_what_is_given_by_keyword_stays(name: str) -> None:
    assert name in shortened(SOURCE)[0]


def test_what_another_file_asks_for_stays() -> None:
    # brief("start", "up"), from .quote import same_setting, load("once.start").setup(...)
    for name in ("up", "setup", "sync"):
        assert f"def {name}(" in shortened(f"def {name}(m):\n    m.append(m)\n")[0]


def test_arguments_of_what_is_called_with_two_stars_stay() -> None:
    # Modem(uart, **kw) hands them to setup().
    text = bundle.text("espat/once/start.py", build_mpy.LIB)
    for name in ("host_wake", "baudrates", "restart", "flow"):
        assert f"{name}=" in text


def test_someone_elses_interface_is_left_alone() -> None:
    assert shortened(SOURCE, "espat/dropin.py") == (ast.unparse(ast.parse(SOURCE)), {})


@pytest.mark.parametrize("file", ["__init__", "sockets", "aio", "server"])
def test_a_name_asked_for_by_a_text_is_that_of_the_function(file: str) -> None:
    # brief("start", "resync" if ... else "up")
    text = bundle.text(f"espat/{file}.py", build_mpy.LIB)
    assert "'resync'" not in text and repr(rom_names.names()["resync"]) in text
    start = bundle.text("espat/once/start.py", build_mpy.LIB)
    assert f"async def {rom_names.names()['resync']}(" in start
