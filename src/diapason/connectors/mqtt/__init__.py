"""MQTT 5: listens to Sparkplug B and packed JSON, writes set points, and serves a plant."""

from diapason.connectors.mqtt.connector import open_line, serve

__all__ = ["open_line", "serve"]
