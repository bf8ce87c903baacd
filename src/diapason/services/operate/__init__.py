"""Agents at work on live equipment: a fleet in one process, its journal, its state, replay and shadow."""

from diapason.services.operate.running import Wish, chosen, run
from diapason.services.operate.squads import Pace

__all__ = ["Pace", "Wish", "chosen", "run"]
