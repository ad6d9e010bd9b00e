# modem.system: what ends in a reboot of the module. The driver knows that it comes: it waits for
# it, sets the module up again and joins as before.
from ..compat import const, ticks_add, ticks_diff, ticks_ms
from .quote import check

_WAKE_MS = const(5000)  # from the end of a sleep, or a reset, until "ready"
_ETIMEDOUT = const(110)


async def restart(m):
    """Reboot the module (AT+RST, guide 3.1.3). Links end with ECONNRESET; what was set is set
    again, and the network joined again, before the call returns."""
    await reboot(m, b"AT+RST\r\n")


async def restore(m):
    """Back to the factory's settings, which erases all that was saved (AT+RESTORE, guide 3.1.8).
    The module reboots; the driver does not join again."""
    await reboot(m, b"AT+RESTORE\r\n", True)


async def rollback(m):
    """Start the firmware in the other half of the flash, which was there before the last update
    (AT+SYSROLLBACK, guide 3.1.22)."""
    await reboot(m, b"AT+SYSROLLBACK\r\n")


async def deep_sleep(m, time_ms, wait=False):
    """Sleep, then reboot (AT+GSLP, guide 3.1.6). time_ms: 0..2147483647. Links end with
    ECONNRESET. Returns when the module sleeps; a call that comes before it wakes up fails with
    ENODEV. wait: return when it is awake and set up again; ETIMEDOUT if it does not wake up."""
    check("time_ms", time_ms, 0, 0x7FFFFFFF)
    await reboot(m, b"AT+GSLP=%d\r\n" % time_ms, wait=time_ms + _WAKE_MS if wait else 0)


async def reboot(m, cmd, forget=False, wait=_WAKE_MS):
    boots = m.boots
    said = []  # the time that AT+GSLP repeats
    await m.at(cmd, 10000, said.append)
    if forget:
        m.kept = ()
    if boots == m.boots:
        m.engine.on_reset()
        m.state = m.wifi_state = 0
    if not wait:
        return
    end = ticks_add(ticks_ms(), wait)
    while boots == m.boots:
        ms = ticks_diff(end, ticks_ms())
        if ms <= 0:
            if wait > _WAKE_MS:
                raise OSError(_ETIMEDOUT, "the module does not wake up")
            break  # it did not say "ready": look for it
        await m.idle(ms)
    await m.brief("start", "up")
