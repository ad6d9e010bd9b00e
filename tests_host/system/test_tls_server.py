# needs: sim
# The module as a TLS server: its certificates, who may come in, who is never seen.
from binascii import unhexlify

from espat import tls
from system import rig

NO_CA = -30336


def slot(space, number=0):
    key = "%s.%d" % (space, number)
    return unhexlify(rig.control("mfg", namespace=space, key=key)["value_hex"])


def serving(**options):
    m = rig.joined()
    context = tls.SSLContext(m, tls.PROTOCOL_TLS_SERVER)
    assert context.verify_mode == tls.CERT_NONE
    context.load_cert_chain(slot("server_cert"), slot("server_key"))
    for name in options:
        setattr(context, name, options[name])
    s = context.wrap_socket(m.socket(), server_side=True)
    s.bind(("", 8443))
    s.settimeout(5)
    return m, context, s


def client(**options):
    return rig.control("client", port=8443, **options)["id"]


def far(number, **options):
    return rig.control("far", id=number, **options)


def test_a_client_is_served():
    # wire: AT+CIPSERVER= by socket.listen
    rig.needs("AT+CIPSERVER SSL")
    m, context, s = serving()
    s.listen()
    number = client(tls=True)
    c, addr = s.accept()
    assert addr[0] and addr[1]
    c.settimeout(5)
    c.write(b"hello")
    rig.wait(m, 100)
    told = far(number, send="and back")
    assert told["connected"] and unhexlify(told["data_hex"]) == b"hello"
    assert c.read(8) == b"and back"
    assert context.wrap_socket(c, server_side=True) is c, "it has its TLS already"
    c.close()
    s.close()


def test_who_has_no_certificate_is_never_seen():
    rig.needs("AT+CIPSERVER SSL")
    m, context, s = serving(verify_mode=tls.CERT_REQUIRED)
    rig.fails(NO_CA, s.listen)
    context.load_verify_locations(cadata=slot("client_ca"))
    s.listen()
    assert slot("server_ca") == slot("client_ca")
    client(tls=True)
    client()  # speaks no TLS
    rig.fails(rig.ETIMEDOUT, s.accept)
    number = client(tls="cert")
    c, _ = s.accept()
    c.write(b"welcome")
    rig.wait(m, 100)
    assert unhexlify(far(number)["data_hex"]) == b"welcome"
    s.close()


def test_the_servers_certificate_is_written_once():
    rig.needs("AT+CIPSERVER SSL")
    m, context, s = serving()
    old = slot("server_cert")
    other = old[:-1] + b" "
    rig.control("mfg", namespace="server_cert", key="server_cert.0", value_hex=other.hex())
    s.listen()
    assert slot("server_cert") == old
    s.close()


def test_what_cannot_be_is_refused():
    rig.needs("AT+CIPSERVER SSL")
    m = rig.joined()
    context = tls.SSLContext(m, tls.PROTOCOL_TLS_SERVER)
    s = context.wrap_socket(m.socket(), server_side=True)
    s.bind(("", 8443))
    rig.fails(rig.ENOENT, s.listen)
    context.load_cert_chain(slot=1)
    rig.raises(ValueError, s.listen)
    plain = m.socket()
    plain.bind(("", 8080))
    plain.listen()
    rig.fails(95, context.wrap_socket, plain, server_side=True)
    number = rig.control("client", port=8080)["id"]
    plain.settimeout(5)
    c, _ = plain.accept()
    rig.fails(95, context.wrap_socket, c, server_side=True)
    assert far(number)["connected"]
    plain.close()


def test_after_a_reboot_the_server_is_back():
    rig.needs("AT+CIPSERVER SSL")
    m, context, s = serving()
    s.listen()
    rig.control("reboot")
    rig.wait(m, 5000)
    m.wifi.isconnected()
    m.start()
    rig.wait(m, 2000)
    client(tls=True)
    c, _ = s.accept()
    c.write(b"again")
    s.close()
