# The driver group: ADC, PWM, I2C and SPI with simulated devices at their ends.
from __future__ import annotations

import pytest

from sim.rig import Rig

FULL = "esp32s2-3.4-full"


@pytest.fixture
def rig():
    return Rig(profile=FULL)


def control(rig, **request):
    answer = rig.m.control(request)
    assert answer["ok"], answer
    return answer


# -- ADC -------------------------------------------------------------------------------


def test_the_adc_reads_a_voltage(rig):
    control(rig, do="adc", channel=3, mv=475)
    assert rig.lines("AT+DRVADC=3,0") == ["+DRVADC:2048", "OK"]
    assert rig.lines("AT+DRVADC=3,3") == [f"+DRVADC:{round(475 * 4095 / 2450)}", "OK"]
    control(rig, do="adc", channel=3, mv=3300)
    assert rig.lines("AT+DRVADC=3,2") == ["+DRVADC:4095", "OK"]
    assert rig.lines("AT+DRVADC=0,0") == ["+DRVADC:0", "OK"]


@pytest.mark.parametrize("line", ["AT+DRVADC=8,0", "AT+DRVADC=0,4", "AT+DRVADC=0", "AT+DRVADC?"])
def test_the_adc_refuses(rig, line):
    assert not rig.ok(line)


# -- PWM -------------------------------------------------------------------------------


def duties(rig):
    return [channel["duty"] for channel in control(rig, do="pwm")["channels"]]


def test_pwm_duties(rig):
    assert rig.ok("AT+DRVPWMINIT=5000,13,17,16,18,19")
    state = control(rig, do="pwm")
    assert (state["freq"], state["bits"]) == (5000, 13)
    assert [channel["gpio"] for channel in state["channels"]] == [17, 16, 18, 19]
    assert rig.ok("AT+DRVPWMDUTY=255,512")
    assert duties(rig) == [255, 512, 0, 0]
    assert rig.ok("AT+DRVPWMDUTY=,,8192")
    assert duties(rig) == [255, 512, 8192, 0]


def test_pwm_fades_while_commands_go_on(rig):
    assert rig.ok("AT+DRVPWMINIT=5000,13,17,16")
    assert rig.ok("AT+DRVPWMDUTY=0,1000")
    assert rig.ok("AT+DRVPWMFADE=1024,1000,0,2000,")
    rig.collect(0.5)
    first, second = duties(rig)
    assert 500 <= first <= 530 and 740 <= second <= 755
    rig.collect(2)
    assert duties(rig) == [1024, 0]
    assert rig.ok("AT+DRVPWMFADE=,,1024,1000")
    rig.collect(1.1)
    assert duties(rig) == [1024, 1024]


@pytest.mark.parametrize(
    "line",
    [
        "AT+DRVPWMINIT=0,13,17",
        "AT+DRVPWMINIT=8000001,1,17",
        "AT+DRVPWMINIT=5000,21,17",
        "AT+DRVPWMINIT=5000,20,17",  # no divider: 5 kHz times 2^20 is above the clock
        "AT+DRVPWMINIT=5000,13",
        "AT+DRVPWMINIT=5000,13,1,2,3,4,5",
        "AT+DRVPWMINIT=5000,13,47",
        "AT+DRVPWMDUTY=,",
        "AT+DRVPWMDUTY=8193",
        "AT+DRVPWMDUTY=1,2,3",
        "AT+DRVPWMFADE=8192,100",
        "AT+DRVPWMFADE=1",
        "AT+DRVPWMFADE=1,",
        "AT+DRVPWMFADE=,100",
        "AT+DRVPWMFADE=1,1,1,1,1,1",
    ],
)
def test_pwm_refuses(rig, line):
    assert rig.ok("AT+DRVPWMINIT=5000,13,17,16")
    assert not rig.ok(line)


def test_pwm_needs_its_init(rig):
    assert not rig.ok("AT+DRVPWMDUTY=1")
    assert not rig.ok("AT+DRVPWMFADE=1,1")


# -- I2C -------------------------------------------------------------------------------


