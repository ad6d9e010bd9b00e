# A long life of random commands, data, clients and mishaps: nothing may raise, and after a reset
# the module answers. Seeded, so that a failure can be repeated.
from __future__ import annotations

import random

import pytest

from espat_sim import AccessPoint, Air, peers, peers_tls
from sim.rig import Rig

SEEDS = range(40)
STEPS = 120
HOSTS = ("echo.test", "tls.test", "http.test", "refuse.test", "expired.test", "psk.test")
ODD_HOSTS = ("192.168.4.2", "2001:db8::6", "239.1.1.1", "255.255.255.255", "0.0.0.0", "no.test")
FIXED = (
    *("AT+CIPSTATE?", "AT+CIPSTATUS", "AT+CIFSR", "AT+CIPRECVLEN?", "AT+CIPCLOSE", "AT+CWQAP"),
    *("AT+CIPSNTPCFG=1,8", "AT+CIUPDATE=0,,,1", "AT+CIPFWVER?", "AT+CWLAP", "AT+CIPSERVER?"),
    *("AT+CWSTARTSMART", "AT+CWSTOPSMART", "AT+WPS=1", "AT+WPS=0", "AT+CIPSERVER=0,1", "AT+RST"),
    *('AT+CIPSERVER=1,443,"SSL"', "AT+CIPSERVER=1,80", 'AT+CIPSERVER=1,443,"SSL",1'),
    *("AT+WEBSERVER=1,8080,25", "AT+WEBSERVER=0", 'AT+CWSAP="x","12345678",5,3'),
    *('AT+CIPAP="192.168.9.1"', 'AT+CWJEAP="off",1,"a","b","c",0,3', "AT+CIPSENDLCFG=100,100"),
    *('AT+SAVETRANSLINK=1,"tls.test",7,"SSL"', "AT+SAVETRANSLINK=0", "AT+CIPMUX=1", "AT+CIPMUX=0"),
)
MISHAPS = (
    *({"do": "kick"}, {"do": "ap_down", "ssid": "espat-lab"}, {"do": "ap_up", "ssid": "espat-lab"}),
    *({"do": "link_loss", "id": 0}, {"do": "wps_button", "ssid": "espat-lab"}, {"do": "reboot"}),
    {"do": "sta_join", "mac": "02:00:00:00:00:01", "key": "12345678"},
    {"do": "sta_leave", "mac": "02:00:00:00:00:01"},
    {"do": "smartconfig", "ssid": "espat-lab", "password": "espat-pass"},
    {"do": "quirk", "name": "udp_merge", "on": False},
    {"do": "quirk", "name": "forget_first_ipd", "on": True},
)


class Life:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        nets = (
            AccessPoint(b"espat-lab", b"espat-pass", wps=1, ipv6_prefix="2001:db8:1:2"),
            AccessPoint(b"off", eap={}),
        )
        self.rig = Rig(wifi=True, profile="esp32s2-3.4-full", air=Air(nets))
        net = self.rig.net
        peers.install(net)
        net.hosts["echo.test"] = [net.hosts["echo.test"], "2001:db8::6"]
        net.serve_tcp("2001:db8::6", 7, peers.serve_echo)
        self.ends: list = []

    def index(self) -> str:
        return f"{self.rng.randrange(6)}," if self.rig.m.cfg["mux"] else ""

    def line(self) -> str:
        pick = self.rng.choice
        if not self.rig.m.station.has_ip and self.rng.random() < 0.6:
            return pick(("AT+CWMODE=3", 'AT+CWJAP="espat-lab","espat-pass"'))
        host = pick(HOSTS) if self.rng.random() < 0.8 else pick(ODD_HOSTS)
        kind = pick(("TCP", "SSL", "UDP", "TCPv6", "SSLv6", "UDPv6"))
        more = pick(("", ",1111,2", ",1112,0")) if kind.startswith("UDP") else pick(("", ",60"))
        return pick(
            (
                f'AT+CIPSTART={self.index()}"{kind}","{host}",{pick((7, 80, 443))}{more}',
                f"AT+CIPRECVDATA={self.index()}{pick((1, 100, 2920, 9000))}",
                f"AT+CIPRECVTYPE={self.index()}{pick((0, 1))}",
                f"AT+CIPCLOSE={self.index()[:-1]}",
                f"AT+CIPTCPOPT={self.index()}{pick(('', 0, 5))},,{pick(('', 50))}",
                f"AT+CIPSSLCCONF={self.index()}{pick((0, 1, 2, 3))}",
                f'AT+CIPSSLCPSKHEX={self.index()}"{pick(("", "00ff"))}","espat"',
                f"AT+CIPMODE={pick((0, 1))}",
                f"AT+CIPV6={pick((0, 1))}",
                f"AT+SYSMSG={self.rng.randrange(8)}",
                f"AT+CIPSERVERMAXCONN={pick((1, 3, 5))}",
                f"AT+CIPSTO={pick((0, 1, 5))}",
                f'AT+PING="{host}"',
                *(pick(FIXED) for _ in range(6)),
            )
        )

    def command(self) -> None:
        self.rig.write(self.line() + "\r\n")
        self.rig.collect(self.rng.choice((0.01, 0.1, 0.5, 3)))

    def raw(self) -> None:
        """A send of any kind, or passthrough; whole, cut short, and out again."""
        n = self.rng.choice((1, 200, 3000))
        name = self.rng.choice(("CIPSEND", "CIPSENDEX", "CIPSENDL"))
        self.rig.write(self.rng.choice((f"AT+{name}={self.index()}{n}", "AT+CIPSEND")) + "\r\n")
        if self.rig.collect(0.05).endswith(b">"):
            self.rig.write(self.rng.randbytes(self.rng.choice((n, n // 2))))
            self.rig.collect(0.3)
            self.rig.write("+++")
            self.rig.collect(1)

    def world(self) -> None:
        net, rng = self.rig.net, self.rng
        what = rng.choice(("tcp", "tls", "udp", "send", "close", "reset", "vanish", "pause"))
        if what == "tcp":
            ip = rng.choice(("", "192.168.4.2", "2001:db8::9"))
            self.ends.append(net.client_tcp(rng.choice((80, 443, 8080)), ip=ip))
        elif what == "tls":
            names = rng.choice(((), ("a.test",)))
            self.ends.append(net.client_tcp(443, tls=peers_tls.client_context(*names)))
        elif what == "udp":
            target = rng.choice((net.station_ip, "255.255.255.255"))
            data = rng.randbytes(rng.randrange(2000))
            net.udp_peer("192.0.2.9", 5000).sendto(data, target, 1111)
        elif self.ends and what == "send":
            rng.choice(self.ends).send(rng.randbytes(rng.randrange(1, 9000)))
        elif self.ends:
            getattr(rng.choice(self.ends), what)()
        self.rig.collect(0.05)

    def mishap(self) -> None:
        self.rig.m.control(dict(self.rng.choice(MISHAPS)))
        self.rig.collect(self.rng.choice((0.05, 1, 5)))


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_breaks_and_a_reset_always_helps(seed):
    life = Life(seed)
    for _ in range(STEPS):
        life.rng.choices((life.command, life.raw, life.world, life.mishap), (12, 3, 3, 2))[0]()
    rig = life.rig
    rig.m.flash.erase("at")
    rig.m.restart()
    assert b"\r\nready\r\n" in rig.collect(2)
    assert rig.command("AT") == b"AT\r\n\r\nOK\r\n"
