# The interpreter's differences, and nothing else: clocks, const, running a coroutine, forgetting
# a module. Every other file runs alike on MicroPython, CircuitPython and CPython.
import gc
import sys

if sys.implementation.name == "micropython":
    from io import IOBase as Stream  # what select.poll takes
else:
    Stream = object

try:
    from micropython import const
except ImportError:

    def const(value):
        return value


try:
    # MicroPython has these; so has CPython under the test shim.
    from time import sleep_ms, ticks_add, ticks_diff, ticks_ms
except ImportError:
    from .ticks import sleep_ms, ticks_add, ticks_diff, ticks_ms  # noqa: F401


def run(x):
    """Run a coroutine of ours to its end in one step: under the blocking face nothing in it
    suspends, every wait happens inside. Other values pass through."""
    if hasattr(x, "throw"):
        try:
            x.send(None)
        except StopIteration as e:
            return e.value
        raise RuntimeError
    return x


def load(name):
    """The module espat.<name>."""
    try:
        return __import__("espat." + name, None, None, ("x",))
    except ImportError as e:
        if name[:5] == "once.":  # else its caller knows whether that is an error
            from .once.more import tell

            tell(name, e)
        raise


def drop():
    """Forget what lies in espat/once: modules of functions that are needed for moments; whoever
    needs one again loads it again. Their memory comes back."""
    for name in list(sys.modules):
        if name.startswith("espat.once"):
            del sys.modules[name]
    try:
        del sys.modules["espat"].once
    except (AttributeError, KeyError):
        pass
    gc.collect()
