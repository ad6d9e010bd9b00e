# The wording and framing of messages.csv for the profile esp8266-0.30: each message is provoked
# and compared with its row.
from __future__ import annotations

import pytest

from sim.old_rig import JOIN, buffered, fill_the_way, made, rows
from sim.test_messages import framing_pattern


def arrival(*setup, index=""):
    def run():
        rig = made()
        for line in setup:
            assert rig.ok(line)
        peers = rig.connect(index=index)
        peers[0].send(b"data")
        return rig.collect(0.2)

    return run


def connecting(*setup, index=""):
    def run():
        rig = made()
        for line in setup:
            assert rig.ok(line)
        rig.net.serve_tcp("server.test", 80, lambda peer: peer.close())
        return rig.command(f'AT+CIPSTART={index}"TCP","server.test",80') + rig.collect(0.2)

    return run


def full_send(mux=False):
    def run():
        rig = made()
        index = "0," if mux else ""
        rig.ok(f"AT+CIPMUX={int(mux)}")
        rig.connect(index=index)
        return buffered(rig, 10, index) + rig.collect(0.2)

    return run


def linked_twice():
    rig = made()
    rig.connect()
    return rig.command("AT") + rig.collect(0.1) + send_twice(rig)


def send_twice(rig):
    rig.write('AT+CIPSTART="TCP","server.test",80\r\n')
    return rig.collect(0.2)


def busy_sending():
    rig = made()
    (peer,) = rig.connect()
    fill_the_way(rig, peer)
    for _ in range(4):
        rig.write("AT+CIPSEND=2048\r\n")
        rig.wait_for(b"> ")
        rig.write(bytes(2048))
        rig.collect(0.5)
        if rig.m.running is not None:
            break
    rig.write("AT\r\n")
    return rig.collect(0.1)


def answered_ping():
    rig = made()
    rig.connect()
    return rig.command('AT+PING="server.test"')


def smart():
    rig = made(joined=False)
    rig.ok("AT+CWSTARTSMART")
    rig.m.control({"do": "smartconfig", "ssid": "espat-open", "password": ""})
    return rig.collect(10)


def lost():
    rig = made()
    rig.m.control({"do": "kick"})
    return rig.collect(0.1)


def same_mode():
    rig = made()
    rig.m.control({"do": "quirk", "name": "no_change", "on": True})
    return rig.command("AT+CWMODE=1")


def update():
    rig = made()
    rig.net.address("iot.espressif.cn")
    rig.net.serve_tcp("iot.espressif.cn", 80, lambda peer: peer.close())
    return rig.command("AT+CIUPDATE", 200)


def simple(line, joined=True):
    return lambda: made(joined=joined).command(line, 30)


def plain_send():
    rig = made()
    rig.connect()
    rig.write("AT+CIPSEND=4\r\n")
    head = rig.wait_for(b"> ")
    rig.write(b"data")
    return head + rig.collect(0.2)


def surplus():
    rig = made()
    rig.connect()
    rig.write("AT+CIPSENDBUF=4\r\n")
    rig.wait_for(b"> ")
    rig.write(b"data and more")
    return rig.collect(0.2)


def failed_join():
    rig = made(joined=False)
    rig.write('AT+CWJAP="none",""\r\n')
    return rig.collect(20)


def booted():
    rig = made()
    rig.command("AT+RST")
    return rig.collect(2)


SCENARIOS = {
    "OK": simple("AT"),
    "ERROR": simple("AT+NONSENSE"),
    "FAIL": failed_join,
    "SEND OK": plain_send,
    "<segment ID>,SEND OK": full_send(),
    "<link ID>,<segment ID>,SEND OK": full_send(mux=True),
    "ALREADY CONNECT": linked_twice,
    ">": plain_send,
    "busy": surplus,
    "busy s...": busy_sending,
    "WIFI CONNECTED": simple(JOIN),
    "WIFI GOT IP": simple(JOIN),
    "WIFI DISCONNECT": lost,
    "Smart get wifi info": smart,
    "STATUS:<stat>": simple("AT+CIPSTATUS"),
    "+IPD,<len>:<data>": arrival(),
    "+IPD,<len>,<remote IP>,<remote port>:<data>": arrival("AT+CIPDINFO=1"),
    "+IPD,<link ID>,<len>:<data>": arrival("AT+CIPMUX=1", index="2,"),
    "+IPD,<link ID>,<len>,<remote IP>,<remote port>:<data>": arrival(
        "AT+CIPMUX=1", "AT+CIPDINFO=1", index="2,"
    ),
    "+CWJAP:<error code>": failed_join,
    "+CIPUPDATE:<n>": update,
    "+<time>": answered_ping,
    "CONNECT / <id>,CONNECT": connecting(),
    "CLOSED / <id>,CLOSED": connecting("AT+CIPMUX=1", index="4,"),
    "ready": booted,
    "Recv <n> bytes": plain_send,
    "link is not valid": simple("AT+CIPSEND=1"),
    "no change": same_mode,
}
# Of later firmware of this line (AT 1.7).
LATER = {"+CIPRECVDATA,<actual_len>:<data>"}


def test_every_message_of_the_table_is_provoked():
    assert {row["pattern"] for row in rows("messages.csv")} == set(SCENARIOS) | LATER


@pytest.mark.parametrize(
    "row",
    [row for row in rows("messages.csv") if row["pattern"] in SCENARIOS],
    ids=lambda row: row["pattern"],
)
def test_a_message_is_framed_as_its_row_says(row):
    framing = row["framing"].replace("(ED)", "").replace("<n>", "%d").replace(" then ", "\\r\\n")
    if " / " in framing:
        plain, _, numbered = framing.partition(" / ")
        framing = plain + "\\r\\n" if row["pattern"].startswith("CONNECT") else numbered
        framing = framing.replace("<id>", "%d")
    output = SCENARIOS[row["pattern"]]()
    assert framing_pattern(framing).search(output), f"{output!r} is not {framing}"
