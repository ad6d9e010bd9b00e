# Types that both faces share. There is no such module on the board.
from typing import Any, Callable, Optional, Protocol, Union

Data = Union[bytes, bytearray, memoryview]
Buffer = Union[bytearray, memoryview]
Text = Union[str, bytes]
Mac = Union[str, bytes]
Addresses = tuple[str, str, str, str]
LinkState = tuple[int, str, str, int, int, bool]
LocalTime = tuple[int, int, int, int, int, int, int, int]
# (ssid, bssid, channel, RSSI, security, hidden), and with details=True six numbers more
Network = tuple[Any, ...]
# (ssid, bssid, channel, RSSI, pci, reconnect_s, listen_interval, scan_all, pmf)
Joined = tuple[bytes, bytes, int, int, int, int, int, int, int]
# (ssid, method, identity, username, client_cert, check_server)
Enterprise = tuple[bytes, str, bytes, bytes, bool, bool]
# (ssid, key, channel, security, max_stations, hidden)
ApConfig = tuple[bytes, bytes, int, int, int, bool]
# (ssid, key, the phone's own data)
Learned = tuple[bytes, bytes, bytes]
# called with (stage, data)
Stage = Optional[Callable[[str, Any], Any]]
# (code, first channel, number of channels, fixed)
Country = tuple[str, int, int, bool]
AddrInfo = tuple[int, int, int, str, tuple[str, int]]
Argument = Union[str, bytes, bytearray, memoryview, int, None]
Handler = Optional[Callable[[str, Any], Any]]
LineHandler = Optional[Callable[[bytes], Any]]

class Uart(Protocol):
    # machine.UART, busio.UART, pyserial's Serial; also any() or in_waiting.
    def readinto(self, buf: Any, /) -> Optional[int]: ...
    def write(self, buf: Any, /) -> Optional[int]: ...

class Pin(Protocol):
    # machine.Pin and Signal: a method; digitalio.DigitalInOut: the level itself.
    @property
    def value(self) -> Any: ...

class Profile:
    name: str
    version: tuple[int, int]
    passive: Optional[bytes]
