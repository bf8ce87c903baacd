"""The plant's laboratory: samples every four hours, results hours later, some never, all with error."""

from dataclasses import dataclass, field
from math import exp

import numpy as np

from diapason.engines.plant.flash import Flash

__all__ = ["Laboratory", "Sample"]

_EVERY = 4 * 3600.0  # s
_ERRORS = (0.10, 0.07, 0.05, 0.08)  # standard deviation of each result, in %


@dataclass(frozen=True, slots=True)
class Sample:
    """One product sample; results in % by mass, purity, residual and by-product free of solvent."""

    name: str
    taken: float  # s
    reported: float  # s
    batch: str
    grade: str
    true: tuple[float, float, float, float]  # purity, residual, by-product, solvent
    found: tuple[float, float, float, float]
    lost: bool


@dataclass(slots=True)
class Laboratory:
    """Draws samples of the flash's liquid; the column's slow ageing gives each week its own bias."""

    rng: np.random.Generator
    samples: list[Sample] = field(default_factory=list)
    due: float = 2 * 3600.0  # between the changes of batch
    bias: float = 0.0
    week: int = -1

    def tick(self, at: float, flash: Flash, batch: str, grade: str) -> None:
        """Take a sample if one is due."""
        if at < self.due:
            return
        self.due += _EVERY
        if int(at // 604_800) != self.week:
            self.week = int(at // 604_800)
            self.bias = 0.05 * float(self.rng.standard_normal())
        if batch and self.rng.random() > 0.03:
            self.samples.append(self._analyse(at, flash, batch, grade))

    def _analyse(self, at: float, flash: Flash, batch: str, grade: str) -> Sample:
        organic = flash.a + flash.b + flash.c
        true = (
            100 * flash.b / organic,
            100 * flash.a / organic,
            100 * flash.c / organic,
            100 * flash.solvent / flash.mass,
        )
        first, second, third, fourth = (self.rng.standard_normal(4) * _ERRORS).tolist()
        errors = (self.bias - second - third + 0.03 * first, second - self.bias, third, fourth)
        found = tuple(round(max(t + e, 0.0), 2) for t, e in zip(true, errors, strict=True))
        late = self.rng.random() < 0.04
        delay = 3600 * 2.4 * exp(0.35 * float(self.rng.standard_normal())) * (3.0 if late else 1.0)
        name = f"S{len(self.samples) + 1:05d}"
        return Sample(name, at, at + round(delay / 60) * 60, batch, grade, true, found, bool(self.rng.random() < 0.02))
