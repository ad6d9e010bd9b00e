# runs-on: cpython
# The module's TLS against servers made of Python's ssl and trustme's certificates, and against
# OpenSSL's own server with a shared key. The driver runs on MicroPython, the module in real time.
from __future__ import annotations

import contextlib
import datetime
import shutil
import ssl

import pytest
import trustme

from thirdparty import real
from tools import children, demo, run_micropython

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("thirdparty-real")]

NOT_ACCEPTED, ALERT = -9984, -30592
PSK = "00112233445566778899aabbccddeeff"


@pytest.fixture
def stack():
    if run_micropython.missing(32):
        pytest.skip(run_micropython.missing(32))
    with contextlib.ExitStack() as stack:
        yield stack


def serve(stack, *names, **options):
    return stack.enter_context(real.serving(real.Echo, real.server_context(*names, **options)))


def test_certificates(stack):
    past = {
        "not_before": datetime.datetime(2020, 1, 1),
        "not_after": datetime.datetime(2021, 1, 1),
    }
    stranger = trustme.CA()
    mutual = real.server_context()
    mutual.verify_mode = ssl.CERT_REQUIRED
    mutual.maximum_version = ssl.TLSVersion.TLSv1_2
    real.authority().configure_trust(mutual)
    asks = stack.enter_context(real.serving(real.Echo, mutual))
    valid = serve(stack)
    wrong = serve(stack, "other.example")
    plain = stack.enter_context(real.serving(real.Echo))

    def case(what, port, errno=0, ca="ca", name="localhost", **more):
        return {"what": what, "port": port, "errno": errno, "ca": ca, "name": name, **more}

    cases = [
        case("valid", valid),
        case("valid, by its number", valid, name="127.0.0.1"),
        case("expired", serve(stack, **past), NOT_ACCEPTED),
        case("wrong name", wrong, NOT_ACCEPTED),
        case("the right name of it", wrong, name="other.example"),
        case("unknown authority", serve(stack, issuer=stranger), NOT_ACCEPTED),
        case("another authority", serve(stack, issuer=stranger), ca="stranger"),
        case("client certificate", asks, own=True),
        case("no client certificate", asks, ALERT, ca=""),
        case("no TLS", plain, ALERT, ca=""),
        case("no TLS, checked", plain, NOT_ACCEPTED),
        case("nobody", demo.free_port(), 111),
        case("unchecked", wrong, ca=""),
    ]
    issued = real.authority().issue_cert("client.example")
    env = stack.enter_context(real.module())
    real.run(
        "check_tls",
        env,
        bits=32,
        heap="256K",
        cases=cases,
        ca=real.ca_pem(),
        stranger=stranger.cert_pem.bytes().decode(),
        cert=issued.cert_chain_pems[0].bytes().decode(),
        key=issued.private_key_pem.bytes().decode(),
    )


def test_a_shared_key_with_openssl(stack):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl program on this machine (apt install openssl)")
    port = demo.free_port()
    command = [openssl, "s_server", "-accept", f"127.0.0.1:{port}", "-nocert", "-quiet", "-rev"]
    command += ["-tls1_2", "-cipher", "PSK", "-psk", PSK, "-psk_identity", "espat"]
    stack.enter_context(children.Child(command))
    real.connect(port).close()
    case = {"port": port, "name": "localhost", "psk": PSK}
    cases = [
        {**case, "what": "the right key", "errno": 0},
        {**case, "what": "a wrong key", "errno": ALERT, "psk": PSK[::-1]},
        {**case, "what": "the right key again", "errno": 0},
    ]
    env = stack.enter_context(real.module())
    real.run("check_tls", env, bits=32, heap="256K", cases=cases)
