# needs: sim
# The module as a server: who connects, what arrives before anybody looks, links that are given to
# the next client, limits. The clients are hosts of the simulated network, in the test's hand.
import time

from system import rig

PORT = 8080
US = "192.168.1.50"
EADDRINUSE = 98
EINVAL = 22


class Client:
    def __init__(self, modem, ip="192.0.2.20", port=PORT, wait_ms=50):
        self.m = modem
        self.number = rig.control("client", port=port, ip=ip)["id"]
        if wait_ms:
            rig.wait(modem, wait_ms)

    def send(self, data, wait_ms=30):
        self.state = rig.control("far", id=self.number, send_hex=data.hex())
        self.got = getattr(self, "got", b"") + bytes.fromhex(self.state["data_hex"])
        if wait_ms:
            rig.wait(self.m, wait_ms)

    def end(self, how="close"):
        rig.control("far", id=self.number, end=how)

    def look(self):
        """What it has received since the last look."""
        self.state = rig.control("far", id=self.number)
        got = getattr(self, "got", b"") + bytes.fromhex(self.state["data_hex"])
        self.got = b""
        return got

    def connected(self):
        self.send(b"", 0)
        return self.state["connected"] and not self.state["closed"]


def listening(backlog=4, **options):
    m = rig.joined(**options)
    s = m.socket()
    s.bind(("", PORT))
    s.listen(backlog)
    s.settimeout(2)
    return m, s


def both(check):
    for passive in (True, False):
        check(*listening(passive=passive))
        rig.power_cycle()


def test_accept_gives_a_socket_and_its_address():
    # wire: AT+CIPSERVER= by socket.listen
    # wire: AT+CIPSERVERMAXCONN= by socket.listen
    rig.needs("AT+SYSMSG")

    def check(m, s):
        host = Client(m)
        c, address = s.accept()
        assert address[0] == "192.0.2.20" and address[1] > 0
        host.send(b"hello")
        assert c.recv(100) == b"hello"
        assert c.send(b"welcome") == 7
        rig.wait(m, 50)
        assert host.look() == b"welcome"
        assert c.getpeername() == address
        assert c.getsockname() == (US, PORT)
        host.send(b"bye")
        host.end()
        assert c.read() == b"bye"
        c.close()
        s.close()

    both(check)


def test_the_far_side_sees_the_end():
    def check(m, s):
        host = Client(m)
        c, _ = s.accept()
        c.sendall(b"x" * 3000)
        c.close()
        rig.wait(m, 200)
        assert host.look() == b"x" * 3000 and host.state["closed"]

    both(check)


def test_data_that_comes_before_accept_and_before_any_announcement():
    # esp-at does not always say that data came with the connection.
    def check(m, s):
        rig.control("quirk", name="forget_first_ipd", on=True)
        host = Client(m, wait_ms=10)
        host.send(b"early", 0)
        rig.wait(m, 300)
        c, _ = s.accept()
        c.settimeout(1)
        assert c.recv(100) == b"early"

    both(check)


def test_several_clients_and_one_of_our_own():
    # wire: AT+CIPSTARTEX= by socket.connect
    rig.needs("AT+SYSMSG")

    def check(m, s):
        hosts = [Client(m, "192.0.2.%d" % (20 + i)) for i in range(4)]
        own = m.socket()
        own.connect(rig.ECHO)
        ends = []
        for i in range(4):
            c, address = s.accept()
            assert address[0] == "192.0.2.%d" % (20 + i)
            ends.append(c)
        for turn in range(3):
            for i in (2, 0, 3, 1):
                hosts[i].send(b"%d asks %d" % (i, turn), 0)
            own.send(b"%d for echo" % turn)
            for i in (1, 3, 0, 2):
                assert ends[i].recv(20) == b"%d asks %d" % (i, turn)
                ends[i].send(b"answer %d" % i)
            assert own.read(10) == b"%d for echo" % turn
        rig.wait(m, 50)
        for i in range(4):
            assert hosts[i].look() == b"answer %d" % i * 3
        rig.fails(rig.ENOMEM, m.socket().connect, rig.ECHO)

    both(check)


