# The MQTT commands: configuration, connecting in all ten ways, and what is refused.
from __future__ import annotations

import pytest

from espat_sim.peers_mqtt import CONNACK
from sim.mqtt_rig import MQTT, MQTT_PORTS, USERCFG, Rig, connected, rig

__all__ = ["connected", "rig"]  # the fixtures

# -- configuration and connecting --


def test_connecting_says_so_before_ok(rig):
    rig.configure()
    answer = rig.command(f'AT+MQTTCONN=0,"{MQTT}",1883,0')
    assert answer == b'+MQTTCONNECTED:0,1,"mqtt.test","1883","",0\r\n\r\nOK\r\n'


def test_what_is_configured_reaches_the_broker(rig):
    assert rig.ok('AT+MQTTUSERCFG=0,1,"short","user","secret",0,0,""')
    assert rig.ok('AT+MQTTCONNCFG=0,60,1,"last","will\\,then",1,1')
    assert rig.ok(f'AT+MQTTCONN=0,"{MQTT}",1883,1')
    (client,) = rig.broker.connects
    assert (client.username, client.password) == (b"user", b"secret")
    assert client.keepalive_s == 60
    assert client.session.client_id == b"short" and not client.session.clean
    will = client.will
    assert (will.topic, will.payload, will.qos, will.retain) == (b"last", b"will,then", 1, True)


@pytest.mark.parametrize(
    "command, field",
    [("CLIENTID", "client_id"), ("USERNAME", "username"), ("PASSWORD", "password")],
)
def test_long_values_replace_the_short_ones(rig, command, field):
    assert rig.ok('AT+MQTTUSERCFG=0,1,"short","user","secret",0,0,""')
    long = b"x" * 1024
    assert rig.prompt(f"AT+MQTTLONG{command}=0,1024", long) == b"\r\nOK\r\n"
    assert rig.ok(f'AT+MQTTCONN=0,"{MQTT}",1883,0')
    (client,) = rig.broker.connects
    found = client.session.client_id if field == "client_id" else getattr(client, field)
    assert found == long


def test_without_the_connection_settings_the_defaults_hold(connected):
    (client,) = connected.broker.connects
    assert client.keepalive_s == 120
    assert client.session.clean and client.will is None


def test_keepalive_0_becomes_120(rig):
    rig.configure()
    assert rig.ok('AT+MQTTCONNCFG=0,0,0,"","",0,0')
    assert rig.ok(f'AT+MQTTCONN=0,"{MQTT}",1883,0')
    assert rig.broker.connects[0].keepalive_s == 120


def test_states_from_nothing_to_subscribed(rig):
    assert rig.lines("AT+MQTTCONN?")[0] == '+MQTTCONN:0,0,0,"","","",0'
    rig.configure()
    assert rig.state() == 1
    assert rig.ok('AT+MQTTCONNCFG=0,0,0,"","",0,0')
    assert rig.state() == 2
    assert rig.ok(f'AT+MQTTCONN=0,"{MQTT}",1883,0')
    assert rig.lines("AT+MQTTCONN?")[0] == '+MQTTCONN:0,4,1,"mqtt.test","1883","",0'
    assert rig.ok('AT+MQTTSUB=0,"a",0')
    assert rig.state() == 6
    assert rig.ok('AT+MQTTUNSUB=0,"a"')
    assert rig.state() == 5
    assert rig.ok("AT+MQTTCLEAN=0")
    assert rig.state() == 0


@pytest.mark.parametrize(
    "scheme, door",
    [
        (1, "tcp"),
        (2, "tls"),
        (3, "tls"),
        (4, "mutual"),
        (5, "mutual"),
        (6, "ws"),
        (7, "wss"),
        (8, "wss"),
        (9, "wss-mutual"),
        (10, "wss-mutual"),
    ],
)
def test_all_ten_schemes_carry_messages_both_ways(rig, scheme, door):
    assert rig.ok("AT+CIPSNTPCFG=1,0")
    assert rig.wait_for(b"+TIME_UPDATED\r\n", 5)
    path = "mqtt" if scheme >= 6 else ""
    rig.configure(scheme, path)
    answer = rig.command(f'AT+MQTTCONN=0,"{MQTT}",{MQTT_PORTS[door]},0')
    shown = "/mqtt" if scheme >= 6 else ""
    said = f'+MQTTCONNECTED:0,{scheme},"{MQTT}","{MQTT_PORTS[door]}","{shown}",0\r\n\r\nOK\r\n'
    assert answer == said.encode()
    assert rig.ok('AT+MQTTSUB=0,"loop",1')
    data = bytes(range(256)) * 3
    answer = rig.publish_raw("loop", data, qos=1) + rig.collect(0.2)
    assert b'+MQTTSUBRECV:0,"loop",768,' + data + b"\r\n" in answer


