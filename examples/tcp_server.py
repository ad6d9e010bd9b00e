# A TCP server: sends each line back in capitals. Try it: ncat <address> 8080
import settings

import espat


def main(clients=None):
    modem = espat.Modem(settings.uart())
    modem.wifi.connect(settings.ssid, settings.key)
    server = modem.socket()
    server.bind(("", settings.server_port))
    server.listen(3)  # one is served, three wait
    print("listening at %s port %d" % (modem.wifi.ifconfig()[0], settings.server_port))
    n = 0
    while clients is None or n < clients:
        client, address = server.accept()
        n += 1
        print("client %d from %s" % (n, address[0]))
        with client:
            client.settimeout(30)
            try:
                line = client.readline()
                while line:
                    client.write(line.upper())
                    line = client.readline()
            except OSError as e:
                print("client %d is gone: %s" % (n, e))
    server.close()


if __name__ == "__main__":
    main(settings.rounds)
