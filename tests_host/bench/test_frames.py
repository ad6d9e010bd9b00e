"""Owns: the functions that run for every packet keep their frames off the heap.

MicroPython puts the frame of a function on the C stack if its locals, temporaries and exception
handlers fit into 11 words (py/objfun.c, VM_MAX_STATE_ON_STACK). A larger one is allocated on the
heap and freed again at every call, which costs more than the call itself.
"""

from __future__ import annotations

import re
import subprocess

import pytest

from tools import run_micropython

LIMIT_WORDS = 11
HANDLER_WORDS = 3  # of one `try` (32 bits)
LIB = run_micropython.ROOT / "lib/espat"
HOT = {
    "framer": "took sift",
    "engine": "number start poll finish ipd on_prompt on_ok on_line",
    "bulk": "pump flow window text sent again quick beyond recall",
    "ring": "start stop copy",
    "link": "take line data on_room on_bytes on_closed need_ring settle leave give",
    "sockets": "recv_into guarded patient send push",
}
CODE = re.compile(
    r"code block '([^']+)'.*?\(N_STATE (\d+)\)\s+\(N_EXC_STACK (\d+)\)", re.S
)  # what the interpreter prints of each function


def frames(name: str) -> dict[str, int]:
    """Words of the largest frame of each function of a file."""
    done = subprocess.run(
        [str(run_micropython.BINARIES[32]), "-v", "-v", f"{LIB / name}.py"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    found: dict[str, int] = {}
    for function, state, handlers in CODE.findall(done.stdout):
        words = int(state) + HANDLER_WORDS * int(handlers)
        found[function] = max(words, found.get(function, 0))
    return found


@pytest.mark.parametrize("name", HOT)
def test_hot_functions_have_small_frames(name: str) -> None:
    if run_micropython.missing(32):
        pytest.skip(run_micropython.missing(32))
    words = frames(name)
    hot = HOT[name].split()
    assert set(hot) <= set(words), "the interpreter prints no bytecode, or a function is gone"
    assert {f: words[f] for f in hot if words[f] > LIMIT_WORDS} == {}
