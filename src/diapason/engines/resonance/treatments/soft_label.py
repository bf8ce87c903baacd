"""Let a doubted row speak for each class it may be of, weighted by how likely that is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.softening import noise_shown, softened
from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["SoftLabel", "treatment"]

_COST = Cost(Text("nothing is rewritten; weighted rows are learnt from", "不改写任何值；训练使用带权重的行"))
_FEWEST = 5
_ABOVE = 0.05


@dataclass(frozen=True, slots=True)
class SoftLabel:
    """Labels become probabilities, corrected for the noise that the surest rows show."""

    name: str = "soft_label"
    kind: Kind = Kind.CURATION
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """One candidate, where labels are shown to be noisy and doubts add up to some rows."""
        if evidence.examples.task is not Task.CLASSIFICATION or float(evidence.doubt.sum()) < _FEWEST:
            return ()
        if not noise_shown(evidence.out_of_fold, evidence.examples.target.astype(np.int64)):
            return ()
        return (Candidate("soft_label", self.name, self.kind, {"above": _ABOVE}, "label_doubted"),)

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """All rows, doubted ones split over classes; the added rows have negative numbers."""
        examples = evidence.examples
        made, touched = softened(examples, evidence.out_of_fold, evidence.doubt, float(parameters["above"]))
        return made, examples.rows[touched]

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The identity: only training rows are touched."""
        del parameters
        return examples


treatment = SoftLabel()
