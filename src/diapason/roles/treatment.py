"""A way to mend data, as a plug-in."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding
from diapason.vocabulary.trials import Candidate, Kind

__all__ = ["Evidence", "Treatment"]


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

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """Candidates worth a trial on this data; empty when there is no sign of the defect."""
        ...

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """The mended training rows, and the `_row` numbers touched (dropped ones included).

        For conditioning, `condition` must be the same code.
        """
        ...

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The same rows as the line would see them; the identity for curation."""
        ...
