# New firmware for the module over the air: what there is, and an update with its progress.
# The module runs the old one until it restarts; after a failure nothing has changed.
import settings

import espat

STEPS = ("", "server found", "connected", "version known", "done")

if __name__ == "__main__":
    modem = espat.Modem(settings.uart())
    modem.wifi.connect(settings.ssid, settings.key)
    print("this is AT %d.%d" % modem.profile.version)
    print("there is:", ", ".join(modem.ota.versions()))
    modem.ota.update(progress=lambda n: print("  %3d %%  %s" % (25 * n, STEPS[n])))
    modem.pause(5000)  # some restart by themselves now, others only when they are told
    modem.system.restart()
    print("restarted with the new one: AT %d.%d" % modem.profile.version)
