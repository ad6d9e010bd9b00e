# needs: sim
# profile: esp32s2-3.4-full
# Provisioning: a phone, a router's button, a browser tell the module its network. Owns
# modem.provision, its stages, what goes wrong, and that nothing of it is left behind.
import espat
from system import rig
from system.phones import HOME, V2_KEY, Stages, browser, home, phone, reboot, seen_it, told, usable


def test_smartconfig():
    # wire: AT+CWSTARTSMART, AT+CWSTOPSMART by provision.smartconfig
    rig.needs("key from a phone")
    m = home()
    stages = Stages()
    phone(type="AIRKISS")
    start = rig.now_ms()
    found = m.provision.smartconfig(on_stage=stages)
    assert found == (b"home net", b"home pass", b"")
    assert stages.seen == [
        ("listening", None),
        ("type", b"AIRKISS"),
        ("credentials", (b"home net", b"home pass")),
        ("joined", None),
        ("address", None),
        ("telling", None),
    ], stages.seen
    assert m.wifi.isconnected() and m.wifi.ssid() == b"home net"
    assert told() == {"running": False, "phone_told": True}, "six seconds"
    assert 6000 < rig.since_ms(start) < 20000
    reboot(m)
    assert m.wifi.ssid() == b"home net", "joined again by what the phone said"


def test_smartconfig_of_each_kind():
    # wire: AT+CWSTARTSMART= by provision.smartconfig
    for kind, speaks in (("touch", "ESPTOUCH"), ("airkiss", "AIRKISS"), ("both", "ESPTOUCH")):
        rig.power_cycle()
        m = home()
        phone(type=speaks)
        assert m.provision.smartconfig(kind)[:2] == (b"home net", b"home pass")
        m.wifi.disconnect()


def test_esp_touch_v2_with_key_and_data_of_its_own():
    m = home()
    data = "room 7, shelf\r\n\r\nOK\r\n+IPD,0,5:"
    stages = Stages()
    phone(type="ESPTOUCH_V2", key=V2_KEY, data=data)
    found = m.provision.smartconfig("touch_v2", key=V2_KEY, on_stage=stages)
    assert found == (b"home net", b"home pass", data.encode()), found
    assert ("data", data.encode()) in stages.seen
    assert m.wifi.isconnected()


def test_names_with_any_bytes_from_a_phone():
    rig.needs("key from a phone")
    boots = []
    for ssid in (
        b"two\nlines",
        b"a\nready",
        b"a\nWIFI GOT IP",
        b'"\\,',
        b"\xcd\xf8\xff",
        b"\xe7\xbd\x91",
    ):
        rig.power_cycle()
        text = "".join(["%02x" % c for c in ssid])
        rig.control("ap_add", ssid_hex=text, key="12345678")
        m = rig.modem()
        rig.control("smartconfig", ssid_hex=text, password="12345678", type="ESPTOUCH", in_ms=3000)
        m.start()
        m.on("reboot", lambda event, data: boots.append(event))
        found = m.provision.smartconfig()
        assert found[:2] == (ssid, b"12345678"), found
        assert m.wifi.isconnected() and not boots, ssid
        m.wifi.disconnect()


def test_a_network_whose_name_looks_like_an_answer():
    # Nobody can tell where such a name ends; but the next answers are those of their commands.
    for i, ssid in enumerate((b"a\r\nOK\r\nb", b"a\r\n\r\nERROR\r\n", b"\r\nOK\r\n+CWMODE:9\r\n")):
        rig.power_cycle()
        text = "".join(["%02x" % c for c in ssid])
        rig.control("ap_add", ssid_hex=text, key="12345678")
        m = rig.modem()
        station = b"+CWMODE:%d" % (3 if m.ap.active() else 1)
        rig.control("smartconfig", ssid_hex=text, password="12345678", type="ESPTOUCH", in_ms=3000)
        try:
            m.provision.smartconfig()
        except OSError:
            pass
        for _ in range(2):
            try:
                m.wifi.status()
                m.wifi.ssid()
            except OSError:
                pass
            assert m.command("AT+CWMODE?") == [station], i
            assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"], i
        m.wifi.disconnect()


def test_no_phone_comes():
    m = home()
    start = rig.now_ms()
    rig.fails(rig.ETIMEDOUT, m.provision.smartconfig, timeout_s=20)
    assert 20000 <= rig.since_ms(start) < 22000
    usable(m)


