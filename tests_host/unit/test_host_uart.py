# The host's UART as MicroPython's ports, CircuitPython and pyserial have it: its rate, another one.
# Owns once/wire.py, and Modem() with UARTs and pins of other kinds.
import espat
from espat.once import wire


class Stream:
    # No more than it takes.
    def __init__(self):
        self.said = []

    def any(self):
        return 0

    def readinto(self, buf, n=None):
        return None

    def write(self, buf, off=0, n=None):
        return len(buf) - off if n is None else n


class Full(Stream):
    RTS = 1
    CTS = 2

    def init(self, **kw):
        self.said.append(kw)

    def __repr__(self):
        return "UART(1, baudrate=115201, bits=8, rxbuf=512, flow=RTS|CTS)"


class Narrow(Stream):
    def init(self, baudrate=0):
        self.said.append(baudrate)


class Property(Stream):
    baudrate = 9600


def test_rates():
    assert wire.rate(Full()) == 115201
    assert wire.rate(Property()) == 9600
    assert wire.rate(Stream()) == 115200
    assert wire.says(Full(), b"rxbuf=", 256) == 512
    assert wire.says(Stream(), b"rxbuf=", 256) == 256


def test_another_rate():
    u = Full()
    assert wire.set_baudrate(u, 57600)
    assert u.said == [{"baudrate": 57600, "rxbuf": 512, "flow": 3}], u.said
    u = Narrow()
    assert wire.set_baudrate(u, 57600)
    assert u.said == [57600]
    u = Property()
    assert wire.set_baudrate(u, 57600)
    assert u.baudrate == 57600
    assert not wire.set_baudrate(Stream(), 57600)


def test_what_is_no_uart():
    class Deaf:
        write = Stream.write
        readinto = Stream.readinto

    for thing in (Deaf(), object()):
        try:
            espat.Modem(thing)
        except TypeError:
            pass
        else:
            raise AssertionError("taken for a UART")
