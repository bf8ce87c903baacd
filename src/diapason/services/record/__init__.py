"""Record a line into the lake, with an account that closes."""

from diapason.services.record.running import Pace, run
from diapason.services.record.viewing import brief, view

__all__ = ["Pace", "brief", "run", "view"]
