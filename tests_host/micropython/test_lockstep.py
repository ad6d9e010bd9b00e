# runs-on: micropython
# needs: sim
# The runner's promise to test files that ask for a simulated module: one of their own, fresh,
# on virtual time. Owns a bare lockstep client; the shim's own is tested elsewhere.
import os
import socket
import struct


class Client:
    def __init__(self):
        _, kind, path = os.getenv("ESPAT_SIM").split(":")
        assert kind == "unix"
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(b"\1\0" + path.encode() + b"\0")

    def ask(self, op, n, body=b""):
        self.sock.write(op + struct.pack("<I", n) + body)
        self.now_us, m = struct.unpack("<QI", self.sock.read(12))
        return m

    def command(self, line):
        assert self.ask(b"W", len(line), line) == len(line)
        answer = b""
        while b"OK\r\n" not in answer:
            assert self.ask(b"I", 2_000_000), answer
            answer += self.sock.read(self.ask(b"R", 1000))
        return answer


def _boot():
    client = Client()
    client.ask(b"S", 2_000_000)  # the module starts and says so
    client.sock.read(client.ask(b"R", 4000))
    return client


def test_a_module_answers_on_virtual_time():
    client = _boot()
    assert client.command(b"ATE0\r\n").endswith(b"\r\nOK\r\n")
    assert client.now_us >= 2_000_000


def test_each_function_has_a_fresh_module():
    # Echo is on again: the module of the function above is gone.
    assert _boot().command(b"AT\r\n").startswith(b"AT\r")
