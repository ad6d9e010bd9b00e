"""Owns: the host's sleep as CircuitPython has it, by `alarm`, under Blinka: no machine.lightsleep,
busio's UART, a pin that an alarm holds. What it says where a board has no light sleep."""

from __future__ import annotations

import sys
from typing import Any, Iterator

import pytest
import sim_machine

pytest.importorskip("adafruit_blinka")
sim_machine.use_blinka()

import board  # noqa: E402
import busio  # noqa: E402
import digitalio  # noqa: E402
import machine  # noqa: E402

import espat  # noqa: E402
from espat_sim import Module, VirtualClock, VirtualNetwork, peers  # noqa: E402

WAKE_GPIO, HOST_GPIO = 12, 18


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Iterator[Module]:
    clock = VirtualClock()
    net = VirtualNetwork(clock)
    peers.install(net)
    module = Module(clock=clock, net=net)
    sim_machine.attach(module)
    monkeypatch.delattr(machine, "lightsleep")  # CircuitPython has no such module at all
    with sim_machine.virtual_time():
        yield module
    sim_machine.detach()


def modem(host_wake: Any = board.GP8) -> Any:
    wake = digitalio.DigitalInOut(board.GP7)
    wake.switch_to_output(True)
    uart = busio.UART(board.GP4, board.GP5, baudrate=115200, receiver_buffer_size=2048, timeout=0)
    m = espat.Modem(uart, wake=wake, host_wake=host_wake)
    m.wifi.connect("espat-lab", "espat-pass")
    return m


@pytest.mark.parametrize("level", [0, 1])
def test_sleep_by_alarm(module: Module, level: int) -> None:
    m = modem()
    far: list = []
    module.net.serve_tcp("far.test", 7700, far.append)
    m.power.sleep("light", gpio=WAKE_GPIO)
    m.power.host_wake(gpio=HOST_GPIO, level=level)
    s = m.socket()
    s.settimeout(20)
    s.connect(("far.test", 7700))
    module.control({"do": "energy", "reset": True})
    clock = module.clock
    for i in range(5):
        clock.call_later(20_000_000, lambda i=i: far[0].send(b"data %d" % i))
        start_us = clock.now_us
        assert m.power.host_sleep(60000) == "data"
        assert 20_000_000 <= clock.now_us - start_us < 23_000_000
        assert s.recv(100) == b"data %d" % i
        s.sendall(b"got it")
        start_us = clock.now_us
        assert m.power.host_sleep(30000) == "time"
        assert abs(clock.now_us - start_us - 30_000_000) < 200_000
    clock.call_later(5_000_000, lambda: module.control({"do": "kick"}))
    assert m.power.host_sleep(60000) == "wifi"
    assert bytes(far[0].received) == b"got it" * 5
    share = module.control({"do": "energy"})["host"]["asleep"]
    assert share > 0.98, share


def test_a_reset_while_it_sleeps(module: Module) -> None:
    m = modem()
    m.power.host_wake(gpio=HOST_GPIO)
    module.clock.call_later(10_000_000, module.restart)
    assert m.power.host_sleep(120000) == "reset"
    assert m.wifi.isconnected()


def test_a_board_without_light_sleep_says_so(
    module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    m = modem()
    monkeypatch.setitem(sys.modules, "alarm", None)
    with pytest.raises(NotImplementedError, match="no light sleep"):
        m.power.host_wake(gpio=HOST_GPIO)
    with pytest.raises(OSError):
        m.power.host_sleep(1000)
    assert m.wifi.rssi() < 0


def test_what_an_alarm_cannot_do(module: Module) -> None:
    m = modem()
    with pytest.raises(NotImplementedError, match="gpio"):
        m.power.host_wake(byte=85)
    m = modem(digitalio.DigitalInOut(board.GP8))
    with pytest.raises(ValueError, match="the pin itself"):
        m.power.host_wake(gpio=HOST_GPIO)
