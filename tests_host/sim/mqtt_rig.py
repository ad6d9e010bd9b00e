# The rig of the MQTT tests: a module that joined, and the broker of the virtual network.
# Owns no check.
from __future__ import annotations

import pytest

from espat_sim import peers_services
from espat_sim.peers_services import MQTT, MQTT_PORTS
from sim.rig import Rig

USERCFG = 'AT+MQTTUSERCFG=0,{scheme},"sim","","",0,0,"{path}"'
PUBLISHED = (b"+MQTTPUB:OK\r\n", b"+MQTTPUB:FAIL\r\n", b"ERROR\r\n")


class MqttRig(Rig):
    def __init__(self, **options):
        super().__init__(wifi=True, **options)
        self.services = peers_services.install(self.net)
        self.broker = self.services.broker
        assert self.ok("AT+SYSLOG=1")

    def configure(self, scheme=1, path=""):
        assert self.ok(USERCFG.format(scheme=scheme, path=path))

    def connect(self, scheme=1, door="tcp", path="", reconnect=0):
        self.configure(scheme, path)
        line = f'AT+MQTTCONN=0,"{MQTT}",{MQTT_PORTS[door]},{reconnect}'
        assert self.ok(line)

    def code(self, line):
        """The error code of a command that is refused."""
        lines = self.lines(line)
        assert lines[-1] == "ERROR"
        return int(lines[-2].partition("0x")[2], 16)

    def publish_raw(self, topic, data, qos=0, retain=0):
        self.write(f'AT+MQTTPUBRAW=0,"{topic}",{len(data)},{qos},{retain}\r\n')
        assert self.wait_for((b"\r\n>", b"ERROR\r\n")) == b"\r\nOK\r\n\r\n>"
        self.write(data)
        return self.wait_for(PUBLISHED, 60)

    def state(self):
        return int(self.lines("AT+MQTTCONN?")[0].split(",")[1])


@pytest.fixture
def rig():
    return MqttRig()


@pytest.fixture
def connected(rig):
    rig.connect()
    return rig
