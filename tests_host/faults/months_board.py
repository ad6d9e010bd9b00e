# Runs on MicroPython: months in the life of a device, from one number. What it does, what happens
# to it, and what must hold all the time: right bytes, no call beyond its limit, no error without a
# fault, service soon after each. Prints the heap every few days; months.py compares.
import gc
import random
import sys
import time

from machine import UART, Pin
from sim_control import control as _control

import espat
from faults import months_deeds as deeds

LAB = ("espat-lab", "espat-pass")
CALL_LIMIT_MS = 90000  # docs/reliability.md
BACK_MS = 30000
HOUR = 3600
DAY = 24 * HOUR
# Between two lots of faults. Eight days: more than half of the clock's period, so that a moment
# that was kept from the last lot seems to lie in the future.
QUIET_S = (HOUR, 6 * HOUR, DAY, 3 * DAY, 8 * DAY)
AWAY_S = (2, 20, 120, HOUR // 2, 4 * HOUR, 12 * HOUR)
KINDS = ("ap_gone", "ap_silent", "kick", "reboot", "hang", "power", "no_dns", "link_loss")
KINDS += ("blackout",)  # of module and access point, which takes longer to be there again
MQTT_GRACE_S = 300  # the module finds out by itself that its broker is gone, by its keep-alive


def control(do, **request):
    request["do"] = do
    answer = _control(request)
    assert answer["ok"], answer
    return answer


class Life:
    def __init__(self, days, look_s):
        self.last = time.ticks_ms()
        self.s = self.ms = self.wraps = 0
        self.end_s = days * DAY
        self.look_s = self.next_look_s = look_s
        self.good = self.errors = self.faults = self.visits = 0
        self.longest = self.longest_back = self.longest_calm = 0
        self.calm = True
        self.mqtt_s = 0  # until then it may fail
        self.eager = True  # it calls watchdog() all the time, not only after errors
        self.m = m = espat.Modem(
            UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=2048), reset=Pin(6, Pin.OUT, value=1)
        )
        m.wifi.connect(*LAB)
        self.deeds = deeds.Deeds(self, m, control)

    # -- time --------------------------------------------------------------------------
    def tick(self):
        """Counts time on across the clock's wraps."""
        now = time.ticks_ms()
        passed = time.ticks_diff(now, self.last)
        assert passed >= 0, "time went back"
        if now < self.last:
            self.wraps += 1
        self.last = now
        self.ms += passed
        self.s += self.ms // 1000
        self.ms %= 1000

    def sleep(self, seconds):
        """As a program does that has nothing to do: most of them do not listen meanwhile."""
        if random.randrange(20):
            time.sleep(seconds)
        else:
            self.m.pause(seconds * 1000)
        self.tick()

    # -- one thing ---------------------------------------------------------------------
    def call(self, f):
        """True if it went well; an error needs a fault."""
        start = time.ticks_ms()
        try:
            f()
            self.good += 1
            return True
        except OSError as e:
            self.errors += 1
            if self.calm and not self.deeds.may_fail(f):
                sys.print_exception(e)
                raise AssertionError("an error without a fault")
            return False
        finally:
            took = time.ticks_diff(time.ticks_ms(), start)
            self.longest = max(self.longest, took)
            if self.calm:
                self.longest_calm = max(self.longest_calm, took)
            assert took < CALL_LIMIT_MS, (f, took)
            self.tick()

    def watchdog(self):
        said = self.m.watchdog()
        assert said == "ok" or not self.calm, said

    # -- faults ------------------------------------------------------------------------
    def trouble(self, kind, most_s):
        """One fault, what the device does meanwhile, and its way back."""
        self.calm = False
        self.faults += 1
        ms = random.randrange(3000)  # it comes in the middle of something
        away_s = 0
        if kind not in ("kick", "reboot", "hang", "link_loss"):
            away_s = min(random.choice(AWAY_S), most_s)
        back_ms = ms + away_s * 1000
        if kind[:2] == "ap":
            control("ap_down", ssid=LAB[0], silent=kind == "ap_silent", in_ms=ms)
            control("ap_up", ssid=LAB[0], in_ms=back_ms)
        elif kind == "power":
            control("power", on=False, in_ms=ms)
            control("power", on=True, in_ms=back_ms)
        elif kind == "blackout":
            control("ap_down", ssid=LAB[0], silent=True, in_ms=ms)
            control("power", on=False, in_ms=ms)
            control("power", on=True, in_ms=back_ms)
            back_ms += random.randrange(30, 120) * 1000
            control("ap_up", ssid=LAB[0], in_ms=back_ms)
        elif kind == "no_dns":
            control("host", name="echo.test", in_ms=ms)
            control("host", name="echo.test", ip=self.deeds.echo_ip, in_ms=back_ms)
        elif kind == "link_loss":
            control("link_loss", id=random.randrange(5), in_ms=ms)
        else:
            control(kind, in_ms=ms)
        end_s = self.s + (self.ms + back_ms) // 1000 + 1
        while self.s < end_s:
            if not self.call(random.choice(self.deeds.all)):
                self.call(self.watchdog)
            if self.s < end_s:
                self.sleep(min(random.randrange(5, 300), end_s - self.s))
        if random.randrange(2):
            self.sleep(random.randrange(1, 600))  # it was not there to see the end of it
        self.come_back(kind)

    def come_back(self, kind):
        start = time.ticks_ms()
        for f in (self.deeds.echo, self.deeds.visit):
            while not self.call(f):
                self.call(self.watchdog)
                self.m.pause(200)
                took = time.ticks_diff(time.ticks_ms(), start)
                assert took < BACK_MS, "no service %d ms after %s" % (took, kind)
        took = time.ticks_diff(time.ticks_ms(), start)
        assert took < BACK_MS, "service only %d ms after %s" % (took, kind)
        self.longest_back = max(self.longest_back, took)
        self.mqtt_s = self.s + MQTT_GRACE_S
        self.calm = True

    # -- the whole ---------------------------------------------------------------------
    def live(self):
        # In the beginning everything once, so that what is kept for good is there from then on.
        for f in self.deeds.all:
            self.call(f)
        for kind in KINDS:
            self.trouble(kind, 120)
            self.sleep(HOUR)
        fault_s = self.s + HOUR
        lot = quiet_s = 0
        while self.s < self.end_s:
            if self.s >= fault_s:
                # What needs most help comes after the longest time without any.
                kind = "blackout" if quiet_s > 6 * DAY else random.choice(KINDS)
                quiet_s = 0
                self.trouble(kind, DAY)
                lot -= 1
                if lot <= 0:
                    lot = random.randrange(2, 12)
                    quiet_s = random.choice(QUIET_S)
                    self.eager = random.randrange(2)
                fault_s = self.s + (quiet_s or random.randrange(10, HOUR))
                continue
            self.sleep(random.randrange(120, 480))
            if not self.call(random.choice(self.deeds.all)) or self.eager:
                self.call(self.watchdog)
            if self.s >= self.next_look_s:
                self.look()
        self.look()

    def look(self):
        self.next_look_s += self.look_s
        if self.s < self.mqtt_s:
            self.sleep(self.mqtt_s - self.s)
        self.deeds.settle()
        gc.collect()
        print(
            "day %.1f: heap %d, operations %d, errors %d, faults %d, wraps %d"
            % (self.s / DAY, gc.mem_alloc(), self.good, self.errors, self.faults, self.wraps)
        )


def main(days, seed, look_s):
    random.seed(seed)
    life = Life(days, look_s)
    life.live()
    print(
        "longest call %d ms, without faults %d ms, longest way back %d ms; %s"
        % (life.longest, life.longest_calm, life.longest_back, life.m.stats())
    )


main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
