# needs: sim
# Flow control, by the UART's own RTS and CTS and by pins: with it, active receive loses nothing
# however late the program reads. Owns the comparison of every byte that waited.
from machine import UART, Pin

import espat
from system import rig

RTS_PIN = 9
CTS_PIN = 10


def hardware(**options):
    # The RP2040's UART does not tell that it has flow control: flow=True does.
    return espat.Modem(rig.uart(flow=UART.RTS | UART.CTS), flow=True, **options)


def by_hand(**options):
    return espat.Modem(
        rig.uart(), rts=Pin(RTS_PIN, Pin.OUT, value=0), cts=Pin(CTS_PIN, Pin.IN), **options
    )


def nobody_reads(m, total=12000):
    rig.needs("AT+UART_CUR")  # else the module has no flow control that is not kept in its flash
    m.wifi.connect(*rig.LAB)
    s = m.socket()
    s.connect(rig.PATTERN)
    s.send(b"%d\n" % total)
    rig.time.sleep_ms(3000)
    got = s.read()
    assert len(got) == total and got == rig.pattern(total), len(got)
    assert rig.control("status")["overruns"] == {"host": 0, "module": 0}
    s.close()


def test_nobody_reads_for_a_while_active():
    nobody_reads(hardware(passive=False))


def test_nobody_reads_for_a_while_active_by_hand():
    nobody_reads(by_hand(passive=False))


def test_nobody_reads_for_a_while_passive():
    nobody_reads(hardware())


def test_nobody_reads_for_a_while_passive_by_hand():
    nobody_reads(by_hand())


def both_ways(m):
    m.wifi.connect(*rig.LAB)
    s = m.socket()
    s.connect(rig.ECHO)
    data = rig.pattern(8192)
    for _ in range(2):
        assert s.write(data) == len(data)
        rig.time.sleep_ms(500)
        assert s.read(len(data)) == data
    assert len(m.wifi.scan()) == 2
    s.close()
    assert rig.control("status")["overruns"] == {"host": 0, "module": 0}


def test_both_ways():
    rig.needs("AT+CIPSEND 8192")
    both_ways(hardware(passive=False))
    both_ways(hardware())


def test_both_ways_by_hand():
    rig.needs("AT+CIPSEND 8192")
    both_ways(by_hand(passive=False))
    both_ways(by_hand())


def test_a_full_link_does_not_stop_the_others():
    # One link's data waits unread; commands and another link go on.
    m = hardware(passive=False, ring=512)
    m.wifi.connect(*rig.LAB)
    s = m.socket()
    s.connect(rig.PATTERN)
    t = m.socket()
    t.connect(rig.ECHO)
    s.send(b"9000\n")
    rig.time.sleep_ms(1000)
    try:
        t.send(b"hello")
        assert t.read(5) == b"hello"
    except OSError:
        pass  # the answer stands behind data that has no room
    got = bytearray()
    try:
        while True:
            part = s.recv(1000)
            if not part:
                assert len(got) == 9000
                break
            got.extend(part)
    except OSError:
        pass
    assert got == rig.pattern(len(got))


def test_a_reboot_with_flow_control():
    m = hardware()
    m.wifi.connect(*rig.LAB)
    rig.control("reboot")
    rig.wait(m, 600)
    assert m.wifi.ifconfig()[0] == "192.168.1.50"
    nobody_reads(m)


def test_another_baud_rate_keeps_flow_control():
    uart = rig.uart(flow=UART.RTS | UART.CTS)
    rig.time.sleep_ms(600)
    uart.write(b"AT+UART_CUR=230400,8,1,0,0\r\n")
    rig.time.sleep_ms(50)
    uart.read()
    nobody_reads(espat.Modem(uart, passive=False, flow=True))


class Late(rig.Tap):
    """A program that comes too late once: between the look at the UART and the read."""

    turns = 0

    def readinto(self, buf, n=None):
        self.turns -= 1
        if self.turns == 0:
            rig.time.sleep_ms(30)  # 115200 baud fill the buffer in 22 ms
        return rig.Tap.readinto(self, buf, n)


def late(**options):
    tap = Late(rig.uart(rxbuf=224))  # and 32 in hardware
    m = espat.Modem(tap, **options)
    m.wifi.connect(*rig.LAB)
    return m, tap


def read_all(s, total, wanted):
    """How much came before the error, None without one; all of it must be right."""
    got = bytearray()
    try:
        while len(got) < total:
            part = s.recv(1000)
            assert part, len(got)
            got.extend(part)
    except OSError as e:
        assert e.errno == rig.EIO, e
        assert got == wanted[: len(got)], len(got)
        return len(got)
    assert got == wanted
    return None


def test_what_the_uart_loses_without_flow_control_is_an_error_active():
    m, tap = late(passive=False)
    wanted = rig.pattern(3000)
    seen = 0
    for turns in range(4, 30, 2):
        before = rig.control("status")["overruns"]["host"]
        s = m.socket()
        s.settimeout(20)
        s.connect(rig.PATTERN)
        s.send(b"3000\n")
        tap.turns = turns
        failed = read_all(s, 3000, wanted)
        tap.turns = 0
        s.close()
        if rig.control("status")["overruns"]["host"] > before:
            assert failed is not None, turns
            seen += 1
    assert seen > 8, seen


def test_what_the_uart_loses_without_flow_control_is_an_error_passthrough():
    for turns in (3, 6, 9):
        rig.power_cycle()
        m, tap = late()
        s = m.passthrough.connect(rig.PATTERN)
        s.settimeout(5)
        s.write(b"3000\n")
        before = rig.control("status")["overruns"]["host"]
        tap.turns = turns
        assert read_all(s, 3000, rig.pattern(3000)) is not None
        assert rig.control("status")["overruns"]["host"] > before
        s.close()
        assert m.wifi.rssi() < 0
