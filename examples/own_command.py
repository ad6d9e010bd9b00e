# Commands that espat does not wrap, or that your own firmware has added (AT guide, 6.4).
import settings

import espat

modem = espat.Modem(settings.uart())
modem.wifi.connect(settings.ssid, settings.key)

# Called with each line that begins so, whenever the module says it.
modem.on_line("+MYSENSOR:", lambda line: print("sensor says", line))

# Without arguments: the answer's lines, as bytes.
for line in modem.command("AT+GMR"):
    print(line.decode())

# Integers are written as they are, strings quoted and escaped, None left out: AT+PING="..."
print(modem.command("AT+PING", settings.host))
modem.command("AT+SYSTIMESTAMP", 1735689600)
print(modem.command("AT+SYSTIMESTAMP?"))

# An answer with counted bytes ("+SYSFLASH:<length>,<bytes>") goes into a buffer of yours.
# In the other direction, data=b"..." is sent when the module asks for it with ">".
buf = bytearray(16)
n = modem.command("AT+SYSFLASH", 2, "mfg_nvs", 0, 16, into=buf)
print(n, "bytes:", bytes(buf[:n]))

# What the module refuses says why.
try:
    modem.command("AT+MYSENSOR", 1)
except espat.ATError as e:
    print(e.command, "failed, code 0x%08x: %s" % (e.code, e))
