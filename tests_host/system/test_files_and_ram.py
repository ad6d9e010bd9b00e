# needs: sim
# profile: esp32s2-3.4-full
# modem.fs and modem.ram: bytes that go into the module and come back.
import espat
from system import rig

HOSTILE = b"\0\r\nOK\r\n\r\nERROR\r\n+FS:5,> \xff"


def test_files():
    # wire: AT+FS= by fs.write
    # wire: AT+FSMOUNT= by fs.mount
    m = rig.modem()
    assert m.fs.listdir() == []
    m.fs.write("a.txt", b"hello")
    m.fs.write("b.bin", rig.pattern(5000))
    m.fs.write("c", HOSTILE)
    assert sorted(m.fs.listdir()) == ["a.txt", "b.bin", "c"]
    assert m.fs.stat("b.bin") == 5000
    assert m.fs.read("a.txt") == b"hello" and m.fs.read("c") == HOSTILE
    assert m.fs.read("b.bin") == rig.pattern(5000)
    assert m.fs.read("b.bin", 4990) == rig.pattern(10, 4990)
    assert m.fs.read("b.bin", 10, 5) == rig.pattern(5, 10)
    buf = bytearray(8)
    assert m.fs.readinto("a.txt", buf, 3) == 2 and buf[:2] == b"lo"
    m.fs.write("a.txt", "J")
    assert m.fs.read("a.txt") == b"Jello"
    m.fs.remove("a.txt")
    assert sorted(m.fs.listdir()) == ["b.bin", "c"]
    for f in (m.fs.stat, m.fs.read, m.fs.remove):
        rig.raises(espat.ATError, f, "a.txt")
    m.fs.mount(False)
    assert m.fs.stat("c") == len(HOSTILE)


def test_many_files():
    m = rig.modem()
    names = ["file-number-%02d.txt" % i for i in range(40)]
    for name in names:
        m.fs.write(name, name)
    assert sorted(m.fs.listdir()) == names
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]


def test_streams():
    m = rig.modem()
    with m.fs.open("log", "wb") as f:
        f.write(b"one ")
        f.write(b"two ")
        assert f.tell() == 8
    with m.fs.open("log", "ab") as f:
        f.write(b"three")
    with m.fs.open("log") as f:
        assert f.read(4) == b"one "
        assert f.read() == b"two three"
        assert f.read() == b""
        f.seek(-5, 2)
        buf = bytearray(10)
        assert f.readinto(buf) == 5 and buf[:5] == b"three"
        rig.raises(OSError, f.write, b"x")
    with m.fs.open("log", "wb") as f:
        f.write(b"new")
    assert m.fs.read("log") == b"new"
    rig.raises(espat.ATError, m.fs.open, "none")
    rig.raises(ValueError, m.fs.open, "log", "r+")


def test_a_full_file_system():
    m = rig.modem()
    big = rig.pattern(60000)
    rig.raises(espat.ATError, lambda: [m.fs.write("big%d" % i, big) for i in range(60)])
    assert m.fs.read("big0", 100, 50) == big[100:150]
    m.fs.remove("big0")
    m.fs.write("small", b"x")
    assert m.fs.read("small") == b"x"


def test_memory_of_the_module():
    # wire: AT+USERRAM= by ram.write
    # wire: AT+USERRAM? by ram.get_size
    m = rig.modem()
    assert m.ram.get_size() == 0
    rig.raises(espat.ATError, m.ram.write, b"x")
    m.ram.allocate(5000)
    assert m.ram.get_size() == 5000
    rig.raises(espat.ATError, m.ram.allocate, 10)
    m.ram.write(rig.pattern(3000), 1000)
    m.ram.write(HOSTILE)
    assert m.ram.read(len(HOSTILE)) == HOSTILE
    buf = bytearray(2500)
    assert m.ram.readinto(buf, 1100) == 2500 and buf == rig.pattern(2500, 100)
    rig.raises(espat.ATError, m.ram.write, b"x" * 10, 4995)
    m.ram.clear()
    assert m.ram.read(100, 1000) == bytes(100)
    m.ram.free()
    assert m.ram.get_size() == 0
    for f, args in ((m.ram.allocate, (0,)), (m.ram.write, (b"x", -1)), (m.ram.read, (0,))):
        rig.raises(ValueError, f, *args)
