# modem.http: what the bad end of a request means. Loaded for it, dropped after it.
from ..errors import ATError, error


async def refused(m, r):
    # The exception for a request that ended badly.
    name = r.cmd
    if r.err and not r.code:
        raise OSError(r.err, name.split(b"=")[0].decode())
    if not r.status_code:
        raise error(name, 1, r.code)
    raise ATError(name.split(b"=")[0].decode(), r.code)


async def check_status(m, r):
    if not 200 <= r.status_code < 300:
        await refused(m, r)
