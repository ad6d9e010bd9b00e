# When the connection to the broker goes: reconnection, sessions, wills, pings, nonsense.
from __future__ import annotations

import pytest

from espat_sim.peers_mqtt import PINGRESP, PUBACK
from sim.mqtt_rig import MQTT, USERCFG, MqttRig, connected, rig

__all__ = ["connected", "rig"]  # the fixtures

# -- the connection goes --


@pytest.mark.parametrize("how", ["close", "reset"])
def test_without_reconnection_everything_has_to_be_configured_again(connected, how):
    connected.broker.break_all(how)
    assert connected.collect(60) == b"+MQTTDISCONNECTED:0\r\n"
    assert connected.state() == 3
    assert connected.code(f'AT+MQTTCONN=0,"{MQTT}",1883,0') == 0x6002
    assert connected.code(USERCFG.format(scheme=1, path="")) == 0x6002
    assert connected.code('AT+MQTTPUB=0,"t","d",0,0') == 0x6051
    assert connected.ok("AT+MQTTCLEAN=0")
    connected.connect()


def test_reconnection_by_itself_without_the_topics(rig):
    rig.connect(reconnect=1)
    assert rig.ok('AT+MQTTSUB=0,"t",0')
    rig.broker.break_all()
    assert rig.wait_for(b"\r\n") == b"+MQTTDISCONNECTED:0\r\n"
    up = b'+MQTTCONNECTED:0,1,"mqtt.test","1883","",1\r\n'
    start = rig.clock.now_us
    assert rig.wait_for(b"\r\n", 15) == up
    assert 9e6 < rig.clock.now_us - start < 11e6
    assert rig.lines("AT+MQTTSUB?")[0] == '+MQTTSUB:0,4,"",0'
    rig.broker.publish(b"t", b"lost")
    assert rig.collect(0.5) == b""
    assert rig.lines('AT+MQTTSUB=0,"t",0') == ["OK"]
    rig.broker.publish(b"t", b"heard")
    assert rig.collect(0.5) == b'+MQTTSUBRECV:0,"t",5,heard\r\n'


def test_a_firmware_that_keeps_its_list_of_topics(rig):
    rig.m.control({"do": "quirk", "name": "mqtt_keeps_topics", "on": True})
    rig.connect(reconnect=1)
    assert rig.ok('AT+MQTTSUB=0,"t",0')
    rig.broker.break_all()
    rig.wait_for(b'"",1\r\n', 15)
    assert rig.lines('AT+MQTTSUB=0,"t",0') == ["ALREADY SUBSCRIBE", "OK"]
    rig.broker.publish(b"t", b"lost")
    assert rig.collect(0.5) == b""
    assert rig.ok('AT+MQTTUNSUB=0,"t"') and rig.ok('AT+MQTTSUB=0,"t",0')
    rig.broker.publish(b"t", b"heard")
    assert rig.collect(0.5) == b'+MQTTSUBRECV:0,"t",5,heard\r\n'


def test_a_session_that_the_broker_keeps(rig):
    rig.configure()
    assert rig.ok('AT+MQTTCONNCFG=0,0,1,"","",0,0')
    assert rig.ok(f'AT+MQTTCONN=0,"{MQTT}",1883,1')
    assert rig.ok('AT+MQTTSUB=0,"t",1')
    rig.broker.break_all()
    rig.wait_for(b"\r\n")
    rig.broker.publish(b"t", b"in between", qos=1)
    assert rig.collect(15) == (
        b'+MQTTCONNECTED:0,1,"mqtt.test","1883","",1\r\n+MQTTSUBRECV:0,"t",10,in between\r\n'
    )
    assert rig.lines("AT+MQTTSUB?")[0] == '+MQTTSUB:0,6,"t",1'


def test_a_broker_that_refuses_a_reconnection_is_asked_again(rig):
    rig.connect(reconnect=1)
    rig.broker.refuse = 3
    rig.broker.break_all()
    assert rig.collect(35) == b"+MQTTDISCONNECTED:0\r\n"
    assert len(rig.broker.connects) == 4
    rig.broker.refuse = 0
    assert b"+MQTTCONNECTED" in rig.collect(11)


