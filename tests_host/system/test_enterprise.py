# needs: sim
# profile: esp32s2-3.4-full
# WPA2 enterprise networks: the three methods, their errors. Owns modem.wifi.connect_enterprise.
import espat
from system import rig

USER = {"methods": [1, 2], "identity": "me", "username": "user", "password": "secret"}
TLS = {"methods": [0], "client_cert": True}


def office():
    rig.control("ap_add", ssid="office", eap=USER)
    rig.control("ap_add", ssid="tls office", eap=TLS)
    return rig.modem()


def test_the_three_methods():
    # wire: AT+CWJEAP= by wifi.connect_enterprise
    # wire: AT+CWJEAP? by wifi.enterprise
    m = office()
    assert m.wifi.enterprise() is None
    for method in ("PEAP", "TTLS"):
        m.wifi.connect_enterprise("office", method, "me", "user", "secret")
        assert m.wifi.isconnected() and m.wifi.ssid() == b"office"
        assert m.wifi.enterprise() == (b"office", method, b"me", b"user", False, False)
    m.wifi.connect_enterprise("office", "PEAP", "me", "user", "secret", check_server=True)
    assert m.wifi.enterprise()[5] is True
    m.wifi.connect_enterprise("tls office", "TLS", "me", check_server=True)
    assert m.wifi.enterprise() == (b"tls office", "TLS", b"me", b"", True, True)
    m.wifi.connect(*rig.LAB)
    assert m.wifi.enterprise() is None


def test_names_and_passwords_with_odd_characters():
    m = rig.modem()
    ssid, me, user, password = 'of"fi,ce\\', 'm"e', "u,s", "p\\w\"'"
    eap = {"identity": me, "username": user, "password": password}
    rig.control("ap_add", ssid=ssid, eap=eap)
    m.wifi.connect_enterprise(ssid, "PEAP", me, user, password)
    found = m.wifi.enterprise()
    assert found == (ssid.encode(), "PEAP", me.encode(), user.encode(), False, False), found


def test_what_is_wrong_ends_with_the_time():
    m = office()
    for method, identity, user, password in (
        ("PEAP", "me", "user", "wrong"),
        ("TTLS", "you", "user", "secret"),
    ):
        start = rig.now_ms()
        e = rig.raises(
            espat.WifiError,
            m.wifi.connect_enterprise,
            "office",
            method,
            identity,
            user,
            password,
            timeout_s=5,
        )
        assert (e.errno, e.reason) == (rig.ETIMEDOUT, 1)
        assert e.command == "AT+CWJEAP" and "0x010a8016" in str(e), str(e)
        assert "secret" not in str(e)
        assert 5000 <= rig.since_ms(start) < 6500
        assert not m.wifi.isconnected()
    m.wifi.connect_enterprise("office", "PEAP", "me", "user", "secret")


def test_the_modules_own_errors():
    rig.needs("AT+CWJEAP")
    m = office()
    m.command("AT+SYSMFG", 0, "wpa2_ca")
    e = rig.raises(
        espat.ATError,
        m.wifi.connect_enterprise,
        "tls office",
        "TLS",
        "me",
        check_server=True,
    )
    assert e.code == 0x010A8009 and "CA" in str(e), str(e)
    assert not isinstance(e, espat.WifiError)


def test_refused_before_a_byte_is_sent():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    join = m.wifi.connect_enterprise
    for _ in range(2):
        before = len(tap.sent)
        for args, options in (
            (("", "PEAP", "me", "user", "secret"), {}),
            (("x" * 33, "PEAP", "me", "user", "secret"), {}),
            (("office", "MD5", "me", "user", "secret"), {}),
            (("office", 1, "me", "user", "secret"), {}),
            (("office", "PEAP", "", "user", "secret"), {}),
            (("office", "PEAP", "m" * 33, "user", "secret"), {}),
            (("office", "PEAP", "me"), {}),
            (("office", "TTLS", "me", "user"), {}),
            (("office", "TTLS", "me", "u" * 33, "secret"), {}),
            (("office", "TTLS", "me", "user", "s" * 33), {}),
            (("office", "TTLS", "me", "us\ner", "secret"), {}),
            (("office", "TLS", "me", "user"), {}),
            (("office", "TLS", "me"), {"client_cert": False}),
            (("office", "PEAP", "me", "user", "secret"), {"timeout_s": 2}),
            (("office", "PEAP", "me", "user", "secret"), {"timeout_s": 601}),
        ):
            rig.raises(ValueError, join, *args, **options)
        assert len(tap.sent) == before
        m.start()


def test_it_is_joined_again_after_a_reboot_of_the_module():
    m = office()
    m.wifi.connect(*rig.LAB)
    m.wifi.connect_enterprise("office", "PEAP", "me", "user", "secret")
    rig.control("reboot")
    rig.wait(m, 1000)
    m.start()
    assert m.wifi.isconnected() and m.wifi.ssid() == b"office"
