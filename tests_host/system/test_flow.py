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
    both_ways(hardware(passive=False))
    both_ways(hardware())


def test_both_ways_by_hand():
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
