"""A table in, the cells that contradict the rest of it out, with what should stand there and how sure that is."""

from diapason.engines.mending.clues import Clue, Doubted
from diapason.engines.mending.mend import Mended, mend

__all__ = ["Clue", "Doubted", "Mended", "mend"]
