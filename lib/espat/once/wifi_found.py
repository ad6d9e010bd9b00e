# The iterator behind modem.wifi.scan_iter. Where nothing narrows the scan, one channel is scanned
# after the other, each when its turn comes: only what one channel holds is kept, packed; and
# whatever the program does in its loop, the module says nothing meanwhile that could be lost.
import struct

from ..compat import run


class Found:
    """The networks in range, one at a time: `for` and `async for`."""

    def __init__(self, m, plan):
        self.m = m
        self.plan = plan
        cmd, self.tail = plan[:2]
        self.todo = (cmd,) if len(cmd) > len(self.tail) + 8 else None
        self.out = b""
        self.i = 0

    def __iter__(self):
        return self

    def __aiter__(self):
        return self

    def __next__(self):
        ap = run(self.more())
        if ap is None:
            raise StopIteration
        return ap

    async def __anext__(self):
        ap = await self.more()
        if ap is None:
            raise StopAsyncIteration
        return ap

    async def more(self):
        m = self.m
        while self.i >= len(self.out):
            if self.todo is None:
                self.todo = await m.brief("wifi_found", "channels")
            if not self.todo:
                return None
            cmd = self.todo[0]
            channel = None
            if not isinstance(cmd, bytes):
                channel = cmd
                cmd = b"AT+CWLAP=,,%d" % cmd + self.tail
            self.todo = self.todo[1:]
            self.out = await m.brief("wifi_air", "one_scan", cmd, channel, self.plan, bytearray)
            self.i = 0
        out = self.out
        i = self.i
        n = out[i]
        mac, channel, rssi, security = struct.unpack_from("<6sBbB", out, i + 1)
        i += 10
        ssid = bytes(memoryview(out)[i : i + n])
        ap = ssid, mac, channel, rssi, security, not ssid
        i += n
        if self.plan[4]:
            ap += struct.unpack_from("<6h", out, i)
            i += 12
        self.i = i
        return ap


async def channels(m):
    # Those of the country that is set.
    from .quote import query

    try:
        f = (await query(m, b"AT+CWCOUNTRY?"))[0].split(b",")
        i = int(f[2])
        n = int(f[3])
        if 0 < i < 15 and 0 < n < 15:  # a wrong number must not become a list without end
            return tuple(range(i, i + n))
    except (OSError, ValueError, IndexError):
        pass
    return tuple(range(1, 14))
