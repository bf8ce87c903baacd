"""Leave out rows far out in the inputs that no model can learn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.remote import remote
from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["Trim", "treatment"]

_COST = Cost(
    Text("look at these rows: rare and good, or wrong?", "请查看这些行：是少见但正确，还是有误？"), person_minutes=0.2
)


@dataclass(frozen=True, slots=True)
class Trim:
    """Rows beyond 8 robust spreads that do not follow the others go."""

    name: str = "trim"
    kind: Kind = Kind.CURATION
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """One candidate, where far rows are shown to pull a fit away from all others."""
        count = int(remote(evidence.examples).sum())
        because = f"{count} rows far out in the inputs do not follow the others"
        return (Candidate("trim", self.name, self.kind, {}, because),) if count else ()

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """The rows that are left."""
        del parameters
        far = remote(evidence.examples)
        return evidence.examples.take(np.flatnonzero(~far)), evidence.examples.rows[far]

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The identity: only training rows are touched."""
        del parameters
        return examples


treatment = Trim()
