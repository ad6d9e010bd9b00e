# What a host has missed to which the module talked while it slept: the links are asked for it.
from .ask import numbers
from .quote import query


async def missed(m):
    # After a sleep with a wake delay that is too short: hints and ends of links.
    m.wifi_state = -1  # asked when someone wants to know
    links = m.engine.links
    if not any(links):
        return
    n = await numbers(m, b"AT+CIPRECVLEN?")
    open = [text[:1] for text in await query(m, b"AT+CIPSTATE?", 0)]
    for i in range(len(links)):
        s = links[i]
        if s is None or not s.up:
            continue
        if i < len(n) and n[i] > 0:
            s.hint = True
        if b"%d" % i not in open:
            s.on_closed()
