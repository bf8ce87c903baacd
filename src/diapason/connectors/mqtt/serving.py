"""Serves a plant by MQTT: as an edge node of Sparkplug B, or as packed JSON."""

from collections.abc import Mapping
from typing import Any

from diapason.connectors.mqtt.edge import SparkplugEdge
from diapason.connectors.mqtt.packing import PackedPlant
from diapason.errors import DataError
from diapason.ports.line import PlantServer, Served
from diapason.vocabulary.language import Text

__all__ = ["SERVE_OPTIONS", "serve"]

SERVE_OPTIONS: Mapping[str, Text] = {
    "broker": Text(
        "its address; without it the one on loopback, or a Mosquitto that is started",
        "代理地址；不填则用本机代理，没有则启动一个 Mosquitto",
    ),
    "port": Text("of the broker on loopback (default 1883)", "本机代理的端口（默认 1883）"),
    "format": Text("sparkplug (default) or packed", "sparkplug（默认）或 packed"),
    "group": Text("sparkplug: group (default plant)", "sparkplug：组名（默认 plant）"),
    "node": Text("sparkplug: edge node (default cell)", "sparkplug：边缘节点名（默认 cell）"),
    "prefix": Text("packed: first part of the topics (default plant)", "packed：主题前缀（默认 plant）"),
    "keep": Text("messages kept while the broker is away (default 100000)", "代理离线时保留的消息数（默认 100000）"),
}


def serve(served: Served, options: Mapping[str, Any]) -> PlantServer:
    """A server for this plant; user, password and certificates are said as for `open_line`.

    Raises:
        DataError: an option can't be.
    """
    if (form := str(options.get("format") or "sparkplug")) not in ("sparkplug", "packed"):
        what = Text(f"there is no format '{form}'", f"没有格式“{form}”")
        raise DataError(what, at="option format", fix=Text("sparkplug or packed", "可用 sparkplug 或 packed"))
    return PackedPlant(served, options) if form == "packed" else SparkplugEdge(served, options)
