"""What arrives from a line, accounted for: nothing is stored twice, nothing is lost without being told."""

from diapason.engines.intake.account import AHEAD, Intake, Known
from diapason.engines.intake.clock import Clock, ClockStep
from diapason.engines.intake.moments import Found, Moments
from diapason.engines.intake.numbers import Look, Numbers, Step
from diapason.engines.intake.reading import DROPPED, REJECTED, Fate, Judged

__all__ = [
    "AHEAD",
    "DROPPED",
    "REJECTED",
    "Clock",
    "ClockStep",
    "Fate",
    "Found",
    "Intake",
    "Judged",
    "Known",
    "Look",
    "Moments",
    "Numbers",
    "Step",
]
