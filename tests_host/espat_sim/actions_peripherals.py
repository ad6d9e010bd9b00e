# Requests of the control channel about what hangs on the module's own pins, and about wires.
# Owns their arguments; the devices are peripherals.py's.
from __future__ import annotations

from typing import TYPE_CHECKING

from .actions import action, given_bytes
from .actions_net import run_action
from .energy import plot
from .peripherals import I2cMemory, SpiScript

if TYPE_CHECKING:
    from .module import Module

__all__ = ["run_action"]  # with the requests of this file


@action("adc")
def adc(m: Module, request: dict) -> dict:
    """The voltage at a channel of the ADC; without mv it is told."""
    channel = int(request["channel"])
    if not 0 <= channel < len(m.peripherals.millivolts):
        raise LookupError("no such channel")
    if "mv" in request:
        m.peripherals.millivolts[channel] = int(request["mv"])
    return {"mv": m.peripherals.millivolts[channel]}


@action("pwm")
def pwm(m: Module, request: dict) -> dict:
    """What the PWM pins do now."""
    state = m.peripherals.pwm
    if state is None:
        return {"channels": []}
    channels = [{"gpio": c.gpio, "duty": m.peripherals.duty(c)} for c in state.channels]
    return {"freq": state.freq_hz, "bits": state.bits, "channels": channels}


@action("i2c")
def i2c(m: Module, request: dict) -> dict:
    """A device with registers: memory_hex attaches, silent and stretches change, gone removes."""
    key = (int(request.get("num", 0)), int(request["address"]))
    devices = m.peripherals.i2c_devices
    if request.get("gone"):
        del devices[key]
        return {}
    if "memory_hex" in request or "memory" in request:
        memory = given_bytes(request, "memory")
        if not memory:
            raise ValueError("a device needs at least one register")
        devices[key] = I2cMemory(memory)
    device = devices[key]
    if not isinstance(device, I2cMemory):
        raise LookupError("a device of the test's own")
    device.silent = bool(request.get("silent", device.silent))
    device.stretches = bool(request.get("stretches", device.stretches))
    written = [data.hex() for data in device.written]
    return {"memory_hex": device.memory.hex(), "written": written}


@action("spi")
def spi(m: Module, request: dict) -> dict:
    """reads_hex: what the next reads give; answers what was sent so far."""
    device = m.peripherals.spi_device
    if not isinstance(device, SpiScript):
        raise LookupError("a device of the test's own")
    device.answers += [bytes.fromhex(text) for text in request.get("reads_hex", ())]
    names = ("command_hex", "address_hex", "data_hex")
    return {"seen": [dict(zip(names, (part.hex() for part in t))) for t in device.seen]}


@action("energy")
def energy(m: Module, request: dict) -> dict:
    """What module and host drew since the start or the last reset; plot: a picture's path."""
    meters = {"module": m.power.meter}
    if m.host_meter is not None:
        meters["host"] = m.host_meter
    if "plot" in request:
        plot(str(request["plot"]), **meters)
    reports = {name: meter.report() for name, meter in meters.items()}
    if request.get("reset"):
        for meter in meters.values():
            meter.reset()
    return reports


@action("wire")
def wire(m: Module, request: dict) -> dict:
    """Which GPIO of the module the host's WAKE or HOST_WAKE pin is wired to; null: none."""
    name = str(request["pin"])
    if name not in m.pins.wiring:
        raise LookupError(f"only {', '.join(m.pins.wiring)} can be wired")
    if "gpio" in request:
        number = request["gpio"]
        m.pins.wire(name, None if number is None else int(number))
    return {"gpio": m.pins.wiring[name]}
