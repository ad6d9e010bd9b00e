# needs: sim
# What is wrong with a wire or the power: each time an error, a line in the log of a program that
# has one, and a system that goes on.
from machine import Pin

import espat
from system import rig
from system.test_power import HOST_GPIO, WAKE_GPIO, WAKE_PIN, joined, modem
from system.test_uart import Bad, Stuck


def told(log, part):
    assert len(log.lines) == 1 and part in log.lines[0], log.lines


class Inverter:
    def __init__(self, pin):
        self.pin = pin

    def value(self, x=None):
        return 1 - self.pin.value() if x is None else self.pin.value(1 - x)


def test_the_wake_pin_is_not_wired():
    m = modem(reset=rig.reset_pin())
    m.wifi.connect(*rig.LAB)
    rig.control("wire", pin="WAKE", gpio=None)
    with rig.Log() as log:
        rig.fails(rig.ETIMEDOUT, m.power.sleep, "light", gpio=WAKE_GPIO)
    told(log, "does not wake")
    assert m.power.sleep() == "off" and m.wifi.rssi() < 0


def test_wrong_levels():
    rig.needs("AT+SLEEPWKCFG")
    m = espat.Modem(
        rig.uart(),
        wake=Inverter(Pin(WAKE_PIN, Pin.OUT, value=1)),
        host_wake=Inverter(Pin(8, Pin.IN)),
    )
    m.wifi.connect(*rig.LAB)
    with rig.Log() as log:
        rig.fails(rig.EIO, m.power.sleep, "light", gpio=WAKE_GPIO)
    told(log, "wake pin: wrong level")
    assert m.power.sleep() == "off" and m.wifi.rssi() < 0
    with rig.Log() as log:
        rig.fails(rig.EIO, m.power.host_wake, gpio=HOST_GPIO)
    told(log, "host_wake: wrong level")
    assert m.wifi.rssi() < 0


def test_the_pin_that_wakes_the_host_is_not_wired():
    m = joined()
    rig.control("wire", pin="HOST_WAKE", gpio=None)
    with rig.Log() as log:
        rig.fails(rig.EIO, m.power.host_wake, gpio=HOST_GPIO)
    told(log, "host_wake: does not follow GPIO 18")
    assert m.wifi.rssi() < 0


def test_the_module_never_wakes():
    for reset in (True, False):
        rig.power_cycle()
        m = modem(reset=rig.reset_pin() if reset else None)
        m.wifi.connect(*rig.LAB)
        m.power.sleep("light", gpio=WAKE_GPIO)
        rig.wait(m, 500)
        rig.control("wire", pin="WAKE", gpio=None)
        with rig.Log() as log:
            rig.fails(rig.ETIMEDOUT, m.wifi.rssi)
            rig.fails(rig.ETIMEDOUT, m.wifi.rssi)
        told(log, "stopped answering: wake pin?")
        if not reset:
            with rig.Log() as log:
                rig.fails(rig.ENODEV, m.wifi.rssi)
            told(log, "no answer")
        rig.control("wire", pin="WAKE", gpio=WAKE_GPIO)
        m.start()
        rig.wait_until(m, m.wifi.isconnected)
        assert m.wifi.rssi() < 0


def test_cts_is_stuck():
    tap = Stuck(rig.uart())
    m = espat.Modem(tap)
    m.wifi.connect(*rig.LAB)
    with rig.Log() as log:
        rig.fails(rig.EIO, m.uart.configure, 921600, True)
    told(log, "921600 baud does not work, back at 115200")
    assert m.wifi.rssi() < 0


def test_cts_gets_stuck_later():
    class Floating:
        level = 0

        def value(self):
            return self.level

    cts = Floating()
    m = espat.Modem(rig.uart(), cts=cts)
    m.wifi.connect(*rig.LAB)
    cts.level = 1
    with rig.Log() as log:
        rig.fails(rig.ETIMEDOUT, m.wifi.rssi)
        rig.fails(rig.ETIMEDOUT, m.wifi.rssi)
    told(log, "stopped answering: CTS stuck?")
    with rig.Log() as log:
        rig.fails(rig.ENODEV, m.wifi.rssi)
    told(log, "no answer")
    cts.level = 0
    assert m.wifi.rssi() < 0


def test_a_rate_that_the_host_cannot_make():
    tap = Bad(rig.uart())
    tap.refuses = 3000000
    tap.off = (2000000, 2000000)
    m = espat.Modem(tap)
    m.wifi.connect(*rig.LAB)
    with rig.Log() as log:
        rig.raises(ValueError, m.uart.configure, 3000000)
    told(log, "cannot make 3000000 baud")
    with rig.Log() as log:
        rig.fails(rig.EIO, m.uart.configure, 2000000)
    told(log, "2000000 baud does not work, back at 115200")
    assert m.wifi.rssi() < 0


def test_a_brown_out_while_the_host_sleeps():
    m = joined()
    m.power.host_wake(gpio=HOST_GPIO)
    rig.control("power", on=False, in_ms=10000)
    rig.control("power", on=True, in_ms=10050)
    with rig.Log() as log:
        assert m.power.host_sleep(None) == "reset"
    told(log, "the module has rebooted")
    assert m.wifi.isconnected() and m.power.host_sleep(3000) == "time"


def test_the_power_is_gone_while_the_host_sleeps():
    m = joined()
    m.power.host_wake(gpio=HOST_GPIO)
    rig.control("power", on=False, in_ms=10000)
    with rig.Log() as log:
        rig.raises(OSError, m.power.host_sleep, None)
    assert log.lines, "nothing"
    rig.control("power", on=True)
    m.start()
    rig.wait_until(m, m.wifi.isconnected)
