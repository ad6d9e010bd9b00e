# needs: sim
# modem.uart: other rates and flow control, tried out and taken back; a reset of either side; what
# a host does that cannot make the rate. Owns no throughput: that is bench's.
import time

from machine import UART

import espat
from system import rig

RATES = (9600, 115200, 921600, 2000000, 3000000)


class Bad(rig.Tap):
    """A host's UART that cannot make some rates: it says so, or is off the mark."""

    refuses = 0
    off = ()  # from, to

    def init(self, baudrate=115200, **options):
        if baudrate == self.refuses:
            raise ValueError("set baudrate is not within 5% of desired value")
        if self.off and self.off[0] <= baudrate <= self.off[1]:
            baudrate = baudrate * 7 // 8
        self.uart.init(baudrate=baudrate, **options)

    RTS = UART.RTS
    CTS = UART.CTS


class Stuck(rig.Tap):
    """CTS is not wired and floats high: with flow control nothing goes out."""

    RTS = UART.RTS
    CTS = UART.CTS
    stuck = False

    def init(self, flow=None, **options):
        if flow is not None:
            self.stuck = bool(flow)
        self.uart.init(**options)

    def write(self, buf, off=0, n=None):
        return 0 if self.stuck else rig.Tap.write(self, buf, off, n)


def works(m, total=0):
    # More at once comes back faster than active receive without flow control can take it.
    total = total or (3000 if rig.has("AT+CIPRECVDATA") else 900)
    s = m.socket()
    s.settimeout(20)
    s.connect(rig.ECHO)
    data = rig.pattern(total)
    s.write(data)
    assert s.read(total) == data
    s.close()


def host_rate():
    return rig.control("uart")["baud"]


def test_every_rate_from_every_other():
    # wire: AT+UART_CUR?, AT+UART_CUR= by uart.configure
    m = rig.joined()
    for first in RATES:
        for second in RATES:
            m.uart.configure(baudrate=first)
            m.uart.configure(baudrate=second)
            assert abs(m.uart.settings()[0] - second) * 100 < second
            assert host_rate() == second
    works(m)


def test_flow_control_on_and_off():
    # wire: AT+UART_CUR? by uart.settings
    m = rig.joined()
    for flow in (True, False, True):
        m.uart.configure(flow=flow)
        assert m.uart.settings()[4] == (3 if flow else 0)
        works(m)
    m.uart.configure(921600)
    assert m.uart.settings()[4] == 3
    works(m)


def test_the_module_is_reset_and_comes_back_at_the_rate():
    m = rig.joined()
    m.uart.configure(2000000, flow=True)
    rig.control("reboot")
    rig.wait(m, 2000)
    for _ in range(2):
        try:
            m.wifi.rssi()
        except OSError:
            continue  # the command that met the silence
    assert host_rate() == 2000000 and m.uart.settings()[4] == 3
    works(m)


def test_the_host_is_reset_and_finds_the_module():
    for rate in RATES:
        m = rig.modem()
        m.uart.configure(rate, flow=rate > 115200)
        m = rig.modem()
        m.start()
        assert host_rate() == rate
        m.uart.configure(115200, flow=False)


def test_for_good():
    # wire: AT+UART_DEF? by uart.settings
    # wire: AT+UART_DEF= by uart.configure
    m = rig.modem()
    m.uart.configure(230400, save=True)
    assert m.uart.settings(saved=True) == (230400, 8, 1, 0, 0)
    rig.power_cycle()
    rig.wait(m, 2000)
    m.start()
    assert host_rate() == 230400


def test_a_rate_that_the_host_refuses():
    tap = Bad(rig.uart())
    tap.refuses = 3000000
    m = espat.Modem(tap)
    m.start()
    tap.forget()
    rig.raises(ValueError, m.uart.configure, 3000000)
    assert b"3000000" not in tap.sent
    m.wifi.connect(*rig.LAB)
    works(m)


def test_a_rate_that_the_host_makes_badly():
    # The module has switched, the host is off the mark: back to what worked.
    tap = Bad(rig.uart())
    tap.off = (2000000, 2000000)
    m = espat.Modem(tap, reset=rig.reset_pin())
    m.wifi.connect(*rig.LAB)
    rig.fails(rig.EIO, m.uart.configure, 2000000)
    assert host_rate() == 115200
    works(m)


