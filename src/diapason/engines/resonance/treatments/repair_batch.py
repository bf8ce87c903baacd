"""Bring harmful batches back to the level of the others, or leave them out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.batches import AGAIN, harmful
from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["RepairBatch", "treatment"]

_COST = Cost(Text("ask what was different in these batches", "询问这些批次当时有何不同"), person_minutes=0.05)


@dataclass(frozen=True, slots=True)
class RepairBatch:
    """Takes the shift of a batch or stretch out of its targets, or drops its rows."""

    name: str = "repair_batch"
    kind: Kind = Kind.CURATION
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """Both ways, where batches or stretches stand out from their neighbours by far more than batches differ."""
        found = harmful(evidence.examples)
        if not found:
            return ()
        because = "shifted: " + ", ".join(f"{s.shift:+.3g} in {len(s.positions)} rows" for s in found[:5])
        ways = ("offset", "drop")
        return tuple(Candidate(f"repair_batch-{w}", self.name, self.kind, {"way": w}, because) for w in ways)

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """The rows with shifts taken out, or without the shifted ones."""
        examples, target = evidence.examples, evidence.examples.target.copy()
        wrong = np.zeros(len(examples), bool)
        for stretch in harmful(examples, bar=AGAIN):
            target[stretch.positions] -= stretch.moved()
            wrong[stretch.positions] = True
        if parameters["way"] == "drop":
            return examples.take(np.flatnonzero(~wrong)), examples.rows[wrong]
        return replace(examples, target=target), examples.rows[wrong]

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The identity: only training rows are touched."""
        del parameters
        return examples


treatment = RepairBatch()
