"""Leave whole assets with false failure times out of training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["DropAssets", "treatment"]


_COST = Cost(
    Text("look up when each of these assets really failed", "请查证这些设备的真实失效时间"), person_minutes=0.1
)


@dataclass(frozen=True, slots=True)
class DropAssets:
    """A false failure time makes every row of its asset wrong, so the asset goes as a whole."""

    name: str = "drop_assets"
    kind: Kind = Kind.CURATION
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """One candidate, where failure times are shown to be false."""
        examples = evidence.examples
        if examples.task is not Task.REMAINING_LIFE or examples.asset is None or not (evidence.doubt > 0.5).any():
            return ()
        return (Candidate("drop_assets", self.name, self.kind, {"doubt": 0.5}, "false_life"),)

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """Rows of the other assets; at least half of the assets stay."""
        examples, asset = evidence.examples, np.asarray(evidence.examples.asset)
        codes = np.unique(asset)
        doubt = np.array([evidence.doubt[asset == c].mean() for c in codes])
        worst = codes[np.argsort(-doubt, kind="stable")][: int(np.sum(doubt > float(parameters["doubt"])))]
        gone = np.isin(asset, worst[: len(codes) // 2])
        return examples.take(np.flatnonzero(~gone)), examples.rows[gone]

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The identity: only training rows are touched."""
        del parameters
        return examples


treatment = DropAssets()
