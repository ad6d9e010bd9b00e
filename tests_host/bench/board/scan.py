# The heap of a scan: what the list of all networks holds, and the most that is held on the way by
# an iterator that keeps none.
# usage: scan.py HOST PORT
import gc
import sys

from fast_uart import FastUART

import espat

host, port = sys.argv[1:3]
modem = espat.Modem(FastUART(host, int(port)))
modem.wifi.scan()  # what stays loaded is loaded
gc.collect()
before = gc.mem_alloc()
found = modem.wifi.scan()
gc.collect()
print("list", gc.mem_alloc() - before)
print("networks", len(found))
found = None
gc.collect()
before = gc.mem_alloc()
most = 0
for _ in modem.wifi.scan_iter():
    gc.collect()
    most = max(most, gc.mem_alloc() - before)
print("iterator", most)
