# The wording and framing of messages.csv: each message that exists is provoked and compared
# byte for byte with the framing of its row.
from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Callable

import pytest

from espat_sim import AccessPoint, Flash, peers_services
from sim.rig import Rig, air

TABLE = Path(__file__).parent.parent / "tables" / "messages.csv"
with open(TABLE, encoding="utf-8", newline="") as _file:
    ROWS = [row for row in csv.DictReader(_file) if row["dialect"] == "esp-at"]

Scenario = Callable[[], bytes]
MUX = "AT+CIPMUX=1"


def joined() -> Rig:
    return Rig(wifi=True)


def linked(*setup: str, index: str = "") -> tuple[Rig, list]:
    rig = joined()
    for line in setup:
        assert rig.ok(line)
    return rig, rig.connect(index=index)


def answer(line: str, *setup: str) -> Scenario:
    def run() -> bytes:
        rig, _ = linked(*setup)
        rig.write(line + "\r\n")
        return rig.collect(8)

    return run


def arrival(*setup: str, index: str = "") -> Scenario:
    def run() -> bytes:
        rig, peers = linked(*setup, index=index)
        peers[0].send(b"data\r\nOK\r\n")
        return rig.collect(0.2)

    return run


def passive_read(*setup: str) -> Scenario:
    def run() -> bytes:
        rig, peers = linked("AT+CIPRECVTYPE=1", *setup)
        peers[0].send(b"data")
        rig.collect(0.2)
        return rig.command("AT+CIPRECVDATA=100")

    return run


def sent(line: str, data: bytes, wait_before_s: float = 0.0) -> Scenario:
    def run() -> bytes:
        rig, _ = linked("AT+CIPSENDLCFG=100,100")
        rig.write(line + "\r\n")
        output = rig.wait_for(b">")
        rig.collect(wait_before_s)
        rig.write(data)
        return output + rig.collect(0.5)

    return run


def send_fail() -> bytes:
    rig, peers = linked("AT+CIPTCPOPT=,,500")
    peers[0].pause()
    rig.write("AT+CIPSENDL=400000\r\n")
    rig.wait_for(b">")
    rig.write(bytes(400_000))
    return rig.collect(60)


def busy() -> bytes:
    rig = joined()
    rig.ok("AT+SYSLOG=1")
    rig.write("AT+CWLAP\r\n")
    rig.collect(0.1)
    rig.write("AT\r\n")
    return rig.collect(0.1)


def forced_restart() -> bytes:
    rig = joined()
    rig.write("AT+CWLAP\r\n")
    rig.collect(0.1)
    rig.write("AT+RST\r\n")
    return rig.collect(3)


def lone_prompt() -> bytes:
    rig = Rig()
    rig.write('AT+SYSFLASH=1,"mfg_nvs",0,4\r\n')
    return rig.collect(0.1)


def read_flash() -> bytes:
    rig = Rig()
    rig.write('AT+SYSFLASH=2,"mfg_nvs",0,4\r\n')
    return rig.collect(0.1)


def full(*lines: str) -> Scenario:
    """The last line's answer, from the firmware that has every command."""

    def run() -> bytes:
        rig = Rig(profile="esp32s2-3.4-full")
        rig.m.control({"do": "i2c", "address": 0x34, "memory_hex": "ffff"})
        for line in lines[:-1]:
            assert rig.ok(line)
        return rig.command(lines[-1])

    return run


def with_file(line: str) -> Scenario:
    def run() -> bytes:
        rig = Rig(profile="esp32s2-3.4-full")
        for name in ("file", "more"):
            rig.write(f'AT+FS=0,1,"{name}",0,4\r\n')
            rig.wait_for(b">")
            rig.write("data")
            rig.wait_for(b"\r\nOK\r\n")
        return rig.command(line)

    return run


def written_ram() -> bytes:
    rig = Rig()
    rig.ok("AT+USERRAM=1,4")
    rig.write("AT+USERRAM=2,4\r\n")
    rig.wait_for(b">")
    rig.write("data")
    return rig.collect(0.1)


