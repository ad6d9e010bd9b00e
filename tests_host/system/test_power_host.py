# needs: sim
# Sleep of the host where its port is another one (no interrupts of pins, a UART that is set up in
# its own way), what goes out just before it, and what is told late. test_power.py has the rest.
from machine import Pin

import espat
from system import rig

WAKE_PIN = 7
HOST_WAKE_PIN = 8
WAKE_GPIO = 12
HOST_GPIO = 18


def modem(uart, pin=None, **options):
    pin = pin or Pin(HOST_WAKE_PIN, Pin.IN)
    wake = Pin(WAKE_PIN, Pin.OUT, value=1)
    return espat.Modem(uart, wake=wake, host_wake=pin, **options)


def joined(uart=None, **options):
    m = modem(uart or rig.uart(), **options)
    m.wifi.connect(*rig.LAB)
    return m


def wakes(m, s, peer, text):
    """The other end sends while the host sleeps: it wakes soon, and reads just that."""
    rig.control("far", id=peer, send=text, in_ms=2500)
    start = rig.now_ms()
    assert m.power.host_sleep(60000) == "data"
    assert 2400 < rig.since_ms(start) < 4500, rig.since_ms(start)
    assert s.recv(100) == text.encode()


class Plain:
    """A pin that tells its level, and no more."""

    def __init__(self, n):
        self.pin = Pin(n, Pin.IN)

    def value(self):
        return self.pin.value()


class Rated:
    """A UART that cannot be set up anew: its rate is a property, which sets its clock."""

    def __init__(self, uart):
        self.uart = uart
        self.any = uart.any
        self.readinto = uart.readinto
        self.write = uart.write
        self.set = []

    @property
    def baudrate(self):
        return 115200

    @baudrate.setter
    def baudrate(self, x):
        self.set.append(x)
        self.uart.init(x, rxbuf=2048)


class Kept(rig.Tap):
    """One that keeps how it was set up. RTS, CTS: as on the board."""

    RTS = 2
    CTS = 1

    def __init__(self, uart):
        rig.Tap.__init__(self, uart)
        self.ways = []

    def init(self, **options):
        self.ways.append(options)
        self.uart.init(**options)


def test_a_pin_without_interrupts_wakes_by_its_level():
    for level in (1, 0):
        rig.power_cycle()
        m = joined(pin=Plain(HOST_WAKE_PIN))
        m.power.host_wake(gpio=HOST_GPIO, level=level)
        s, peer = rig.far_end(m)
        for i in range(3):
            wakes(m, s, peer, "data %d" % i)
            assert m.power.host_sleep(3000) == "time"


def test_a_uart_whose_rate_is_a_property():
    # Its clock is another one after a sleep: no answer could be read.
    uart = Rated(rig.uart())
    m = joined(uart)
    m.power.host_wake(gpio=HOST_GPIO)
    s, peer = rig.far_end(m)
    uart.set = []
    wakes(m, s, peer, "hello")
    assert uart.set and uart.set == [115200] * len(uart.set)
    s.write(b"good")
    assert bytes.fromhex(rig.control("far", id=peer)["data_hex"]) == b"good"


def test_flow_control_stays_after_a_sleep():
    # Some ports set what is not named back to its default.
    flow = Kept.RTS | Kept.CTS
    uart = Kept(rig.uart(flow=flow))
    m = joined(uart, flow=True)
    m.power.host_wake(gpio=HOST_GPIO)
    s, peer = rig.far_end(m)
    uart.ways = []
    wakes(m, s, peer, "hello")
    assert uart.ways
    for way in uart.ways:
        assert way == {"baudrate": 115200, "rxbuf": 2048, "flow": flow}, way