def test_more_clients_than_asked_for_are_refused():
    rig.needs("AT+CIPSERVERMAXCONN")
    m, s = listening(backlog=1)
    hosts = [Client(m, "192.0.2.%d" % (20 + i)) for i in range(4)]
    assert [host.connected() for host in hosts] == [True, True, False, False]
    rig.raises(ValueError, m.socket().listen, 1, 7201)


def test_a_link_is_given_to_the_next_client():
    # What the first one sent and nobody has read is not the second one's.
    def check(m, s):
        first = Client(m)
        a, _ = s.accept()
        first.send(b"first" * 100)
        assert a.recv(5) == b"first"
        rig.wait(m, 100)
        first.end()
        rig.wait(m, 100)
        second = Client(m)
        second.send(b"second")
        b, _ = s.accept()
        assert b.recv(100) == b"second"
        if m.profile.passive is None:
            assert a.read() == b"first" * 99
        else:
            assert a.read() in (b"first" * 99, b"")
        b.send(b"for the second")
        rig.fails(rig.ECONNRESET, a.send, b"late")
        a.close()
        second.send(b"again")
        assert b.recv(100) == b"again"
        rig.wait(m, 50)
        assert second.look() == b"for the second"

    both(check)


def test_clients_that_come_and_go_many_times():
    m, s = listening()
    for i in range(40):
        host = Client(m, wait_ms=10)
        host.send(b"%d" % i, 0)
        c, _ = s.accept()
        assert c.recv(10) == b"%d" % i
        if i % 3:
            host.end("reset" if i % 2 else "close")
            rig.wait(m, 20)
        c.close()
    assert rig.control("status")["links"] == []


def test_a_client_that_comes_while_another_is_read():
    # Its link is that of one who left with a read under way.
    m, s = listening()
    buf = bytearray(4096)
    for turn in range(6):
        first = Client(m, wait_ms=20)
        a, _ = s.accept()
        first.end()
        a.setblocking(False)
        second = Client(m, wait_ms=0)
        time.sleep_ms(5)
        second.send(b"second", 0)
        for _ in range(40):
            try:
                if not a.recv_into(buf):
                    break
            except OSError as e:
                assert e.errno == rig.EAGAIN
            time.sleep_ms(turn)
        a.close()
        b, _ = s.accept()
        assert b.recv(100) == b"second"
        b.close()
        rig.wait(m, 50)


def test_ending_the_server_keeps_its_clients_or_not():
    # wire: AT+CIPSERVER= by socket.stop
    rig.needs("choice whether clients outlive the server")
    m, s = listening()
    host = Client(m)
    c, _ = s.accept()
    s.close()
    host.send(b"still here")
    assert c.recv(100) == b"still here"
    assert not Client(m).connected()
    rig.fails(rig.ENOTCONN, s.accept)
    t = m.socket()
    t.bind(("", PORT + 1))
    t.listen()
    other = Client(m, port=PORT + 1)
    d, _ = t.accept()
    t.stop(True)
    rig.wait(m, 50)
    assert d.read() == b"" and c.read() == b""
    other.look()
    assert other.state["closed"]


def test_a_client_that_nobody_accepted_is_closed_with_the_server():
    m, s = listening()
    host = Client(m)
    s.close()
    rig.wait(m, 50)
    assert not host.connected()
    assert rig.control("status")["links"] == []


def test_idle_clients():
    # wire: AT+CIPSTO= by socket.listen
    m = rig.joined()
    s = m.socket()
    s.bind(("", PORT))
    s.listen(4, 3)
    host = Client(m)
    c, _ = s.accept()
    for _ in range(3):
        rig.wait(m, 2000)
        host.send(b"x")
        assert c.recv(1) == b"x"
    start = rig.now_ms()
    c.settimeout(10)
    assert c.recv(1) == b""
    assert 2500 < rig.since_ms(start) < 4000


def test_there_is_one_server_and_accept_has_a_time_limit():
    m, s = listening()
    t = m.socket()
    t.bind(("", PORT + 1))
    rig.fails(EADDRINUSE, t.listen)
    rig.fails(EINVAL, t.accept)
    start = rig.now_ms()
    rig.fails(rig.ETIMEDOUT, s.accept)
    assert 2000 <= rig.since_ms(start) < 2100
    s.setblocking(False)
    rig.fails(rig.EAGAIN, s.accept)
    assert not s.ioctl(3, 1)
    Client(m)
    assert s.ioctl(3, 1) & 1
    s.accept()
    s.close()
    s.close()
    t.listen()  # its turn now
    t.close()


