# needs: sim
# modem.trace: the lines of the wire for a log, and no secret in any of them.
import sys

import espat
from system import rig

KEY = "s3cr3t-W0rd"


def test_a_join_in_a_log():
    # wire: AT+CWJAP= by wifi.connect
    said = []
    m = rig.modem()
    m.trace.start(said.append)
    m.wifi.connect(*rig.LAB)
    text = "\n".join(said)
    join = "> AT+CWJAP%s=" % ("_CUR" if rig.has("AT+CWJAP_CUR") else "")
    assert join + '"espat-lab",****' in said, said
    assert "< WIFI GOT IP" in said, said
    assert rig.LAB[1] not in text
    s = m.socket()
    s.connect(rig.ECHO)
    s.send(b"payload")
    assert s.read(7) == b"payload"
    assert "> AT+CIPSEND=0,7" in said and "payload" not in "".join(said), said
    m.trace.stop()
    n = len(said)
    m.wifi.rssi()
    assert len(said) == n


def test_a_key_in_pem_that_a_command_prints():
    begin, end = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"
    text = "a", begin, "MHcCAQEE" + KEY, "xyz==", end, "b", "-----BEGIN CERTIFICATE-----", "MIIB"
    wire = rig.Scripted(lambda line: b"\r\nOK\r\n")
    m = espat.Modem(wire)
    m.start()
    said = []
    m.trace.start(said.append)
    wire.answer = lambda line: "\r\n".join(text).encode() + b"\xff'\"\r\n\r\nOK\r\n"
    m.command("AT+PRINT")
    assert KEY not in "".join(said) and "xyz" not in "".join(said), said
    assert "< a" in said and "< b" in said, said
    assert "MIIB\\xff" in said[-1], said


def test_the_programs_log():
    lines = []

    class Logging:
        def getLogger(self, name):
            assert name == "espat"
            return self

        def debug(self, text):
            lines.append(text)

    before = sys.modules.get("logging")
    sys.modules["logging"] = Logging()
    m = rig.modem()
    try:
        m.trace.start()
        m.start()
        assert "> AT+GMR" in lines, lines
        m.trace.stop()
    finally:
        if before is not None:
            sys.modules["logging"] = before
        else:
            del sys.modules["logging"]


def test_awaited():
    from espat import aio

    async def main():
        m = aio.Modem(rig.uart())
        said = []
        await m.trace.start(said.append)
        await m.start()
        await m.trace.stop()
        assert "> AT+GMR" in said, said

    rig.run(main())
