# needs: sim
# TLS by the module: what is checked, what the other side hears, what fails and with which errno.
# The hosts are those of docs/simulator.md; servers and their certificates are real.
from binascii import unhexlify

import espat
from espat import tls
from system import rig

JUNE_2026 = 1780272000
NOT_ACCEPTED = -9984  # the numbers of MicroPython's own ssl (mbedTLS)
NO_CA = -30336
ALERT = -30592
PSK = bytes(range(0, 256, 17))
REQUEST = b"GET / HTTP/1.0\r\nHost: tls.test\r\n\r\n"


def slot(space, number=0):
    """What lies in a slot of the module's flash."""
    key = "%s.%d" % (space, number)
    return unhexlify(rig.control("mfg", namespace=space, key=key)["value_hex"])


def empty_slot(space, number=0):
    rig.control("mfg", namespace=space, key="%s.%d" % (space, number), erase=True)


def ready():
    """A modem that has joined and knows the time."""
    rig.needs("TLS")
    m = rig.joined()
    rig.set_clock(m, JUNE_2026)
    return m


def tapped():
    """As ready(), and what it sends."""
    rig.needs("TLS")
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.wifi.connect(*rig.LAB)
    rig.set_clock(m, JUNE_2026)
    tap.forget()
    return m, tap


def wrapped(m, context, name=None):
    return context.wrap_socket(m.socket(), server_hostname=name)


def echo(s, data=b"hello"):
    s.write(data)
    assert s.read(len(data)) == data


def checking(m):
    """A context that checks against the factory's authority."""
    context = tls.SSLContext(m)
    context.load_verify_locations(cadata=slot("client_ca"))
    return context


def test_a_page_over_https():
    # wire: AT+CIPSSLCCONF= by socket.connect
    # wire: AT+SYSTIMESTAMP? by socket.connect
    m = ready()
    s = wrapped(m, checking(m))
    s.connect(("tls.test", 443))
    s.write(REQUEST)
    assert s.read().startswith(b"HTTP/1."), "the page"
    s.close()


def test_nothing_is_checked_only_if_the_program_says_so():
    m = rig.joined()  # without the time
    context = tls.SSLContext(m, tls.PROTOCOL_TLS_CLIENT)
    assert context.verify_mode == tls.CERT_REQUIRED
    context.verify_mode = tls.CERT_NONE
    for host in ("tls.test", "expired.test", "wrong.test", "unknown.test"):
        s = wrapped(m, context)
        s.connect((host, 7))
        echo(s)
        s.close()


def test_certificates_that_are_not_accepted():
    m = ready()
    context = checking(m)
    for host in ("expired.test", "wrong.test", "unknown.test"):
        s = wrapped(m, context)
        e = rig.fails(NOT_ACCEPTED, s.connect, (host, 443))
        assert host in str(e), e
        rig.raises(OSError, s.recv, 1)
        s.close()
    s = wrapped(m, context)
    s.connect(("tls.test", 7))
    echo(s)


def test_the_name_may_be_another_than_the_address():
    # wire: AT+CIPSSLCCN= by socket.connect
    m = ready()
    s = wrapped(m, checking(m), "tls.test")
    s.connect(("198.51.100.101", 7))  # its number
    echo(s)
    s.close()
    s = wrapped(m, checking(m), "other.test")
    s.connect(("wrong.test", 7))  # its certificate is for other.test
    echo(s)
    s.close()
    s = wrapped(m, checking(m))
    s.connect(("198.51.100.101", 7))  # the certificate names the number too
    echo(s)
    s.close()
    context = checking(m)
    context.check_hostname = False
    s = wrapped(m, context)
    s.connect(("wrong.test", 7))
    echo(s)


def test_checks_that_cannot_be_made_are_refused_before_anything_opens():
    m = rig.joined()
    context = tls.SSLContext(m)
    s = wrapped(m, context)
    e = rig.fails(NO_CA, s.connect, ("tls.test", 443))
    assert "load_verify_locations" in str(e), e
    context.load_verify_locations(cadata=slot("client_ca"))
    e = rig.fails(NOT_ACCEPTED, s.connect, ("tls.test", 443))
    assert "time" in str(e), e
    rig.set_clock(m, JUNE_2026)
    s.connect(("tls.test", 443))
    s.close()
    context.load_verify_locations(slot=7)
    e = rig.fails(NO_CA, s.connect, ("tls.test", 443))
    assert "client_ca.7" in str(e), e
    empty_slot("client_cert", 1)
    context = tls.SSLContext(m)
    context.verify_mode = tls.CERT_NONE
    context.load_cert_chain(slot=1)
    s = wrapped(m, context)
    rig.fails(rig.ENOENT, s.connect, ("tls.test", 443))


def test_what_the_module_holds_already_needs_no_data():
    rig.needs("AT+SYSMFG")
    m = ready()
    context = tls.SSLContext(m)
    context.load_verify_locations(slot=0)
    s = wrapped(m, context)
    s.connect(("tls.test", 7))
    echo(s)


