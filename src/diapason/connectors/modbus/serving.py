"""Serves a plant by Modbus TCP, with the map of its registers as a CSV file."""

import tempfile
from collections.abc import Mapping, Sequence
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from diapason.connectors.modbus.maps import Row, write_map
from diapason.connectors.modbus.words import Form, form_of, read, written
from diapason.errors import DiapasonError, Missing
from diapason.ports.line import PlantServer, Served
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind, Point

if TYPE_CHECKING:
    from pymodbus.constants import ExcCodes
    from pymodbus.server import ModbusTcpServer
    from pymodbus.simulator import SimDevice

__all__ = ["SERVE_OPTIONS", "ModbusPlant", "serve"]

SERVE_OPTIONS: Mapping[str, Text] = {
    "host": Text("where to listen (default 127.0.0.1)", "监听地址（默认 127.0.0.1）"),
    "port": Text("default 5020; 0 = any that is free", "默认 5020；0 表示任一空闲端口"),
    "map": Text(
        "file for the map of registers (default modbus-map.csv in the folder)",
        "点表文件（默认为目录中的 modbus-map.csv）",
    ),
    "open": Text("may be written from other machines too", "允许其他机器写入"),
    "float": Text("float64 (default) or float32", "float64（默认）或 float32"),
    "order": Text("ABCD (default), CDAB, BADC or DCBA", "ABCD（默认）、CDAB、BADC 或 DCBA"),
}

_TABLES = {1: "coil", 5: "coil", 15: "coil", 2: "discrete", 4: "input", 3: "holding", 6: "holding", 16: "holding"}
_TABLES |= {22: "holding", 23: "holding"}
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LONGEST = 16  # characters of a text


def serve(served: Served, options: Mapping[str, Any]) -> PlantServer:
    """A server for this plant."""
    return ModbusPlant(served, options)


