"""Lives under random faults: 200 of ten simulated minutes; `make soak` makes 10,000 (soak.py)."""

from __future__ import annotations

import contextlib

import pytest
import sim_machine
from machine import Pin

import espat
from espat_sim import Module
from faults import life
from faults.test_field_notes import LAB, fetch, modem

LIVES = 200
LOT = 10
MINUTES = 10.0


@pytest.mark.parametrize("kind", life.KINDS)
def test_each_fault_alone(kind: str):
    one = life.live(7, 0.3, kind)
    assert one.faults


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, LIVES, LOT))
def test_mixed_faults(first: int):
    """Correct bytes or an error, no call beyond its limit, service within 30 s of the end."""
    assert life.many(range(first, first + LOT), MINUTES) == 0


def test_a_life_is_the_same_again():
    a, b = life.live(3, 2), life.live(3, 2)
    assert (a.good, a.errors, a.clock.now_us) == (b.good, b.errors, b.clock.now_us)


def test_a_life_sees_wrong_bytes():
    """What has no checksum is not protected, and these lives would notice."""
    one = life.Life(1, 10)
    one.trouble.kinds = ()
    one.trouble.begin = lambda: one.module.faults.flip_output(after_bytes=300)  # type: ignore
    with pytest.raises(AssertionError, match="wrong"):
        one.run()


def test_a_life_sees_a_service_that_does_not_come_back():
    one = life.Life(1, 0.1)
    one.trouble.begin = lambda: None  # type: ignore
    one.trouble.end = lambda: setattr(one.trouble, "over", True)  # type: ignore
    one.module.control({"do": "ap_down", "ssid": "espat-lab", "in_ms": 5000})
    with pytest.raises(AssertionError, match="no service"):
        one.run()


def test_the_watchdog_resets_a_module_that_hangs(module: Module):
    m = modem(reset=Pin(6, Pin.OUT, value=1))
    assert m.watchdog() == "ok"
    module.control({"do": "hang"})
    assert m.watchdog() == "restarted"
    assert fetch(m, 100) == life.pattern(100)
    assert m.stats()["looks"] == 2 and m.stats()["reboots"] >= 1


def test_what_the_reset_pin_ends_is_set_up_again(module: Module):
    """A reset that we give is a reboot like any other: whoever has told the module something sees
    it (months, seed 2: MQTT error 0x6001 for ever after)."""
    m = modem(reset=Pin(6, Pin.OUT, value=1))
    seen = []
    m.on("reboot", lambda event, data: seen.append(event))
    m.mqtt.connect("mqtt.test")
    m.mqtt.subscribe("a")
    before = m.stats()["reboots"]
    module.control({"do": "hang"})
    assert m.watchdog() == "restarted"
    assert m.stats()["reboots"] == before + 1 and seen == ["reboot"]
    m.mqtt.publish("a", b"well again")
    topic, data = m.mqtt.receive(10_000)
    assert topic == b"a" and data == b"well again"


def test_a_reboot_that_is_not_heard_is_known_all_the_same(module: Module):
    """The power comes back while the driver looks for the module at another rate (months, seed 2
    with another start of the clock: MQTT error 0x6001 again)."""
    m = modem(reset=Pin(6, Pin.OUT, value=1))
    m.mqtt.connect("mqtt.test")
    m.mqtt.subscribe("a")
    for ms in range(6000, 26_000, 1700):
        boots = m.stats()["reboots"]
        module.control({"do": "power", "on": False})
        module.control({"do": "power", "on": True, "in_ms": ms})
        end_us = module.clock.now_us + ms * 1000
        with contextlib.suppress(OSError):
            m.watchdog()
        while module.clock.now_us < end_us:
            m.pause(1000)
        m.watchdog()
        assert m.stats()["reboots"] > boots, ms
        m.mqtt.publish("a", b"well again")
        topic, data = m.mqtt.receive(10_000)
        assert topic == b"a" and data == b"well again"


