# modem.gpio.ADC. Loaded for the call that makes one.
from .quote import check

_TOP_MV = (950, 1250, 1750, 2450)  # guide 3.9.2


async def ADC(m, channel, atten=3):
    """An input as machine.ADC: ADC(channel, atten=3). channel: 0..7 of ADC1 (guide 3.9.2 has the
    pins). atten: 0..3, up to 950, 1250, 1750, 2450 mV. read(), read_u16(), read_uv(); each is an
    AT+DRVADC."""
    check("channel", channel, 0, 7)
    check("atten", atten, 0, 3)
    return Adc(m, channel, atten)


class Adc:
    def __init__(self, m, channel, atten):
        self.m = m
        self.cmd = b"AT+DRVADC=%d,%d\r\n" % (channel, atten)
        self.top_mv = _TOP_MV[atten]

    async def raw(self, factor, divisor):
        found = []
        await self.m.at(self.cmd, 5000, found.append, b"+DRVADC:")
        return int(found[0][8:]) * factor // divisor

    def read(self):
        """0..4095."""
        return self.m.face(self.raw(1, 1))

    def read_u16(self):
        """0..65535."""
        return self.m.face(self.raw(65535, 4095))

    def read_uv(self):
        """Microvolts, by the guide's rule of three."""
        return self.m.face(self.raw(self.top_mv * 1000, 4095))
