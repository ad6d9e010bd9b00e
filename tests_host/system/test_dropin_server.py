# runs-on: micropython
# needs: sim
# heap: 512K
# Servers and datagrams of programs that know nothing of espat: asyncio.start_server with four
# clients, a server that polls, a time client. Owns nothing of the driver.
import asyncio
import select

from espat import dropin
from system import rig

PORT = 8080


def installed():
    m = rig.joined()
    dropin.install(m)
    return m


def test_start_server_echoes_to_four_clients():
    installed()
    served = []

    async def echo(reader, writer):
        buf = bytearray(512)
        while True:
            n = await reader.readinto(buf)
            if not n:
                break
            writer.write(memoryview(buf)[:n])
            await writer.drain()
        served.append(writer.get_extra_info("peername"))
        writer.close()
        await writer.wait_closed()

    async def main():
        server = await asyncio.start_server(echo, "0.0.0.0", PORT)
        await asyncio.sleep_ms(100)
        numbers = [rig.control("client", port=PORT)["id"] for _ in range(4)]
        got = [bytearray() for _ in numbers]
        sent = [b""] * 4

        def look(i, data=b""):
            answer = rig.control("far", id=numbers[i], send_hex=data.hex())
            got[i].extend(bytes.fromhex(answer["data_hex"]))
            return answer

        await asyncio.sleep_ms(200)
        for turn in range(5):
            for i in range(4):
                data = bytes([65 + i]) * (300 + 100 * turn)
                sent[i] += data
                look(i, data)
            await asyncio.sleep_ms(100)
        for _ in range(300):
            await asyncio.sleep_ms(50)
            for i in range(4):
                look(i)
            if all(len(got[i]) >= len(sent[i]) for i in range(4)):
                break
        for i in range(4):
            assert bytes(got[i]) == sent[i], (i, len(got[i]), len(sent[i]))
            rig.control("far", id=numbers[i], end="close")
        for _ in range(100):
            if len(served) == 4:
                break
            await asyncio.sleep_ms(100)
        assert len(served) == 4
        server.close()
        await server.wait_closed()

    asyncio.run(main())


def test_a_server_that_polls():
    m = installed()
    import socket

    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(socket.getaddrinfo("0.0.0.0", PORT)[0][-1])
    s.listen(1)
    p = select.poll()
    p.register(s, select.POLLIN)
    assert not p.poll(0)
    number = rig.control("client", port=PORT)["id"]
    rig.wait_until(m, lambda: p.poll(0))
    c, address = s.accept()
    rig.control("far", id=number, send_hex=b"GET / HTTP/1.0\r\n\r\n".hex())
    f = c.makefile("rwb", 0)
    assert f.readline() == b"GET / HTTP/1.0\r\n"
    assert f.readline() == b"\r\n"
    c.send(b"HTTP/1.0 200 OK\r\n\r\nhello")
    c.close()
    rig.wait(m, 100)
    state = rig.control("far", id=number)
    assert bytes.fromhex(state["data_hex"]).endswith(b"hello") and state["closed"]
    s.close()


def test_ntptime():
    installed()
    import socket
    import struct

    # As ntptime.time() does it.
    query = bytearray(48)
    query[0] = 0x1B
    address = socket.getaddrinfo("pool.ntp.org", 123)[0][-1]
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.settimeout(1)
        s.sendto(query, address)
        answer = s.recv(48)
    finally:
        s.close()
    assert len(answer) == 48 and struct.unpack("!I", answer[40:44])[0] > 3800000000