def test_a_command_that_never_ends_is_ended_by_a_restart(module: Module):
    """esp-at issue 74 of WiFiEspAT: busy p... for ever. No pins are needed for that."""
    m = modem()
    module.control({"do": "fault", "kind": "hang_command"})
    start = module.clock.now_us
    with pytest.raises(OSError):
        m.wifi.rssi()
    assert fetch(m, 100) == life.pattern(100)
    assert module.clock.now_us - start < 45e6
    assert m.stats()["reboots"] == 2


def test_a_module_that_hangs_in_the_middle_of_a_restart_is_asked_nothing_more(module: Module):
    """Every setting had its own limit: minutes. The next stronger means come in the next call."""
    m = modem(reset=Pin(6, Pin.OUT, value=1))
    module.control({"do": "reboot"})
    m.pause(1000)
    hangs = [b"AT+SYSLOG", b"AT+CIPMUX?"]

    def trace(way: str, _t: int, data: bytes) -> None:
        if way == "in" and hangs and hangs[-1] in data:
            hangs.pop()
            module.control({"do": "hang"})

    module.trace = trace
    start = module.clock.now_us
    with pytest.raises(OSError):
        m.watchdog()
    took_us = module.clock.now_us - start
    assert m.watchdog() == "restarted"
    assert took_us < 45e6, took_us
    assert fetch(m, 100) == life.pattern(100)


def test_a_module_that_hangs_again_after_each_reset_costs_no_more_than_its_limit(module: Module):
    m = modem(reset=Pin(6, Pin.OUT, value=1))
    module.control({"do": "reboot"})
    m.pause(1000)
    module.faults.state.commands = ["hang"] * 3
    longest = 0.0
    for _ in range(4):
        start = module.clock.now_us
        try:
            m.watchdog()
        except OSError:
            pass  # the next call goes on
        longest = max(longest, module.clock.now_us - start)
    assert longest < life.CALL_LIMIT_MS * 1000
    assert fetch(m, 100) == life.pattern(100)


def test_a_module_that_reboots_at_every_join_is_given_up_in_time(module: Module):
    """A supply that is too weak for the radio: the first try ends, and so does every other."""
    m = modem()
    again = []

    def trace(way: str, _t: int, data: bytes) -> None:
        if way == "in" and b"AT+CWJAP=" in data and again:
            module.clock.call_later(1000, lambda: module.control({"do": "reboot"}))

    module.trace = trace
    again.append(1)
    module.control({"do": "reboot"})
    m.pause(1000)
    start = module.clock.now_us
    with pytest.raises(OSError):
        fetch(m, 10)
    with pytest.raises(OSError):
        m.watchdog()
    assert module.clock.now_us - start < 120e6
    again.clear()
    m.watchdog()
    assert fetch(m, 100) == life.pattern(100)


def test_a_connect_that_was_given_up_holds_nobody_up(module: Module):
    """Its answer was lost: what came next waited for it for the rest of a minute."""
    m = modem()
    module.control({"do": "fault", "kind": "lose_command"})
    s = m.socket()
    s.settimeout(2)
    with pytest.raises(OSError):
        s.connect(("echo.test", 7))
    start = module.clock.now_us
    assert fetch(m, 100) == life.pattern(100)
    assert module.clock.now_us - start < 5e6


def test_a_send_lasts_no_longer_than_the_sockets_limit(module: Module):
    m = modem()
    s = m.socket()
    s.settimeout(2)
    s.connect(("echo.test", 7))
    module.faults.swap(b"\r\nSEND OK\r\n", b"")
    start = module.clock.now_us
    with pytest.raises(OSError):
        s.send(b"x")
    assert module.clock.now_us - start < 3e6


def test_a_mode_whose_answer_was_lost_is_set_again(module: Module):
    """The driver took another receive mode than the module, and streams stood still."""
    m = modem()
    for command in range(1, 14):
        module.control({"do": "reboot"})
        m.pause(1000)
        module.faults.state.commands = [""] * (command + 3) + ["lose"]
        try:
            fetch(m, 10)
        except OSError:
            pass  # it was the connect itself
        assert not module.faults.state.commands
        assert fetch(m, 2000) == life.pattern(2000), command


