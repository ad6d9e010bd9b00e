# modem.wifi: networks with an authentication server (WPA2 enterprise). Loaded for a call.
from .quote import build, check, mode, query, raw, remember, unkeep, unquote

_METHODS = ("TLS", "PEAP", "TTLS")


async def connect_enterprise(
    m,
    ssid,
    method,
    identity,
    username=None,
    password=None,
    client_cert=None,
    check_server=False,
    timeout_s=15,
):
    """Join a WPA2 enterprise network (AT+CWJEAP, guide 3.2.25) and wait until there is an address.

    method: "TLS", "PEAP" or "TTLS". identity: 1..32 bytes. username, password: 1..32 bytes each,
    needed for PEAP and TTLS, left out for TLS. client_cert: send the certificate in the module's
    partition wpa2_cert (TLS: always). check_server: only a server whose certificate wpa2_ca has
    signed. timeout_s: 3..600. Raises WifiError (errno ETIMEDOUT: refused, or not there: the module
    does not tell which); ATError with what is wrong in .code (EAP codes, guide 3.2.25);
    ValueError before anything is sent."""
    if method not in _METHODS:
        raise ValueError("method: TLS, PEAP or TTLS")
    method = _METHODS.index(method)
    ssid = sized("ssid", ssid)
    identity = sized("identity", identity)
    if method:
        username = sized("username", username)
        password = sized("password", password)
    elif username or password or client_cert is False:
        raise ValueError("TLS: a certificate, no username, no password")
    check("timeout_s", timeout_s, 3, 600)
    security = (1 if client_cert or not method else 0) + (2 if check_server else 0)
    args = (ssid, method, identity, username, password, security)
    cmd = build(b"AT+CWJEAP", args if timeout_s == 15 else args + (timeout_s,))
    ms = timeout_s * 1000 + 5000
    await mode(m, 1)
    unkeep(m, cmd)
    late = []
    e = m.engine
    if await m.at(cmd, ms, late.append, b"+CWJEAP:", force=True):
        from ..errors import WifiError, error

        if late:
            raise WifiError("AT+CWJEAP", e.code, 110, "timed out, or refused", 1)
        raise error(cmd, e.result, e.code)
    m.wifi_state = 2
    remember(m, cmd, ms)


def sized(name, text):
    text = raw(text or b"")
    check(name + ": bytes", len(text), 1, 32)
    return text


async def enterprise(m):
    """(ssid, method, identity, username, client_cert, check_server) of the enterprise network that
    the station has joined, None if there is none (AT+CWJEAP?). The password is left out."""
    lines = await query(m, b"AT+CWJEAP?", 0)
    if not lines:
        return None
    # "ssid",1,"identity","username","password",0: nothing is escaped.
    line = lines[0]
    try:
        i = line.find(b'",') + 1
        while line[i + 2 : i + 3] != b"," or line[i + 3 : i + 4] != b'"':
            i = line.index(b'",', i) + 1
        texts = line[i + 3 : line.rfind(b",")].split(b'","')
        method = _METHODS[int(line[i + 1 : i + 2])]
        security = int(line[line.rfind(b",") + 1 :])
    except (ValueError, IndexError):
        return None
    ssid = unquote(line[:i])
    identity = texts[0][1:]
    username = texts[1] if len(texts) > 1 else b""
    return ssid, method, identity, username, bool(security & 1), bool(security & 2)
