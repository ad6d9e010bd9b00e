# The module's TLS against real servers: each case is a server, what is checked, and the errno that
# connect() must raise (0: it works, and what is sent comes back).
import time

import board

from espat import tls

modem = board.install()
for case in board.arguments["cases"]:
    context = tls.SSLContext(modem)
    if case.get("ca"):
        context.load_verify_locations(cadata=board.arguments[case["ca"]])
    else:
        context.verify_mode = tls.CERT_NONE
    if case.get("own"):
        context.load_cert_chain(
            board.arguments["cert"].encode(), board.arguments["key"].encode(), slot=1
        )
    if "psk" in case:
        key = case["psk"]
        context.set_psk(bytes([int(key[i : i + 2], 16) for i in range(0, len(key), 2)]), "espat")
    s = context.wrap_socket(modem.socket(), server_hostname=case["name"])
    s.settimeout(30)
    start = time.ticks_ms()
    error = 0
    try:
        s.connect(("127.0.0.1", case["port"]))
        for n in (1, 1000, 5000):
            line = b"x" * n + b"\n"
            s.write(line)
            assert s.readline() == line, case
    except OSError as e:
        error = e.errno
        print(case["what"], e)
    s.close()
    assert error == case["errno"], (case["what"], error)
    assert time.ticks_diff(time.ticks_ms(), start) < 20000, case["what"]
print("ALL DONE")
