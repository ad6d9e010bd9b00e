# Which simulated module this program is wired to: ESPAT_SIM names it, the first use connects.
# Owns that choice, and what the two kinds of connection share: timers and pin handlers.
import os

where = os.getenv("ESPAT_SIM") or ""
virtual = where.startswith("lockstep:")

timers = None  # sim_timer's, when the program uses machine.Timer
on_pins = None  # machine_pin's, when a Pin has a handler


def link():
    """The connection: sim_lockstep or sim_stream, both modules with the same functions."""
    if virtual:
        import sim_lockstep as it
    else:
        import sim_stream as it
    if not it.connected():
        it.connect(where)
    return it


def checked(request):
    reply = link().control(request)
    if not reply.get("ok"):
        raise OSError("simulator: " + str(reply.get("error")))
    return reply