def boot_into_passthrough() -> bytes:
    flash = Flash()
    rig = Rig(wifi=True, flash=flash)
    rig.net.serve_tcp("server.test", 80, lambda peer: None)
    rig.ok('AT+SAVETRANSLINK=1,"server.test",80')
    rig.write("AT+RST\r\n")
    return rig.collect(5)


def passthrough_quit() -> bytes:
    rig, _ = linked("AT+SYSMSG=1", "AT+CIPMODE=1")
    rig.write("AT+CIPSEND\r\n")
    rig.wait_for(b">")
    rig.collect(0.1)
    rig.write("+++")
    return rig.collect(0.1)


def passthrough_data() -> bytes:
    rig, peers = linked("AT+CIPMODE=1")
    rig.write("AT+CIPSEND\r\n")
    rig.wait_for(b">")
    peers[0].send(b"plain")
    return rig.collect(0.1)


def join_ipv6() -> bytes:
    rig = Rig(air=air(AccessPoint(b"six", ipv6_prefix="2001:db8:1:2")))
    rig.ok("AT+CWMODE=1")
    rig.ok("AT+CIPV6=1")
    rig.write('AT+CWJAP="six",""\r\n')
    return rig.collect(5)


def lost_wifi() -> bytes:
    rig = joined()
    rig.m.control({"do": "kick"})
    return rig.collect(0.1)


def peer_closes(*setup: str, index: str = "") -> Scenario:
    def run() -> bytes:
        rig, peers = linked(*setup, index=index)
        peers[0].close()
        return rig.collect(0.1)

    return run


def connecting(*setup: str) -> Scenario:
    def run() -> bytes:
        rig = joined()
        for line in setup:
            assert rig.ok(line)
        rig.net.serve_tcp("server.test", 80, lambda peer: None)
        index = "2," if MUX in setup else ""
        rig.write(f'AT+CIPSTART={index}"TCP","server.test",80\r\n')
        return rig.collect(0.2)

    return run


def missing_slot(space: str, mode: int) -> Scenario:
    def run() -> bytes:
        rig = joined()
        rig.net.serve_tcp("server.test", 443, lambda peer: None)
        rig.ok(f"AT+CIPSSLCCONF={mode}")
        rig.ok(f'AT+SYSMFG=0,"{space}"')
        rig.write('AT+CIPSTART="SSL","server.test",443\r\n')
        return rig.collect(0.5)

    return run


def time_updated() -> bytes:
    rig = joined()
    rig.write("AT+CIPSNTPCFG=1,0\r\n")
    return rig.collect(1)


def too_many_links() -> bytes:
    rig, _ = linked(MUX, index="0,")
    rig.connect(index="1,", port=81)
    return rig.command("AT+CIPSERVERMAXCONN=1")


def failed_update() -> bytes:
    rig = joined()
    rig.net.address("iot.espressif.cn")
    rig.write("AT+CIUPDATE=0,,,1\r\n")
    return rig.collect(10)


def smart_config() -> bytes:
    rig = Rig()
    rig.ok("AT+CWMODE=1")
    rig.ok("AT+CWSTARTSMART=4")
    request = {"do": "smartconfig", "type": "ESPTOUCH_V2", "ssid": "espat-lab", "data": "more"}
    rig.m.control({**request, "password": "espat-pass"})
    return rig.collect(10)


def enterprise_time_out() -> bytes:
    rig = Rig(profile="esp32s2-3.4-full")
    rig.ok("AT+CWMODE=1")
    return rig.command('AT+CWJEAP="none",1,"a","b","c",0,3')


def web_provisioning() -> bytes:
    rig = Rig(profile="esp32s2-3.4-full")
    for line in ("AT+CWMODE=3", "AT+CIPMUX=1", "AT+WEBSERVER=1,80,25"):
        rig.ok(line)
    peer = rig.net.client_tcp(80, ip="192.168.4.2")
    body = b"ssid=espat-open"
    request = b"POST /setstainfo HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    peer.on_open(lambda: peer.send(request))
    return rig.collect(5)


