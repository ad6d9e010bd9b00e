# espat.tls: TLS by the module's own hands. A context keeps what was asked for; once/tls_link.py
# tells it to the module when a link opens, once/tls_slots.py brings certificates into its flash.
# No byte of TLS is seen here.
from .compat import drop, load

CERT_NONE = 0
CERT_OPTIONAL = 1
CERT_REQUIRED = 2
PROTOCOL_TLS_CLIENT = 0
PROTOCOL_TLS_SERVER = 1


class SSLContext:
    """SSLContext(modem, protocol): as ssl.SSLContext. The module does TLS 1.2, checks the
    server's certificate with verify_mode CERT_REQUIRED (the default for clients) against
    load_verify_locations(), and its name with check_hostname. Nothing is sent before a link
    opens; what the module cannot honour is an error then."""

    check_hostname = True
    ca = None  # (slot, certificates or None): what to check against
    own = None  # (slot, certificate, key)
    alpn = ()
    psk = None  # (key, identity)
    # What modules were told before, so that it is not told again (once/tls_link.py, tls_slots.py).
    told = {}
    slots = {}

    def __init__(self, modem, protocol=PROTOCOL_TLS_CLIENT):
        if protocol not in (PROTOCOL_TLS_CLIENT, PROTOCOL_TLS_SERVER):
            raise ValueError("protocol: PROTOCOL_TLS_CLIENT or PROTOCOL_TLS_SERVER")
        self.m = modem
        self.server = protocol == PROTOCOL_TLS_SERVER
        self.verify = CERT_NONE if self.server else CERT_REQUIRED

    @property
    def verify_mode(self):
        """CERT_REQUIRED: the other side's certificate is checked. CERT_NONE: it is not."""
        return self.verify

    @verify_mode.setter
    def verify_mode(self, value):
        if value not in (CERT_NONE, CERT_REQUIRED):
            raise ValueError("verify_mode: the module has CERT_NONE and CERT_REQUIRED only")
        self.verify = value

    def load_verify_locations(self, cafile=None, cadata=None, slot=0):
        """The authorities to trust: PEM or DER, as the name of a file or as cadata. They are
        written into slot 0..255 of the module's flash (AT+SYSMFG, guide 3.1.19) when a link
        opens, unless they are there. With neither: what the slot holds already."""
        x = self.load("data", cafile, cadata)
        self.ca = self.load("slot", slot), x

    def load_cert_chain(self, certfile=None, keyfile=None, slot=0):
        """Our own certificate and its key: PEM or DER, as names of files or as bytes. Slots as
        for load_verify_locations(); with neither: what the slot holds already."""
        cert = self.load("data", certfile)
        key = self.load("data", keyfile)
        if (cert is None) != (key is None):
            raise ValueError("a certificate needs its key")
        self.own = self.load("slot", slot), cert, key

    def set_alpn_protocols(self, protocols):
        """Protocols to offer, at most 5, most wanted first (AT+CIPSSLCALPN, guide 3.3.29)."""
        self.alpn = self.load("names", protocols)

    def set_psk(self, key, identity):
        """A shared key instead of certificates: str as it is (AT+CIPSSLCPSK, guide 3.3.30),
        bytes as hexadecimal (AT+CIPSSLCPSKHEX); 1..32 bytes. identity: 1..32 characters. Both
        None: no such key."""
        self.psk = self.load("secret", key, identity)

    def wrap_socket(
        self, sock, server_side=False, do_handshake_on_connect=True, server_hostname=None
    ):
        """Make a socket a TLS one, before or after connect(); gives the socket back. A connected
        one is connected again, with TLS (docs/tls.md). server_hostname: the name to ask for and
        to check; without it the host of connect(). Raises as connect() does."""
        return self.load("wrap", sock, server_side, do_handshake_on_connect, server_hostname)

    def secure(self, name):
        # What is done before a link opens, or before the server starts.
        if self.server:
            return lambda m, i, host: m.brief("tls_slots", "serve", self)
        return lambda m, i, host: m.brief("tls_link", "tell", self, i, name or host)

    def heard(self, text):
        self.told[self.m] = text

    def load(self, name, *args):
        try:
            return getattr(load("once.tls_context"), name)(self, *args)
        finally:
            drop()
