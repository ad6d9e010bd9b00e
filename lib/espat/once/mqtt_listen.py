# modem.mqtt: messages to a handler, or one by one to a loop. Loaded for it.
from ..compat import run, ticks_add, ticks_diff, ticks_ms
from ..mqtt import receive


async def listen(m, handler, timeout_ms=None):
    """Call handler(topic, payload) with each message for timeout_ms (None: for ever; 0: with
    those that are there). It may use the modem; a coroutine that it returns is awaited. payload
    is a memoryview that holds until the handler is done. Errors as receive()."""
    end = None if timeout_ms is None else ticks_add(ticks_ms(), timeout_ms)
    while True:
        n = None if end is None else max(ticks_diff(end, ticks_ms()), 0)
        x = await receive(m, n)
        if x:
            x = handler(*x)
            if hasattr(x, "throw"):
                await x
        elif n is not None:
            return


class Messages:
    def __init__(self, m):
        self.m = m

    def __iter__(self):
        return self

    __aiter__ = __iter__

    def __next__(self):
        return run(receive(self.m))

    async def __anext__(self):
        return await receive(self.m)
