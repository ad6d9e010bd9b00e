# Certificates and keys of the manufacturing store, and the TLS settings of links made of them.
# Owns the names of the slots and what is said when one is empty. Cryptography is tls.py's.
from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from .factory_pki import SINGLE
from .tls import TlsConfig, usable_certificate, usable_key

if TYPE_CHECKING:
    from .module import Module

OWN_CERTIFICATE, CHECK_PEER = 1, 2  # bits of the authentication mode


class Missing(Exception):
    """A slot that is needed holds nothing usable; the text is what the module says."""

    code = 0  # of the enterprise join


def client_config(m: Module, index: int) -> TlsConfig:
    """For a link that is to be opened, as CIPSSLCCONF and its companions have set it."""
    mode, pki, ca = m.cfg["sslconf"][index]
    cert_pem = key_pem = ""
    if mode & OWN_CERTIFICATE:
        cert_pem, key_pem = _pair(m, "client", pki)
    psk, hint = m.cfg["sslpsk"][index]
    return TlsConfig(
        server_name=m.cfg["sslsni"][index],
        common_name=m.cfg["sslcn"][index],
        ca_pem=_authority(m, "client", ca) if mode & CHECK_PEER else "",
        cert_pem=cert_pem,
        key_pem=key_pem,
        verify_peer=bool(mode & CHECK_PEER),
        alpn=tuple(m.cfg["sslalpn"][index]),
        psk=bytes.fromhex(psk),
        psk_identity=hint,
    )


def mqtt_config(
    m: Module, *, host: str, sni: str, alpn: tuple[str, ...], check: bool, own: bool
) -> TlsConfig:
    """For the MQTT client. Whom the broker's certificate must be for is asked only with an SNI."""
    cert_pem, key_pem = _pair(m, "mqtt", 0) if own else ("", "")
    return TlsConfig(
        server_name=sni or name_of(host),
        common_name=sni,
        ca_pem=_authority(m, "mqtt", 0) if check else "",
        cert_pem=cert_pem,
        key_pem=key_pem,
        verify_peer=check,
        alpn=alpn,
    )


def ws_config(m: Module, host: str, mode: int, pki: int, ca: int) -> TlsConfig:
    """For a WebSocket; mode is that of CIPSSLCCONF."""
    cert_pem, key_pem = _pair(m, "client", pki) if mode & OWN_CERTIFICATE else ("", "")
    return TlsConfig(
        server_name=name_of(host),
        ca_pem=_authority(m, "client", ca) if mode & CHECK_PEER else "",
        cert_pem=cert_pem,
        key_pem=key_pem,
        verify_peer=bool(mode & CHECK_PEER),
    )


def name_of(host: str) -> str:
    """The SNI of a host: its name; an address has none."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host
    return ""


def server_config(m: Module, check_clients: bool) -> TlsConfig:
    cert_pem, key_pem = _pair(m, "server", 0)
    return TlsConfig(
        cert_pem=cert_pem,
        key_pem=key_pem,
        ca_pem=_authority(m, "server", 0) if check_clients else "",
        verify_peer=check_clients,
    )


def _slot(m: Module, space: str, number: int) -> bytes:
    """What it holds. Without a number where there is one only (factory_pki.py); a firmware whose
    server has one only is played by erasing "server_cert.0" and writing "server_cert"."""
    single = space[:4] in SINGLE or space[:6] == "server" and space in m.mfg.keys(space)
    return m.mfg.data(space, space if single else f"{space}.{number}")


def _pair(m: Module, who: str, number: int) -> tuple[str, str]:
    cert_pem = usable_certificate(_slot(m, f"{who}_cert", number))
    if not cert_pem:
        raise Missing("NO CERT FOUND")
    key_pem = usable_key(_slot(m, f"{who}_key", number))
    if not key_pem:
        raise Missing("NO PRVT_KEY FOUND")
    return cert_pem, key_pem


def _authority(m: Module, who: str, number: int) -> str:
    ca_pem = usable_certificate(_slot(m, f"{who}_ca", number))
    if not ca_pem:
        raise Missing("NO CA FOUND")
    return ca_pem


_EAP_CODES = {"NO CA FOUND": 0x8009, "NO CERT FOUND": 0x800C, "NO PRVT_KEY FOUND": 0x800E}


def enterprise_slots(m: Module, own: bool, check: bool) -> None:
    """Whether the certificates of the enterprise join are there; Missing has its error code."""
    try:
        if check:
            _authority(m, "wpa2", 0)
        if own:
            _pair(m, "wpa2", 0)
    except Missing as error:
        error.code = _EAP_CODES[str(error)]
        raise
