# After a reboot of the module: the settings that it has lost (quote.py lists them), and the join.


async def again(m):
    """After a reboot of the module: as before, and not the end of the world if it fails."""
    kept = m.kept
    if kept[0][:9] != b"AT+CWMODE":
        await m.at(b"AT+CWMODE=1,0\r\n", force=True)
    for i in range(0, len(kept), 2):
        if m.engine.lost:
            break  # it answers no more, and its limits would add up
        if not await m.at(kept[i], kept[i + 1], force=True) and kept[i][:6] == b"AT+CWJ":
            m.wifi_state = 2
