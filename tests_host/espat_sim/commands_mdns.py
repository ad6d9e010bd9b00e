# mDNS: what the module announces about itself.
# Owns the arguments of AT+MDNS, which depend on the firmware; nothing is sent to any network.
from __future__ import annotations

from .call import Call
from .errors import para_count, para_invalid
from .parser import Arg, Int, Rest, Str, bind
from .registry import Commands

commands = Commands("tcpip")

_TXT_MAX = 10


@commands.set("AT+MDNS", Int(0, 1), Rest())
def announce(call: Call, enable: int, args: list) -> None:
    m = call.m
    if not enable:
        if args:
            raise para_count(1, 1 + len(args))
        m.mdns = None
        return
    kinds: list[Arg] = [Str(64, 1), Str(64, 1), Int(1, 65535)]
    if not m.profile.mdns_txt:
        # The released firmware knows nothing behind the port.
        host, service, port = bind(args, kinds, False, 1)
        instance, proto, pairs = host, b"_tcp", []
    else:
        kinds += [Str(64, 1, default=None), Str(8, 1, default=b"_tcp"), Int(1, _TXT_MAX, default=0)]
        host, service, port, instance, proto, count = bind(args[:6], kinds, False, 1)
        if len(args) > 6 and len(args) - 6 != 2 * count or (count and len(args) <= 6):
            raise para_count(7 + 2 * count, 1 + len(args))
        if proto not in (b"_tcp", b"_udp"):
            raise para_invalid(5)
        pairs = bind(args[6:], [Str(64, 1), Str(255)] * count, False, 7)
    m.mdns = {
        "host": host.decode("latin-1"),
        "service": service.decode("latin-1"),
        "port": port,
        "instance": (instance or host).decode("latin-1"),
        "proto": proto.decode("latin-1"),
        "txt": {
            key.decode("latin-1"): value.decode("latin-1")
            for key, value in zip(pairs[::2], pairs[1::2])
        },
    }