def test_the_server_comes_back_when_the_module_reboots():
    m, s = listening()
    host = Client(m)
    c, _ = s.accept()
    rig.control("reboot")
    s.settimeout(10)
    rig.fails(rig.ETIMEDOUT, s.accept)
    rig.fails(rig.ECONNRESET, c.recv, 1)
    c.close()
    again = Client(m)
    c, _ = s.accept()
    again.send(b"hello")
    assert c.recv(10) == b"hello"
    s.close()
    assert not host.connected()


def test_the_network_goes_and_comes_back():
    m, s = listening()
    Client(m)
    c, _ = s.accept()
    rig.control("ap_down", ssid="espat-lab")
    c.settimeout(20)
    assert c.recv(1) == b""
    c.close()
    rig.control("ap_up", ssid="espat-lab")
    rig.wait_until(m, m.wifi.isconnected, 30000)
    host = Client(m)
    c, _ = s.accept()
    host.send(b"hello")
    assert c.recv(10) == b"hello"


def test_what_can_be_received_at_once():
    # wire: AT+CIPRECVLEN? by socket.available
    rig.needs("AT+CIPRECVLEN")
    m, s = listening()
    host = Client(m)
    c, _ = s.accept()
    assert c.available() == 0
    host.send(b"x" * 700)
    assert c.available() == 700
    c.recv(100)
    assert c.available() == 600


def test_hostile_clients():
    m, s = listening()
    text = b'\r\n0,CLOSED\r\n+LINK_CONN:0,1,"TCP",1,"1.2.3.4",1,80\r\nready\r\n+IPD,1,4:OK\r\n>'
    host = Client(m)
    c, _ = s.accept()
    host.send(text)
    assert c.recv(200) == text
    for line in (
        b"+LINK_CONN:",
        b"+LINK_CONN:0",
        b'+LINK_CONN:0,9,"TCP",1,"1.2.3.4",1,80',
        b'+LINK_CONN:0,x,"TCP",1,"1.2.3.4",1,80',
        b'+LINK_CONN:0,1,"TCP",1,"1.2.3.4"',
        b"+LINK_CONN:,,,,,,,,,,,,",
    ):
        rig.control("inject", line_hex=(line + b"\r\n").hex(), raw=True)
        rig.wait(m, 50)
    s.settimeout(0.1)
    rig.fails(rig.ETIMEDOUT, s.accept)
    host.send(b"fine")
    assert c.recv(10) == b"fine"


def test_awaited():
    from espat import aio

    async def main():
        m = aio.Modem(rig.uart())
        await m.wifi.connect(*rig.LAB)
        seen = []

        async def handler(reader, writer):
            line = await reader.readline()
            seen.append(line)
            await writer.write(b"you said " + line)
            await writer.close()

        s = await aio.start_server(m, handler, "0.0.0.0", PORT)
        numbers = [rig.control("client", port=PORT)["id"] for _ in range(3)]
        await m.pause(100)
        for number in numbers:
            rig.control("far", id=number, send_hex=(b"hello %d\n" % number).hex())
        await m.pause(2000)
        for number in numbers:
            state = rig.control("far", id=number)
            assert bytes.fromhex(state["data_hex"]) == b"you said hello %d\n" % number
            assert state["closed"]
        assert len(seen) == 3
        await s.close()
        assert rig.control("status")["links"] == []

    rig.run(main())


def test_closing_an_old_client_leaves_the_new_one_on_its_link_alone():
    m, s = listening()
    old = Client(m)
    c, _ = s.accept()
    old.end()
    new = Client(m, wait_ms=0)
    time.sleep(0.3)  # the module has said both; nobody has read it yet
    c.close()
    d, _ = s.accept()
    new.send(b"hello")
    assert d.read(5) == b"hello"
    assert new.connected()
    d.close()
    # One that closes just then, and the next that is there at once.
    for _ in range(5):
        old = Client(m)
        c, _ = s.accept()
        rig.control("far", id=old.number, end="close")
        c.close()
        new = Client(m)
        d, _ = s.accept()
        new.send(b"again")
        assert d.read(5) == b"again"
        d.close()
    s.close()