def test_a_slot_with_nothing_of_use():
    m = ready()
    context = tls.SSLContext(m)
    context.load_verify_locations(cadata="no certificate at all", slot=3)
    s = wrapped(m, context)
    e = rig.fails(rig.ENOENT, s.connect, ("tls.test", 7))
    assert "NO CA FOUND" in str(e), e


def test_certificates_go_into_the_flash_once():
    # wire: AT+SYSMFG= by socket.connect
    m, tap = tapped()
    ca = slot("client_ca")
    empty_slot("client_ca")
    for writes in (1, 0, 0):
        tap.forget()
        context = tls.SSLContext(m)
        context.load_verify_locations(cadata=ca)
        s = wrapped(m, context)
        s.connect(("tls.test", 7))
        echo(s)
        s.close()
        assert bytes(tap.sent).count(b"AT+SYSMFG=2") == writes
        assert slot("client_ca") == ca
    # Another program, later: it looks, and finds that nothing is to be done.
    context.slots.clear()
    tap.forget()
    s = wrapped(m, context)
    s.connect(("tls.test", 7))
    assert bytes(tap.sent).count(b"AT+SYSMFG=1") == 1
    assert bytes(tap.sent).count(b"AT+SYSMFG=2") == 0
    s.close()
    # Almost the same is not the same.
    other = ca[:-1] + b" "
    for data in (other, ca):
        context = tls.SSLContext(m)
        context.load_verify_locations(cadata=data)
        s = wrapped(m, context)
        s.connect(("tls.test", 7))
        s.close()
        assert slot("client_ca") == data


def test_contexts_that_fight_for_a_slot_do_not_wear_out_the_flash():
    rig.needs("AT+SYSMFG")
    m = ready()
    ca = slot("client_ca")
    contexts = []
    for data in (ca, ca + b"\n"):
        contexts.append(tls.SSLContext(m))
        contexts[-1].load_verify_locations(cadata=data)
    error = None
    for i in range(20):
        s = wrapped(m, contexts[i % 2])
        try:
            s.connect(("tls.test", 7))
        except OSError as e:
            error = e
            break
        s.close()
    assert error is not None and "slot" in str(error), error


def test_a_certificate_of_our_own():
    m = ready()
    context = checking(m)
    s = wrapped(m, context)
    rig.fails(NOT_ACCEPTED, s.connect, ("mutual.test", 7))
    context.load_cert_chain(slot("client_cert"), slot("client_key"), slot=2)
    s.connect(("mutual.test", 7))
    echo(s)
    s.close()
    assert slot("client_cert", 2) == slot("client_cert")
    assert slot("client_key", 2) == slot("client_key")
    context = tls.SSLContext(m)
    context.verify_mode = tls.CERT_NONE
    s = wrapped(m, context)
    rig.fails(ALERT, s.connect, ("mutual.test", 7))
    context.load_cert_chain(slot=0)
    s.connect(("mutual.test", 7))
    echo(s)


def far(answer):
    """The last connection to a server of the test's own."""
    return rig.control("far", id=rig.control("far", id=answer["id"])["connections"][-1])


def test_the_server_hears_the_name():
    # wire: AT+CIPSSLCSNI= by socket.connect
    rig.needs("AT+CIPSSLCSNI")
    m = ready()
    own = rig.control("serve", host="own.test", port=443, tls=True)
    ip = m.getaddrinfo("own.test", 443)[0][4][0]
    context = tls.SSLContext(m)
    context.verify_mode = tls.CERT_NONE
    for host, name, heard in (
        ("own.test", None, "own.test"),
        (ip, "other.test", "other.test"),
        (ip, None, None),
        ("own.test", "third.test", "third.test"),
    ):
        s = wrapped(m, context, name)
        s.connect((host, 443))
        assert far(own)["sni"] == heard, (host, name)
        s.close()


def test_protocols_and_what_one_link_said_is_not_said_by_the_next():
    # wire: AT+CIPSSLCALPN= by socket.connect
    m, tap = tapped()
    own = rig.control("serve", host="own.test", port=443, tls=True)
    context = tls.SSLContext(m)
    context.verify_mode = tls.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    s = wrapped(m, context)
    s.connect(("own.test", 443))
    s.close()
    assert b'AT+CIPSSLCALPN=0,2,"h2","http/1.1"\r\n' in tap.sent
    tap.forget()
    plain = tls.SSLContext(m)
    plain.verify_mode = tls.CERT_NONE
    s = wrapped(m, plain)
    s.connect(("own.test", 443))
    assert far(own)["connected"]
    assert b"AT+CIPSSLCALPN=0,0\r\n" in tap.sent
    assert b"AT+CIPSSLCSNI" not in tap.sent, "told before"
    s.close()