@pytest.fixture
def i2c(rig):
    control(rig, do="i2c", address=0x34, memory_hex=bytes(range(64)).hex())
    assert rig.ok("AT+DRVI2CINIT=0,25,26,1000")
    return rig


def test_i2c_register_of_a_device(i2c):
    assert i2c.ok("AT+DRVI2CWRBYTES=0,0x34,1,0x27")
    assert i2c.lines("AT+DRVI2CRD=0,0x34,2") == ["+DRVI2CRD:2728", "OK"]
    assert i2c.ok("AT+DRVI2CWRBYTES=0,0x34,2,0x27FF")
    assert control(i2c, do="i2c", address=0x34)["written"] == ["27", "27ff"]
    assert i2c.ok("AT+DRVI2CWRBYTES=0,0x34,1,0x26")
    assert i2c.lines("AT+DRVI2CRD=0,0x34,3") == ["+DRVI2CRD:26ff28", "OK"]


def test_i2c_write_takes_raw_bytes(i2c):
    assert i2c.prompt("AT+DRVI2CWRDATA=0,0x34,5", b"\x10\r\n\0>") == b"\r\nOK\r\n"
    memory = bytes.fromhex(control(i2c, do="i2c", address=0x34)["memory_hex"])
    assert memory[0x10:0x14] == b"\r\n\0>"


def test_i2c_bytes_take_their_time_on_the_bus(i2c):
    start = i2c.clock.now_us
    i2c.ok("AT+DRVI2CRD=0,0x34,100")
    assert i2c.clock.now_us - start >= 9 * 101 * 1000  # 1 kHz


def test_i2c_device_with_ten_bits_of_address(i2c):
    control(i2c, do="i2c", address=0x7AFF, memory_hex="c0ffee")
    assert i2c.lines("AT+DRVI2CRD=0,0x7AFF,3") == ["+DRVI2CRD:c0ffee", "OK"]


def test_i2c_without_an_answer(i2c):
    assert not i2c.ok("AT+DRVI2CRD=0,0x35,1")
    assert i2c.prompt("AT+DRVI2CWRDATA=0,0x35,1", b"x") == b"\r\nERROR\r\n"
    control(i2c, do="i2c", address=0x34, silent=True)
    assert not i2c.ok("AT+DRVI2CRD=0,0x34,1")
    assert not i2c.ok("AT+DRVI2CWRBYTES=0,0x34,1,0")
    control(i2c, do="i2c", address=0x34, silent=False, stretches=True)
    start = i2c.clock.now_us
    assert not i2c.ok("AT+DRVI2CRD=0,0x34,1")
    assert 1_000_000 <= i2c.clock.now_us - start < 1_100_000


def test_i2c_buses_open_and_close(i2c):
    assert not i2c.ok("AT+DRVI2CINIT=0,25,26,1000")
    assert not i2c.ok("AT+DRVI2CRD=1,0x34,1")
    assert i2c.ok("AT+DRVI2CINIT=0")
    assert not i2c.ok("AT+DRVI2CINIT=0")
    assert not i2c.ok("AT+DRVI2CRD=0,0x34,1")


@pytest.mark.parametrize(
    "line",
    [
        "AT+DRVI2CINIT=2",
        "AT+DRVI2CINIT=1,25",
        "AT+DRVI2CINIT=1,25,25,1000",
        "AT+DRVI2CINIT=1,25,26,1000001",
        "AT+DRVI2CINIT=1,25,26,0",
        "AT+DRVI2CRD=0,0x80,1",
        "AT+DRVI2CRD=0,0x7C00,1",
        "AT+DRVI2CRD=0,0x34,0",
        "AT+DRVI2CRD=0,0x34,2049",
        "AT+DRVI2CWRDATA=0,0x34,0",
        "AT+DRVI2CWRDATA=0,0x34,2049",
        "AT+DRVI2CWRBYTES=0,0x34,0,0",
        "AT+DRVI2CWRBYTES=0,0x34,5,0",
        "AT+DRVI2CWRBYTES=0,0x34,1,0x100",
    ],
)
def test_i2c_refuses(i2c, line):
    assert not i2c.ok(line)


# -- SPI -------------------------------------------------------------------------------


