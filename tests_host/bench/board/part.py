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
    # Every way leaves gaps in what it overwrites: the least is what is really in use.
    least = 1 << 30
    for _again in range(3):
        for n in range(3, 33, 3):
            scrub(n)
            sorted((1, 2), key=lambda x: scrub(n) and x)
            gc.collect()
            least = min(least, gc.mem_alloc())
        print(end="")  # a way of its own through the stack
    return least


def room_for_names():
    # MicroPython's table of names doubles when it is full: whose name is the one too many is
    # chance. It is made to happen here, so that a file pays for its own names only.
    n = 0
    while n < 2000:
        gc.collect()
        before = gc.mem_alloc()
        hasattr(gc, "q%d" % n)
        n += 1
        gc.collect()
        if gc.mem_alloc() - before > 500:
            hasattr(gc, "q" * 250)  # has a chunk of its own: the next name begins a new one
            return
    raise MemoryError


load("")
for other in needed:
    load(other)
room_for_names()
before = held()
load(name)
print(name, held() - before)
