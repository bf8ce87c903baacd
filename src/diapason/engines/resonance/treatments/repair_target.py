"""Bring targets that were recorded in a wrong unit or scale back; leave other doubted rows out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["RepairTarget", "treatment"]


_COST = Cost(Text("ask the source once which unit it wrote", "向数据来源确认一次单位"))


@dataclass(frozen=True, slots=True)
class RepairTarget:
    """The inverse of given = factor × right + offset, on rows that lie on that line."""

    name: str = "repair_target"
    kind: Kind = Kind.CURATION
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """One candidate with all lines found."""
        lines = [f for f in evidence.findings if f.kind == "target_unit"]
        if not lines:
            return ()
        rules = [{"factor": float(f.facts["factor"]), "offset": float(f.facts["offset"])} for f in lines]
        because = ", ".join(str(f.facts.get("name", "")) for f in lines)
        return (Candidate("repair_target", self.name, self.kind, {"lines": rules, "doubt": 0.5}, because),)

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """Doubted rows that a line explains are mended, other doubted rows dropped."""
        examples, expected = evidence.examples, evidence.out_of_fold
        wrong = evidence.doubt > float(parameters["doubt"])
        spread = 1.4826 * float(np.median(np.abs(examples.target - expected)[~wrong])) or 1.0
        best, mended = np.full(len(examples), 6 * spread), examples.target.copy()
        for line in parameters["lines"]:
            right = (examples.target - line["offset"]) / line["factor"]
            nearer = wrong & (np.abs(right - expected) < best)
            mended[nearer], best[nearer] = right[nearer], np.abs(right - expected)[nearer]
        gone = wrong & (mended == examples.target)
        return replace(examples, target=mended).take(np.flatnonzero(~gone)), examples.rows[wrong]

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The identity: only training rows are touched."""
        del parameters
        return examples


treatment = RepairTarget()