def test_the_phones_network_cannot_be_joined():
    m = home()
    stages = Stages()
    phone(password="not the key")
    e = rig.raises(
        espat.WifiError, m.provision.smartconfig, timeout_s=60, join_s=20, on_stage=stages
    )
    assert (e.errno, e.command) == (rig.ETIMEDOUT, "AT+CWSTARTSMART")
    assert "not the key" not in str(e)
    assert stages.names[-1] == ("credentials" if rig.has("key from a phone") else "listening")
    usable(m)


def test_networks_below_a_security_are_not_joined():
    m = home()
    phone(ssid="espat-open", password="")
    rig.raises(espat.WifiError, m.provision.smartconfig, security=3, join_s=10)
    usable(m)


def test_the_module_reboots_while_it_listens():
    m = home()
    rig.control("reboot", in_ms=4000)
    rig.fails(rig.ECONNRESET, m.provision.smartconfig)
    usable(m)


def test_an_error_in_on_stage_ends_it():
    m = home()

    def broken(stage, data):
        raise KeyError(stage)

    rig.raises(KeyError, m.provision.smartconfig, on_stage=broken)
    usable(m)


def test_ctrl_c_ends_it():
    rig.needs("key from a phone")
    m = home()

    def interrupted(stage, data):
        raise KeyboardInterrupt

    for stage in ("listening", "type", "credentials", "joined", "telling"):
        phone(in_ms=1000)
        stages = Stages()
        stages.then = {stage: lambda: interrupted(None, None)}
        try:
            m.provision.smartconfig(on_stage=stages)
            raise AssertionError("it went on")
        except KeyboardInterrupt:
            pass
        assert not told()["running"], stage
    rig.wait(m, 20000)
    usable(m)


def test_settings_are_as_before_and_nothing_is_in_the_flash():
    m = home()
    m.ap.config("cellar", "cellar-pass", 5)
    phone()
    m.provision.smartconfig()
    assert m.ap.active() is True and m.ap.config()[:3] == (b"cellar", b"cellar-pass", 5)
    assert m.wifi.isconnected()
    assert m.command("AT+SYSSTORE?") == [b"+SYSSTORE:0"]
    rig.power_cycle()
    fresh = rig.modem()
    rig.wait(fresh, 5000)
    assert not fresh.wifi.isconnected() and not fresh.wifi.active()


def test_stored_when_it_is_asked_for():
    for way in ("smartconfig", "wps", "web"):
        m = home()
        if way == "smartconfig":
            phone()
            m.provision.smartconfig(store=True)
        elif way == "wps":
            rig.control("wps_button", ssid=HOME[0], in_ms=3000)
            m.provision.wps(store=True)
        else:
            m.provision.web("cellar", store=True, on_stage=Stages(listening=browser))
        assert m.command("AT+SYSSTORE?") == [b"+SYSSTORE:0"]
        reboot(m)
        assert m.wifi.ssid() == b"home net", way
        rig.power_cycle()
        fresh = rig.modem()
        rig.wait_until(fresh, fresh.wifi.isconnected, 20000)
        assert fresh.wifi.ssid() == b"home net", way
        assert fresh.ap.active() is False, "the access point is not stored"
        fresh.command("AT+RESTORE")
        rig.power_cycle()
        rig.control("ap_remove", ssid=HOME[0])


def test_refused_before_a_byte_is_sent():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    part = m.provision
    for _ in range(2):
        before = len(tap.sent)
        for call, args, options in (
            (part.smartconfig, ("smoke signals",), {}),
            (part.smartconfig, (1,), {}),
            (part.smartconfig, ("touch_v2",), {"key": "short"}),
            (part.smartconfig, ("touch_v2",), {"key": "x" * 17}),
            (part.smartconfig, ("touch",), {"key": V2_KEY}),
            (part.smartconfig, (), {"security": 8}),
            (part.smartconfig, (), {"timeout_s": 0}),
            (part.smartconfig, (), {"join_s": 0}),
            (part.wps, (), {"security": -1}),
            (part.wps, (), {"timeout_s": 601}),
            (part.web, ("",), {}),
            (part.web, ("x" * 33,), {}),
            (part.web, ("cellar", "short"), {}),
            (part.web, ("cellar",), {"channel": 15}),
            (part.web, ("cellar",), {"port": 0}),
            (part.web, ("cellar",), {"port": 65536}),
            (part.web, ("cellar",), {"join_s": 20}),
            (part.web, ("cellar",), {"join_s": 61}),
            (part.web, ("cellar",), {"timeout_s": 0}),
        ):
            rig.raises(ValueError, call, *args, **options)
        assert len(tap.sent) == before
        m.start()


