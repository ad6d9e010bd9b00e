# needs: sim
# A TCP socket's way from connect to close, in passive and in active receive. Owns the methods'
# arguments and return values; what goes wrong on the network is test_socket_errors.py's.
import time

import espat
from system import rig


def both(peer, check, **options):
    for passive in (True, False):
        m, s = rig.connected(peer, passive=passive, **options)
        check(m, s)
        s.close()


# Without flow control nothing holds the module back in active receive: what comes while nobody
# reads has to fit into the ring.
ROOMY = 16384


def test_connect_by_name_and_by_address():
    # wire: AT+CIPSTART= by socket.connect
    # wire: AT+CIPSEND= by socket.send
    # wire: AT+CIPRECVDATA= by socket.recv
    # wire: AT+CIPCLOSE= by socket.close
    # wire: AT+CIPMUX=, AT+CIPRECVTYPE=, AT+CIPDINFO= by start
    m = rig.joined()
    for host in ("echo.test", "198.51.100.7"):
        s = m.socket()
        assert s.connect((host, 7)) is None
        assert s.send(b"hello") == 5
        assert s.recv(100) == b"hello"
        s.close()
    info = m.getaddrinfo("echo.test", 7)
    assert info == [(2, 1, 0, "", ("198.51.100.7", 7))], info
    s = m.socket(*info[0][:3])
    s.connect(info[0][-1])
    s.close()
    assert m.getaddrinfo("198.51.100.7", 7) == [(2, 1, 0, "", ("198.51.100.7", 7))]


def echo_sizes(m, s):
    random = rig.Random(1)
    for n in [1, 2, 1459, 1460, 1461, 2920, 8191, 8192, 8193, 9000] + [
        1 + random.below(9000) for _ in range(10)
    ]:
        data = random.bytes(n)
        s.sendall(data)
        got = bytearray()
        while len(got) < n:
            part = s.recv(4096)
            assert part, (n, len(got))
            got.extend(part)
        assert got == data, n


def test_echo_of_many_sizes_passive():
    rig.needs("AT+CIPRECVDATA")
    echo_sizes(*rig.connected())


def test_echo_of_many_sizes_active():
    echo_sizes(*rig.connected(passive=False, ring=ROOMY))


def receive_all(m, s, n, size):
    # N bytes of the pattern through a buffer of that size; the end of the stream after them.
    s.sendall(b"%d\n" % n)
    buf = bytearray(size + 4)
    view = memoryview(buf)
    at = 0
    while True:
        buf[size:] = b"keep"
        k = s.recv_into(view[:size])
        assert 0 <= k <= size and buf[size:] == b"keep"
        if not k:
            break
        assert buf[:k] == rig.pattern(k, at), (size, at, k)
        at += k
    assert at == n, (size, at)
    assert s.recv_into(buf) == 0
    assert s.recv(10) == b""


def test_receive_into_buffers_of_many_sizes_passive():
    m = rig.joined()
    for size, n in ((1, 300), (7, 1000), (512, 9000), (1460, 20000), (4096, 40000)):
        s = m.socket()
        s.connect(rig.PATTERN)
        receive_all(m, s, n, size)
        s.close()


def test_receive_into_buffers_of_many_sizes_active():
    m = rig.joined(passive=False)
    for size, n in ((1, 300), (7, 1000), (512, 9000), (1460, 20000), (4096, 40000)):
        s = m.socket()
        s.connect(rig.PATTERN)
        receive_all(m, s, n, size)
        s.close()


def test_recv_gives_at_most_what_is_asked_for():
    def check(m, s):
        s.send(b"0123456789")
        got = b""
        for n in (1, 2, 3, 100):
            part = s.recv(n)
            assert 1 <= len(part) <= n
            got += part
        while len(got) < 10:
            got += s.recv(10)
        assert got == b"0123456789"
        assert s.recv(0) == b""

    both(rig.ECHO, check)


def test_recv_into_with_a_count():
    def check(m, s):
        s.send(b"abcdef")
        buf = bytearray(b"........")
        k = s.recv_into(buf, 3)
        assert 1 <= k <= 3
        assert buf[:k] == b"abcdef"[:k] and buf[k:] == b"." * (8 - k)

    both(rig.ECHO, check)


