# MQTT over TLS, done by the module: the broker's certificate is checked, and the module shows its
# own. Both lie in the module's flash; they are written only when they differ.
import settings

import espat


def store(modem, what, file):
    """What: "mqtt_ca", "mqtt_cert" or "mqtt_key"; file: PEM, None for what the module has."""
    if file is None:
        return
    with open(file, "rb") as f:
        data = f.read()
    slot = what + ".0"
    try:
        same = modem.nvs.get(what, slot) == data
    except espat.ATError:
        same = False  # there is none yet
    print(slot, "is there" if same else "is written")
    if not same:
        modem.nvs.set(what, slot, data)


def main():
    modem = espat.Modem(settings.uart())
    modem.wifi.connect(settings.ssid, settings.key)
    modem.net.sntp(0, settings.time_host, wait_s=30)  # certificates have dates
    store(modem, "mqtt_ca", settings.broker_ca_file)
    store(modem, "mqtt_cert", settings.broker_cert_file)
    store(modem, "mqtt_key", settings.broker_key_file)
    mqtt = modem.mqtt
    mqtt.connect(
        settings.broker,
        settings.broker_tls_port,
        transport="tls",
        verify=True,
        certificate=True,
        queue=512,
    )
    mqtt.subscribe("espat/secret", 1)
    mqtt.publish("espat/secret", "for your eyes only", 1)
    topic, payload = mqtt.receive()
    print(topic.decode() + ": " + bytes(payload).decode())
    mqtt.disconnect()


if __name__ == "__main__":
    main()