def station_events() -> bytes:
    rig = Rig()
    rig.ok("AT+CWMODE=2")
    rig.m.control({"do": "sta_join", "mac": "aa:bb:cc:dd:ee:ff"})
    output = rig.collect(1)
    rig.m.control({"do": "sta_leave", "mac": "aa:bb:cc:dd:ee:ff"})
    return output + rig.collect(0.1)


def mqtt(*lines: str, raw: bytes = b"") -> Scenario:
    """What comes to these lines at a broker that is connected, has a message and is lost."""

    def run() -> bytes:
        rig = joined()
        broker = peers_services.install(rig.net).broker
        rig.ok('AT+MQTTUSERCFG=0,6,"c","","",0,0,"path"')
        rig.write('AT+MQTTCONN=0,"mqtt.test",80,1\r\n')
        output = rig.collect(1)
        for line in lines:
            rig.write(line + "\r\n")
            output += rig.collect(0.2)
        broker.publish(b"topic", b"data")
        rig.write(raw)
        output += rig.collect(0.2)
        broker.break_all()
        return output + rig.collect(0.2)

    return run


def mqtt_failure() -> bytes:
    rig = joined()
    broker = peers_services.install(rig.net).broker
    rig.ok('AT+MQTTUSERCFG=0,1,"c","","",0,0,""')
    rig.ok('AT+MQTTCONN=0,"mqtt.test",1883,1')
    rig.write('AT+MQTTPUBRAW=0,"t",4,0,0\r\n')
    rig.wait_for(b">")
    broker.break_all()
    rig.collect(0.2)
    rig.write("data")
    return rig.collect(0.2)


def http(line: str, raw: bytes = b"") -> Scenario:
    def run() -> bytes:
        rig = joined()
        peers_services.install(rig.net)
        rig.write(line + "\r\n")
        output = rig.wait_for(b">") if raw else b""
        rig.write(raw)
        return output + rig.collect(0.5)

    return run


def stored_url() -> bytes:
    rig = Rig()
    rig.write("AT+HTTPURLCFG=15\r\n")
    rig.wait_for(b">")
    rig.write("http://web.test")
    return rig.collect(0.1) + rig.command("AT+HTTPURLCFG?")


def stored_header() -> bytes:
    rig = Rig()
    assert rig.prompt("AT+HTTPCHEAD=10", b"key: value").endswith(b"OK\r\n")
    return rig.command("AT+HTTPCHEAD?")


def web_socket(end: str) -> Scenario:
    """It opens, says something that comes back, and ends."""

    def run() -> bytes:
        rig = Rig(wifi=True, profile="esp32s2-3.4-full")
        server = peers_services.install(rig.net).ws
        rig.write('AT+WSOPEN=2,"ws://ws.test/echo"\r\n')
        output = rig.collect(0.5)
        rig.write("AT+WSSEND=2,4\r\n")
        rig.wait_for(b">")
        rig.write("data")
        output += rig.collect(0.5)
        getattr(server.peers[0], end)()
        return output + rig.collect(2)

    return run


