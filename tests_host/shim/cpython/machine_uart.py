# machine.UART as the RP2040 port of MicroPython has it, over the simulated board's host end.
# Owns its timeouts, short reads and short writes. Bytes and buffers are the simulator's.
from __future__ import annotations

from sim_board import board

_DEFAULT_BUFFER = 256
_MIN_BUFFER = 32
_FIFO = 32  # in hardware, behind each of the two software buffers
_POLL = 3  # MP_STREAM_POLL
_POLL_RD = 1
_POLL_WR = 4
PSEUDO_FD = 1 << 20  # for the virtual event loop; never a descriptor of the system


class _Irq:
    def __init__(self, trigger):
        self._trigger = trigger

    def flags(self):
        return self._trigger

    def trigger(self, trigger=None):
        self._trigger = self._trigger if trigger is None else trigger
        return self._trigger


class UART:
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
            raise ValueError(f"UART({id}) doesn't exist")
        self._id = id
        self._open = True
        self._baudrate = baudrate
        self._frame = {"bits": 8, "parity": None, "stop": 1}
        self._timeout_ms = self._timeout_char_ms = self._flow = self._invert = 0
        self._tx = self._rx = None
        self.init(baudrate, bits, parity, stop, **options)

    def init(
        self,
        baudrate=None,
        bits=None,
        parity=-1,
        stop=None,
        *,
        tx=None,
        rx=None,
        cts=None,
        rts=None,
        txbuf=None,
        rxbuf=None,
        timeout=None,
        timeout_char=None,
        invert=None,
        flow=None,
    ):
        if baudrate is not None:
            self._baudrate = int(baudrate)
        if bits is not None:
            self._frame["bits"] = bits
        if parity != -1:
            self._frame["parity"] = parity
        if stop is not None:
            self._frame["stop"] = stop
        if flow is not None:
            if flow & ~(UART.CTS | UART.RTS):
                raise ValueError("bad hardware flow control mask")
            self._flow = flow
        # As on the board: new buffers each time, of the default size unless it is given again.
        self._rxbuf = _DEFAULT_BUFFER if rxbuf is None else max(_MIN_BUFFER, rxbuf)
        self._txbuf = _DEFAULT_BUFFER if txbuf is None else max(_MIN_BUFFER, txbuf)
        if timeout is not None:
            self._timeout_ms = timeout
        if timeout_char is not None:
            self._timeout_char_ms = timeout_char
        # As the port does it: longer than one character, 13 bits to be sure.
        self._timeout_char_ms = max(self._timeout_char_ms, 13_000 // self._baudrate + 1)
        self._tx = self._tx if tx is None else tx
        self._rx = self._rx if rx is None else rx
        self._invert = self._invert if invert is None else invert
        self._open = True
        board.need_host().set_up_uart(
            self._baudrate,
            rxbuf=self._rxbuf + _FIFO,
            txbuf=self._txbuf + _FIFO,
            rts=bool(self._flow & UART.RTS),
            cts=bool(self._flow & UART.CTS),
            timeout_us=self._timeout_ms * 1000,
            timeout_char_us=self._timeout_char_ms * 1000,
            **self._frame,
        )

    def deinit(self):
        self._open = False
        board.rx_handler = None

    # -- reading -------------------------------------------------------------------------------

    def any(self):
        return board.need_host().any() if self._open else 0

    def _take(self, count):
        data = board.need_host().take(count) if self._open and count else b""
        board.run_due()
        return data

    def read(self, nbytes=None):
        """None when there is nothing."""
        data = self._take(1 << 30 if nbytes is None or nbytes < 0 else nbytes)
        return data if data or nbytes == 0 else None

    def readinto(self, buf, nbytes=None):
        room = len(buf) if nbytes is None else min(nbytes, len(buf))
        data = self._take(room)
        buf[: len(data)] = data
        return len(data) if data or room == 0 else None

    def readline(self):
        line = bytearray()
        while not line.endswith(b"\n"):
            byte = self._take(1)
            if not byte:
                break
            line += byte
        return bytes(line) or None

    # -- writing -------------------------------------------------------------------------------

    def write(self, buf, off=None, count=None):
        """Bytes taken: short when the buffers are full and timeout_char is too. None for none.

        write(buf, n) and write(buf, off, n) as every stream of MicroPython.
        """
        data = bytes(buf)
        if count is not None:
            data = data[off : off + count]
        elif off is not None:
            data = data[:off]
        if not self._open:
            return None
        sent = board.need_host().put(data)
        board.run_due()
        return sent if sent or not data else None

    def flush(self):
        limit_us = (self._txbuf + _FIFO) * 13_000_000 * 2 // self._baudrate
        if not board.need_host().drain(limit_us):
            raise OSError(110, "ETIMEDOUT")

    def txdone(self):
        return board.need_host().drain(0)

    def sendbreak(self):
        board.sleep(13_000_000 // self._baudrate * 2)

    # -- events --------------------------------------------------------------------------------

    def irq(self, handler=None, trigger=0, hard=False):
        """Called while the program waits: the board has no interrupts of its own."""
        board.rx_handler = None if handler is None else lambda: handler(self)
        return _Irq(trigger)

    def ioctl(self, request, arg):
        if request != _POLL:
            return -1
        ready = _POLL_RD if arg & _POLL_RD and self.any() else 0
        if arg & _POLL_WR and board.need_host().free():
            ready |= _POLL_WR
        return ready

    def fileno(self):
        """For loop.add_reader(): the system's over a pty or TCP, else the virtual loop's own."""
        fileno = getattr(board.need_host(), "fileno", None)
        return PSEUDO_FD + self._id if fileno is None else fileno()

    def __repr__(self):
        frame = self._frame
        return (
            f"UART({self._id}, baudrate={self._baudrate}, bits={frame['bits']}, "
            f"parity={frame['parity']}, stop={frame['stop']}, tx={_number(self._tx)}, "
            f"rx={_number(self._rx)}, txbuf={self._txbuf}, rxbuf={self._rxbuf}, "
            f"timeout={self._timeout_ms}, timeout_char={self._timeout_char_ms}, "
            f"invert={('None', 'INV_TX', 'INV_RX', 'INV_TX|INV_RX')[self._invert]})"
        )


def _number(pin):
    return getattr(pin, "id", pin)
