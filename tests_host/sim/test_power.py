# Sleep of the module and of the host: what is lost, what wakes whom, when data arrives, and what
# all of it draws.
from __future__ import annotations

import pytest

from espat_sim.virtual_host import VirtualHost
from sim.rig import FINALS, Rig

OK = b"\r\nOK\r\n"
BEACON_S = 0.1024


def control(rig, **request):
    answer = rig.m.control(request)
    assert answer["ok"], answer
    return answer


def draw(rig, **request):
    return control(rig, do="energy", **request)["module"]


def asleep(*setup, wake="AT+SLEEPWKCFG=2,12,1"):
    """Joined, with a link, in light sleep; the host lets go of the wake pin."""
    rig = Rig(wifi=True)
    (rig.peer,) = rig.connect()
    for line in (wake, *setup):
        assert rig.ok(line)
    rig.m.pin("WAKE").set(0)
    assert rig.ok("AT+SLEEP=2")
    rig.collect(0.2)
    return rig


def call(rig, seconds=0.005):
    rig.m.pin("WAKE").set(1)
    rig.collect(seconds)


# -- light sleep: the UART ---------------------------------------------------------------


def test_what_is_said_to_a_module_that_sleeps_is_lost():
    rig = asleep()
    rig.write("AT\r\n")
    assert rig.collect(0.5) == b""
    assert rig.m.line.module.lost_deaf == 4
    call(rig)
    assert rig.command("AT") == OK


def test_waking_takes_its_time():
    rig = asleep()
    call(rig, 0.001)
    rig.write("AT\r\n")  # its first bytes come too early
    call(rig, 0.05)
    rig.write("AT\r\n")
    assert rig.wait_for(FINALS).endswith(b"\r\n")
    assert rig.command("AT") == OK


def test_the_wake_level_must_be_held():
    rig = asleep()
    call(rig)
    for _ in range(20):
        rig.collect(0.1)
        assert rig.command("AT") == OK
    rig.m.pin("WAKE").set(0)
    rig.collect(0.1)
    rig.write("AT\r\n")
    assert rig.collect(0.5) == b""


def test_a_pulse_that_is_too_short_does_not_wake_it():
    rig = asleep()
    call(rig, 0.001)
    rig.m.pin("WAKE").set(0)
    rig.collect(0.003)
    rig.write("AT\r\n")
    assert rig.collect(0.5) == b""


def test_a_command_ends_before_it_sleeps():
    rig = asleep()
    call(rig)
    rig.write("AT+CWLAP\r\n")
    rig.collect(0.01)
    rig.m.pin("WAKE").set(0)
    assert b"+CWLAP:" in rig.collect(3)
    rig.write("AT\r\n")
    assert rig.collect(0.5) == b""


def test_the_wake_level_may_be_low():
    rig = asleep(wake="AT+SLEEPWKCFG=2,12,0")
    assert rig.command("AT") == OK  # the pin is low
    rig.m.pin("WAKE").set(1)
    rig.collect(0.1)
    rig.write("AT\r\n")
    assert rig.collect(0.5) == b""


@pytest.mark.parametrize("wake", ["AT", "AT+SLEEPWKCFG=2,13,1"])
def test_without_a_wake_pin_it_sleeps_for_good(wake):
    """No source, or one that the host's pin is not wired to."""
    rig = asleep(wake=wake)
    call(rig, 1)
    rig.write("AT\r\n")
    assert rig.collect(0.5) == b""
    rig.m.pin("EN").set(0)
    rig.collect(0.01)
    rig.m.pin("EN").set(1)
    rig.wait_ready()
    rig.m.pin("WAKE").set(0)
    assert rig.ok("AT")


def test_another_pin_of_the_module_wakes_it_too():
    rig = asleep(wake="AT+SLEEPWKCFG=2,13,1")
    control(rig, do="gpio", n=13, level=1)
    rig.collect(0.01)
    assert rig.command("AT") == OK