def test_the_network_goes_and_comes_back(rig):
    rig.connect(reconnect=1)
    rig.m.control({"do": "kick"})
    said = rig.collect(30)
    assert b"WIFI DISCONNECT\r\n" in said and b"+MQTTDISCONNECTED:0\r\n" in said
    assert rig.state() == 3 or b"+MQTTCONNECTED" in said
    rig.ok('AT+CWJAP="espat-lab","espat-pass"')
    rig.collect(30)
    assert rig.state() == 4


def test_a_will_is_published_when_the_module_is_reset(rig):
    rig.configure()
    assert rig.ok('AT+MQTTCONNCFG=0,0,0,"last","gone",0,1')
    assert rig.ok(f'AT+MQTTCONN=0,"{MQTT}",1883,0')
    rig.m.control({"do": "reboot"})
    rig.wait_ready()
    assert rig.broker.retained[b"last"].payload == b"gone"
    assert rig.lines("AT+MQTTCONN?")[-2].startswith("+MQTTCONN:0,0,")


def test_clean_says_goodbye_so_that_there_is_no_will(rig):
    rig.configure()
    assert rig.ok('AT+MQTTCONNCFG=0,0,0,"last","gone",0,1')
    assert rig.ok(f'AT+MQTTCONN=0,"{MQTT}",1883,0')
    assert rig.command("AT+MQTTCLEAN=0") == b"\r\nOK\r\n"
    rig.collect(1)
    assert rig.broker.retained == {} and rig.broker.clients == []


def test_a_firmware_that_says_disconnected_at_clean(connected):
    connected.m.control({"do": "quirk", "name": "mqtt_clean_disconnects", "on": True})
    assert connected.command("AT+MQTTCLEAN=0") == b"+MQTTDISCONNECTED:0\r\n\r\nOK\r\n"


def test_pings_keep_the_connection(rig):
    rig.configure()
    assert rig.ok('AT+MQTTCONNCFG=0,10,0,"","",0,0')
    assert rig.ok(f'AT+MQTTCONN=0,"{MQTT}",1883,0')
    assert rig.collect(61) == b""
    assert rig.broker.clients[0].pings == 12


def test_without_answers_to_pings_the_connection_is_given_up(rig):
    rig.configure()
    assert rig.ok('AT+MQTTCONNCFG=0,10,0,"","",0,0')
    assert rig.ok(f'AT+MQTTCONN=0,"{MQTT}",1883,0')
    rig.broker.mute = {PINGRESP}
    assert rig.collect(9) == b""
    assert rig.collect(2) == b"+MQTTDISCONNECTED:0\r\n"


def test_a_broker_that_vanishes_is_noticed_by_the_pings(rig):
    rig.configure()
    assert rig.ok('AT+MQTTCONNCFG=0,10,0,"","",0,0')
    assert rig.ok(f'AT+MQTTCONN=0,"{MQTT}",1883,1')
    rig.broker.break_all("vanish")
    assert rig.collect(12) == b"+MQTTDISCONNECTED:0\r\n"
    assert b"+MQTTCONNECTED" in rig.collect(12)


# -- a hostile broker --


@pytest.mark.parametrize(
    "data",
    [
        b"\x30\xff\xff\xff\xff\xff",  # a length of five bytes
        b"\x36\x00",  # QoS 3
        b"\x30\x01\x00",  # a topic that is cut
        b"\x30\x05\x00\x02\xff\xfea",  # a topic that is no text
        b"\xf0\x00",  # a packet that is none
        b"HTTP/1.1 400 Bad Request\r\n\r\n" * 5,
    ],
)
def test_what_is_no_mqtt_ends_the_connection(connected, data):
    connected.broker.clients[0].peer.send(data + bytes(8))
    assert connected.collect(1) == b"+MQTTDISCONNECTED:0\r\n"
    assert connected.ok("AT+MQTTCLEAN=0")


