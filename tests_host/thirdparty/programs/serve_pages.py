# microdot: pages, JSON, a body that is streamed, an error, until somebody asks for /shutdown.
import board

board.install()
from microdot import Microdot  # noqa: E402

app = Microdot()
options = {}
if "cert" in board.arguments:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(board.arguments["cert"].encode(), board.arguments["key"].encode())
    options["ssl"] = context


@app.get("/")
async def index(request):
    return "<h1>Hello</h1>", 200, {"Content-Type": "text/html"}


@app.post("/json")
async def json(request):
    return {"got": request.json, "length": request.content_length}


@app.get("/bytes/<int:n>")
async def some(request, n):
    def stream():
        data = board.pattern(1000)
        for off in range(0, n, 1000):
            yield data[: n - off]

    return stream(), 200, {"Content-Length": str(n)}


@app.get("/fails")
async def fails(request):
    return 1 // 0


@app.get("/shutdown")
async def shutdown(request):
    request.app.shutdown()
    return "bye"


print("SERVING")
app.run(host="0.0.0.0", port=board.arguments["port"], **options)
print("ALL DONE")
