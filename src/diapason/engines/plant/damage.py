"""Plants data defects into finished tables and keeps account of every cell."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.plant import frames
from diapason.engines.plant.defects import DEFECTS, OTHER_GRADES, Defect, defect_menu
from diapason.engines.plant.history import History
from diapason.engines.plant.tags import TAGS
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["plant_defects"]

Array = NDArray[np.float64]

_CLOCKS = {"history": "time", "lab": "time", "batches": "started"}
_TAGS = {t.name: t for t in TAGS}
_ORIGIN = "_origin"


@dataclass(frozen=True, slots=True)
class Damage:
    """What a kind may know when it changes the values of its window."""

    strength: float
    spread: float  # standard deviation of the whole column
    unit: str
    rng: np.random.Generator

    def some(self, n: int, least: int = 1) -> NDArray[np.int64]:
        """Positions of a share `strength` of n rows, at least so many."""
        return np.sort(self.rng.choice(n, min(max(round(self.strength * n), least), n), replace=False))


def _spike(values: Array, d: Damage) -> Array:
    hit = d.some(len(values))
    values[hit] += d.rng.choice([-1.0, 1.0], len(hit)) * d.rng.uniform(8, 25, len(hit)) * max(d.spread, 1e-6)
    return values


def _unit(values: Array, d: Damage) -> Array:
    return values * 1.8 + 32.0 if d.unit == "Cel" else values * 14.503774


def _wrong(values: Array, d: Damage) -> Array:
    hit = d.some(len(values))
    values[hit] += d.rng.choice([-1.0, 1.0], len(hit)) * d.rng.uniform(2, 6, len(hit)) * d.spread
    return np.asarray(np.round(np.abs(values), 2), dtype=np.float64)


def _swap(values: Array, d: Damage) -> Array:
    hit = d.some(len(values), least=2)
    values[hit] = values[hit][_derangement(len(hit), d.rng)]
    return values


def _derangement(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """A permutation that leaves nothing in its place."""
    order = rng.permutation(n)
    turned = np.empty(n, dtype=np.int64)
    turned[order] = np.roll(order, 1)
    return turned


def _late(values: Array, _: Damage) -> Array:
    return np.concatenate([values[:1], values[:-1]])


VALUES: dict[str, Callable[[Array, Damage], Array]] = {
    "stuck": lambda v, _: np.full_like(v, v[0]),
    "spike": _spike,
    "unit": _unit,
    "scale": lambda v, d: v * d.strength,
    "bias": lambda v, d: v + d.strength * d.spread,
    "drift": lambda v, d: v + d.strength * d.spread * np.linspace(0, 1, len(v)),
    "noise": lambda v, d: v + d.strength * d.spread * d.rng.standard_normal(len(v)),
    "saturation": lambda v, d: np.minimum(v, np.nanquantile(v, 1.0 - d.strength)),
    "missing": lambda v, _: np.full_like(v, np.nan),
    "wrong_lab": _wrong,
    "swapped_lab": _swap,
    "lab_unit": lambda v, d: v * d.strength,
    "lab_shift": _late,
}
"""Kinds that change the numbers of one column within a window."""


def plant_defects(
    history: History, menu: Sequence[Defect] | None = None, seed: int = 0
) -> tuple[History, pl.DataFrame]:
    """The same history with defects in its record, and the truth about them.

    Args:
        menu: defects to plant; without it, one of each kind.
        seed: of what the menu leaves open (which rows of a share, how high a spike).

    Returns:
        The damaged history, whose `truth` and `cells` tell all; and the new rows of `truth`.

    Raises:
        DataError: a column is not in its table, or a window holds no row.
    """
    chosen = defect_menu(seed, history.settings.days) if menu is None else tuple(menu)
    tables = {name: getattr(history, name).with_row_index(_ORIGIN) for name in _CLOCKS}
    notes: list[tuple[object, ...]] = []
    cells: list[pl.DataFrame] = []
    for i in sorted(range(len(chosen)), key=lambda i: DEFECTS[chosen[i].kind].rows):
        defect, name = chosen[i], f"X{history.truth.height + i + 1:03d}"
        window = _window(history, defect)
        inside = _inside(tables[defect.table], _CLOCKS[defect.table], window, defect)
        rng = np.random.default_rng([seed, 6, i])
        tables[defect.table], hit = _apply(tables[defect.table], defect, inside, rng)
        cells.append(hit.select(pl.lit(name).alias("id"), pl.lit(defect.table).alias("table"), _ORIGIN, "column"))
        notes.append(_note(name, defect, window, hit[_ORIGIN].n_unique()))
    truth = pl.DataFrame(sorted(notes, key=lambda n: str(n[0])), schema=frames.TRUTH, orient="row")
    twice = [note[0] for note in notes if note[2] == "duplicates"]
    placed = _placed(pl.concat(cells), tables, twice) if cells else pl.DataFrame(schema=frames.CELLS)
    damaged = history.with_tables(
        **{name: table.drop(_ORIGIN) for name, table in tables.items()},
        truth=pl.concat([history.truth, truth]),
        cells=pl.concat([history.cells, placed]),
    )
    return damaged, truth


def _window(history: History, defect: Defect) -> tuple[datetime, datetime]:
    """First and last (exclusive) minute of a defect."""
    minutes = (round(1440 * defect.start), round(1440 * (defect.start + defect.days)))
    start, end = (history.settings.start + timedelta(minutes=m) for m in minutes)
    return start, end


def _note(name: str, defect: Defect, window: tuple[datetime, datetime], rows: int) -> tuple[object, ...]:
    """One row of the truth."""
    asset = _TAGS[defect.column].asset if defect.column in _TAGS else ""
    where = (defect.table, defect.column, asset, *window)
    return (name, "defect", defect.kind, *where, rows, defect.strength, DEFECTS[defect.kind].unit)


def _inside(table: pl.DataFrame, clock: str, window: tuple[datetime, datetime], defect: Defect) -> NDArray[np.int64]:
    """Positions of the rows within the window."""
    times = table[clock]
    found = np.flatnonzero(((times >= window[0]) & (times < window[1])).fill_null(value=False).to_numpy())
    if not len(found):
        raise DataError(
            Text(
                f"{defect.kind} from day {defect.start:g} for {defect.days:g} days meets no row of {defect.table}",
                f"{defect.kind}（第 {defect.start:g} 天起 {defect.days:g} 天）在 {defect.table} 中没有任何行",
            ),
            at="defect menu",
            fix=Text("choose a window within the history", "请选择历史范围内的时段"),
        )
    return found


def _apply(
    table: pl.DataFrame, defect: Defect, inside: NDArray[np.int64], rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The damaged table, and origin and column of the cells that changed."""
    if defect.kind in ROWS:
        return ROWS[defect.kind](table, defect, inside, rng)
    if defect.kind == "leak":
        return _leaked(table, defect, rng)
    columns = defect.column.split("|")
    missing = [c for c in columns if c not in table.columns]
    if missing:
        what = Text(f"no column '{missing[0]}' in {defect.table}", f"{defect.table} 中没有列“{missing[0]}”")
        raise DataError(what, at="defect menu", fix=Text("choose one of its columns", "请选择该表中的列"))
    if defect.kind == "swapped_tags":
        new = [_put(table[a], inside, table[b].gather(inside)) for a, b in (columns, columns[::-1])]
    elif defect.kind == "wrong_grade":
        new = [_regraded(table[columns[0]], inside, defect, rng)]
    else:
        new = [_changed(table[columns[0]], inside, defect, rng)]
    return table.with_columns(new), pl.concat([_differing(table, series) for series in new])


