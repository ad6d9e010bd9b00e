# needs: sim
# Finding the module, in whatever state somebody left it. Owns the states and the ways to restart;
# unsolicited lines meanwhile are test_unsolicited.py's, reboots test_reboot.py's.
import time

import machine

import espat
from system import rig

RATES = (9600, 57600, 74880, 115200, 230400, 460800, 921600)


def works(m):
    m.wifi.connect(*rig.LAB)
    s = m.socket()
    s.connect(rig.ECHO)
    s.send(b"it works")
    assert s.read(8) == b"it works"
    s.close()


def booted(rate=115200):
    uart = rig.uart(baudrate=rate)
    time.sleep_ms(600)
    uart.read()
    return uart


def say(uart, line, wait_ms=50):
    """A command by hand; what comes back."""
    uart.write(line.encode() + b"\r\n")
    time.sleep_ms(wait_ms)
    return uart.read() or b""


def join_by_hand(uart):
    say(uart, "AT+CWMODE=1")
    assert b"OK" in say(uart, 'AT+CWJAP="espat-lab","espat-pass"', 4000)


def test_a_module_that_is_still_booting():
    m = rig.modem()
    start = rig.now_ms()
    m.start()
    assert rig.since_ms(start) < 3000, rig.since_ms(start)
    works(m)


def test_a_host_that_is_held_up_at_its_first_byte():
    class Slow(rig.Tap):
        def write(self, *args):
            if not self.sent:
                time.sleep_ms(25000)  # longer than a busy module is waited for
            return rig.Tap.write(self, *args)

    m = espat.Modem(Slow(booted()))
    m.start()
    works(m)


def test_a_module_that_waits_for_a_command():
    uart = booted()
    m = espat.Modem(uart)
    start = rig.now_ms()
    m.start()
    assert rig.since_ms(start) < 500, rig.since_ms(start)
    m.start()  # once is enough
    works(m)
    assert rig.control("status")["overruns"] == {"host": 0, "module": 0}


def test_nothing_is_sent_before_the_first_call():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    time.sleep_ms(600)
    s = m.socket()
    s.settimeout(1)
    assert not tap.sent
    m.start()
    assert tap.sent


def test_the_first_call_starts_the_module():
    for call in (
        lambda m: m.wifi.scan(),
        lambda m: m.wifi.ifconfig(),
        lambda m: m.wifi.isconnected(),
        lambda m: m.wifi.status(),
        lambda m: m.command("AT+GMR"),
        lambda m: m.wifi.connect(*rig.LAB),
    ):
        call(rig.modem())
    s = rig.modem().socket()
    s.connect(rig.ECHO)
    s.close()


def test_settings_that_the_driver_relies_on():
    # wire: ATE0 by start
    rig.needs("AT+CIPRECVTYPE")
    uart = booted()
    for line in ("ATE1", "AT+CIPMUX=0", "AT+CIPDINFO=1", "AT+SYSMSG=3", "AT+CIPRECVTYPE=0"):
        assert b"OK" in say(uart, line), line
    works(espat.Modem(uart))


def test_nothing_that_the_driver_sets_survives_a_reboot():
    # It must not wear out the flash, nor surprise the next program.
    rig.needs("setting that is not kept in flash")
    uart = booted()
    before = [say(uart, line) for line in ("AT+CIPMUX?", "AT+CWMODE?", "AT+CWJAP?", "AT+CIPDINFO?")]
    m = espat.Modem(uart)
    works(m)
    rig.control("reboot")
    time.sleep_ms(600)
    uart.read()
    after = [say(uart, line) for line in ("AT+CIPMUX?", "AT+CWMODE?", "AT+CWJAP?", "AT+CIPDINFO?")]
    assert before == after, (before, after)


def test_in_the_middle_of_a_line():
    for left in (b"A", b"AT+CIPSEND=0", b'AT+CWJAP="', b"\xff\x00\x80garbage", b"x" * 300):
        uart = booted()
        uart.write(left)
        works(espat.Modem(uart))


def test_at_every_other_baud_rate():
    rig.needs("AT+UART_CUR")
    for rate in RATES:
        rig.power_cycle()
        uart = booted()
        assert b"OK" in say(uart, "AT+UART_CUR=%d,8,1,0,0" % rate)
        m = espat.Modem(uart)
        start = rig.now_ms()
        m.start()
        assert rig.since_ms(start) < 20000, (rate, rig.since_ms(start))
        works(m)


def test_the_host_at_another_baud_rate():
    for rate in RATES:
        rig.power_cycle()
        works(espat.Modem(booted(rate)))


def test_baud_rates_of_ones_own():
    rig.needs("AT+UART_CUR")
    uart = booted()
    assert b"OK" in say(uart, "AT+UART_CUR=250000,8,1,0,0")
    works(espat.Modem(uart, baudrates=(115200, 250000)))
    rig.power_cycle()
    uart = booted()
    say(uart, "AT+UART_CUR=250000,8,1,0,0")
    m = espat.Modem(uart, baudrates=(115200, 9600))
    rig.fails(rig.ENODEV, m.start)


