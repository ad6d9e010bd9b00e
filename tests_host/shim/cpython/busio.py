# Blinka's busio with the UART that CircuitPython documents: what Blinka's RP2040 route drops or
# ignores is put right here. Owns only that; I2C, SPI and the pin check are Blinka's own.
from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys

from sim_board import board


def _load_blinka():
    here = os.path.realpath(os.path.dirname(__file__))
    path = [entry for entry in sys.path if os.path.realpath(entry or os.curdir) != here]
    spec = importlib.machinery.PathFinder.find_spec("busio", path)
    if spec is None or spec.loader is None:
        raise ImportError("busio needs Adafruit-Blinka")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_blinka = _load_blinka()

I2C = _blinka.I2C
SPI = _blinka.SPI


class UART(_blinka.UART):
    def __init__(
        self,
        tx=None,
        rx=None,
        *,
        rts=None,
        cts=None,
        rs485_dir=None,
        rs485_invert=False,
        baudrate=9600,
        bits=8,
        parity=None,
        stop=1,
        timeout=1,
        receiver_buffer_size=64,
    ):
        if rs485_dir is not None or rs485_invert:
            raise NotImplementedError("RS485 is not supported on this device")
        _check_timeout(timeout)
        super().__init__(tx, rx, baudrate=baudrate, bits=bits, parity=parity, stop=stop)
        self._timeout = timeout
        self._machine = self._uart._uart  # the machine.UART under Blinka's wrapper
        self._receiver_buffer_size = receiver_buffer_size
        self._flow = (self._machine.RTS if rts else 0) | (self._machine.CTS if cts else 0)
        self._apply()

    def _apply(self):
        ms = int(self._timeout * 1000)
        self._machine.init(
            self._baudrate,
            rxbuf=self._receiver_buffer_size,
            flow=self._flow,
            timeout=ms,
            timeout_char=ms,
        )

    @property
    def baudrate(self):
        return self._baudrate

    @baudrate.setter
    def baudrate(self, value):
        self._baudrate = value
        self._apply()

    @property
    def timeout(self):
        return self._timeout

    @timeout.setter
    def timeout(self, value):
        _check_timeout(value)
        self._timeout = value
        self._apply()

    @property
    def in_waiting(self):
        return self._machine.any()

    def fileno(self):
        """For loop.add_reader(): a board's own UART can be polled too."""
        return self._machine.fileno()

    def reset_input_buffer(self):
        while self._machine.any():
            board.need_host().take(self._machine.any())

    def write(self, buf):
        """Waits until everything is in the transmit buffer, as CircuitPython does."""
        data = bytes(buf)
        sent = 0
        while sent < len(data):
            sent += self._machine.write(data[sent:]) or 0
        return sent


def _check_timeout(value):
    if not 0 <= value <= 100:
        raise ValueError("timeout must be 0.0-100.0 seconds")
