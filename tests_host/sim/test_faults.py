# Faults on purpose: where they fall, that they can be repeated, and the control requests.
from __future__ import annotations

import pytest

from sim.rig import Rig

URC = b"WIFI DISCONNECT\r\n"


def gmr(rig):
    rig.write("AT+GMR\r\n")
    return rig.collect(0.2)


def test_a_line_falls_at_a_border_between_messages():
    """At every position of an answer: never inside a message, always the same elsewhere."""
    plain = gmr(Rig())
    borders = {0}
    for line in plain.split(b"\r\n\r\n")[0].split(b"\r\n"):
        borders.add(max(borders) + len(line) + 2)
    borders.add(len(plain))
    for position in range(len(plain) + 1):
        rig = Rig()
        rig.m.faults.inject_line(URC, after_bytes=position)
        output = gmr(rig)
        at = output.index(URC)
        assert at in borders
        assert at >= position
        assert output[:at] + output[at + len(URC) :] == plain


def test_a_line_at_an_exact_byte():
    plain = gmr(Rig())
    for position in range(1, len(plain)):
        rig = Rig()
        rig.m.faults.inject_line(URC, after_bytes=position, exact=True)
        assert gmr(rig) == plain[:position] + URC + plain[position:]


def test_a_line_between_ok_and_prompt():
    rig = Rig(wifi=True)
    rig.connect()
    rig.m.faults.inject_line(URC, after_bytes=1)
    rig.write("AT+CIPSEND=1\r\n")
    assert rig.wait_for(b">") == b"\r\nOK\r\n" + URC + b"\r\n>"


def test_a_payload_is_not_split_by_a_line():
    rig = Rig(wifi=True)
    peers = rig.connect()
    rig.m.faults.inject_line(URC, after_bytes=9)
    peers[0].send(b"payload")
    assert rig.collect(0.1) == b"\r\n+IPD,7:payload" + URC


def test_several_lines_keep_their_order():
    rig = Rig()
    for text in (b"one\r\n", b"two\r\n", b"three\r\n"):
        rig.m.faults.inject_line(text, after_bytes=3)
    assert rig.command("AT") == b"\r\nOK\r\n"
    assert rig.collect(0.1) == b"one\r\ntwo\r\nthree\r\n"


def test_at_once():
    rig = Rig()
    rig.m.faults.inject_line(URC)
    assert rig.collect(0.1) == URC


def test_dropped_output_bytes():
    plain = gmr(Rig())
    rig = Rig()
    rig.m.faults.drop_output(70, after_bytes=10)
    assert gmr(rig) == plain[:10] + plain[80:]


def test_dropped_input_bytes():
    rig = Rig()
    rig.m.faults.drop_input(2, after_bytes=2)
    assert rig.command("ATxxE0") == b"\r\nOK\r\n"
    rig.m.faults.drop_input(1, after_bytes=0)
    rig.m.faults.drop_input(1, after_bytes=3)
    assert rig.command("xATxE0") == b"\r\nOK\r\n"


def test_a_flipped_bit():
    plain = gmr(Rig())
    rig = Rig()
    rig.m.faults.flip_output(after_bytes=20)
    output = gmr(rig)
    assert len(output) == len(plain)
    assert [i for i in range(len(plain)) if output[i] != plain[i]] == [20]


def test_garbage_is_the_same_for_the_same_seed():
    def noise(seed):
        rig = Rig(seed=seed)
        rig.m.faults.garbage(50, after_bytes=4)
        rig.write("AT\r\n")
        return rig.collect(0.1)

    assert noise(1) == noise(1)
    assert noise(1) != noise(2)
    assert len(noise(1)) == 50 + len(b"\r\nOK\r\n")


def test_a_reboot_in_the_middle_of_an_answer():
    plain = gmr(Rig())
    rig = Rig()
    rig.m.faults.reboot(after_bytes=30)
    rig.write("AT+GMR\r\n")
    output = rig.collect(1)
    assert output.endswith(b"\r\nready\r\n")
    assert plain not in output
    assert rig.command("AT").endswith(b"\r\nOK\r\n")


def test_a_hang_lasts_until_a_reset():
    rig = Rig()
    rig.m.faults.hang()
    rig.write("AT\r\n")
    assert rig.collect(60) == b""
    rig.m.pin("EN").set(0)
    rig.collect(0.01)
    rig.m.pin("EN").set(1)
    assert rig.collect(1).endswith(b"\r\nready\r\n")


def test_a_reboot_resets_the_far_ends():
    rig = Rig(wifi=True)
    peers = rig.connect()
    rig.m.faults.reboot()
    output = rig.collect(1)
    assert b"CLOSED" not in output
    assert peers[0].closed


# -- control ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"do": "nonsense"},
        {"do": "ap_down"},
        {"do": "ap_down", "ssid": "nowhere"},
        {"do": "pin", "pin": "NONE"},
        {"do": "gpio"},
        {"do": "ap_set", "ssid": "espat-lab", "colour": 3},
        {"do": "ap_add", "name": "x"},
        {"do": "garbage", "count": "many"},
        ["do"],
    ],
)
def test_bad_requests_are_answered(request_):
    reply = Rig().m.control(request_)
    assert reply["ok"] is False
    assert reply["error"]


def test_pins_and_gpio():
    rig = Rig()
    assert rig.m.control({"do": "pin", "pin": "EN"}) == {"ok": True, "level": 1}
    assert rig.m.control({"do": "pin", "pin": "WAKE", "level": 1}) == {"ok": True, "level": 1}
    assert rig.m.control({"do": "gpio", "n": 4, "level": 1})["level"] == 1
    assert rig.m.control({"do": "gpio", "n": 4})["level"] == 1
    assert rig.m.control({"do": "pin", "pin": "CTS"})["level"] == 0


