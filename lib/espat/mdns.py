# modem.mdns: the module's name and service in the local network.


async def start(m, hostname, service, port, instance=None, proto=None, txt=None):
    """Announce hostname.local and a service (AT+MDNS, guide 3.3.38). hostname, service ("_http"),
    instance: 1..63 bytes. port: 1..65535. proto: "_tcp" or "_udp". txt: up to ten (key, value)
    pairs, or a dictionary. Firmware before 3.4.1 knows neither instance nor proto nor txt:
    NotImplementedError. The whole command has at most 256 bytes."""
    from .once.quote import check, keep

    check("hostname: bytes", len(hostname.encode()), 1, 63)
    check("service: bytes", len(service.encode()), 1, 63)
    check("port", port, 1, 65535)
    if proto not in (None, "_tcp", "_udp"):
        raise ValueError("proto: _tcp or _udp")
    if instance is not None:
        check("instance: bytes", len(instance.encode()), 1, 63)
    args = [1, hostname, service, port, instance, proto]
    if txt:
        pairs = list(txt.items() if hasattr(txt, "items") else txt)
        check("txt", len(pairs), 1, 10)
        args[4] = instance or hostname
        args[5] = proto or "_tcp"
        args.append(len(pairs))
        for key, value in pairs:
            check("txt key: bytes", len(key.encode()), 1, 63)
            args += [key, value]
    if len(args) > 6 or instance or proto:
        if m.state != 2:
            await m.brief("start", "up")
        if m.profile.version > (0, 0) and not m.profile.timed:
            raise NotImplementedError("AT %d.%d has no AT+MDNS instance" % m.profile.version)
    await keep(m, b"AT+MDNS", *args)


async def stop(m):
    """Announce nothing any more."""
    from .once.quote import unkeep

    cmd = b"AT+MDNS=0\r\n"
    await m.at(cmd)
    unkeep(m, cmd)
