# Types of espat.errors.

class ATError(OSError):
    command: str
    code: int
    status: int
    def __init__(
        self, command: str, code: int = 0, errno: int = 5, text: str | None = None
    ) -> None: ...

class WifiError(ATError):
    reason: int
    def __init__(
        self, command: str, code: int, errno: int, text: str | None, reason: int
    ) -> None: ...
