"""Write what the cross-fitted model says where a label or target is doubted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["Relabel", "treatment"]

_FEWEST = 5


_COST = Cost(Text("look at a sample of the new values", "请抽查改写后的值"), person_minutes=0.2)


@dataclass(frozen=True, slots=True)
class Relabel:
    """Replaces doubted labels by the likeliest class, doubted targets by their expectation."""

    name: str = "relabel"
    kind: Kind = Kind.CURATION
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """One candidate, where rows are doubted; failure times and normal rows can't be guessed."""
        if evidence.examples.task not in (Task.CLASSIFICATION, Task.REGRESSION):
            return ()
        if (evidence.doubt > 0.5).sum() < _FEWEST:
            return ()
        limit = 0.7 if evidence.examples.task is Task.CLASSIFICATION else 0.5
        because = ", ".join(sorted({f.kind for f in evidence.findings}))
        return (Candidate(f"relabel-{limit}", self.name, self.kind, {"doubt": limit}, because),)

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """All rows, with doubted targets rewritten."""
        examples, told = evidence.examples, evidence.out_of_fold
        new = told.argmax(axis=1).astype(np.float64) if told.ndim == 2 else told
        change = (evidence.doubt > float(parameters["doubt"])) & np.isfinite(new) & (new != examples.target)
        return replace(examples, target=np.where(change, new, examples.target)), examples.rows[change]

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The identity: only training rows are touched."""
        del parameters
        return examples


treatment = Relabel()
