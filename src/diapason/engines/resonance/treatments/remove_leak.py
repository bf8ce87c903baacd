"""Take a column away that knows the answer only because it was written after it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.overlap import leaks
from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["RemoveLeak", "treatment"]


_COST = Cost(Text("a person says when the column is written", "需要人说明该列何时写入"), on_line=True)


@dataclass(frozen=True, slots=True)
class RemoveLeak:
    """No trial can prove a leak, since its removal always looks like a loss: a person must say so."""

    name: str = "remove_leak"
    kind: Kind = Kind.CONDITIONING
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """One candidate for a person to decide on, with all suspected columns, if others are left."""
        columns = [f.where.columns[0] for f in leaks(evidence.examples)]
        if not columns or len(columns) >= evidence.examples.features.width:
            return ()
        because = "tells the target alone: " + ", ".join(columns)
        return (Candidate("remove_leak", self.name, self.kind, {"columns": columns}, because, ask=True),)

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """All rows without those columns."""
        return self.condition(evidence.examples, parameters), evidence.examples.rows

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The same rows without those columns."""
        return replace(examples, features=examples.features.drop(parameters["columns"], strict=False))

    def memory(self, parameters: Mapping[str, Any]) -> int:
        """Only the row itself."""
        del parameters
        return 0


treatment = RemoveLeak()