@pytest.mark.parametrize(
    "scheme, door, why",
    [
        (2, "mutual", "the broker wants a certificate"),
        (3, "tls", "the clock is not set"),
        (1, "tls", "TLS is spoken there"),
        (2, "tcp", "no TLS is spoken there"),
        (6, "tcp", "no WebSocket is spoken there"),
    ],
)
def test_the_wrong_scheme_is_an_error_and_can_be_tried_again(rig, scheme, door, why):
    rig.configure(scheme)
    answer = rig.command(f'AT+MQTTCONN=0,"{MQTT}",{MQTT_PORTS[door]},1', 60)
    assert answer.endswith(b"ERR CODE:0x0000600b\r\n\r\nERROR\r\n")
    assert rig.ok("AT+MQTTCLEAN=0")
    rig.connect()


def test_an_sni_is_sent_and_then_also_checked(rig):
    assert rig.ok("AT+CIPSNTPCFG=1,0")
    rig.wait_for(b"+TIME_UPDATED\r\n", 5)
    rig.configure(3)
    assert rig.ok('AT+MQTTSNI=0,"other.test"')
    assert rig.code(f'AT+MQTTCONN=0,"{MQTT}",8883,0') == 0x600B
    assert rig.ok(f'AT+MQTTSNI=0,"{MQTT}"')
    assert rig.ok(f'AT+MQTTCONN=0,"{MQTT}",8883,0')
    assert [peer.sni for peer in rig.net.tls_peers] == ["other.test", MQTT]


def test_alpn_names_are_offered(rig):
    rig.configure(2)
    assert rig.ok('AT+MQTTALPN=0,2,"x-no","mqtt"')
    assert rig.ok(f'AT+MQTTCONN=0,"{MQTT}",8883,0')
    assert rig.net.tls_peers[0].session.selected_alpn_protocol() == "mqtt"
    assert rig.ok("AT+MQTTCLEAN=0")
    rig.configure(2)
    assert rig.ok("AT+MQTTALPN=0,0")
    assert rig.ok(f'AT+MQTTCONN=0,"{MQTT}",8883,0')
    assert rig.net.tls_peers[1].session.selected_alpn_protocol() is None


@pytest.mark.parametrize(
    "space, scheme, code",
    [("mqtt_ca", 3, 0x6022), ("mqtt_cert", 4, 0x6024), ("mqtt_key", 5, 0x6026)],
)
def test_an_empty_slot_has_its_error_code(rig, space, scheme, code):
    assert rig.ok(f'AT+SYSMFG=0,"{space}"')
    rig.configure(scheme)
    assert rig.code(f'AT+MQTTCONN=0,"{MQTT}",8883,0') == code


@pytest.mark.parametrize("refuse", [1, 2, 3, 4, 5])
def test_a_broker_that_refuses(rig, refuse):
    rig.broker.refuse = refuse
    rig.configure()
    assert rig.code(f'AT+MQTTCONN=0,"{MQTT}",1883,1') == 0x600B
    assert rig.collect(30) == b""  # and it does not go on by itself
    rig.broker.refuse = 0
    assert rig.ok(f'AT+MQTTCONN=0,"{MQTT}",1883,1')


def test_a_wrong_password(rig):
    rig.broker.users = {b"user": b"right"}
    assert rig.ok('AT+MQTTUSERCFG=0,1,"c","user","wrong",0,0,""')
    assert rig.code(f'AT+MQTTCONN=0,"{MQTT}",1883,0') == 0x600B
    assert rig.ok('AT+MQTTUSERCFG=0,1,"c","user","right",0,0,""')
    assert rig.ok(f'AT+MQTTCONN=0,"{MQTT}",1883,0')


def test_a_broker_that_never_answers_ends_in_time(rig):
    rig.broker.mute = {CONNACK}
    rig.configure()
    assert rig.command(f'AT+MQTTCONN=0,"{MQTT}",1883,0', 40).endswith(b"ERROR\r\n")


def test_unknown_hosts_and_closed_ports(rig):
    rig.configure()
    assert rig.code('AT+MQTTCONN=0,"nobody.test",1883,0') == 0x600B
    assert rig.code(f'AT+MQTTCONN=0,"{MQTT}",1,0') == 0x600B


