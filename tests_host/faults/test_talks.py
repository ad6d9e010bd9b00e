"""Conversations on up to five links, put together by hypothesis (talks.py; `python -m faults.talks`
for more of them)."""

from __future__ import annotations

import pytest
from hypothesis import Phase

from faults import talks, trouble

EXAMPLES = 100


def test_right_bytes_or_an_error():
    talks.run(EXAMPLES, 0)


class Flips(trouble.Trouble):
    def begin(self) -> None:
        self.count += 1
        self.module.faults.flip_output(after_bytes=300)


class Flipped(talks.Talks):
    faults = Flips


def test_wrong_bytes_are_seen():
    """What has no checksum is not protected, and these conversations would notice."""
    with pytest.raises(AssertionError, match="wrong"):
        talks.run(EXAMPLES, 0, Flipped, [Phase.generate])
