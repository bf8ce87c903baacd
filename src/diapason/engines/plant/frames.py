"""The plant's records as typed tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.plant.batches import DRUM, Batch
from diapason.engines.plant.faults import FAULTS, Faults
from diapason.engines.plant.grades import GRADES
from diapason.engines.plant.laboratory import Sample
from diapason.engines.plant.operations import TICK, Operations
from diapason.engines.plant.settings import Settings
from diapason.engines.plant.tags import TAGS

__all__ = [
    "CELLS",
    "CONDITIONS",
    "TRUTH",
    "batches",
    "condition",
    "conditions",
    "fault_truth",
    "genealogy",
    "history",
    "lab",
    "lab_true",
    "lots",
    "maintenance",
]

CONDITIONS = (
    "mode", "grade", "crew", "reactor_temperature", "reactor_pressure", "activity", "catalyst", "share_a", "poison",
    "ua_preheater", "ua_jacket", "ua_flash", "wear_feed_pump", "wear_product_pump", "wear_compressor",
    "purity", "residual", "by_product", "solvent", "feed", "product",
)  # fmt: skip
"""Columns of the conditions after `time`: words, then true values."""

_TIME = pl.Datetime("us", "UTC")

TRUTH = pl.Schema(
    {
        **dict.fromkeys(("id", "layer", "kind", "table", "tag", "asset"), pl.String()),
        "start": _TIME,
        "end": _TIME,
        "rows": pl.Int64(),
        "strength": pl.Float64(),
        "unit": pl.String(),
    }
)
"""Schema of the truth: layer "fault" (of the plant) or "defect" (of the record); `rows` concerned; `end` exclusive."""

CELLS = pl.Schema({"id": pl.String(), "table": pl.String(), "row": pl.Int64(), "column": pl.String()})
"""Schema of the cells that defects changed: `row` counts from 0 in the damaged table; -1 for a row that was removed."""

_RESULTS = ("purity", "residual", "by_product", "solvent")


def condition(operations: Operations) -> tuple[object, ...]:
    """What is true just now, in the order of CONDITIONS."""
    cell, flash, reactor = operations.cell, operations.cell.flash, operations.cell.reactor
    organic = flash.a + flash.b + flash.c
    areas = (1.0 / (1.0 / v.clean + v.fouling) for v in (cell.preheater, reactor, cell.flash_heater))
    return (
        operations.mode, operations.campaigns.now.name, operations.crews.now.name,
        reactor.temperature, reactor.pressure, reactor.activity, operations.wear.catalyst, cell.tank.share_a,
        cell.tank.poison, *areas, cell.feed_pump.wear, cell.product_pump.wear, cell.compressor.wear,
        100 * flash.b / organic, 100 * flash.a / organic, 100 * flash.c / organic, 100 * flash.solvent / flash.mass,
        cell.feed, cell.product,
    )  # fmt: skip


def conditions(rows: Sequence[tuple[object, ...]], start: datetime) -> pl.DataFrame:
    """The true conditions, one row per ten minutes."""
    frame = pl.DataFrame(list(rows), schema=list(CONDITIONS), orient="row", infer_schema_length=1)
    return frame.insert_column(0, _clock(start, len(rows), TICK))


def history(
    readings: Mapping[str, NDArray[np.float64]], kept: Sequence[tuple[object, ...]], start: datetime, step: float
) -> pl.DataFrame:
    """Readings of a whole number of ticks as one wide table: time, tags, grade, crew, mode."""
    n = len(readings[TAGS[0].name])
    words = {name: [row[i] for row in kept] for i, name in enumerate(CONDITIONS[:3])}
    repeat = np.repeat(np.arange(len(kept)), n // len(kept))
    columns = [_clock(start, n, step)]
    columns += [pl.Series(name, values) for name, values in readings.items()]
    columns += [pl.Series(name, words[name], dtype=pl.String).gather(repeat) for name in ("grade", "crew", "mode")]
    return pl.DataFrame(columns)


def lab(samples: Sequence[Sample], settings: Settings) -> pl.DataFrame:
    """Results that had been reported by the end of the history; a lost sample has none."""
    end = settings.days * 86_400.0
    seen = [s for s in samples if s.reported < end]
    frame = _sampled(seen, settings, [[None] * 4 if s.lost else s.found for s in seen])
    reported = _times([s.reported for s in seen], settings.start, "reported")
    return frame.insert_column(2, reported)


def lab_true(samples: Sequence[Sample], settings: Settings) -> pl.DataFrame:
    """Every sample without error."""
    return _sampled(samples, settings, [s.true for s in samples])


def _sampled(samples: Sequence[Sample], settings: Settings, values: Sequence[Sequence[float | None]]) -> pl.DataFrame:
    results = {name: pl.Series(name, [v[i] for v in values], dtype=pl.Float64) for i, name in enumerate(_RESULTS)}
    words = {name: pl.Series([getattr(s, name) for s in samples], dtype=pl.String) for name in ("batch", "grade")}
    names = pl.Series("sample", [s.name for s in samples], dtype=pl.String)
    return pl.DataFrame(
        {"sample": names, "time": _times([s.taken for s in samples], settings.start), **words, **results}
    )


def maintenance(operations: Operations, settings: Settings) -> pl.DataFrame:
    """Work orders; `closed` is null while one is open."""
    end = settings.days * 86_400.0
    orders = operations.workshop.orders
    closed = [o.closed if o.closed < end else None for o in orders]
    return pl.DataFrame(
        {
            "order": pl.Series([o.name for o in orders], dtype=pl.String),
            "opened": _times([o.opened for o in orders], settings.start),
            "closed": _times(closed, settings.start),
            "asset": pl.Series([o.asset for o in orders], dtype=pl.String),
            "kind": pl.Series([o.kind for o in orders], dtype=pl.String),
            "crew": pl.Series([o.crew for o in orders], dtype=pl.String),
            "downtime": pl.Series([round(o.down, 1) for o in orders], dtype=pl.Float64),
            "language": pl.Series([o.language for o in orders], dtype=pl.String),
            "text": pl.Series([o.text for o in orders], dtype=pl.String),
            "cause": pl.Series([o.cause for o in orders], dtype=pl.String),
        }
    )


def lots(operations: Operations, settings: Settings) -> pl.DataFrame:
    """Feed lots with their certificates."""
    rows = operations.deliveries.lots
    return pl.DataFrame(
        {
            "lot": [lot.name for lot in rows],
            "time": _times([lot.arrived for lot in rows], settings.start),
            "supplier": [lot.supplier for lot in rows],
            "mass": [round(lot.mass) for lot in rows],
            "share_a": [round(100 * lot.share_a, 2) for lot in rows],
            "poison": [round(lot.poison, 2) for lot in rows],
        }
    )


def batches(operations: Operations, settings: Settings) -> pl.DataFrame:
    """Product batches; `disposition` follows from the laboratory's results, as a person would decide."""
    made = operations.batches.made
    found: dict[str, list[float]] = {}
    for sample in operations.laboratory.samples:
        if not sample.lost and sample.reported < settings.days * 86_400.0:
            found.setdefault(sample.batch, []).append(sample.found[0])
    lowest = {grade.name: grade.lowest for grade in GRADES}
    return pl.DataFrame(
        {
            "batch": pl.Series([b.name for b in made], dtype=pl.String),
            "grade": pl.Series([b.grade for b in made], dtype=pl.String),
            "crew": pl.Series([b.crew for b in made], dtype=pl.String),
            "started": _times([b.started for b in made], settings.start),
            "ended": _times([b.ended if b.ended >= 0 else None for b in made], settings.start),
            "mass": pl.Series([round(b.mass, 1) for b in made], dtype=pl.Float64),
            "drums": pl.Series([b.drums() for b in made], dtype=pl.Int64),
            "disposition": pl.Series([_disposed(b, found, lowest[b.grade]) for b in made], dtype=pl.String),
        }
    )


