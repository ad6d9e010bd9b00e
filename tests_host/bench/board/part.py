# What one file of the driver holds on the heap once it is loaded, beside what it needs of the
# core. Prints "NAME BYTES", counted after a full collection.
# usage: part.py NAME NEEDED...   (modules of espat: net, once.net_time)
import gc
import sys

name, needed = sys.argv[1], sys.argv[2:]


def load(name):
    __import__("espat." + name if name else "espat", None, None, ("x",))


def scrub(n):
    # Overwrites what calls have left on the machine's stack: the collector would take it for
    # pointers and keep what is garbage.
    x = [n] * 3
    return scrub(n - 1) if n else x


def held():
    scrub(30)
    gc.collect()
    return gc.mem_alloc()


load("")
for other in needed:
    load(other)
before = held()
load(name)
print(name, held() - before)
