"""One connection to a Modbus server: it comes back by itself, and nothing is ever sent twice."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from diapason.connectors.modbus.blocks import Block
from diapason.connectors.modbus.reasons import reason
from diapason.errors import Conflict, Missing, Refused
from diapason.ports.line import LineState
from diapason.vocabulary.language import Text

if TYPE_CHECKING:
    from pymodbus.client import AsyncModbusTcpClient

__all__ = ["Device", "Excepted"]

_SLOWEST = 15.0  # s between two tries


class Excepted(Exception):
    """The device answered with an exception."""

    def __init__(self, code: int) -> None:
        super().__init__(str(reason(code)))
        self.code = code


class Device:
    """A connection over pymodbus, without its retries: a write that may have arrived must not go again."""

    def __init__(self, host: str, port: int, timeout: float) -> None:
        self.host, self.port, self._timeout = host, port, timeout
        self._client: AsyncModbusTcpClient | None = None
        self._state = LineState(False, datetime.now(UTC))
        self._keeper: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    @property
    def address(self) -> str:
        """For people."""
        return f"modbus://{self.host}:{self.port}"

    @property
    def connected(self) -> bool:
        """Whether there is a connection right now."""
        return self._client is not None and self._client.connected

    def state(self) -> LineState:
        """How it fares."""
        if self._state.connected and not self.connected:
            self._broke("the other side ended the connection")
        return self._state

    async def start(self) -> None:
        """Connect once, then stay connected.

        Raises:
            Missing: nobody answers, or pymodbus is not installed.
        """
        if not await self._connect():
            what = Text(f"nobody answers at {self.address}", f"{self.address} 无应答")
            raise Missing(
                what,
                at=self.address,
                fix=Text("switch the device on, or mend host and port", "请接通设备，或更正主机与端口"),
            )
        self._keeper = asyncio.create_task(self._keep())

    async def _connect(self) -> bool:
        client_type = _client_type()
        client = client_type(self.host, port=self.port, timeout=self._timeout, retries=0, reconnect_delay=0)
        if not await client.connect():
            client.close()
            return False
        again = self._state.reconnects + (
            self._client is not None or (not self._state.connected and bool(self._state.why))
        )
        self._client = client
        self._state = LineState(True, datetime.now(UTC), again, self._state.why)
        return True

    async def _keep(self) -> None:
        delay = 0.05
        while True:
            await asyncio.sleep(0.05 if self.connected else delay * random.uniform(0.5, 1.5))  # noqa: S311 - spreads tries
            if self.connected:
                delay = 0.05
                continue
            self.state()
            if not await self._connect():
                delay = min(delay * 2, _SLOWEST)

    def _broke(self, why: str) -> None:
        if self._state.connected:
            self._state = LineState(False, datetime.now(UTC), self._state.reconnects, why)
        if self._client is not None:
            self._client.close()

    async def read(self, block: Block) -> Sequence[int]:
        """Registers, or bits as 0 and 1.

        Raises:
            Missing: no connection, or it ended.
            Excepted: the device says no.
        """
        from pymodbus import ModbusException

        client = self._there()
        ask = {
            "coil": client.read_coils, "discrete": client.read_discrete_inputs,
            "input": client.read_input_registers, "holding": client.read_holding_registers,
        }[block.table]  # fmt: skip
        try:
            async with self._lock:
                answer = await ask(block.address, count=block.count, device_id=block.unit_id)
        except (ModbusException, OSError) as error:
            self._broke(str(error))
            raise self._away() from error
        return _said(answer, block)

    async def write(self, block: Block, values: Sequence[int], function: int) -> None:
        """Write once.

        Raises:
            Missing: no connection; nothing was sent.
            Refused: the device says no.
            Conflict: sent, and nobody knows whether it arrived.
        """
        from pymodbus import ModbusException

        client, unit = self._there(), block.unit_id
        calls: dict[int, Any] = {
            5: lambda: client.write_coil(block.address, bool(values[0]), device_id=unit),
            6: lambda: client.write_register(block.address, values[0], device_id=unit),
            15: lambda: client.write_coils(block.address, [bool(v) for v in values], device_id=unit),
            16: lambda: client.write_registers(block.address, list(values), device_id=unit),
        }
        at = f"{self.address}/{unit}/{block.table}/{block.address}"
        try:
            async with self._lock:
                answer = await calls[function]()
        except (ModbusException, OSError) as error:
            self._broke(str(error))
            what = Text("sent, and the device has not said that it arrived", "已发送，但设备未确认")
            raise Conflict(what, at=at, fix=Text("read the tag back", "请回读该位号")) from error
        if answer.isError():
            raise Refused(
                reason(int(answer.exception_code)),
                at=at,
                fix=Text("look at the device's map and mode", "请检查设备点表与工作模式"),
            )

    def _there(self) -> "AsyncModbusTcpClient":
        if self._client is None or not self.connected:
            raise self._away()
        return self._client

    def _away(self) -> Missing:
        why = self.state().why
        what = Text(f"no connection to {self.address}: {why}", f"与 {self.address} 无连接：{why}")
        return Missing(what, at=self.address, fix=Text("it is tried again by itself", "系统会自动重连"))

    async def close(self) -> None:
        """Let go; waits for what is under way."""
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        async with self._lock:
            self._broke("closed")


def _said(answer: Any, block: Block) -> Sequence[int]:
    """Registers or bits of an answer; one that is too short is no answer."""
    if answer.isError():
        raise Excepted(int(answer.exception_code))
    bits = block.table in ("coil", "discrete")
    values = [int(bit) for bit in answer.bits[: block.count]] if bits else list(answer.registers)
    if len(values) != block.count:
        raise Excepted(4)
    return values


def _client_type() -> "type[AsyncModbusTcpClient]":
    try:
        from pymodbus.client import AsyncModbusTcpClient
    except ImportError as error:
        what = Text("pymodbus is not installed", "未安装 pymodbus")
        raise Missing(
            what, at="pymodbus", fix=Text("pip install 'diapason[modbus]'", "pip install 'diapason[modbus]'")
        ) from error
    return AsyncModbusTcpClient
