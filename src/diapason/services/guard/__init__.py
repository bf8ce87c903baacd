"""Live quality: the contract's checks on each new version and on a stream; what breaks it is refused or set aside."""

from diapason.services.guard.bringing import bring
from diapason.services.guard.deciding import decide
from diapason.services.guard.deciding import look as quarantine
from diapason.services.guard.streaming import Pace, run
from diapason.services.guard.viewing import view

__all__ = ["Pace", "bring", "decide", "quarantine", "run", "view"]
