"""Opens a line to a Modbus TCP server."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from diapason.connectors.modbus.device import Device
from diapason.connectors.modbus.line import ModbusLine
from diapason.connectors.modbus.maps import read_map
from diapason.connectors.modbus.serving import serve
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["OPTIONS", "open_line", "serve"]

OPTIONS: Mapping[str, Text] = {
    "map": Text(
        "CSV file: tag, unit_id, table, address, type and more", "CSV 点表：tag、unit_id、table、address、type 等列"
    ),
    "period": Text("s between polls (default 1)", "轮询周期，秒（默认 1）"),
    "gap": Text(
        "registers that may be read in vain to save a request (default 0)", "为减少请求可多读的寄存器数（默认 0）"
    ),
    "most": Text("registers in one request (default 125)", "单次请求的寄存器数上限（默认 125）"),
    "timeout": Text("s that the device may take (default 2)", "应答超时，秒（默认 2）"),
}


async def open_line(address: str, options: Mapping[str, Any], *, writes: bool = False) -> ModbusLine:
    """Connect to `modbus://HOST:502`, as `ports.line.LineConnector` says."""
    host, port = _host(address)
    for name in options:
        if name not in OPTIONS:
            what = Text(f"there is no option '{name}' for Modbus", f"Modbus 没有选项“{name}”")
            raise DataError(what, at=address, fix=Text("one of: ", "可用：") + ", ".join(OPTIONS))
    if not options.get("map"):
        what = Text("registers have no names: a map must say what they are", "寄存器没有名称，须用点表说明")
        raise DataError(
            what,
            at="option map",
            fix=Text(
                "map=FILE.csv with the columns tag, unit_id, table, address, type",
                "map=文件.csv，含 tag、unit_id、table、address、type 列",
            ),
        )
    rows = read_map(str(options["map"]))
    period, timeout = _number(options, "period", 1.0, 0.01), _number(options, "timeout", 2.0, 0.01)
    gap, most = int(_number(options, "gap", 0, 0)), int(_number(options, "most", 125, 1))
    device = Device(host, port, timeout)
    await device.start()
    return ModbusLine(device, rows, period=period, gap=gap, most=most, writes=writes)


def _host(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    try:
        port = parts.port or 502
    except ValueError:
        port = 0
    if parts.scheme != "modbus" or not parts.hostname or not port:
        what = Text(f"'{address}' is no address of a Modbus server", f"“{address}”不是 Modbus 服务器地址")
        raise DataError(what, at="address", fix=Text("write modbus://HOST:502", "请写成 modbus://主机:502"))
    return parts.hostname, port


def _number(options: Mapping[str, Any], name: str, default: float, low: float) -> float:
    said = options.get(name, default)
    try:
        value = float(said)
    except (TypeError, ValueError):
        value = low - 1
    if not low <= value <= 1e6:
        what = Text(f"{name} = {said} can't be", f"{name} = {said} 无效")
        raise DataError(what, at=f"option {name}", fix=Text(f"a number from {low:g}", f"应为不小于 {low:g} 的数"))
    return value