def test_a_rate_that_is_lost_without_a_reset_pin():
    tap = Bad(rig.uart())
    tap.off = (1500000, 5000000)
    m = espat.Modem(tap, baudrates=(115200, 9600))
    m.start()
    start = rig.now_ms()
    rig.fails(rig.ENODEV, m.uart.configure, 2000000)
    assert rig.since_ms(start) < 30000
    rig.control("reboot")
    time.sleep_ms(1000)
    m.wifi.connect(*rig.LAB)
    works(m)


def test_cts_is_stuck():
    m = espat.Modem(Stuck(rig.uart()))
    m.wifi.connect(*rig.LAB)
    start = rig.now_ms()
    rig.fails(rig.EIO, m.uart.configure, 921600, True)
    assert rig.since_ms(start) < 5000
    assert host_rate() == 115200
    works(m)
    m.uart.configure(921600)
    works(m)


def test_cts_gets_stuck_later():
    # Nothing goes out any more, and every call says so.
    tap = Stuck(rig.uart())
    m = espat.Modem(tap)
    m.wifi.connect(*rig.LAB)
    m.uart.configure(921600)
    tap.stuck = True
    start = rig.now_ms()
    rig.fails(rig.ETIMEDOUT, m.wifi.rssi)
    assert rig.since_ms(start) < 10000
    for _ in range(2):
        start = rig.now_ms()
        rig.raises(OSError, m.wifi.rssi)
        assert rig.since_ms(start) < 100000, rig.since_ms(start)
    tap.stuck = False
    works(m)


def test_cts_gets_stuck_by_hand():
    class Floating:
        level = 0

        def value(self):
            return self.level

    cts = Floating()
    m = espat.Modem(rig.uart(), cts=cts)
    m.wifi.connect(*rig.LAB)
    cts.level = 1
    start = rig.now_ms()
    rig.fails(rig.ETIMEDOUT, m.wifi.rssi)
    assert rig.since_ms(start) < 10000
    cts.level = 0
    works(m)


def test_wrong_arguments():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    for args in ((79,), (5000001,), (-1,), (115200, True)):
        rig.raises(ValueError, m.uart.configure, *args)
    rig.raises(ValueError, m.uart.fastest, 1000000)
    rig.raises(AttributeError, getattr, m.uart, "write")
    assert not tap.sent


def test_links_with_active_receive():
    rig.needs("AT+CIPSEND 8192")
    m, s = rig.connected(passive=False)
    rig.fails(16, m.uart.configure, 921600)
    s.close()
    m.uart.configure(921600)
    works(m)


def test_a_link_with_passive_receive_stays():
    rig.needs("AT+CIPRECVDATA")
    m, s = rig.connected()
    for rate in RATES:
        s.write(b"%d" % rate)
        m.uart.configure(rate)
        assert s.read(len(b"%d" % rate)) == b"%d" % rate


def test_fastest():
    rig.needs("AT+CIPRECVDATA")
    m = rig.modem()
    assert m.uart.fastest() == 3000000  # 48 MHz, 16 samples
    assert m.uart.fastest(limit=1000000) == 1000000
    assert m.uart.fastest(125000000) == 5000000
    assert m.uart.fastest(80000000, 1, 16) == 5000000
    assert m.uart.fastest(42000000, 16, 16) == 2000000
    assert m.uart.fastest(4000000, 16, 16) == 115200
    m.uart.configure(m.uart.fastest(), flow=True)
    m.wifi.connect(*rig.LAB)
    works(m, 20000)


def test_asyncio():
    async def main():
        from espat import aio

        m = aio.Modem(rig.uart())
        await m.uart.configure(await m.uart.fastest(limit=921600), flow=True)
        await m.wifi.connect(*rig.LAB)
        s = m.socket()
        await s.connect(rig.ECHO)
        await s.write(b"hello")
        assert await s.readexactly(5) == b"hello"
        assert (await m.uart.settings())[4] == 3

    rig.run(main())
