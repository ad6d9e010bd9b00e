# Makes Python's ssl contexts from a TlsConfig. Owns nothing else; keeps no key on disk.
from __future__ import annotations

import os
import ssl
import tempfile

from .ports import TlsConfig


def client_context(config: TlsConfig) -> ssl.SSLContext:
    """For a link that the module opens. Nothing is checked unless the host asked for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if config.verify_peer:
        context.verify_mode = ssl.CERT_REQUIRED
        context.check_hostname = bool(config.server_name)
        if config.ca_pem:
            context.load_verify_locations(cadata=config.ca_pem)
    if config.psk:
        _use_psk(context, config)
    _add_own(context, config)
    return context


def _use_psk(context: ssl.SSLContext, config: TlsConfig) -> None:
    if not hasattr(context, "set_psk_client_callback"):
        raise ssl.SSLError("TLS with a pre-shared key needs Python 3.13")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("PSK")
    context.set_psk_client_callback(lambda hint: (config.psk_identity, config.psk))


def server_context(config: TlsConfig) -> ssl.SSLContext:
    """For the module's server; verify_peer asks the clients for a certificate of ca_pem."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if config.verify_peer:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=config.ca_pem)
    _add_own(context, config)
    return context


def _add_own(context: ssl.SSLContext, config: TlsConfig) -> None:
    if config.alpn:
        context.set_alpn_protocols(list(config.alpn))
    if not config.cert_pem:
        return
    # ssl reads certificates from files only: one that only we can read, gone at once.
    handle, path = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(config.key_pem + "\n" + config.cert_pem)
        context.load_cert_chain(path)
    finally:
        os.unlink(path)
