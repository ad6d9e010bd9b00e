# What the three ways of provisioning have in common: listening to what the module says, telling of
# the stages, leaving no trace. Loaded for a call.
from ..compat import load, ticks_add, ticks_diff, ticks_ms
from .quote import query, remember, unkeep

_ECONNRESET = 104
_ETIMEDOUT = 110


class Watch:
    # Lines that begin so, from now on, in their order.

    def __init__(self, m, prefixes, on_stage):
        self.m = m
        self.lines = []
        self.on_stage = on_stage
        self.boots = m.boots
        hooks = m.engine.hooks
        self.mine = [(prefix, self.heard) for prefix in prefixes] + [(b"WIFI ", self.wifi)]
        hooks[:] = self.mine + hooks

    def heard(self, line):
        self.lines.append(line)

    def wifi(self, line):
        self.lines.append(line)
        self.m.said(line)

    def close(self):
        hooks = self.m.engine.hooks
        hooks[:] = [h for h in hooks if h not in self.mine]

    def stage(self, name, data=None):
        if self.on_stage:
            self.m.spawn(self.on_stage(name, data))

    async def line(self, end):
        # The next one; None when the time `end` (ticks) has come.
        m = self.m
        while not self.lines:
            if m.boots != self.boots:
                raise OSError(_ECONNRESET, "the module has rebooted")
            left = ticks_diff(end, ticks_ms())
            if left <= 0:
                return None
            await m.idle(left)
        return self.lines.pop(0)

    async def pause(self, ms):
        end = ticks_add(ticks_ms(), ms)
        while ticks_diff(end, ticks_ms()) > 0:
            if await self.line(end) is None:
                return


async def begin(m, store):
    # Out of the network that it is in. Returns what AT+SYSSTORE was.
    stored = int((await query(m, b"AT+SYSSTORE?"))[0])
    unkeep(m, b"AT+CWJAP")
    await m.at(b"AT+CWQAP\r\n", force=True)
    m.wifi_state = 0
    if store:
        await m.at(b"AT+SYSSTORE=1\r\n")
    return stored


async def end(m, watch, cmd, was, stored, store):
    # Also after an error, or a cancellation: cmd ends it; the mode (was) and AT+SYSSTORE (stored)
    # are as before.
    watch.close()
    mode = b"AT+CWMODE=%d,0\r\n"
    new = 1 | was & 2
    if m.boots == watch.boots:
        await m.at(cmd, force=True)
        if store:
            # The station alone: it joins by itself when the module starts.
            await m.at(mode % 1, force=True)
        await m.at(b"AT+SYSSTORE=%d\r\n" % stored, force=True)
        await m.at(mode % new, force=True)
    unkeep(m, mode)
    if new != 1:
        remember(m, mode % new)


async def online(m, cmd, store):
    # Is it true? Whatever was heard came from the air. Returns the network's name.
    station = load("once.wifi_more")
    if await station.status(m) != 2:
        raise failed(cmd)
    if store:
        remember(m, b"AT+CWJAP\r\n", 20000)
    return await station.ssid(m)


def failed(cmd):
    from ..errors import WifiError

    return WifiError(cmd, 0, _ETIMEDOUT, "the network that it was told of was not joined", 1)
