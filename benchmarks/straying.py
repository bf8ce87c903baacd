"""References and new rows in which one column has changed: what `benchmarks.passing` plants against a kept state.

Generated plants have a daily cycle, a memory, states of the process and several assets; a deviation is that of the
reference under like conditions (hours, state, asset), which is known where the plant is made.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks import planting
from benchmarks.marring import course, real_tables, roles
from benchmarks.planting import Table
from diapason.vocabulary.tables import ROW

__all__ = ["STRAYS", "Change", "Stray", "made_pairs", "real_pairs", "stray"]

Rng = np.random.Generator


@dataclass(frozen=True)
class Stray:
    """New rows with their reference."""

    name: str
    reference: pl.DataFrame
    new: pl.DataFrame
    said: Mapping[str, object]  # what is said of the columns
    deviations: Mapping[str, float]  # of measured columns, under like conditions
    column: str = ""  # that was changed


@dataclass(frozen=True)
class Change:
    """How new rows are changed, how strongly, and the finding that names it."""

    make: Callable[[Stray, Rng, float], Stray | None]
    strengths: tuple[float, ...]
    moderate: int
    unit: str
    named: str
    follows: frozenset[str] = field(default_factory=frozenset)


def made_pairs(seed: int) -> list[Stray]:
    """A month, and three days that begin ten days later; one plant seen as it is, by its states, and six of them."""
    own = {"flow": 2.02, "temp": 2.02}
    one, many = (course(30, seed=seed, units=units) for units in (1, 6))
    later, latest = (course(3, begin=40, seed=seed, units=units) for units in (1, 6))
    words = {"time": "time", "asset": "unit"}
    # without its states, power is on and off: what three days of it are can't be known
    hours = ["unit", "power"]
    return [
        Stray("made_hours", one.drop(hours), later.drop(hours), {"time": "time"}, own),
        Stray("made_states", one.drop("unit"), later.drop("unit"), {"time": "time", "regime": "state"}, own),
        Stray("made_assets", many.drop("state", "power"), latest.drop("state", "power"), words, own),
        Stray("made_plants", many, latest, {**words, "regime": "state"}, own),
    ]


def real_pairs(data: Path) -> list[Stray]:
    """The first seven tenths of a table (of each asset), and the rest."""
    return [_parted(table) for table in real_tables(data)]


def _parted(table: Table) -> Stray:
    said = roles(table)
    frame = table.frame.drop(ROW)
    place, many = pl.int_range(pl.len()), pl.len()
    if said["asset"]:
        place, many = place.over(str(said["asset"])), many.over(str(said["asset"]))
    first = frame.select(place < 0.7 * many).to_series()
    reference, new = frame.filter(first), frame.filter(~first)
    names = planting._measured(table)
    return Stray(table.name, reference, new, said, {c: float(reference[c].std() or 0.0) for c in names})


def stray(pair: Stray, kind: str, strength: float, seed: int) -> Stray | None:
    """New rows with one change, the same for the same seed; None where it does not apply."""
    digest = np.random.SeedSequence([seed, *pair.name.encode(), *kind.encode(), round(1000 * strength)])
    return STRAYS[kind].make(pair, np.random.default_rng(digest), strength)


def _drawn(pair: Stray, rng: Rng) -> str:
    return str(rng.choice(list(pair.deviations)))


def _with(pair: Stray, name: str, values: pl.Expr | pl.Series) -> Stray:
    return replace(pair, new=pair.new.with_columns(values.alias(name)), column=name)


def shifted(pair: Stray, rng: Rng, strength: float) -> Stray:
    """Every reading so many deviations higher or lower."""
    name = _drawn(pair, rng)
    return _with(pair, name, pl.col(name) + float(rng.choice([-1, 1])) * strength * pair.deviations[name])


def noisier(pair: Stray, rng: Rng, strength: float) -> Stray:
    """White noise that makes leaps from reading to reading so many times as large."""
    name = _drawn(pair, rng)
    x = pair.new[name].to_numpy().astype(float)
    leap = np.abs(x[1:-1] - (x[:-2] + x[2:]) / 2)
    noise = 1.4826 * float(np.nanmedian(leap)) / np.sqrt(1.5)
    noise = noise or float(np.nanstd(leap)) / np.sqrt(1.5)  # most readings repeat the one before
    return _with(pair, name, pl.Series(x + np.sqrt(strength**2 - 1) * noise * rng.normal(size=x.size)))


def emptier(pair: Stray, rng: Rng, strength: float) -> Stray:
    """A further share of cells is missing."""
    name = _drawn(pair, rng)
    gone = pl.Series(rng.random(pair.new.height) < strength)
    return _with(pair, name, pl.when(gone).then(None).otherwise(pl.col(name)))


def reworded(pair: Stray, rng: Rng, strength: float) -> Stray | None:
    """So many rows have a text that the reference does not know."""
    apart = {pair.said.get(role, "") for role in ("asset", "regime")}
    named = [c for c, kind in pair.new.schema.items() if kind == pl.String and c not in apart]
    if not named:
        return None
    name = str(rng.choice(named))
    values = pair.new[name].to_list()
    for i in rng.choice(len(values), round(strength), replace=False):
        values[i] = f"{values[i]} b"
    return _with(pair, name, pl.Series(values))


STRAYS: dict[str, Change] = {
    "drift": Change(shifted, (0.25, 0.5, 1.0, 2.0), 2, "deviations", "drifted"),
    "noise": Change(noisier, (1.5, 3.0, 6.0), 1, "times the leaps", "noise_changed"),
    "missing_more": Change(emptier, (0.005, 0.05, 0.2), 1, "of cells more", "missing_more"),
    "new_words": Change(reworded, (1, 5, 50), 1, "rows", "new_words"),
}
