# Why no module answers, told from what came instead. Loaded when none was found at any rate. On a PC
# `espat doctor` tells more.

_BOOT = b"ESP-ROM", b"ets ", b"rst:", b"rst cause", b"boot:", b"invalid header", b"load:0x"


def why(m, heard):
    """heard: the first lines that came while we asked. A text for OSError(ENODEV)."""
    e = m.engine
    if not heard:
        if e.n or e.left:
            return "no answer, but bytes that are no lines: baud rate?"
        if m.boots:
            return "it says ready, but does not hear: the wire to its RX?"
        return "no answer, not a byte: TX and RX swapped? power? baud rate?"
    for text in heard:
        for word in _BOOT:
            if word in text:
                text = text[:40].decode("utf-8", "ignore")
                return "it starts, but has no AT firmware, or this is its log port: " + text
        if b"NameError" in text:
            return "Python answers, no AT firmware: is this the module's UART?"
    if not [x for x in heard if x != b"ATE0" and x != b"+++ATE0"]:
        return "only what we send comes back: TX and RX joined?"
    return "no answer, but noise: baud rate? wiring?"