def test_readinto_fills_the_buffer():
    rig.needs("AT+CIPSEND 8192")

    def check(m, s):
        data = rig.pattern(5000)
        s.sendall(data)
        buf = bytearray(3000)
        assert s.readinto(buf) == 3000
        assert buf == data[:3000]
        assert s.readinto(buf, 1500) == 1500
        assert buf[:1500] == data[3000:4500]
        assert buf[1500:] == data[1500:3000]
        assert s.read(500) == data[4500:]

    both(rig.ECHO, check)


def test_readinto_at_the_end_gives_what_there_is():
    def check(m, s):
        s.send(b"100\n")
        buf = bytearray(150)
        assert s.readinto(buf) == 100
        assert buf[:100] == rig.pattern(100)
        assert s.readinto(buf) == 0

    both(rig.PATTERN, check)


def test_read_a_count_and_read_all():
    def check(m, s):
        s.send(b"20000\n")
        assert s.read(1) == rig.pattern(1)
        assert s.read(4999) == rig.pattern(4999, 1)
        assert s.read() == rig.pattern(15000, 5000)
        assert s.read() == b""
        assert s.read(5) == b""

    both(rig.PATTERN, check)


def test_readline():
    rig.needs("AT+CIPSEND 8192")

    def check(m, s):
        s.sendall(b"one\r\n\ntwo\n" + b"x" * 3000 + b"\nrest without end")
        assert s.readline() == b"one\r\n"
        assert s.readline() == b"\n"
        assert s.readline() == b"two\n"
        assert s.readline() == b"x" * 3000 + b"\n"
        assert s.read(4) == b"rest"

    both(rig.ECHO, check)


def test_readline_at_the_end_of_the_stream():
    def check(m, s):
        s.send(b"9\n")  # the pattern begins 0, 7, 14 ... 56: no newline in it
        assert s.readline() == rig.pattern(9)
        assert s.readline() == b""

    both(rig.PATTERN, check)


def test_makefile_reads_a_page_as_http_programs_do():
    def check(m, s):
        f = s.makefile("rwb", 0)
        f.write(b"GET / HTTP/1.0\r\nHost: http.test\r\n\r\n")
        assert f.readline() == b"HTTP/1.1 200 OK\r\n"
        length = 0
        while True:
            line = f.readline()
            if line == b"\r\n":
                break
            if line.startswith(b"Content-Length:"):
                length = int(line[15:])
        body = f.read()
        assert len(body) == length and body.startswith(b"<html>")

    both(rig.HTTP, check)


def test_send_sendall_and_write_give_what_they_should():
    def check(m, s):
        assert s.send(b"") == 0
        assert s.send(b"abc") == 3
        assert s.send(bytearray(b"def")) == 3
        assert s.send(memoryview(b"xghix")[1:4]) == 3
        assert s.sendall(b"jkl") is None
        assert s.write(b"mno") == 3
        assert s.write(b"xpqrx", 1, 3) == 3
        assert s.write(b"stuvwx", 5) == 5, "as MicroPython's streams: so many bytes"
        assert s.sendall(b"") is None
        assert s.write(b"") == 0
        assert s.write("xyz") == 3
        assert s.read(26) == b"abcdefghijklmnopqrstuvwxyz"

    both(rig.ECHO, check)


def test_send_takes_at_least_something_of_a_large_buffer():
    def check(m, s):
        data = rig.pattern(20000)
        k = s.send(data)
        assert 0 < k <= 20000
        assert s.read(k) == data[:k]
        assert s.write(data[k:]) == 20000 - k
        assert s.read(20000 - k) == data[k:]

    both(rig.ECHO, check, ring=ROOMY)


def test_end_of_stream_only_after_all_data():
    # The peer closes long before the host reads the first byte.
    def check(m, s):
        s.send(b"5000\n")
        rig.wait(m, 500)
        got = s.read()
        assert got == rig.pattern(5000), len(got)
        assert s.recv(1) == b""
        assert s.recv(1) == b""

    both(rig.PATTERN, check, ring=ROOMY)


