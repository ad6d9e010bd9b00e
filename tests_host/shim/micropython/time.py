# time for programs on the simulated board: the simulator's virtual time in lockstep, the
# machine's own otherwise. Owns names only.
import sim_host as _host
import utime as _t
from utime import *  # noqa: F403

if _host.virtual:
    from sim_clock import *  # noqa: F403
else:

    def sleep_ms(ms):
        if _host.timers is None and _host.on_pins is None and _host.on_rx is None:
            _t.sleep_ms(ms)
        else:
            _host.link().sleep_us(ms * 1000)

    def sleep(s):
        sleep_ms(int(s * 1000))
