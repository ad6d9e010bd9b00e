# needs: sim
# modem.system: what the module is, its switches, its UART, its resets. Owns their results and the
# ranges that are refused; filters are test_filters.py's.
import time

import espat
from system import rig


def tapped():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.start()
    tap.forget()
    return m, tap


def test_alive():
    # wire: AT by system.alive
    m = rig.modem()
    assert m.system.alive()
    rig.control("hang")
    assert not m.system.alive()


def test_version():
    # wire: AT+GMR by system.version
    m = rig.modem()
    found = m.system.version()
    said = rig.control("firmware")["gmr"]
    assert len(found) == len(said) >= 2
    assert found["AT version"] == said[0].split(":", 1)[1]
    assert found["SDK version"] == said[1].split(":", 1)[1]
    assert len(said) < 3 or found["compile time"] in said[2]  # AT 0.21 has two lines


def test_docs():
    # wire: AT+USERDOCS? by system.docs
    english, chinese = rig.modem().system.docs()
    assert english.startswith("https://") and "/en/" in english, english
    assert "/zh_CN/" in chinese, chinese


def test_version_while_the_module_speaks_by_itself():
    m = rig.modem()
    m.start()
    for n in (0, 60, 100, 150):
        rig.control("inject", line="smartconfig type:ESPTOUCH", after_bytes=n)
    assert len(m.system.version()) == len(rig.control("firmware")["gmr"])


def test_the_list_of_commands():
    # wire: AT+CMD? by system.commands
    m = rig.modem()
    found = list(m.system.commands())
    names = [row[0] for row in found]
    assert found[0] == ("AT", False, False, False, True), found[0]
    assert ("AT+CWMODE", False, True, True, False) in found
    assert len(names) > 90 and len(set(names)) == len(names)
    assert len(names) == len(m.command("AT+CMD?"))


def test_the_list_of_commands_left_early_and_with_commands_inside():
    m = rig.joined()
    rows = m.system.commands()
    assert next(rows)[0] == "AT"
    assert next(rows)[0] == "AT+RST"
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
    rest = [row[0] for row in rows]  # what came meanwhile was kept
    assert rest[0] == "AT+GMR" and "AT+FACTPLCP" in rest, rest
    for row in m.system.commands():
        if row[0] == "AT+CMD":
            break
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
    n = 0
    for _ in m.system.commands():
        n += 1
        if n % 30 == 0:
            assert m.wifi.ifconfig()[0] == "192.168.1.50"
    assert n == len(rest) + 2


def test_the_list_of_commands_that_is_cut_short():
    rig.needs("AT+CMD")
    m = rig.modem()
    m.start()
    rig.control("reboot", in_ms=150)
    rows = m.system.commands()
    got = []
    e = rig.raises(OSError, lambda: [got.append(row) for row in rows])
    assert e.errno == rig.ECONNRESET, e
    assert 10 < len(got) < 80, len(got)
    assert len(list(m.system.commands())) > 90


def test_a_list_of_commands_with_a_line_that_means_nothing():
    wire = rig.Scripted(lambda line: b"\r\nOK\r\n")
    m = espat.Modem(wire)
    m.start()
    wire.answer = lambda line: (
        b'+CMD:0,"AT",0,0,0,1\r\n+CMD:1,"AT+\r\n+CMD:2,AT+X,0,1,1,0\r\n\r\nOK\r\n'
    )
    rows = m.system.commands()
    assert next(rows) == ("AT", False, False, False, True)
    assert next(rows) == ("AT+X", False, True, True, False)
    rig.fails(rig.EIO, next, rows)
    wire.answer = lambda line: b"ERR CODE:0x01090000\r\n\r\nERROR\r\n"
    e = rig.raises(espat.ATError, list, m.system.commands())
    assert e.command == "AT+CMD?" and e.code == 0x01090000, e


def test_ram():
    # wire: AT+SYSRAM? by system.ram
    free, least = rig.modem().system.ram()
    assert 10000 < least <= free


def test_an_answer_that_is_no_number():
    wire = rig.Scripted(lambda line: b"\r\nOK\r\n")
    m = espat.Modem(wire)
    m.start()
    wire.answer = lambda line: b"+SYSRAM:12x4,1\r\n\r\nOK\r\n"
    rig.fails(rig.EIO, m.system.ram)
    wire.answer = lambda line: b"+SYSREG:\r\n\r\nOK\r\n"
    rig.fails(rig.EIO, m.system.register, 0)