def test_a_shared_key_in_place_of_certificates():
    # wire: AT+CIPSSLCPSKHEX= by socket.connect
    # wire: AT+CIPSSLCPSK= by socket.connect
    m = rig.joined()  # no time, no authority: the key is the proof
    context = tls.SSLContext(m)
    context.set_psk(PSK, "espat")
    s = wrapped(m, context)
    s.connect(("psk.test", 7))
    echo(s)
    s.close()
    context.set_psk("wrong", "espat")
    rig.fails(ALERT, s.connect, ("psk.test", 7))
    context.set_psk(None, None)
    context.verify_mode = tls.CERT_NONE
    s.connect(("tls.test", 7))
    echo(s)


def test_after_a_reboot_everything_is_told_again():
    m = ready()
    context = checking(m)
    s = wrapped(m, context)
    s.connect(("tls.test", 7))
    boots = []
    m.on(rig.REBOOT, lambda *event: boots.append(event))
    rig.power_cycle()
    rig.wait_until(m, lambda: boots)
    s.close()
    e = rig.fails(NOT_ACCEPTED, s.connect, ("tls.test", 7))
    assert "time" in str(e), e
    rig.set_clock(m, JUNE_2026)
    rig.fails(NOT_ACCEPTED, s.connect, ("unknown.test", 7))
    s.connect(("tls.test", 7))
    echo(s)


def test_a_connected_socket_is_connected_again_with_tls():
    m = ready()
    s = m.socket()
    s.connect(("tls.test", 7))
    t = checking(m).wrap_socket(s, server_hostname="tls.test")
    echo(t)
    t.close()
    s = m.socket()
    s.connect(("unknown.test", 7))
    e = rig.raises(OSError, checking(m).wrap_socket, s, server_hostname="unknown.test")
    assert e.errno == NOT_ACCEPTED
    s.close()
    s = m.socket()
    s.connect(("pattern.test", 19))
    s.write(b"10\n")
    s.recv(1)
    rig.fails(95, checking(m).wrap_socket, s)


def test_nobody_there_and_no_tls_there():
    m = ready()
    s = wrapped(m, checking(m))
    rig.fails(rig.ECONNREFUSED, s.connect, ("tls.test", 444))
    rig.fails(-2, s.connect, ("nowhere.test", 443))
    rig.fails(NOT_ACCEPTED, s.connect, ("echo.test", 7))
    context = tls.SSLContext(m)
    context.verify_mode = tls.CERT_NONE
    s = wrapped(m, context)
    rig.fails(ALERT, s.connect, ("echo.test", 7))
    s.settimeout(3)
    rig.fails(rig.ETIMEDOUT, s.connect, ("silent.test", 1))


def test_a_host_name_that_is_too_long_for_a_check():
    m = ready()
    name = "n" * 61 + ".test"
    rig.control("host", name=name, ip="198.51.100.101")
    s = wrapped(m, checking(m))
    rig.fails(22, s.connect, (name, 7))
    s = wrapped(m, checking(m), "tls.test")
    s.connect((name, 7))  # resolved first, as without TLS
    echo(s)


def test_what_somebody_else_has_told_the_module_does_not_count():
    m = ready()
    context = checking(m)
    s = wrapped(m, context)
    s.connect(("tls.test", 7))
    s.close()
    m.command("AT+CIPSSLCCONF", 5, 0)
    rig.fails(NOT_ACCEPTED, s.connect, ("unknown.test", 7))
    m.command("AT+CIPSSLCCN", 5, "other.test")
    rig.fails(NOT_ACCEPTED, s.connect, ("wrong.test", 7))


def test_wrong_arguments():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    context = tls.SSLContext(m)
    rig.raises(ValueError, tls.SSLContext, m, 7)
    rig.raises(ValueError, setattr, context, "verify_mode", tls.CERT_OPTIONAL)
    rig.raises(ValueError, context.load_verify_locations, cadata=b"")
    rig.raises(ValueError, context.load_verify_locations, slot=256)
    rig.raises(OSError, context.load_verify_locations, "no/such/file.pem")
    rig.raises(ValueError, context.load_cert_chain, b"certificate")
    rig.raises(ValueError, context.set_alpn_protocols, ["x"] * 6)
    rig.raises(ValueError, context.set_alpn_protocols, [""])
    rig.raises(ValueError, context.set_psk, b"", "me")
    rig.raises(ValueError, context.set_psk, b"x" * 33, "me")
    rig.raises(ValueError, context.set_psk, b"x", "m" * 33)
    rig.raises(ValueError, context.set_psk, "x\r\nAT+RST", "me")
    rig.raises(ValueError, wrapped, m, context, "n" * 65)
    rig.raises(ValueError, context.wrap_socket, m.socket(), server_side=True)
    assert not tap.sent


def test_many_bytes_both_ways():
    m = ready()
    s = wrapped(m, checking(m))
    s.connect(("tls.test", 7))
    for n in (1, 1000, 5000):
        echo(s, rig.pattern(n))
    s.close()
