# What hangs on the module's own pins: voltages, PWM channels, I2C and SPI devices.
# Owns their state; tests and the control channel script them. Commands are commands_driver.py's
# and commands_bus.py's.
from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Optional, Protocol

if TYPE_CHECKING:
    from .module import Module

FULL_SCALE_MV = (950, 1250, 1750, 2450)  # of the ADC at each attenuation
_ADC_MAX = 4095


class I2cDevice(Protocol):
    """A device on an I2C bus. None or False: it does not acknowledge."""

    def write(self, data: bytes) -> bool: ...

    def read(self, n: int) -> Optional[bytes]: ...


class SpiDevice(Protocol):
    """A device on the SPI bus, most significant bit first."""

    def transfer(self, command: bytes, address: bytes, data: bytes, read: int) -> bytes: ...


class I2cMemory:
    """Registers: the first byte that is written sets the pointer, reads go on from it."""

    def __init__(self, memory: bytes) -> None:
        self.memory = bytearray(memory)
        self.pointer = 0
        self.written: list[bytes] = []
        self.silent = False  # no acknowledge
        self.stretches = False  # holds the clock until the master gives up

    def write(self, data: bytes) -> bool:
        if self.silent:
            return False
        self.written.append(data)
        if data:
            self.pointer = data[0]
            for byte in data[1:]:
                self.memory[self._next()] = byte
        return True

    def read(self, n: int) -> Optional[bytes]:
        return None if self.silent else bytes(self.memory[self._next()] for _ in range(n))

    def _next(self) -> int:
        place = self.pointer % len(self.memory)
        self.pointer = place + 1
        return place


class SpiScript:
    """Answers in the order they were given; then what an open line reads: ones."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.seen: list[tuple[bytes, bytes, bytes]] = []  # command, address, data

    def transfer(self, command: bytes, address: bytes, data: bytes, read: int) -> bytes:
        self.seen.append((command, address, data))
        if not read:
            return b""
        answer = self.answers.pop(0) if self.answers else b""
        return answer[:read].ljust(read, b"\xff")


@dataclass
class PwmChannel:
    gpio: int
    duty: int = 0  # at the start of a fade
    target: int = 0
    start_us: int = 0
    end_us: int = 0


@dataclass
class SpiSetting:
    clock_hz: int
    dma: int
    tx_lsb_first: bool
    rx_lsb_first: bool


@dataclass
class Pwm:
    freq_hz: int
    bits: int
    channels: list[PwmChannel] = field(default_factory=list)


class Peripherals:
    """Devices stay through a reset of the module; its drivers do not."""

    def __init__(self, module: Module) -> None:
        self._m = module
        self.millivolts = [0] * 8
        self.i2c_devices: dict[tuple[int, int], I2cDevice] = {}
        self.spi_device: SpiDevice = SpiScript()
        self.reset()

    def reset(self) -> None:
        self.pwm: Optional[Pwm] = None
        self.i2c_clock_hz: dict[int, int] = {}  # of the buses that are open
        self.spi_pins: Optional[list[int]] = None
        self.spi: Optional[SpiSetting] = None

    def adc(self, channel: int, attenuation: int) -> int:
        raw = round(self.millivolts[channel] * _ADC_MAX / FULL_SCALE_MV[attenuation])
        return max(0, min(raw, _ADC_MAX))

    def duty(self, channel: PwmChannel) -> int:
        """Now, on its way to the target of a fade."""
        now = self._m.clock.now_us
        if now >= channel.end_us:
            return channel.target
        passed, whole = now - channel.start_us, channel.end_us - channel.start_us
        return channel.duty + (channel.target - channel.duty) * passed // whole

    def fade(self, channel: PwmChannel, target: int, ms: int) -> None:
        channel.duty = self.duty(channel)
        channel.start_us = self._m.clock.now_us
        channel.end_us = channel.start_us + ms * 1000
        channel.target = target

    def spi_transfer(self, command: bytes, address: bytes, data: bytes, read: int) -> bytes:
        """Through the bit order that the driver was set to."""
        assert self.spi is not None
        if self.spi.tx_lsb_first:
            command, address, data = map(_reversed_bits, (command, address, data))
        answer = self.spi_device.transfer(command, address, data, read)
        return _reversed_bits(answer) if self.spi.rx_lsb_first else answer


def _reversed_bits(data: bytes) -> bytes:
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)