def test_sleep_is_over_with_sleep_0():
    rig = asleep()
    call(rig)
    assert rig.ok("AT+SLEEP=0")
    rig.m.pin("WAKE").set(0)
    rig.collect(5)
    assert rig.command("AT") == OK


def test_a_module_without_wifi_sleeps_too():
    rig = Rig()
    assert rig.ok("AT+SLEEPWKCFG=2,12,1")
    assert rig.ok("AT+SLEEP=2")
    rig.collect(0.1)
    rig.write("AT\r\n")
    assert rig.collect(0.5) == b""


def test_a_soft_ap_does_not_sleep():
    rig = Rig()
    assert rig.ok("AT+CWMODE=2")
    assert not rig.ok("AT+SLEEP=2")


# -- data that arrives -------------------------------------------------------------------


def test_a_module_that_sleeps_tells_what_arrives():
    """With the beacon that says so: every third with the listen interval of 3."""
    rig = asleep()
    start = rig.clock.now_us
    rig.peer.send(b"data")
    assert rig.wait_for(b"data") == b"\r\n+IPD,4:data"
    waited = (rig.clock.now_us - start) / 1e6
    assert waited <= 3 * BEACON_S + 0.01
    interval_us = 3 * 102_400
    assert rig.clock.now_us % interval_us < 20_000


@pytest.mark.parametrize(("mode", "beacons"), [(1, 1), (3, 3)])
def test_in_modem_sleep_the_uart_works_and_data_waits_for_a_beacon(mode, beacons):
    rig = Rig(wifi=True)
    (peer,) = rig.connect()
    assert rig.ok(f"AT+SLEEP={mode}")
    longest = 0
    for i in range(12):
        rig.collect(1.0 + i * 0.013)
        assert rig.command("AT") == OK
        start = rig.clock.now_us
        peer.send(b"data")
        rig.wait_for(b"data")
        longest = max(longest, (rig.clock.now_us - start) / 1e6)
    assert beacons * BEACON_S * 0.6 < longest < beacons * BEACON_S + 0.01


def test_traffic_keeps_the_radio_on_for_a_while():
    rig = Rig(wifi=True)
    (peer,) = rig.connect()
    assert rig.ok("AT+SLEEP=3")
    rig.collect(1)
    peer.send(b"1")
    rig.wait_for(b":1")
    start = rig.clock.now_us
    peer.send(b"2")
    rig.wait_for(b":2")
    assert rig.clock.now_us - start < 10_000


def test_a_beacon_that_a_real_clock_calls_a_little_late_is_heard():
    rig = Rig(wifi=True)
    assert rig.ok("AT+SLEEP=1")
    rig.collect(1)
    heard = []
    call_later = rig.clock.call_later
    rig.clock.call_later = lambda us, fn: call_later(us + 300, fn)
    rig.m.power.hear(lambda: heard.append(True))
    rig.collect(1)
    assert heard == [True]


def test_the_listen_interval_is_that_of_the_join():
    rig = Rig()
    rig.ok("AT+CWMODE=1")
    assert rig.ok('AT+CWJAP="espat-lab","espat-pass",,,,10')
    assert rig.ok("AT+SLEEP=2")
    assert rig.m.power.interval_us == 10 * 102_400


def test_a_network_that_goes_away_is_told_from_sleep():
    rig = asleep()
    rig.m.control({"do": "kick"})
    assert b"WIFI DISCONNECT\r\n" in rig.collect(0.5)


def test_links_stay_while_it_sleeps():
    rig = asleep()
    rig.collect(600)
    call(rig)
    assert rig.prompt("AT+CIPSEND=4", b"data").endswith(b"\r\nSEND OK\r\n")
    rig.collect(0.1)
    assert rig.peer.received == b"data"


# -- deep sleep --------------------------------------------------------------------------


