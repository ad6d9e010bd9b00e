"""Conversations on up to five links, put together by hypothesis (talks.py; `python -m faults.talks`
for more of them)."""

from __future__ import annotations

import random

import pytest
from hypothesis import Phase

from faults import talks, trouble

EXAMPLES = 100


def test_right_bytes_or_an_error():
    talks.run(EXAMPLES, 0)


def begun(kind: str, seed: int, passive: bool, flow: bool) -> talks.Talks:
    """One that hypothesis has found, up to its fault."""
    t = talks.Talks()
    t.start(passive, flow, True)
    t.connect()
    if kind == "drop_output":
        t.write(0, 1, 0)
    t.trouble.rng = random.Random(seed)
    t.trouble.kinds = (kind,)
    t.trouble.begin()
    return t


def test_late_answers_of_an_earlier_search_are_nobodys():
    """The first answer after CTS came back was that to an earlier question: so were all that
    followed, and the firmware was taken for another one, for good."""
    t = begun("stuck_cts_module", 28040, True, True)
    t.all_at_once([0, 1, 2, 3, 4], 1460, 1)
    t.ask()
    t.ask()
    t.teardown()


def test_half_a_message_and_half_of_another_are_no_payload():
    """+IPD,0,1 and "espat-lab","02: with nothing between them."""
    t = begun("drop_output", 22, True, False)
    t.ask()
    t.read(0, 1)
    t.teardown()


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
