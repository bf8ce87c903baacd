"""Modbus TCP: polls the registers of a map, writes where that is allowed, and serves a plant."""

from diapason.connectors.modbus.connector import open_line, serve

__all__ = ["open_line", "serve"]
