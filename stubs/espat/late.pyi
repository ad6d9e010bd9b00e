# Types of espat.late: a socket that opens its link at the first use.
from .sockets import Socket

class LateSocket(Socket):
    def open_now(self) -> bool | None: ...
