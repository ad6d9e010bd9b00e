# modem.http.download: to a file, and on after a break. Loaded for it, dropped after it. (It takes
# nothing from other files of once/: they would stay in memory as long as it runs.)


async def download(m, url, file, headers=None, buffer=1024, attempts=3, timeout_s=15):
    """Download url to file: a path, or an open binary file with write() and seek(). Returns how
    many bytes. After a break (bytes lost, silence, a reboot of the module) it goes on where it
    was with a Range header, `attempts` times in all; a server that knows no ranges starts anew.
    buffer: bytes held in memory, 64 or more. ATError, OSError: EIO, the body is shorter than
    the server had said; ETIMEDOUT."""
    if not 64 <= buffer <= 1 << 20:
        raise ValueError("buffer: only 64..1048576")
    if not 1 <= attempts <= 1000:
        raise ValueError("attempts: only 1..1000")
    size = await m.brief("http_more", "get_size", url, headers, timeout_s)
    f = open(file, "wb") if isinstance(file, str) else file
    buf = bytearray(buffer)
    view = memoryview(buf)
    base = f.tell()
    done = 0
    own = dict(headers or {})
    try:
        while True:
            attempts -= 1
            r = None
            try:
                if done:
                    own["Range"] = "bytes=%d-" % done
                    if await m.brief("http_more", "get_size", url, own, timeout_s) != size - done:
                        own = dict(headers or {})
                        done = 0
                f.seek(base + done)
                r = await m.brief("http_request", "get", url, own, timeout_s)
                start = done
                n = buffer
                while n == buffer:
                    n = await r.fill(buf, buffer)
                    f.write(buf if n == buffer else view[:n])
                    done += n
                await m.brief("http_end", "check_status", r)
                if done == size or size <= 0:
                    return done
                raise OSError(5, "%d of %d bytes" % (done, size))
            except OSError as e:
                if attempts <= 0 or getattr(e, "status", 0):
                    raise
                if r is not None:
                    done = min(done, start + r.good)
    finally:
        if f is not file:
            f.close()
