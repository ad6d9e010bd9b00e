# runs-on: cpython
# MicroPython's raw REPL on standard input and output, as a board has it on USB: what the unix port
# lacks for mpremote to talk to it. Owns the protocol; it runs what it gets in this interpreter.
import gc
import io
import sys

read = sys.stdin.buffer.read
write = sys.stdout.buffer.write
BANNER = b"raw REPL; CTRL-B to exit\r\n>"


def line():
    text = b""
    while True:
        c = read(1)
        if not c:
            raise SystemExit
        if c == b"\x01":  # once more into the raw REPL
            return None
        if c == b"\x04":
            return text
        if c in (b"\x02", b"\x03"):
            text = b""
        elif c == b"\x05" and not text:
            read(2)  # A, ^A: raw paste mode
            write(b"R\x00")  # known, not there
        else:
            text += c


def serve():
    names = {"__name__": "__main__"}
    raw = False
    while True:
        if not raw:
            c = read(1)
            if not c:
                return
            if c == b"\x01":
                raw = True
                write(BANNER)
            continue
        text = line()
        if text is None:
            write(BANNER)
        elif not text.strip():
            names = {"__name__": "__main__"}
            gc.collect()
            write(b"OK\r\nMPY: soft reboot\r\n" + BANNER)
        else:
            write(b"OK")
            failed = b""
            try:
                exec(text.decode(), names)
            except BaseException as e:
                text = io.StringIO()
                sys.print_exception(e, text)
                failed = text.getvalue().encode()
            write(b"\x04" + failed + b"\x04>")


if __name__ == "__main__":
    serve()
