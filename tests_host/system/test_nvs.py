# needs: sim
# modem.nvs: values and partitions in the module's flash. Owns their results and the ranges that are
# refused.
import espat
from system import rig


def test_what_the_factory_has_left():
    # wire: AT+SYSMFG? by nvs.namespaces
    # wire: AT+SYSMFG= by nvs.keys
    m = rig.modem()
    assert "factory_param" in m.nvs.namespaces()
    found = m.nvs.keys("factory_param")
    assert found["module_name"] == "string" and found["version"] == "i8", found
    assert found["uart_baudrate"] == "i32" and found["country_code"] == "string"
    rig.raises(espat.ATError, m.nvs.keys, "no such")


def test_reading():
    # wire: AT+SYSMFG= by nvs.get
    m = rig.modem()
    assert m.nvs.get("factory_param", "uart_baudrate") == 115200
    assert m.nvs.get("factory_param", "module_name") == b"MINI"
    rig.raises(espat.ATError, m.nvs.get, "factory_param", "no such")
    rig.raises(espat.ATError, m.nvs.get, "no such", "module_name")


def test_every_kind_of_value():
    # wire: AT+SYSMFG= by nvs.set
    # wire: AT+SYSMFG= by nvs.erase
    m = rig.modem()
    for kind, values in (
        ("u8", (0, 255)),
        ("i8", (-128, 127)),
        ("u16", (0, 65535)),
        ("i16", (-32768, 32767)),
        ("u32", (0, 4294967295)),
        ("i32", (-2147483648, 2147483647)),
        ("string", (b"text", b"\r\nOK\r\n")),
        ("binary", (b"\0\xff", bytes(range(256)) * 12)),
    ):
        for value in values:
            m.nvs.set("mine", "x", value, kind)
            assert m.nvs.get("mine", "x") == value, (kind, value)
            assert m.nvs.keys("mine") == {"x": kind}
    m.nvs.set("mine", "text", 'Zürich, "1"')
    assert m.nvs.get("mine", "text") == 'Zürich, "1"'.encode()
    m.nvs.set("mine", "number", -7)
    assert m.nvs.get("mine", "number") == -7
    m.nvs.set("mine", "bytes", memoryview(b"abc"))
    assert m.nvs.keys("mine") == {
        "x": "binary",
        "text": "string",
        "number": "i32",
        "bytes": "binary",
    }
    m.nvs.erase("mine", "x")
    assert "x" not in m.nvs.keys("mine")
    m.nvs.erase("mine")
    rig.raises(espat.ATError, m.nvs.keys, "mine")
    assert "mine" not in m.nvs.namespaces()


def test_reading_into_a_buffer():
    m = rig.modem()
    data = rig.pattern(1000)
    m.nvs.set("mine", "blob", data)
    buf = bytearray(300)
    assert m.nvs.get("mine", "blob", buf) == 300
    assert buf == data[:300]
    assert m.nvs.get("mine", "blob", memoryview(buf)[:200], 900) == 100
    assert buf[:100] == data[900:]


def test_values_outlive_the_power():
    m = rig.modem()
    m.nvs.set("mine", "x", 5)
    rig.power_cycle()
    assert rig.modem().nvs.get("mine", "x") == 5


def test_a_value_in_the_noise():
    # Lines in the middle, bytes that look like answers, a value that is cut.
    m = rig.modem()
    m.nvs.set("mine", "x", b'\r\nOK\r\n+SYSMFG:"mine","x",8,3,abc\r\nERROR\r\n')
    for n in (0, 5, 40):
        rig.control("inject", line="WIFI DISCONNECT", after_bytes=n)
        assert m.nvs.get("mine", "x").endswith(b"ERROR\r\n")
    rig.control("drop_output", count=5, after_bytes=30)
    rig.raises(OSError, m.nvs.get, "mine", "x")
    assert m.nvs.get("mine", "x").endswith(b"ERROR\r\n")


def test_partitions():
    # wire: AT+SYSFLASH? by nvs.partitions
    # wire: AT+SYSFLASH= by nvs.erase_partition
    # wire: AT+SYSFLASH= by nvs.write
    # wire: AT+SYSFLASH= by nvs.read
    m = rig.modem()
    assert ("fatfs", 1, 129, 0x70000, 0x90000) in m.nvs.partitions()
    m.nvs.erase_partition("fatfs")
    data = bytes(range(256)) * 8
    m.nvs.write("fatfs", 4096, data)
    buf = bytearray(len(data) + 4)
    assert m.nvs.read("fatfs", 4094, buf) == len(buf)
    assert buf == b"\xff\xff" + data + b"\xff\xff"
    m.nvs.erase_partition("fatfs", 4096, 4096)
    assert m.nvs.read("fatfs", 4096, buf) == len(buf)
    assert buf == b"\xff" * len(buf)
    rig.raises(espat.ATError, m.nvs.read, "no such", 0, buf)
    rig.raises(espat.ATError, m.nvs.read, "fatfs", 0x90000, buf)


def test_partitions_that_mean_nothing():
    wire = rig.Scripted(lambda line: b"\r\nOK\r\n")
    m = espat.Modem(wire)
    m.start()
    for line in (b'"fatfs",1,129,0x70000', b'"fatfs",1,x,0x70000,0x90000', b""):
        wire.answer = lambda _, line=line: b"+SYSFLASH:" + line + b"\r\n\r\nOK\r\n"
        rig.fails(rig.EIO, m.nvs.partitions)
    wire.answer = lambda _: b"\r\nOK\r\n"
    rig.fails(rig.EIO, m.nvs.get, "a", "b")


def test_mistakes_are_not_sent():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.start()
    tap.forget()
    n = m.nvs
    for call, *args in (
        (n.keys, ""),
        (n.keys, "x" * 16),
        (n.get, "a", ""),
        (n.get, "a", "x" * 16),
        (n.get, "a", "b", bytearray(1), -1),
        (n.get, "a\r\n", "b"),
        (n.set, "a", "b", 256, "u8"),
        (n.set, "a", "b", -1, "u8"),
        (n.set, "a", "b", 128, "i8"),
        (n.set, "a", "b", -129, "i8"),
        (n.set, "a", "b", 1 << 32, "u32"),
        (n.set, "a", "b", 1 << 31),
        (n.set, "a", "b", 1, "u64"),
        (n.set, "a", "b", b""),
        (n.set, "a", "b", bytes(4001)),
        (n.erase, ""),
        (n.read, "", 0, bytearray(1)),
        (n.read, "x" * 17, 0, bytearray(1)),
        (n.read, "fatfs", -1, bytearray(1)),
        (n.read, "fatfs", 0, bytearray(0)),
        (n.write, "fatfs", 0, b""),
        (n.erase_partition, "fatfs", None, 4096),
        (n.erase_partition, "fatfs", 0, 0),
    ):
        rig.raises(ValueError, call, *args)
    assert not tap.sent, bytes(tap.sent)


def test_asyncio():
    from espat import aio

    async def main():
        m = aio.Modem(rig.uart())
        await m.nvs.set("mine", "x", b"bytes")
        assert await m.nvs.get("mine", "x") == b"bytes"
        assert await m.nvs.keys("mine") == {"x": "binary"}
        await m.nvs.erase("mine")
        assert "mine" not in await m.nvs.namespaces()
        buf = bytearray(4)
        assert await m.nvs.read("fatfs", 0, buf) == 4

    rig.run(main())