SCENARIOS: dict[str, Scenario] = {
    "OK": answer("AT"),
    "ERROR": answer("AT+NONSENSE"),
    "SEND OK": sent("AT+CIPSEND=4", b"data"),
    "SEND FAIL": send_fail,
    "SEND CANCELLED": sent("AT+CIPSENDL=1000", b"+++", 0.1),
    "SEND Canceled": sent("AT+CIPSEND=1000", b"+++", 0.1),
    "ERR CODE:0x<%08x>": busy,
    "busy p...": busy,
    "Recv <n> bytes": sent("AT+CIPSEND=4", b"data"),
    ">": sent("AT+CIPSEND=4", b"data"),
    "> (without OK)": lone_prompt,
    "> (passthrough entered by itself)": boot_into_passthrough,
    "ready": boot_into_passthrough,
    "Will force to restart!!!": forced_restart,
    "+QUITT": passthrough_quit,
    "WIFI CONNECTED": join_ipv6,
    "WIFI GOT IP": join_ipv6,
    "WIFI GOT IPv6 LL": join_ipv6,
    "WIFI GOT IPv6 GL": join_ipv6,
    "WIFI DISCONNECT": lost_wifi,
    "+CWJAP:<error code>": answer('AT+CWJAP="none","12345678"'),
    "CONNECT": connecting(),
    "<link_id>,CONNECT": connecting(MUX),
    "CLOSED": peer_closes(),
    "<link_id>,CLOSED": peer_closes(MUX, index="2,"),
    '+LINK_CONN:<status_type>,<link_id>,<"ip_type">,<terminal_type>,<"remote_ip">,<remote_port>,'
    "<local_port>": connecting("AT+SYSMSG=2"),
    "NO CERT FOUND": missing_slot("client_cert", 1),
    "NO PRVT_KEY FOUND": missing_slot("client_key", 1),
    "NO CA FOUND": missing_slot("client_ca", 2),
    "+TIME_UPDATED": time_updated,
    "Have <n> Connections": too_many_links,
    "+CIPUPDATE:<state>": failed_update,
    "+STA_CONNECTED:<sta_mac>": station_events,
    "+DIST_STA_IP:<sta_mac>,<sta_ip>": station_events,
    "+STA_DISCONNECTED:<sta_mac>": station_events,
    "smartconfig type:<xxx>": smart_config,
    "Smart get wifi info": smart_config,
    "ssid:<ssid>": smart_config,
    "password:<password>": smart_config,
    "+SCRD:<length>,<reserved data>": smart_config,
    "smartconfig connected wifi": smart_config,
    "+CWJEAP:Timeout": enterprise_time_out,
    "+WEBSERVERRSP:<n>": web_provisioning,
    "STATUS:<stat>": answer("AT+CIPSTATUS"),
    "+CIPSENDL:<had sent len>,<port recv len>": sent("AT+CIPSENDL=200", bytes(200)),
    "+IPD,<length>:<data>": arrival(),
    "+IPD,<link_id>,<length>:<data>": arrival(MUX, index="1,"),
    '+IPD,<length>,<"remote_ip">,<remote_port>:<data>': arrival("AT+CIPDINFO=1"),
    '+IPD,<link_id>,<length>,<"remote_ip">,<remote_port>:<data>': arrival(
        MUX, "AT+CIPDINFO=1", index="1,"
    ),
    "+IPD,<length>": arrival("AT+CIPRECVTYPE=1"),
    "+IPD,<link_id>,<length>": arrival(MUX, "AT+CIPRECVTYPE=5,1", index="1,"),
    "+CIPRECVDATA:<actual_len>,<data>": passive_read(),
    '+CIPRECVDATA:<actual_len>,<"remote IP">,<remote port>,<data>': passive_read("AT+CIPDINFO=1"),
    "passthrough data": passthrough_data,
    "+SYSFLASH:<length>,<data>": read_flash,
    '+SYSMFG:<"namespace">,<"key">,<type>,<length>,<value>': answer(
        'AT+SYSMFG=1,"factory_param","module_name"'
    ),
    "WRITE OK": written_ram,
    "+USERRAM:<length>,<data>": full("AT+USERRAM=1,4", "AT+USERRAM=3,4"),
    "+FS:<length>,<data>": with_file('AT+FS=0,2,"file",0,4'),
    "+FS:<size>": with_file('AT+FS=0,3,"file"'),
    "+FS:<name> <name> ..": with_file('AT+FS=0,4,"."'),
    "+DRVI2CRD:<read data>": full("AT+DRVI2CINIT=0,25,26,1000", "AT+DRVI2CRD=0,0x34,2"),
    "+DRVSPIRD:<read data>": full(
        "AT+DRVSPICONFGPIO=13,12,14,15", "AT+DRVSPIINIT=1000,0,0,0,0", "AT+DRVSPIRD=2"
    ),
    "+PING:TIMEOUT": answer('AT+PING="no.test"'),
    "SET OK": stored_url,
    "+HTTPURLCFG:<url length>,<data>": stored_url,
    '+HTTPCHEAD:<index>,<"req_header">': stored_header,
    "+HTTPCLIENT:<size>,<data>": http('AT+HTTPCLIENT=2,0,"http://web.test/file/9",,,1'),
    "+HTTPCLIENT:<size>,<key>: <value>": http('AT+HTTPCLIENT=1,0,"http://web.test/get",,,1'),
    "+HTTPCGET:<size>,<data>": http('AT+HTTPCGET="http://web.test/file/9"'),
    "+HTTPCPOST:<size>,<data>": http('AT+HTTPCPOST="http://web.test/post",4', b"data"),
    "+HTTPCPUT:<size>,<data>": http('AT+HTTPCPUT="http://web.test/put",4', b"data"),
    "+HTTPGETSIZE:<size>": http('AT+HTTPGETSIZE="http://web.test/file/9"'),
    "+WS_CONNECTED:<link_id>": web_socket("close"),
    "+WS_DATA:<link_id>,<data_len>,<data>": web_socket("close"),
    "+WS_CLOSED:<link_id>": web_socket("close"),
    "+WS_DISCONNECTED:<link_id>": web_socket("reset"),
    "+MQTTPUB:OK": mqtt('AT+MQTTPUBRAW=0,"t",4,0,0', raw=b"data"),
    "+MQTTPUB:FAIL": mqtt_failure,
    '+MQTTCONNECTED:<LinkID>,<scheme>,<"host">,<"port">,<"path">,<reconnect>': mqtt(),
    "+MQTTDISCONNECTED:<LinkID>": mqtt(),
    '+MQTTSUBRECV:<LinkID>,<"topic">,<data_length>,<data>': mqtt('AT+MQTTSUB=0,"topic",0'),
    "ALREADY SUBSCRIBE": mqtt('AT+MQTTSUB=0,"a",0', 'AT+MQTTSUB=0,"a",0'),
    "NO UNSUBSCRIBE": mqtt('AT+MQTTUNSUB=0,"a"'),
    "+<Command Name>:...": answer("AT+CWMODE?"),
}
# Whose commands come later, or which this chip does not have.
NOT_YET = re.compile(
    r"\+ETH_|\+BL"
    r"|\+READ|\+WRITE|\+NOTIFY|\+INDICATE|\+errno|\+MDNS"
)


