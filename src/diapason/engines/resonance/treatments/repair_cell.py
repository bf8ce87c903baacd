"""Mend inputs by rules that travel with the model: unit, range, spike, stuck."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.sensors import mend, rules
from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["RepairCell", "treatment"]

_FAULTS = ("unit", "range", "spike", "stuck")


_COST = Cost(
    Text("rules of one comparison per cell, in every prediction", "每次预测时每个单元格做一次规则判断"),
    on_line=True,
)


@dataclass(frozen=True, slots=True)
class RepairCell:
    """One candidate per kind of fault, with one rule per column; the same code runs on the line."""

    name: str = "repair_cell"
    kind: Kind = Kind.CONDITIONING
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """Rules are learnt from the training rows of the fold alone."""
        found = rules(evidence.examples, seed=0)
        candidates = []
        for fault in _FAULTS:
            own = [r for r in found if r["fault"] == fault]
            if own:
                because = f"{fault}: " + ", ".join(str(r["column"]) for r in own)
                candidates.append(Candidate(f"repair_cell-{fault}", self.name, self.kind, {"rules": own}, because))
        return tuple(candidates)

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """The training rows after the rules."""
        features, touched = mend(evidence.examples, parameters["rules"])
        return replace(evidence.examples, features=features), evidence.examples.rows[touched]

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """Any rows after the rules; only earlier rows of the same asset are looked at."""
        return replace(examples, features=mend(examples, parameters["rules"])[0])

    def memory(self, parameters: Mapping[str, Any]) -> int:
        """The rows of a running median, or those in which a value may have been held."""
        reach = {"spike": lambda r: int(r["width"]) - 1, "stuck": lambda r: int(r["most"]) + 1}
        each: dict[str, int] = {}
        for rule in parameters["rules"]:
            if rule["fault"] in reach:
                each[rule["column"]] = each.get(rule["column"], 0) + reach[rule["fault"]](rule)
        return max(each.values(), default=0)


treatment = RepairCell()
