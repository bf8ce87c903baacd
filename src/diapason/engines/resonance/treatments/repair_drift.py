"""Take the slow drift of a sensor out, in training and on the line alike."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.drifting import drift_rules, undrifted
from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["RepairDrift", "treatment"]

_COST = Cost(
    Text("one subtraction per reading; have the sensor calibrated", "每个读数做一次减法；请安排校准该传感器"),
    on_line=True,
)


@dataclass(frozen=True, slots=True)
class RepairDrift:
    """Onset and slope are learnt once; beyond the training rows the drift is held to go on."""

    name: str = "repair_drift"
    kind: Kind = Kind.CONDITIONING
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """One candidate with all drifts that other sensors and the target both show."""
        rules = drift_rules(evidence.examples)
        because = "drift of " + ", ".join(str(r["column"]) for r in rules)
        return (Candidate("repair_drift", self.name, self.kind, {"rules": list(rules)}, because),) if rules else ()

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """The training rows without the drift."""
        features, touched = undrifted(evidence.examples, parameters["rules"])
        return replace(evidence.examples, features=features), evidence.examples.rows[touched]

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """Any rows without the drift; only the time of the row itself is looked at."""
        return replace(examples, features=undrifted(examples, parameters["rules"])[0])

    def memory(self, parameters: Mapping[str, Any]) -> int:
        """Only the row itself and its time."""
        del parameters
        return 0


treatment = RepairDrift()
