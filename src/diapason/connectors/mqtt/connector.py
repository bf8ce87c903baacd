"""Opens a line to a broker."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from diapason.connectors.mqtt.client import Client
from diapason.connectors.mqtt.commands import Commands
from diapason.connectors.mqtt.line import MqttLine
from diapason.connectors.mqtt.nodes import Nodes
from diapason.connectors.mqtt.packed import Packed
from diapason.connectors.mqtt.serving import serve
from diapason.connectors.mqtt.settings import settings_of
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["open_line", "serve"]

_KINDS = ("NBIRTH/+", "NDATA/+", "NDEATH/+", "DBIRTH/+/+", "DDATA/+/+", "DDEATH/+/+")


async def open_line(address: str, options: Mapping[str, Any], *, writes: bool = False) -> MqttLine:
    """Connect to a broker, as `ports.line.LineConnector` says.

    Without the option `client` the name is a new one and the broker keeps nothing for us while we are away.
    """
    options = dict(options)
    if writes:
        options.pop("host", None)  # the one that listens is the host
    if not options.get("client"):
        options["session"] = 0
    named = f"{options['client']}-writes" if options.get("client") and writes else options.get("client")
    if named:
        options["client"] = named
    settings = settings_of(address, options, client=f"diapason-{secrets.token_hex(6)}")
    packed, names = _format(options) == "packed", _names(options)
    filters = _filters(options, packed=packed)
    line = MqttLine(filters, qos=_qos(options), held=settings.held, writes=writes)
    client = line.client = Client(settings, line.arrived)
    commands = line.commands = Commands(client, options, packed=packed)
    if packed:
        line.reader = Packed(str(options.get("topic", "")), _list(options, "tags"), _units(options), names=names)
    else:
        early = settings.receive_maximum // 2
        line.reader = Nodes(commands.rebirth, numbered=not options.get("group"), early=early, names=names)
    client.greeted = line.greeted
    await client.start()
    line.tick()
    return line


def _format(options: Mapping[str, Any]) -> str:
    said = str(options.get("format") or ("packed" if options.get("topic") or options.get("topics") else "sparkplug"))
    if said not in ("packed", "sparkplug"):
        what = Text(f"there is no format '{said}'", f"没有格式“{said}”")
        raise DataError(what, at="option format", fix=Text("sparkplug or packed", "可用 sparkplug 或 packed"))
    return said


def _names(options: Mapping[str, Any]) -> str:
    said = str(options.get("names") or "asset")
    if said not in ("asset", "metric", "path"):
        what = Text(f"tags can't be named by '{said}'", f"位号不能按“{said}”命名")
        raise DataError(what, at="option names", fix=Text("asset, metric or path", "可用 asset、metric 或 path"))
    return said


def _filters(options: Mapping[str, Any], *, packed: bool) -> Sequence[str]:
    """Topics to subscribe to; births and deaths are for everybody even in a shared subscription."""
    given = _list(options, "topics")
    if packed and not given:
        given = [str(options.get("topic") or "").replace("{asset}", "+")]
        if not given[0]:
            what = Text("which topics?", "订阅哪些主题？")
            raise DataError(
                what, at="option topic", fix=Text("topic=plant/{asset}/data", "例如 topic=plant/{asset}/data")
            )
    filters = given or [f"spBv1.0/+/{kind}" for kind in _KINDS]
    share = options.get("group")
    return [f"$share/{share}/{one}" if share and (packed or "DATA" in one) else one for one in filters]


def _list(options: Mapping[str, Any], name: str) -> list[str]:
    said = options.get(name) or ()
    return (
        [part.strip() for part in said.split(",") if part.strip()] if isinstance(said, str) else [str(x) for x in said]
    )


def _units(options: Mapping[str, Any]) -> dict[str, str]:
    said = options.get("units") or {}
    if isinstance(said, str):
        said = dict(part.split("=", 1) for part in said.split(",") if "=" in part)
    if not isinstance(said, Mapping):
        what = Text("units must say tag=unit", "units 应写成 位号=单位")
        raise DataError(what, at="option units", fix=Text("units=TIC-201.PV=Cel", "例如 units=TIC-201.PV=Cel"))
    return {str(tag): str(unit) for tag, unit in said.items()}


def _qos(options: Mapping[str, Any]) -> int:
    if str(options.get("qos", 1)) not in ("0", "1"):
        what = Text(f"qos = {options['qos']} can't be", f"qos = {options['qos']} 无效")
        raise DataError(what, at="option qos", fix=Text("0 or 1", "0 或 1"))
    return int(options.get("qos", 1))
