"""Owns: what README and docs/ say about files, commands and names is so."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
from pathlib import Path

import pytest

from espat_sim import actions
from tools import doc_figures, libraries

ROOT = Path(__file__).resolve().parents[2]
DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(path: Path, language: str = "") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(), re.S | re.M)


def each(documents: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", documents, ids=lambda path: path.name)


@each(DOCS)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), target


@each(DOCS)
def test_named_files_exist(path: Path) -> None:
    for name in re.findall(r"`([\w./]+\.(?:py|md|csv|jsonl|json))`", path.read_text()):
        places = [ROOT, path.parent, ROOT / "lib/espat", ROOT / "tests_host", ROOT / "examples"]
        assert any((place / name).exists() for place in places), name


@each(DOCS)
def test_commands_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    text = path.read_text()
    for target in re.findall(r"(?:`|^)make ([a-z]+)", text, re.M):
        assert target in targets, f"make {target}"
    for module in re.findall(r"python -m ([\w.]+)", text):
        assert importlib.util.find_spec(module), module
    for block in blocks(path):
        for word in block.split():
            if word.startswith(("examples/", "tests_host/")) and ":" not in word:
                assert (ROOT / word).exists(), word


@each(DOCS)
def test_python_blocks_compile(path: Path) -> None:
    for block in blocks(path, "python"):
        compile(block, str(path), "exec")


def test_the_test_in_simulator_md_runs() -> None:
    import sim_machine

    _, block = blocks(ROOT / "docs/simulator.md", "python")  # the other: test_doc_commands.py
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(block, "simulator.md", "exec"), {"__name__": "simulator_md"})
    finally:
        sim_machine.detach()
    assert printed.getvalue().startswith("b'hello' "), printed.getvalue()


def test_simulator_md_lists_every_request() -> None:
    text = (ROOT / "docs/simulator.md").read_text()
    rows = re.findall(r"^\| (`.*?) \|", text.split("## The control channel")[1], re.M)
    named = set(re.findall(r"`(\w+)`", " ".join(rows)))
    # These two are the control channel's own.
    assert named == {*actions._ACTIONS, "uart", "watch_pin"}


def test_simulator_md_lists_every_option() -> None:
    from espat_sim import runner

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), pytest.raises(SystemExit):
        runner.parse_args(["--help"])
    text = (ROOT / "docs/simulator.md").read_text()
    for option in set(re.findall(r"--\w+", printed.getvalue())) - {"--help"}:
        assert f"`{option}" in text, option


def test_architecture_md_lists_every_file_of_the_driver() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    table = text.split("## Files of lib/espat")[1].split("\n\n")[1]
    named = set(re.findall(r"`([\w/]+\.py)`", table))
    lib = ROOT / "lib/espat"
    assert named == {path.relative_to(lib).as_posix() for path in lib.glob("**/*.py")}


def test_libraries_md_has_a_row_for_each_test_that_proves_one() -> None:
    assert libraries.rows_on_page() == libraries.marks() > 0


def test_memory_md_shows_the_figures_that_were_kept() -> None:
    assert doc_figures.DOC.read_text() == doc_figures.with_table(
        doc_figures.DOC.read_text(), doc_figures.kept()
    )
