# The command `espat`, also as `python -m espat_tools`. Owns the message for a PC on which the
# optional packages are missing; cli.py does the rest.
from __future__ import annotations

import sys


def main() -> int:
    try:
        from .cli import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("typer", "rich", "serial", "prompt_toolkit"):
            print(
                f"espat: the package {error.name} is missing: pip install 'espat-sim[tools]'",
                file=sys.stderr,
            )
            return 2
        raise
    return run()


if __name__ == "__main__":
    sys.exit(main())
