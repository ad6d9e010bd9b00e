# needs: sim
# TLS beside other things: the asyncio face, active receive, IPv6, plain links at the same time, a
# module and a network that go away.
import asyncio
from binascii import unhexlify

import espat
from espat import aio, tls
from system import rig

JUNE_2026 = 1780272000
NOT_ACCEPTED = -9984


def authority():
    rig.needs("TLS")
    answer = rig.control("mfg", namespace="client_ca", key="client_ca.0")
    return unhexlify(answer["value_hex"])


def context_of(m):
    context = tls.SSLContext(m)
    context.load_verify_locations(cadata=authority())
    return context


def ready(**options):
    rig.needs("TLS")
    m = rig.joined(**options)
    rig.set_clock(m, JUNE_2026)
    return m


def echo(s, data):
    s.write(data)
    assert s.read(len(data)) == data


def test_with_asyncio():
    async def one(m, context, n):
        s = context.wrap_socket(m.socket())
        await s.connect(("tls.test", 7))
        data = rig.pattern(n)
        await s.sendall(data)
        got = await s.readexactly(n)
        await s.close()
        return got == data

    async def main():
        m = aio.Modem(rig.uart())
        await m.wifi.connect(*rig.LAB)
        if rig.has("AT+SYSTIMESTAMP"):
            await m.command("AT+SYSTIMESTAMP", JUNE_2026)
        context = context_of(m)
        results = await asyncio.gather(*[one(m, context, n) for n in (1, 700, 3000)])
        assert results == [True] * 3
        for host, number in (("unknown.test", NOT_ACCEPTED), ("refuse.test", rig.ECONNREFUSED)):
            s = context.wrap_socket(m.socket())
            try:
                await s.connect((host, 443))
            except OSError as e:
                assert e.errno == number, (host, e)
            else:
                raise AssertionError(host)
            await s.close()
        s = m.socket()
        await s.connect(rig.ECHO)
        rig.fails(95, context.wrap_socket, s)  # it would have to wait
        await s.close()

    run = asyncio.run
    if not rig.MICROPYTHON:
        from sim_machine import run_virtual as run
    run(main())


def test_streams_of_the_asyncio_face():
    def slot(space):
        answer = rig.control("mfg", namespace=space, key=space + ".0")
        return unhexlify(answer["value_hex"])

    async def echo_once(r, w):
        await w.write(await r.readexactly(5))
        await w.close()

    async def main():
        m = aio.Modem(rig.uart())
        await m.wifi.connect(*rig.LAB)
        if rig.has("AT+SYSTIMESTAMP"):
            await m.command("AT+SYSTIMESTAMP", JUNE_2026)
        context = context_of(m)
        r, w = await aio.open_connection(m, "tls.test", 7, ssl=context)
        await w.write(b"hello")
        assert await r.readexactly(5) == b"hello"
        await w.close()
        r, w = await aio.open_connection(
            m, "wrong.test", 7, ssl=context, server_hostname="other.test"
        )
        await w.close()
        own = tls.SSLContext(m, tls.PROTOCOL_TLS_SERVER)
        own.load_cert_chain(slot("server_cert"), slot("server_key"))
        server = await aio.start_server(m, echo_once, "", 8443, ssl=own)
        number = rig.control("client", port=8443, tls=True)["id"]
        await asyncio.sleep(2)
        rig.control("far", id=number, send="hello")
        await asyncio.sleep(1)
        told = rig.control("far", id=number)
        assert unhexlify(told["data_hex"]) == b"hello" and told["closed"], told
        await server.close()

    run = asyncio.run
    if not rig.MICROPYTHON:
        from sim_machine import run_virtual as run
    run(main())


def test_in_active_receive():
    m = ready(passive=False, ring=8192)
    s = context_of(m).wrap_socket(m.socket())
    s.connect(("tls.test", 7))
    for n in (1, 500, 3000):
        echo(s, rig.pattern(n))
    s.close()


def test_over_ipv6():
    # wire: AT+CIPSTART= by socket.connect
    address = "2001:db8::60"
    rig.control("host", name="six.test", ip=["198.51.100.60", address])
    own = rig.control("serve", host=address, port=443, tls=True)
    m = rig.modem()
    m.command("AT+CIPV6", 1)
    m.wifi.connect(*rig.LAB)
    rig.wait(m, 5000)  # until it has such an address
    rig.set_clock(m, JUNE_2026)
    context = context_of(m)
    for host, name in ((address, None), ("six.test", address)):
        s = context.wrap_socket(m.socket(10), server_hostname=name)
        s.connect((host, 443))
        s.write(b"hello")
        rig.wait(m, 200)
        number = rig.control("far", id=own["id"])["connections"][-1]
        told = rig.control("far", id=number)
        assert told["sni"] is None and unhexlify(told["data_hex"]) == b"hello", told
        assert b'"SSLv6","' + address.encode() in b"".join(m.command("AT+CIPSTATE?"))
        s.close()
    s = context.wrap_socket(m.socket(10))
    rig.fails(NOT_ACCEPTED, s.connect, ("six.test", 443))  # it is no certificate for that name


def test_beside_plain_links():
    m = ready()
    context = context_of(m)
    plain = m.socket()
    plain.connect(rig.ECHO)
    secure = context.wrap_socket(m.socket())
    secure.connect(("tls.test", 7))
    other = m.socket()
    other.connect(rig.ECHO)
    for n in (10, 2000):
        for s in (plain, secure, other):
            s.write(rig.pattern(n))
        for s in (other, secure, plain):
            assert s.read(n) == rig.pattern(n)


def test_the_network_and_the_module_go_away():
    m = ready()
    s = context_of(m).wrap_socket(m.socket())
    s.connect(("tls.test", 7))
    rig.control("kick")
    rig.wait(m, 1000)
    s.settimeout(5)
    assert s.recv(1) == b"", "the module has closed it"
    s.close()
    m = ready()
    s = context_of(m).wrap_socket(m.socket())
    s.connect(("tls.test", 7))
    rig.control("reboot")
    rig.wait(m, 2000)
    rig.fails(rig.ECONNRESET, s.recv, 1)
    s.close()


def test_a_certificate_that_changes_goes_into_its_slot():
    m = ready()
    ca = authority()
    rig.control("mfg", namespace="client_ca", key="client_ca.0", value_hex="00")
    s = context_of_data(m, ca).wrap_socket(m.socket())
    s.connect(("tls.test", 7))
    echo(s, b"x")
    assert authority() == ca


def context_of_data(m, data):
    context = tls.SSLContext(m)
    context.load_verify_locations(cadata=data)
    return context


def test_an_error_of_the_module_is_no_silence():
    rig.needs("AT+SYSMFG")

    # Whatever the module refuses of a setting that is wanted ends the connect.
    class Refusing(rig.Tap):
        def readinto(self, buf, n=None):
            return rig.Tap.readinto(self, buf, n)

        def write(self, buf, off=0, n=None):
            data = bytes(memoryview(buf)[off : off + (len(buf) - off if n is None else n)])
            if data.startswith(b"AT+CIPSSLCCONF"):
                rig.Tap.write(self, b"AT+NOSUCH\r\n")
                return len(data)
            return rig.Tap.write(self, buf, off, len(data))

    m = espat.Modem(Refusing(rig.uart()))
    m.wifi.connect(*rig.LAB)
    rig.set_clock(m, JUNE_2026)
    s = context_of(m).wrap_socket(m.socket())
    e = rig.raises(espat.ATError, s.connect, ("tls.test", 443))
    assert e.command == "AT+CIPSSLCCONF", e
