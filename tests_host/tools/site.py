"""Owns: `make docs`: the pages of docs/ as a site in build/site, by MkDocs with the Material theme.

Strict: a link to a page, heading or file that is not there is an error. What pages link to outside
docs/ (examples ...) goes along as files.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = ROOT / "build" / "site-pages"
LIMIT_S = 300
LINK = re.compile(r"\[([^]]*)\]\((\.\./[^)#]+)(#[^)]*)?\)")


def collected(pages: Path = PAGES, docs: Path = DOCS) -> None:
    shutil.rmtree(pages, ignore_errors=True)
    shutil.copytree(docs, pages)
    for path in pages.rglob("*.md"):
        path.write_text(LINK.sub(lambda found: moved(found, pages), path.read_text()))


def moved(found: re.Match[str], pages: Path) -> str:
    """A link to a file of the repository leads to a copy; one to a folder is its text."""
    source = (DOCS / found[2]).resolve()
    if not source.exists():
        raise SystemExit(f"site: {found[0]} leads nowhere")
    if source.is_dir():
        return found[1]
    target = pages / "files" / source.relative_to(ROOT)
    target = target.with_name(target.name + ".txt") if target.suffix in (".md", "") else target
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return f"[{found[1]}]({target.relative_to(pages).as_posix()})"


def build(config: Path = ROOT / "mkdocs.yml") -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(config)],
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=LIMIT_S,
    )
    return done.returncode, done.stdout


def main() -> int:
    collected()
    code, text = build()
    if code:
        print(text, end="")
    else:
        print(f"the documentation is in {ROOT / 'build' / 'site' / 'index.html'}")
    return code


if __name__ == "__main__":
    sys.exit(main())
