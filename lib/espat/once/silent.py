# Why no module answers, told from what came instead; in the program's log too. Loaded when none was
# found at any rate, or when it has stopped answering. `espat doctor` on a PC tells more.
import sys

from .note import note


def why(m, heard, ready):
    """heard: the first lines that came while we asked, None: it did answer until now; ready: it
    said so. A text for the error."""
    if heard is None:
        text = "the module has stopped answering"
        if m.options[7] & 1:
            text += ": CTS stuck?"
        elif "espat.power" in sys.modules and m.power.gate:
            text += ": wake pin?"
    else:
        text = told(m.engine, heard, ready)
    note(text)
    return text


def told(e, heard, ready):
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
