# The simulator's control requests from a program: access points, faults, pins ... as JSON objects.
# Owns one function.
import sim_host


def control(request):
    """{"do": ...} -> {"ok": true, ...} or {"ok": false, "error": ...}"""
    return sim_host.link().control(request)