def test_with_links_open():
    uart = booted()
    join_by_hand(uart)
    say(uart, "AT+CIPMUX=1")
    for i in range(5):
        assert b"CONNECT" in say(uart, 'AT+CIPSTART=%d,"TCP","echo.test",7' % i)
    m = espat.Modem(uart)
    m.start()
    assert rig.control("status")["links"] == []
    assert m.wifi.isconnected()
    links = [m.socket() for _ in range(5)]
    for s in links:
        s.connect(rig.ECHO)
        s.send(b"mine")
        assert s.read(4) == b"mine"
    for s in links:
        s.close()


def test_with_the_single_link_open():
    uart = booted()
    join_by_hand(uart)
    assert b"CONNECT" in say(uart, 'AT+CIPSTART="TCP","echo.test",7')
    works(espat.Modem(uart))


def hostile_link(*settings):
    # A link of CIPMUX=0 or 1 in active receive, whose peer sends what looks like answers, again
    # and again while the driver starts.
    uart = booted()
    join_by_hand(uart)
    mux = ""
    for line in settings:
        assert b"OK" in say(uart, line)
        if line == "AT+CIPMUX=1":
            mux = "3,"
    assert b"CONNECT" in say(uart, "AT+CIPSTART=" + mux + '"TCP","echo.test",7')
    payload = b"\r\nOK\r\n\r\nERROR\r\nready\r\n>+CIPMUX:1\r\n+IPD,2,9:\r\nOK\r\n" * 40
    say(uart, "AT+CIPSEND=%s%d" % (mux, len(payload)))
    uart.write(payload)
    works(espat.Modem(uart))


def test_with_hostile_data_coming_in_on_the_single_link():
    hostile_link("AT+CIPMUX=0")


def test_with_hostile_data_and_addresses_on_the_single_link():
    hostile_link("AT+CIPMUX=0", "AT+CIPDINFO=1")


def test_with_hostile_data_coming_in_on_a_link():
    hostile_link("AT+CIPMUX=1")


def test_with_hostile_data_and_addresses_on_a_link():
    hostile_link("AT+CIPMUX=1", "AT+CIPDINFO=1")


def passthrough():
    uart = booted()
    join_by_hand(uart)
    assert b"CONNECT" in say(uart, 'AT+CIPSTART="TCP","echo.test",7')
    assert b"OK" in say(uart, "AT+CIPMODE=1")
    assert b">" in say(uart, "AT+CIPSEND")
    return uart


def test_in_passthrough():
    uart = passthrough()
    m = espat.Modem(uart)
    start = rig.now_ms()
    m.start()
    assert rig.since_ms(start) < 8000, rig.since_ms(start)
    works(m)


def test_in_passthrough_with_bytes_on_their_way():
    uart = passthrough()
    uart.write(rig.pattern(200))
    works(espat.Modem(uart))


def test_in_passthrough_at_another_baud_rate():
    rig.needs("AT+UART_CUR")
    uart = booted()
    assert b"OK" in say(uart, "AT+UART_CUR=230400,8,1,0,0")
    uart.init(baudrate=230400, rxbuf=2048)
    join_by_hand(uart)
    say(uart, 'AT+CIPSTART="TCP","echo.test",7')
    say(uart, "AT+CIPMODE=1")
    assert b">" in say(uart, "AT+CIPSEND")
    uart.init(baudrate=115200, rxbuf=2048)
    works(espat.Modem(uart))


def test_in_passthrough_that_the_module_enters_by_itself():
    rig.needs("AT+SAVETRANSLINK")
    # AT+SAVETRANSLINK: in passthrough after every boot.
    uart = booted()
    join_by_hand(uart)
    assert b"OK" in say(uart, 'AT+SAVETRANSLINK=1,"198.51.100.7",7,"TCP"')
    rig.control("reboot")
    time.sleep_ms(5000)
    assert (uart.read() or b"").rstrip().endswith(b">")
    m = espat.Modem(uart)
    m.start()
    works(m)


def test_in_a_send_that_waits_for_its_bytes():
    for count in (1, 5, 2000):
        rig.power_cycle()
        uart = booted()
        join_by_hand(uart)
        say(uart, 'AT+CIPSTART="TCP","echo.test",7')
        assert b">" in say(uart, "AT+CIPSEND=%d" % count)
        works(espat.Modem(uart))


def test_while_the_module_joins_by_itself():
    uart = booted()
    join_by_hand(uart)
    rig.control("reboot")
    time.sleep_ms(500)
    m = espat.Modem(uart)
    m.start()
    rig.wait_until(m, m.wifi.isconnected)
    assert m.wifi.ifconfig()[0] == "192.168.1.50"


