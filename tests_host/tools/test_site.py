"""Owns: the documentation as a site: it is built without a dead link, and a dead link is found;
pages and pictures that are made from something are as that something is.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tools import api_doc, claims, recipes, site, wiring_pictures

ROOT = Path(__file__).resolve().parents[2]


def test_recipes_md_shows_the_examples_as_they_are() -> None:
    programs = {path.stem for path in (ROOT / "examples").glob("*.py")} - {"settings"}
    assert programs == {*recipes.RECIPES}
    assert recipes.DOC.read_text() == recipes.page(), "run 'make format'"


def test_api_md_shows_the_stubs_as_they_are() -> None:
    assert api_doc.DOC.read_text() == api_doc.page(), "run 'make format'"
    text = api_doc.page()
    for call in claims.calls():
        part, _, name = call.partition(".")
        if part in ("wifi", "net", "mqtt", "socket") and name and not name.startswith("_"):
            assert f".{name}`\n" in text, call


def test_pictures_show_the_tables_as_they_are() -> None:
    wanted = wiring_pictures.drawn()
    assert len(wanted) == 4, "a table of quickstart.md is not drawn"
    assert {path: path.read_text() for path in wanted} == wanted, "run 'make format'"
    for picture in wiring_pictures.pictures(wiring_pictures.PAGE.read_text()):
        tree = ElementTree.fromstring(wanted[wiring_pictures.FOLDER / picture.file])
        shown = "".join(tree.itertext())
        for ours, its, _ in picture.wires:
            assert ours in shown and its in shown, picture.file


@pytest.mark.slow
def test_the_site_is_built_and_a_dead_link_is_found(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    pytest.importorskip("material")
    pages = tmp_path / "pages"
    site.collected(pages)
    config = tmp_path / "mkdocs.yml"
    text = (ROOT / "mkdocs.yml").read_text()
    text = text.replace("build/site-pages", str(pages))
    config.write_text(text.replace("build/site", str(tmp_path / "site")))
    code, said = site.build(config)
    assert code == 0, said
    assert (tmp_path / "site" / "quickstart" / "index.html").exists()
    with open(pages / "memory.md", "a") as file:
        file.write("\n[nowhere](nowhere.md) and [no heading](power.md#nothing)\n")
    code, said = site.build(config)
    assert code != 0 and "nowhere.md" in said and "#nothing" in said, said
