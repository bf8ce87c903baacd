"""A way to mend data, as a plug-in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding
from diapason.vocabulary.language import Text
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["UNDO", "Cost", "Evidence", "Remembering", "Treatment"]

UNDO = {
    Kind.CURATION: Text("the version of the dataset before it", "恢复此前的数据集版本"),
    Kind.CONDITIONING: Text("the model without it", "改用不含该处理的模型"),
}
"""How each kind is taken back; `diapason undo` does both."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What it takes to apply a treatment, beside the computing of its trial."""

    note: Text  # what has to be done or known, in a sentence
    person_minutes: float = 0.0  # of a person, per row touched; to plan with, not measured
    on_line: bool = False  # its code runs before every prediction on the line


class Evidence(Protocol):
    """What a treatment may look at: all of it computed inside the training rows."""

    @property
    def examples(self) -> Examples:
        """The training rows of this fold."""
        ...

    @property
    def out_of_fold(self) -> NDArray[np.float64]:
        """Cross-fitted predictions for them, by a family that does not judge; shape as `Model.predict`."""
        ...

    @property
    def doubt(self) -> NDArray[np.float64]:
        """How surely each row's target is wrong, 0..1, shape (n,); above one half = more likely wrong than right."""
        ...

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found wrong in these rows."""
        ...


@runtime_checkable
class Treatment(Protocol):
    """Proposes candidates and applies one to training rows."""

    @property
    def name(self) -> str:
        """The name in the entry point group `diapason.treatments`."""
        ...

    @property
    def kind(self) -> Kind:
        """Curation touches training rows; conditioning travels with the model."""
        ...

    @property
    def cost(self) -> Cost:
        """What an application costs on the line or in people's time."""
        ...

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """Candidates worth a trial on this data; empty when there is no sign of the defect."""
        ...

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """The mended training rows, and the `_row` numbers touched (dropped ones included).

        Rows that are invented get negative `_row` numbers: they are learnt from and never judged on. What stood
        behind them counts as touched.

        For conditioning, `condition` must be the same code.
        """
        ...

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The same rows as the line would see them; the identity for curation."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """A conditioning treatment that says how far it looks back, so that a line can keep that much and no more."""

    def memory(self, parameters: Mapping[str, Any]) -> int:
        """Rows before the present one of the same asset that `condition` may look at; 0 = the row alone."""
        ...
