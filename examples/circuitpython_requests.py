# CircuitPython: Adafruit's requests (circup install adafruit_requests), unchanged, over the module.
import adafruit_requests
import settings

import espat
from espat.circuitpython import SocketPool, SSLContext

modem = espat.Modem(settings.uart())
modem.wifi.connect(settings.ssid, settings.key)
context = SSLContext(modem)
if settings.ca_file:
    modem.net.sntp(0, settings.time_host, wait_s=30)  # certificates have dates
    context.load_verify_locations(settings.ca_file)
else:
    context.verify_mode = 0  # anybody may be the server
session = adafruit_requests.Session(SocketPool(modem), context)
for url in (
    "http://%s:%d%s" % (settings.host, settings.port, settings.path),
    "https://%s:%d/" % (settings.tls_host, settings.tls_port),
):
    with session.get(url) as answer:
        print(url, answer.status_code)
        print(answer.text)
