# runs-on: micropython
# needs: sim
# heap: 320K
# Programs that connect first and wrap with TLS afterwards, over the module's TLS: errors where
# they expect them, one connection where that is possible. Owns nothing of the driver.
import asyncio
from binascii import unhexlify

import espat
from espat import dropin
from system import rig

NOT_ACCEPTED = -9984
NO_CA = -30336
ALERT = -30592
JUNE_2026 = 1780272000


def installed(**options):
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.wifi.connect(*rig.LAB)
    rig.set_clock(m, JUNE_2026)
    dropin.install(m, **options)
    tap.forget()
    return m, tap


def authority():
    answer = rig.control("mfg", namespace="client_ca", key="client_ca.0")
    return unhexlify(answer["value_hex"])


def connected(host, port):
    import socket

    s = socket.socket()
    s.connect(socket.getaddrinfo(host, port)[0][-1])
    return s


def echo(s):
    s.write(b"hello")
    assert s.read(5) == b"hello"


def test_requests_over_https():
    m, tap = installed()
    import requests

    r = requests.get("https://tls.test/")
    assert r.status_code == 200, r.status_code
    assert b"<" in r.content
    assert tap.sent.count(b"AT+CIPSTART") == 1
    assert tap.sent.count(b'"SSL","tls.test",443') == 1
    r.close()


def test_requests_tells_why_not():
    installed()
    import requests

    rig.fails(-2, requests.get, "https://nowhere.test/")
    rig.fails(ALERT, requests.get, "https://mutual.test/")
    rig.fails(rig.ECONNREFUSED, requests.get, "https://refuse.test/")


def test_a_port_that_says_nothing_about_tls_is_connected_twice():
    m, tap = installed()
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=authority())
    s = connected("tls.test", 7)
    echo(context.wrap_socket(s, server_hostname="tls.test"))
    s.close()
    assert tap.sent.count(b"AT+CIPSTART") == 2
    rig.fails(rig.ECONNREFUSED, connected, "tls.test", 8)
    s = connected("wrong.test", 7)
    rig.fails(NOT_ACCEPTED, context.wrap_socket, s, server_hostname="wrong.test")
    s.close()


def test_errors_of_a_port_of_tls_come_at_the_wrap():
    installed()
    import ssl

    import tls

    assert ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).verify_mode == ssl.CERT_NONE
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    assert context.verify_mode == tls.CERT_REQUIRED
    s = connected("tls.test", 443)
    rig.fails(NO_CA, context.wrap_socket, s, server_hostname="tls.test")
    s.close()
    context.load_verify_locations(authority())
    for host, error in (
        ("unknown.test", NOT_ACCEPTED),
        ("nowhere.test", -2),
        ("refuse.test", rig.ECONNREFUSED),
    ):
        s = connected(host, 443)
        rig.fails(error, context.wrap_socket, s, server_hostname=host)
        s.close()
    s = connected("tls.test", 443)
    s = context.wrap_socket(s, server_hostname="tls.test")
    s.write(b"GET / HTTP/1.0\r\n\r\n")
    assert s.readline().startswith(b"HTTP/1.")
    s.close()


def test_a_port_of_tls_without_tls():
    # Nobody wraps: the first use opens it, and tells what connect() would have told.
    rig.control("serve", host="own.test", port=443)
    m, tap = installed()
    s = connected("own.test", 443)
    assert not tap.sent.count(b"AT+CIPSTART")
    s.write(b"plain")
    assert tap.sent.count(b'"TCP","own.test",443') == 1
    s.close()
    s = connected("refuse.test", 443)
    rig.fails(rig.ECONNREFUSED, s.write, b"x")
    s.close()


def test_asyncio_streams_with_tls():
    m, tap = installed()
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=authority())

    async def main():
        for option in (True, context):
            r, w = await asyncio.open_connection("tls.test", 7, ssl=option)
            for n in (1, 100, 3000):
                data = rig.pattern(n)
                w.write(data)
                await w.drain()
                assert await r.readexactly(n) == data
            w.close()
            await w.wait_closed()

    asyncio.run(main())
    assert tap.sent.count(b'CIPSTART=0,"TCP"') == 0, "not connected twice"


def test_asyncio_streams_tell_why_not():
    installed()
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=authority())

    async def one(host, port, **options):
        # On a board, too, it is the first use that fails.
        r, w = await asyncio.open_connection(host, port, **options)
        w.write(b"hello")
        await w.drain()
        return await r.read(5)

    def run(*args, **options):
        return asyncio.run(one(*args, **options))

    rig.fails(NOT_ACCEPTED, run, "wrong.test", 7, ssl=context)
    rig.fails(rig.ECONNREFUSED, run, "refuse.test", 1, ssl=context)
    rig.fails(rig.ECONNREFUSED, run, "refuse.test", 1)
    rig.fails(-2, run, "nowhere.test", 443, ssl=True)
    assert run("tls.test", 7, ssl=context) == b"hello"


def test_wrap_socket_as_old_libraries_have_it():
    installed()
    import ussl

    s = ussl.wrap_socket(connected("tls.test", 443))
    s.write(b"GET / HTTP/1.0\r\n\r\n")
    assert s.readline().startswith(b"HTTP/1.")
    s.close()


def test_tls_on_the_host():
    import tls

    m, tap = installed(host_tls=True)
    assert __import__("tls") is tls
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_NONE
    s = context.wrap_socket(connected("tls.test", 7), server_hostname="tls.test")
    for n in (1, 100, 3000):
        data = rig.pattern(n)
        s.write(data)
        assert s.read(n) == data
    s.close()
    assert not tap.sent.count(b'"SSL"')
