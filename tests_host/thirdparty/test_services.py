# runs-on: cpython
# The services inside the module, by the driver on real MicroPython: with a real broker, and as a
# program for umqtt.simple uses them. The simulated module runs in real time.
from __future__ import annotations

import contextlib
import ssl

import pytest

from espat_sim import factory_pki
from thirdparty import real
from tools import demo, run_micropython

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
