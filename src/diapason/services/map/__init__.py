"""Where a workspace stands in the programme: 21 measures, safeguards, 29 items; computed, asked, or not tested."""

from diapason.services.map.drawing import COMPUTED, STATES, run

__all__ = ["COMPUTED", "STATES", "run"]
