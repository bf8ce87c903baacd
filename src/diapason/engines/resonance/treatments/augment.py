"""Fill thin classes with rows between their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.thinness import thickened, thin_classes
from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["Augment", "treatment"]

_COST = Cost(Text("real rows of the thin class would be better", "若能补采该稀少类别的真实数据更好"))


@dataclass(frozen=True, slots=True)
class Augment:
    """Invents rows of rare classes; they have negative numbers, are never judged on and never stored as data."""

    name: str = "augment"
    kind: Kind = Kind.CURATION
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """One candidate, where a rare class is recognised far less often than the others."""
        thin = thin_classes(evidence.examples, evidence.out_of_fold)
        because = "thin: " + ", ".join(evidence.examples.classes[t.code] for t in thin)
        return (Candidate("augment", self.name, self.kind, {}, because),) if thin else ()

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """All rows and the invented ones."""
        del parameters
        examples = evidence.examples
        thin = thin_classes(examples, evidence.out_of_fold)
        if not thin:
            return examples, examples.rows[:0]
        made, touched = thickened(examples, thin)
        return made, examples.rows[touched]

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The identity: only training rows are touched."""
        del parameters
        return examples


treatment = Augment()
