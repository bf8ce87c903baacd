"""OPC UA: a client for live lines (`opc.tcp://host:port/path`), and a server behind which the embedded plant stands."""

from diapason.connectors.opcua.connector import open_line, serve

__all__ = ["open_line", "serve"]
