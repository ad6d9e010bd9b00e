# runs-on: cpython
# Libraries for MicroPython, unmodified, over the driver's drop-ins on real MicroPython, and a
# simulated module in real time; the other end is a real server, broker or client.
from __future__ import annotations

import contextlib
import json
import ssl
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from thirdparty import real
from tools import demo, get_packages, libraries, run_micropython

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("thirdparty-real")]
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


@libraries.shows(
    "asyncio: start_server", "MicroPython", "echo, four clients, 96 KB of heap", "Python's socket"
)
@pytest.mark.parametrize("face", ["blocking", "aio"])
def test_start_server(stack, face):
    port = demo.free_port()
    env = stack.enter_context(real.module("--map", f"8080={port}"))
    arguments = {"bits": 32, "heap": "96K", "face": face, "port": 8080}
    stack.enter_context(real.server_program("serve_echo", env, **arguments))
    with ThreadPoolExecutor(4) as pool:
        sizes = [1, 3000, 100, 20000]
        assert list(pool.map(real.echoed, [port] * 4, [sizes] * 4)) == [True] * 4
    with real.connect(port) as s:
        s.sendall(b"enough")
        assert s.recv(6) == b"enough"


@libraries.shows("microdot", "MicroPython", "pages, JSON, streams, TLS", "Python's http.client")
@pytest.mark.parametrize("tls", [False, True])
def test_microdot(stack, tls):
    needs("microdot")
    port = demo.free_port()
    env = stack.enter_context(real.module("--map", f"8080={port}"))
    arguments = {"heap": "1M", "port": 8080}
    context = None
    if tls:
        issued = real.authority().issue_cert("localhost", "127.0.0.1")
        chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
        arguments.update(cert=chain.decode(), key=issued.private_key_pem.bytes().decode())
        context = ssl.create_default_context(cadata=real.ca_pem())
    stack.enter_context(real.server_program("serve_pages", env, **arguments))
    base = f"{'https' if tls else 'http'}://localhost:{port}"
    real.connect(port).close()

    def get(path, data=None, limit_s=30):
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(base + path, data, headers)
        with urllib.request.urlopen(request, timeout=limit_s, context=context) as answer:
            return answer.read()

    assert get("/") == b"<h1>Hello</h1>"
    assert json.loads(get("/json", b'{"a": 1}')) == {"got": {"a": 1}, "length": 8}
    expected = (real.pattern(1000) * 5)[:4321]
    assert get("/bytes/4321") == expected
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(get, ["/bytes/4321"] * 3)) == [expected] * 3
    for path, status in (("/fails", 500), ("/nowhere", 404)):
        with pytest.raises(urllib.error.HTTPError) as error:
            get(path)
        assert error.value.code == status
    with contextlib.suppress(OSError):  # it may go before it has answered, on a board, too
        get("/shutdown", limit_s=2)
