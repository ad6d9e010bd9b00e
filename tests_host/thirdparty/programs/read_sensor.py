# A sensor's driver for machine.I2C on the module's bus: it must read there what it reads in the
# sensor's registers as they are. And a sensor that is not there.
from binascii import unhexlify

import board
from bme280 import BME280

import espat


class Registers:
    """What the driver needs of machine.I2C, without a bus."""

    def __init__(self, memory):
        self.memory = bytearray(memory)

    def readfrom_mem(self, address, start, n):
        return bytes(self.memory[start : start + n])

    def readfrom_mem_into(self, address, start, buf):
        buf[:] = self.memory[start : start + len(buf)]

    def writeto_mem(self, address, start, buf):
        self.memory[start : start + len(buf)] = buf


expected = BME280(i2c=Registers(unhexlify(board.arguments["memory"]))).values
modem = espat.Modem(board.uart())
i2c = modem.gpio.I2C(0, scl=25, sda=26)
assert i2c.scan() == [0x76], i2c.scan()
sensor = BME280(i2c=i2c)
for _ in range(2):
    assert sensor.values == expected, (sensor.values, expected)
    try:
        BME280(address=0x77, i2c=i2c)
        raise RuntimeError("nobody is there")
    except OSError:
        pass
print(expected)
print("ALL DONE")
