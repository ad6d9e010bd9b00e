"""The simulated module's command parser, fed with lines that are almost commands.

Owns the lines. The module answers every line that ends, with OK, ERROR or what the command says;
it never raises, and afterwards it still answers AT.
"""

from __future__ import annotations

import csv
import random
from functools import lru_cache
from typing import Optional

from faults import streams
from sim.rig import Rig

# Those after which the module is away for long, or takes every byte as data, on purpose.
AWAY = ("GSLP", "SAVETRANSLINK", "TRANSINTVL", "UART", "RST", "RESTORE", "SLEEP", "USERMCUSLEEP")


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    with (streams.TABLES / "commands.csv").open() as f:
        rows = list(csv.DictReader(f))
    found = sorted({row["name"] for row in rows if row["dialect"] == "esp-at"})
    return tuple(n for n in found if not any(word in n for word in AWAY))


ARGUMENTS = (
    b"0",
    b"1",
    b"5",
    b"-1",
    b"4294967296",
    b'"text"',
    b'"',
    b'"a\\"b\\,c\\\\"',
    b'"\xff\x00"',
    b"",
    b" ",
    b"\\",
    b'"192.168.1.2"',
    b'"x"' * 40,
    b"1e9",
    b"0x10",
)


def line(rng: random.Random) -> bytes:
    name = rng.choice(names()).encode()
    form = rng.choice((b"", b"?", b"=?", b"="))
    out = name + form
    if form == b"=":
        out += b",".join(rng.choice(ARGUMENTS) for _ in range(rng.randrange(8)))
    if rng.random() < 0.2:
        out = streams.mutate(rng, out)
    return out.replace(b"\r", b"").replace(b"\n", b"") + b"\r\n"


def check(seed: int, count: int = 10) -> None:
    """So many lines to a module of its own."""
    rng = random.Random(seed)
    rig = Rig(echo=bool(seed & 1), seed=seed)
    for _ in range(count):
        rig.write(line(rng).decode("latin-1"))
        rig.collect(0.2)
    rig.m.control({"do": "reboot"})  # out of whatever waits for data
    rig.collect(3)
    rig.write("AT\r\n")
    assert b"\r\nOK\r\n" in rig.collect(1), f"seed {seed}: the module does not answer"


def one(rig: Optional[Rig], data: bytes) -> Rig:
    """One line of a fuzzer's bytes to a module that is there already, or a new one."""
    rig = rig or Rig()
    text = data.replace(b"\r", b"").replace(b"\n", b"")
    name = names()[data[0] % len(names())].encode() if data else b""
    rig.write((name + text[1:] + b"\r\n").decode("latin-1"))
    rig.collect(0.2)
    if rig.m.running is None and not rig.m.port.takes_raw:
        return rig
    rig.m.control({"do": "reboot"})
    rig.collect(3)
    return rig
