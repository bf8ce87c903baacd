"""Leave doubted rows out of training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.labels import spared
from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["Drop", "treatment"]

_FEWEST = 5
_LEAST = 0.4
"""Share of rows, and of each class, that must be left."""


_COST = Cost(Text("look at a sample of the rows before they go", "剔除前请抽查其中一部分"), person_minutes=0.2)


@dataclass(frozen=True, slots=True)
class Drop:
    """Drops rows by doubt, or by distance from what was expected where the tail is heavy."""

    name: str = "drop"
    kind: Kind = Kind.CURATION
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """Strictly and mildly, where rows are doubted; beyond 6 spreads, where only the tail is heavy."""
        doubt, because = evidence.doubt, ", ".join(sorted({f.kind for f in evidence.findings}))
        if evidence.examples.task is Task.REMAINING_LIFE and evidence.examples.asset is not None:
            return ()
        if (doubt > 0.5).sum() >= _FEWEST:
            limits = (0.5, 0.8) if evidence.examples.task is Task.CLASSIFICATION else (0.3, 0.6)
            return tuple(Candidate(f"drop-{x}", self.name, self.kind, {"doubt": x}, because) for x in limits)
        if any(f.kind == "target_tail" for f in evidence.findings):
            return (Candidate("drop-tail", self.name, self.kind, {"beyond": 6.0}, because),)
        return ()

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """The rows that are left, and the `_row` numbers dropped; a class or asset never loses most of its rows."""
        examples = evidence.examples
        if "beyond" in parameters:
            residual = examples.target - evidence.out_of_fold
            spread = 1.4826 * float(np.median(np.abs(residual))) or 1.0
            gone = np.abs(residual) > float(parameters["beyond"]) * spread
        else:
            gone = evidence.doubt > float(parameters["doubt"])
        if examples.task is Task.CLASSIFICATION:
            gone = spared(gone, evidence.doubt, examples.target, _LEAST)
        return examples.take(np.flatnonzero(~gone)), examples.rows[gone]

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The identity: only training rows are touched."""
        del parameters
        return examples


treatment = Drop()
