# Poll objects for programs on the simulated board in virtual time: what select.py has of it.
# Allocates when objects are registered, not when they are waited for.
import sim_host as _host
import sim_lockstep as _link
import uselect as _select

_POLL = 3  # MP_STREAM_POLL
_ALWAYS = 0x18  # POLLERR, POLLHUP


class poll:
    def __init__(self):
        self._entries = []  # [object, flags, [object, ready]]
        self._out = []
        self._real = None  # for objects without ioctl(): files, sockets; no pair above
        # Objects that are no UART but stand on one: on a board the UART's own interrupts
        # (received, room to send) end a wait and have them asked again.
        self._step_us = 0

    def _find(self, obj):
        for entry in self._entries:
            if entry[0] is obj:
                return entry
        return None

    def register(self, obj, flags=5):
        entry = self._find(obj)
        if entry is not None:
            entry[1] = flags
            return False
        ours = hasattr(obj, "ioctl")
        if ours and not hasattr(obj, "any"):
            self._step_us = 2000
        self._entries.append([obj, flags, [obj, 0] if ours else None])
        if not ours:
            if self._real is None:
                self._real = _select.poll()
            self._real.register(obj, flags)
        return True

    def modify(self, obj, flags):
        entry = self._find(obj)
        if entry is None:
            raise OSError(2)
        entry[1] = flags
        if entry[2] is None:
            self._real.modify(obj, flags)

    def unregister(self, obj):
        entry = self._find(obj)
        if entry is not None:
            self._entries.remove(entry)
            if entry[2] is None:
                self._real.unregister(obj)

    def _scan(self):
        out = self._out
        while out:  # clear() would need the heap
            out.pop()
        for entry in self._entries:
            pair = entry[2]
            if pair is not None:
                pair[1] = entry[0].ioctl(_POLL, entry[1]) & (entry[1] | _ALWAYS)
                if pair[1]:
                    out.append(pair)
        if self._real is not None:
            for obj, ready in self._real.ipoll(0):
                out.append([obj, ready])
        return out

    def ipoll(self, timeout=-1, flags=0):
        """A list of [object, ready], the same one each time; ready objects in order."""
        left_us = (timeout if 0 <= timeout < 600000 else 600000) * 1000
        _host.link()
        out = self._scan()
        if not out and timeout:
            waiting = 0
            start = _link._us  # what a scan costs counts too
            while True:
                # Bytes that nobody here wants: only time can bring something new.
                if waiting:
                    _link.sleep_us(1000 if left_us > 1000 else left_us)
                    waiting = 0
                else:
                    step_us = self._step_us
                    waiting = _link.idle(step_us if 0 < step_us < left_us else left_us)
                out = self._scan()
                now = _link._us
                left_us -= (now - start) & 0x3FFFFFFF
                start = now
                if out:
                    break
                if left_us <= 0:
                    if 0 <= timeout < 600000:
                        break
                    timeout -= 600000 if timeout > 0 else 0
                    left_us = (timeout if 0 <= timeout < 600000 else 600000) * 1000
        if flags & 1:  # one-shot
            for pair in out:
                self.modify(pair[0], 0)
        return out

    def poll(self, timeout=-1):
        return [(pair[0], pair[1]) for pair in self.ipoll(timeout)]
