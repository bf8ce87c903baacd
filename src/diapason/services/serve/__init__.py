"""The embedded plant, live, behind real servers: OPC UA, MQTT / Sparkplug B, Modbus TCP, whichever is installed."""

from diapason.services.serve.faults import PlannedFault, planned
from diapason.services.serve.serving import Pulse, Serving, described, lived, run, serving
from diapason.services.serve.wishes import PORTS, Wishes, protocols

__all__ = [
    "PORTS",
    "PlannedFault",
    "Pulse",
    "Serving",
    "Wishes",
    "described",
    "lived",
    "planned",
    "protocols",
    "run",
    "serving",
]
