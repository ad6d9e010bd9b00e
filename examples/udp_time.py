# UDP: asks a time server (SNTP) with one datagram and prints what year it says it is.
import settings

import espat

SECONDS_1900_TO_2000 = 3155673600

modem = espat.Modem(settings.uart())
modem.wifi.connect(settings.ssid, settings.key)

s = modem.socket(2, 2)  # AF_INET, SOCK_DGRAM
s.settimeout(5)
query = bytearray(48)
query[0] = 0x1B  # version 3, client
s.sendto(query, (settings.time_host, 123))
answer, address = s.recvfrom(48)
s.close()
seconds = 0
for c in answer[40:44]:
    seconds = seconds << 8 | c
print("%d bytes from port %d" % (len(answer), address[1]))
print("the year is %d" % (2000 + (seconds - SECONDS_1900_TO_2000) // 31556952))
