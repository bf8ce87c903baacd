"""Let rows count by how far they are believed: by doubt, by harm, by age, by likeness to the newest rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.influence import influence_weights
from diapason.engines.resonance.likeness import find_likeness
from diapason.engines.resonance.onset import find_onset
from diapason.engines.resonance.softening import noise_shown
from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["Reweight", "treatment"]

_COST = Cost(Text("nothing is dropped or rewritten; the model learns with weights", "不剔除也不改写；模型按权重学习"))
_FEWEST = 5
_OLD = 0.25
"""What a row from before a change counts."""


@dataclass(frozen=True, slots=True)
class Reweight:
    """Weights in training; every row stays as it is."""

    name: str = "reweight"
    kind: Kind = Kind.CURATION
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """By doubt and harm where wrong targets are shown, by age after a change, by likeness where that is proved."""
        examples, by = evidence.examples, []
        if int((evidence.doubt > 0.5).sum()) >= _FEWEST and _shown(evidence):
            by += ["doubt"] + (["harm"] if examples.task is Task.REGRESSION else [])
        if find_onset(examples) is not None:
            by.append("age")
        like = find_likeness(examples)
        if like is not None and like.proved:
            by.append("likeness")
        because = ", ".join(sorted({f.kind for f in evidence.findings}))
        return tuple(Candidate(f"reweight-{w}", self.name, self.kind, {"by": w}, because or w) for w in by)

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """The same rows with weights; those that count other than once are touched."""
        examples = evidence.examples
        weight = _weight(evidence, str(parameters["by"]))
        given = 1.0 if examples.weight is None else examples.weight
        return replace(examples, weight=weight * given), examples.rows[np.abs(weight - 1) > 1e-9]

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The identity: only training rows are touched."""
        del parameters
        return examples


def _shown(evidence: Evidence) -> bool:
    """Numbers are doubted only where a population of errors is shown; labels are doubted where classes overlap too."""
    if evidence.examples.task is not Task.CLASSIFICATION:
        return True
    return noise_shown(evidence.out_of_fold, evidence.examples.target.astype(np.int64))


def _weight(evidence: Evidence, by: str) -> NDArray[np.float64]:
    examples = evidence.examples
    if by == "doubt":
        return np.asarray(1 - np.clip(evidence.doubt, 0, 1))
    if by == "harm":
        return influence_weights(examples, evidence.doubt)
    if by == "age":
        onset = find_onset(examples)
        return np.ones(len(examples)) if onset is None else np.where(onset.before, _OLD, 1.0)
    like = find_likeness(examples)
    return np.ones(len(examples)) if like is None else like.weight


treatment = Reweight()