class ModbusPlant(PlantServer):
    """Readings are input registers and discrete inputs, what can be written are holding registers and coils."""

    def __init__(self, served: Served, options: Mapping[str, Any]) -> None:
        self._served = served
        self._host, self._port = str(options.get("host") or "127.0.0.1"), int(options.get("port", 5020))
        self.rows = _laid_out(
            served.points(), str(options.get("float") or "float64"), str(options.get("order") or "ABCD")
        )
        folder = Path(str(options.get("folder") or tempfile.mkdtemp(prefix="diapason-")))
        self.map = Path(str(options.get("map") or folder / "modbus-map.csv"))
        self._writable = bool(options.get("open")) or self._host in _LOOPBACK
        self._words: dict[tuple[int, str], np.ndarray[Any, np.dtype[np.uint16]]] = {}
        self._server: ModbusTcpServer | None = None

    @property
    def options(self) -> Mapping[str, Any]:
        """What a listener says to hear this plant."""
        return {"map": str(self.map)}

    async def start(self) -> str:
        """Write the map and listen.

        Raises:
            Missing: the port is taken, or pymodbus is not installed.
        """
        try:
            from pymodbus.server import ModbusTcpServer
        except ImportError as error:
            what = Text("pymodbus is not installed", "未安装 pymodbus")
            raise Missing(
                what, at="pymodbus", fix=Text("pip install 'diapason[modbus]'", "pip install 'diapason[modbus]'")
            ) from error
        self.map.parent.mkdir(parents=True, exist_ok=True)
        write_map(self.map, self.rows)
        await self.publish()
        units = sorted({row.unit_id for row in self.rows})
        self._server = ModbusTcpServer([self._device(unit) for unit in units], address=(self._host, self._port))
        try:
            await self._server.serve_forever(background=True)
        except (RuntimeError, OSError) as error:
            at = f"{self._host}:{self._port}"
            what = Text(f"port {self._port} can't be opened", f"无法打开端口 {self._port}")
            raise Missing(what, at=at, fix=Text("choose another port", "请换一个端口")) from error
        self._port = cast(Any, self._server.transport).sockets[0].getsockname()[1]
        return f"modbus://{self._host}:{self._port}"

    async def publish(self) -> None:
        """Put the readings of the last step into the registers."""
        readings = self._served.readings()
        for i, row in enumerate(self.rows):
            self._put(row, float(readings.values[i]), readings.texts.get(i, ""))

    async def stop(self) -> None:
        """End."""
        if self._server is not None:
            await cast(Any, self._server).shutdown()

    def _put(self, row: Row, value: float, text: str) -> None:
        table = self._words.setdefault((row.unit_id, row.table), np.zeros(65_536, np.uint16))
        if row.form.type == "switch":
            table[row.address] = bool(value) if isfinite(value) else 0
        elif row.form.type == "string":
            table[row.address : row.end] = written(text, row.form)
        elif isfinite(value):
            table[row.address : row.end] = written(value, row.form)
        elif "float" in row.form.type:
            quiet = np.frombuffer(np.array(nan, ">f8" if row.form.size == 4 else ">f4").tobytes(), ">u2")
            table[row.address : row.end] = quiet if row.form.order == "ABCD" else quiet[::-1]

    def _device(self, unit: int) -> "SimDevice":
        from pymodbus.simulator import DataType, SimData, SimDevice

        blocks: dict[str, list[SimData]] = {"coil": [], "discrete": [], "holding": [], "input": []}
        for row in sorted(self.rows, key=lambda row: row.address):
            if row.unit_id == unit:
                bits = row.table in ("coil", "discrete")
                kind = DataType.BITS if bits else DataType.REGISTERS
                blocks[row.table].append(
                    SimData(row.address, values=[False] if bits else [0] * row.form.size, datatype=kind)
                )
        for table, found in blocks.items():
            if not found:
                bits = table in ("coil", "discrete")
                found.append(
                    SimData(
                        65_520, values=[False] if bits else 0, datatype=DataType.BITS if bits else DataType.REGISTERS
                    )
                )
        four = (blocks["coil"], blocks["discrete"], blocks["holding"], blocks["input"])

        async def act(
            function: int, start: int, address: int, count: int, now: list[int], said: list[int] | list[bool] | None
        ) -> "ExcCodes | None":
            table = _TABLES[function]
            if said is not None:
                return self._commanded(unit, table, address, [int(word) for word in said])
            self._show(unit, table, start, address, count, now)
            return None

        return SimDevice(unit, simdata=four, action=act)

    def _show(self, unit: int, table: str, start: int, address: int, count: int, now: list[int]) -> None:
        """Copy what is asked for to where the library answers from."""
        words = self._words.get((unit, table))
        if words is None:
            return
        if table in ("holding", "input"):
            now[address - start : address - start + count] = words[address : address + count].tolist()
            return
        first = address // 16
        for word in range(first, first + count):
            bits = words[word * 16 : word * 16 + 16].astype(bool)
            now[word - start] = int(np.packbits(bits, bitorder="little").view("<u2")[0])

    def _commanded(self, unit: int, table: str, address: int, said: Sequence[int]) -> "ExcCodes | None":
        """Move what was written whole; half a value is refused."""
        from pymodbus.constants import ExcCodes

        if not self._writable:  # Modbus knows no names: whoever reaches the port could move the plant
            return ExcCodes.ILLEGAL_FUNCTION
        end = address + len(said)
        touched = [
            r for r in self.rows if (r.unit_id, r.table) == (unit, table) and r.address < end and address < r.end
        ]
        if any(row.address < address or row.end > end for row in touched):
            return ExcCodes.ILLEGAL_VALUE
        for row in touched:
            words = np.array(said[row.address - address : row.end - address], np.uint16)
            value = float(words[0]) if row.form.type == "switch" else float(read(words[None, :], row.form)[0])
            try:
                if not isfinite(value):
                    return ExcCodes.ILLEGAL_VALUE
                self._served.write(row.point.tag, value)
            except DiapasonError:
                return ExcCodes.ILLEGAL_VALUE
            self._words[unit, table][row.address : row.end] = words
        return None


def _laid_out(points: Sequence[Point], number: str, order: str) -> tuple[Row, ...]:
    """Registers one after another, in the order of the points; one unit per 2,000 points."""
    rows: list[Row] = []
    free: dict[tuple[int, str], int] = {}
    for i, point in enumerate(points):
        unit = 1 + i // 2000
        form = _form(point, number, order)
        bits = point.kind is Kind.SWITCH
        table = ("coil" if point.writable else "discrete") if bits else ("holding" if point.writable else "input")
        address = free.get((unit, table), 0)
        free[unit, table] = address + form.size
        writable = point.writable and point.kind is not Kind.TEXT
        told = Point(
            point.tag,
            f"{unit}/{table}/{address}",
            point.kind,
            point.unit,
            point.low,
            point.high,
            writable,
            point.title,
            point.asset,
        )
        rows.append(Row(told, unit, table, address, form))
    return tuple(rows)


def _form(point: Point, number: str, order: str) -> Form:
    if point.kind is Kind.SWITCH:
        return form_of("switch", "ABCD", 1.0, 0.0)
    if point.kind is Kind.TEXT:
        return form_of(f"string:{_LONGEST}", "ABCD", 1.0, 0.0)
    return form_of("int64" if point.kind is Kind.WHOLE else number, order, 1.0, 0.0)
