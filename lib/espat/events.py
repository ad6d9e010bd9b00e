# modem.on(): what the module reports by itself, handed to the application between commands, so that
# a handler may use the modem. Loaded when the first handler is set.
import sys


def report(e):
    """Show an error that nobody is there to catch."""
    if hasattr(sys, "print_exception"):
        sys.print_exception(e)
    else:
        import traceback

        traceback.print_exception(type(e), e, e.__traceback__)


class Events:
    def __init__(self, modem):
        self.m = modem
        self.handlers = {}
        self.pending = []

    def emit(self, event, data=None):
        if isinstance(event, bytes):
            try:
                event = event.decode()
            except UnicodeError:
                return  # cut off by a reboot, noise after it
        if event in self.handlers:
            self.pending.append((event, data))

    def dispatch(self):
        m = self.m
        while self.pending and not m.engine.stage:
            x = self.pending.pop(0)
            f = self.handlers.get(x[0])
            try:
                if f:
                    m.spawn(f(*x))
            except Exception as e:  # the handler's trouble is not that of whoever waits here
                report(e)