def test_wps():
    # wire: AT+WPS= by provision.wps
    m = home()
    stages = Stages()
    rig.control("wps_button", ssid=HOME[0], in_ms=30000)
    assert m.provision.wps(on_stage=stages) == b"home net"
    assert stages.names == ["listening", "joined", "address"]
    assert m.wifi.isconnected()
    m.wifi.connect(*rig.LAB)


def test_wps_without_a_button():
    m = home()
    start = rig.now_ms()
    rig.fails(rig.ETIMEDOUT, m.provision.wps, timeout_s=30)
    assert 30000 <= rig.since_ms(start) < 32000
    rig.control("wps_button", ssid=HOME[0])
    rig.wait(m, 10000)
    assert not m.wifi.isconnected(), "it was switched off"
    usable(m)


def test_wps_with_a_network_that_gives_no_address():
    m = home()
    rig.control("ap_set", ssid=HOME[0], dhcp=False)
    rig.control("wps_button", ssid=HOME[0], in_ms=3000)
    e = rig.raises(espat.WifiError, m.provision.wps, timeout_s=60)
    assert e.errno == rig.ETIMEDOUT and e.command == "AT+WPS"
    usable(m)


# -- asyncio --------------------------------------------------------------------------------


def test_asyncio():
    from espat import aio

    rig.control("ap_add", ssid=HOME[0], key=HOME[1], wps=1)

    async def main():
        m = aio.Modem(rig.uart())
        await m.start()
        stages = Stages()
        phone()
        beside = asyncio.create_task(m.wifi.rssi())
        found = await m.provision.smartconfig(on_stage=stages)
        assert found[0] == b"home net" and stages.names[-1] == "telling"
        assert await m.wifi.ssid() == b"home net"
        await beside
        rig.control("wps_button", ssid=HOME[0], in_ms=3000)
        assert await m.provision.wps() == b"home net"
        web = Stages(listening=browser, address=seen_it)
        names = []

        async def stage(name, data):
            web(name, data)
            await m.pause(1)
            names.append(name)

        assert await m.provision.web("cellar", on_stage=stage) == b"home net"
        await m.pause(100)
        assert sorted(names) == ["address", "credentials", "joined", "listening", "seen"], names

    import asyncio

    rig.run(main())


def test_nothing_is_sent_while_smartconfig_listens():
    import asyncio

    from espat import aio

    rig.control("ap_add", ssid=HOME[0], key=HOME[1])
    tap = rig.Tap(rig.uart())

    async def main():
        m = aio.Modem(tap)
        await m.start()
        tap.forget()
        heard = []

        def stage(name, data):
            heard.append(name)

        async def impatient():
            await asyncio.sleep(2)
            return await m.command("AT+GMR")

        task = asyncio.create_task(impatient())
        phone(in_ms=4000)
        await m.provision.smartconfig(on_stage=stage)
        assert await task
        sent = bytes(tap.sent)
        a = sent.find(b"AT+CWSTARTSMART")
        b = sent.find(b"AT+CWSTOPSMART")
        assert 0 <= a < b < sent.find(b"AT+GMR"), sent
        assert sent[a:b].count(b"\r\n") == 1, sent[a:b]

    rig.run(main())


def test_cancelled():
    import asyncio

    from espat import aio

    rig.control("ap_add", ssid=HOME[0], key=HOME[1], wps=1)

    async def main():
        m = aio.Modem(rig.uart())
        await m.start()
        ours = await m.ap.active()
        for make in (
            lambda: m.provision.smartconfig(),
            lambda: m.provision.wps(),
            lambda: m.provision.web("cellar"),
        ):
            for ms in (20, 500, 5000):
                phone(in_ms=3000)
                task = asyncio.create_task(make())
                await asyncio.sleep(ms / 1000)
                task.cancel()
                try:
                    await task
                    raise AssertionError("it went on")
                except asyncio.CancelledError:
                    pass
                assert not told()["running"]
                assert await m.ap.active() is ours
                assert await m.system.store() == 0
                assert len(await m.wifi.scan("espat-lab")) == 1
        await m.wifi.connect(*rig.LAB)

    rig.run(main())
