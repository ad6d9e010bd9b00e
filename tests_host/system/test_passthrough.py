# needs: sim
# The UART as a plain stream: into it and out of it, "+++" among the bytes, links that are lost and
# found, a module that starts with such a stream.
import espat
from system import rig

HOST = "192.0.2.10"
PORT = 8080
EBUSY = 16


class Far:
    """A server in the test's hand."""

    def __init__(self, port=80):
        self.number = rig.control("serve", host=HOST, port=port)["id"]
        self.ends = []

    def end(self, i=-1):
        return rig.control("far", id=self.number)["connections"][i]

    def send(self, data):
        answer = rig.control("far", id=self.end(), send_hex=data.hex())
        self.keep(answer)

    def keep(self, answer):
        self.ends.append(bytes.fromhex(answer["data_hex"]))

    def heard(self):
        self.keep(rig.control("far", id=self.end()))
        got = b"".join(self.ends)
        self.ends = []
        return got


def wait(ms):
    # The module is given time; nobody asks it anything.
    import time

    time.sleep_ms(ms)


def through(kind="TCP", far=None, **options):
    m = rig.joined()
    far = far or Far()
    s = m.passthrough.connect((HOST, 80), kind, **options)
    s.settimeout(1)
    return m, far, s


def well(m):
    """Commands and sockets work as before."""
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
    assert m.command("AT+CIPMODE?") == [b"+CIPMODE:0"]
    a, b = m.socket(), m.socket()
    for s in (a, b):
        s.connect(rig.ECHO)
    for s in (b, a):
        s.send(b"well")
        assert s.read(4) == b"well"
        s.close()


def test_bytes_go_both_ways_and_commands_work_afterwards():
    # wire: AT+CIPMODE= by passthrough.connect
    # wire: AT+CIPMUX= by passthrough.connect
    # wire: AT+CIPSEND by passthrough.connect
    # wire: AT+CIPSTART= by passthrough.connect
    # wire: AT+CIPRECONNINTV= by passthrough.connect
    # wire: AT+SYSMSG= by passthrough.connect
    # wire: +++ by socket.close
    # wire: AT+CIPCLOSE by socket.close
    m, far, s = through()
    assert s.write(b"hello") == 5
    wait(100)
    assert far.heard() == b"hello"
    text = b"\r\nOK\r\nready\r\n+IPD,0,5:hello\r\n0,CLOSED\r\nERROR\r\n>"
    far.send(text)
    assert s.read(len(text)) == text
    data = rig.pattern(20000)
    s.sendall(data)
    wait(100)
    assert far.heard() == data
    far.send(rig.pattern(1500))
    buf = bytearray(4096)
    got = b""
    while len(got) < 1500:
        k = s.recv_into(buf)
        got += bytes(buf[:k])
    assert got == rig.pattern(1500)
    far.send(b"line one\nline two\n")
    assert s.readline() == b"line one\n" and s.readline() == b"line two\n"
    rig.fails(rig.ETIMEDOUT, s.recv, 1)
    s.close()
    s.close()
    rig.fails(rig.ENOTCONN, s.write, b"x")
    rig.fails(rig.ENOTCONN, s.recv, 1)
    well(m)


def test_three_pluses_among_the_bytes_do_not_end_it():
    m, far, s = through()
    pieces = (
        (b"+++", 100),
        (b"+", 1),
        (b"+", 1),
        (b"+", 100),
        (b"++", 5),
        (b"+", 100),
        (b"+", 5),
        (b"++", 100),
        (b"a", 15),
        (b"+++", 100),
        (b"+++", 50),
        (b"+++", 12),
        (b"+++", 100),
        (b"++++", 100),
        (b"+++\r\n", 100),
        (b"x+++", 100),
        (b"+++", 1),
        (b"y", 100),
    )
    for data, pause_ms in pieces:
        s.sendall(data)
        wait(pause_ms)
    wait(200)
    assert far.heard() == b"".join([data for data, _ in pieces])
    s.sendall(b"still here")
    wait(100)
    assert far.heard() == b"still here"
    s.close()
    well(m)


def test_no_command_meanwhile():
    m, far, s = through()
    rig.fails(EBUSY, m.command, "AT")
    rig.fails(EBUSY, m.socket().connect, rig.ECHO)
    rig.fails(EBUSY, m.passthrough.connect, (HOST, 80))
    rig.fails(EBUSY, m.wifi.scan)
    s.write(b"fine")
    wait(50)
    assert far.heard() == b"fine"
    s.close()
    well(m)


def test_other_sockets_must_be_closed_first():
    m = rig.joined()
    Far()
    t = m.socket()
    t.connect(rig.ECHO)
    rig.fails(EBUSY, m.passthrough.connect, (HOST, 80))
    t.send(b"fine")
    assert t.read(4) == b"fine"
    t.close()
    server = m.socket()
    server.bind(("", PORT))
    server.listen()
    rig.fails(EBUSY, m.passthrough.connect, (HOST, 80))
    server.close()
    m.passthrough.connect((HOST, 80)).close()


