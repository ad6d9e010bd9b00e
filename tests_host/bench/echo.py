"""Owns: asyncio.start_server over espat on a small heap, with real clients, byte for byte."""

from __future__ import annotations

import argparse
import random
import socket
import sys
import threading
from pathlib import Path

from tools import build_mpy, children, run_micropython

BOARD = Path(__file__).with_name("board")
START_S = 20
LIMIT_S = 60


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


def talk(port: int, seed: int, size: int, wrong: list[str]) -> None:
    """One client: sends in pieces of random size, and compares what comes back."""
    rand = random.Random(seed)
    data = rand.randbytes(size)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S) as s:
            at = 0
            while at < size:
                piece = data[at : at + rand.randint(1, 4000)]
                s.sendall(piece)
                got = b""
                while len(got) < len(piece):
                    part = s.recv(len(piece) - len(got))
                    if not part:
                        raise OSError("the stream has ended")
                    got += part
                if got != piece:
                    raise OSError(f"wrong bytes after {at}")
                at += len(piece)
    except OSError as e:
        wrong.append(f"client {seed}: {e!r}")


def run(heap: str = "96K", clients: int = 4, size: int = 65_536) -> list[str]:
    """What went wrong; nothing, if every byte came back."""
    port = free_port()
    simulator = [sys.executable, "-u", "-m", "espat_sim", "--tcp", "0", "--fast"]
    env = {"MICROPYPATH": f"{build_mpy.build_all()}:{BOARD}:.frozen"}
    board = [str(run_micropython.BINARIES[32]), "-X", f"heapsize={heap}"]
    with children.Child([*simulator, "--map", f"8080={port}"]) as sim:
        found = sim.wait_for(r"tcp:([\w.]+):(\d+)", START_S)
        board += [str(BOARD / "echo_server.py"), found[1], found[2], str(clients)]
        with children.Child(board, env) as child:
            child.wait_for("listening", START_S)
            wrong: list[str] = []
            threads = [
                threading.Thread(target=talk, args=(port, seed, size, wrong))
                for seed in range(clients)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(LIMIT_S)
            if not wrong:
                child.wait_for("done", LIMIT_S)
            elif child.lines:
                wrong.append("".join(child.lines[-12:]))
            return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description="asyncio.start_server with four clients.")
    parser.add_argument("--heap", default="96K")
    parser.add_argument("--size", type=int, default=65_536, help="bytes for each client")
    args = parser.parse_args()
    if run_micropython.missing(32):
        print(f"skipped: {run_micropython.missing(32)}")
        return 0
    wrong = run(args.heap, 4, args.size)
    for line in wrong:
        print(f"FAILED {line}")
    if not wrong:
        print(f"start_server: four clients, {args.size} bytes each and back, heap {args.heap}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
