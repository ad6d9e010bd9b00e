# runs-on: cpython
# The services inside the module, by the driver on real MicroPython: with a real broker, and as a
# program for umqtt.simple uses them. The simulated module runs in real time.
from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct

import pytest

from espat_sim import factory_pki
from thirdparty import real
from tools import demo, get_packages, libraries, run_micropython

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("thirdparty-real")]


@pytest.fixture
def stack():
    for bits in (32, 64):
        if run_micropython.missing(bits):
            pytest.skip(run_micropython.missing(bits))
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def broker(stack):
    port = stack.enter_context(demo.broker())
    if port is None:
        pytest.skip("no MQTT broker (make setup says how to get one)")
    return port


def both_certificates(folder) -> ssl.SSLContext:
    """A server that the module knows from the factory and that asks for the module's own."""
    (folder / "ca.pem").write_text(factory_pki.CA_0)
    (folder / "cert.pem").write_text(factory_pki.SERVER_CERT)
    (folder / "key.pem").write_text(factory_pki.SERVER_KEY)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest.mark.parametrize("bits", [32, 64])
def test_a_thousand_messages_each_way(stack, broker, bits):
    env = stack.enter_context(real.module())
    given = {"host": real.LOOPBACK, "port": broker, "transport": "tcp", "both": False}
    real.run(
        "mqtt_thousand", env, bits=bits, heap=f"{96 * bits // 32}K", count=1000, seed=bits, **given
    )


@pytest.mark.parametrize("bits", [32, 64])
def test_a_thousand_messages_each_way_over_tls_with_both_certificates(
    stack, broker, tmp_path, bits
):
    port = stack.enter_context(real.serving(real.passing_on(broker), both_certificates(tmp_path)))
    env = stack.enter_context(real.module())
    given = {"host": real.LOOPBACK, "port": port, "transport": "tls", "both": True}
    real.run(
        "mqtt_thousand", env, bits=bits, heap=f"{96 * bits // 32}K", count=1000, seed=7, **given
    )


def test_a_program_for_umqtt_simple_on_the_modules_own_client(stack, broker):
    # The program that test_micropython.py runs with the library itself.
    tls = stack.enter_context(real.serving(real.passing_on(broker), real.server_context()))
    env = stack.enter_context(real.module())
    given = {"host": real.LOOPBACK, "port": broker, "tls_port": tls, "ca": real.ca_pem()}
    real.run("use_mqtt", env, bits=32, heap="96K", own=True, **given)


def registers() -> bytes:
    """Of a BME280: the example of Bosch's data sheet (BST-BMP280, 3.12), and humidity."""
    memory = bytearray(256)
    memory[0x88:0xA0] = struct.pack(
        "<HhhHhhhhhhhh",
        *(27504, 26435, -1000),
        *(36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000),
    )
    memory[0xA1] = 75  # H1
    memory[0xE1:0xE4] = struct.pack("<hB", 362, 0)  # H2, H3
    memory[0xE4:0xE8] = bytes([315 >> 4, 315 & 15 | (50 & 15) << 4, 50 >> 4, 30])  # H4, H5, H6
    memory[0xF7:0xFF] = b"".join(
        [(n << 4).to_bytes(3, "big") for n in (415148, 519888)] + [(30000).to_bytes(2, "big")]
    )
    return bytes(memory)


@libraries.shows(
    "micropython-bme280",
    "MicroPython",
    "temperature, pressure, humidity by `modem.gpio.I2C`",
    "a simulated sensor",
)
def test_a_sensor_driver_for_machine_i2c(stack):
    if "micropython-bme280" not in get_packages.versions():
        pytest.skip("no micropython-bme280 (make setup fetches it from PyPI)")
    port = demo.free_port()
    env = stack.enter_context(real.module("--profile", "esp32s2-3.4-full", "--control", str(port)))
    memory = registers().hex()
    device = {"do": "i2c", "address": 0x76, "memory_hex": memory}
    with socket.create_connection((real.LOOPBACK, port), timeout=30) as control:
        control.sendall(json.dumps(device).encode() + b"\n")
        assert json.loads(control.makefile().readline())["ok"]
    real.run("read_sensor", env, bits=32, heap="64K", memory=memory)
