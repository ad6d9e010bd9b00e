# The `requests` that is frozen into the interpreter: pages over HTTP and HTTPS, a POST.
import board

board.install()
import requests  # noqa: E402

for url in board.arguments["urls"]:
    r = requests.get(url + "/page/10000")
    assert r.status_code == 200, r.status_code
    assert r.content == board.pattern(10000), len(r.content)
    r = requests.post(url + "/echo", json={"name": "caf\u00e9"}, headers={"X-Name": "caf\u00e9"})
    assert r.json() == {"name": "caf\u00e9"}, r.text
    r.close()
    r = requests.get(url + "/missing")
    assert r.status_code == 404
    r.close()
try:
    requests.get("http://127.0.0.1:%d/" % board.arguments["closed_port"])
except OSError as e:
    assert e.errno == 111, e
else:
    raise AssertionError("nobody listens there")
print("ALL DONE")
