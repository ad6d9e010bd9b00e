# What the tests of provisioning share: a network at home, a phone that speaks SmartConfig, a
# browser in the module's own network, what the driver told of its stages. Owns no check.
from system import rig

HOME = ("home net", "home pass")
V2_KEY = "1234567890123456"


class Stages:
    """What on_stage was told; on certain stages something happens in the world."""

    def __init__(self, **then):
        self.seen = []
        self.then = then

    def __call__(self, stage, data):
        self.seen.append((stage, data))
        if stage in self.then:
            self.then[stage]()

    @property
    def names(self):
        return [stage for stage, data in self.seen]


def home(**options):
    rig.control("ap_add", ssid=HOME[0], key=HOME[1], wps=1)
    m = rig.modem(**options)
    m.start()
    return m


def phone(in_ms=3000, ssid=HOME[0], password=HOME[1], **more):
    rig.control("smartconfig", ssid=ssid, password=password, in_ms=in_ms, **more)


def told():
    return rig.control("status")["smartconfig"]


def reboot(m):
    boots = []
    m.on("reboot", lambda event, data: boots.append(event))
    rig.control("reboot")
    rig.wait_until(m, lambda: boots)
    m.on("reboot", None)


def usable(m):
    """The module takes other commands again, and listens for nobody."""
    assert not told()["running"]
    assert len(m.wifi.scan()) >= 2
    m.wifi.connect(*rig.LAB)


def post(path, body, in_ms=0):
    """A browser in the module's own network sends a form."""
    head = "POST %s HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: %d\r\n\r\n" % (path, len(body))
    number = rig.control("client", port=80, ip="192.168.4.2")["id"]
    rig.control("far", id=number, send=head + body, in_ms=in_ms or 50)


def served(m):
    """Is somebody at the module's port 80?"""
    number = rig.control("client", port=80, ip="192.168.4.2")["id"]
    rig.wait(m, 100)
    return rig.control("far", id=number)["connected"]


def browser(ssid=HOME[0], password=HOME[1]):
    form = '{"ssid": "%s", "password": "%s"}' % (ssid, password)
    post("/setstainfo", form, 2000)


def seen_it():
    post("/getresult", "received=1", 1000)
