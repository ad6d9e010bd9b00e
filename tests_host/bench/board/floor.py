# The floor: what no driver can beat on this interpreter. Owns loops that know every length
# beforehand and only call readinto and write. Not a driver: it parses nothing.
# usage: floor.py HOST PORT KIB active|passive|send BUFFER VERIFY
import socket
import sys

RECORD = 1460
WINDOW = 5760
PERIOD = 251

host, port, kib, mode, size, verify = sys.argv[1:7]
total = int(kib) * 1024
size = int(size)
verify = verify == "1"
sock = socket.socket()
sock.connect(socket.getaddrinfo(host, int(port))[0][-1])
table = bytes(range(PERIOD)) * (WINDOW // PERIOD + 2) if verify else None


def expect(text):
    got = sock.read(len(text))
    assert got == text, got


def check(data, n, offset):
    if memoryview(data)[:n] != memoryview(table)[offset % PERIOD : offset % PERIOD + n]:
        raise ValueError("payload differs at " + str(offset))


kept = {}


def window(length):
    # One view per length, made once: a slice in the loop would be the loop's main cost.
    if length not in kept:
        kept[length] = memoryview(buffer)[:length], bytearray(length)
    return kept[length]


def receive_active():
    readinto = sock.readinto
    offset = 0
    while offset < total:
        n = min(RECORD, total - offset)
        header = window(len(b"\r\n+IPD,0,%d:" % n) if n != RECORD else 14)[1]
        readinto(header)
        readinto(window(n)[0])
        if verify:
            check(buffer, n, offset)
        offset += n


def receive_passive():
    readinto = sock.readinto
    write = sock.write
    command = b"AT+CIPRECVDATA=0,%d\r\n" % size
    offset = 0
    while offset < total:
        n = min(size, total - offset)
        write(command)
        readinto(window(len(b"+CIPRECVDATA:%d," % n) if n != size else head)[1])
        readinto(window(n)[0])
        readinto(tail)
        if verify:
            check(buffer, n, offset)
        offset += n


def send():
    readinto = sock.readinto
    write = sock.write
    command = b"AT+CIPSEND=0,%d\r\n" % size
    prompt = bytearray(len(b"\r\nOK\r\n\r\n>"))
    answer = bytearray(len(b"\r\nRecv %d bytes\r\n\r\nSEND OK\r\n" % size))
    for _ in range(total // size):
        write(command)
        readinto(prompt)
        write(block)
        readinto(answer)


expect_ok = b"\r\nOK\r\n"
sock.write(b"AT+CIPMUX=1\r\n")
expect(expect_ok)
if mode == "passive":
    sock.write(b"AT+CIPRECVTYPE=0,1\r\n")
    expect(expect_ok)
buffer = bytearray(max(size, RECORD))
head = len(b"+CIPRECVDATA:%d," % size)
tail = bytearray(len(b"\r\nOK\r\n"))
block = bytes(range(PERIOD)) * (size // PERIOD + 1)
if mode == "send":
    # A whole number of periods, so that one block serves for every send.
    size -= size % PERIOD
    block = bytes(range(PERIOD)) * (size // PERIOD)
    sock.write(b'AT+CIPSTART=0,"TCP","10.0.0.2",1000\r\n')
else:
    sock.write(b'AT+CIPSTART=0,"TCP","10.0.0.2",%d\r\n' % (1000 + int(kib)))
expect(b"0,CONNECT\r\n\r\nOK\r\n")
if mode == "passive":
    expect(b"\r\n+IPD,0,%d\r\n" % min(WINDOW, total))
{"active": receive_active, "passive": receive_passive, "send": send}[mode]()
print("done", total)
