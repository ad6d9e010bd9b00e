# A web server with microdot (its two files microdot/__init__ and microdot/microdot, as .mpy),
# unchanged, on top of espat.dropin.
import settings

import espat
from espat import dropin

modem = espat.Modem(settings.uart())
modem.wifi.connect(settings.ssid, settings.key)
dropin.install(modem)  # from here on sockets and asyncio's streams are the module's

from microdot import Microdot  # noqa: E402

app = Microdot()
visits = 0


@app.get("/")
async def index(request):
    global visits
    visits += 1
    page = "<h1>espat</h1><p>Visit %d. <a href='/lamp'>The lamp</a></p>" % visits
    return page, 200, {"Content-Type": "text/html"}


@app.get("/lamp")
async def lamp(request):
    return {"on": False, "visits": visits}


@app.get("/stop")
async def stop(request):
    request.app.shutdown()
    return "bye"


print("http://%s:%d/" % (modem.wifi.ifconfig()[0], settings.server_port))
app.run(port=settings.server_port)
print("stopped")
