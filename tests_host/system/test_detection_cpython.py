# runs-on: cpython
# needs: sim
# Finding out what a module is, on every firmware of the simulator: at most 6 commands and 300 ms
# at 115200 baud until the profile is known, and no more time until the module is in the state that
# the driver relies on. Owns these limits.
import time

import sim_machine

import espat
from espat_sim import Module, VirtualClock, VirtualNetwork, peers, profiles
from system import rig

MOST = 6
MOST_MS = 300
MOST_IN_ALL = 12  # with what puts the module into that state: SYSSTORE, CIPMUX, receive mode ...


def detected(name):
    """Starts on a firmware that has booted: the commands and the ms until the profile was known,
    and until the start was over."""
    clock = VirtualClock()
    sim_machine.attach(Module(name, clock=clock, net=VirtualNetwork(clock)))
    uart = rig.uart()
    time.sleep_ms(1000)
    while uart.read():  # the boot's text
        pass
    tap = rig.Tap(uart)
    known = []

    class Modem(espat.Modem):
        def __setattr__(self, key, value):
            if key == "profile" and not known:
                known.extend((tap.sent.count(b"AT"), rig.since_ms(start)))
            espat.Modem.__setattr__(self, key, value)

    m = Modem(tap)
    start = rig.now_ms()
    m.start()
    return known, [tap.sent.count(b"AT"), rig.since_ms(start)]


def test_few_commands_on_every_firmware():
    firmwares = [name for name in profiles.names() if profiles.load(name).gmr]
    assert len(firmwares) > 8
    for name in firmwares:
        (commands, ms), (all_commands, all_ms) = detected(name)
        assert 0 < commands <= MOST and ms <= MOST_MS, (name, commands, ms)
        assert all_commands <= MOST_IN_ALL and all_ms <= MOST_MS, (name, all_commands, all_ms)


def test_at_0_30_is_set_up_with_so_few():
    _, (commands, ms) = detected("esp8266-0.30")
    assert commands <= MOST and ms <= MOST_MS, (commands, ms)


def test_what_the_release_lacks_and_the_guide_has():
    # Errata 6: v3.4.0.0 is older than the guide; only what came after it has time limits and TXT.
    for name, newer in (("esp32s2-3.4", False), ("esp32s2-guide", True), ("esp32s2-5.0", True)):
        clock = VirtualClock()
        network = VirtualNetwork(clock)
        peers.install(network)
        sim_machine.attach(Module(name, clock=clock, net=network))
        tap = rig.Tap(rig.uart())
        m = espat.Modem(tap)
        m.wifi.connect(*rig.LAB)
        tap.forget()
        s = m.socket()
        s.settimeout(3)
        s.connect(rig.PATTERN)
        assert (b",19,,,3000\r\n" in tap.sent) is newer, (name, bytes(tap.sent))
        tap.forget()
        if newer:
            m.mdns.start("board", "_http", 80, txt={"a": "b"})
        else:
            rig.raises(NotImplementedError, m.mdns.start, "board", "_http", 80, txt={"a": "b"})
            assert not tap.sent