def test_deep_sleep_ends_with_a_boot():
    rig = Rig(wifi=True)
    rig.write("AT+GSLP=60000\r\n")
    assert rig.wait_for(OK) == b"60000\r\n\r\nOK\r\n"
    start = rig.clock.now_us
    rig.write("AT\r\n")
    assert b"OK" not in rig.collect(59)
    rig.wait_ready()
    assert 60 < (rig.clock.now_us - start) / 1e6 < 61


def test_a_reset_ends_deep_sleep():
    rig = Rig()
    rig.write("AT+GSLP=600000\r\n")
    rig.wait_for(OK)
    rig.collect(1)
    rig.m.pin("EN").set(0)
    rig.collect(0.1)
    rig.m.pin("EN").set(1)
    rig.wait_ready()
    assert rig.ok("ATE0")
    assert rig.collect(700) == b""


def test_a_brown_out_in_sleep_wakes_the_module_for_good():
    rig = asleep()
    control(rig, do="reboot")
    rig.wait_ready()
    assert rig.lines("AT+SLEEP?")[-2:] == ["+SLEEP:0", "OK"]
    rig.collect(1)
    assert rig.ok("AT")


# -- both sleep --------------------------------------------------------------------------


def test_the_whole_handshake():
    """Module and host sleep; data wakes the module, the module the host, the host the module."""
    rig = asleep("AT+USERWKMCUCFG=1,1,18,1,2000")
    call(rig)
    assert rig.ok("AT+USERMCUSLEEP=1")
    rig.m.pin("WAKE").set(0)
    rig.collect(60)
    rig.peer.send(b"data")
    assert rig.collect(0.5) == b""
    assert rig.m.pin("HOST_WAKE").level == 1
    call(rig)
    assert rig.command("AT+USERMCUSLEEP=0") == OK
    assert rig.m.pin("HOST_WAKE").level == 0
    assert rig.collect(0.1) == b"\r\n+IPD,4:data"


def host_rig():
    rig = Rig(wifi=True)
    (rig.peer,) = rig.connect()
    rig.board = VirtualHost(rig.m)
    rig.board.watch_pin("HOST_WAKE")
    assert rig.ok("AT+USERWKMCUCFG=1,1,18,1,500")
    assert rig.ok("AT+USERMCUSLEEP=1")
    return rig


def test_the_pin_wakes_the_host_before_the_data_comes():
    rig = host_rig()
    rig.clock.call_later(3_000_000, lambda: rig.peer.send(b"data"))
    start = rig.clock.now_us
    assert rig.board.light_sleep(10_000_000)
    assert 3.0 <= (rig.clock.now_us - start) / 1e6 < 3.1
    rig.board.set_up_uart(115200)
    assert rig.command("AT+USERMCUSLEEP=0") == OK
    assert rig.collect(0.1) == b"\r\n+IPD,4:data"


def test_a_host_that_does_not_watch_the_pin_misses_the_data():
    rig = host_rig()
    rig.board.watch_pin("HOST_WAKE", False)
    rig.clock.call_later(3_000_000, lambda: rig.peer.send(b"data"))
    assert not rig.board.light_sleep(10_000_000)
    assert rig.host.lost_deaf == len(b"\r\n+IPD,4:data")
    assert rig.host.any() == 0


def test_an_edge_just_before_the_sleep_does_not_wake_it():
    """The race that a driver must close: the interrupt was handled before the host slept."""
    rig = host_rig()
    rig.peer.send(b"data")
    rig.collect(0.01)
    assert rig.m.pin("HOST_WAKE").level == 1
    rig.board.light_sleep(100_000)
    assert not rig.board.light_sleep(100_000)
    assert rig.board.take_pin_events() == [("HOST_WAKE", 1)]


def test_what_the_host_had_not_sent_when_it_slept_is_lost():
    rig = host_rig()
    rig.board.write(b"AT\r\n")
    rig.board.light_sleep(1_000_000)
    assert rig.m.line.to_module.queued == 0
    rig.board.set_up_uart(115200)
    assert rig.collect(0.1) == b""


# -- energy ------------------------------------------------------------------------------


