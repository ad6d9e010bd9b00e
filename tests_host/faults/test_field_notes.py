"""Fifteen complaints about drivers of ESP-AT modules, from public issue threads; each is a test
that states what must hold instead. The thread is named, so that it can be looked up.

Owns these fifteen; most of them have more tests elsewhere (system, unit, fuzz).
"""

from __future__ import annotations

from typing import Any

import pytest
from machine import UART, Pin

import espat
import espat.tls
from espat_sim import Module
from faults import life

LAB = ("espat-lab", "espat-pass")
ETIMEDOUT = 110
ECONNRESET = 104
WAKE_PIN = 7  # the board's; its other end is the module's WAKE_GPIO
WAKE_GPIO = 12


@pytest.fixture(name="driver")
def the_driver() -> Any:
    return espat


def modem(driver: Any = espat, **options: Any) -> Any:
    m = driver.Modem(UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=2048), **options)
    m.wifi.connect(*LAB)
    return m


def connected(m: Any, host: str, port: int) -> Any:
    s = m.socket()
    s.settimeout(10)
    s.connect((host, port))
    return s


def fetch(m: Any, count: int) -> bytes:
    s = connected(m, "pattern.test", 19)
    s.write(b"%d\n" % count)
    data = s.read()
    s.close()
    return data


@pytest.mark.parametrize("passive", [True, False])
def test_01_bytes_do_not_vanish_without_flow_control(
    module: Module, driver: Any, passive: bool
) -> None:
    """esp-at #22 #828: the host decides how much arrives; a loss is an error."""
    m = modem(driver, passive=passive)
    s = connected(m, "pattern.test", 19)
    s.write(b"20000\n")
    assert s.read(1000) == life.pattern(20000)[:1000]
    if passive:
        module.clock.advance(5_000_000)  # away for longer than any buffer lasts
        assert s.read() == life.pattern(20000)[1000:]
    else:
        module.clock.advance(400_000)  # there is more to come
        with pytest.raises(OSError):
            s.read()


def test_02_a_forgotten_ipd_is_no_standstill(module: Module, driver: Any):
    """lwesp #46, esp-at #294: +IPD is a hint; who waits long asks."""
    m = modem(driver)
    s = connected(m, "echo.test", 7)
    module.faults.swap(b"\r\n+IPD,0,5\r\n", b"")
    s.write(b"hello")
    assert s.read(5) == b"hello"
    s.close()
    s = connected(m, "pattern.test", 19)
    module.faults.swap(b"\r\n+IPD", b"")
    s.write(b"3000\n")
    assert s.read() == life.pattern(3000)


def test_03_announced_lengths_are_not_counted_down(module: Module, driver: Any):
    """esp-at #655: 450 announced, fewer come, the next read is ERROR."""
    m = modem(driver)
    s = connected(m, "echo.test", 7)
    module.faults.swap(b"\r\n+IPD,0,421\r\n", b"\r\n+IPD,0,450\r\n")
    s.write(b"x" * 421)
    assert s.read(421) == b"x" * 421
    s.settimeout(1)
    with pytest.raises(OSError) as e:
        s.recv(29)
    assert e.value.errno == ETIMEDOUT
    s.write(b"more")
    assert s.read(4) == b"more"


def test_04_datagrams_keep_their_borders(module: Module, driver: Any):
    """esp-at #323 #451: one recvfrom gives one datagram, however they came."""
    m = modem(driver)
    s = m.socket(type=2)
    s.settimeout(10)
    s.connect(("echo.test", 7))
    sizes = (1, 300, 40, 1000)
    for n in sizes:
        s.send(bytes([n & 255]) * n)
    m.pause(1000)
    assert sorted(len(s.recv(2000)) for _ in sizes) == sorted(sizes)


def test_05_the_last_data_come_before_the_end(module: Module, driver: Any):
    """zephyr #52702: CLOSED is the end only when everything was read; the link's next user sees
    nothing of it."""
    m = modem(driver)
    s = connected(m, "pattern.test", 19)
    s.write(b"5000\n")
    m.pause(2000)  # the far end has gone by now
    module.faults.swap(b"+CIPRECVDATA", b"0,CLOSED\r\n", before=True)
    assert s.read() == life.pattern(5000)
    s.close()
    s = connected(m, "pattern.test", 19)
    s.write(b"700\n")
    m.pause(2000)
    s.close()  # unread
    s = connected(m, "echo.test", 7)
    s.write(b"mine")
    assert s.read(4) == b"mine"


def test_06_unsolicited_lines_may_fall_anywhere(module: Module, driver: Any):
    """esp-at #481 #280 #539: before SEND OK, in an answer, between OK and the prompt."""
    m = modem(driver)
    s = connected(m, "echo.test", 7)
    for at in range(0, 60, 4):
        module.faults.inject_line(b"+TIME_UPDATED\r\n", at)
        data = b"payload %d" % at
        s.write(data)
        assert s.read(len(data)) == data, at
        module.faults.inject_line(b"WIFI GOT IP\r\n", at)
        assert m.wifi.ssid() == b"espat-lab", at


def test_07_busy_is_no_answer(module: Module, driver: Any):
    """esp-at #731: busy and an ERR CODE, and then the real answer comes."""
    m = modem(driver)
    for _ in range(5):
        module.faults.inject_line(b"ERR CODE:0x010b0000\r\n\r\nbusy p...\r\n", 1)
        assert m.wifi.ssid() == b"espat-lab"


