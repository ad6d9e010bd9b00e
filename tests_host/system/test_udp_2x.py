# needs: sim
# profile: esp32s2-2.x
# Datagrams on a firmware that has one receive mode for all links.
from system import rig

HOST = ("192.0.2.10", 5000)
DGRAM = 2


def test_with_passive_receive_it_is_refused_and_streams_go_on():
    m = rig.joined()
    s = m.socket(2, DGRAM)
    e = rig.raises(NotImplementedError, s.bind, ("", 1111))
    assert "passive=False" in str(e)
    t = m.socket()
    t.connect(rig.PATTERN)
    t.send(b"3000\n")
    assert t.read() == rig.pattern(3000)


def test_with_active_receive_it_works():
    m = rig.joined(passive=False)
    number = rig.control("udp_host", ip=HOST[0], port=HOST[1])["id"]
    s = m.socket(2, DGRAM)
    s.bind(("", 1111))
    s.settimeout(1)
    for data in (b"one", b"two", b"x" * 500):
        rig.control("far", id=number, send_hex=data.hex(), to=["192.168.1.50", 1111])
        assert s.recvfrom(600) == (data, HOST)
    s.sendto(b"answer", HOST)
    rig.wait(m, 50)
    assert rig.control("far", id=number)["datagrams"][0][0] == b"answer".hex()
