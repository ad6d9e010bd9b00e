# modem.system: passthrough from power-up on, and the UART's settings, as plain commands.
from ..compat import const
from .ask import numbers, switch
from .quote import build, check

_KINDS = "TCP TCPv6 SSL SSLv6 UDP UDPv6"
_SETTLE_MS = const(20)


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


async def uart(m, baudrate=None, bits=8, stop=1, parity=0, flow=0, save=False):
    """The module's end of the UART: (baudrate, bits, stop, parity, flow), or set it (AT+UART_CUR,
    guide 3.1.11; with save AT+UART_DEF, 3.1.12, for good). baudrate: 80..5000000. bits: 5..8.
    stop: 1 one, 2 one and a half, 3 two. parity: 0 none, 1 odd, 2 even. flow: 0 none, 1 RTS,
    2 CTS, 3 both. The host's end follows with its baud rate; the rest of it is yours."""
    name = b"AT+UART_DEF" if save else b"AT+UART_CUR"
    if baudrate is None:
        return tuple(await numbers(m, name + b"?"))
    check("baudrate", baudrate, 80, 5000000)
    check("bits", bits, 5, 8)
    check("stop", stop, 1, 3)
    check("parity", parity, 0, 2)
    check("flow", flow, 0, 3)
    from .start import pause, set_baudrate

    if not (hasattr(m.uart, "init") or hasattr(m.uart, "baudrate")):
        raise ValueError("the host's UART cannot change its baud rate")
    await m.at(build(name, (baudrate, bits, stop, parity, flow)))
    set_baudrate(m.uart, baudrate)
    await pause(m, _SETTLE_MS)
