"""The plant's memory: simulate days of it and hand out typed tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.plant import frames
from diapason.engines.plant.cell import LOOPS, Cell
from diapason.engines.plant.faults import Faults
from diapason.engines.plant.grades import Campaigns, Crews, Deliveries
from diapason.engines.plant.instruments import RECORD, Instruments, record
from diapason.engines.plant.laboratory import Laboratory
from diapason.engines.plant.operations import TICK, Operations
from diapason.engines.plant.settings import Settings
from diapason.engines.plant.surroundings import Surroundings
from diapason.engines.plant.wear import Wear
from diapason.engines.plant.workshop import Workshop

__all__ = ["History", "Plant", "months", "simulate"]

_ROW = Struct(f"{len(RECORD)}d")

Array = NDArray[np.float64]
Conditions = list[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class History:
    """Typed tables of one stretch of the plant's life; the last five are what nobody on site can know."""

    settings: Settings
    history: pl.DataFrame  # one row per step: time, tags, grade, crew, mode
    lab: pl.DataFrame  # results, by the time the sample was taken
    maintenance: pl.DataFrame  # work orders
    batches: pl.DataFrame
    lots: pl.DataFrame  # of feed, with certificates
    genealogy: pl.DataFrame  # lot to batch to drum
    truth: pl.DataFrame  # planted faults and defects
    cells: pl.DataFrame  # every cell that a data defect changed
    conditions: pl.DataFrame  # every ten minutes: wear, fouling, activity, composition
    lab_true: pl.DataFrame  # every sample without error

    def with_tables(self, **tables: pl.DataFrame) -> "History":
        """The same history with some tables replaced."""
        return replace(self, **tables)  # type: ignore[arg-type]


@dataclass(slots=True)
class Plant:
    """The running plant: physics, people, instruments; it remembers where it is."""

    settings: Settings
    cell: Cell = field(default_factory=Cell)
    day: int = 0
    operations: Operations = field(init=False)
    surroundings: Surroundings = field(init=False)
    instruments: Instruments = field(init=False)

    def __post_init__(self) -> None:
        seed, start = self.settings.seed, self.settings.start
        wears, campaigns, crews, lots, lab, shop, own = (np.random.default_rng([seed, 4, k]) for k in range(7))
        wear = Wear(wears)
        self.operations = Operations(
            cell=self.cell,
            campaigns=Campaigns(campaigns),
            crews=Crews(crews),
            deliveries=Deliveries(lots),
            laboratory=Laboratory(lab),
            workshop=Workshop(shop, wear),
            wear=wear,
            faults=Faults(self.settings.faults),
            rng=own,
        )
        new_year = datetime(start.year, 1, 1, tzinfo=UTC)
        self.surroundings = Surroundings(seed, self.settings.step, (start - new_year) / timedelta(days=1))
        self.instruments = Instruments(seed, self.settings.step)

    def next_day(self) -> tuple[Mapping[str, Array], Conditions]:
        """Run one day: readings by tag, shape (n,), and what was true every ten minutes."""
        day, step, cell = self.surroundings.day(self.day), self.settings.step, self.cell
        air, per_tick = day.air([getattr(cell, name).sigma for name in LOOPS]), round(TICK / step)
        rows, kept = bytearray(len(air) * _ROW.size), []
        for first in range(0, len(air), per_tick):
            self.operations.tick(self.day * 86_400.0 + first * step, air[first][0])
            kept.append(frames.condition(self.operations))
            for i in range(first, first + per_tick):
                cell.advance(air[i], step)
                _ROW.pack_into(rows, i * _ROW.size, *record(cell))
        matrix = np.frombuffer(rows, dtype=np.float64).reshape(len(air), len(RECORD))
        readings = self.instruments.read(cell, matrix, day, self.day)
        self.day += 1
        return readings, kept

    def next_days(self, count: int) -> tuple[pl.DataFrame, Conditions]:
        """Run several days: their rows of the history, and what was true every ten minutes."""
        begin = self.settings.start + timedelta(days=self.day)
        parts = [self.next_day() for _ in range(count)]
        readings = {name: np.concatenate([part[0][name] for part in parts]) for name in parts[0][0]}
        kept = [row for part in parts for row in part[1]]
        return frames.history(readings, kept, begin, self.settings.step), kept


def months(settings: Settings, length: int = 30) -> Iterator[pl.DataFrame]:
    """The history some days at a time, in the memory of those; the same rows as `simulate(settings).history`."""
    plant = Plant(settings)
    while plant.day < settings.days:
        yield plant.next_days(min(length, settings.days - plant.day))[0]


def simulate(settings: Settings) -> History:
    """The plant's tables; the same settings give the same bytes, and more days only add rows at the end.

    >>> simulate(Settings(seed=1, days=1)).history.height
    1440
    """
    plant = Plant(settings)
    rows: list[pl.DataFrame] = []
    kept: Conditions = []
    while plant.day < settings.days:
        month, conditions = plant.next_days(min(30, settings.days - plant.day))
        rows.append(month)
        kept += conditions
    return _gather(plant, rows, kept)


def _gather(plant: Plant, rows: Sequence[pl.DataFrame], kept: Conditions) -> History:
    done, settings = plant.operations, plant.settings
    empty: Any = {"schema": frames.CELLS}
    return History(
        settings=settings,
        history=pl.concat(rows, rechunk=True),
        lab=frames.lab(done.laboratory.samples, settings),
        maintenance=frames.maintenance(done, settings),
        batches=frames.batches(done, settings),
        lots=frames.lots(done, settings),
        genealogy=frames.genealogy(done),
        truth=frames.fault_truth(done.faults, settings),
        cells=pl.DataFrame(**empty),
        conditions=frames.conditions(kept, settings.start),
        lab_true=frames.lab_true(done.laboratory.samples, settings),
    )