def test_two_runs_are_the_same():
    def run():
        rig = MqttRig()
        rig.connect(reconnect=1)
        rig.ok('AT+MQTTSUB=0,"t",2')
        said = rig.publish_raw("t", bytes(range(200)), 2) + rig.collect(1)
        rig.broker.break_all()
        return said + rig.collect(20), rig.clock.now_us

    assert run() == run()


# -- stalls and lost bytes --


def test_a_broker_that_reads_nothing_fails_the_publication_in_time(connected):
    connected.broker.clients[0].peer.pause()
    answer = connected.publish_raw("t", bytes(80_000), qos=0)
    assert answer.endswith(b"+MQTTPUB:FAIL\r\n")
    connected.broker.clients[0].peer.resume()
    assert connected.publish_raw("t", b"after", qos=1) == b"+MQTTPUB:OK\r\n"
    assert [len(got.payload) for got in connected.broker.received] == [80_000, 5]


def test_a_byte_that_the_wire_loses_is_waited_for(connected):
    connected.m.control({"do": "drop_input", "count": 1, "after_bytes": 40})
    connected.write('AT+MQTTPUBRAW=0,"t",100,0,0\r\n')
    connected.wait_for(b">")
    connected.write(bytes(100))
    assert connected.collect(60) == b""
    connected.write("AT\r\n")  # its first byte is taken as the last one of the data
    assert b"+MQTTPUB:OK\r\n" in connected.collect(1)
    assert connected.broker.received[0].payload == bytes(99) + b"A"
    assert connected.ok("AT")


def test_clean_ends_the_attempts_to_come_back(rig):
    rig.connect(reconnect=1)
    rig.broker.break_all()
    rig.wait_for(b"+MQTTDISCONNECTED:0\r\n")
    assert rig.ok("AT+MQTTCLEAN=0")
    assert rig.collect(60) == b""
    assert len(rig.broker.connects) == 1


def test_a_second_client_of_the_same_name_takes_over(rig):
    rig.connect()
    other = type(rig)()
    other.net.serve_tcp("mqtt.test", 1883, rig.broker.serve)
    other.connect()
    assert rig.collect(1) == b"+MQTTDISCONNECTED:0\r\n"
    assert other.state() == 4


@pytest.mark.parametrize("how", ["close", "reset"])
def test_what_came_before_the_end_is_told_before_it(connected, how):
    """The host is slower than the network, and the connection ends while messages wait."""
    assert connected.ok('AT+MQTTSUB=0,"t",0')
    for i in range(6):
        connected.broker.publish(b"t", b"%03d" % i * 300)
    connected.broker.break_all(how)
    said = connected.collect(10)
    assert said.count(b"+MQTTSUBRECV:") == 6
    assert said.endswith(b"+MQTTDISCONNECTED:0\r\n")


def test_a_slow_host_is_no_reason_to_give_up_the_broker(rig):
    rig.configure()
    assert rig.ok('AT+MQTTCONNCFG=0,4,0,"","",0,0')
    assert rig.ok(f'AT+MQTTCONN=0,"{MQTT}",1883,0')
    assert rig.ok('AT+MQTTSUB=0,"t",0')
    assert rig.ok("AT+UART_CUR=4800,8,1,0,0")
    rig.collect(0.01)
    rig.host.set_baud(4800)
    for _ in range(30):
        rig.broker.publish(b"t", bytes(900))
    said = rig.collect(80)
    assert said.count(b"+MQTTSUBRECV:") == 30 and b"+MQTTDIS" not in said


def test_publications_without_an_answer_do_not_stop_the_next_ones(connected):
    connected.broker.mute = {PUBACK}
    for _ in range(25):
        assert not connected.ok('AT+MQTTPUB=0,"t","x",1,0')
    connected.broker.mute = set()
    assert connected.ok('AT+MQTTPUB=0,"t","last",1,0')
    assert connected.broker.received[-1].payload == b"last"
