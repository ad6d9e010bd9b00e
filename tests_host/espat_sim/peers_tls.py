# Servers with TLS for every virtual network of a test: good and bad certificates, made by trustme.
# Owns which name fails how. What they say is peers.py's; needs the package trustme.
from __future__ import annotations

import datetime
import functools
import ssl
from typing import Any

from . import factory_pki
from .net_virtual import VirtualNetwork
from .tls_psk import psk_works, use_psk_server

GOOD = "tls.test"  # of the authority that a module has from the factory in client_ca.0
EXPIRED = "expired.test"
WRONG_NAME = "wrong.test"  # its certificate is for other.test
UNKNOWN = "unknown.test"  # of an authority that nobody knows
CLIENT_CERT = "mutual.test"  # lets nobody in without client_cert.0 of the factory
PSK = "psk.test"

PSK_IDENTITY = "espat"
PSK_KEY = bytes.fromhex("00112233445566778899aabbccddeeff")

ADDRESSES = {
    GOOD: "198.51.100.101",
    EXPIRED: "198.51.100.102",
    WRONG_NAME: "198.51.100.103",
    UNKNOWN: "198.51.100.104",
    CLIENT_CERT: "198.51.100.105",
    PSK: "198.51.100.106",
}


@functools.cache
def authority() -> Any:
    """The trustme.CA whose certificate modules have from the factory."""
    import trustme

    return trustme.CA.from_pem(factory_pki.CA_0.encode(), factory_pki.CA_KEY_0.encode())


def server_context(*names: str, issuer: Any = None, **dates: datetime.datetime) -> ssl.SSLContext:
    """A server's context with a certificate for these names or addresses."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (issuer or authority()).issue_cert(*names, **dates).configure_cert(context)
    return context


def client_context(*names: str) -> ssl.SSLContext:
    """A client's context that trusts the module's server, with a certificate for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=factory_pki.CA_0)
    if names:
        authority().issue_cert(*names).configure_cert(context)
    return context


@functools.cache
def contexts() -> dict[str, ssl.SSLContext]:
    """One for each name; made once a process."""
    import trustme

    mutual = server_context(CLIENT_CERT)
    mutual.verify_mode = ssl.CERT_REQUIRED
    mutual.load_verify_locations(cadata=factory_pki.CA_0)
    made = {
        GOOD: server_context(GOOD, ADDRESSES[GOOD]),
        EXPIRED: server_context(
            EXPIRED,
            not_before=datetime.datetime(2020, 1, 1),
            not_after=datetime.datetime(2021, 1, 1),
        ),
        WRONG_NAME: server_context("other.test"),
        UNKNOWN: server_context(UNKNOWN, issuer=trustme.CA()),
        CLIENT_CERT: mutual,
    }
    if psk_works():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        use_psk_server(context, {PSK_IDENTITY: PSK_KEY})
        made[PSK] = context
    return made


def install(net: VirtualNetwork) -> None:
    """On every name: port 443 a page over HTTPS, port 7 an echo over TLS."""
    from .peers import serve_echo, serve_http  # it imports this file

    net.hosts.update(ADDRESSES)
    for name, context in contexts().items():
        net.serve_tcp(name, 443, serve_http, tls=context)
        net.serve_tcp(name, 7, serve_echo, tls=context)