def test_switches():
    # wire: AT+SYSSTORE?, AT+SYSSTORE= by system.store
    # wire: AT+SYSMSG?, AT+SYSMSG= by system.messages
    # wire: AT+SYSLOG?, AT+SYSLOG= by system.error_codes
    # wire: AT+SLEEP?, AT+SLEEP= by system.sleep
    rig.needs("setting that is not kept in flash")
    m = rig.modem()
    m.start()
    m.command("AT+CWMODE", 1)
    s = m.system
    for call, start, values in (
        (s.store, 0, (True, False)),
        (s.messages, 0, (5, 1, 4, 0)),
        (s.error_codes, 1, (False, True)),
        (s.sleep, 0, (1, 3, 0)),
    ):
        assert call() == start, (call, call())
        for value in values:
            assert call(value) is None
            assert call() == int(value), (value, call())


def test_nothing_is_stored_in_flash_unless_asked_for():
    rig.needs("setting that is not kept in flash")
    m = rig.modem()
    m.start()
    mode = m.command("AT+CWMODE?")
    m.wifi.connect(*rig.LAB)
    m.net.dns("192.0.2.1")
    m.net.sntp(8)
    m.system.messages(1)
    rig.power_cycle()
    fresh = rig.modem()
    assert fresh.wifi.ssid() is None
    assert fresh.command("AT+CWMODE?") == mode
    assert not fresh.net.dns()[0] and not fresh.net.sntp()[0]
    assert fresh.system.store() == 0 and fresh.system.messages() == 0


def test_what_is_stored_when_asked_for():
    rig.needs("AT+CWAPPROTO")
    m = rig.modem()
    m.start()
    m.system.store(True)
    m.command("AT+CWMODE", 1, 0)
    m.command("AT+CWAPPROTO", 3)
    rig.power_cycle()
    fresh = rig.modem()
    fresh.start()
    assert fresh.command("AT+CWAPPROTO?") == [b"+CWAPPROTO:3"]
    assert fresh.system.store() == 0


def test_radio_power():
    # wire: AT+RFPOWER?, AT+RFPOWER= by system.rf_power
    m = rig.modem()
    m.start()
    rig.raises(espat.ATError, m.system.rf_power)  # the radio is off
    m.command("AT+CWMODE", 1)
    m.system.rf_power(40)
    assert m.system.rf_power() == 40
    m.system.rf_power(84)
    assert m.system.rf_power() == 78


def test_what_outlives_a_reboot_of_the_module():
    m = rig.modem()
    m.start()
    m.command("AT+CWMODE", 1)
    m.system.rf_power(60)
    m.system.sleep(1)
    m.net.sntp_interval(60)
    rig.control("reboot")
    rig.wait(m, 2000)
    assert m.system.rf_power() == 60
    assert m.system.sleep() == 1
    assert m.net.sntp_interval() == 60
    m.system.restore()
    assert m.system.sleep() == 0


def test_registers():
    # wire: AT+SYSREG= by system.register
    m = rig.modem()
    assert m.system.register(0x3F400000) == 0
    m.system.register(0x3F400000, 0xDEADBEEF)
    assert m.system.register(0x3F400000) == 0xDEADBEEF
    m.system.register(0xFFFFFFFF, 0)


def test_wake_source_and_preamble():
    # wire: AT+SLEEPWKCFG= by system.wake_source
    # wire: AT+FACTPLCP= by system.long_preamble
    m, tap = tapped()
    m.system.wake_source(17, 1)
    m.system.wake_source(5)
    m.system.long_preamble(True, True)
    m.system.long_preamble(False)
    assert bytes(tap.sent) == (
        b"AT+SLEEPWKCFG=2,17,1\r\nAT+SLEEPWKCFG=2,5,0\r\nAT+FACTPLCP=1,1\r\nAT+FACTPLCP=0,0\r\n"
    ), bytes(tap.sent)


def test_what_is_out_of_range_is_not_sent():
    m, tap = tapped()
    s = m.system
    for call, *args in (
        (s.messages, 2),
        (s.messages, 8),
        (s.messages, -1),
        (s.store, 2),
        (s.error_codes, -1),
        (s.rf_power, 39),
        (s.rf_power, 85),
        (s.sleep, 4),
        (s.sleep, -1),
        (s.wake_source, -1),
        (s.wake_source, 49),
        (s.wake_source, 5, 2),
        (s.register, -1),
        (s.register, 1 << 32),
        (s.register, 0, 1 << 32),
        (s.deep_sleep, -1),
        (s.deep_sleep, 1 << 31),
    ):
        rig.raises(ValueError, call, *args)
    assert not tap.sent, bytes(tap.sent)
    rig.raises(AttributeError, getattr, s, "reboot_everything")


