"""Agents at work on live equipment: a fleet in one process, its journal, its state, replay and shadow."""

from diapason.services.operate.foreseeing import outlook
from diapason.services.operate.looking import FRESH, status
from diapason.services.operate.replaying import replay, streamed
from diapason.services.operate.running import Wish, attend, chosen, run, unwatched
from diapason.services.operate.shadowing import shadow
from diapason.services.operate.squads import Pace
from diapason.services.operate.unseen import held_out

__all__ = [
    "FRESH",
    "Pace",
    "Wish",
    "attend",
    "chosen",
    "held_out",
    "outlook",
    "replay",
    "run",
    "shadow",
    "status",
    "streamed",
    "unwatched",
]
