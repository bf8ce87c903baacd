"""The first look: one streaming, mergeable pass that counts everything and keeps a bounded part of the rows."""

from dataclasses import dataclass, replace

from diapason.engines.quality.census import Census, Words
from diapason.engines.quality.clock import Clock
from diapason.engines.quality.layout import Layout, Rows
from diapason.engines.quality.runs import Runs
from diapason.engines.quality.sample import Sample
from diapason.engines.quality.thresholds import Thresholds
from diapason.engines.quality.twins import Twins

__all__ = ["Survey"]


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known after some rows. `a.merge(b)` is what is known after the rows of `a` and then those of `b`."""

    rows: int
    census: Census
    words: Words
    runs: Runs
    clock: Clock
    twins: Twins
    sample: Sample
    names: dict[int, str]  # digest of each asset, and its name
    batches: int = 1

    @classmethod
    def of(cls, rows: Rows, layout: Layout, limits: Thresholds) -> "Survey":
        """What one batch tells: the kernel that a compiled one may replace."""
        return cls(
            rows=len(rows),
            census=Census.of(rows, layout),
            words=Words.of(rows.words, limits.word_values),
            runs=Runs.of(rows),
            clock=Clock.of(rows),
            twins=Twins.of(rows, layout, limits.twin_rows),
            sample=Sample.of(rows, limits.sample_rows, limits.stretch),
            names=rows.names,
        )

    def merge(self, after: "Survey") -> "Survey":
        """What the rows of this piece and of the piece that follows it tell."""
        return replace(
            self,
            rows=self.rows + after.rows,
            census=self.census.merge(after.census),
            words=self.words.merge(after.words),
            runs=self.runs.merge(after.runs),
            clock=self.clock.merge(after.clock),
            twins=self.twins.merge(after.twins),
            sample=self.sample.merge(after.sample),
            names=self.names | after.names,
            batches=self.batches + after.batches,
        )

    def update(self, rows: Rows, layout: Layout, limits: Thresholds) -> "Survey":
        """What is known after one batch more."""
        return self.merge(Survey.of(rows, layout, limits))