def test_restart():
    # wire: AT+RST by system.restart
    m, s = rig.connected()
    seen = []
    m.on("reboot", lambda event, data: seen.append(event))
    m.system.restart()
    rig.fails(rig.ECONNRESET, s.recv, 1)
    assert m.wifi.isconnected() and m.wifi.ssid() == b"espat-lab"
    rig.wait(m, 10)
    assert seen == ["reboot"], seen
    s = m.socket()
    s.connect(rig.ECHO)
    s.send(b"again")
    assert s.recv(5) == b"again"


def test_restore():
    # wire: AT+RESTORE by system.restore
    m = rig.joined()
    m.system.store(True)
    m.command("AT+CWAPPROTO", 1)
    m.system.restore()
    assert m.command("AT+CWAPPROTO?") == [b"+CWAPPROTO:7"]
    assert not m.wifi.isconnected()
    assert m.wifi.ssid() is None
    m.wifi.connect(*rig.LAB)


def test_rollback():
    # wire: AT+SYSROLLBACK by system.rollback
    m = rig.joined()
    seen = []
    m.on("reboot", lambda event, data: seen.append(event))
    m.system.rollback()
    assert m.wifi.isconnected()
    rig.wait(m, 10)
    assert seen == ["reboot"], seen


def test_deep_sleep_until_it_is_over():
    # wire: AT+GSLP= by system.deep_sleep
    m, s = rig.connected()
    seen = []
    m.on("reboot", lambda event, data: seen.append(event))
    start = rig.now_ms()
    m.system.deep_sleep(30000, wait=True)
    assert 30000 <= rig.since_ms(start) < 36000, rig.since_ms(start)
    rig.fails(rig.ECONNRESET, s.recv, 1)
    assert m.wifi.isconnected()
    rig.wait(m, 10)
    assert seen == ["reboot"], seen


def test_deep_sleep_without_waiting():
    m, s = rig.connected()
    start = rig.now_ms()
    m.system.deep_sleep(40000)
    assert rig.since_ms(start) < 100
    rig.fails(rig.ECONNRESET, s.send, b"x")
    rig.wait(m, 41000)
    assert m.wifi.ssid() == b"espat-lab"


def test_a_call_during_deep_sleep():
    m = rig.joined()
    m.system.deep_sleep(60000)
    rig.fails(rig.ENODEV, m.wifi.ifconfig)
    rig.wait(m, 60000)
    assert m.wifi.ifconfig()[0] == "192.168.1.50"


def test_deep_sleep_of_no_time_is_a_reset():
    m = rig.joined()
    m.system.deep_sleep(0, wait=True)
    assert m.wifi.isconnected()


def test_a_module_that_never_wakes_up():
    m = rig.modem()
    m.start()
    rig.control("power", on=False, in_ms=500)
    rig.fails(rig.ETIMEDOUT, m.system.deep_sleep, 2000, wait=True)


def test_the_driver_leaves_passthrough_that_began_at_power_up():
    rig.needs("AT+SAVETRANSLINK")
    m = rig.modem()
    m.system.store(True)
    m.wifi.connect(*rig.LAB)
    m.passthrough.save(("echo.test", 7))
    rig.power_cycle()
    fresh = rig.modem()
    time.sleep_ms(5000)  # it joins, opens the link and passes everything through
    assert rig.control("status")["links"]
    fresh.start()
    fresh.passthrough.save()
    assert fresh.command("AT+CIPMUX?") == [b"+CIPMUX:1"]


def test_asyncio():
    rig.needs("AT+CMD")
    from espat import aio

    async def main():
        m = aio.Modem(rig.uart())
        assert await m.system.alive()
        assert (await m.system.version())["Bin version"] in rig.control("firmware")["gmr"][3]
        names = []
        async for row in m.system.commands():
            names.append(row[0])
            if len(names) % 40 == 0:
                await m.system.ram()
        assert len(names) > 90
        await m.system.messages(1)
        assert await m.system.messages() == 1
        await m.wifi.connect(*rig.LAB)
        await m.system.restart()
        assert await m.wifi.isconnected()
        await m.system.deep_sleep(5000, wait=True)
        assert await m.wifi.isconnected()
        try:
            await m.system.messages(2)
        except ValueError:
            return
        raise AssertionError("no ValueError")

    rig.run(main())


def test_messages_leave_a_server_what_it_needs():
    m = rig.joined()
    server = m.socket()
    server.bind(("", 8080))
    server.listen(2)
    m.system.messages(1)
    assert m.system.messages() == 1
    rig.control("client", port=8080, ip="192.0.2.20")
    rig.wait(m, 100)
    client, peer = server.accept()
    assert peer[0] == "192.0.2.20", peer
    server.close()
