# A long life of the module's own clients: random commands, servers that misbehave, noise from the
# network, resets. Nothing may raise, and afterwards the module answers. Seeded.
from __future__ import annotations

import random

import pytest

from espat_sim import peers
from espat_sim.peers_http import Reply
from sim.rig import Rig

SEEDS = range(30)
STEPS = 60
PATHS = (
    *("get", "file/3000", "chunked/2000/300", "open/500", "status/404", "redirect/2", "loop"),
    *("cut/900/500", "reset/900/500", "stall/900/500", "slow/3000", "empty", "rubbish", "noise"),
)
FRAMES = ("echo", "frames/5/1500", "parts/3/9", "ping", "close/1001", "drop", "reset", "deaf")
MISHAPS = (
    *({"do": "kick"}, {"do": "reboot"}, {"do": "ap_down", "ssid": "espat-lab"}),
    *({"do": "ap_up", "ssid": "espat-lab"}, {"do": "drop_input", "count": 1}),
    *({"do": "broker", "end": "reset"}, {"do": "broker", "end": "close"}),
    *({"do": "broker", "end": "vanish"}, {"do": "broker", "drop_after": 20}),
    *({"do": "broker", "refuse": 5}, {"do": "broker", "refuse": 0}),
    *({"do": "broker", "mute": [4, 9]}, {"do": "broker", "mute": []}),
    *({"do": "quirk", "name": "mqtt_keeps_topics", "on": True}, {"do": "hang"}),
    {"do": "broker", "topic": "a/b", "data": "x" * 3000, "qos": 2, "retain": True},
)


class Life:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.rig = Rig(wifi=True, profile="esp32s2-3.4-full")
        peers.install(self.rig.net)
        self.services = self.rig.net.services
        routes = {"/noise": lambda request: Reply(raw=self.noise(b"HTTP/1.1 200 OK\r\n"))}
        self.services.web.routes.update(routes)

    def noise(self, head: bytes) -> bytes:
        """Sometimes it begins well."""
        begin = head[: self.rng.randrange(len(head) + 1)]
        return begin + self.rng.randbytes(self.rng.choice((1, 10, 3000)))

    def line(self) -> str:
        pick = self.rng.choice
        if not self.rig.m.station.has_ip and self.rng.random() < 0.6:
            return pick(("AT+CWMODE=1", 'AT+CWJAP="espat-lab","espat-pass"'))
        scheme, port = pick(((1, 1883), (2, 8883), (4, 8884), (6, 80), (7, 443), (3, 1883)))
        url = f"http{pick(('', 's'))}://web.test/{pick(PATHS)}"
        return pick(
            (
                f'AT+MQTTUSERCFG=0,{scheme},"c{pick("ab")}","","",0,0,"{pick(("", "mqtt"))}"',
                f'AT+MQTTCONN=0,"mqtt.test",{port},{pick((0, 1))}',
                f'AT+MQTTCONNCFG=0,{pick((0, 5))},{pick((0, 1))},"a/b","gone",1,{pick((0, 1))}',
                f'AT+MQTTSUB=0,"{pick(("a/b", "a/#", "+/b", "$SYS"))}",{pick((0, 1, 2))}',
                f'AT+MQTTUNSUB=0,"{pick(("a/b", "a/#", "no"))}"',
                f'AT+MQTTPUB=0,"a/b","{pick(("", "x", "y" * 90))}",{pick((0, 1, 2))},0',
                pick(("AT+MQTTCLEAN=0", "AT+MQTTCONN?", "AT+MQTTSUB?", "AT+CWQAP", "AT+RST")),
                f'AT+HTTPCLIENT={pick((1, 2, 3, 4, 5))},1,"{url}",,,1',
                f'AT+HTTPCGET="{url}",2048,{pick((0, 2048))},{pick((0, 500, 5000))}',
                f'AT+HTTPGETSIZE="{url}"',
                pick(("AT+HTTPCHEAD?", "AT+HTTPCHEAD=0", "AT+WSHEAD?", "AT+WSOPEN?")),
                f'AT+WSOPEN={pick((0, 1))},"ws{pick(("", "s"))}://ws.test/{pick(FRAMES)}"',
                f"AT+WSCFG={pick((0, 1))},{pick((1, 10))},{pick((1, 60))},{pick((64, 1024))}",
                f"AT+WSCLOSE={pick((0, 1))}",
            )
        )

    def command(self) -> None:
        self.rig.write(self.line() + "\r\n")
        self.rig.collect(self.rng.choice((0.01, 0.2, 2, 12)))

    def raw(self) -> None:
        """A command with raw data; whole, or given up by a reset."""
        n, pick = self.rng.choice((1, 60, 3000)), self.rng.choice
        line = pick(
            (
                f'AT+MQTTPUBRAW=0,"a/b",{n},{pick((0, 1, 2))},0',
                f'AT+HTTPC{pick(("POST", "PUT"))}="http://web.test/{pick(PATHS)}",{n}',
                f"AT+WSSEND={pick((0, 1))},{n},{pick((0, 1, 2, 3, 8, 9))},{pick((0, 500))}",
                "AT+MQTTLONGCLIENTID=0,9",
                "AT+HTTPCHEAD=9",
            )
        )
        self.rig.write(line + "\r\n")
        if self.rig.collect(0.1).endswith(b">"):
            self.rig.write(self.rng.randbytes(n))
            self.rig.collect(self.rng.choice((0.1, 3)))

    def world(self) -> None:
        """The network says something that it should not."""
        clients, sockets = self.services.broker.clients, self.services.ws.peers
        if clients and self.rng.random() < 0.5:
            clients[0].peer.send(self.noise(b"\x30\x0a\x00\x03a/b"))
        elif sockets:
            sockets[-1].under.send(self.noise(b"\x81\x7e\x01\x00"))
        self.rig.collect(0.1)

    def mishap(self) -> None:
        answer = self.rig.m.control(dict(self.rng.choice(MISHAPS)))
        assert answer["ok"], answer
        self.rig.collect(self.rng.choice((0.1, 5, 30)))

    def run(self) -> None:
        steps = (self.command, self.command, self.command, self.raw, self.world, self.mishap)
        for _ in range(STEPS):
            self.rng.choice(steps)()

    def ends_well(self) -> None:
        rig = self.rig
        self.services.broker.refuse, self.services.broker.mute = 0, set()
        assert rig.m.control({"do": "ap_up", "ssid": "espat-lab"})["ok"]
        rig.m.control({"do": "reboot"})
        rig.wait_ready()
        rig.collect(5)
        assert not rig.m.streams
        rig.write("AT" * 20 + "\r\n")  # bytes that are still to be lost
        rig.collect(0.1)
        for line in ("ATE0", "AT+CWMODE=1", 'AT+CWJAP="espat-lab","espat-pass"'):
            assert rig.ok(line)
        assert rig.ok('AT+MQTTUSERCFG=0,1,"end","","",0,0,""')
        assert rig.ok('AT+MQTTCONN=0,"mqtt.test",1883,0')
        assert rig.ok('AT+WSOPEN=0,"ws://ws.test/echo"')
        assert rig.ok('AT+HTTPCGET="http://web.test/file/100"')


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_raises_and_the_module_recovers(seed):
    life = Life(seed)
    life.run()
    life.ends_well()


def test_the_same_seed_is_the_same_life():
    lives = [Life(3), Life(3)]
    for life in lives:
        life.run()
    assert lives[0].rig.clock.now_us == lives[1].rig.clock.now_us
