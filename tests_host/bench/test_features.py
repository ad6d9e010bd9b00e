"""Owns: the features whose cost is told are made of functions that are there."""

from __future__ import annotations

import ast

import pytest

from bench import features, sizes


@pytest.mark.parametrize("feature", features.FEATURES)
def test_its_functions_are_there_and_go(feature: str) -> None:
    for file, names in features.FEATURES[feature].items():
        assert file in sizes.CLIENT.split()
        whole = features.without(file, set())
        left = features.without(file, set(names.split()))
        assert functions(whole) - functions(left) >= len(names.split())


def functions(text: str) -> int:
    kinds = ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef
    return sum(isinstance(node, kinds) for node in ast.walk(ast.parse(text)))


def test_a_name_that_nobody_has_is_an_error() -> None:
    with pytest.raises(KeyError):
        features.without("sockets", {"Socket.none_such"})