def test_a_wire_that_is_not_tried_out():
    # test=False: as the program says. It is set, and no more; here no wire is there, and what
    # comes is found when the module is asked, each minute.
    uart = rig.Tap(rig.uart())
    m = joined(uart)
    rig.control("wire", pin="HOST_WAKE", gpio=None)
    s, peer = rig.far_end(m)
    uart.forget()
    m.power.host_wake(gpio=HOST_GPIO, delay_ms=60000, test=False)
    assert uart.sent.count(b"AT+USERWKMCUCFG=1,") == 1, bytes(uart.sent)
    rig.control("far", id=peer, send="late", in_ms=2500)
    start = rig.now_ms()
    assert m.power.host_sleep(None) == "data"
    assert rig.since_ms(start) < 65000, rig.since_ms(start)
    assert s.recv(9) == b"late"


def test_no_light_sleep_with_a_wake_pin_that_is_not_wired_resets_by_enable():
    # No reset pin, but the module's power: it is switched off and on again, and nothing is lost
    # but the sleep.
    enable = Pin(rig.RESET_PIN, Pin.OUT, value=1)
    m = espat.Modem(rig.uart(), wake=Pin(WAKE_PIN, Pin.OUT, value=1), enable=enable)
    m.wifi.connect(*rig.LAB)
    rig.control("wire", pin="WAKE", gpio=None)
    start = rig.now_ms()
    rig.fails(rig.ETIMEDOUT, m.power.sleep, "light", gpio=WAKE_GPIO)
    assert rig.since_ms(start) < 15000, rig.since_ms(start)
    assert m.power.sleep() == "off" and m.wifi.isconnected()


def test_a_late_host_asks_for_nothing_when_it_has_no_links():
    uart = rig.Tap(rig.uart())
    m = joined(uart)
    m.power.host_wake(gpio=HOST_GPIO, delay_ms=0)
    uart.forget()
    assert m.power.host_sleep(2000) == "time"
    assert b"CIPRECVLEN" not in uart.sent
    assert m.wifi.isconnected()


def test_a_late_host_hears_of_a_link_that_has_ended():
    # The module has said it to a host that slept: 0,CLOSED comes once. A link without news stays.
    m = joined()
    m.power.host_wake(gpio=HOST_GPIO, delay_ms=0)
    t = m.socket()
    t.settimeout(5)
    t.connect(rig.ECHO)
    for i, end in enumerate(("close", "reset")):
        s, peer = rig.far_end(m, 7700 + i)
        rig.control("far", id=peer, end=end, in_ms=1000)
        m.power.host_sleep(5000)
        start = rig.now_ms()
        assert s.recv(10) == b""
        assert rig.since_ms(start) < 1000
        s.close()
        t.write(b"still")
        assert t.read(5) == b"still"


def test_what_an_events_handler_sends_goes_out_before_the_sleep():
    # The event comes while the module is told that the host sleeps. The send needs an answer.
    m = joined()
    m.power.host_wake(gpio=HOST_GPIO)
    s, peer = rig.far_end(m)
    s.settimeout(0)
    m.on("WIFI GOT IP", lambda event, data: s.send(b"news"))
    rig.control("inject", line="WIFI GOT IP", in_ms=1)
    start = rig.now_ms()
    assert m.power.host_sleep(3000) == "time"
    assert 3000 <= rig.since_ms(start) < 3500, rig.since_ms(start)
    assert bytes.fromhex(rig.control("far", id=peer)["data_hex"]) == b"news"


def test_the_module_reboots_just_before_the_sleep():
    # While it takes what a handler sends: nothing would wake the host for a minute.
    m = joined()
    m.power.host_wake(gpio=HOST_GPIO)
    s, peer = rig.far_end(m)
    s.settimeout(0)
    sent = []

    def handler(event, data):
        if not sent:
            sent.append(s.send(b"news"))

    m.on("WIFI GOT IP", handler)
    rig.control("inject", line="WIFI GOT IP", in_ms=1)
    rig.control("reboot", after_bytes=32)
    start = rig.now_ms()
    assert m.power.host_sleep(30000) == "reset"
    assert rig.since_ms(start) < 5000, rig.since_ms(start)
    rig.fails(rig.ECONNRESET, s.recv, 1)
    assert m.wifi.rssi() < 0
