# An independent client proves the simulator: the unmodified adafruit-circuitpython-esp-atcontrol
# from PyPI, under Blinka, joins and moves data through it. In this process, on virtual time.
# If it falls over something, the simulator words it otherwise than the firmware does.
from __future__ import annotations

import time

import pytest
import sim_machine

from espat_sim import Module, VirtualClock, VirtualNetwork, peers

pytest.importorskip("adafruit_blinka")
pytest.importorskip("adafruit_espatcontrol")
sim_machine.use_blinka()

import board  # noqa: E402
import busio  # noqa: E402
from adafruit_espatcontrol import adafruit_espatcontrol_socket as esp_socket  # noqa: E402
from adafruit_espatcontrol.adafruit_espatcontrol import ESP_ATcontrol  # noqa: E402
from digitalio import DigitalInOut  # noqa: E402

LAB = {"ssid": "espat-lab", "password": "espat-pass"}


@pytest.fixture
def module():
    clock = VirtualClock()
    net = VirtualNetwork(clock)
    peers.install(net)
    module = Module(clock=clock, net=net)
    sim_machine.attach(module)
    with sim_machine.virtual_time():
        yield module
    sim_machine.detach()


@pytest.fixture
def esp(module):
    uart = busio.UART(board.GP4, board.GP5, baudrate=115200, timeout=0, receiver_buffer_size=2048)
    return ESP_ATcontrol(uart, 115200, reset_pin=DigitalInOut(board.GP6))


@pytest.fixture
def joined(esp):
    esp.hard_reset()
    esp.connect(LAB)
    return esp


def receive(esp, count, timeout_s=30):
    """count bytes through the library, packet by packet."""
    data = bytearray()
    end = time.monotonic() + timeout_s
    while len(data) < count and time.monotonic() < end:
        data += esp.socket_receive(timeout=2)
    return bytes(data)


def test_it_finds_the_module_and_its_version(esp):
    esp.begin()
    assert "AT version:" in esp.version
    assert esp.mode in (0, 1, 2, 3)


def test_it_scans(joined):
    found = {router[1]: router for router in joined.scan_APs()}
    assert "espat-lab" in found and "espat-open" in found


def test_it_joins(joined, module):
    assert joined.is_connected
    assert module.station.ssid == b"espat-lab"
    assert joined.local_ip == module.station.ip
    assert joined.nslookup("echo.test") == peers.ADDRESSES["echo.test"]
    assert joined.ping("echo.test") is not None


def test_a_wrong_key_is_an_error(esp):
    with pytest.raises(Exception, match="OK|connect|IP"):
        esp.connect({"ssid": "espat-lab", "password": "wrong-password"}, retries=1)
    assert not esp.is_connected


def test_every_byte_comes_back(joined):
    assert joined.socket_connect("TCP", *peers.ECHO)
    for size in [1, 2, 3, 64, 255, 256, 257, 1000, 1460, 2048]:
        sent = peers.pattern(size, start=size)
        joined.socket_send(sent)
        assert receive(joined, size) == sent
    joined.socket_disconnect()
    assert joined.status != joined.STATUS_SOCKETOPEN


def test_bytes_that_look_like_answers_come_through(joined):
    assert joined.socket_connect("TCP", *peers.ECHO)
    for sent in [b"\r\nOK\r\n", b"+IPD,5:", b"ready\r\n", b"> \r\nERROR\r\n", bytes(range(256))]:
        joined.socket_send(sent)
        assert receive(joined, len(sent)) == sent


def test_64_kib_at_a_higher_rate(module):
    uart = busio.UART(board.GP4, board.GP5, baudrate=115200, timeout=0, receiver_buffer_size=8192)
    esp = ESP_ATcontrol(uart, 115200, run_baudrate=921600, reset_pin=DigitalInOut(board.GP6))
    esp.hard_reset()
    esp.connect(LAB)
    assert module.line.module.baud == 921600
    assert esp.socket_connect("TCP", *peers.PATTERN)
    size = 65536
    esp.socket_send(b"%d\n" % size)
    assert receive(esp, size, timeout_s=60) == peers.pattern(size)


def test_its_sockets_fetch_a_page(joined):
    esp_socket.set_interface(joined)
    address = esp_socket.getaddrinfo(*peers.HTTP)[0][4]
    sock = esp_socket.socket()
    sock.settimeout(3)
    sock.connect(address, "TCP")
    sock.send(b"GET / HTTP/1.1\r\nHost: http.test\r\n\r\n")
    page = b""
    while len(page) < len(peers.HTTP_RESPONSE):
        part = sock.recv(512)
        assert part
        page += part
    assert page == peers.HTTP_RESPONSE


def test_a_refused_connection_is_an_error(joined):
    with pytest.raises(Exception, match="OK"):
        joined.socket_connect("TCP", *peers.REFUSE)


def test_a_hard_reset_leaves_the_network(joined, module):
    joined.hard_reset()
    assert joined.sync()
    assert module.links.open_links == []