def test_active_receive_without_room_fails_loudly():
    # Nobody reads, nothing holds the module back: bytes are lost. What comes out is what was
    # sent up to some point, then an error; never a hole, never an end of stream.
    m, s = rig.connected(rig.PATTERN, passive=False, ring=512)
    s.send(b"30000\n")
    rig.wait(m, 600)
    got = bytearray()
    try:
        while True:
            part = s.recv(1000)
            assert part, "an end of stream after %d bytes" % len(got)
            got.extend(part)
    except OSError:
        pass
    assert len(got) < 30000 and got == rig.pattern(len(got))
    rig.raises(OSError, s.send, b"over")
    s.close()
    t = m.socket()
    t.connect(rig.ECHO)
    t.send(b"the next link is well")
    assert t.read(21) == b"the next link is well"


def test_passive_receive_loses_nothing_when_nobody_reads():
    rig.needs("AT+CIPRECVDATA")
    m, s = rig.connected(rig.PATTERN, ring=512)
    s.send(b"30000\n")
    rig.wait(m, 600)
    assert s.read() == rig.pattern(30000)


def hostile(passive, size):
    m, s = rig.connected(rig.HOSTILE, passive=passive)
    reboots = []
    m.on(rig.REBOOT, lambda event, data: reboots.append(event))
    s.send(b"again")
    got = bytearray()
    buf = bytearray(size)
    while got.count(b"+++after") < 2:
        k = s.recv_into(buf)
        assert k, got
        got.extend(buf[:k])
    half = len(got) // 2
    assert got[:half] == got[half:], (passive, size, got)
    for piece in (b"\r\nOK\r\n", b"+IPD,5:hello", b"\r\nready\r\n", b"0,CLOSED\r\n", b"> "):
        assert piece in got
    assert m.wifi.isconnected() and not reboots
    s.close()
    return got


def test_hostile_payload_is_payload():
    first = hostile(True, 512)
    for passive in (True, False):
        for size in (1, 3, 64, 512, 2048):
            assert hostile(passive, size) == first, (passive, size)


def test_hostile_payload_out_and_back():
    hostile = (
        b"\r\nOK\r\n+IPD,5:\r\nready\r\n> \r\n>0,CLOSED\r\nSEND OK\r\nERROR\r\n\0\xff"
        b"\\\\0AT+RST\r\n"
    )

    def check(m, s):
        for _ in range(3):
            s.sendall(hostile)
            assert s.read(len(hostile)) == hostile
        for i in range(len(hostile)):  # every piece of it
            s.sendall(hostile[i:])
            assert s.read(len(hostile) - i) == hostile[i:], i
        assert s.send(b"+++") == 3
        assert s.read(3) == b"+++"

    both(rig.ECHO, check)


def five_at_once(passive):
    m = rig.joined(passive=passive, ring=1024 if passive else ROOMY)
    links = [m.socket() for _ in range(5)]
    random = rig.Random(5)
    wanted = [bytearray() for _ in links]
    got = [bytearray() for _ in links]
    for s in links:
        s.connect(rig.ECHO)
    sixth = m.socket()
    rig.fails(rig.ENOMEM, sixth.connect, rig.ECHO)
    for _ in range(40):
        i = random.below(5)
        data = random.bytes(1 + random.below(700))
        assert links[i].send(data) == len(data)
        wanted[i].extend(data)
        j = random.below(5)
        missing = len(wanted[j]) - len(got[j])
        if missing:
            got[j].extend(links[j].recv(1 + random.below(missing)))
    for i in range(5):
        while len(got[i]) < len(wanted[i]):
            part = links[i].recv(4096)
            assert part
            got[i].extend(part)
        assert got[i] == wanted[i], i
    links[2].close()
    sixth.connect(rig.ECHO)
    sixth.send(b"now there is room")
    assert sixth.recv(100) == b"now there is room"
    for s in links + [sixth]:
        s.close()
    assert rig.control("status")["links"] == []


def test_five_at_once_and_a_sixth_refused_passive():
    rig.needs("AT+CIPRECVDATA")
    five_at_once(True)


def test_five_at_once_and_a_sixth_refused_active():
    five_at_once(False)


