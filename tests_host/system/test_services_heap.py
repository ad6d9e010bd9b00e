# needs: sim
# runs-on: micropython
# What a download and a stream of messages hold on the heap while they run, beyond the parts that
# are loaded already: 4 KB, with the file once/http_download.py, which is loaded for the call.
# (Sizes of a 32-bit board; twice that is allowed on 64 bits.)
import gc
import sys

from system import rig

LIMIT = 4096 * (1 if sys.maxsize < 1 << 32 else 2)


class Sink:
    """A file that looks at the heap while it is written."""

    def __init__(self):
        self.n = 0
        self.most = 0

    def tell(self):
        return 0

    def seek(self, n, whence=0):
        return n

    def write(self, data):
        self.n += len(data)
        if self.n // 16384 != (self.n - len(data)) // 16384:
            gc.collect()
            self.most = max(self.most, gc.mem_alloc())


def test_a_download_holds_at_most_4_kb():
    m = rig.joined()
    for _ in range(3):  # loads what is needed, and fills what is kept
        m.http.download("http://web.test/file/20000", Sink())
    gc.collect()
    before = gc.mem_alloc()
    sink = Sink()
    assert m.http.download("http://web.test/file/100000", sink) == 100000
    assert sink.n == 100000 and 0 < sink.most - before <= LIMIT, sink.most - before


def test_messages_cost_no_more_after_a_hundred():
    m = rig.joined()
    m.mqtt.connect("mqtt.test")
    m.mqtt.subscribe("t", 1)
    data = rig.pattern(700)
    held = []
    for i in range(100):
        m.mqtt.publish("t", data, 1)
        assert m.mqtt.receive(5000)[1] == data
        if i % 25 == 24:
            gc.collect()
            held.append(gc.mem_alloc())
    assert held[-1] - held[0] <= 256, held
