# MQTT over TLS, done by the module: the broker's certificate is checked, and the module shows its
# own. Both lie in the module's flash; they are written only when they differ.
import settings

import espat


def main():
    modem = espat.Modem(settings.uart())
    modem.wifi.connect(settings.ssid, settings.key)
    modem.net.sntp(0, settings.time_host, wait_s=30)  # certificates have dates
    if settings.broker_ca_file:
        written = modem.nvs.load_certs(
            "mqtt", settings.broker_ca_file, settings.broker_cert_file, settings.broker_key_file
        )
        print("written into the flash:", ", ".join(written) or "nothing")
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
