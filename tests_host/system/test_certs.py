# needs: sim
# modem.nvs.load_certs: certificates and keys into the slots of the module's own clients. Owns what
# stands in the flash afterwards, that the clients take it, and what is refused.
from binascii import a2b_base64

import espat
from system import rig

BROKER = "mqtt.test"
PARTS = ("ca", "cert", "key")


def slot(namespace, key):
    text = rig.control("mfg", namespace=namespace, key=key)["value_hex"]
    return bytes([int(text[i : i + 2], 16) for i in range(0, len(text), 2)])


def wreck(namespace, key):
    rig.control("mfg", namespace=namespace, key=key, value_hex="00")


def factory(n=0):
    """The client's authority, certificate and key, as PEM."""
    rig.needs("TLS")
    return [slot("client_" + part, "client_%s.%d" % (part, n)) for part in PARTS]


def der(pem):
    return a2b_base64(b"".join(pem.strip().split(b"\n")[1:-1]))


def joined_at_noon():
    m = rig.joined()
    rig.set_clock(m, 1780272000)
    return m


def test_mqtt_with_certificates_of_ones_own():
    # wire: AT+SYSMFG= by nvs.load_certs
    m = joined_at_noon()
    given = factory()
    for ca, cert, key in (given, [der(x) for x in given]):
        for part in PARTS:
            wreck("mqtt_" + part, "mqtt_" + part)
        both = {"transport": "tls", "verify": True, "certificate": True}
        rig.raises(espat.ATError, m.mqtt.connect, BROKER, 8884, **both)
        assert m.nvs.load_certs("mqtt", ca, cert, key) == ["mqtt_ca", "mqtt_cert", "mqtt_key"]
        assert [slot("mqtt_" + part, "mqtt_" + part) for part in PARTS] == [ca, cert, key]
        m.mqtt.connect(BROKER, 8884, **both)
        assert m.mqtt.isconnected()
        m.mqtt.disconnect()


def test_what_is_there_is_not_written_again():
    rig.needs("AT+SYSMFG")
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    ca, cert, key = factory()
    assert m.nvs.load_certs("mqtt", ca, cert, key) == []
    assert b"AT+SYSMFG=2" not in tap.sent
    assert m.nvs.load_certs("client", cert=cert.decode(), key=key.decode(), slot=1) == [
        "client_cert.1",
        "client_key.1",
    ]
    assert factory(1)[1:] == [cert, key]


def test_every_use_has_its_slots():
    rig.needs("AT+SYSMFG")
    m = rig.modem()
    ca, cert, key = factory(1)
    for use, number in (
        ("client", ".0"),
        ("server", ".0"),
        ("mqtt", ""),
        ("wpa2", ""),
        ("https", ".0"),
        ("wss", ".0"),
    ):
        names = ["%s_%s%s" % (use, part, number) for part in PARTS]
        assert m.nvs.load_certs(use, ca, cert, key) == names
        assert m.nvs.load_certs(use, ca, cert, key) == []
    assert m.nvs.load_certs("client", ca, slot=7) == ["client_ca.7"]


def test_a_firmware_whose_server_has_one_slot_without_a_number():
    m = rig.modem()
    ca, cert, key = factory()
    for part in PARTS:
        m.nvs.erase("server_" + part, "server_%s.0" % part)
        m.nvs.set("server_" + part, "server_" + part, b"old")
    assert m.nvs.load_certs("server", ca, cert, key) == ["server_ca", "server_cert", "server_key"]


def test_a_context_notices_what_was_loaded_since():
    from espat import tls

    m = joined_at_noon()
    context = tls.SSLContext(m)
    good = factory()[0]
    context.load_verify_locations(cadata=good)

    def fetch():
        s = context.wrap_socket(m.socket(), server_hostname="tls.test")
        s.connect(("tls.test", 443))
        s.close()

    fetch()
    assert m.nvs.load_certs("client", factory(1)[0]) == ["client_ca.0"]
    fetch()
    assert slot("client_ca", "client_ca.0") == good


def test_no_certificates():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.start()
    ca, cert, key = factory()
    tap.forget()
    begin, end = b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n"
    for given in (
        {"ca": b"\0" * 500},
        {"ca": b"hello"},
        {"ca": b"0"},
        {"ca": b"0\x06hello"},
        {"ca": key},
        {"ca": der(key)},
        {"ca": ca[:-30]},
        {"ca": ca[:100] + ca[200:]},
        {"ca": ca.replace(b"MII", b"!!!", 1)},
        {"ca": der(ca)[:-1]},
        {"ca": der(ca) + b"\0"},
        {"ca": begin + end},
        {"ca": begin},
        {"ca": b"-----BEGIN "},
        {"ca": b""},
        {"ca": ca * 8},
        {"cert": cert},
        {"key": key},
        {"cert": cert, "key": cert},
        {"cert": key, "key": key},
        {"cert": der(cert), "key": der(cert)},
        {"cert": cert, "key": key + key},
        {"cert": cert, "key": key.replace(b"PRIVATE", b"ENCRYPTED PRIVATE")},
        {"ca": ca, "slot": -1},
        {"ca": ca, "slot": 256},
        {"ca": ca, "use": "ftp"},
        {"ca": ca, "use": ""},
        {"ca": ca, "use": "mqtt", "slot": 1},
        {"ca": ca, "use": "server", "slot": 1},
        {},
    ):
        rig.raises(ValueError, m.nvs.load_certs, given.pop("use", "client"), **given)
    rig.raises(OSError, m.nvs.load_certs, "client", "no such file.pem")
    assert not tap.sent, bytes(tap.sent)
    assert factory() == [ca, cert, key]


def test_a_flash_that_does_not_hold_it():
    rig.needs("AT+SYSMFG")
    ca = factory()[0]

    def answer(line):
        if line.startswith(b"AT+SYSMFG=2"):
            return b"\r\nOK\r\n\r\n>"
        if line.startswith(b"AT+SYSMFG=1"):
            return b'+SYSMFG:"mqtt_ca","mqtt_ca",8,3,abc\r\n\r\nOK\r\n'
        return b"\r\nOK\r\n"

    class Wire(rig.Scripted):
        def write(self, buf, off=0, n=None):
            n = len(buf) - off if n is None else n
            if bytes(buf[off : off + 5]) == b"-----":
                self.rx.extend(b"\r\nOK\r\n")
                return n
            return rig.Scripted.write(self, buf, off, n)

    m = espat.Modem(Wire(answer))
    e = rig.fails(rig.EIO, m.nvs.load_certs, "mqtt", ca)
    assert "mqtt_ca" in str(e), e


def test_asyncio():
    rig.needs("AT+SYSMFG")
    from espat import aio

    async def main():
        m = aio.Modem(rig.uart())
        ca = factory(1)[0]
        assert await m.nvs.load_certs("mqtt", ca) == ["mqtt_ca"]
        assert await m.nvs.get("mqtt_ca", "mqtt_ca") == ca

    rig.run(main())
