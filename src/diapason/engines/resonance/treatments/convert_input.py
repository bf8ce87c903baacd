"""Bring input values back that the target tells were written in another unit; training rows only."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.resonance.converted import converted
from diapason.roles.treatment import Cost, Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["ConvertInput", "treatment"]

_COST = Cost(Text("ask the source once which unit it wrote", "向数据来源确认一次单位"))


@dataclass(frozen=True, slots=True)
class ConvertInput:
    """The inverse of given = factor x right + offset, in the rows where the target is explained far better by it.

    A new row has no target yet, so nothing can tell on the line: only training rows are touched.
    """

    name: str = "convert_input"
    kind: Kind = Kind.CURATION
    cost: Cost = _COST

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """One candidate, for the column and the conversion that are shown."""
        found = converted(evidence.examples, seed=0)
        if found is None:
            return ()
        rule = {"column": found.column, "factor": found.factor, "offset": found.offset}
        rows = evidence.examples.rows
        said = {"rules": [rule], "rows": rows[found.rows].tolist(), "unsure": rows[found.unsure].tolist()}
        return (Candidate("convert_input", self.name, self.kind, said, f"{found.column}: {found.name}"),)

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """The rows told of, converted back; where it can't be told the value is left out."""
        examples, features = evidence.examples, evidence.examples.features
        wrong, unsure = (np.isin(examples.rows, np.array(parameters[k], np.int64)) for k in ("rows", "unsure"))
        for rule in parameters["rules"]:
            column = pl.col(str(rule["column"])).cast(pl.Float64)
            right = (column - float(rule["offset"])) / float(rule["factor"])
            known = pl.when(pl.Series(unsure)).then(None).otherwise(column)
            features = features.with_columns(pl.when(pl.Series(wrong)).then(right).otherwise(known))
        return replace(examples, features=features), examples.rows[wrong | unsure]

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The identity: only training rows are touched."""
        del parameters
        return examples


treatment = ConvertInput()