def test_without_wifi_there_is_no_attempt():
    rig = Rig()
    assert rig.ok(USERCFG.format(scheme=1, path=""))
    assert not rig.ok('AT+MQTTCONN=0,"198.51.100.1",1883,0')


# -- refusals --


@pytest.mark.parametrize(
    "line, code",
    [
        ('USERCFG=1,1,"c","","",0,0,""', 0x6011),
        ('USERCFG="0",1,"c","","",0,0,""', 0x6010),
        ('USERCFG=0,11,"c","","",0,0,""', 0x6013),
        ('USERCFG=0,0,"c","","",0,0,""', 0x6013),
        ('USERCFG=0,1,c,"","",0,0,""', 0x6014),
        ('USERCFG=0,1,"c","%s","",0,0,""' % ("u" * 65), 0x6019),
        ('USERCFG=0,1,"c","","%s",0,0,""' % ("p" * 65), 0x601C),
        ('USERCFG=0,1,"c","","",1,0,""', 0x601E),
        ('USERCFG=0,1,"c","","",0,1,""', 0x6020),
        ('USERCFG=0,1,"c","","",0,0,"%s"' % ("/" * 33), 0x6029),
        ('USERCFG=0,1,"c","","",0,0', 0x6008),
        ("LONGCLIENTID=0,0", 0x604C),
        ("LONGCLIENTID=0,1025", 0x604C),
        ("LONGCLIENTID=0,10", 0x6001),
        ('CONNCFG=0,7201,0,"","",0,0', 0x602D),
        ('CONNCFG=0,0,2,"","",0,0', 0x602F),
        ('CONNCFG=0,0,0,"%s","",0,0' % ("t" * 129), 0x6032),
        ('CONNCFG=0,0,0,"t","%s",0,0' % ("m" * 129), 0x6035),
        ('CONNCFG=0,0,0,"t","m",3,0', 0x6037),
        ('CONNCFG=0,0,0,"t","m",0,2', 0x6039),
        ('CONNCFG=0,0,0,"","",0,0', 0x6001),
        ('ALPN=0,1,"x"', 0x6001),
        ('ALPN=0,2,"x"', 0x6008),
        ('SNI=0,"x"', 0x6001),
        ('CONN=0,"",1883,0', 0x603B),
        ('CONN=0,"%s",1883,0' % ("h" * 129), 0x603C),
        ('CONN=0,"h",0,0', 0x603E),
        ('CONN=0,"h",65536,0', 0x603E),
        ('CONN=0,"h",1883,2', 0x6040),
        ('CONN=0,"h",1883,0', 0x6001),
        ('PUB=0,"","d",0,0', 0x6042),
        ('PUB=0,"%s","d",0,0' % ("t" * 129), 0x6043),
        ('PUB=0,"t",d,0,0', 0x6044),
        ('PUB=0,"t","d",3,0', 0x6048),
        ('PUB=0,"t","d",0,2', 0x604A),
        ('PUB=0,"t","d",0,0', 0x6001),
        ('PUBRAW=0,"t",0,0,0', 0x604C),
        ('PUBRAW=0,"t","1",0,0', 0x604B),
        ('PUBRAW=0,"t",1,0,0', 0x6001),
        ('SUB=0,"t",3', 0x6048),
        ('SUB=0,"t",0', 0x6001),
        ('UNSUB=0,"t"', 0x6001),
        ("CLEAN=0", 0x6003),
        ("CLEAN=1", 0x6011),
    ],
)
def test_arguments_have_error_codes_of_their_own(line, code):
    rig = Rig()
    assert rig.ok("AT+SYSLOG=1")
    lines = rig.lines("AT+MQTT" + line)
    assert lines[-2:] == [f"ERR CODE:0x{code:08x}", "ERROR"]


def test_settings_are_closed_while_connected(connected):
    for line in (
        USERCFG.format(scheme=1, path=""),
        'AT+MQTTCONNCFG=0,0,0,"","",0,0',
        'AT+MQTTSNI=0,"x"',
        f'AT+MQTTCONN=0,"{MQTT}",1883,0',
    ):
        assert connected.code(line) == 0x6004


def test_before_the_connection_nothing_can_be_sent(rig):
    rig.configure()
    for line in ('PUB=0,"t","d",0,0', 'PUBRAW=0,"t",1,0,0', 'SUB=0,"t",0', 'UNSUB=0,"t"'):
        assert rig.code("AT+MQTT" + line) == 0x6051
