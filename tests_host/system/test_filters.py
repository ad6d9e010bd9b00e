# needs: sim
# modem.system's filters of what the module says. Owns their settings and what they hide; downloads
# through them are test_download.py's.
import espat
from system import rig

GUIDE = [(b"^+HTTPCGET:[0-9]*,", b"\r\n$"), (b"", b"\r\nOK\r\n$")]  # guide 4.1.1


def test_the_guides_filters():
    # wire: AT+SYSMSGFILTERCFG= by system.add_filter
    # wire: AT+SYSMSGFILTERCFG? by system.filters
    # wire: AT+SYSMSGFILTERCFG= by system.remove_filter
    # wire: AT+SYSMSGFILTERCFG= by system.clear_filters
    m = rig.modem()
    assert m.system.filters() == []
    for head, tail in GUIDE:
        m.system.add_filter(head, tail)
    assert m.system.filters() == GUIDE, m.system.filters()
    m.system.remove_filter(*GUIDE[0])
    assert m.system.filters() == GUIDE[1:]
    rig.raises(espat.ATError, m.system.remove_filter, "^not there")
    m.system.add_filter("^x" * 32, "y$" * 32)
    assert m.system.filters()[1] == (b"^x" * 32, b"y$" * 32)
    m.system.clear_filters()
    assert m.system.filters() == []


def test_a_message_is_hidden_while_filters_are_in_force():
    # wire: AT+SYSMSGFILTER?, AT+SYSMSGFILTER= by system.filtering
    m = rig.modem()
    seen = []
    for event in ("WIFI CONNECTED", "WIFI GOT IP"):
        m.on(event, lambda event, data: seen.append(event))
    m.system.add_filter("^WIFI CONNECTED\r\n")
    assert m.system.filtering() == 0
    m.wifi.connect(*rig.LAB)
    assert seen == ["WIFI CONNECTED", "WIFI GOT IP"], seen
    m.system.filtering(True)
    assert m.system.filtering() == 1
    m.wifi.connect(*rig.LAB)
    assert seen[2:] == ["WIFI GOT IP"], seen
    m.system.filtering(False)
    m.wifi.connect(*rig.LAB)
    assert seen[3:] == ["WIFI CONNECTED", "WIFI GOT IP"], seen


def test_an_expression_that_is_none():
    m = rig.modem()
    e = rig.raises(espat.ATError, m.system.add_filter, "^[a-")
    assert e.command == "AT+SYSMSGFILTERCFG"
    assert m.system.filters() == []


def test_unsolicited_lines_within_the_list():
    m = rig.modem()
    for head, tail in GUIDE:
        m.system.add_filter(head, tail)
    seen = []
    m.on_line("+MINE", seen.append)
    for n in (0, 45):
        rig.control("inject", line="+MINE", after_bytes=n)
        assert m.system.filters() == GUIDE
    assert len(seen) == 2


def test_mistakes_are_not_sent():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.start()
    tap.forget()
    for args in ((), ("", ""), ("x" * 65,), ("", "x" * 65)):
        rig.raises(ValueError, m.system.add_filter, *args)
        rig.raises(ValueError, m.system.remove_filter, *args)
    rig.raises(ValueError, m.system.filtering, 2)
    assert not tap.sent, bytes(tap.sent)


def test_asyncio():
    from espat import aio

    async def main():
        m = aio.Modem(rig.uart())
        await m.system.add_filter(*GUIDE[0])
        assert await m.system.filters() == GUIDE[:1]
        await m.system.clear_filters()
        assert await m.system.filtering() == 0

    rig.run(main())
