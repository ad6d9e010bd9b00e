# select for programs on the simulated board: in lockstep, waiting is virtual; else the machine's
# own. Owns that choice.
import sim_host as _host
from uselect import *  # noqa: F403

if _host.virtual:
    from sim_poll import poll  # noqa: F401
