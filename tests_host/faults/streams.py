"""Streams for fuzzing: what a module may say, and what becomes of it on a bad day.

Owns the seeded random numbers of a stream; knows nothing of the driver. Everything comes from
one number, so that a stream can be had again.
"""

from __future__ import annotations

import csv
import json
import random
from functools import lru_cache
from pathlib import Path

TABLES = Path(__file__).resolve().parents[1] / "tables"

# What frames, ends, asks or counts: pieces that mean something, whole and broken.
WORDS = (
    b"\r\n",
    b"\r",
    b"\n",
    b">",
    b"\r\n>",
    b"\r\nOK\r\n",
    b"OK\r\n",
    b"\r\nERROR\r\n",
    b"\r\nSEND OK\r\n",
    b"\r\nSEND FAIL\r\n",
    b"\r\nRecv 12 bytes\r\n",
    b"busy p...\r\n",
    b"ERR CODE:0x010b0000\r\n",
    b"ERR CODE:0xzz\r\n",
    b"+IPD,",
    b"\r\n+IPD,0,8:",
    b"\r\n+IPD,1,1400\r\n",
    b"\r\n+IPD,4,99999999:",
    b"\r\n+IPD,-1,5:",
    b"\r\n+IPD,7,3:",
    b"\r\n+IPD,0,:",
    b"\r\n+IPD,,3:",
    b"\r\n+IPD,0,3,",
    b"+IPD,0,0:",
    b"0,CLOSED\r\n",
    b"1,CONNECT\r\n",
    b"WIFI DISCONNECT\r\n",
    b"+CIPRECVDATA:4,",
    b"+CIPRECVDATA,4:",
    b"ready\r\n",
    b"\x00",
    b"\xff" * 7,
)


# What a module says by itself between two payloads.
ASIDE = (
    b"WIFI DISCONNECT\r\n",
    b"WIFI GOT IP\r\n",
    b"+TIME_UPDATED\r\n",
    b"\r\nbusy p...\r\n",
    b"ERR CODE:0x010b0000\r\n\r\nbusy p...\r\n",
    b'+STA_CONNECTED:"aa:bb:cc:dd:ee:ff"\r\n',
    b"\r\n+IPD,7,12\r\n",
    b"\r\n\r\n",
    b"Will force to restart!!!\r\n",
)


@lru_cache(maxsize=1)
def said() -> tuple[bytes, ...]:
    """Lines as the tables have them: messages, and the answers of the dialogues."""
    found = []
    with (TABLES / "messages.csv").open() as f:
        for row in csv.DictReader(f):
            if row["dialect"] == "esp-at":
                found.append(row["pattern"].encode() + b"\r\n")
    for text in (TABLES / "dialogues.jsonl").read_text().splitlines():
        for step in json.loads(text)["steps"]:
            found.extend(b"\r\n" + line.encode() + b"\r\n" for line in step.get("expect", ()))
    return tuple(sorted(set(found)))


def payload(rng: random.Random, size: int) -> bytes:
    """Bytes that look like what the module says, or like anything."""
    out = bytearray()
    while len(out) < size:
        kind = rng.randrange(3)
        if kind == 0:
            out += rng.choice(WORDS)
        elif kind == 1:
            out += rng.choice(said())
        else:
            out += rng.randbytes(rng.randrange(1, 40))
    return bytes(out[:size])


def traffic(rng: random.Random, parts: int = 12, lines: tuple[bytes, ...] = ()) -> bytes:
    """A stream without any fault: every payload is as long as its header says. lines: what is
    said between; without, all that the tables have, also what no module says there."""
    out = bytearray()
    size = rng.choice((1, 7, 60, 64, 128, 256, 300))
    for _ in range(rng.randrange(1, parts)):
        kind = rng.randrange(8)
        if kind < 3:
            # The same header several times: it is compared as a whole then.
            link = rng.randrange(5)
            for _ in range(rng.randrange(1, 5)):
                out += b"\r\n+IPD,%d,%d:" % (link, size) + payload(rng, size)
        elif kind == 3:
            size = rng.randrange(600)
            out += b"\r\n+IPD,%d,%d:" % (rng.randrange(7), size) + payload(rng, size)
        elif kind == 4:
            out += b"\r\nOK\r\n"
        elif kind == 5:
            out += b"\r\nRecv %d bytes\r\n\r\nSEND OK\r\n" % rng.randrange(9000)
        else:
            out += rng.choice(lines or said())
    return bytes(out)


def mutate(rng: random.Random, data: bytes) -> bytes:
    """Lost, doubled, wrong and foreign bytes."""
    out = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(out) + 1)
        count = rng.choice((1, 1, 2, 5, 32, 128))
        kind = rng.randrange(6)
        if kind == 0:
            del out[at : at + count]
        elif kind == 1:
            out[at:at] = out[at : at + count]
        elif kind == 2 and at < len(out):
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 3:
            out[at:at] = rng.randbytes(count)
        elif kind == 4:
            out[at:at] = rng.choice(WORDS)
        else:
            del out[at:]
    return bytes(out)


def messages(seed: int, count: int) -> bytes:
    """So many messages one after the other: payload, what modules say, pieces that frame or end
    something, one message in five with a wrong, lost or doubled byte."""
    rng = random.Random(seed)
    number = rng.random
    lines, words = said(), WORDS
    out = []
    for _ in range(count):
        kind = number()
        if kind < 0.3:
            n = int(number() * 60)
            out.append(b"\r\n+IPD,%d,%d:" % (int(number() * 6), n) + rng.randbytes(n))
        elif kind < 0.55:
            out.append(lines[int(number() * len(lines))])
        elif kind < 0.75:
            out.append(words[int(number() * len(words))])
        elif kind < 0.8:
            out.append(rng.randbytes(1 + int(number() * 30)))
        else:
            whole = out[-1] if out and number() < 0.5 else b""
            spoilt = bytearray(whole or lines[int(number() * len(lines))])
            at = int(number() * len(spoilt))
            if kind < 0.88:
                spoilt[at] = int(number() * 256)
            elif kind < 0.95:
                del spoilt[at]
            else:
                spoilt.insert(at, spoilt[at])
            out.append(bytes(spoilt))
    return b"".join(out)


def stream(seed: int) -> bytes:
    """Any stream: sound, mutated, words in any order, noise."""
    rng = random.Random(seed)
    kind = rng.randrange(8)
    if kind < 2:
        return traffic(rng)
    if kind < 6:
        return mutate(rng, traffic(rng))
    if kind == 6:
        return payload(rng, rng.randrange(600))
    return rng.randbytes(rng.randrange(300))
