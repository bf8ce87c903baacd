"""Keep one of each set of identical training rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.overlap import twins
from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["Deduplicate", "treatment"]

_LEAST = 0.02
"""Share of repeated rows from which on a trial is worth its cost."""


_COST = Cost(Text("copies are left out of training", "重复行不参与训练"))


@dataclass(frozen=True, slots=True)
class Deduplicate:
    """Rows with equal inputs and equal target count once."""

    name: str = "deduplicate"
    kind: Kind = Kind.CURATION
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """One candidate, where 2 % of rows and more are repeated."""
        code = twins(evidence.examples)
        if len(code) - len(np.unique(code)) < _LEAST * len(code):
            return ()
        return (Candidate("deduplicate", self.name, self.kind, {}, "repeated rows"),)

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """The first of each set."""
        del parameters
        examples = evidence.examples
        first = np.sort(np.unique(twins(examples), return_index=True)[1])
        gone = np.setdiff1d(np.arange(len(examples)), first)
        return examples.take(first.astype(np.int64)), examples.rows[gone]

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The identity: only training rows are touched."""
        del parameters
        return examples


treatment = Deduplicate()
