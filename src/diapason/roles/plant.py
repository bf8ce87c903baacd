"""A plant that exists only as physics, and what it hands out: tables like those of a real one, with known truth."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.vocabulary.acting import Effect
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Moment, Packet, Point

__all__ = ["LivePlant", "SimulatedPlant", "Twin"]


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

    def live(self, now: datetime, *, seed: int, copies: int, days: float) -> "LivePlant":
        """The plant as it lives, after some days of history that end `now` (UTC)."""
        ...


class LivePlant(Protocol):
    """A plant that goes on in steps; `ports.line.Served` is what servers see of it."""

    def points(self) -> Sequence[Point]:
        """All tags."""
        ...

    def readings(self) -> Packet:
        """The readings of the last step, all tags, in the order of `points`."""
        ...

    def advance(self, seconds: float, at: Moment) -> None:
        """Live on for so many seconds of the plant's time; the readings then are of the moment `at`."""
        ...

    def write(self, tag: str, value: float) -> None:
        """Move a set point or an output; raises Refused where that can't be, NotFound for a tag that is not there."""
        ...

    def past(self, tag: str, start: Moment, end: Moment, most: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Times and values of a tag from `start` up to but not including `end`, the oldest first, at most so many."""
        ...

    def plant_fault(self, kind: str, place: str, strength: float, *, after: float, lasting: float) -> None:
        """Plant a fault of the menu that begins `after` seconds of the plant's time from now; DataError if unknown."""
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
