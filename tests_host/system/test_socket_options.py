# needs: sim
# Options, local addresses, time limits and names of sockets: what reaches the module, and that the
# next user of a link does not inherit it.
import struct

from system import rig

SOL_SOCKET = 1
IPPROTO_TCP = 6
SO_REUSEADDR = 4
SO_KEEPALIVE = 8
SO_LINGER = 128
SO_SNDTIMEO = 4101
TCP_NODELAY = 1
TCP_KEEPIDLE = 3
EINVAL = 22
US = "192.168.1.50"


def options(m, link=0):
    return m.command("AT+CIPTCPOPT?")[link]


def test_options_before_and_after_connect():
    # wire: AT+CIPTCPOPT= by socket.connect
    # wire: AT+CIPTCPOPT= by socket.setsockopt
    m = rig.joined()
    s = m.socket()
    s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    s.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    s.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 5))
    s.connect(rig.ECHO)
    assert options(m) == b"+CIPTCPOPT:0,5,1,0,0"
    s.setsockopt(SOL_SOCKET, SO_SNDTIMEO, struct.pack("ll", 2, 500000))
    s.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 60)
    assert options(m) == b"+CIPTCPOPT:0,5,1,2500,60"
    s.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 0, 0))
    s.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 0)
    s.setsockopt(SOL_SOCKET, SO_SNDTIMEO, 700)
    assert options(m) == b"+CIPTCPOPT:0,-1,1,700,0"
    s.send(b"hello")
    assert s.read(5) == b"hello"
    s.close()
    # The next one on this link begins anew.
    t = m.socket()
    t.connect(rig.ECHO)
    assert options(m) == b"+CIPTCPOPT:0,-1,0,0,0"
    t.close()


def test_keep_alive():
    m = rig.joined()
    s = m.socket()
    s.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
    s.connect(rig.ECHO)
    assert options(m) == b"+CIPTCPOPT:0,-1,0,0,7200"
    s.close()
    s = m.socket()
    s.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 30)
    s.connect(rig.ECHO)
    assert options(m) == b"+CIPTCPOPT:0,-1,0,0,30"


def test_a_close_that_lingers():
    m = rig.joined()
    rig.control("serve", host="192.0.2.10", port=80)
    s = m.socket()
    s.setsockopt(SOL_SOCKET, SO_LINGER, 2)
    s.connect(("192.0.2.10", 80))
    s.send(b"x")
    start = rig.now_ms()
    s.close()
    assert rig.since_ms(start) < 500  # all of it has arrived already


def test_wrong_options():
    m = rig.joined()
    s = m.socket()
    rig.fails(EINVAL, s.setsockopt, SOL_SOCKET, 9999, 1)
    rig.fails(EINVAL, s.setsockopt, IPPROTO_TCP, 9999, 1)
    rig.fails(EINVAL, s.setsockopt, SOL_SOCKET, SO_LINGER, b"abc")
    rig.raises(ValueError, s.setsockopt, IPPROTO_TCP, TCP_KEEPIDLE, 7201)
    rig.raises(ValueError, s.setsockopt, SOL_SOCKET, SO_SNDTIMEO, -1)
    s.connect(rig.ECHO)
    s.send(b"hello")
    assert s.read(5) == b"hello"


def test_local_addresses():
    # wire: AT+CIPSTATE? by socket.getsockname
    # wire: AT+CIPSTATE? by socket.getpeername
    m = rig.joined()
    s = m.socket()
    s.bind((US, 0))
    s.connect(rig.ECHO)
    ip, port = s.getsockname()
    assert ip == US and port > 0
    assert s.getpeername() == ("198.51.100.7", 7)
    s.send(b"hello")
    assert s.read(5) == b"hello"
    s.close()
    rig.fails(rig.ENOTCONN, s.getpeername)
    t = m.socket()
    t.bind(("192.0.2.99", 0))
    rig.raises(OSError, t.connect, rig.ECHO)
    rig.raises(ValueError, t.bind, ("", 65536))
    rig.raises(ValueError, t.bind, ("x" * 65, 1))


def test_another_socket_goes_on_while_one_connects_in_vain():
    # What the module is busy with cannot be called off; it is told the time limit where it has one.
    m, s = rig.connected()
    t = m.socket()
    t.settimeout(1)
    start = rig.now_ms()
    rig.fails(rig.ETIMEDOUT, t.connect, rig.SILENT)
    assert 900 < rig.since_ms(start) < 1500
    s.settimeout(30)
    s.send(b"hello")
    assert s.read(5) == b"hello"


def test_writing_and_reading_of_closed_sockets():
    m, s = rig.connected()
    s.close()
    for f in (s.recv, s.read):
        rig.fails(rig.ENOTCONN, f, 1)
    for f in (s.send, s.sendall, s.write):
        rig.fails(rig.ENOTCONN, f, b"x")
    rig.fails(rig.ENOTCONN, s.send_long, b"x")
    assert s.available() == 0
    rig.raises(AttributeError, getattr, s, "no_such_method")
    rig.raises(AttributeError, getattr, s, "_inside")