@pytest.mark.parametrize("head", [b"+CIPRECVDATA:%d,", b"+CIPRECVDATA,%d:"])
def test_08_both_framings_of_a_read(module: Module, driver: Any, head: bytes):
    """rt-esp-at-nal #23, esp-at #223: the framing is learned from the answer."""
    data = b"a,b:c\r\nOK\r\n"
    m = modem(driver)
    s = connected(m, "echo.test", 7)
    s.write(b"?" * len(data))
    m.pause(500)
    start = b"+CIPRECVDATA:%d," % len(data)
    module.faults.swap(start, head % len(data) + data)
    assert s.read(len(data)) == data


def test_09_strings_are_escaped_on_the_way_out_only(module: Module, driver: Any):
    """zephyr #69222, esp-at #290: comma, quote, backslash in a name; CR and LF are refused."""
    name = 'My_2,4"GHz\\AP'
    module.control({"do": "ap_add", "ssid": name, "key": "pass,\\word"})
    m = modem(driver)
    m.wifi.connect(name, "pass,\\word")
    assert m.wifi.ssid() == name.encode()
    assert [x for x in m.wifi.scan() if x[0] == name.encode()]
    for bad in ("a\r\nAT+RST", "a\nb", "a\0b"):
        with pytest.raises(ValueError):
            m.wifi.connect(bad, "password")
        with pytest.raises(ValueError):
            m.socket().connect((bad, 80))


def test_10_a_long_scan_is_whole(module: Module, driver: Any):
    """ESP_ATcontrol #48 #43: an OK between two looks at the wire, more lines than a buffer."""
    for i in range(60):
        module.control({"do": "ap_add", "ssid": f"net {i:02} OK", "channel": 1 + i % 11})
    m = modem(driver)
    found = {x[0] for x in m.wifi.scan()}
    assert found >= {b"net %02d OK" % i for i in range(60)}


def test_11_a_send_in_doubt_ends_the_link(module: Module, driver: Any):
    """NONOS #60, esp-at #154: SEND FAIL and then SEND OK; no SEND OK at all."""
    m = modem(driver)
    for words in (b"\r\nSEND FAIL\r\n\r\nSEND OK\r\n", b"\r\nSEND FAIL\r\n", b""):
        s = connected(m, "echo.test", 7)
        module.faults.swap(b"\r\nSEND OK\r\n", words)
        with pytest.raises(OSError):
            s.write(b"data")
        with pytest.raises(OSError):
            s.write(b"data")
        s.close()
        assert fetch(m, 500) == life.pattern(500)


def test_12_a_reboot_behind_ones_back(module: Module, driver: Any):
    """lwesp #39 #25: links fail with ECONNRESET, the network and the settings come back."""
    m = modem(driver)
    s = connected(m, "echo.test", 7)
    module.control({"do": "reboot"})
    m.pause(2000)
    with pytest.raises(OSError) as e:
        s.recv(1)
    assert e.value.errno == ECONNRESET
    s.close()
    assert fetch(m, 500) == life.pattern(500)


def test_13_the_three_hundredth_connection_is_as_the_first(module: Module, driver: Any):
    """WiFiEspAT #1 #51 #74: exactly 255 connections, then busy for ever."""
    m = modem(driver)
    for i in range(300):
        s = connected(m, "echo.test", 7)
        s.write(b"%d" % i)
        assert s.read(len(b"%d" % i)) == b"%d" % i
        s.close()


def test_14_tls_is_verified_or_refused(module: Module, driver: Any):
    """esp-at #245 #384: CERT_REQUIRED without a certificate to check with is an error."""
    m = modem(driver)
    tls = driver.tls
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_REQUIRED
    with pytest.raises((OSError, ValueError)):
        s = context.wrap_socket(m.socket(), server_hostname="unknown.test")
        s.connect(("unknown.test", 443))


def test_15_noise_after_sleep_is_no_command_and_no_answer(module: Module, driver: Any) -> None:
    """esp-at #393 #403: who sleeps hears nothing, and what the wire says while it wakes up is
    garbage."""
    m = modem(driver, wake=Pin(WAKE_PIN, Pin.OUT, value=1))
    s = connected(m, "echo.test", 7)
    m.power.sleep("light", gpio=WAKE_GPIO)
    module.control({"do": "energy", "reset": True})
    for count in (0, 1, 7, 64, 500):
        m.pause(3000)
        module.faults.garbage(count)
        s.write(b"hello")
        assert s.read(5) == b"hello", count
    assert module.control({"do": "energy"})["module"]["asleep"] > 0.8


def test_a_value_with_a_lost_byte_is_an_error_and_never_another_value(module: Module, driver: Any):
    """Its place was taken by the CR of the OK that followed."""
    for links in (False, True):
        m = modem(driver)
        if links:
            fetch(m, 10)
        m.nvs.set("life", "x", b"\x8c\xe7S9")
        for lost in (1, 3):  # of two, the empty line before OK takes the place
            module.faults.drop_output(lost, 26)
            with pytest.raises(OSError):
                m.nvs.get("life", "x")
            module.faults.forget()
            assert m.nvs.get("life", "x") == b"\x8c\xe7S9"
