"""Owns: fetching Debian packages into a folder of ours and unpacking them there.

Nothing is installed on the machine and root is not needed: apt runs with its own
configuration, lists and cache below .tools/. May not touch anything outside .tools/.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools"
BIN = TOOLS / "bin"
SUITE = "trixie"  # the first Debian release with MicroPython 1.22 or newer
UPDATE_LIMIT_S = 240
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Unavailable(Exception):
    """Something can't be had on this machine; the text says what and what to do."""


class Source(NamedTuple):
    """One line of apt's sources that we can reuse."""

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str


def os_release() -> dict[str, str]:
    values: dict[str, str] = {}
    path = Path("/etc/os-release")
    if path.exists():
        for line in path.read_text().splitlines():
            key, sep, value = line.partition("=")
            if sep:
                values[key] = value.strip().strip('"')
    return values


def _deb822(text: str) -> Iterator[Source]:
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        key = ""
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1] in " \t" and key:
                fields[key] += " " + line.strip()
            elif ":" in line:
                key, _, value = line.partition(":")
                key = key.strip().lower()
                fields[key] = value.strip()
        if fields.get("enabled", "yes").lower() == "no" or "deb" not in fields.get("types", ""):
            continue
        signed = fields.get("signed-by", "")
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                parts = tuple(fields.get("components", "").split())
                yield Source(uri, suite, parts, signed if signed.startswith("/") else "")


def _one_line(text: str) -> Iterator[Source]:
    pattern = re.compile(r"^\s*deb\s+(\[[^]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$")
    for line in text.splitlines():
        match = pattern.match(line.split("#")[0])
        if match:
            signed = re.search(r"signed-by=([^\s\]]+)", match.group(1) or "")
            components = tuple(match.group(4).split())
            yield Source(
                match.group(2), match.group(3), components, signed.group(1) if signed else ""
            )


def machine_sources() -> list[Source]:
    folder = Path("/etc/apt")
    found: list[Source] = []
    files = [folder / "sources.list"]
    if (folder / "sources.list.d").is_dir():
        files += sorted((folder / "sources.list.d").iterdir())
    for path in files:
        if not path.is_file():
            continue
        text = path.read_text(errors="replace")
        if path.suffix == ".sources":
            found += _deb822(text)
        elif path.suffix == ".list":
            found += _one_line(text)
    return found


def pick_source() -> Source:
    """The machine's own mirror, with the suite that we want from it."""
    mirror = os.environ.get("ESPAT_DEBIAN_MIRROR", "")
    keyring = KEYRING if Path(KEYRING).exists() else ""
    if mirror:
        return Source(mirror, SUITE, ("main",), keyring)
    release = os_release()
    codename = release.get("VERSION_CODENAME", "")
    for source in machine_sources():
        if source.suite not in (codename, "stable", "testing", "unstable", "sid"):
            continue
        if "main" not in source.components:
            continue
        if release.get("ID") == "ubuntu":  # its mirror has no Debian suites
            return source._replace(components=("main", "universe"))
        if release.get("ID") == "debian":
            return source._replace(suite=SUITE, components=("main",))
    raise Unavailable(
        "no Debian or Ubuntu mirror found in this machine's apt sources "
        "(set ESPAT_DEBIAN_MIRROR to the address of a Debian mirror)"
    )


def host_arch() -> str:
    if not shutil.which("dpkg") or not shutil.which("apt-get"):
        raise Unavailable("this machine has no apt-get/dpkg")
    return _run(["dpkg", "--print-architecture"]).strip()


def _run(command: list[str], cwd: Optional[Path] = None) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=UPDATE_LIMIT_S,
            env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        )
    except subprocess.TimeoutExpired as exc:
        raise Unavailable(f"{command[0]} did not end within {UPDATE_LIMIT_S} s") from exc
    if done.returncode:
        tail = [line for line in done.stderr.splitlines() if line.strip()]
        raise Unavailable(f"{command[0]} failed: {tail[-1] if tail else done.returncode}")
    return done.stdout


