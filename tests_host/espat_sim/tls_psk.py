# TLS with a pre-shared key on Pythons whose ssl module cannot (before 3.13).
# Owns the way to OpenSSL's callbacks. Nothing else reaches under the ssl module.
from __future__ import annotations

import ctypes
import ssl
from typing import Any

_CLIENT = ctypes.CFUNCTYPE(
    ctypes.c_uint,
    ctypes.c_void_p,
    ctypes.c_char_p,
    ctypes.POINTER(ctypes.c_char),
    ctypes.c_uint,
    ctypes.POINTER(ctypes.c_ubyte),
    ctypes.c_uint,
)
_SERVER = ctypes.CFUNCTYPE(
    ctypes.c_uint,
    ctypes.c_void_p,
    ctypes.c_char_p,
    ctypes.POINTER(ctypes.c_ubyte),
    ctypes.c_uint,
)
_CIPHERS = "PSK+AESGCM:PSK+AES"


class PskMissing(ssl.SSLError):
    """This Python has no way to a pre-shared key."""


def psk_works() -> bool:
    """Whether contexts with a pre-shared key can be made here."""
    return hasattr(ssl.SSLContext, "set_psk_client_callback") or _openssl() is not None


def use_psk_client(context: ssl.SSLContext, key: bytes, identity: str) -> None:
    """The client end: no certificates, TLS 1.2, one key."""
    context.set_ciphers(_CIPHERS)
    if hasattr(context, "set_psk_client_callback"):
        context.set_psk_client_callback(lambda hint: (identity, key))
        return

    def give(
        session: Any, hint: Any, name: Any, name_size: int, secret: Any, secret_size: int
    ) -> int:
        text = identity.encode("latin-1") + b"\0"
        if len(text) > name_size or len(key) > secret_size:
            return 0
        ctypes.memmove(name, text, len(text))
        ctypes.memmove(secret, key, len(key))
        return len(key)

    _set(context, "SSL_CTX_set_psk_client_callback", _CLIENT(give))


def use_psk_server(context: ssl.SSLContext, keys: dict[str, bytes]) -> None:
    """The server end: identity -> key."""
    context.set_ciphers(_CIPHERS)
    if hasattr(context, "set_psk_server_callback"):
        context.set_psk_server_callback(lambda identity: keys.get(identity or "", b""))
        return

    def give(session: Any, identity: Any, secret: Any, secret_size: int) -> int:
        key = keys.get((identity or b"").decode("latin-1"), b"")
        if len(key) > secret_size:
            return 0
        ctypes.memmove(secret, key, len(key))
        return len(key)

    _set(context, "SSL_CTX_set_psk_server_callback", _SERVER(give))


def _openssl() -> Any:
    """The library that the ssl module itself is linked with, None when it hides."""
    import _ssl

    try:
        library = ctypes.CDLL(_ssl.__file__)
        return library if library.SSL_CTX_set_psk_client_callback else None
    except (AttributeError, OSError, TypeError):
        return None


def _set(context: ssl.SSLContext, name: str, callback: Any) -> None:
    library = _openssl()
    if library is None:
        raise PskMissing("TLS with a pre-shared key needs Python 3.13 or a dynamic OpenSSL")
    # The object's first field after its head is the pointer to OpenSSL's own context.
    raw = ctypes.c_void_p.from_address(id(context) + object.__basicsize__)
    getattr(library, name)(raw, callback)
    context.psk_callback = callback  # type: ignore[attr-defined]  # lives as long as OpenSSL may call it
