"""Owns: some of the wire at each baud rate; 1 MiB each way is `make bench`'s."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import rates, report


@pytest.mark.parametrize("rate", rates.RATES)
def test_what_is_lost_is_noticed(rate: int) -> None:
    size = min(20_000, rate // 4)
    found = rates.row(rate, True, size, seed=2)
    assert min(found["up"], found["passive"], found["active"]) > 0.4, found
    found = rates.row(rate, False, size, seed=2)
    assert (found["reported"] > 0) == (found["lost"] > 0), found
    assert (found["lost"] > 0) == (rate >= 921_600), found


def test_a_table_gets_into_its_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    before, after = "# Page\n\n<!-- rates: by hand -->\n", "<!-- end of rates -->\nmore\n"
    page.write_text(f"{before}| old |\n{after}")
    report.into_page(page, "rates", [["a", "b"], ["1", "2"]], right=True)
    assert page.read_text() == f"{before}| a | b |\n| ---: | ---: |\n| 1 | 2 |\n{after}"


def test_the_page_has_places_for_all_tables() -> None:
    text = (report.ROOT / "docs" / "power.md").read_text()
    for name in ("day", "schedules", "rates"):
        assert text.count(f"<!-- {name}: ") == text.count(f"<!-- end of {name} -->") == 1
