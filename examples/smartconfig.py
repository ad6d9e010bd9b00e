# SmartConfig: a phone in the same network (the app "EspTouch", or WeChat's AirKiss) tells the
# module its name and key. Nothing of it has to be in settings.py.
import settings

import espat

if __name__ == "__main__":
    modem = espat.Modem(settings.uart())
    print("start the app now")
    ssid, key, data = modem.provision.smartconfig(on_stage=lambda stage, data: print("-", stage))
    print("joined %s, address %s" % (ssid.decode(), modem.wifi.ifconfig()[0]))
