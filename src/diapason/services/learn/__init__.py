"""Learn a model and say how good it really is: honest split first, the random one beside it, the gap explained."""

from diapason.services.learn.running import rerun, robust, run

__all__ = ["rerun", "robust", "run"]