def _changed(column: pl.Series, inside: NDArray[np.int64], defect: Defect, rng: np.random.Generator) -> pl.Series:
    """Apply one kind of VALUES to the window; values that are already missing stay so."""
    values = column.to_numpy().astype(np.float64)
    window = values[inside]
    real = ~np.isnan(window)
    tag = _TAGS.get(column.name)
    damage = Damage(defect.strength, float(np.nanstd(values)), tag.unit if tag else "%", rng)
    if real.any():
        window[real] = VALUES[defect.kind](window[real].copy(), damage)
    return _put(column, inside, pl.Series(window).round(4).fill_nan(None))


def _put(column: pl.Series, inside: NDArray[np.int64], values: pl.Series) -> pl.Series:
    return column.clone().scatter(inside, values)


def _regraded(column: pl.Series, inside: NDArray[np.int64], defect: Defect, rng: np.random.Generator) -> pl.Series:
    hit = inside[Damage(defect.strength, 0.0, "", rng).some(len(inside))]
    others = [OTHER_GRADES[column[int(i)]] for i in hit]
    return _put(column, hit, pl.Series([o[int(rng.integers(len(o)))] for o in others]))


def _leaked(table: pl.DataFrame, defect: Defect, rng: np.random.Generator) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Adds a column that follows the lab's residual almost exactly."""
    target = table["residual"]
    noise = pl.Series(rng.standard_normal(table.height) * defect.strength * float(target.std() or 1.0))  # type: ignore[arg-type]
    index = (100.0 - 8.0 * (target + noise)).round(1).alias(defect.column)
    return table.with_columns(index), table.select(_ORIGIN, pl.lit(defect.column).alias("column"))