def test_close_twice_and_use_again():
    m, s = rig.connected()
    s.close()
    s.close()
    assert rig.control("status")["links"] == []
    t = m.socket()
    t.close()
    with m.socket() as u:
        u.connect(rig.ECHO)
        u.send(b"in a with block")
        assert u.recv(20) == b"in a with block"
    assert rig.control("status")["links"] == []


def test_close_with_data_unread_leaves_nothing_for_the_next_one():
    rig.needs("AT+CIPSEND 8192")

    def check(m, s):
        s.sendall(rig.pattern(6000))
        s.recv(10)
        s.close()
        t = m.socket()
        t.connect(rig.ECHO)
        t.send(b"mine")
        assert t.recv(100) == b"mine"
        t.close()

    both(rig.ECHO, check)


def test_a_hundred_connections_one_after_the_other():
    m = rig.joined()
    for i in range(100):
        s = m.socket()
        s.connect(rig.ECHO)
        s.send(b"%d" % i)
        assert s.recv(10) == b"%d" % i
        s.close()
    assert rig.control("status")["links"] == []


def test_commands_between_sends_and_reads():
    def check(m, s):
        s.send(b"first")
        assert m.command("AT+CIPSTA?")
        s.send(b"second")
        assert m.wifi.rssi() == -45
        assert len(m.wifi.scan()) == 2
        assert s.read(11) == b"firstsecond"

    both(rig.ECHO, check)


def test_modems_with_other_rings():
    for passive in (True, False):
        for ring in (128, 333, 4096):
            m, s = rig.connected(rig.PATTERN, passive=passive, ring=ring)
            s.send(b"9999\n")
            assert s.read() == rig.pattern(9999), (passive, ring)
            s.close()
    rig.raises(ValueError, espat.Modem, rig.uart(), ring=100)


def test_the_smallest_uart_buffer():
    # 256 bytes, what a program gets that does not think of rxbuf.
    for i in range(30):
        rig.control("ap_add", ssid="one of many networks, number %d" % i)
    m = espat.Modem(rig.uart(rxbuf=256))
    assert len(m.wifi.scan()) == 32
    m.wifi.connect(*rig.LAB)
    s = m.socket()
    s.connect(rig.PATTERN)
    s.send(b"20000\n")
    assert s.read() == rig.pattern(20000)
    assert rig.control("status")["overruns"] == {"host": 0, "module": 0}


def test_many_small_reads_with_pauses():
    # The program does other things between two reads.
    m, s = rig.connected(rig.PATTERN)
    s.send(b"9000\n")
    got = bytearray()
    while True:
        part = s.recv(700)
        if not part:
            break
        got.extend(part)
        rig.time.sleep_ms(30)
    assert got == rig.pattern(9000)


def test_equal_answers_of_two_links_are_not_mixed_up():
    rig.needs("AT+CIPRECVDATA")
    # Same header, nothing in it says whose it is.
    m, a = rig.connected()
    b = m.socket()
    b.connect(rig.ECHO)
    for s, text in ((a, b"a"), (b, b"b")):
        s.sendall(text * 4096)
        rig.wait(m, 1000)
        s.setblocking(False)
    buf = bytearray(1024)
    for s, text in ((a, b"a"), (a, b"a"), (a, b"a"), (b, b"b"), (a, b"a"), (b, b"b")):
        e = rig.raises(OSError, s.recv_into, buf)
        assert e.errno == rig.EAGAIN
        time.sleep_ms(150)  # the whole answer waits in the UART
        assert s.recv_into(buf) == 1024 and buf == text * 1024


def test_what_came_first_is_read_first():
    # A packet that began to come in before anybody read goes into the ring to its end; the next
    # one must not overtake it into the reader's own buffer.
    m = espat.Modem(rig.uart(rxbuf=8192), passive=False, ring=4096)
    m.wifi.connect(*rig.LAB)
    s = m.socket()
    s.connect(rig.PATTERN)
    s.send(b"5000\n")
    time.sleep_ms(60)
    m.poll()  # a part of the first packet
    time.sleep_ms(450)  # the rest of it, and the next one
    buf = bytearray(4096)
    got = bytearray()
    while len(got) < 5000:
        k = s.recv_into(buf)
        got.extend(buf[:k])
    assert got == rig.pattern(5000)