def framing_pattern(framing: str) -> re.Pattern[bytes]:
    r"""The framing column as an expression: \r\n as written, %d numbers, <..> payload."""
    text = framing.replace(" then ", "")
    out = ""
    for part in re.split(r"(\\r|\\n|%0?8?[dsux]|<[^>]*>|\.\.\.|\w+(?:\|\w+)+)", text):
        if part in ("\\r", "\\n"):
            out += part
        elif re.fullmatch(r"%0?8?[dux]", part):
            out += "[0-9a-f]+"
        elif part == "%s":
            out += r'[^"\r\n]*'
        elif "|" in part:
            out += f"(?:{part})"
        elif part == "<1..4>":
            out += "[1-4]"
        elif part.startswith("<") or part == "...":
            out += "(?s:.+?)" if part != "..." else re.escape(part)
        else:
            out += re.escape(part)
    return re.compile(out.encode())


def test_every_row_is_provoked_or_known_to_come_later():
    for row in ROWS:
        pattern = row["pattern"]
        assert (pattern in SCENARIOS) != bool(NOT_YET.search(pattern)), pattern


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r["pattern"] in SCENARIOS], ids=lambda row: row["pattern"]
)
def test_a_message_is_framed_as_its_row_says(row):
    output = SCENARIOS[row["pattern"]]()
    if row["pattern"] == "passthrough data":
        assert output == b"plain"
        return
    if row["pattern"] == "+<Command Name>:...":
        assert output == b"+CWMODE:1\r\n\r\nOK\r\n"
        return
    assert framing_pattern(row["framing"]).search(output), f"{output!r} is not {row['framing']}"


def test_the_pattern_maker_can_fail():
    pattern = framing_pattern(r"\r\n+IPD,%d,%d:<length bytes>")
    assert pattern.search(b"\r\n+IPD,0,5:x")
    assert not pattern.search(b"\n+IPD,0,5:x")
    assert not pattern.search(b"\r\n+IPD,5:x")
    assert not framing_pattern(r"\r\nOK\r\n").search(b"OK\r\n")
