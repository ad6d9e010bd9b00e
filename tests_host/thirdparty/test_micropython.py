# runs-on: cpython
# Libraries for MicroPython, unmodified, over the driver's drop-ins on real MicroPython, and a
# simulated module in real time; the other end is a real server, broker or client.
from __future__ import annotations

import contextlib

import pytest

from thirdparty import real
from tools import demo, get_packages, libraries, run_micropython

pytestmark = pytest.mark.xdist_group("thirdparty-real")
BITS = [32, 64]


@pytest.fixture(autouse=True)
def needs_interpreters():
    for bits in BITS:
        if run_micropython.missing(bits):
            pytest.skip(run_micropython.missing(bits))


def needs(package):
    if package not in get_packages.versions():
        pytest.skip(f"no {package} (make setup fetches it from PyPI)")


@pytest.fixture
def stack():
    with contextlib.ExitStack() as stack:
        yield stack


@libraries.shows("requests", "MicroPython", "GET and POST, HTTP and HTTPS", "Python's http.server")
@pytest.mark.parametrize("bits", BITS)
def test_requests(stack, bits):
    plain = stack.enter_context(real.serving(real.Web))
    secure = stack.enter_context(real.serving(real.Web, real.server_context()))
    env = stack.enter_context(real.module())
    urls = [f"http://127.0.0.1:{plain}", f"https://localhost:{secure}"]
    real.run("get_pages", env, bits=bits, urls=urls, closed_port=demo.free_port())


@libraries.shows("micropython-umqtt.simple", "MicroPython", "publish, subscribe, TLS", "mosquitto")
def test_umqtt(stack):
    needs("micropython-umqtt.simple")
    port = stack.enter_context(demo.broker())
    if port is None:
        pytest.skip("no MQTT broker (make setup says how to get one)")
    tls = stack.enter_context(real.serving(real.passing_on(port), real.server_context()))
    env = stack.enter_context(real.module())
    real.run("use_mqtt", env, host="127.0.0.1", port=port, tls_port=tls, ca=real.ca_pem())


@libraries.shows(
    "asyncio: open_connection", "MicroPython", "five streams at once, TLS", "Python's socketserver"
)
@pytest.mark.parametrize("face", ["blocking", "aio"])
def test_streams(stack, face):
    plain = stack.enter_context(real.serving(real.Echo))
    secure = stack.enter_context(real.serving(real.Echo, real.server_context()))
    env = stack.enter_context(real.module())
    real.run(
        "use_streams", env, heap="2M", face=face, port=plain, tls_port=secure, ca=real.ca_pem()
    )