def test_a_datagram_socket_leaves_its_link_in_passive_receive(module: Module):
    """Life 20099: opening was given up, and the next stream on that link could not tell a loss."""
    m = modem()
    for command in range(12):
        with m.socket(2, 2) as s:
            s.settimeout(2)
            module.faults.state.commands = [""] * command + ["lose"]
            try:
                s.connect(("echo.test", 7))
                s.send(b"x")
            except OSError:
                pass
        module.faults.state.commands.clear()
        active: list[bytes] = []
        module.trace = lambda way, t, d, a=active: a.append(d) if b"\r\n+IPD,0,300," in d else None
        assert fetch(m, 300) == life.pattern(300)
        assert not active, command


def test_an_answer_of_no_command_of_ours_puts_no_later_one_out_of_step(module: Module):
    """Life 335: OK came twice, the next read took the second one for its own, closing took the
    read's answer, connecting that of closing: a stream spoke to the host of the one before."""
    m = modem()
    s = m.socket()
    s.settimeout(2)
    s.connect(("echo.test", 7))
    s.send(bytes(1500))
    m.pause(300)
    reads: list[bytes] = []

    def trace(way: str, _t: int, data: bytes) -> None:
        if way == "in" and b"AT+CIPRECVDATA" in data:
            reads.append(data)
            if len(reads) == 2:
                module.faults.inject_line(b"\r\nOK\r\n")

    module.trace = trace
    with pytest.raises(OSError):
        s.read(1500)
    s.close()
    for host, data in (("echo.test", b"hello"), ("pattern.test", life.pattern(5))):
        with m.socket() as s:
            s.settimeout(2)
            s.connect((host, 7 if host[0] == "e" else 19))
            s.send(b"hello" if host[0] == "e" else b"5\n")
            assert s.read(5) == data


def test_a_doubled_ok_before_a_connect_of_a_server_puts_nothing_out_of_step(module: Module):
    """Life 887: the module numbers the link there (AT+CIPSTARTEX), and did so one command late."""
    m = modem()
    server = m.socket()
    server.bind(("", 8080))
    server.listen(1)
    for command in (b"AT+CIPSTARTEX", b"AT+CIPDOMAIN"):
        early = [command]

        def trace(way: str, _t: int, data: bytes, early: list[bytes] = early) -> None:
            if way == "in" and early and early[0] in data:
                early.pop()
                module.faults.inject_line(b"\r\nOK\r\n")

        module.trace = trace
        with pytest.raises(OSError):
            if command == b"AT+CIPDOMAIN":
                m.getaddrinfo("echo.test", 7)
            else:
                m.socket().connect(("echo.test", 7))
        assert fetch(m, 100) == life.pattern(100), command


@pytest.mark.parametrize("reaction_us", (300, 5000))
def test_a_send_whose_length_has_lost_a_digit_is_an_error(module: Module, reaction_us: int):
    """The module took a tenth of it for all, and the stream had a hole."""
    m = modem()
    sim_machine.board.need_host().reaction_us = reaction_us
    with m.socket() as s:
        s.settimeout(2)
        s.connect(("echo.test", 7))
        module.faults.drop_input(1, len("AT+CIPSEND=0,3"))
        with pytest.raises(OSError):
            s.send(bytes(30))
    assert fetch(m, 100) == life.pattern(100)


def test_the_watchdog_finds_clients_whose_coming_nobody_heard(module: Module):
    """Life 198: they held every place of the server until their time was over, minutes later."""
    m = modem()
    server = m.socket()
    server.bind(("", 8080))
    server.listen(1)
    server.settimeout(2)
    for n in range(2):
        module.faults.swap(b"+LINK_CONN:", b"")
        module.control({"do": "client", "port": 8080, "ip": f"192.0.2.{n + 1}"})
        m.pause(100)
    module.control({"do": "client", "port": 8080, "ip": "192.0.2.9"})
    with pytest.raises(OSError):
        server.accept()
    assert m.watchdog() == "ok"
    far = module.control({"do": "client", "port": 8080, "ip": "192.0.2.10"})
    c, who = server.accept()
    while who[0] == "192.0.2.9":  # it was waiting
        c, who = server.accept()
    assert who[0] == "192.0.2.10"
    m.watchdog()
    module.control({"do": "far", "id": far["id"], "send_hex": b"hello".hex()})
    assert c.recv(5) == b"hello"


