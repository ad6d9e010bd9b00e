# TLS as the module does it: an engine without I/O, its contexts, and what it checks.
# Owns versions, records and verification at the module's own time. Opens no socket.
from __future__ import annotations

import base64
import contextlib
import ipaddress
import os
import ssl
import tempfile
from dataclasses import dataclass, field
from typing import Any, Iterator, Optional, Union

from .tls_psk import use_psk_client

HEADER = 5  # bytes of a record before its length counts
_RECORD_TYPES = (20, 21, 22, 23)
_NO_CHECK_TIME = 0x200000  # the module's clock decides, not the one of the machine
_PARTIAL_CHAIN = 0x80000  # whatever lies in the CA slot is trusted, root or not
CLOCK_IS_SET = 1_577_836_800  # 2020: no clock that was ever set says less
MAX_WRITE = 4096  # plain bytes of one outgoing record


@dataclass(frozen=True)
class TlsConfig:
    """How a TLS link is to be made. PEM texts; an empty one means "not given"."""

    server_name: str = ""  # SNI; none is sent when it is empty
    common_name: str = ""  # whom the peer's certificate must be for; empty: anybody
    ca_pem: str = ""
    cert_pem: str = ""
    key_pem: str = ""
    verify_peer: bool = False
    alpn: tuple[str, ...] = field(default_factory=tuple)
    psk: bytes = b""
    psk_identity: str = ""


class TlsEngine:
    """One end of one session, sans-I/O: feed() what came in, send what output() gives."""

    def __init__(
        self, context: ssl.SSLContext, *, server_side: bool = False, server_name: str = ""
    ) -> None:
        self._in = ssl.MemoryBIO()
        self._out = ssl.MemoryBIO()
        self.session: Any = context.wrap_bio(
            self._in, self._out, server_side=server_side, server_hostname=server_name or None
        )
        self.ended = False  # the other end said that it closes

    def feed(self, data: bytes) -> None:
        self._in.write(data)

    def output(self) -> bytes:
        return self._out.read()

    def shake(self) -> bool:
        """True when the handshake is complete. ssl.SSLError when there will be none."""
        try:
            self.session.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    @property
    def readable(self) -> int:
        """Plain bytes of the record that was opened and not read to its end."""
        return int(self.session.pending())

    def read(self, n: int) -> bytes:
        """At most one record's rest. b"": nothing, see ended."""
        try:
            data = self.session.read(n)
        except ssl.SSLWantReadError:
            return b""
        except ssl.SSLZeroReturnError:
            data = b""
        if not data:
            self.ended = True
        return bytes(data)

    def write(self, data: bytes) -> None:
        self.session.write(data)

    def finish(self) -> None:
        """Says that this end closes."""
        with contextlib.suppress(ssl.SSLError, OSError):
            self.session.unwrap()


def record_size(head: Union[bytes, bytearray]) -> int:
    """How long the record is that begins like this; HEADER until that can be told."""
    if len(head) < HEADER:
        return HEADER
    if head[0] not in _RECORD_TYPES or head[1] != 3:
        return len(head)  # no TLS at all: the engine shall see it at once
    return HEADER + int.from_bytes(head[3:5], "big")


# -- contexts --------------------------------------------------------------------------


def client_context(config: TlsConfig) -> ssl.SSLContext:
    """For a link that the module opens. Nothing is checked unless the host asked for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _old_versions(context)
    if config.verify_peer:
        context.verify_mode = ssl.CERT_REQUIRED
        _trust(context, config.ca_pem)
    if config.alpn:
        context.set_alpn_protocols(list(config.alpn))
    if config.psk:
        use_psk_client(context, config.psk, config.psk_identity)
    if config.cert_pem:
        _own(context, config)
    return context


def server_context(config: TlsConfig) -> ssl.SSLContext:
    """For the module's server; verify_peer asks the clients for a certificate of ca_pem."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _old_versions(context)
    if config.verify_peer:
        context.verify_mode = ssl.CERT_REQUIRED
        _trust(context, config.ca_pem)
    _own(context, config)
    return context


def _old_versions(context: ssl.SSLContext) -> None:
    # The firmware is built without TLS 1.3; with AES-GCM a record has 29 bytes more than its data.
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:DHE+AESGCM:AESGCM:ECDHE+AES:AES:!PSK")


def _trust(context: ssl.SSLContext, ca_pem: str) -> None:
    context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME | _PARTIAL_CHAIN)
    context.load_verify_locations(cadata=ca_pem)


def _own(context: ssl.SSLContext, config: TlsConfig) -> None:
    # ssl reads certificates from files only: one that only we can read, gone at once.
    handle, path = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(config.key_pem + "\n" + config.cert_pem)
        context.load_cert_chain(path)
    finally:
        os.unlink(path)


# -- what is checked after the handshake -------------------------------------------------


def objection(engine: TlsEngine, config: TlsConfig, unix_time: int) -> Optional[str]:
    """Why the peer's certificate is not good enough; None: it is."""
    if not config.verify_peer or config.psk:
        return None
    certificate = engine.session.getpeercert()
    if not certificate:
        return "no certificate"
    if engine.session.server_side and unix_time < CLOCK_IS_SET:
        return None  # a server works without the time (guide, 4.2.8); a client does not
    if unix_time < ssl.cert_time_to_seconds(certificate["notBefore"]):
        return "the certificate is not valid yet: is the clock set?"
    if unix_time > ssl.cert_time_to_seconds(certificate["notAfter"]):
        return "the certificate has expired"
    if config.common_name and not any(
        _same_name(name, config.common_name) for name in _names(certificate)
    ):
        return f"the certificate is not for {config.common_name}"
    return None


def _names(certificate: dict) -> Iterator[str]:
    """The alternative names, or without any the common name."""
    alternative = certificate.get("subjectAltName", ())
    yield from (name for kind, name in alternative if kind in ("DNS", "IP Address"))
    if not alternative:
        for part in certificate.get("subject", ()):
            yield from (value for key, value in part if key == "commonName")


def _same_name(pattern: str, name: str) -> bool:
    with contextlib.suppress(ValueError):
        # A number is itself however it is written.
        return ipaddress.ip_address(pattern) == ipaddress.ip_address(name)
    pattern, name = pattern.lower(), name.lower()
    if pattern.startswith("*."):
        return name.partition(".")[2] == pattern[2:]
    return pattern == name


# -- what lies in the flash --------------------------------------------------------------


def usable_certificate(data: bytes) -> str:
    """The PEM text of a slot's content (PEM or DER), "" when it holds no certificate."""
    text = _pem(data, "CERTIFICATE")
    if not text:
        return ""
    probe = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        probe.load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        return ""
    return text


def usable_key(data: bytes) -> str:
    """The PEM text of a private key, "" when it holds none. Whether it fits is seen at its use."""
    text = data.rstrip(b"\0").decode("latin-1").strip()
    if "PRIVATE KEY-----" in text:
        return text + "\n"
    return _pem(data, "PRIVATE KEY") if data[:1] == b"0" else ""


def _pem(data: bytes, what: str) -> str:
    text = data.rstrip(b"\0").decode("latin-1").strip()
    if f"-----BEGIN {what}-----" in text:
        return text + "\n"
    if data[:1] != b"0":
        return ""
    body = base64.encodebytes(data).decode()
    return f"-----BEGIN {what}-----\n{body}-----END {what}-----\n"
