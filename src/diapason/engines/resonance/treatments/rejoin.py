"""Move targets back to the inputs they belong to, where a piece of the table was joined some rows off."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.joins import misjoins, rejoined
from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["Rejoin", "treatment"]

_COST = Cost(Text("have the join of these pieces looked at", "请核查这些片段的关联方式"), person_minutes=0.01)


@dataclass(frozen=True, slots=True)
class Rejoin:
    """Undoes a shift of the targets by some rows inside an asset or a stretch of time."""

    name: str = "rejoin"
    kind: Kind = Kind.CURATION
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """One candidate, where pieces agree far better with inputs some rows away and the others don't."""
        found = misjoins(evidence.examples)
        if not found:
            return ()
        because = "targets beside their inputs: " + ", ".join(f"{m.by:+d} in {len(m.positions)} rows" for m in found)
        return (Candidate("rejoin", self.name, self.kind, {}, because),)

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """The rows with targets moved back; those that lost theirs at an edge are left out."""
        del parameters
        mended, touched = rejoined(evidence.examples, misjoins(evidence.examples))
        return mended, evidence.examples.rows[touched]

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The identity: only training rows are touched."""
        del parameters
        return examples


treatment = Rejoin()
