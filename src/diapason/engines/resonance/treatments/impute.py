"""Fill gaps of a column from the other columns of the same row, in training and on the line alike."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.filling import fill_rules, filled
from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["Impute", "treatment"]

_COST = Cost(Text("one weighted sum per gap, in every prediction", "每次预测时每个缺失值做一次加权求和"), on_line=True)


@dataclass(frozen=True, slots=True)
class Impute:
    """Each gap gets the mean of what the cell may have been, given the row."""

    name: str = "impute"
    kind: Kind = Kind.CONDITIONING
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """One candidate with a rule per column that has gaps which the others can tell."""
        rules = fill_rules(evidence.examples)
        because = "gaps in " + ", ".join(str(r["column"]) for r in rules)
        return (Candidate("impute", self.name, self.kind, {"rules": list(rules)}, because),) if rules else ()

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """The training rows with gaps filled."""
        examples = evidence.examples
        features, belief = filled(examples, parameters["rules"])
        return replace(examples, features=features), examples.rows[belief < 1]

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """Any rows with gaps filled; only the row itself is looked at."""
        return replace(examples, features=filled(examples, parameters["rules"])[0])

    def memory(self, parameters: Mapping[str, Any]) -> int:
        """Only the row itself."""
        del parameters
        return 0


treatment = Impute()
