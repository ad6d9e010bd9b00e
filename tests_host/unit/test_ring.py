# The ring: what goes in comes out, across the end of the buffer, in pieces of any size.
from espat.ring import Ring
from espat.streams import find


def put(ring, data):
    done = 0
    while done < len(data):
        a = ring.start()
        b = ring.stop()
        if a == b:
            break
        n = min(b - a, len(data) - done)
        ring.buf[a : a + n] = data[done : done + n]
        ring.n += n
        done += n
    return done


def test_every_size_of_put_and_copy():
    data = bytes(range(256))
    for size in (8, 16, 17):
        for i in range(1, size + 1):
            for o in range(1, size + 1):
                ring = Ring(size)
                sent = got = 0
                out = b""
                while got < 200:
                    sent += put(ring, data[sent : sent + i])
                    buf = bytearray(o)
                    k = ring.copy(buf, o)
                    out += bytes(buf[:k])
                    got += k
                    if not k and sent >= 256:
                        break
                assert out == data[: len(out)], (size, i, o)


def test_full_and_empty():
    ring = Ring(8)
    assert ring.copy(bytearray(4), 4) == 0
    assert put(ring, b"0123456789") == 8 and ring.start() == ring.stop()
    buf = bytearray(8)
    assert ring.copy(buf, 8) == 8 and buf == b"01234567"
    assert ring.start() == 0 and ring.stop() == 8


def test_pieces_of_one_size_on_the_grid():
    ring = Ring(1024)
    for turn in range(6):
        put(ring, bytes([turn]) * 1024)
        for _ in range(4):
            buf = bytearray(256)
            assert ring.copy(buf, 256) == 256 and buf == bytes([turn]) * 256


def test_find_across_the_end():
    ring = Ring(8)
    put(ring, b"abcdef")
    ring.copy(bytearray(5), 5)
    put(ring, b"gh\nij")
    assert find(ring, b"\n") == 4 and find(ring, b"i") == 5 and find(ring, b"x") == 0
