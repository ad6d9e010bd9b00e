# Why no module answers, told from what came instead. Loaded when none was found at any rate.
# `espat doctor` on a PC tells more.


def why(e, heard, ready):
    """heard: the first lines that came while we asked; ready: it said so. A text for ENODEV."""
    if ready:
        return "it says ready, but does not hear: the wire to its RX?"
    if not heard:
        if e.n or e.left:
            return "no answer, but bytes that are no lines: baud rate?"
        return "no answer, not a byte: TX and RX swapped? power? baud rate?"
    for text in heard:
        for word in b"ESP-ROM,ets ,rst,boot:,header:,load".split(b","):
            if word in text:
                text = text[:40].decode("utf-8", "ignore")
                return "it starts, but has no AT firmware, or this is its log port: " + text
        if b"NameError" in text:
            return "Python answers, no AT firmware: is this the module's UART?"
        if text.strip(b"+\0") not in (b"ATE0", b""):
            ready = True
    return "no answer, but noise: wiring?" if ready else "only what we send: TX and RX joined?"
