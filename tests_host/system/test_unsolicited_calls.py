# needs: sim
# What the module says by itself, at many places of the answers to modem.net, modem.nvs and
# modem.system: the call's result is the same. Owns the list of calls.
from system import rig

LINES = ("WIFI GOT IP", "+SOMETHING:1,2", "smartconfig type:ESPTOUCH", "ERR CODE:0x01090000")
STEP = 9  # bytes between two places
MOST = 160


def calls(m):
    return (
        m.system.ram,
        m.system.store,
        m.system.version,
        m.uart.settings,
        m.system.filters,
        m.system.docs,
        lambda: m.system.register(0x1000),
        lambda: m.net.resolve("http.test"),
        m.net.dns,
        m.net.addresses,
        m.net.connections,
        m.net.status,
        m.net.sntp,
        lambda: m.net.localtime()[:3],
        m.nvs.namespaces,
        lambda: m.nvs.keys("mine"),
        lambda: m.nvs.get("mine", "blob"),
        m.nvs.partitions,
    )


def ground():
    m, s = rig.connected()
    m.nvs.set("mine", "blob", b"\r\nOK\r\n+SYSMFG:1\r\n")
    m.nvs.set("mine", "number", 5)
    m.system.add_filter("^+NOTHING:[0-9]*,", "\r\n$")
    m.net.sntp(1, "ntp.test", wait_s=10)
    m.system.register(0x1000, 0xABCD)
    return m, s


def test_lines_between_the_lines_of_an_answer():
    m, s = ground()
    for number, call in enumerate(calls(m)):
        expected = call()
        for place in range(0, MOST, STEP):
            line = LINES[(place // STEP + number) % len(LINES)]
            rig.control("inject", line=line, after_bytes=place)
            got = call()
            assert got == expected, (number, line, place, got)
        rig.wait(m, 50)
    s.send(b"alive")
    assert s.read(5) == b"alive"


def test_lines_between_the_rows_of_a_long_answer():
    m, s = ground()
    expected = len(list(m.system.commands()))
    for place in range(0, 4000, 333):
        rig.control("inject", line="+SOMETHING:1", after_bytes=place)
        assert len(list(m.system.commands())) == expected, place
    s.send(b"alive")
    assert s.read(5) == b"alive"


def test_data_and_the_end_of_a_link_within_an_answer():
    m, s = ground()
    for call in calls(m):
        s.send(b"0123456789")
        expected = call()
        got = s.read(10)
        assert got == b"0123456789", got
        assert call() == expected
    rig.control("link_loss", id=0)
    for call in calls(m):
        call()


def test_what_stands_behind_an_answer_without_line_end_is_not_lost():
    # +SYSRAM, +SYSMSG and +CIPSNTPTIME end with the CR LF of their OK (messages.csv).
    m = rig.joined()
    seen = []
    m.on_line("+SOMETHING", seen.append)
    for number, call in enumerate((m.system.ram, m.system.messages, m.net.localtime)):
        expected = call()
        rig.control("inject", line="+SOMETHING:%d" % number, after_bytes=1)
        got = call()
        assert got[:3] == expected[:3] if number == 2 else got == expected, got
        assert seen == [b"+SOMETHING:%d" % i for i in range(number + 1)], seen
