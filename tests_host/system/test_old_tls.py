# runs-on: micropython
# needs: sim
# profile: esp8266-0.30
# heap: 320K
# TLS on the host, by MicroPython's own ssl, over the plain links of a firmware that has no TLS: by
# itself, and beneath programs that know nothing of espat. What the module cannot do is said.
import asyncio
from binascii import a2b_base64

import espat
from espat import dropin, tls
from system import rig

OLD = "AT 0.30"
# The certificate of the authority that has signed for tls.test (espat_sim/factory_pki.py).
AUTHORITY = a2b_base64(
    "MIIBuTCCAV+gAwIBAgIBAjAKBggqhkjOPQQDAjAxMRIwEAYDVQQKDAllc3BhdF9zaW0xGzAZBgNVBAMMEmVzcGF0"
    "IGZhY3RvcnkgQ0EgMDAgFw0yMDAxMDEwMDAwMDBaGA8yMDk5MTIzMTAwMDAwMFowMTESMBAGA1UECgwJZXNwYXRf"
    "c2ltMRswGQYDVQQDDBJlc3BhdCBmYWN0b3J5IENBIDAwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQAeCYOcoIX"
    "3O6r7T1W3poD7z23oq/GpgkkFBDFABmxTiJdceBV8E31N0laUKbO3eqTGd7hQzxFBZvBkzX6J2Bho2YwZDASBgNV"
    "HRMBAf8ECDAGAQH/AgEAMB0GA1UdDgQWBBS1mPzBWluyjfYbdhuRx4VrcS3ESjAfBgNVHSMEGDAWgBS1mPzBWluy"
    "jfYbdhuRx4VrcS3ESjAOBgNVHQ8BAf8EBAMCAYYwCgYIKoZIzj0EAwIDSAAwRQIgDxJFPLQiRgaYwvO+wBGYgQtZ"
    "pz/35/qc3cKnkx1F/bYCIQCBPREWpeUh1y6Vq6hMNqDSrRIWfMvnHkQsHVvSz/WB7g=="
)


def tapped():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.wifi.connect(*rig.LAB)
    tap.forget()
    return m, tap


def lacks(what, f, *args, **options):
    e = rig.raises(NotImplementedError, f, *args, **options)
    assert OLD in str(e) and what in str(e), e


def own_context():
    # MicroPython's own: `import ssl` may be ours by now.
    context = __import__("tls").SSLContext(0)
    context.verify_mode = 0
    return context


def test_the_modules_tls_is_refused_before_a_byte_is_sent():
    m, tap = tapped()
    context = tls.SSLContext(m)
    context.verify_mode = tls.CERT_NONE
    lacks("TLS", context.wrap_socket(m.socket()).connect, ("tls.test", 7))
    assert b"CIPSTART" not in tap.sent
    server = tls.SSLContext(m, tls.PROTOCOL_TLS_SERVER)
    server.load_cert_chain()
    s = server.wrap_socket(m.socket(), True)
    s.bind(("", 443))
    lacks("TLS", s.listen)


def test_tls_on_the_host_over_a_link():
    m, tap = tapped()
    s = m.socket()
    s.connect(("tls.test", 7))
    t = own_context().wrap_socket(s, server_hostname="tls.test")
    for n in (1, 100, 3000):
        data = rig.pattern(n)
        t.write(data)
        assert t.read(n) == data
    t.close()
    assert b'"SSL"' not in tap.sent
    assert m.net.connections() == []


def test_a_certificate_that_is_not_accepted():
    m, _ = tapped()
    context = own_context()
    context.load_verify_locations(AUTHORITY)
    context.verify_mode = 2
    for host, ok in (("tls.test", True), ("unknown.test", False), ("wrong.test", False)):
        s = m.socket()
        s.connect((host, 7))
        try:
            t = context.wrap_socket(s, server_hostname=host)
            t.write(b"hello")
            assert t.read(5) == b"hello"
            assert ok, host
        except (OSError, ValueError):
            assert not ok, host
        s.close()


def test_requests_over_https():
    m, tap = tapped()
    dropin.install(m, host_tls=True)
    import requests

    r = requests.get("https://tls.test/")
    assert r.status_code == 200, r.status_code
    assert b"<" in r.content
    r.close()
    assert tap.sent.count(b'"TCP","tls.test",443') == 1


def test_programs_are_told_where_tls_is():
    m, _ = tapped()
    dropin.install(m)
    import requests

    lacks("host_tls=True", requests.get, "https://tls.test/")


def test_asyncio_streams():
    rig.run(streams())


async def streams():
    from espat import aio

    m = aio.Modem(rig.uart())
    await m.wifi.connect(*rig.LAB)
    dropin.install(m, host_tls=True)
    name = "tls.test"
    r, w = await asyncio.open_connection(name, 7, ssl=own_context(), server_hostname=name)
    w.write(b"hello")
    await w.drain()
    assert await r.readexactly(5) == b"hello"
    w.close()
    await w.wait_closed()