def test_a_client_whose_address_was_spoilt_is_served(module: Module):
    m = modem()
    server = m.socket()
    server.bind(("", 8080))
    server.listen(1)
    server.settimeout(2)
    module.faults.swap(b"+LINK_CONN:", b'+LINK_CONN:0,0,"TCP",1,"192.\xae.2.1",40000,8080\r\n')
    far = module.control({"do": "client", "port": 8080, "ip": "192.0.2.1"})
    c, who = server.accept()
    assert who == ("", 40000)
    module.control({"do": "far", "id": far["id"], "send_hex": b"hello".hex()})
    assert c.recv(5) == b"hello"


def test_the_watchdog_joins_again_and_takes_its_time(module: Module):
    m = modem()
    module.control({"do": "ap_set", "ssid": LAB[0], "key": "otherwise"})
    module.control({"do": "kick"})
    module.control({"do": "reboot"})
    m.pause(3000)
    assert m.watchdog() == "offline"
    asked = m.stats()["commands"]
    assert m.watchdog() == "offline"
    assert m.stats()["commands"] - asked < 5  # not another join at once
    module.control({"do": "ap_set", "ssid": LAB[0], "key": LAB[1]})
    m.pause(21_000)
    assert m.watchdog() in ("joined", "ok")
    assert fetch(m, 100) == life.pattern(100)


def test_the_watchdog_joins_again_after_a_week_without_trouble(module: Module):
    """When to try again is a moment on a clock whose half period is 6.2 days: after them it lay in
    the future, and the watchdog waited for it, another six."""
    m = modem()

    def outage() -> str:
        module.control({"do": "ap_set", "ssid": LAB[0], "key": "otherwise"})
        module.control({"do": "reboot"})
        m.pause(3000)
        said = m.watchdog()
        module.control({"do": "ap_set", "ssid": LAB[0], "key": LAB[1]})
        return said

    assert outage() == "offline"
    m.wifi.connect(*LAB)  # and not the watchdog, which is called after errors only
    module.clock.advance(8 * 24 * 3600 * 1_000_000)
    assert outage() == "offline"
    m.pause(21_000)
    assert m.watchdog() == "joined"
    assert fetch(m, 100) == life.pattern(100)


def test_the_watchdog_raises_when_nothing_helps(module: Module):
    m = modem()
    module.control({"do": "power", "on": False})
    with pytest.raises(OSError):
        m.watchdog()
    module.control({"do": "power", "on": True})
    m.pause(2000)
    assert m.watchdog() in ("ok", "restarted", "joined")


def test_it_costs_nothing_until_it_is_used():
    assert "watch" not in "".join(vars(espat.Modem))


def test_a_day_without_an_access_point(module: Module):
    """watchdog() every minute: it tries at most once a minute, and is back with the network."""
    sim_machine.detach()
    host = sim_machine.attach(module)
    m = modem()
    m.poller = life.Poller(host)  # a minute costs no more than what happens in it
    module.control({"do": "ap_down", "ssid": LAB[0]})
    module.control({"do": "ap_up", "ssid": LAB[0], "in_ms": 24 * 3600 * 1000})
    end_us = module.clock.now_us + 24 * 3600 * 1_000_000
    while module.clock.now_us < end_us - 60_000_000:
        m.pause(60_000)
        assert m.watchdog() == "offline"
    assert m.stats()["reboots"] == 1 and m.stats()["failed"] > 100
    m.pause(130_000)
    assert m.watchdog() in ("joined", "ok")
    assert fetch(m, 100) == life.pattern(100)
