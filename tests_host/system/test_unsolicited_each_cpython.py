# runs-on: cpython
"""Owns: every unsolicited line at every single place of every call's answers, one at a time.

test_unsolicited.py injects a line at all places at once, on every interpreter; what only happens
when it comes once is found here, where a run costs a millisecond.
"""

from __future__ import annotations

import pytest

from system import messages, steps

# Calls that take long, in which each line takes every third place; the next line the next ones.
LONG = ("start", "scan", "join", "queries", "ifconfig", "own_command", "receive", "disconnect")
CASES = [(name, True) for name in steps.CALLS]
CASES += [(name, False) for name in ("connect", "echo", "receive", "close")]


@pytest.mark.parametrize(
    "name, passive", CASES, ids=lambda x: x if isinstance(x, str) else "passive" if x else "active"
)
def test_one_line_at_one_place(name: str, passive: bool) -> None:
    places = steps.borders(name, passive)
    ground = steps.Ground(passive)
    assert len(places) > 1
    wrong = []
    for i, (pattern, line) in enumerate(messages.unsolicited()):
        if pattern == "SEND Canceled" and name in ("echo", "receive"):
            continue  # it says that the send under way is over
        for place in places[i % 3 :: 3] if name in LONG else places:
            error = steps.run(ground, name, line, [place])
            if error:
                wrong.append(f"{error} with {pattern} at {place}")
                ground = steps.Ground(passive)
    assert not wrong, f"{len(wrong)}: " + "\n".join(wrong[:10])