class AptFolder:
    """An apt of our own: lists, cache and (empty) package state below .tools/apt."""

    def __init__(self, arches: list[str]) -> None:
        self.arches = arches
        self.base = TOOLS / "apt"
        self.config = self.base / "apt.conf"
        self._updated = False

    def _prepare(self) -> None:
        source = pick_source()
        for name in ("lists/partial", "cache/archives/partial", "parts", "preferences"):
            (self.base / name).mkdir(parents=True, exist_ok=True)
        (self.base / "status").write_text("")  # nothing installed: closures are complete
        option = f"[signed-by={source.signed_by}] " if source.signed_by else ""
        (self.base / "sources.list").write_text(
            f"deb {option}{source.uri} {source.suite} {' '.join(source.components)}\n"
        )
        arches = " ".join(f'"{arch}";' for arch in self.arches)
        self.config.write_text(
            f'Dir::State "{self.base}";\n'
            f'Dir::State::Lists "{self.base}/lists";\n'
            f'Dir::State::status "{self.base}/status";\n'
            f'Dir::Cache "{self.base}/cache";\n'
            f'Dir::Etc::sourcelist "{self.base}/sources.list";\n'
            f'Dir::Etc::sourceparts "{self.base}/parts";\n'
            f'Dir::Etc::preferences "{self.base}/preferences/none";\n'
            f'Dir::Etc::preferencesparts "{self.base}/preferences";\n'
            f'APT::Architecture "{self.arches[0]}";\n'
            f"APT::Architectures {{ {arches} }};\n"
            'APT::Sandbox::User "";\n'  # the download folder may be readable by us alone
            'Acquire::Languages "none";\n'
            'Acquire::Retries "2";\n'
        )

    def _apt(self, *args: str, cwd: Optional[Path] = None) -> str:
        return _run(["apt-get", "-c", str(self.config), "-qq", *args], cwd=cwd)

    def update(self) -> None:
        if not self._updated:
            self._prepare()
            self._apt("update")
            self._updated = True

    def unpack(self, package: str, arch: str) -> Path:
        """Unpack a package and the libraries it needs; gives the folder."""
        target = TOOLS / "root" / f"{package}-{arch}"
        stamp = target / ".complete"
        if stamp.exists():
            return target
        self.update()
        plan = self._apt(
            "install", "--print-uris", "-y", "--no-install-recommends", f"{package}:{arch}"
        )
        names = []
        for line in plan.splitlines():
            match = re.match(r"'[^']+' (\S+?)_", line)
            if match and (match.group(1) == package or match.group(1).startswith("lib")):
                names.append(f"{match.group(1)}:{arch}")
        if not names:
            raise Unavailable(f"{package} for {arch} is not in this machine's package mirror")
        debs = TOOLS / "debs" / f"{package}-{arch}"
        shutil.rmtree(debs, ignore_errors=True)
        shutil.rmtree(target, ignore_errors=True)
        debs.mkdir(parents=True)
        target.mkdir(parents=True)
        self._apt("download", *names, cwd=debs)
        for deb in sorted(debs.glob("*.deb")):
            _run(["dpkg", "-x", str(deb), str(target)])
        shutil.rmtree(debs)
        stamp.write_text("\n".join(names) + "\n")
        return target


def loader_command(folder: Path, program: str) -> list[str]:
    """The command line that starts a program of an unpacked folder with its own libraries."""
    patterns = ("lib*/ld-linux*.so.*", "usr/lib*/ld-linux*.so.*", "usr/lib/*/ld-linux*.so.*")
    loaders = [path for pattern in patterns for path in sorted(folder.glob(pattern))]
    real = [path for path in loaders if path.exists()]
    if not real:
        raise Unavailable(f"no dynamic loader in {folder.name}")
    dirs = {*folder.glob("usr/lib/*-linux-gnu*"), *folder.glob("lib/*-linux-gnu*")}
    paths = ":".join(str(path) for path in sorted(dirs) if path.is_dir())
    return [str(real[0]), "--library-path", paths, str(folder / program)]


def write_wrapper(name: str, command: list[str]) -> Path:
    BIN.mkdir(parents=True, exist_ok=True)
    quoted = " ".join("'" + part.replace("'", "'\\''") + "'" for part in command)
    path = BIN / name
    part = BIN / (name + ".part")
    part.write_text(f'#!/bin/sh\nexec {quoted} "$@"\n')
    part.chmod(0o755)
    part.replace(path)
    return path
