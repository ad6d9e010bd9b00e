# Set the board's clock from the network, and be found there by name.
import settings

import espat

if __name__ == "__main__":
    modem = espat.Modem(settings.uart())
    modem.wifi.connect(settings.ssid, settings.key)
    # Waits for the first answer; from then on the module asks again every hour.
    modem.net.sntp(settings.zone, wait_s=30)
    t = modem.net.set_rtc()
    print("today is %04d-%02d-%02d" % t[:3])
    modem.mdns.start("espat-clock", "_http", 80)
    print("this is espat-clock.local, %s" % modem.net.addresses()["STAIP"])
