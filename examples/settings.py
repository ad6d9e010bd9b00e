# What the examples need to know: the network, the servers, and how the module is wired. The values
# below fit the simulated module. Owns no code but uart() and wake_pins().

ssid = "espat-lab"
key = "espat-pass"  # None for an open network

# http_get.py and demo.py fetch http://host:port/path
host = "example.com"
port = 80
path = "/"

# https_get.py fetches https://tls_host:tls_port/. ca_file: whom to believe that it is that host
# (PEM); None: anybody.
tls_host = "example.com"
tls_port = 443
ca_file = None
time_host = "pool.ntp.org"

# tcp_client.py and passthrough_bridge.py talk to a server that sends back what it gets:
# ncat -l 7777 -k -e /bin/cat
echo_host = "192.168.1.10"
echo_port = 7777

# mqtt_sensor.py and the others talk to an MQTT broker: mosquitto, say
broker = "192.168.1.10"
broker_port = 1883
# mqtt_tls.py: the port that wants TLS with both certificates; PEM files, None: what the module has
broker_tls_port = 8884
broker_ca_file = None
broker_cert_file = None
broker_key_file = None

# tcp_server.py, web_server.py: where they listen
server_port = 8080

# websocket.py
ws_uri = "ws://192.168.1.10/echo"

# How many rounds (clients, values) the programs do that have no end; None: no end
rounds = None

# clock.py: hours from UTC, or hours and minutes as text: "+05:30"
zone = 1

# low_power_sensor.py, demo.py: the module's GPIOs at the other ends of the wires of wake_pins()
wake_gpio = 12
host_wake_gpio = 18


def wake_pins():
    # GP7 to the module's wake_gpio, its host_wake_gpio to GP8 (docs/power.md).
    from machine import Pin

    return Pin(7, Pin.OUT, value=1), Pin(8, Pin.IN)


def uart():
    # Raspberry Pi Pico and Pico W: module's RX on GP4, its TX on GP5. Other boards, and how RTS and
    # CTS are used: docs/wiring.md. CircuitPython:
    #   return busio.UART(board.TX, board.RX, baudrate=115200, receiver_buffer_size=2048)
    from machine import UART, Pin

    return UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=2048)
