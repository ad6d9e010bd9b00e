# Types of modem.ap, of both faces.
from typing import Literal, Sequence, overload

from ._types import Addresses, ApConfig, Mac, Text

class Ap:
    @overload
    def active(self, on: None = None) -> bool: ...
    @overload
    def active(self, on: bool) -> None: ...
    @overload
    def config(
        self,
        ssid: None = None,
        key: Text | None = None,
        channel: int = 1,
        security: int | None = None,
        max_stations: int | None = None,
        hidden: bool = False,
    ) -> ApConfig: ...
    @overload
    def config(
        self,
        ssid: Text,
        key: Text | None = None,
        channel: int = 1,
        security: int | None = None,
        max_stations: int | None = None,
        hidden: bool = False,
    ) -> None: ...
    def stations(self) -> list[tuple[bytes, str]]: ...
    def kick(self, mac: Mac | None = None) -> None: ...
    @overload
    def ifconfig(self, config: None = None) -> Addresses: ...
    @overload
    def ifconfig(self, config: Sequence[str] | Literal["dhcp"]) -> None: ...
    def ipv6(self) -> str: ...
    @overload
    def dhcp(self, on: None = None) -> bool: ...
    @overload
    def dhcp(self, on: bool) -> None: ...
    @overload
    def dhcp_range(
        self, lease_min: None = None, first: None = None, last: None = None
    ) -> tuple[int, str, str]: ...
    @overload
    def dhcp_range(
        self,
        lease_min: int | Literal["default"],
        first: str | None = None,
        last: str | None = None,
    ) -> None: ...
    @overload
    def mac(self, value: None = None) -> bytes: ...
    @overload
    def mac(self, value: Mac) -> None: ...
    @overload
    def protocol(self, bits: None = None) -> int: ...
    @overload
    def protocol(self, bits: int) -> None: ...

class AioAp:
    @overload
    async def active(self, on: None = None) -> bool: ...
    @overload
    async def active(self, on: bool) -> None: ...
    @overload
    async def config(
        self,
        ssid: None = None,
        key: Text | None = None,
        channel: int = 1,
        security: int | None = None,
        max_stations: int | None = None,
        hidden: bool = False,
    ) -> ApConfig: ...
    @overload
    async def config(
        self,
        ssid: Text,
        key: Text | None = None,
        channel: int = 1,
        security: int | None = None,
        max_stations: int | None = None,
        hidden: bool = False,
    ) -> None: ...
    async def stations(self) -> list[tuple[bytes, str]]: ...
    async def kick(self, mac: Mac | None = None) -> None: ...
    @overload
    async def ifconfig(self, config: None = None) -> Addresses: ...
    @overload
    async def ifconfig(self, config: Sequence[str] | Literal["dhcp"]) -> None: ...
    async def ipv6(self) -> str: ...
    @overload
    async def dhcp(self, on: None = None) -> bool: ...
    @overload
    async def dhcp(self, on: bool) -> None: ...
    @overload
    async def dhcp_range(
        self, lease_min: None = None, first: None = None, last: None = None
    ) -> tuple[int, str, str]: ...
    @overload
    async def dhcp_range(
        self,
        lease_min: int | Literal["default"],
        first: str | None = None,
        last: str | None = None,
    ) -> None: ...
    @overload
    async def mac(self, value: None = None) -> bytes: ...
    @overload
    async def mac(self, value: Mac) -> None: ...
    @overload
    async def protocol(self, bits: None = None) -> int: ...
    @overload
    async def protocol(self, bits: int) -> None: ...