def test_while_a_join_is_under_way():
    # Somebody's AT+CWJAP runs; the module says "busy p..." to everything for seconds.
    uart = booted()
    say(uart, "AT+CWMODE=1")
    say(uart, 'AT+CWJAP="espat-lab","not the key"', 100)
    m = espat.Modem(uart)
    m.start()
    works(m)


def test_no_module_on_the_wire():
    rig.control("power", on=False)
    m = rig.modem()
    for _ in range(2):
        start = rig.now_ms()
        e = rig.fails(rig.ENODEV, m.start)
        assert rig.since_ms(start) < 60000, rig.since_ms(start)
        assert "wiring" in str(e) or "answer" in str(e), str(e)
    rig.fails(rig.ENODEV, m.wifi.connect, *rig.LAB)
    rig.fails(rig.ENODEV, m.socket().connect, rig.ECHO)
    rig.control("power", on=True)
    works(m)


class Noise(rig.Scripted):
    """Random bytes, as many as 115200 baud give."""

    def __init__(self):
        rig.Scripted.__init__(self, lambda line: b"")
        self.random = rig.Random(7)
        self.last_ms = rig.now_ms()

    def any(self):
        n = 11 * rig.since_ms(self.last_ms)
        if n:
            self.last_ms = rig.now_ms()
            self.rx.extend(self.random.bytes(min(n, 2048 - len(self.rx))))
        return len(self.rx)


def test_garbage_on_the_wire():
    m = espat.Modem(Noise(), baudrates=(115200,))
    start = rig.now_ms()
    rig.fails(rig.ENODEV, m.start)
    assert rig.since_ms(start) < 60000, rig.since_ms(start)


def test_garbage_in_front_of_a_module():
    for count in (1, 50, 1000):
        uart = booted()
        rig.control("garbage", count=count)
        works(espat.Modem(uart))


def test_a_wire_that_only_echoes():
    # RX and TX joined: everything comes back, nothing answers.
    m = espat.Modem(rig.Scripted(lambda line: line))
    start = rig.now_ms()
    rig.fails(rig.ENODEV, m.start)
    assert rig.since_ms(start) < 60000


def test_something_else_on_the_wire():
    # A modem of another kind answers, but not as ESP-AT does.
    m = espat.Modem(rig.Scripted(lambda line: b"\r\nCOMMAND NOT SUPPORT\r\n"))
    rig.fails(rig.ENODEV, m.start)


def test_no_uart():
    for wrong in (None, 5, object()):
        rig.raises(TypeError, espat.Modem, wrong)


def test_restart_by_command():
    uart = booted()
    m = espat.Modem(uart, restart="command")
    join_by_hand(uart)
    before = rig.control("status")["uptime_ms"]
    m.start()
    assert rig.control("status")["uptime_ms"] < before
    works(m)


def test_restart_by_pin():
    uart = booted()
    m = espat.Modem(uart, restart="pin", reset=rig.reset_pin())
    join_by_hand(uart)
    before = rig.control("status")["uptime_ms"]
    m.start()
    assert rig.control("status")["uptime_ms"] < before
    works(m)


def test_restart_only_as_asked():
    uart = booted()
    m = espat.Modem(uart, reset=rig.reset_pin())
    before = rig.control("status")["uptime_ms"]
    works(m)
    assert rig.control("status")["uptime_ms"] > before
    rig.raises(ValueError, espat.Modem, uart, restart="hard")
    rig.raises(ValueError, espat.Modem, uart, restart="pin")


def test_the_reset_pin_wakes_what_does_not_answer():
    pin = rig.reset_pin()
    uart = booted()
    rig.control("hang")
    m = espat.Modem(uart, reset=pin)
    m.start()
    works(m)


def test_the_enable_pin_is_driven():
    class Pin:
        def __init__(self):
            self.levels = []

        def value(self, level=None):
            self.levels.append(level)

    pin = Pin()
    works(rig.modem(enable=pin))
    assert pin.levels and pin.levels[-1] == 1, pin.levels


def test_receive_type_under_its_old_name():
    rig.needs("AT+CIPRECVTYPE")

    # Firmware before v3 has AT+CIPRECVMODE and no AT+CIPRECVTYPE.
    class Old(rig.Tap):
        def write(self, buf, off=0, n=None):
            n = len(buf) - off if n is None else n
            data = bytes(buf[off : off + n]).replace(b"AT+CIPRECVTYPE=5", b"AT+CIPRECVXXXX=5")
            return rig.Tap.write(self, data)

    old = Old(booted())
    m = espat.Modem(old)
    m.start()
    assert b"AT+CIPRECVMODE=" in old.sent, bytes(old.sent)


def test_a_reset_pin_that_was_made_without_a_value():
    # Pin(6, Pin.OUT) drives low: the module has been held in reset so far.
    uart = booted()
    m = espat.Modem(uart, reset=machine.Pin(6, machine.Pin.OUT))
    start = rig.now_ms()
    m.start()
    assert rig.since_ms(start) < 3000, rig.since_ms(start)
    works(m)
