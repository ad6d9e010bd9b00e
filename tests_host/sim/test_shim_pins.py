# machine.Pin, Signal, Timer and the rest of the CPython shim: levels reach the module's signals.
# Everything on the virtual clock.
from __future__ import annotations

import time

import machine
import pytest
import sim_machine
import supervisor

from espat_sim.module import Module
from sim.shim_rig import attached_module  # noqa: F401

EN, WAKE, HOST_WAKE, RTS, CTS, BUTTON = 6, 7, 8, 9, 10, 15


def booted_again(uart):
    time.sleep_ms(2000)
    return b"ready\r\n" in (uart.read() or b"")


def test_a_low_pulse_on_reset_restarts_the_module(module):
    uart = machine.UART(1, 115200, rxbuf=2048)
    reset = machine.Pin(EN, machine.Pin.OUT, value=1)
    assert not booted_again(uart)
    reset.value(0)
    time.sleep_ms(20)
    assert module.powered is False
    reset.value(1)
    assert booted_again(uart)


def test_a_glitch_on_reset_does_nothing(module):
    uart = machine.UART(1, 115200, rxbuf=2048)
    reset = machine.Pin(EN, machine.Pin.OUT, value=1)
    reset(0)
    time.sleep_us(100)
    reset(1)
    assert not booted_again(uart)


def test_an_input_lets_go_of_reset(module):
    uart = machine.UART(1, 115200, rxbuf=2048)
    reset = machine.Pin(EN, machine.Pin.OUT, value=0)
    time.sleep_ms(20)
    reset.init(machine.Pin.IN)
    assert booted_again(uart)
    reset.init(machine.Pin.OPEN_DRAIN, value=0)
    time.sleep_ms(20)
    reset.value(1)
    assert booted_again(uart)


def test_levels_reach_the_module_and_come_from_it(module):
    wake = machine.Pin(WAKE, machine.Pin.OUT, value=1)
    assert module.pin("WAKE").level == 1
    wake.off()
    assert module.pin("WAKE").level == 0
    wake.toggle()
    assert (wake(), module.pin("WAKE").level) == (1, 1)
    host_wake = machine.Pin(HOST_WAKE, machine.Pin.IN, machine.Pin.PULL_DOWN)
    assert host_wake.value() == 0
    module.pin("HOST_WAKE").set(1)
    assert host_wake.value() == 1


def test_rts_and_cts_as_plain_pins(module):
    rts = machine.Pin(RTS, machine.Pin.OUT, value=1)
    assert module.line.host.rts_level() == 1
    rts.low()
    assert module.line.host.rts_level() == 0
    assert machine.Pin(CTS, machine.Pin.IN).value() == 0


def test_pin_state_belongs_to_the_board_not_to_the_object(module):
    machine.Pin(WAKE, machine.Pin.OUT, value=1)
    assert machine.Pin(WAKE).value() == 1
    assert machine.Pin(machine.Pin(WAKE)).value() == 1


def test_an_interrupt_ends_a_light_sleep_and_calls_the_handler(module):
    seen = []
    pin = machine.Pin(HOST_WAKE, machine.Pin.IN)
    pin.irq(lambda p: seen.append(p.value()), machine.Pin.IRQ_RISING)
    module.clock.call_later(300_000, lambda: module.pin("HOST_WAKE").set(1))
    start = time.ticks_ms()
    machine.lightsleep(60_000)
    assert 299 <= time.ticks_diff(time.ticks_ms(), start) <= 301
    assert seen == [1]
    module.pin("HOST_WAKE").set(0)
    time.sleep_ms(1)
    assert seen == [1]


def test_an_interrupt_in_a_plain_sleep_does_not_shorten_it(module):
    seen = []
    pin = machine.Pin(HOST_WAKE, machine.Pin.IN)
    pin.irq(lambda p: seen.append(time.ticks_ms()), machine.Pin.IRQ_RISING)
    module.clock.call_later(300_000, lambda: module.pin("HOST_WAKE").set(1))
    start = time.ticks_ms()
    time.sleep_ms(1000)
    assert 299 <= time.ticks_diff(seen[0], start) <= 301
    assert 1000 <= time.ticks_diff(time.ticks_ms(), start) <= 1001


def test_a_pin_that_is_not_the_modules(module):
    button = machine.Pin(BUTTON, machine.Pin.IN, machine.Pin.PULL_UP)
    assert button.value() == 1
    edges = []
    button.irq(lambda p: edges.append(p.value()), machine.Pin.IRQ_FALLING)
    sim_machine.button(BUTTON, 0)
    sim_machine.button(BUTTON, 1)
    assert edges == [0]


def test_a_signal_may_be_inverted(module):
    signal = machine.Signal(WAKE, machine.Pin.OUT, invert=True)
    signal.on()
    assert module.pin("WAKE").level == 0
    signal.off()
    assert (module.pin("WAKE").level, signal.value()) == (1, 0)


def test_timers_call_back_while_the_program_waits(module):
    calls = []
    timer = machine.Timer(period=100, callback=lambda t: calls.append(time.ticks_ms()))
    machine.Timer(mode=machine.Timer.ONE_SHOT, period=50, callback=lambda t: calls.append("once"))
    time.sleep_ms(350)
    assert calls[0] == "once" and len(calls) == 4
    timer.deinit()
    time.sleep_ms(500)
    assert len(calls) == 4


def test_the_rest_of_machine(module):
    assert len(machine.unique_id()) == 8
    assert machine.freq() == 125_000_000
    rtc = machine.RTC()
    rtc.datetime((2024, 5, 9, 0, 10, 0, 0, 0))
    time.sleep_ms(61_000)
    assert rtc.datetime()[:7] == (2024, 5, 9, 3, 10, 1, 1)
    with pytest.raises(SystemExit):
        machine.reset()
    with pytest.raises(NotImplementedError):
        machine.I2C(0)


def test_supervisor_ticks_wrap(module):
    first = supervisor.ticks_ms()
    assert 0 <= first < 1 << 29
    time.sleep_ms(70_000)
    assert supervisor.ticks_ms() < first
    assert supervisor.runtime.usb_connected is False


def test_the_pin_map_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("ESPAT_SIM_PINS", "WAKE=21,EN=RST")
    mapped = Module()
    sim_machine.attach(mapped)
    try:
        machine.Pin(21, machine.Pin.OUT, value=1)
        assert mapped.pin("WAKE").level == 1
        machine.Pin("RST", machine.Pin.OUT, value=0)
        assert mapped.pin("EN").level == 0
        machine.Pin(WAKE, machine.Pin.OUT, value=0)
        assert mapped.pin("WAKE").level == 1
    finally:
        sim_machine.detach()
