# modem.system.filtered_download: a page as bare bytes, without a frame around any of them, as guide
# 4.1.1 has it. Owns the filters for so long; system_stream.py takes the bytes.
from ..compat import const
from .quote import build, check

_EIO = const(5)
_GRACE_MS = const(5000)


async def filtered_download(m, url, write, length=None, timeout_ms=5000):
    """Fetch a page and hand its bytes to write(memoryview), piece by piece (AT+HTTPCGET behind
    filters, guide 4.1.1). Returns how many there were.

    url: the command has at most 256 bytes. length: of the page; None asks the server first
    (AT+HTTPGETSIZE). timeout_ms: 0..180000, how long the network may be silent. All filters are
    gone afterwards. Raises ATError or OSError(ETIMEDOUT); OSError(EIO) if the module said something
    of its own meanwhile. What write() got before an error is of no worth."""
    check("timeout_ms", timeout_ms, 0, 180000)
    args = (url, 2048, 2048, timeout_ms)
    cmd = build(b"AT+HTTPCGET", args)
    ms = timeout_ms + _GRACE_MS
    if length is None:
        found = []
        await m.at(build(b"AT+HTTPGETSIZE", args), ms, found.append, b"+HTTPGETSIZE:")
        try:
            length = int(found[0][13:])
        except (IndexError, ValueError):
            raise OSError(_EIO, "AT+HTTPGETSIZE: no size")
    check("length", length, 0, 1 << 30)
    if length:
        await m.brief("system_filter", "add_filter", b"^+HTTPCGET:[0-9]*,", b"\r\n$")
        await m.brief("system_filter", "add_filter", b"", b"\r\nOK\r\n$")
        try:
            await m.at(b"AT+SYSMSGFILTER=1\r\n")
            await m.brief("system_stream", "stream", cmd, write, length, ms)
        finally:
            for line in (b"AT+SYSMSGFILTERCFG=0\r\n", b"AT+SYSMSGFILTER=0\r\n"):
                await m.at(line, force=True)
    return length
