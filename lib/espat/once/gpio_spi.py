# modem.gpio.SPI. Loaded for the call that makes one.
from ..compat import const
from .quote import build, check

_MS = const(8000)
_MOST = const(4092)
MSB = 0
LSB = 1


async def SPI(
    m,
    id=0,
    baudrate=1000000,
    polarity=0,
    phase=0,
    bits=8,
    firstbit=0,
    sck=None,
    mosi=None,
    miso=None,
    cs=None,
    dma=1,
):
    """A bus as machine.SPI: SPI(id, baudrate, polarity, phase, bits, firstbit, sck, mosi, miso),
    and cs: the module drives it around each transfer. id: 0..2, the module has one bus only.
    baudrate: 1..40000000; bits: 8; firstbit: 0 MSB, 1 LSB; pins: the module's GPIOs. dma: 0..2;
    without (0) a transfer has at most 64 bytes, else 4092. read(nbytes), readinto(buf), write(buf),
    deinit(); and cmd, cmd_len (0..2 bytes), addr, addr_len (0..4) that go before the data. It
    cannot write and read at once: there is no write_readinto(), and `write`, what goes out while
    it reads, must be 0. AT+DRVSPICONFGPIO, AT+DRVSPIINIT, AT+DRVSPIRD, AT+DRVSPIWR, guide
    3.9.10..3.9.13."""
    check("id", id, 0, 2)
    check("baudrate", baudrate, 1, 40000000)
    check("polarity", polarity, 0, 1)
    check("phase", phase, 0, 1)
    check("bits", bits, 8, 8)
    check("firstbit", firstbit, 0, 1)
    check("dma", dma, 0, 2)
    if sck is None or mosi is None:
        raise ValueError("sck, mosi: needed")
    pins = [-1 if pin is None else pin for pin in (mosi, miso, sck, cs)]
    for pin in pins:
        check("pin", pin, -1, 48)
    pins = build(b"AT+DRVSPICONFGPIO", pins)
    if m.state != 2:
        await m.brief("start", "up")
    await m.at(b"AT+DRVSPIINIT=0\r\n", force=True)  # of a former life
    await m.at(pins)
    mode = polarity * 2 + phase
    await m.at(build(b"AT+DRVSPIINIT", (baudrate, mode, 0, 0, dma, firstbit * 3)))
    return Spi(m, _MOST if dma else 64)


class Spi:
    def __init__(self, m, most):
        self.m = m
        self.most = most

    def line(self, name, low, n, cmd, cmd_len, addr, addr_len):
        check("bytes", n, low, self.most)
        check("cmd_len", cmd_len, 0, 2)
        check("addr_len", addr_len, 0, 4)
        args = [n]
        if cmd_len or addr_len:
            args += [cmd or 0, cmd_len]
        if addr_len:
            args += [addr or 0, addr_len]
        return build(name, args)

    async def load(self, buf, *head):
        text = self.line(b"AT+DRVSPIRD", 1, len(buf), *head)
        await self.m.brief("gpio_hex", "read", text, b"+DRV", buf, _MS)

    async def some(self, n, *head):
        buf = bytearray(n)
        await self.load(buf, *head)
        return bytes(buf)

    async def store(self, data, *head):
        text = self.line(b"AT+DRVSPIWR", 0, len(data), *head)
        await self.m.at(text, _MS, None, b"", data if len(data) else None)

    def read(self, nbytes, write=0, cmd=None, cmd_len=0, addr=None, addr_len=0):
        check("write", write, 0, 0)
        return self.m.face(self.some(nbytes, cmd, cmd_len, addr, addr_len))

    def readinto(self, buf, write=0, cmd=None, cmd_len=0, addr=None, addr_len=0):
        check("write", write, 0, 0)
        return self.m.face(self.load(buf, cmd, cmd_len, addr, addr_len))

    def write(self, buf=b"", cmd=None, cmd_len=0, addr=None, addr_len=0):
        return self.m.face(self.store(buf, cmd, cmd_len, addr, addr_len))

    def deinit(self):
        """Let go of the bus (AT+DRVSPIINIT=0)."""
        return self.m.face(self.m.at(b"AT+DRVSPIINIT=0\r\n"))