def test_each_state_draws_what_the_data_sheet_says():
    rig = Rig()
    draw(rig, reset=True)
    rig.collect(10)
    assert draw(rig)["mean_ma"] == pytest.approx(17, rel=0.01)  # CPU only
    rig = Rig(wifi=True)
    draw(rig, reset=True)
    rig.collect(10)
    assert draw(rig)["mean_ma"] == pytest.approx(63, rel=0.01)  # the radio listens
    rig.m.pin("EN").set(0)
    rig.collect(0.01)
    draw(rig, reset=True)
    rig.collect(10)
    report = draw(rig)
    assert report["mean_ma"] == pytest.approx(0.001)
    assert report["asleep"] == 1.0


def test_sleep_modes_in_order_of_what_they_draw():
    means = []
    for lines in (["AT+SLEEP=0"], ["AT+SLEEP=1"], ["AT+SLEEP=3"], ["AT+SLEEP=2"]):
        rig = Rig(wifi=True)
        for line in lines:
            assert rig.ok(line)
        rig.collect(1)
        draw(rig, reset=True)
        rig.collect(100)
        means.append(draw(rig)["mean_ma"])
    assert means == sorted(means, reverse=True)
    # Light sleep with every third beacon: 0.55 mA and 3 ms of 63 mA in 307 ms.
    assert means[-1] == pytest.approx(0.55 + (63 - 0.55) * 3 / 307.2, rel=0.01)


def test_deep_sleep_draws_little():
    rig = Rig()
    rig.write("AT+GSLP=3600000\r\n")
    rig.wait_for(OK)
    rig.collect(1)
    draw(rig, reset=True)
    rig.collect(3500)
    report = draw(rig)
    assert report["states"] == {"deep": pytest.approx(3500)}
    assert report["mah_per_day"] == pytest.approx(0.48)
    assert report["asleep"] == 1.0


def test_what_is_sent_costs_extra():
    rig = Rig(wifi=True)
    rig.connect()
    draw(rig, reset=True)
    rig.prompt("AT+CIPSEND=2048", bytes(2048))
    sent = draw(rig)
    extra_ma_s = (sent["mean_ma"] - 63) * sent["seconds"]
    assert extra_ma_s == pytest.approx((200 - 63) * (100 + 2048 / 2.5) / 1e6, rel=0.05)


def test_the_host_is_counted_too(tmp_path):
    rig = host_rig()
    control(rig, do="energy", reset=True)
    rig.board.light_sleep(9_000_000)
    rig.collect(1)
    picture = tmp_path / "energy.svg"
    report = control(rig, do="energy", plot=str(picture))["host"]
    assert report["asleep"] == pytest.approx(0.9, rel=0.001)
    assert report["mean_ma"] == pytest.approx(0.9 * 1.5 + 0.1 * 24, rel=0.001)
    assert report["mah_per_day"] == pytest.approx(24 * report["mean_ma"], rel=0.001)
    assert picture.read_text().count("<svg") == 1


def test_a_day_of_sleep_takes_no_time_to_simulate():
    rig = asleep()
    draw(rig, reset=True)
    rig.collect(24 * 3600)
    report = draw(rig)
    assert report["seconds"] == pytest.approx(24 * 3600)
    assert report["asleep"] > 0.999
    assert len(rig.m.power.meter.timeline) < 100


def test_the_first_bit_on_the_line_wakes_the_host_too():
    rig = Rig(wifi=True)
    (peer,) = rig.connect()
    board = VirtualHost(rig.m)
    board.watch_pin("TXD")
    assert rig.ok("AT+USERWKMCUCFG=1,2,1,85,100")
    assert rig.ok("AT+USERMCUSLEEP=1")
    board.take_pin_events()
    rig.clock.call_later(1_000_000, lambda: peer.send(b"data"))
    assert board.light_sleep(10_000_000)
    board.set_up_uart(115200)
    assert rig.command("AT+USERMCUSLEEP=0").endswith(OK)
    assert rig.collect(0.1) == b"\r\n+IPD,4:data"
