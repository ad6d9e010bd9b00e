# machine.UART as the RP2040 port has it, over the connection of sim_host.
# Owns arguments and return values; time-outs and buffers are the other end's.
import io

import sim_host

from micropython import const

_FIFO = const(32)  # in hardware, behind each of the two software buffers
_BUFFER = const(256)
_POLL = const(3)
_CLOSE = const(4)
_GET_FILENO = const(10)


class UART(io.IOBase):
    CTS = 1
    RTS = 2
    INV_TX = 1
    INV_RX = 2
    IRQ_RX = 0x10
    IRQ_BREAK = 0x200
    IRQ_RXIDLE = 0x1000
    IRQ_TXIDLE = 0x2000

    def __init__(self, id, baudrate=115200, bits=8, parity=None, stop=1, **options):
        if id not in (0, 1):
            raise ValueError("UART(%s) doesn't exist" % id)
        self._id = id
        self._set = {"flow": 0, "timeout": 0, "timeout_char": 0, "invert": None}
        self.init(baudrate, bits, parity, stop, **options)

    def init(self, baudrate=None, bits=None, parity=-1, stop=None, **options):
        s = self._set
        # As on the board: new buffers each time, of the default size unless it is given again.
        s["txbuf"] = s["rxbuf"] = _BUFFER
        for name, value in options.items():
            if name not in "tx rx cts rts txbuf rxbuf timeout timeout_char invert flow".split():
                raise TypeError("extra keyword argument " + name)
            if value is not None:
                s[name] = value
        if baudrate is not None:
            s["baudrate"] = baudrate
        if bits is not None:
            s["bits"] = bits
        if parity != -1:
            s["parity"] = parity
        if stop is not None:
            s["stop"] = stop
        if s["flow"] & ~3:
            raise ValueError("bad hardware flow control mask")
        s["timeout_char"] = max(s["timeout_char"], 13000 // s["baudrate"] + 1)
        s["rxbuf"] = max(32, s["rxbuf"])
        s["txbuf"] = max(32, s["txbuf"])
        self._link = sim_host.link()
        self._link.set_up(
            {
                "do": "uart",
                "baud": s["baudrate"],
                "bits": s["bits"],
                "parity": s["parity"],
                "stop": s["stop"],
                "rxbuf": s["rxbuf"] + _FIFO,
                "txbuf": s["txbuf"] + _FIFO,
                "rts": bool(s["flow"] & 2),
                "cts": bool(s["flow"] & 1),
                "timeout_us": s["timeout"] * 1000,
                "timeout_char_us": s["timeout_char"] * 1000,
            }
        )

    def deinit(self):
        pass

    def any(self):
        return self._link.any_()

    def readinto(self, buf, n=-1):
        if not 0 <= n <= len(buf):
            n = len(buf)
        return (self._link.take(buf, n) if n else 0) or (None if n else 0)

    def read(self, n=-1):
        if n is None or n < 0:
            data = b""
            while True:
                part = self.read(self._link.any_() or 1)
                if part is None:
                    return data or None
                data += part
        buf = bytearray(n)
        n = self.readinto(buf)
        return None if n is None else bytes(buf[:n])

    def readline(self):
        line = b""
        while not line.endswith(b"\n"):
            c = self.read(1)
            if c is None:
                break
            line += c
        return line or None

    def write(self, buf, off=None, n=None):
        """write(buf), write(buf, n) or write(buf, off, n); None when nothing was taken."""
        size = len(buf)
        if n is None:
            n = size if off is None else off
            off = 0
        if off > size:
            off = size
        if n > size - off:
            n = size - off
        return (self._link.put(buf, off, n) if n else 0) or (None if n else 0)

    def flush(self):
        s = self._set
        if not self._link.drain((s["txbuf"] + _FIFO) * 13_000 // s["baudrate"] * 2000 + 1000):
            raise OSError(110)

    def txdone(self):
        return self._link.drain(0)

    def sendbreak(self):
        self._link.sleep_us(26_000_000 // self._set["baudrate"])

    def irq(self, handler=None, trigger=0, hard=False):
        """The handler runs while the program waits: the board has no interrupts of its own."""
        sim_host.on_rx = None if handler is None else lambda: handler(self)
        return self

    def ioctl(self, request, arg):
        if request == _POLL:
            ready = 1 if arg & 1 and self._link.any_() else 0
            if arg & 4 and self._link.free():
                ready |= 4
            return ready
        if request == _GET_FILENO:
            return self._link.fileno()
        return 0 if request == _CLOSE else -1

    def __repr__(self):
        s = self._set
        return (
            "UART(%d, baudrate=%d, bits=%d, parity=%s, stop=%d, tx=%s, rx=%s, "
            "txbuf=%d, rxbuf=%d, timeout=%d, timeout_char=%d, invert=%s)"
        ) % (
            self._id,
            s["baudrate"],
            s["bits"],
            s["parity"],
            s["stop"],
            _number(s.get("tx")),
            _number(s.get("rx")),
            s["txbuf"],
            s["rxbuf"],
            s["timeout"],
            s["timeout_char"],
            s["invert"],
        )


def _number(pin):
    return getattr(pin, "id", pin)
