# A line for the program's log about what nobody has asked for: the module has rebooted, a pin does
# not wake it. Nothing is imported or put together unless the program has imported `logging`.
import sys


def note(text, *args):
    logging = sys.modules.get("logging") or sys.modules.get("adafruit_logging")
    if logging:
        logging.getLogger("espat").warning(text, *args)
