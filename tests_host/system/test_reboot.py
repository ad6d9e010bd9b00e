# needs: sim
# A module that reboots, hangs or loses power behind the driver's back, in every state. Owns what a
# program sees of it: its sockets fail, the next call works, the network comes back.
import time

import espat
from system import rig

BOOT_MS = 600


def fails_like_a_reboot(f, *args):
    e = rig.raises(OSError, f, *args)
    assert e.errno in (rig.ECONNRESET, rig.ENOTCONN), e
    return e


def works(m):
    s = m.socket()
    s.connect(rig.ECHO)
    s.send(b"well again")
    assert s.read(10) == b"well again"
    s.close()


def reboot_while_idle(passive):
    m, s = rig.connected(passive=passive)
    seen = []
    m.on(rig.REBOOT, lambda event, data: seen.append(event))
    rig.control("reboot")
    rig.wait_until(m, lambda: seen)
    rig.fails(rig.ECONNRESET, s.send, b"x")
    rig.fails(rig.ECONNRESET, s.recv, 1)
    # The driver starts the module again, and joins again as the program had.
    assert m.wifi.ifconfig()[0] == "192.168.1.50"
    assert m.wifi.isconnected()
    works(m)
    assert seen == [rig.REBOOT], seen
    s.close()
    s.connect(rig.ECHO)
    s.close()


def test_reboot_while_idle():
    reboot_while_idle(True)
    reboot_while_idle(False)


def test_reboot_that_nobody_was_there_to_see():
    # The program slept; "ready" waits in the UART's buffer, or was lost in the noise.
    for lost in (False, True):
        uart = rig.uart()
        tap = rig.Tap(uart)
        m = espat.Modem(tap)
        m.wifi.connect(*rig.LAB)
        s = m.socket()
        s.connect(rig.ECHO)
        rig.control("reboot")
        time.sleep_ms(BOOT_MS)
        if lost:
            uart.read()
        fails_like_a_reboot(s.send, b"hello")
        rig.raises(OSError, s.recv, 1)
        s.close()
        m.wifi.connect(*rig.LAB)
        works(m)


def test_reboot_during_a_blocking_receive():
    for passive in (True, False):
        m, s = rig.connected(rig.PATTERN, passive=passive, ring=4096)
        s.send(b"9000\n")
        rig.control("reboot", after_bytes=5000)
        got = bytearray()
        try:
            while True:
                part = s.recv(512)
                assert part, "an end of stream is not what happened"
                got.extend(part)
        except OSError as e:
            assert e.errno in (rig.ECONNRESET, rig.EIO, rig.ETIMEDOUT), e
        # In active receive the boot's noise may have been taken for payload, as by any receiver.
        good = len(got) if passive else min(len(got), 2900)
        assert len(got) < 9000 and got[:good] == rig.pattern(good)
        s.close()
        works(m)


def test_reboot_while_waiting_for_data():
    m, s = rig.connected()
    t = m.socket()
    t.connect(rig.ECHO)
    s.settimeout(30)
    rig.control("inject", line="WIFI GOT IPv6 LL", after_bytes=0)
    rig.control("reboot")
    start = rig.now_ms()
    rig.fails(rig.ECONNRESET, s.recv, 10)
    assert rig.since_ms(start) < 5000
    rig.fails(rig.ECONNRESET, t.send, b"the other one too")
    works(m)


def test_reboot_during_a_send():
    # At each place of the module's answer to AT+CIPSEND.
    answer = b"\r\nOK\r\n\r\n>\r\nRecv 500 bytes\r\n\r\nSEND OK\r\n"
    m = rig.joined()
    for at in range(1, len(answer), 3):
        s = m.socket()
        s.connect(rig.DISCARD)
        rig.control("reboot", after_bytes=at)
        try:
            s.send(rig.pattern(500))
            # SEND OK was complete, or was not: it is in doubt until here only
            s.send(rig.pattern(500))
        except OSError as e:
            assert e.errno in (rig.ECONNRESET, rig.ETIMEDOUT, rig.EIO, rig.ENOTCONN), (at, e)
        else:
            raise AssertionError("the reboot went by unseen, at %d" % at)
        s.close()
        works(m)


def test_reboot_during_each_call():
    # A call that the reboot hits may fail, with an OSError; the next one works.
    calls = (
        lambda m: m.wifi.scan(),
        lambda m: m.wifi.ifconfig(),
        lambda m: m.wifi.rssi(),
        lambda m: m.getaddrinfo("echo.test", 7),
        lambda m: m.socket().connect(rig.ECHO),
        lambda m: m.command("AT+GMR"),
    )
    m = rig.joined()
    for i in range(len(calls)):
        for at in (1, 7, 12):  # within the shortest answer
            rig.control("reboot", after_bytes=at)
            start = rig.now_ms()
            try:
                calls[i](m)
            except OSError as e:
                assert e.errno, e
            assert rig.since_ms(start) < 30000, (i, at)
            assert m.wifi.ifconfig()[0] == "192.168.1.50", (i, at)
            works(m)


