# MQTT messages both ways: strings, raw data, records, topics; brokers that do not answer.
from __future__ import annotations

import pytest

from espat_sim.peers_mqtt import PUBACK, SUBACK
from sim.mqtt_rig import PUBLISHED, connected, rig

__all__ = ["connected", "rig"]  # the fixtures

# -- publishing --


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_a_string_is_published(connected, qos):
    assert connected.ok(f'AT+MQTTPUB=0,"t/1","a\\,b\\"c\\\\d",{qos},1')
    connected.collect(0.1)
    (got,) = connected.broker.received
    assert (got.topic, got.payload, got.qos, got.retain) == (b"t/1", b'a,b"c\\d', qos, True)


def test_a_string_ends_at_nul(connected):
    assert connected.ok(b'AT+MQTTPUB=0,"t","ab\0cd",1,0')
    assert connected.broker.received[0].payload == b"ab"


def test_an_empty_string_takes_a_retained_message_away(connected):
    connected.broker.publish(b"t", b"old", retain=True)
    assert connected.ok('AT+MQTTPUB=0,"t","",1,1')
    assert connected.broker.retained == {}


@pytest.mark.parametrize("size", [1, 255, 1024, 4000, 65536])
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_raw_data_of_any_size_and_content(connected, size, qos):
    data = (b"\r\nOK\r\n+++\0\xff" * size)[:size]
    assert connected.publish_raw("t", data, qos) == b"+MQTTPUB:OK\r\n"
    connected.collect(0.1)
    (got,) = connected.broker.received
    assert got.payload == data and got.qos == qos


def test_raw_data_waits_for_its_last_byte_whatever_comes(connected):
    connected.write('AT+MQTTPUBRAW=0,"t",10,0,0\r\n')
    connected.wait_for(b">")
    connected.write("123")
    connected.collect(1)
    connected.write("+++")
    assert connected.collect(100) == b""
    connected.write("AT\r\n")
    assert connected.collect(0.1) == b"+MQTTPUB:OK\r\n"
    assert connected.broker.received[0].payload == b"123+++AT\r\n"
    assert connected.ok("AT")


def test_more_than_there_is_memory_is_refused(connected):
    assert connected.code('AT+MQTTPUBRAW=0,"t",1000000,0,0') == 0x6005


def test_wildcards_cannot_be_published_to(connected):
    assert connected.code('AT+MQTTPUB=0,"a/#","d",0,0') == 0x600C
    assert connected.ok('AT+MQTTPUB=0,"a","d",0,0')


@pytest.mark.parametrize("qos", [1, 2])
def test_a_broker_that_confirms_nothing_fails_the_publication_in_time(connected, qos):
    connected.broker.mute = {PUBACK, 5}
    start = connected.clock.now_us
    assert connected.code(f'AT+MQTTPUB=0,"t","d",{qos},0') == 0x600C
    assert 9.5e6 < connected.clock.now_us - start < 10.5e6
    assert connected.publish_raw("t", b"data", qos).endswith(b"+MQTTPUB:FAIL\r\n")
    connected.broker.mute = set()
    assert connected.publish_raw("t", b"more", qos) == b"+MQTTPUB:OK\r\n"


def test_the_connection_is_lost_in_the_middle_of_a_publication(connected):
    connected.broker.drop_after = 2000
    data = bytes(4000)
    answer = connected.publish_raw("t", data, qos=1)
    assert answer.endswith(b"+MQTTPUB:FAIL\r\n")
    assert b"+MQTTDISCONNECTED:0\r\n" in answer + connected.collect(1)
    assert connected.broker.received == []
    assert connected.state() == 3


def test_the_connection_is_lost_while_the_host_still_sends(connected):
    connected.write('AT+MQTTPUBRAW=0,"t",5000,0,0\r\n')
    connected.wait_for(b">")
    connected.write(bytes(1000))
    connected.broker.break_all()
    assert connected.collect(1) == b"+MQTTDISCONNECTED:0\r\n"
    connected.write(bytes(4000))
    assert connected.wait_for(PUBLISHED).endswith(b"+MQTTPUB:FAIL\r\n")
    assert connected.ok("AT")


# -- subscribing --


def test_messages_come_with_their_length(connected):
    assert connected.ok('AT+MQTTSUB=0,"a/+",2')
    connected.broker.publish(b"a/b", b"one\r\nOK\r\n", qos=2)
    connected.broker.publish(b"a/c", b"", qos=0)
    assert connected.collect(0.3) in (
        b'+MQTTSUBRECV:0,"a/b",9,one\r\nOK\r\n\r\n+MQTTSUBRECV:0,"a/c",0,\r\n',
        b'+MQTTSUBRECV:0,"a/c",0,\r\n+MQTTSUBRECV:0,"a/b",9,one\r\nOK\r\n\r\n',
    )


def records(data):
    """The payloads of the records in data."""
    found = []
    while data:
        head, _, rest = data.partition(b'",')
        assert head.startswith(b'+MQTTSUBRECV:0,"'), head
        size, _, rest = rest.partition(b",")
        found.append(rest[: int(size)])
        assert rest[int(size) : int(size) + 2] == b"\r\n"
        data = rest[int(size) + 2 :]
    return found


