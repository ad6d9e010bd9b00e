# A LinkEvents that writes down what it is told; shared by the tests of both networks.
# Owns a log of names. It reads nothing by itself.
from __future__ import annotations


class Recorder:
    def __init__(self) -> None:
        self.log: list[str] = []
        self.error = 0

    def on_connect(self) -> None:
        self.log.append("connect")

    def on_error(self, errno_: int) -> None:
        self.error = errno_
        self.log.append("error")

    def on_readable(self) -> None:
        self.log.append("readable")

    def on_writable(self) -> None:
        self.log.append("writable")
