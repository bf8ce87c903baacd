"""Models at work on many assets at once, row by row: the same numbers as `predict` gives for the whole history."""

from diapason.engines.learning.streaming.blended import Blended
from diapason.engines.learning.streaming.designed import Coded, DesignedPast
from diapason.engines.learning.streaming.past import Past
from diapason.engines.learning.streaming.smoother import Smoother
from diapason.engines.learning.streaming.watching import Watching

__all__ = ["Blended", "Coded", "DesignedPast", "Past", "Smoother", "Watching"]
