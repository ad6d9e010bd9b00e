"""Owns: starting helper programs, waiting for a line of theirs, and ending them for sure."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import threading
import time
from pathlib import Path
from typing import Callable, Mapping, Optional, Sequence

END_S = 3


class ChildFailed(Exception):
    """The program ended, or said nothing of what was awaited, in time."""


class Child:
    """A program whose output is read all the time, so that it never blocks on a full pipe."""

    def __init__(
        self,
        command: Sequence[str],
        env: Optional[Mapping[str, str]] = None,
        on_line: Optional[Callable[[str], None]] = None,
        cwd: Optional[Path] = None,
    ) -> None:
        self.command = list(command)
        self.lines: list[str] = []
        self._queue: queue.Queue[Optional[str]] = queue.Queue()
        self._on_line = on_line
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, **(env or {})},
            cwd=cwd,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if self._on_line:
                self._on_line(line.rstrip("\n"))
            self._queue.put(line)
        self._queue.put(None)

    def wait_for(self, pattern: str, limit_s: float) -> re.Match[str]:
        """The first match in a line that was not looked at before."""
        deadline = time.monotonic() + limit_s
        while True:
            try:
                line = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise ChildFailed(self._say(f"no {pattern!r} within {limit_s:g} s")) from None
            if line is None:
                raise ChildFailed(self._say(f"ended before it said {pattern!r}"))
            found = re.search(pattern, line)
            if found:
                return found

    def wait(self, limit_s: float) -> int:
        """Wait for the end; the exit code. Kills it (and raises) when it takes too long."""
        try:
            code = self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.end()
            raise ChildFailed(self._say(f"did not end within {limit_s:g} s")) from None
        self._reader.join(END_S)
        return code

    def _say(self, what: str) -> str:
        return f"{' '.join(self.command)}: {what}\n" + "".join(self.lines[-40:])

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(END_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(END_S)
        if self.process.stdout is not None and not self._reader.is_alive():
            self.process.stdout.close()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def run(
    command: Sequence[str],
    limit_s: float,
    env: Optional[Mapping[str, str]] = None,
    cwd: Optional[Path] = None,
) -> tuple[int, str]:
    """A program from beginning to end: its exit code, and all that it printed.
    ChildFailed, with the last lines, if it takes too long."""
    with Child(command, env, cwd=cwd) as child:
        return child.wait(limit_s), "".join(child.lines)
