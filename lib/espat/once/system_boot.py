# modem.system: passthrough from power-up on, as plain commands.
from .ask import switch
from .quote import build, check

_KINDS = "TCP TCPv6 SSL SSLv6 UDP UDPv6"


async def boot_passthrough(m, host=None, port=0, kind="TCP", keep_alive_s=0, local_port=0):
    """Have the module open a link at power-up and pass everything through; None: no more
    (AT+SAVETRANSLINK, guide 3.1.9). Always saved in flash, and in force from the next reboot.
    host: at most 64 bytes. port: 1..65535. kind: "TCP", "TCPv6", "SSL", "SSLv6" with
    keep_alive_s 0..7200, or "UDP", "UDPv6" with local_port 0..65535. The driver, at its next
    start, leaves passthrough again."""
    if host is None:
        return await m.at(b"AT+SAVETRANSLINK=0\r\n")
    if kind not in _KINDS.split():
        raise ValueError("kind: " + _KINDS)
    check("host: bytes", len(host.encode()), 1, 64)
    check("port", port, 1, 65535)
    check("keep_alive_s", keep_alive_s, 0, 7200)
    check("local_port", local_port, 0, 65535)
    last = local_port if kind[0] == "U" else keep_alive_s
    await m.at(build(b"AT+SAVETRANSLINK", (1, host, port, kind, last or None)))


async def passthrough_interval(m, time_ms=None):
    """How long passthrough gathers bytes before it sends them, 0..1000 ms (AT+TRANSINTVL, guide
    3.1.10)."""
    return await switch(m, b"AT+TRANSINTVL", time_ms, 0, 1000, True)
