# Which simulated module this program is wired to: ESPAT_SIM names it, the first use connects.
# Owns that choice, and what the two kinds of connection share: timers and pin handlers.
import os

where = os.getenv("ESPAT_SIM") or ""
virtual = where.startswith("lockstep:")

timers = None  # sim_timer's, when the program uses machine.Timer
on_pins = None  # machine_pin's, when a Pin has a handler
on_rx = None  # the handler of UART.irq()
_rx_seen = 0


def link():
    """The connection: sim_lockstep or sim_stream, both modules with the same functions."""
    if virtual:
        import sim_lockstep as it
    else:
        import sim_stream as it
    if not it.connected():
        it.connect(where)
    return it


def received(n):
    """n bytes wait in the UART: its handler hears of new ones."""
    global _rx_seen
    if n > _rx_seen:
        on_rx()
        n = link().any_()
    _rx_seen = n


def checked(request):
    reply = link().control(request)
    if not reply.get("ok"):
        raise OSError("simulator: " + str(reply.get("error")))
    return reply