def _differing(table: pl.DataFrame, new: pl.Series) -> pl.DataFrame:
    changed = table[new.name].ne_missing(new)
    return table.filter(changed).select(_ORIGIN, pl.lit(new.name).alias("column"))


def _off(
    table: pl.DataFrame, defect: Defect, inside: NDArray[np.int64], _: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Clock runs ahead by `strength` minutes within the window."""
    clock = table[_CLOCKS[defect.table]]
    moved = clock.gather(inside) + timedelta(minutes=round(defect.strength))
    return table.with_columns(_put(clock, inside, moved)), _whole(table, inside, clock.name)


def _shuffle(
    table: pl.DataFrame, defect: Defect, inside: NDArray[np.int64], rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Some rows of the window change places."""
    hit = inside[Damage(defect.strength, 0.0, "", rng).some(len(inside))]
    order = np.arange(table.height)
    order[hit] = hit[_derangement(len(hit), rng)]
    return table[order], _whole(table, hit, "")


def _lose(
    table: pl.DataFrame, _: Defect, inside: NDArray[np.int64], __: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    keep = np.ones(table.height, dtype=bool)
    keep[inside] = False
    return table.filter(keep), _whole(table, inside, "")


def _double(
    table: pl.DataFrame, defect: Defect, inside: NDArray[np.int64], rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Some rows of the window are stored again right behind themselves."""
    hit = inside[Damage(defect.strength, 0.0, "", rng).some(len(inside))]
    order = np.sort(np.concatenate([np.arange(table.height), hit]), kind="stable")
    return table[order], _whole(table, hit, "")


ROWS = {"clock_offset": _off, "dst": _off, "clock_disorder": _shuffle, "gap": _lose, "duplicates": _double}
"""Kinds that concern whole rows."""


def _whole(table: pl.DataFrame, hit: NDArray[np.int64], column: str) -> pl.DataFrame:
    return table[hit].select(_ORIGIN, pl.lit(column).alias("column"))


def _placed(cells: pl.DataFrame, tables: dict[str, pl.DataFrame], twice: Sequence[object]) -> pl.DataFrame:
    """Where each changed cell lies in the damaged table; -1 where its row is gone.

    Of rows stored twice (`twice`: ids) only the second is a defect.
    """
    where = [
        table.select(pl.lit(name).alias("table"), _ORIGIN, pl.int_range(pl.len()).alias("row"))
        for name, table in tables.items()
    ]
    joined = cells.join(pl.concat(where), on=["table", _ORIGIN], how="left", maintain_order="left_right")
    second = pl.col("row") == pl.col("row").max().over("id", "table", _ORIGIN)
    kept = joined.filter(~pl.col("id").is_in(list(twice)) | pl.col("row").is_null() | second)
    return kept.select("id", "table", pl.col("row").fill_null(-1).cast(pl.Int64), "column")
