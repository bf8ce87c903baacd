"""Serves a plant by MQTT."""

from collections.abc import Mapping
from typing import Any

from diapason.ports.line import PlantServer, Served

__all__ = ["serve"]


def serve(served: Served, options: Mapping[str, Any]) -> PlantServer:
    """Soon."""
    raise NotImplementedError
