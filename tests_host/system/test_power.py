# needs: sim
# modem.power: sleep of the module behind its wake pin, sleep of the host until the module calls.
# Owns what is lost (nothing), what wakes, and wires that are missing; long runs are bench's.
import time

from machine import Pin

import espat
from system import rig

WAKE_PIN = 7
HOST_WAKE_PIN = 8
RX_PIN = 5
WAKE_GPIO = 12  # of the module: the other ends of the wires
HOST_GPIO = 18


def modem(by_uart=False, level=1, uart=None, **options):
    pin = Pin(RX_PIN if by_uart else HOST_WAKE_PIN, Pin.IN)
    wake = Pin(WAKE_PIN, Pin.OUT, value=level)
    return espat.Modem(uart or rig.uart(), wake=wake, host_wake=pin, **options)


def joined(light=True, **options):
    m = modem(**options)
    m.wifi.connect(*rig.LAB)
    if light:
        m.power.sleep("light", gpio=WAKE_GPIO)
    return m


def state():
    return rig.control("energy")["module"]["states"]


def asleep_share():
    return rig.control("energy")["module"]["asleep"]


# The module


def test_modes():
    # wire: AT+SLEEP?, AT+SLEEP= by power.sleep
    # wire: AT+SLEEPWKCFG= by power.sleep
    m = joined(light=False)
    m.power.sleep("off")  # the first firmware begins otherwise
    assert m.power.sleep() == "off"
    modes = "modem", "listen", "off", "light", "modem", "light", "light", "off"
    if not rig.has("AT+SLEEPWKCFG"):  # no pin wakes the module from light sleep
        modes = "modem", "off", "modem", "off"
    for mode in modes:
        m.power.sleep(mode, gpio=WAKE_GPIO)
        assert m.power.sleep() == mode
    s = m.socket()
    s.connect(rig.ECHO)
    s.write(b"hello")
    assert s.read(5) == b"hello"


def test_commands_and_links_while_the_module_sleeps():
    m = joined()
    s = m.socket()
    s.settimeout(20)
    s.connect(rig.ECHO)
    rig.control("energy", reset=True)
    for i in range(20):
        rig.wait(m, 3000)
        data = rig.pattern(700, i)
        s.write(data)
        assert s.read(700) == data
    assert m.wifi.isconnected()
    assert asleep_share() > 0.85, asleep_share()


def test_the_pin_is_lowered_when_nothing_is_under_way():
    m = joined()
    m.wifi.rssi()
    assert rig.control("pin", pin="WAKE")["level"] == 1
    rig.wait(m, 100)
    assert rig.control("pin", pin="WAKE")["level"] == 0
    m.wifi.rssi()
    assert rig.control("pin", pin="WAKE")["level"] == 1


def test_a_low_wake_level():
    m = modem(level=0)
    m.wifi.connect(*rig.LAB)
    m.power.sleep("light", gpio=WAKE_GPIO, level=0)
    rig.wait(m, 500)
    assert rig.control("pin", pin="WAKE")["level"] == 1
    assert m.wifi.rssi() < 0


def test_the_module_reboots_and_sleeps_again():
    m = joined()
    rig.control("reboot")
    rig.wait(m, 1500)
    assert m.wifi.ifconfig()[0] == "192.168.1.50"
    assert m.power.sleep() == "light"


def test_the_module_never_wakes_later():
    # The wire breaks while the module sleeps: an error, then a reset by the pin, then all is well.
    m = modem(reset=rig.reset_pin())
    m.wifi.connect(*rig.LAB)
    m.power.sleep("light", gpio=WAKE_GPIO)
    rig.wait(m, 500)
    rig.control("wire", pin="WAKE", gpio=None)
    start = rig.now_ms()
    for _ in range(2):  # no answer; it does not answer at all
        rig.fails(rig.ETIMEDOUT, m.wifi.rssi)
    m.start()  # by a reset
    assert rig.since_ms(start) < 60000, rig.since_ms(start)
    rig.control("wire", pin="WAKE", gpio=WAKE_GPIO)
    rig.wait_until(m, m.wifi.isconnected)
    assert m.wifi.rssi() < 0


def test_the_module_never_wakes_later_and_cannot_be_reset():
    m = joined()
    rig.wait(m, 500)
    rig.control("wire", pin="WAKE", gpio=None)
    start = rig.now_ms()
    for _ in range(3):
        rig.raises(OSError, m.wifi.rssi)
    assert rig.since_ms(start) < 120000, rig.since_ms(start)


def test_the_program_starts_anew_while_the_module_sleeps():
    m = joined()
    rig.wait(m, 500)
    m = modem()
    assert m.power.sleep() == "light"


