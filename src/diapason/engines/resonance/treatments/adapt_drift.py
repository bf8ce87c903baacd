"""Where the process has changed: learn from what came after, or bring what came before to the new level."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.onset import bridged, find_onset
from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["AdaptDrift", "treatment"]

_COST = Cost(Text("ask what changed at that time", "询问当时发生了什么变化"))
_FEWEST = 150
"""Rows since the onset that a window must hold."""


@dataclass(frozen=True, slots=True)
class AdaptDrift:
    """A window since the onset, or older targets moved by what the change means at their inputs."""

    name: str = "adapt_drift"
    kind: Kind = Kind.CURATION
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """Both ways, where the relation between inputs and target is shown to have changed."""
        onset = find_onset(evidence.examples)
        if onset is None:
            return ()
        because = f"another relation since {onset.at:.6g}"
        ways = ("window", "bridge") if int((~onset.before).sum()) >= _FEWEST else ("bridge",)
        return tuple(Candidate(f"adapt_drift-{w}", self.name, self.kind, {"way": w}, because) for w in ways)

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """Rows since the onset, or all with the older targets moved."""
        examples, onset = evidence.examples, find_onset(evidence.examples)
        if onset is None:
            return examples, examples.rows[:0]
        if parameters["way"] == "window":
            return examples.take(np.flatnonzero(~onset.before)), examples.rows[onset.before]
        return replace(examples, target=bridged(examples, onset)), examples.rows[onset.before]

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The identity: only training rows are touched."""
        del parameters
        return examples


treatment = AdaptDrift()
