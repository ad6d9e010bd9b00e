# The two names that adafruit_espatcontrol imports; the benchmark uses no pins.
class Direction:
    OUTPUT = 1


class DigitalInOut:
    pass