def test_the_wake_pin_is_not_wired():
    reset = rig.reset_pin()
    m = modem(reset=reset)
    m.wifi.connect(*rig.LAB)
    rig.control("wire", pin="WAKE", gpio=None)
    start = rig.now_ms()
    rig.fails(rig.ETIMEDOUT, m.power.sleep, "light", gpio=WAKE_GPIO)
    assert rig.since_ms(start) < 15000, rig.since_ms(start)
    assert m.power.sleep() == "off"
    assert m.wifi.isconnected()
    s = m.socket()
    s.connect(rig.ECHO)
    s.write(b"awake")
    assert s.read(5) == b"awake"


def test_the_wake_pin_is_not_wired_and_there_is_no_reset_pin():
    m = joined(light=False)
    rig.control("wire", pin="WAKE", gpio=None)
    start = rig.now_ms()
    rig.fails(rig.ENODEV, m.power.sleep, "light", gpio=WAKE_GPIO)
    assert rig.since_ms(start) < 60000, rig.since_ms(start)
    rig.control("reboot")
    time.sleep_ms(1000)
    assert m.wifi.rssi() < 0 and m.power.sleep() == "off"


def test_a_wrong_wake_level():
    m = modem()
    m.wifi.connect(*rig.LAB)

    class Inverter:
        def __init__(self, pin):
            self.pin = pin

        def value(self, x=None):
            return 1 - self.pin.value() if x is None else self.pin.value(1 - x)

    m = espat.Modem(rig.uart(), wake=Inverter(Pin(WAKE_PIN, Pin.OUT, value=1)))
    m.wifi.connect(*rig.LAB)
    rig.fails(rig.EIO, m.power.sleep, "light", gpio=WAKE_GPIO)
    assert m.power.sleep() == "off"
    assert m.wifi.rssi() < 0


# The host


def test_time():
    # wire: AT+USERWKMCUCFG=, AT+USERMCUSLEEP= by power.host_wake
    m = joined()
    for by in ({"gpio": HOST_GPIO}, {"byte": 85}):
        m = joined(by_uart="byte" in by)
        m.power.host_wake(**by)
        for ms in (0, 1, 30, 5000, 100000):
            start = rig.now_ms()
            assert m.power.host_sleep(ms) == "time"
            assert ms <= rig.since_ms(start) <= ms + 200, (ms, rig.since_ms(start))
        assert m.wifi.rssi() < 0
        m.power.host_wake()


def test_data_wakes():
    # In every way of waking, with everything that tells the module that the host is awake.
    for by in ({"gpio": HOST_GPIO}, {"gpio": HOST_GPIO, "level": 0}, {"byte": 85}):
        for bits in (1, 2, 3, 5, 6, 7):
            rig.power_cycle()
            m = joined(by_uart="byte" in by, light=bits & 3 == 1)
            m.power.host_wake(check_bits=bits, **by)
            s, peer = rig.far_end(m)
            for i in range(3):
                rig.control("far", id=peer, send="data %d" % i, in_ms=2500)
                start = rig.now_ms()
                assert m.power.host_sleep(60000) == "data", (by, bits)
                assert 2400 < rig.since_ms(start) < 4000, (by, bits, rig.since_ms(start))
                assert m.power.host_sleep(60000) == "data"  # it has not been read
                assert s.recv(100) == b"data %d" % i
                assert m.power.host_sleep(3000) == "time"
            rig.control("far", id=peer, end="close", in_ms=2500)
            assert m.power.host_sleep(60000) == "data"
            assert s.recv(100) == b""
            s.close()


def test_short_delays():
    # Shorter than the host takes to wake: what the module said then is asked for.
    for by in ({"gpio": HOST_GPIO}, {"byte": 85}):
        for delay_ms in (0, 5, 40, 100, 1000):
            rig.power_cycle()
            m = joined(by_uart="byte" in by)
            m.power.host_wake(delay_ms=delay_ms, **by)
            s, peer = rig.far_end(m)
            for i in range(3):
                rig.control("far", id=peer, send="data %d" % i, in_ms=2500)
                m.power.host_sleep(5000)
                assert s.recv(100) == b"data %d" % i
            s.close()


def test_mqtt_goes_on():
    m = joined()
    m.power.host_wake(gpio=HOST_GPIO)
    m.mqtt.connect("mqtt.test", keepalive_s=60)
    m.mqtt.subscribe("command", 1)
    for i in range(5):
        rig.control("broker", topic="command", data="c%d" % i, qos=1, in_ms=40000)
        assert m.power.host_sleep(90000) == "data"
        assert bytes(m.mqtt.receive(1000)[1]) == b"c%d" % i
        m.mqtt.publish("state", b"s%d" % i, 1)
        assert len(rig.control("broker")["received"]) == 1
        assert m.power.host_sleep(3000) == "time"