def test_access_points_come_and_change():
    rig = Rig()
    assert rig.m.control({"do": "ap_add", "ssid": "new", "key": "12345678"})["ok"]
    rig.ok("AT+CWMODE=1")
    assert rig.ok('AT+CWJAP="new","12345678"')
    assert rig.m.control({"do": "ap_set", "ssid": "new", "rssi": -77})["ok"]
    assert ",-77," in rig.lines("AT+CWJAP?")[0]
    assert rig.m.control({"do": "ap_remove", "ssid": "new"})["ok"]
    assert rig.collect(0.1) == URC


def test_inject_by_control():
    rig = Rig()
    assert rig.m.control({"do": "inject", "line": "ready"})["ok"]
    assert rig.collect(0.1) == b"ready\r\n"
    assert rig.m.control({"do": "inject", "line_hex": "00ff", "raw": True})["ok"]
    assert rig.collect(0.1) == b"\x00\xff"


def test_status():
    rig = Rig(wifi=True)
    rig.connect()
    status = rig.m.control({"do": "status"})
    assert status["ok"]
    assert status["wifi"] == 2
    assert status["links"][0]["type"] == "TCP"


def test_the_trace_sees_both_directions():
    rig = Rig()
    seen = []
    rig.m.trace = lambda direction, t_us, data: seen.append((direction, data))
    rig.command("AT")
    assert b"".join(data for direction, data in seen if direction == "in") == b"AT\r\n"
    assert b"".join(data for direction, data in seen if direction == "out") == b"\r\nOK\r\n"


# -- faults that last ------------------------------------------------------------------


def fault(rig, kind, **more):
    answer = rig.m.control({"do": "fault", "kind": kind, **more})
    assert answer["ok"], answer


def test_bytes_come_twice():
    plain = gmr(Rig())
    rig = Rig()
    rig.m.control({"do": "repeat_output", "count": 3, "after_bytes": 20})
    assert gmr(rig) == plain[:23] + plain[20:]


def test_an_overrun_keeps_what_the_fifo_holds():
    plain = gmr(Rig())
    rig = Rig()
    fault(rig, "overrun", ms=500)
    rig.write("AT+GMR\r\n")
    rig.clock.advance(400_000)
    assert rig.host.read() == plain[:32]
    assert rig.host.overruns == len(plain) - 32
    rig.clock.advance(200_000)
    assert gmr(rig) == plain


def test_an_overrun_of_the_module_spoils_the_command():
    rig = Rig()
    fault(rig, "overrun", side="module", ms=100)
    rig.m.port.pause()  # its CPU is busy with something else
    rig.write("AT" + " " * 60 + "\r\n")
    rig.clock.advance(50_000)
    assert rig.m.line.module.overruns == 32
    rig.m.port.resume()
    rig.clock.advance(100_000)
    rig.write("\r\n")
    assert b"ERROR" in rig.collect(0.1)


def test_a_stuck_cts_holds_a_host_that_looks_at_it():
    rig = Rig()
    rig.command("AT+UART_CUR=115200,8,1,0,3")
    rig.host.set_flow(rts=True, cts=True)
    fault(rig, "stuck_cts", ms=300)
    rig.write("AT\r\n")
    assert rig.collect(0.29) == b""
    assert b"OK" in rig.collect(0.1)
    fault(rig, "stuck_cts", side="module")
    rig.write("AT\r\n")
    assert rig.collect(10) == b""
    assert rig.m.control({"do": "faults_end"})["ok"]
    assert b"OK" in rig.collect(0.1)


def test_a_slip_is_noise_until_it_ends():
    rig = Rig()
    fault(rig, "slip", side="module", ms=100)
    rig.write("AT\r\n")
    assert b"OK" not in rig.collect(0.09)
    rig.collect(0.1)
    rig.write("\r\n")
    rig.collect(0.1)
    assert rig.command("AT") == b"\r\nOK\r\n"


def test_a_command_that_is_never_answered_and_one_that_never_ends():
    rig = Rig()
    fault(rig, "lose_command")
    rig.write("AT+GMR\r\n")
    assert rig.collect(60) == b""
    assert rig.command("AT") == b"\r\nOK\r\n"
    fault(rig, "hang_command")
    rig.write("AT+GMR\r\n")
    assert rig.collect(60) == b""
    for _ in range(3):
        rig.write("AT\r\n")
        assert rig.collect(60) == b"\r\nbusy p...\r\n"


def test_a_flash_that_is_not_written():
    rig = Rig()
    assert rig.ok("AT+CWMODE=1")
    fault(rig, "flash")
    assert not rig.ok("AT+CWMODE=3")
    rig.m.control({"do": "reboot"})
    rig.wait_ready()
    assert b"+CWMODE:1" in rig.command("AT+CWMODE?")
    assert rig.ok("AT+CWMODE=3")


def test_unknown_faults_are_refused():
    rig = Rig()
    assert not rig.m.control({"do": "fault", "kind": "fire"})["ok"]
    assert not rig.m.control({"do": "fault", "kind": "slip", "side": "left"})["ok"]


def test_nothing_is_said_after_a_hang_in_the_middle_of_a_message():
    """Whatever else was to be said at the same moment."""
    rig = Rig(wifi=True)
    (peer,) = rig.connect()
    rig.collect(0.1)
    rig.m.faults.hang(after_bytes=100)
    peer.send(bytes(5000))  # several messages at once
    heard = rig.collect(5)
    assert len(heard) == 100 and heard.count(b"+IPD") == 1
