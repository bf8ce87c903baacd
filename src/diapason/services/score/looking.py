"""The rows themselves: what the kept pass tells, and one reading for what it does not count."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

import numpy as np
import polars as pl

from diapason.engines.measures import Axis, Clock, ColumnSeen, Cover, Covered
from diapason.engines.scan import Scan, faults
from diapason.engines.uncertainty import step
from diapason.ports.lake import Version
from diapason.ports.workspace import Workspace
from diapason.services.scan import datasets
from diapason.services.score.needs import Needs
from diapason.vocabulary.findings import Finding
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Column, Contract, Role

__all__ = ["Looked", "look"]

BATCH = 65_536
SAMPLE = 20_000
"""Rows from which correlations are computed, evenly through the table."""
CLASSES = 1000
"""Different labels above which a target is no class."""
_NEAR = 0.1
_GAP = 3.0
_PERSON = r"(^|\D)1[3-9]\d{9}(\D|$)|(^|\D)\d{17}[\dXx](\D|$)|[\w.+-]+@[\w-]+\.[A-Za-z]{2,}"
"""A mobile phone or an identity card of China, an e-mail address."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What the rows tell."""

    scan: Scan
    columns: tuple[ColumnSeen, ...]
    lines: Mapping[str, Mapping[str, Any]]
    clock: Clock | None
    found: tuple[Finding, ...]
    complete: int
    labelled: int
    labels: Mapping[str, int] | None
    span: tuple[str, str]
    calendar: bool
    current: int | None
    personal: int
    space: Covered | None
    space_by: str
    spectrum: tuple[float, ...]
    sampled: int


def look(ws: Workspace, version: Version, contract: Contract, needs: Needs, now: datetime) -> Looked:
    """Take the state of the pass (made now where it was not kept), and read the rows once more."""
    told = datasets.run(ws, str(version.ref))
    scan, _ = datasets.state(ws, version, contract)  # the state that was just kept; nothing is read again
    lines = {line["name"]: line for line in told["columns"]}
    axes, by = _axes(contract, needs)
    reading = _Reading(contract, axes, version.rows, _since(needs, now))
    for number, batch in enumerate(_batches(ws, version)):
        reading.take(batch)
        ws.progress(Text("scoring", "评分中"), min(1.0, (number + 1) * BATCH / max(version.rows, 1)), "")
    ws.progress(Text("done", "完成"), 1.0, "")
    calendar = bool(scan.shape.calendar)
    return Looked(
        scan=scan,
        columns=tuple(_column(c, lines.get(c.name), scan, needs, now) for c in contract.columns),
        lines=lines,
        clock=_clock(scan),
        found=tuple(faults(scan)),
        complete=reading.complete,
        labelled=reading.labelled,
        labels=reading.classes(),
        span=_span(scan),
        calendar=calendar,
        current=reading.current if needs.window_days and calendar else None,
        personal=reading.personal,
        space=reading.cover.told() if axes else None,
        space_by=by,
        spectrum=reading.spectrum(),
        sampled=len(reading.sample),
    )


def _batches(ws: Workspace, version: Version) -> Iterator[pl.DataFrame]:
    return ws.lake.scan(version.ref).collect_batches(chunk_size=BATCH, maintain_order=True, lazy=True)


def _since(needs: Needs, now: datetime) -> datetime | None:
    if needs.window_days is None:
        return None
    return now.astimezone(UTC).replace(tzinfo=None) - timedelta(days=needs.window_days)


def _axes(contract: Contract, needs: Needs) -> tuple[tuple[Axis, ...], str]:
    """The declared space; without one, the ranges of inputs that the contract calls possible."""
    if needs.space:
        return tuple(_axis(name, ends) for name, ends in needs.space.items()), "needs"
    ranged = [c for c in contract.columns if c.role is Role.FEATURE and c.low is not None and c.high is not None]
    return tuple(Axis(c.name, float(c.low or 0.0), float(c.high or 0.0)) for c in ranged if c.low != c.high), "contract"


def _axis(name: str, ends: Sequence[Any]) -> Axis:
    if isinstance(ends[0], str):
        return Axis(name, values=tuple(dict.fromkeys(map(str, ends))))
    return Axis(name, float(ends[0]), float(ends[1]))


