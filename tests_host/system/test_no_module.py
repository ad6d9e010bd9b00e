# needs: sim
# Where no module answers: the error says what came instead, and so what to look at.
import espat
from system import rig


def why(uart=None):
    m = espat.Modem(uart or rig.uart(), baudrates=(115200,))
    return str(rig.fails(rig.ENODEV, m.start))


def test_silence():
    rig.control("power", on=False)
    assert "not a byte: TX and RX swapped?" in why()
    rig.power_cycle()


def test_swapped_wires_and_the_module_afterwards():
    rig.control("wires", how="swapped")
    m = espat.Modem(rig.uart(), baudrates=(115200,), reset=rig.reset_pin())
    assert "TX and RX swapped?" in str(rig.fails(rig.ENODEV, m.start))
    rig.control("wires", how="right")
    m.start()
    assert m.system.alive()


def test_a_module_that_does_not_hear():
    rig.control("wires", how="no_tx")
    m = espat.Modem(rig.uart(), baudrates=(115200,), reset=rig.reset_pin())
    assert "says ready, but does not hear" in str(rig.fails(rig.ENODEV, m.start))
    rig.control("wires", how="right")
    m.start()


def test_a_host_that_does_not_hear():
    rig.control("wires", how="no_rx")
    m = espat.Modem(rig.uart(), baudrates=(115200,), reset=rig.reset_pin())
    assert "not a byte" in str(rig.fails(rig.ENODEV, m.start))
    rig.control("wires", how="right")
    m.start()


BOOT = b"""ESP-ROM:esp32s2-rc4-20191025\r
Build:Oct 25 2019\r
rst:0x10 (RTCWDT_RTC_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)\r
invalid header: 0xffffffff\r
"""


def test_a_chip_without_at_firmware():
    # It says its boot log again and again, whatever is asked.
    said = why(rig.Scripted(lambda line: BOOT))
    assert "it starts, but has no AT firmware" in said, said
    assert "ESP-ROM:esp32s2" in said, said


def test_an_esp8266_without_at_firmware():
    log = b"\r\n ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r\n\r\nload 0x40100000, len 31320\r\n"
    assert "has no AT firmware" in why(rig.Scripted(lambda line: log))


def test_the_log_port_of_a_module():
    log = b"I (333) boot: ESP-IDF v5.0.6-dirty 2nd stage bootloader\r\nmodule_name:MINI\r\n"
    assert "or this is its log port" in why(rig.Scripted(lambda line: log))


def test_a_python_prompt():
    said = b"Traceback (most recent call last):\r\nNameError: name 'ATE0' isn't defined\r\n>>> "
    assert "Python answers" in why(rig.Scripted(lambda line: said))


def test_joined_wires():
    assert "TX and RX joined?" in why(rig.Scripted(lambda line: line))


def test_somebody_else():
    assert "noise" in why(rig.Scripted(lambda line: b"\r\nCOMMAND NOT SUPPORT\r\n"))


def test_bytes_without_lines():
    assert "no lines: baud rate?" in why(rig.Scripted(lambda line: b"\xfe\x80\xfc"))
