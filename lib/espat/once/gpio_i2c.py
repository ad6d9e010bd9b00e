# modem.gpio.I2C. Loaded for the call that makes one.
from ..compat import const
from .quote import check

_MS = const(8000)  # a transfer takes at most 1 s
_MOST = const(2048)


async def I2C(m, id, scl, sda, freq=400000):
    """A bus as machine.I2C: I2C(id, scl, sda, freq=400000). id: 0..1; scl, sda: the module's
    GPIOs; freq: 1..1000000 Hz. Its methods have the names, arguments and results of machine.I2C:
    scan, readfrom, readfrom_into, writeto, writevto, readfrom_mem, readfrom_mem_into,
    writeto_mem, deinit; with asyncio they are awaited. Addresses of 10 bits: 0x7800 + address
    (guide 3.9.7). ATError: no answer. AT+DRVI2CINIT, AT+DRVI2CRD, AT+DRVI2CWRDATA,
    AT+DRVI2CWRBYTES, guide 3.9.6..3.9.9. Between writing a register's number and reading it the
    module ends the transfer: it has no repeated start."""
    check("id", id, 0, 1)
    check("scl", scl, 0, 48)
    check("sda", sda, 0, 48)
    check("freq", freq, 1, 1000000)
    await m.at(b"AT+DRVI2CINIT=%d,%d,%d,%d\r\n" % (id, scl, sda, freq))
    return I2c(m, id)


def where(address):
    if not (0 <= address <= 0x7F or 0x7800 <= address <= 0x7BFF):
        raise ValueError("address: 0..0x7F, 0x7800..0x7BFF")
    return address


class I2c:
    def __init__(self, m, id):
        self.m = m
        self.id = id

    async def load(self, address, buf):
        n = len(buf)
        check("bytes", n, 1, _MOST)
        cmd = b"AT+DRVI2CRD=%d,%d,%d\r\n" % (self.id, where(address), n)
        await self.m.brief("gpio_hex", "read", cmd, b"+DRVI2CRD:", buf, _MS)

    async def some(self, address, n):
        buf = bytearray(n)
        await self.load(address, buf)
        return bytes(buf)

    async def store(self, address, data):
        n = len(data)
        check("bytes", n, 1, _MOST)
        where(address)
        if n <= 4:
            x = 0
            for c in data:
                x = x << 8 | c
            cmd = b"AT+DRVI2CWRBYTES=%d,%d,%d,%d\r\n" % (self.id, address, n, x)
            await self.m.at(cmd, _MS)
        else:
            cmd = b"AT+DRVI2CWRDATA=%d,%d,%d\r\n" % (self.id, address, n)
            await self.m.at(cmd, _MS, None, b"", data)
        return n

    def register(self, memaddr, addrsize):
        if addrsize not in (8, 16, 24, 32):
            raise ValueError("addrsize: 8, 16, 24, 32")
        return memaddr.to_bytes(addrsize // 8, "big")

    async def load_mem(self, address, memaddr, buf, addrsize):
        await self.store(address, self.register(memaddr, addrsize))
        await self.load(address, buf)

    async def some_mem(self, address, memaddr, n, addrsize):
        buf = bytearray(n)
        await self.load_mem(address, memaddr, buf, addrsize)
        return bytes(buf)

    async def look(self):
        found = []
        for address in range(8, 0x78):
            cmd = b"AT+DRVI2CRD=%d,%d,1\r\n" % (self.id, address)
            n = await self.m.at(cmd, _MS, force=True)
            if not n:
                found.append(address)
            elif n > 1:
                raise OSError(110, "")
        return found

    def scan(self):
        """The addresses 0x08..0x77 that answer when a byte is read from them."""
        return self.m.face(self.look())

    def readfrom(self, addr, nbytes, stop=True):
        return self.m.face(self.some(addr, nbytes))

    def readfrom_into(self, addr, buf, stop=True):
        return self.m.face(self.load(addr, buf))

    def writeto(self, addr, buf, stop=True):
        return self.m.face(self.store(addr, buf))

    def writevto(self, addr, vector, stop=True):
        return self.m.face(self.store(addr, b"".join([bytes(x) for x in vector])))

    def readfrom_mem(self, addr, memaddr, nbytes, addrsize=8):
        return self.m.face(self.some_mem(addr, memaddr, nbytes, addrsize))

    def readfrom_mem_into(self, addr, memaddr, buf, addrsize=8):
        return self.m.face(self.load_mem(addr, memaddr, buf, addrsize))

    def writeto_mem(self, addr, memaddr, buf, addrsize=8):
        return self.m.face(self.store(addr, self.register(memaddr, addrsize) + bytes(buf)))

    def deinit(self):
        """Let go of the bus (AT+DRVI2CINIT=<id>)."""
        return self.m.face(self.m.at(b"AT+DRVI2CINIT=%d\r\n" % self.id))