def test_wrong_arguments_and_nobody_there():
    m = rig.joined()
    p = m.passthrough
    rig.raises(ValueError, p.connect, (HOST, 0))
    rig.raises(ValueError, p.connect, (HOST, 70000))
    rig.raises(ValueError, p.connect, (HOST, 80), "SCTP")
    rig.raises(ValueError, p.connect, (HOST, 80), keep_alive=7201)
    rig.raises(ValueError, p.connect, (HOST, 80), reconnect_ms=99)
    rig.raises(ValueError, p.serve, 0)
    rig.raises(ValueError, p.serve, 80, "UDP")
    rig.raises(ValueError, p.interval, 1001)
    rig.raises(ValueError, p.save, ("x" * 65, 80))
    rig.raises(espat.ATError, p.connect, rig.REFUSE)
    well(m)


def test_udp():
    m = rig.joined()
    number = rig.control("udp_host", ip=HOST, port=80)["id"]
    s = m.passthrough.connect((HOST, 80), "UDP", local_port=1111)
    s.settimeout(1)
    s.write(b"datagram")
    wait(100)
    assert rig.control("far", id=number)["datagrams"] == [[b"datagram".hex(), "192.168.1.50", 1111]]
    rig.control("far", id=number, send_hex=b"answer".hex(), to=["192.168.1.50", 1111])
    assert s.read(6) == b"answer"
    s.close()
    well(m)


def test_tls():
    from espat import tls

    m = rig.joined()
    context = tls.SSLContext(m)
    context.check_hostname = False
    context.verify_mode = tls.CERT_NONE
    s = m.passthrough.connect(("tls.test", 7), "SSL", context)
    s.settimeout(2)
    s.write(b"over TLS")
    assert s.read(8) == b"over TLS"
    s.close()
    well(m)


def test_a_server():
    # wire: AT+CIPSERVER= by passthrough.serve
    # wire: AT+CIPSERVERMAXCONN= by passthrough.serve
    rig.needs("passthrough of a server")
    m = rig.joined()
    rig.fails(rig.ETIMEDOUT, m.passthrough.serve, PORT, timeout_s=0.5)
    well(m)
    rig.control("client", port=PORT, in_ms=300)
    s = m.passthrough.serve(PORT, timeout_s=5)
    s.settimeout(2)
    s.write(b"welcome")
    wait(100)
    first = len(rig.control("status")["links"])
    assert first == 1
    # The next client takes its place.
    rig.control("link_loss", id=0)
    wait(200)
    number = rig.control("client", port=PORT)["id"]
    wait(200)
    s.write(b"second")
    wait(100)
    assert bytes.fromhex(rig.control("far", id=number)["data_hex"]).endswith(b"second")
    rig.control("far", id=number, send_hex=b"hello".hex())
    assert s.read(5) == b"hello"
    s.close()
    well(m)


def test_a_lost_link_comes_back_by_itself():
    m, far, s = through(reconnect_ms=500)
    s.write(b"before")
    wait(100)
    assert far.heard() == b"before"
    rig.control("far", id=far.end(), end="reset")
    wait(1500)
    s.write(b"after")
    wait(100)
    assert far.heard() == b"after"
    far.send(b"again")
    assert s.read(5) == b"again"
    s.close()
    well(m)


def test_how_long_the_module_gathers():
    # wire: AT+TRANSINTVL=, AT+TRANSINTVL? by passthrough.interval
    m = rig.joined()
    assert m.passthrough.interval() == 20
    m.passthrough.interval(200)
    assert m.passthrough.interval() == 200
    far = Far()
    s = m.passthrough.connect((HOST, 80))
    s.write(b"gathered")
    wait(100)
    assert far.heard() == b""
    wait(200)
    assert far.heard() == b"gathered"
    s.close()


def test_a_module_that_starts_with_it():
    # wire: AT+SAVETRANSLINK= by passthrough.save
    m = rig.joined()
    far = Far()
    m.command("AT+SYSSTORE", 1)
    m.command("AT+CWMODE", 1)
    m.command("AT+CWJAP", *rig.LAB, timeout_ms=20000)
    m.passthrough.save((HOST, 80))
    rig.power_cycle()
    wait(5000)
    u = rig.uart()
    u.read()
    m = espat.Modem(u)
    s = m.passthrough.attach()
    s.settimeout(2)
    s.write(b"from the start")
    wait(100)
    assert far.heard() == b"from the start"
    far.send(b"welcome")
    assert s.read(7) == b"welcome"
    rig.fails(EBUSY, m.command, "AT")
    s.close()
    assert m.command("AT+CIPMODE?") == [b"+CIPMODE:0"]
    # Start-up gets out of it without attach(), too.
    rig.power_cycle()
    wait(5000)
    m = rig.modem()
    m.passthrough.save(None)
    well(m)
    rig.power_cycle()
    wait(5000)
    m = rig.modem()
    start = rig.now_ms()
    m.start()
    assert rig.since_ms(start) < 1000  # nothing to get out of


def test_awaited():
    from espat import aio

    async def main():
        m = aio.Modem(rig.uart())
        await m.wifi.connect(*rig.LAB)
        s = await m.passthrough.connect(rig.ECHO)
        await s.sendall(b"hello")
        assert await s.readexactly(5) == b"hello"
        await s.sendall(b"+++")
        assert await s.readexactly(3) == b"+++"
        s.settimeout(0.2)
        try:
            await s.recv(1)
        except OSError as e:
            assert e.errno == rig.ETIMEDOUT
        else:
            raise AssertionError
        await s.close()
        assert await m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]

    rig.run(main())
