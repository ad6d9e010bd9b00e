# Driver commands on buses: I2C and SPI, as their master.
# Owns arguments, prompts and transfer times; devices are peripherals.py's.
from __future__ import annotations

from typing import Any, Callable, Optional

from .call import Call
from .commands_driver import GPIO_MAX
from .errors import exec_fail, para_count, para_invalid
from .parser import Int, Rest, bind
from .peripherals import I2cDevice, I2cMemory, SpiSetting
from .registry import WAIT, Commands
from .takers import Counted

commands = Commands("driver")

_I2C_TIMEOUT_US = 1_000_000
_ADDRESS_10_BITS = range(0x7800, 0x7C00)
_WITHOUT_DMA = 64
_NUM, _ADDRESS, _LENGTH = Int(0, 1), Int(0, 0x7BFF), Int(1, 2048)

# -- I2C ---------------------------------------------------------------------------------


@commands.set("AT+DRVI2CINIT", Int(0, 1), Rest())
def init_i2c(call: Call, num: int, args: list) -> None:
    clocks = call.m.peripherals.i2c_clock_hz
    if not args:
        if clocks.pop(num, None) is None:
            raise exec_fail(why="this bus is not open")
        return
    kinds = [Int(0, GPIO_MAX), Int(0, GPIO_MAX), Int(1, 1_000_000)]
    scl, sda, clock_hz = bind(args, kinds, False, 1)
    if scl == sda:
        raise para_invalid(2)
    if num in clocks:
        raise exec_fail(why="this bus is open")
    clocks[num] = clock_hz


def _device(call: Call, num: int, address: int) -> Optional[I2cDevice]:
    """None: nobody acknowledges."""
    if address > 0x7F and address not in _ADDRESS_10_BITS:
        raise para_invalid(1)
    if num not in call.m.peripherals.i2c_clock_hz:
        raise exec_fail(why="AT+DRVI2CINIT comes first")
    return call.m.peripherals.i2c_devices.get((num, address))


def _i2c(
    call: Call, num: int, device: Optional[I2cDevice], n: int, done: Callable[[], object]
) -> Any:
    """done() when n bytes have gone over the bus."""
    if device is None:
        call.fail(exec_fail(why="no acknowledge"))
    elif isinstance(device, I2cMemory) and device.stretches:
        call.later(_I2C_TIMEOUT_US, lambda: call.fail(exec_fail(why="bus timeout")))
    else:
        bits = 9 * (1 + n) + 2
        call.later(bits * 1_000_000 // call.m.peripherals.i2c_clock_hz[num], done)
    return WAIT


def _i2c_write(call: Call, num: int, device: Optional[I2cDevice], data: bytes) -> Any:
    def done() -> None:
        if device is not None and device.write(data):
            call.done()
        else:
            call.fail(exec_fail(why="no acknowledge"))

    return _i2c(call, num, device, len(data), done)


@commands.set("AT+DRVI2CRD", _NUM, _ADDRESS, _LENGTH)
def read_i2c(call: Call, num: int, address: int, length: int) -> Any:
    device = _device(call, num, address)

    def done() -> None:
        data = None if device is None else device.read(length)
        if data is None:
            call.fail(exec_fail(why="no acknowledge"))
        else:
            call.answer(data.hex())
            call.done()

    return _i2c(call, num, device, length, done)


@commands.set("AT+DRVI2CWRDATA", _NUM, _ADDRESS, _LENGTH)
def write_i2c(call: Call, num: int, address: int, length: int) -> Any:
    device = _device(call, num, address)
    call.prompt()
    Counted(call.m, length, lambda data: _i2c_write(call, num, device, data))
    return WAIT


@commands.set("AT+DRVI2CWRBYTES", _NUM, _ADDRESS, Int(1, 4), Int(0, 0xFFFFFFFF))
def write_i2c_bytes(call: Call, num: int, address: int, length: int, number: int) -> Any:
    device = _device(call, num, address)
    if number >> 8 * length:
        raise para_invalid(3)
    return _i2c_write(call, num, device, number.to_bytes(length, "big"))


# -- SPI ---------------------------------------------------------------------------------

_PIN, _PIN_OR_NONE = Int(0, GPIO_MAX), Int(-1, GPIO_MAX)


@commands.set("AT+DRVSPICONFGPIO", _PIN, _PIN_OR_NONE, _PIN, _PIN_OR_NONE)
def set_spi_pins(call: Call, *pins: int) -> None:
    used = [pin for pin in pins if pin >= 0]
    if len(set(used)) != len(used):
        raise exec_fail(why="one pin for two signals")
    call.m.peripherals.spi_pins = list(pins)


@commands.set("AT+DRVSPIINIT", Int(0, 40_000_000), Rest())
def init_spi(call: Call, clock_hz: int, args: list) -> None:
    bus = call.m.peripherals
    if clock_hz == 0 and not args:
        if bus.spi is None:
            raise exec_fail(why="the bus is not open")
        bus.spi = None
        return
    kinds = [Int(0, 3), Int(0, 16), Int(0, 64), Int(0, 2), Int(0, 3, default=0)]
    _, _, _, dma, order = bind(args, kinds, False, 1)
    if clock_hz == 0:
        raise para_invalid(0)
    if bus.spi_pins is None:
        raise exec_fail(why="AT+DRVSPICONFGPIO comes first")
    if bus.spi is not None:
        raise exec_fail(why="the bus is open")
    bus.spi = SpiSetting(clock_hz, dma, bool(order & 1), bool(order & 2))


def _spi_heads(call: Call, length: int, args: list) -> tuple[bytes, bytes]:
    """Command and address as bytes on the bus."""
    if len(args) not in (0, 2, 4):
        raise para_count(5, 1 + len(args))
    kinds = [
        Int(0, 0xFFFF, default=0),
        Int(0, 2, default=0),
        Int(0, 0xFFFFFFFF, default=0),
        Int(0, 4, default=0),
    ]
    command, command_len, address, address_len = bind(args, kinds, False, 1)
    spi = call.m.peripherals.spi
    if spi is None:
        raise exec_fail(why="AT+DRVSPIINIT comes first")
    if length > _WITHOUT_DMA and not spi.dma:
        raise para_invalid(0)
    if command >> 8 * command_len:
        raise para_invalid(1)
    if address >> 8 * address_len:
        raise para_invalid(3)
    return command.to_bytes(command_len, "big"), address.to_bytes(address_len, "big")


def _spi_us(call: Call, n: int) -> int:
    assert call.m.peripherals.spi is not None
    return 8 * n * 1_000_000 // call.m.peripherals.spi.clock_hz


@commands.set("AT+DRVSPIRD", Int(1, 4092), Rest())
def read_spi(call: Call, length: int, args: list) -> Any:
    command, address = _spi_heads(call, length, args)

    def done() -> None:
        call.answer(call.m.peripherals.spi_transfer(command, address, b"", length).hex())
        call.done()

    call.later(_spi_us(call, len(command) + len(address) + length), done)
    return WAIT


@commands.set("AT+DRVSPIWR", Int(0, 4092), Rest())
def write_spi(call: Call, length: int, args: list) -> Any:
    command, address = _spi_heads(call, length, args)

    def send(data: bytes) -> None:
        call.m.peripherals.spi_transfer(command, address, data, 0)
        call.later(_spi_us(call, len(command) + len(address) + length), call.done)

    if length == 0:
        send(b"")
    else:
        call.prompt()
        Counted(call.m, length, send)
    return WAIT
