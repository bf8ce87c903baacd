"""How far new rows lie from those that a model has learnt on."""

from diapason.engines.trust.conformal import Margins, margins
from diapason.engines.trust.ranges import Range, learnt
from diapason.engines.trust.rows import Suspicion, judge, suspicions

__all__ = ["Margins", "Range", "Suspicion", "judge", "learnt", "margins", "suspicions"]