def test_the_race():
    # The module calls at every moment around the host's going to sleep; nothing waits for long.
    for by in ({"gpio": HOST_GPIO}, {"byte": 85}):
        rig.power_cycle()
        m = joined(by_uart="byte" in by, light=False)
        m.power.host_wake(**by)
        s, peer = rig.far_end(m)
        limit = 2000 if "gpio" in by else 11000
        for step in range(120):
            rig.control("far", id=peer, send="x", in_ms=step // 6)
            time.sleep_us(step % 6 * 160)
            start = rig.now_ms()
            m.power.host_sleep(60000)
            assert s.recv(10) == b"x"
            assert rig.since_ms(start) < limit, (step, rig.since_ms(start))


def test_the_network_goes_and_comes():
    m = joined()
    m.power.host_wake(gpio=HOST_GPIO)
    rig.control("kick", in_ms=20000)
    start = rig.now_ms()
    assert m.power.host_sleep(60000) == "wifi"
    assert rig.since_ms(start) < 21000
    assert m.power.host_sleep(60000) == "wifi"
    for _ in range(3):
        if m.wifi.isconnected():
            break
        m.power.host_sleep(5000)
    assert m.wifi.isconnected()


def test_the_host_pin_is_not_wired():
    m = joined()
    rig.control("wire", pin="HOST_WAKE", gpio=None)
    rig.fails(rig.EIO, m.power.host_wake, gpio=HOST_GPIO)
    rig.fails(22, m.power.host_sleep, 1000)
    assert m.wifi.rssi() < 0


def test_the_module_reboots_while_the_host_sleeps():
    m = joined()
    m.power.host_wake(gpio=HOST_GPIO)
    for ms in (30000, None):
        rig.control("reboot", in_ms=10000)
        start = rig.now_ms()
        assert m.power.host_sleep(ms) == "reset"
        assert rig.since_ms(start) < 90000
        assert m.wifi.isconnected()
        assert m.power.host_sleep(5000) == "time"


def test_the_host_pin_has_the_wrong_level():
    m = joined()
    inverted = Pin(HOST_WAKE_PIN, Pin.IN)

    class Inverter:
        def value(self):
            return 1 - inverted.value()

    m = espat.Modem(rig.uart(), wake=Pin(WAKE_PIN, Pin.OUT, value=1), host_wake=Inverter())
    rig.fails(rig.EIO, m.power.host_wake, gpio=HOST_GPIO)
    rig.fails(22, m.power.host_sleep, 1000)
    assert m.wifi.rssi() < 0


def test_a_brown_out_while_the_host_sleeps():
    # Power goes for a moment, or for longer than the host sleeps; nothing wakes the host then.
    m = joined()
    m.power.host_wake(gpio=HOST_GPIO)
    s, peer = rig.far_end(m)
    for off_ms in (50, 3000):
        rig.control("power", on=False, in_ms=10000)
        rig.control("power", on=True, in_ms=10000 + off_ms)
        start = rig.now_ms()
        assert m.power.host_sleep(None) == "reset"
        assert rig.since_ms(start) < 90000, rig.since_ms(start)
        assert m.wifi.isconnected() and m.power.sleep() == "light"
    rig.fails(rig.ECONNRESET, s.recv, 1)
    s, peer = rig.far_end(m, 7701)
    rig.control("far", id=peer, send="again", in_ms=5000)
    assert m.power.host_sleep(60000) == "data" and s.recv(9) == b"again"


def test_the_module_loses_its_power_for_good_while_the_host_sleeps():
    m = joined()
    m.power.host_wake(gpio=HOST_GPIO)
    rig.control("power", on=False, in_ms=5000)
    start = rig.now_ms()
    rig.raises(OSError, m.power.host_sleep, None)
    assert rig.since_ms(start) < 180000, rig.since_ms(start)
    rig.raises(OSError, m.power.host_sleep, 1000)
    rig.control("power", on=True)
    time.sleep_ms(1000)
    m.start()
    rig.wait_until(m, m.wifi.isconnected)
    assert m.power.host_sleep(3000) == "time"


def test_wrong_arguments():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    p = m.power
    for call, kw in (
        (p.sleep, {"mode": "deep"}),
        (p.sleep, {"mode": "light"}),
        (p.host_wake, {"gpio": 49}),
        (p.host_wake, {"gpio": 1}),
        (p.host_wake, {"byte": 256}),
        (p.host_wake, {"gpio": 1, "level": 2}),
        (p.host_wake, {"gpio": 1, "delay_ms": 60001}),
        (p.host_wake, {"gpio": 1, "check_bits": 4}),
        (p.host_wake, {"gpio": 1, "check_bits": 8}),
        (p.host_sleep, {"ms": -1}),
    ):
        rig.raises(ValueError, call, **kw)
    rig.fails(22, p.host_sleep)
    m = modem(uart=tap)
    rig.raises(ValueError, m.power.host_wake, 1, 1, 1)
    rig.raises(ValueError, m.power.sleep, "light", 12, 2)
    rig.raises(ValueError, m.power.sleep, "light", 12, 1, 1001)
    assert not tap.sent
