# What a chip draws over time: charge, time in each state, and a picture of it.
# Owns the sums. Which state a chip is in is power.py's and virtual_host.py's.
from __future__ import annotations

from typing import Mapping

from .ports import Clock

_US_PER_HOUR = 3_600_000_000
_DAY_H = 24


class EnergyMeter:
    """States have a current in microamperes; asleep names those that count as sleep."""

    def __init__(
        self, clock: Clock, draw_ua: Mapping[str, int], state: str, asleep: tuple[str, ...]
    ) -> None:
        self._clock = clock
        self.draw_ua = draw_ua
        self._asleep = asleep
        self.state = state
        self._now_ua = draw_ua[state]
        self.reset()

    def reset(self) -> None:
        """Counts from now on."""
        self._start_us = self._since_us = self._clock.now_us
        self._time_us: dict[str, int] = {}
        self._charge = 0  # microampere times microsecond
        self.timeline: list[tuple[int, int]] = [(self._start_us, self._now_ua)]

    def _settle(self) -> None:
        now = self._clock.now_us
        passed, self._since_us = now - self._since_us, now
        self._time_us[self.state] = self._time_us.get(self.state, 0) + passed
        self._charge += passed * self._now_ua

    def enter(self, state: str, ua: int = -1) -> None:
        """From now on this state; ua: its current when it is not the one of the table."""
        ua = self.draw_ua[state] if ua < 0 else ua
        if state == self.state and ua == self._now_ua:
            return
        self._settle()
        self.state, self._now_ua = state, ua
        if self.timeline[-1][0] == self._since_us:
            self.timeline.pop()
        self.timeline.append((self._since_us, ua))

    def pulse(self, ua: int, us: int) -> None:
        """For us the current was ua instead: a packet that was sent."""
        self._charge += (ua - self._now_ua) * us

    def report(self) -> dict:
        """Seconds, mAh so far and per day, mean current, share of the time asleep."""
        self._settle()
        total_us = self._since_us - self._start_us
        mah = self._charge / 1000 / _US_PER_HOUR
        mean_ma = self._charge / total_us / 1000 if total_us else self._now_ua / 1000
        asleep_us = sum(self._time_us.get(state, 0) for state in self._asleep)
        return {
            "seconds": total_us / 1e6,
            "mah": round(mah, 6),
            "mah_per_day": round(mean_ma * _DAY_H, 3),
            "mean_ma": round(mean_ma, 4),
            "asleep": round(asleep_us / total_us, 6) if total_us else 0.0,
            "states": {name: us / 1e6 for name, us in self._time_us.items() if us},
        }


def plot(path: str, **meters: EnergyMeter) -> None:
    """A step curve in milliamperes for each meter, with a common time axis; path names the kind."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(len(meters), 1, sharex=True, squeeze=False)
    for (name, meter), (axis,) in zip(meters.items(), axes):
        report = meter.report()
        end_us = meter.timeline[0][0] + round(report["seconds"] * 1e6)
        points = [*meter.timeline, (end_us, meter.timeline[-1][1])]
        axis.step([t / 1e6 for t, _ in points], [ua / 1000 for _, ua in points], where="post")
        axis.set_yscale("log")
        axis.set_ylabel(f"{name}, mA")
        share = 100 * report["asleep"]
        axis.set_title(f"{report['mah_per_day']:.1f} mAh a day, asleep {share:.1f} %", fontsize=9)
    axes[-1][0].set_xlabel("s")
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)
