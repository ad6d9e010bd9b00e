# The less frequent methods of Modem: loaded for a call, dropped again.
from ..compat import load, ticks_add, ticks_diff, ticks_ms
from .quote import build, raw

# What the module says by itself without a "+" (guide 3.14), as far as nobody handles it.
_PLAIN = (
    b"CONNECT",
    b"CLOSED",
    b"smartconfig ",
    b"Smart get ",
    b"ssid:",
    b"password:",
    b"NO CERT FOUND",
    b"NO PRVT_KEY FOUND",
    b"NO CA FOUND",
    b"Have ",
    b"Will force ",
    b"SEND Canceled",
    b"ALREADY ",
    b"NO UNSUBSCRIBE",
)


def __getattr__(name):
    try:
        load(name)
    except ImportError as e:
        tell(name, e)
        if "espat." + name not in str(e):
            raise  # it is there, and broken
    raise AttributeError(name)


def tell(name, error):
    # Here, and not in a name of its own, for the memory of those who miss nothing.
    from .missing import explain

    explain(name, error)


async def start(m):
    """Find the module, bring it to a known state, read what it is. The first command does it
    too, and the first one after a reboot of the module. Raises OSError(ENODEV)."""
    await m.brief("start", "up")


def on(m, event, handler):
    """Have handler(event, data) called for "WIFI CONNECTED", "WIFI GOT IP", "WIFI DISCONNECT",
    "reboot" (of the module) and what the parts add; handler None removes it. Called
    between commands, so that it may use the modem itself. An event with a "+" is what the module
    says by itself ("+TIME_UPDATED"), data the rest of that line (bytes). "AP JOINED", "AP LEFT": a
    station of modem.ap, data its MAC (6 bytes); "AP ADDRESS": it got one, data (mac, ip)."""
    if m.events is None:
        from ..events import Events

        m.events = Events(m)
    m.events.handlers[event] = handler
    if event[0] == "+":
        n = len(event)
        on_line(m, event, handler and (lambda line: m.events.emit(event, line[n:])))
    elif event[:3] == "AP ":
        load("once.ap_events").watch(m, event, handler, on_line)


def on_line(m, prefix, handler):
    """Have handler(line) called with each unsolicited line (bytes) that begins with prefix;
    handler None removes it. Called while the wire is read: be quick, send nothing."""
    prefix = raw(prefix)
    hooks = m.engine.hooks
    # A program's handlers are lists (engine.hear): the driver's stay, whatever their prefix.
    hooks[:] = [h for h in hooks if h[0] != prefix or isinstance(h, tuple)]
    if handler:
        hooks.insert(0, [prefix, handler])


async def poll(m):
    """Take in what the module has sent meanwhile; for programs that are busy elsewhere."""
    await m.idle(0)


async def watchdog(m):
    """Is the module there, and the network? If not, bring them back (once/watch.py)."""
    return await m.brief("watch", "look")


async def stats(m):
    """Counters since the start (once/watch.py)."""
    return await m.brief("watch", "figures")


async def pause(m, ms):
    """Wait ms, and take in what comes meanwhile."""
    end = ticks_add(ticks_ms(), ms)
    while ms > 0:
        await m.idle(ms)
        ms = ticks_diff(end, ticks_ms())


async def getaddrinfo(m, host, port, af=0, type=0, proto=0, flags=0):
    """As socket.getaddrinfo(): [(family, type, proto, "", (ip, port))] (AT+CIPDOMAIN, guide 3.3.5).
    af: 0 any, 2 IPv4 only, 10 IPv6 only. Raises OSError(-2) if the name has no such address."""
    from .connect import resolve

    return await resolve(m, host, port, af, type)


async def command(m, name, *args, data=None, into=None, lines=None, timeout_ms=5000):
    """Any command, wrapped by us or not (guide 6.4: firmware with commands of its own).

    name: "AT+CWMODE?" or "AT+CWMODE"; args follow "=": strings and bytes are quoted and escaped,
    integers written, None left out. data: raw bytes sent when the module prompts with ">".
    into: a buffer for the counted payload "+NAME:<length>,<bytes>" of the answer. lines: called
    with each answer line instead of collecting them. Returns the answer's lines (bytes, without
    CR LF), or with `into` the number of bytes. Raises ValueError before anything is sent, ATError
    if the module says ERROR, OSError (ETIMEDOUT, ECONNRESET, ENOBUFS) else."""
    cmd = build(name, args)
    base = cmd[:-2]
    cmd = bytearray(cmd)  # as it is, whatever the firmware
    for c in (b"=", b"?"):
        base = base.split(c)[0]
    prefix = b"+" + base[3:] + b":" if base[:3] == b"AT+" else b""
    found = []
    lines = lines or found.append
    if len(base) == len(cmd) - 2:
        # What an execute form prints may have no prefix (AT+GMR).
        inner, own, prefix = lines, prefix, b""

        def lines(text):
            if text[0] == 43:
                if not text.startswith(own):
                    return
            else:
                for known in _PLAIN:
                    if text.startswith(known):
                        return
            inner(text)

    if into is None:
        await m.at(cmd, timeout_ms, lines, prefix, data)
        return found
    return (await load("once.into").take(m, cmd, prefix, into, timeout_ms, lines, data)).got
