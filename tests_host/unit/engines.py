# Engines on a byte stream, for tests: made, given a command, and told what the module says.
from espat import bulk
from espat.engine import Engine
from unit.wire import Wire

IDLE, DONE, SENT, ASKED, FED = range(5)
OK, ERROR, TIMEOUT, RESET, CUT = range(5)


def engine(links=True, size=192):
    wire = Wire()
    e = Engine(size, 16)
    if links:
        e.links = [None] * 5
        bulk.prepare(e)
    e.any = wire.any
    e.readinto = wire.readinto
    e.write = wire.write
    return e, wire


def begin(e, cmd=b"AT\r\n", raw=None, ms=500, owner=1, now=0):
    if raw is not None:
        e.raw = raw
        e.raw_i = 0
        e.raw_stop = len(raw)
    e.ms = ms
    e.start(owner, cmd, len(cmd))
    return e.poll(now)


def says(e, wire, data, now=0):
    wire.put(data)
    return e.poll(now)
