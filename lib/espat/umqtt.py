# espat.umqtt.install(modem): `from umqtt.simple import MQTTClient` gives this file's class from
# then on: programs run on the module's own client, without a socket or TLS on the board.
import sys

_modem = None


class MQTTException(Exception):
    pass


def install(modem, name="umqtt.simple"):
    """Put this module in the place of umqtt.simple. modem: an espat.Modem (blocking face)."""
    global _modem
    _modem = modem
    me = sys.modules[__name__]
    sys.modules["umqtt"] = me
    sys.modules[name] = me
    me.simple = me


class MQTTClient:
    """umqtt.simple's client. ssl: True, or a context (of espat.tls, of the drop-in for ssl);
    ssl_params: cert_reqs, cadata, cert, key (PEM or DER, which go into the module's flash, as
    modem.nvs.load_certs() does it). Lost connections raise OSError, as there; the module itself
    answers pings. One client at a time."""

    queue = 4608  # bytes for messages that nobody has taken yet; a longer one raises ENOBUFS

    def __init__(
        self,
        client_id,
        server,
        port=0,
        user=None,
        password=None,
        keepalive=0,
        ssl=None,
        ssl_params={},  # noqa: B006  (the signature of umqtt.simple; never changed)
    ):
        self.client_id = client_id
        self.server = server
        self.port = port or None
        self.user = user
        self.pswd = password
        self.keepalive = keepalive
        self.ssl = ssl
        self.verify = getattr(ssl, "verify_mode", ssl_params.get("cert_reqs", 0)) == 2
        given = ssl_params.get
        own = getattr(ssl, "own", None) or (0, given("cert"), given("key"))
        self.certs = (getattr(ssl, "ca", None) or (0, given("cadata")))[1], own[1], own[2]
        self.cb = None
        self.will = None
        self.mqtt = _modem.mqtt

    def set_callback(self, f):
        self.cb = f

    def set_last_will(self, topic, msg, retain=False, qos=0):
        self.will = (topic, msg, qos, retain)

    def connect(self, clean_session=True, timeout=None):
        """Connect; False: whether the broker knew the session the module does not say."""
        if any(self.certs):
            _modem.nvs.load_certs("mqtt", *self.certs)
        try:
            self.mqtt.connect(
                self.server,
                self.port,
                self.client_id or None,
                self.user,
                self.pswd,
                "tls" if self.ssl else "tcp",
                self.verify,
                self.certs[1] is not None,
                keepalive_s=self.keepalive,
                clean=clean_session,
                will=self.will,
                reconnect=False,
                queue=self.queue,
                timeout_s=int(timeout or 40),
            )
        except OSError as e:
            if getattr(e, "code", 0):
                raise MQTTException(e)
            raise
        return False

    def disconnect(self):
        self.mqtt.disconnect()

    def ping(self):
        """The module does that by itself; OSError if the connection is gone."""
        if not self.mqtt.isconnected():
            raise OSError(-1)

    def publish(self, topic, msg, retain=False, qos=0):
        self.mqtt.publish(topic, msg, qos, retain)

    def subscribe(self, topic, qos=0):
        if self.cb is None:
            raise ValueError("set_callback() first")
        self.mqtt.subscribe(topic, qos)

    def wait_msg(self):
        """Wait for a message and hand it to the callback."""
        self.hand(self.mqtt.receive())

    def check_msg(self):
        """Hand a message to the callback, if one is there."""
        self.hand(self.mqtt.receive(0))

    def hand(self, x):
        if x:
            self.cb(x[0], bytes(x[1]))