def test_reboot_during_a_join():
    m = rig.modem()
    m.start()
    for at in (1, 10, 25, 40):
        rig.control("reboot", after_bytes=at)
        start = rig.now_ms()
        e = rig.raises(OSError, m.wifi.connect, *rig.LAB)
        assert e.errno, e
        assert rig.since_ms(start) < 30000, at
        m.wifi.connect(*rig.LAB)
        works(m)
        m.wifi.disconnect()


def test_reboot_during_start_up_and_join():
    uart = rig.uart()
    time.sleep_ms(BOOT_MS)
    uart.read()
    tap = rig.Tap(uart)
    espat.Modem(tap).wifi.connect(*rig.LAB)
    least = len(tap.read_in) // 2
    for at in range(5, 400, 25):
        m = espat.Modem(uart)
        boots = []
        m.on("reboot", lambda *args, boots=boots: boots.append(args))
        rig.control("reboot", after_bytes=at)
        try:
            m.wifi.connect(*rig.LAB)
        except OSError as e:
            assert e.errno, e
        if at > least and not boots:
            break  # all was done before it came to that: it is still to come
        m.wifi.connect(*rig.LAB)
        works(m)
        uart.write(b"AT\r\n")
        time.sleep_ms(20)
        assert uart.read() == b"\r\nOK\r\n"  # without echo
    assert at > least  # it has come in the middle of all that


def test_not_joined_before_is_not_joined_after():
    m = rig.joined()
    m.wifi.disconnect()
    rig.control("reboot")
    rig.wait(m, BOOT_MS)
    assert m.wifi.status() != 2
    assert not m.wifi.isconnected()


def test_rejoin_when_the_network_is_gone_too():
    m = rig.joined()
    rig.control("ap_remove", ssid="espat-lab")
    rig.control("reboot")
    rig.wait(m, BOOT_MS)
    found = m.wifi.scan()
    assert [ap[0] for ap in found] == [b"espat-open"], found
    assert not m.wifi.isconnected()
    rig.control("ap_add", ssid="espat-lab", key="espat-pass")
    m.wifi.connect(*rig.LAB)
    works(m)


def test_a_reboot_that_comes_twice_in_a_row():
    m = rig.joined()
    seen = []
    m.on(rig.REBOOT, lambda event, data: seen.append(event))
    for _ in range(3):
        rig.control("reboot")
        rig.wait(m, BOOT_MS)
    works(m)
    assert seen and m.wifi.isconnected()


def test_ready_inside_a_payload_is_no_reboot():
    m, s = rig.connected()
    seen = []
    m.on(rig.REBOOT, lambda event, data: seen.append(event))
    for passive in (True, False):
        m, s = rig.connected(passive=passive)
        m.on(rig.REBOOT, lambda event, data: seen.append(event))
        text = b"\r\nready\r\nready\r\n" * 20
        s.sendall(text)
        assert s.read(len(text)) == text
        s.close()
    assert not seen


def test_a_module_that_hangs_without_a_reset_pin():
    m, s = rig.connected()
    s.settimeout(10)
    rig.control("hang")
    start = rig.now_ms()
    rig.raises(OSError, s.send, b"x")
    e = rig.raises(OSError, m.wifi.ifconfig)
    assert e.errno in (rig.ETIMEDOUT, rig.ENODEV), e
    e = rig.raises(OSError, m.wifi.ifconfig)
    assert e.errno in (rig.ETIMEDOUT, rig.ENODEV), e
    assert rig.since_ms(start) < 180000, rig.since_ms(start)
    rig.control("power", on=False)
    rig.control("power", on=True)
    assert m.wifi.ifconfig()[0] == "192.168.1.50"


def test_a_module_that_hangs_is_reset_by_its_pin():
    m, s = rig.connected(reset=rig.reset_pin())
    rig.control("hang")
    rig.raises(OSError, m.command, "AT+GMR")
    start = rig.now_ms()
    for _ in range(2):
        try:
            m.command("AT+GMR")
            break
        except OSError:
            pass
    assert m.command("AT+GMR")
    assert rig.since_ms(start) < 120000
    assert m.wifi.isconnected()
    rig.fails(rig.ECONNRESET, s.send, b"x")
    s.close()
    works(m)


def test_power_lost_and_back():
    m, s = rig.connected()
    rig.control("power", on=False)
    rig.raises(OSError, s.send, b"x")
    rig.control("power", on=True)
    assert m.wifi.ifconfig()[0] == "192.168.1.50"
    s.close()
    works(m)


def test_a_program_that_listens_for_ready_too():
    m, s = rig.connected()
    seen = []
    m.on_line("ready", seen.append)
    for _ in range(2):
        rig.control("reboot")
        rig.fails(rig.ECONNRESET, s.recv, 1)
        m.start()
        assert seen == [b"ready"], seen
        m.on_line("ready", None)
        s = m.socket()
        s.connect(rig.ECHO)
