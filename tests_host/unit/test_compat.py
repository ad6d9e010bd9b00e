# runs-on: cpython
# The interpreters' differences: a clock for those whose `time` has none, running a coroutine,
# loading a file. Owns compat.py and ticks.py.
import espat
from espat import ticks
from espat.compat import load, run


def raises(kind, f, *args):
    try:
        f(*args)
    except kind as e:
        return e
    raise AssertionError("no " + kind.__name__)


def test_a_clock_that_wraps():
    start = ticks.ticks_ms()
    ticks.sleep_ms(2)
    assert 1 <= ticks.ticks_diff(ticks.ticks_ms(), start) < 10000
    period = 1 << 29
    for a in (0, 1, period - 1):
        for ms in (0, 5, 100000, -7):
            assert ticks.ticks_diff(ticks.ticks_add(a, ms), a) == ms


def test_a_coroutine_is_run_to_its_end_or_not_at_all():
    class Once:
        def __await__(self):
            yield

    async def waits():
        await Once()

    async def gives():
        return 5

    assert run(gives()) == 5 and run(5) == 5
    raises(RuntimeError, run, waits())


def test_what_is_not_there():
    raises(ImportError, load, "once.nothing")
    raises(ImportError, load, "nothing")
    raises(AttributeError, getattr, espat, "nothing")
    raises(AttributeError, getattr, espat, "_nothing")


def test_a_part_that_is_not_installed_says_how_to():
    import sys

    class Hidden:
        def find_spec(self, name, path=None, target=None):
            if name == "espat.mdns":
                raise ImportError("no module named 'espat.mdns'")

    hidden = Hidden()
    sys.modules.pop("espat.mdns", None)
    vars(espat).pop("mdns", None)
    sys.meta_path.insert(0, hidden)
    try:
        e = raises(ImportError, getattr, espat, "mdns")
        assert "espat-mdns.json" in str(e), e
    finally:
        sys.meta_path.remove(hidden)