@pytest.fixture
def spi(rig):
    assert rig.ok("AT+DRVSPICONFGPIO=13,12,14,15")
    assert rig.ok("AT+DRVSPIINIT=102400,0,0,0,0")
    return rig


def test_spi_reads_and_writes(spi):
    control(spi, do="spi", reads_hex=["beef", "01"])
    assert spi.lines("AT+DRVSPIRD=2,0x03,1,0x001000,3") == ["+DRVSPIRD:beef", "OK"]
    assert spi.lines("AT+DRVSPIRD=3") == ["+DRVSPIRD:01ffff", "OK"]
    assert spi.prompt("AT+DRVSPIWR=4,0x02,1", b"\0\r\n>") == b"\r\nOK\r\n"
    assert spi.command("AT+DRVSPIWR=0,0x03,1,0x001000,3") == b"\r\nOK\r\n"
    assert control(spi, do="spi")["seen"] == [
        {"command_hex": "03", "address_hex": "001000", "data_hex": ""},
        {"command_hex": "", "address_hex": "", "data_hex": ""},
        {"command_hex": "02", "address_hex": "", "data_hex": "000d0a3e"},
        {"command_hex": "03", "address_hex": "001000", "data_hex": ""},
    ]


def test_spi_bit_order(rig):
    assert rig.ok("AT+DRVSPICONFGPIO=13,-1,14,-1")
    assert rig.ok("AT+DRVSPIINIT=102400,0,0,0,0,3")
    control(rig, do="spi", reads_hex=["01"])
    assert rig.lines("AT+DRVSPIRD=1,0x80,1") == ["+DRVSPIRD:80", "OK"]
    assert control(rig, do="spi")["seen"][0]["command_hex"] == "01"


def test_spi_long_transfers_need_dma(spi):
    assert not spi.ok("AT+DRVSPIRD=65")
    assert not spi.ok("AT+DRVSPIWR=65")
    assert spi.ok("AT+DRVSPIINIT=0")
    assert spi.ok("AT+DRVSPIINIT=1000000,0,0,0,1")
    assert spi.lines("AT+DRVSPIRD=4092") == ["+DRVSPIRD:" + "ff" * 4092, "OK"]
    assert not spi.ok("AT+DRVSPIRD=4093")


def test_spi_order_of_set_up(rig):
    assert not rig.ok("AT+DRVSPIINIT=102400,0,0,0,0")
    assert not rig.ok("AT+DRVSPIINIT=0")
    assert rig.ok("AT+DRVSPICONFGPIO=13,12,14,15")
    assert not rig.ok("AT+DRVSPIRD=1")
    assert rig.ok("AT+DRVSPIINIT=102400,0,0,0,0")
    assert not rig.ok("AT+DRVSPIINIT=102400,0,0,0,0")


@pytest.mark.parametrize(
    "line",
    [
        "AT+DRVSPICONFGPIO=13,12,14",
        "AT+DRVSPICONFGPIO=-1,12,14,15",
        "AT+DRVSPICONFGPIO=13,13,14,15",
        "AT+DRVSPIINIT=40000001,0,0,0,0",
        "AT+DRVSPIINIT=1000,4,0,0,0",
        "AT+DRVSPIINIT=1000,0,17,0,0",
        "AT+DRVSPIINIT=1000,0,0,65,0",
        "AT+DRVSPIINIT=1000,0,0,0,3",
        "AT+DRVSPIINIT=1000,0,0,0,0,4",
        "AT+DRVSPIRD=0",
        "AT+DRVSPIRD=1,3",
        "AT+DRVSPIRD=1,3,3",
        "AT+DRVSPIRD=1,0x100,1",
        "AT+DRVSPIRD=1,3,1,0,5",
    ],
)
def test_spi_refuses(spi, line):
    assert not spi.ok(line)


def test_a_reset_closes_the_drivers_and_leaves_the_devices(i2c):
    i2c.command("AT+RST")
    i2c.wait_ready()
    assert not i2c.ok("AT+DRVI2CRD=0,0x34,1")
    assert i2c.ok("AT+DRVI2CINIT=0,25,26,100000")
    assert i2c.ok("AT+DRVI2CRD=0,0x34,1")
