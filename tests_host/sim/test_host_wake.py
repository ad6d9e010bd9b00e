# Waking a host that sleeps: USERWKMCUCFG and USERMCUSLEEP, the wake signal, what is held and
# when it is said.
from __future__ import annotations

import pytest

from sim.rig import Rig

OK = b"\r\nOK\r\n"


class Host(Rig):
    """Joined, with a link; notes each change of the wake pin as (ms, level)."""

    def __init__(self, *setup):
        super().__init__(wifi=True)
        for line in setup:
            assert self.ok(line)
        (self.peer,) = self.connect()
        self.changes = []
        self.m.pins["HOST_WAKE"].subscribe(self._changed)
        self.start_us = 0

    def _changed(self, level):
        self.changes.append(((self.clock.now_us - self.start_us) // 1000, level))

    def sleep(self):
        assert self.ok("AT+USERMCUSLEEP=1")
        self.mark()

    def mark(self):
        self.start_us = self.clock.now_us
        self.changes.clear()


def test_a_host_that_is_awake_is_told_at_once():
    host = Host("AT+USERWKMCUCFG=1,1,18,1,500")
    host.mark()
    host.peer.send(b"data")
    assert host.collect(0.1) == b"\r\n+IPD,4:data"
    assert host.changes == []


def test_data_raises_the_pin_and_waits_for_the_host():
    host = Host("AT+USERWKMCUCFG=1,1,18,1,500")
    host.sleep()
    host.peer.send(b"data")
    assert host.collect(0.2) == b""
    assert [level for _, level in host.changes] == [1]
    assert host.command("AT+USERMCUSLEEP=0") == OK  # the answer comes first
    assert [level for _, level in host.changes] == [1, 0]
    assert host.collect(0.1) == b"\r\n+IPD,4:data"
    host.peer.send(b"more")
    assert host.collect(0.1) == b"\r\n+IPD,4:more"
    assert len(host.changes) == 2


def test_the_active_level_can_be_low():
    host = Host()
    assert host.m.pins["HOST_WAKE"].level == 0
    assert host.ok("AT+USERWKMCUCFG=1,1,18,0,500")
    assert host.m.pins["HOST_WAKE"].level == 1
    host.sleep()
    host.peer.send(b"data")
    host.collect(0.1)
    assert host.m.pins["HOST_WAKE"].level == 0


def test_after_the_delay_the_module_talks_whether_anyone_listens_or_not():
    host = Host("AT+USERWKMCUCFG=1,1,18,1,500")
    host.sleep()
    host.peer.send(b"data")
    assert host.collect(0.45) == b""
    assert host.collect(0.1) == b"\r\n+IPD,4:data"
    (raised, up), (lowered, down) = host.changes
    assert (up, down) == (1, 0)
    assert 500 <= lowered - raised <= 501


def test_each_message_waits_for_itself():
    host = Host("AT+USERWKMCUCFG=1,1,18,1,500")
    host.sleep()
    host.peer.send(b"1")
    host.collect(0.1)
    host.m.control({"do": "kick"})
    assert host.collect(0.45) == b"\r\n+IPD,1:1"
    assert host.collect(0.3) == b""
    assert b"WIFI DISCONNECT\r\n" in host.collect(0.3)


def test_bit_2_takes_a_host_that_did_not_answer_as_awake():
    host = Host("AT+USERWKMCUCFG=1,1,18,1,500,5")
    host.sleep()
    host.peer.send(b"1")
    host.collect(0.1)
    host.peer.send(b"2")
    assert host.collect(0.45) == b"\r\n+IPD,1:1\r\n+IPD,1:2"
    host.peer.send(b"3")
    assert host.collect(0.1) == b"\r\n+IPD,1:3"
    assert len(host.changes) == 2
    host.sleep()
    host.peer.send(b"4")
    assert host.collect(0.4) == b""


def test_the_delay_may_be_nothing():
    host = Host("AT+USERWKMCUCFG=1,1,18,1,0")
    host.sleep()
    host.peer.send(b"data")
    assert host.collect(0.1) == b"\r\n+IPD,4:data"
    assert [level for _, level in host.changes] == [1, 0]


def test_a_wake_byte_on_the_uart():
    host = Host("AT+USERWKMCUCFG=1,2,1,85,300")
    host.sleep()
    host.peer.send(b"data")
    assert host.collect(0.2) == b"\x55"
    assert host.collect(0.2) == b"\r\n+IPD,4:data"
    assert host.changes == []


@pytest.mark.parametrize(
    ("method", "says", "holds"),
    [
        (1, "AT+USERMCUSLEEP=1", True),
        (1, "AT+SLEEP=1", False),
        (2, "AT+USERMCUSLEEP=1", False),
        (2, "AT+SLEEP=1", True),
        (2, "AT+SLEEP=3", True),
        (3, "AT+SLEEP=1", True),
        (4, "AT+USERMCUSLEEP=1", False),
    ],
)
def test_what_counts_as_asleep(method, says, holds):
    host = Host(f"AT+USERWKMCUCFG=1,1,18,1,60000,{method}")
    assert host.ok(says)
    host.peer.send(b"data")
    assert (host.collect(1) == b"") is holds
    if holds:
        assert host.ok("AT+SLEEP=0" if method & 2 else "AT+USERMCUSLEEP=0")
        assert host.collect(1) == b"\r\n+IPD,4:data"


def test_answers_are_said_at_once():
    host = Host("AT+USERWKMCUCFG=1,1,18,1,60000")
    host.sleep()
    assert host.lines("AT+CWMODE?") == ["+CWMODE:1", "OK"]
    assert host.changes == []


@pytest.mark.parametrize(
    "happens",
    [
        lambda host: host.m.control({"do": "kick"}),
        lambda host: host.peer.close(),
        lambda host: host.peer.send(b"x"),
    ],
)
def test_every_message_of_the_module_itself_waits(happens):
    host = Host("AT+USERWKMCUCFG=1,1,18,1,5000")
    host.sleep()
    happens(host)
    assert host.collect(4) == b""
    assert host.m.pins["HOST_WAKE"].level == 1
    assert host.collect(2) != b""


def test_passive_receive_says_how_much_there_is():
    host = Host("AT+USERWKMCUCFG=1,1,18,1,5000", "AT+CIPRECVTYPE=1")
    host.sleep()
    host.peer.send(b"abc")
    host.collect(1)
    assert host.ok("AT+USERMCUSLEEP=0")
    assert host.collect(0.1) == b"\r\n+IPD,3\r\n"
    assert host.command("AT+CIPRECVDATA=10") == b"+CIPRECVDATA:3,abc" + OK


def test_a_long_wait_holds_the_far_end_back():
    """The module does not take in without end what it cannot hand over."""
    host = Host("AT+USERWKMCUCFG=1,1,18,1,60000")
    host.sleep()
    data = bytes(range(256)) * 400
    host.peer.send(data)
    host.collect(10)
    assert host.m.host_waker.held < 10_000
    assert host.ok("AT+USERMCUSLEEP=0")
    output, got = host.collect(20), b""
    while output:
        head, _, rest = output.partition(b":")
        length = int(head.removeprefix(b"\r\n+IPD,"))
        got, output = got + rest[:length], rest[length:]
    assert got == data


def test_passthrough_wakes_too():
    host = Host("AT+USERWKMCUCFG=1,1,18,1,300", "AT+CIPMODE=1")
    host.sleep()
    host.write("AT+CIPSEND\r\n")
    host.wait_for(b">")
    host.peer.send(b"data")
    assert host.collect(0.2) == b""
    assert host.collect(0.2) == b"data"


@pytest.mark.parametrize(
    "line",
    [
        "AT+USERWKMCUCFG=2",
        "AT+USERWKMCUCFG=0,1",
        "AT+USERWKMCUCFG=1",
        "AT+USERWKMCUCFG=1,0,18,1,100",
        "AT+USERWKMCUCFG=1,3,18,1,100",
        "AT+USERWKMCUCFG=1,1,47,1,100",
        "AT+USERWKMCUCFG=1,1,22,1,100",
        "AT+USERWKMCUCFG=1,1,18,2,100",
        "AT+USERWKMCUCFG=1,1,18,1,60001",
        "AT+USERWKMCUCFG=1,1,18,1,100,8",
        "AT+USERWKMCUCFG=1,2,0,1,100",
        "AT+USERWKMCUCFG=1,2,1,256,100",
        "AT+USERMCUSLEEP=1",  # not configured
        "AT+USERMCUSLEEP=0",
    ],
)
def test_what_is_refused(line):
    assert not Rig().ok(line)


def test_the_order_of_configuring():
    rig = Rig()
    assert rig.ok("AT+USERWKMCUCFG=0")
    assert rig.ok("AT+USERWKMCUCFG=1,1,18,1,100")
    assert not rig.ok("AT+USERWKMCUCFG=1,1,18,1,100")
    assert rig.ok("AT+USERMCUSLEEP=1")
    assert not rig.ok("AT+USERWKMCUCFG=0")
    assert not rig.ok("AT+USERMCUSLEEP=2")
    assert rig.ok("AT+USERMCUSLEEP=0")
    assert rig.ok("AT+USERWKMCUCFG=0")


def test_a_wire_to_another_pin_or_none():
    rig = Rig()
    host_wake = rig.m.pins["HOST_WAKE"]
    assert rig.ok("AT+USERWKMCUCFG=1,1,5,0,100")
    assert host_wake.level == 0
    assert rig.m.control({"do": "wire", "pin": "HOST_WAKE", "gpio": 5})["gpio"] == 5
    assert host_wake.level == 1
    assert rig.m.control({"do": "wire", "pin": "HOST_WAKE", "gpio": None})["ok"]
    assert host_wake.level == 0
    assert not rig.m.control({"do": "wire", "pin": "EN", "gpio": 5})["ok"]


def test_a_reboot_forgets_it_and_lowers_the_pin():
    host = Host("AT+USERWKMCUCFG=1,1,18,1,60000")
    host.sleep()
    host.peer.send(b"data")
    host.collect(0.1)
    assert host.m.pins["HOST_WAKE"].level == 1
    host.m.control({"do": "reboot"})
    assert host.m.pins["HOST_WAKE"].level == 0
    assert host.wait_ready().endswith(b"ready\r\n")
    assert not host.ok("AT+USERMCUSLEEP=1")
