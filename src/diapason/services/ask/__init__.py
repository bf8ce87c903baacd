"""Ask about tags, datasets, models, agents and faults: a plan from the question alone, numbers with their source."""

from diapason.services.ask.asking import answer, run
from diapason.services.ask.knowing import known

__all__ = ["answer", "known", "run"]