@pytest.mark.parametrize("size", [987, 1018, 1019, 1024, 4000, 65536])
def test_long_messages_come_in_records(connected, size):
    """The first has room for what the head of the packet leaves of 1024 bytes."""
    assert connected.ok('AT+MQTTSUB=0,"t",0')
    data = (bytes(range(256)) * 256)[:size]
    connected.broker.publish(b"t", data)
    got = records(connected.collect(10))
    first = 1024 - (2 if size < 125 else 3 if size < 16380 else 4) - 3
    assert b"".join(got) == data
    assert len(got[0]) == min(size, first)
    assert all(len(part) == 1024 for part in got[1:-1])


def test_a_firmware_with_a_larger_buffer_says_it_in_one_piece(connected):
    connected.m.control({"do": "quirk", "name": "mqtt_whole_messages", "on": True})
    assert connected.ok('AT+MQTTSUB=0,"t",0')
    connected.broker.publish(b"t", bytes(4000))
    assert records(connected.collect(2)) == [bytes(4000)]


def test_a_slow_host_loses_nothing(connected):
    """The module leaves the rest in the socket while its transmit buffer is full."""
    assert connected.ok('AT+MQTTSUB=0,"t",1')
    for i in range(100):
        connected.broker.publish(b"t", b"%04d" % i * 250, qos=1)
    got = records(connected.collect(15))
    assert [part[:4] for part in got] == [b"%04d" % i for i in range(100)]
    connected.collect(1)
    session = next(iter(connected.broker.sessions.values()))
    assert session.waiting == []


def test_retained_messages_come_after_the_subscription(connected):
    connected.broker.publish(b"t", b"kept", retain=True)
    answer = connected.command('AT+MQTTSUB=0,"t",1') + connected.collect(0.1)
    assert answer.replace(b"\r\nOK\r\n", b"") == b'+MQTTSUBRECV:0,"t",4,kept\r\n'


def test_ten_topics_and_no_more(connected):
    for i in range(10):
        assert connected.ok(f'AT+MQTTSUB=0,"t{i}",{i % 3}')
    assert connected.code('AT+MQTTSUB=0,"t10",0') == 0x600D
    assert connected.lines("AT+MQTTSUB?")[:-1] == [
        f'+MQTTSUB:0,6,"t{i}",{i % 3}' for i in range(10)
    ]
    assert connected.ok('AT+MQTTUNSUB=0,"t3"')
    assert connected.ok('AT+MQTTSUB=0,"t10",0')


def test_no_topic_is_told_as_an_empty_one(connected):
    assert connected.lines("AT+MQTTSUB?") == ['+MQTTSUB:0,4,"",0', "OK"]


def test_subscribing_twice_and_unsubscribing_nothing(connected):
    assert connected.lines('AT+MQTTUNSUB=0,"t"') == ["NO UNSUBSCRIBE", "OK"]
    assert connected.ok('AT+MQTTSUB=0,"t",1')
    assert connected.lines('AT+MQTTSUB=0,"t",1') == ["ALREADY SUBSCRIBE", "OK"]
    connected.m.control({"do": "quirk", "name": "mqtt_topic_notes", "on": False})
    assert connected.lines('AT+MQTTSUB=0,"t",1') == ["OK"]
    assert connected.ok('AT+MQTTUNSUB=0,"t"')
    assert connected.lines('AT+MQTTUNSUB=0,"t"') == ["OK"]


def test_a_subscription_that_the_broker_refuses(connected):
    connected.broker.forbid = {b"secret"}
    assert connected.code('AT+MQTTSUB=0,"secret",0') == 0x600D
    assert connected.state() == 4


def test_a_subscription_without_an_answer(connected):
    connected.broker.mute = {SUBACK}
    assert connected.code('AT+MQTTSUB=0,"t",0') == 0x600D


def test_a_filter_that_is_none(connected):
    assert connected.code('AT+MQTTSUB=0,"a/#/b",0') == 0x600D


def test_messages_come_while_the_module_waits_for_data(connected):
    """The host must tell them from the answer to its own command."""
    assert connected.ok('AT+MQTTSUB=0,"t",0')
    connected.write('AT+MQTTPUBRAW=0,"other",10,1,0\r\n')
    connected.wait_for(b">")
    connected.write("12345")
    connected.broker.publish(b"t", b"\r\nOK\r\n>")
    assert connected.collect(0.2) == b'+MQTTSUBRECV:0,"t",7,\r\nOK\r\n>\r\n'
    connected.write("67890")
    assert connected.collect(0.2) == b"+MQTTPUB:OK\r\n"


def test_a_firmware_that_ends_with_already_subscribe(connected):
    connected.m.control({"do": "quirk", "name": "mqtt_already_alone", "on": True})
    assert connected.ok('AT+MQTTSUB=0,"t",1')
    connected.write('AT+MQTTSUB=0,"t",1\r\n')
    assert connected.collect(12) == b"ALREADY SUBSCRIBE\r\n"
    assert connected.ok("AT")


def test_a_firmware_that_says_ok_after_raw_data(connected):
    connected.m.control({"do": "quirk", "name": "mqtt_raw_ok", "on": True})
    said = connected.publish_raw("t", b"data") + connected.collect(0.1)
    assert said == b"+MQTTPUB:OK\r\n\r\nOK\r\n"
