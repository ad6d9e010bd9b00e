# modem.gpio: answers of a bus, bytes as hex text without a length. Loaded for a transfer.


async def read(m, cmd, prefix, buf, ms):
    # Send cmd; what the answer holds goes into buf. OSError(EIO): it holds more or less.
    n = len(buf)
    found = await m.brief("wide", "lines", cmd, prefix, 2 * n + 32, ms)
    text = found[0] if found else b""
    i = text.find(b":") + 1
    if len(text) - i != 2 * n:
        raise OSError(5, "%d bytes asked for" % n)
    for k in range(n):
        try:
            buf[k] = int(text[i : i + 2], 16)
        except ValueError:
            raise OSError(5, "no hex")
        i += 2
