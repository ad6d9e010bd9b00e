# The same release built by oneself with every command that the chip can have.
# Data only.
from __future__ import annotations

import dataclasses

from . import esp32s2_3_4

PROFILE = dataclasses.replace(esp32s2_3_4.PROFILE, name="esp32s2-3.4-full", without=frozenset())
