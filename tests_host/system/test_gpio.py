# needs: sim
# profile: esp32s2-3.4-full
# modem.gpio: pins and buses of the module, with devices that the simulator has on them.
import espat
from system import rig


def test_adc():
    # wire: AT+DRVADC= by Adc.read
    m = rig.modem()
    adc = m.gpio.ADC(2, atten=0)
    rig.control("adc", channel=2, mv=475)
    assert abs(adc.read() - 2048) <= 2
    assert abs(adc.read_uv() - 475000) < 1000
    assert abs(adc.read_u16() - 32768) < 40
    rig.raises(ValueError, m.gpio.ADC, 8)
    rig.raises(ValueError, m.gpio.ADC, 0, 4)


def test_pwm():
    # wire: AT+DRVPWMINIT= by gpio.PWM
    # wire: AT+DRVPWMDUTY= by Pwm.duty_u16
    # wire: AT+DRVPWMFADE= by Pwm.fade
    m = rig.modem()
    a = m.gpio.PWM(17, freq=5000, duty_u16=32768)
    state = rig.control("pwm")
    assert state["freq"] == 5000 and [x["gpio"] for x in state["channels"]] == [17]
    top = 1 << state["bits"]
    assert abs(state["channels"][0]["duty"] - top // 2) <= 1
    b = m.gpio.PWM(16)
    b.duty_u16(65535)
    state = rig.control("pwm")
    assert [x["gpio"] for x in state["channels"]] == [17, 16]
    assert abs(state["channels"][0]["duty"] - top // 2) <= 1
    assert state["channels"][1]["duty"] == top
    b.fade(0, 1000)
    rig.wait(m, 1500)
    state = rig.control("pwm")
    assert state["channels"][1]["duty"] == 0
    assert abs(state["channels"][0]["duty"] - top // 2) <= 1
    a.freq(100000)
    assert rig.control("pwm")["freq"] == 100000 and a.freq() == b.freq() == 100000
    assert a.duty_u16() == 32768
    for i in (18, 19):
        m.gpio.PWM(i)
    rig.raises(ValueError, m.gpio.PWM, 20)
    rig.raises(ValueError, m.gpio.PWM, 17, 1000, 0, 1000001)
    rig.raises(ValueError, a.duty_u16, 65536)
    rig.raises(ValueError, m.gpio.PWM, 17, 8000001)


def test_pwm_in_nanoseconds_and_the_end_of_an_output():
    m = rig.modem()
    a = m.gpio.PWM(17, freq=1000, duty_ns=250000)
    assert abs(a.duty_u16() - 16384) <= 1 and abs(a.duty_ns() - 250000) < 20
    b = m.gpio.PWM(16, freq=1000, duty_u16=65535)
    a.duty_ns(500000)
    state = rig.control("pwm")
    top = 1 << state["bits"]
    assert abs(state["channels"][0]["duty"] - top // 2) <= 1
    a.deinit()
    a.deinit()
    state = rig.control("pwm")
    assert [(x["gpio"], x["duty"]) for x in state["channels"]] == [(16, top)]
    for i in (1, 2, 3):
        m.gpio.PWM(i)
    rig.raises(ValueError, a.init)
    b.deinit()
    a.init(freq=2000, duty_u16=32768)
    state = rig.control("pwm")
    assert state["freq"] == 2000 and state["channels"][3]["gpio"] == 17
    rig.raises(ValueError, a.init, 2000, None, 500001)


def test_i2c_as_a_sensor_driver_uses_it():
    # wire: AT+DRVI2CINIT= by gpio.I2C
    # wire: AT+DRVI2CRD=, AT+DRVI2CWRBYTES= by I2c.readfrom_mem
    # wire: AT+DRVI2CWRDATA= by I2c.writeto
    m = rig.modem()
    rig.control("i2c", address=0x34, memory_hex="00112233445566778899aabbccddeeff")
    i2c = m.gpio.I2C(0, scl=25, sda=26)
    assert i2c.scan() == [0x34]
    assert i2c.readfrom_mem(0x34, 2, 4) == b"\x22\x33\x44\x55"
    i2c.writeto(0x34, b"\x05")
    assert i2c.readfrom(0x34, 2) == b"\x55\x66"
    buf = bytearray(3)
    i2c.readfrom_mem_into(0x34, 0, buf)
    assert buf == b"\x00\x11\x22"
    i2c.writeto_mem(0x34, 4, b"\x99\x98")
    assert i2c.readfrom_mem(0x34, 3, 4) == b"\x33\x99\x98\x66"
    assert i2c.writeto(0x34, b"\x00" + bytes(range(15))) == 16
    assert i2c.readfrom_mem(0x34, 0, 15) == bytes(range(15))
    i2c.writevto(0x34, (b"\x00", b"\xab\xcd"))
    i2c.readfrom_into(0x34, buf)
    assert len(i2c.readfrom(0x34, 300)) == 300
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
    e = rig.raises(espat.ATError, i2c.readfrom, 0x35, 1)
    assert isinstance(e, OSError)
    rig.raises(espat.ATError, i2c.writeto, 0x35, b"12345")
    assert i2c.readfrom_mem(0x34, 1, 1) == b"\xcd"
    for f, args in (
        (i2c.readfrom, (0x80, 1)),
        (i2c.readfrom, (0x34, 2049)),
        (i2c.writeto, (0x34, b"")),
        (i2c.readfrom_mem, (0x34, 0, 1, 7)),
        (m.gpio.I2C, (2, 25, 26)),
        (m.gpio.I2C, (0, 25, 26, 1000001)),
    ):
        rig.raises(ValueError, f, *args)
    i2c.deinit()


def test_spi():
    # wire: AT+DRVSPICONFGPIO=, AT+DRVSPIINIT= by gpio.SPI
    # wire: AT+DRVSPIRD= by Spi.read
    # wire: AT+DRVSPIWR= by Spi.write
    m = rig.modem()
    spi = m.gpio.SPI(1, 100000, polarity=1, phase=1, sck=18, mosi=23, miso=19, cs=5)
    rig.control("spi", reads_hex=["0102ff", "55" * 200])
    assert spi.read(3) == b"\x01\x02\xff"
    buf = bytearray(200)
    spi.readinto(buf, cmd=3, cmd_len=1, addr=0x1000, addr_len=3)
    assert buf == b"\x55" * 200
    spi.write(b"\r\nOK\r\n")
    spi.write(cmd=6, cmd_len=1)
    sent = rig.control("spi")
    assert "0d0a4f4b0d0a" in str(sent), sent
    for f, args in (
        (spi.read, (0,)),
        (spi.read, (4093,)),
        (spi.write, (b"", 1, 3)),
        (spi.read, (1, 0xFF)),
        (m.gpio.SPI, (3, 1000, 0, 0, 8, 0, 18, 23)),
        (m.gpio.SPI, (1, 40000001)),
        (m.gpio.SPI, (1, 1000)),
    ):
        rig.raises(ValueError, f, *args)
    small = m.gpio.SPI(1, 100000, sck=18, mosi=23, dma=0)
    rig.raises(ValueError, small.write, b"x" * 65)
    small.deinit()