def _disposed(batch: Batch, found: Mapping[str, Sequence[float]], lowest: float) -> str:
    results = found.get(batch.name, [])
    if not results:
        return "pending"
    if min(results) < lowest:
        return "rework"
    return "downgraded" if batch.off_spec else "released"


def genealogy(operations: Operations) -> pl.DataFrame:
    """Feed lot to batch (share of the batch's mass), batch to drum; shares of one child add up to 1."""
    parents, children, relations, shares, masses = [], [], [], [], []
    for batch in operations.batches.made:
        total = sum(batch.lots.values()) or 1.0
        traced = {name: mass for name, mass in batch.lots.items() if mass > 2e-3 * total}
        known = sum(traced.values()) or 1.0
        parents += list(traced)
        children += [batch.name] * len(traced)
        relations += ["lot-batch"] * len(traced)
        shares += [mass / known for mass in traced.values()]
        masses += [batch.mass * mass / known for mass in traced.values()]
        filled = [min(DRUM, batch.mass - DRUM * k) for k in range(batch.drums())]
        parents += [batch.name] * len(filled)
        children += [f"D{batch.name[1:]}-{k + 1:02d}" for k in range(len(filled))]
        relations += ["batch-drum"] * len(filled)
        shares += [1.0] * len(filled)
        masses += filled
    words = {"parent": parents, "child": children, "relation": relations}
    return pl.DataFrame(
        {
            **{name: pl.Series(values, dtype=pl.String) for name, values in words.items()},
            "share": pl.Series(shares, dtype=pl.Float64).round(4),
            "mass": pl.Series(masses, dtype=pl.Float64).round(1),
        }
    )


def fault_truth(faults: Faults, settings: Settings) -> pl.DataFrame:
    """One row per planted fault that began within the history; it ends with its window or when it was mended."""
    rows = []
    for number, fault in enumerate(f for f in faults.planted if f.start < settings.days):
        ended = faults.ended.get(fault, fault.start + fault.days)
        ticks = [min(ceil(day * 86_400 / TICK), round(settings.days * 86_400 / TICK)) for day in (fault.start, ended)]
        window = [settings.start + timedelta(seconds=TICK * tick) for tick in ticks]
        loop = fault.place if "IC-" in fault.place else ""
        asset = next((t.asset for t in TAGS if t.name == f"{loop}.PV"), fault.place)
        where = (f"F{number + 1:03d}", "fault", fault.kind, "history", loop, asset, *window)
        rows.append(
            (*where, round((ticks[1] - ticks[0]) * TICK / settings.step), fault.strength, FAULTS[fault.kind].unit)
        )
    return pl.DataFrame(rows, schema=TRUTH, orient="row")


def _clock(start: datetime, n: int, step: float) -> pl.Series:
    """Moments from `start`, n of them, `step` seconds apart."""
    begin = round(start.timestamp() * 1e6)
    return pl.Series("time", begin + np.arange(n) * round(step * 1e6), dtype=pl.Int64).cast(_TIME)


def _times(seconds: Sequence[float | None], start: datetime, name: str = "time") -> pl.Series:
    """Moments from seconds since `start`, to the second."""
    begin = round(start.timestamp())
    whole = [None if s is None else (begin + round(s)) * 1_000_000 for s in seconds]
    return pl.Series(name, whole, dtype=pl.Int64).cast(_TIME)