@dataclass(slots=True)
class _Reading:
    """What is counted over the rows, part by part."""

    contract: Contract
    axes: tuple[Axis, ...]
    rows: int
    since: datetime | None
    complete: int = 0
    labelled: int = 0
    current: int = 0
    personal: int = 0
    seen: int = 0
    cover: Cover = field(init=False)
    sample: list[tuple[float, ...]] = field(default_factory=list)
    _labels: dict[str, int] | None = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cover = Cover(self.axes, self.rows)
        target = next((c for c in self.contract.columns if c.role is Role.TARGET), None)
        if target is None or target.kind == "number":
            self._labels = None

    def take(self, batch: pl.DataFrame) -> None:
        """Count one part."""
        there = [c for c in self.contract.columns if c.name in batch.columns]
        used = [c.name for c in there if c.role is not Role.IGNORED]
        self.complete += (
            int(batch.select(pl.all_horizontal(_known(batch, n) for n in used).sum()).item()) if used else 0
        )
        self._label(batch)
        self._person(batch, [c.name for c in there if batch[c.name].dtype == pl.String])
        time = self.contract.first(Role.TIME)
        if self.since is not None and time in batch.columns and batch[time].dtype.is_temporal():
            at = batch[time].cast(pl.Datetime("us"), strict=False).dt.replace_time_zone(None)
            self.current += int((at >= self.since).sum())
        self.cover.add([_values(batch, a) for a in self.axes])
        self._pick(batch)
        self.seen += batch.height

    def _label(self, batch: pl.DataFrame) -> None:
        target = self.contract.first(Role.TARGET)
        if target is None or target not in batch.columns:
            return
        self.labelled += int(batch.select(_known(batch, target).sum()).item())
        if self._labels is None:
            return
        for word, count in batch[target].drop_nulls().cast(pl.String).value_counts().iter_rows():
            self._labels[word] = self._labels.get(word, 0) + count
        self._labels = self._labels if len(self._labels) <= CLASSES else None

    def _person(self, batch: pl.DataFrame, texts: Sequence[str]) -> None:
        if texts:
            met = pl.any_horizontal(pl.col(n).str.contains(_PERSON).fill_null(value=False) for n in texts)
            self.personal += int(batch.select(met.sum()).item())

    def _pick(self, batch: pl.DataFrame) -> None:
        """Rows at even distances, their inputs that are numbers."""
        names = [c.name for c in self.contract.columns if c.role is Role.FEATURE and c.kind == "number"]
        names = [n for n in names if n in batch.columns and batch[n].dtype.is_numeric()]
        every = max(1, -(-self.rows // SAMPLE))
        if len(names) > 1:
            at = np.arange(-self.seen % every, batch.height, every)
            self.sample += batch[at.tolist()].select(pl.col(names).cast(pl.Float64)).fill_null(float("nan")).rows()

    def classes(self) -> Mapping[str, int] | None:
        """How many rows each class has."""
        return self._labels or None

    def spectrum(self) -> tuple[float, ...]:
        """Eigenvalues of the correlations, largest first; rows with a hole and constant columns take no part."""
        x = np.array(self.sample, np.float64)
        x = x[np.isfinite(x).all(axis=1)] if x.size else x
        if x.ndim < 2 or len(x) < 10:
            return ()
        x = x[:, x.std(axis=0) > 0]
        if x.shape[1] < 2:
            return ()
        return tuple(np.linalg.eigvalsh(np.corrcoef(x, rowvar=False))[::-1].clip(0).tolist())


def _known(batch: pl.DataFrame, name: str) -> pl.Expr:
    """Whether a cell holds a value; what is not a number holds none."""
    there = pl.col(name).is_not_null()
    return there & pl.col(name).is_finite() if batch[name].dtype.is_float() else there


def _values(batch: pl.DataFrame, axis: Axis) -> Any:
    if axis.name not in batch.columns:  # an older version may lack it
        return [None] * batch.height if axis.values else np.full(batch.height, np.nan)
    column = batch[axis.name]
    if axis.values:
        return column.cast(pl.String).to_numpy()
    return column.cast(pl.Float64, strict=False).to_numpy()


def _column(column: Column, line: Mapping[str, Any] | None, scan: Scan, needs: Needs, now: datetime) -> ColumnSeen:
    sensor = next((s for s in needs.sensors if s.tag == column.name), None)
    today = now.date()
    holds = sensor is not None and sensor.calibration is not None and (sensor.due is None or sensor.due >= today)
    words, line = scan.words.get(column.name), line or {}
    counts = words.counts if words is not None else None
    bad = None if counts is None else sum(n for w, n in counts.items() if column.values and w not in column.values)
    distinct = line.get("distinct", {}).get("value")
    return ColumnSeen(
        column.name,
        column.kind,
        column.role.value,
        column.unit,
        column.why,
        rows=scan.rows,
        missing=_missing(column, line, scan),
        infinite=int(line.get("infinite", 0)),
        outside=line.get("outside"),
        impossible=bad,
        accepted=column.missing,
        distinct=distinct,
        constant=distinct is not None and distinct <= 1,
        ranged=column.low is not None or column.high is not None,
        listed=bool(column.values),
        resolution=_resolution(scan, column.name),
        required=None if sensor is None else sensor.required,
        calibrated=holds,
    )


def _missing(column: Column, line: Mapping[str, Any], scan: Scan) -> int | None:
    if "missing" in line:
        return int(line["missing"])
    return int(scan.clock.unknown) if column.name == scan.shape.time else None


def _resolution(scan: Scan, name: str) -> float | None:
    """The step found in the values, where the pass has kept them all."""
    held = scan.columns.get(name)
    if held is None or not held["known"]:
        return None
    low, high, _ = held.ranges()
    return step(low) if np.array_equal(low, high) else None


def _clock(scan: Scan) -> Clock | None:
    """Steps as the pass has counted them; a tenth of the usual step is near."""
    steps = scan.clock.steps
    known = int(steps["known"])
    if not scan.shape.time or known < 1:
        return None
    usual = steps.quantiles(np.array([0.5]))[0].value
    low, high, counts = steps.ranges()
    near = int(counts[(low >= (1 - _NEAR) * usual) & (high <= (1 + _NEAR) * usual)].sum()) if usual > 0 else 0
    wide = low > _GAP * usual if usual > 0 else np.zeros(len(low), bool)
    lost = float((counts[wide] * (low[wide] / usual - 1)).sum()) if usual > 0 else 0.0
    back, same = int(steps["below"]), int(steps["zeros"])
    lost = lost if isfinite(lost) else 0.0
    return Clock(known, near, back, same, int(scan.clock.unknown), lost, usual / scan.shape.parts)


def _span(scan: Scan) -> tuple[str, str]:
    """First and last time."""
    if scan.span is None or not scan.shape.time:
        return "", ""
    if not scan.shape.calendar:
        low, high = (x / scan.shape.parts for x in scan.span)
        return f"{low:g}", f"{high:g}"
    begin = datetime(1970, 1, 1, tzinfo=UTC)
    low_at, high_at = (begin + timedelta(microseconds=x) for x in scan.span)
    return low_at.isoformat(), high_at.isoformat()
