"""A plant that exists only as physics, and what it hands out: tables like those of a real one, with known truth."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import polars as pl

from diapason.vocabulary.acting import Effect
from diapason.vocabulary.language import Text

__all__ = ["SimulatedPlant", "Twin"]


@runtime_checkable
class SimulatedPlant(Protocol):
    """Found by name in the entry point group `diapason.plants`."""

    @property
    def tables(self) -> Mapping[str, Text]:
        """Names of the tables it can hand out, and what each holds."""
        ...

    def about(self, table: str, said: Mapping[str, str]) -> Mapping[str, Any]:
        """What to know before reading: `settings` (all, in plain values), `units` (column to UCUM code), `roles`.

        Raises:
            DataError: an unknown table or setting, or a value that cannot be.
        """
        ...

    def rows(self, table: str, said: Mapping[str, str]) -> Iterator[tuple[pl.DataFrame, float]]:
        """The table in pieces, each with the share that is then done; the same settings give the same rows."""
        ...


@runtime_checkable
class Twin(Protocol):
    """Foresees what a write would do; a `SimulatedPlant` may offer one by a method `twin()`."""

    @property
    def tags(self) -> Sequence[str]:
        """Tags whose present readings it needs, and of which it speaks."""
        ...

    def foresee(self, tag: str, new: float, present: Mapping[str, float], horizon: float) -> tuple[Effect, ...]:
        """Ranges of tags within so many seconds after `tag` is set to `new`; empty where it can't say.

        Args:
            present: readings by tag, in the tags' own units; nan where there is none.
        """
        ...
