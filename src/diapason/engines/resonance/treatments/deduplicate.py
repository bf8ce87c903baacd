"""Keep one of each set of identical training rows; of copies that contradict each other the one that is believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.copies import copies
from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["Deduplicate", "treatment"]

_DOUBTED = 0.5
_LEAST = 0.02
"""Share of repeated rows from which on a trial is worth its cost."""


_COST = Cost(Text("copies are left out of training", "重复行不参与训练"))


@dataclass(frozen=True, slots=True)
class Deduplicate:
    """Rows with equal inputs and equal target count once; a doubted one whose twin is believed not at all."""

    name: str = "deduplicate"
    kind: Kind = Kind.CURATION
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """One candidate, where 2 % of rows and more are repeated."""
        if np.mean(~copies(evidence.examples).first) < _LEAST:
            return ()
        return (Candidate("deduplicate", self.name, self.kind, {}, "repeated rows"),)

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """The first of each set, but not those of a contradiction that are doubted."""
        del parameters
        examples = evidence.examples
        same = copies(examples)
        kept = same.first & ~(same.torn & (evidence.doubt > _DOUBTED))
        return examples.take(np.flatnonzero(kept)), examples.rows[~kept]

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The identity: only training rows are touched."""
        del parameters
        return examples


treatment = Deduplicate()
