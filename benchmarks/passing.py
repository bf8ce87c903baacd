"""What one pass over a table finds of planted faults, what it says of clean tables, and how soon it sees a drift.

The protocol, fixed before anything was measured:

- A case plants one kind of fault into one column (rows, clock, asset) of one table, at one of three or four strengths,
  one of which is called moderate.
- Recall is the share of the planted cells that findings of the fitting kind account for: those they name, by row, span
  or asset; where a finding names at most 32 rows and states how many there are, the count it states, times the share of
  its named rows that were planted. Precision is the share of what is accounted for that was planted. Every other finding
  that the clean table doesn't show counts as false with all its cells, but for those on planted cells.
- Cases of drift have a reference and new rows; a column is a cell. The planted column called drifted is met; any other
  column called drifted that was not before, and any other new finding, is false. A column that has drifted without help
  can't be judged.
- A case that names nothing has no precision. Figures are means over cases; what is found on clean tables stands apart.

Run: python -m benchmarks.passing [--quick] [--json]; --quick: one seed, moderate strengths. With PASSING_CASES set, each case
is told on standard error: kind, strength, recall, precision, table and columns.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from benchmarks.frame import Result, data_folder, main
from benchmarks.marring import KINDS, Case, made_tables, mar, real_tables, roles
from benchmarks.planting import Table
from benchmarks.straying import STRAYS, Stray, made_pairs, real_pairs, stray
from diapason.engines.scan import Scan, Shape, changes, drifts, faults
from diapason.vocabulary.findings import Finding
from diapason.vocabulary.tables import ROW

SEEDS = (11, 12, 13)
BAR = 0.95
STANDERS = frozenset({"clock_unsteady", "near_constant"})
"""Findings that are remarks on what a table is."""
Known = dict[tuple[str, tuple[str, ...], str], tuple[int, frozenset[int]]]


@dataclass(frozen=True)
class Score:
    """One case."""

    where: str
    kind: str
    strength: float
    met: float
    planted: float
    right: float
    named: float

    @property
    def recall(self) -> float:
        return self.met / self.planted

    @property
    def precision(self) -> float:
        return self.right / self.named if self.named else np.nan


def scanned(frame: pl.DataFrame, said: dict[str, object]) -> Scan:
    """The state of a table after one pass, in pieces."""
    frame = frame.drop(ROW, strict=False)
    scan = Scan.new(Shape.of(dict(frame.schema), **said))
    for begin in range(0, frame.height, 20_000):
        scan.update(frame[begin : begin + 20_000])
    return scan


# --- faults -----------------------------------------------------------------------------------------------------------


def spoken(finding: Finding, frame: pl.DataFrame, said: dict[str, object]) -> np.ndarray:
    """Positions of the rows that a finding names: by a span, an asset, or one by one."""
    mine = np.arange(frame.height)
    if finding.where.asset:
        mine = np.flatnonzero(frame[str(said["asset"])].cast(pl.String).to_numpy() == finding.where.asset)
    if finding.kind == "stuck":
        begin = int(np.searchsorted(mine, finding.where.rows[0]))
        held = mine[begin:]
        known = frame[finding.where.columns[0]].is_not_null().to_numpy()[held]
        return held[known][: finding.where.count]
    if finding.kind == "unit_shift":
        time = frame[str(said["time"])]
        low, high = finding.where.window
        ends = (
            pl.Series([low, high]).str.to_datetime(time_zone="UTC")
            if time.dtype.is_temporal()
            else pl.Series([float(low), float(high)])
        )
        at = time.cast(pl.Datetime("us")).dt.replace_time_zone("UTC") if time.dtype.is_temporal() else time
        inside = ((at >= ends[0]) & (at < ends[1])).fill_null(False).to_numpy()
        return mine[inside[mine]]
    if finding.kind == "unit_shift_asset":
        return mine
    return np.array(finding.where.rows, np.int64)  # fmt: skip


def known(frame: pl.DataFrame, said: dict[str, object]) -> Known:
    """What a table shows as it is: how many, and which rows by their first numbers."""
    out: dict[tuple[str, tuple[str, ...], str], tuple[int, frozenset[int]]] = {}
    origin = frame[ROW].to_numpy()
    for f in faults(scanned(frame, said)):
        count, rows = out.get(_key(f), (0, frozenset()))
        out[_key(f)] = (count + f.where.count, rows | set(origin[spoken(f, frame, said)].tolist()))
    return out


def _key(f: Finding) -> tuple[str, tuple[str, ...], str]:
    return f.kind, f.where.columns, f.where.asset


def judged(table: Table, kind: str, strength: float, seed: int, clean: Known) -> Score | None:
    """Plant, scan, compare; None where the kind does not apply to the table."""
    case = mar(table, kind, strength, seed)
    if case is None or not case.count:
        return None
    said = dict(case.shape)
    if case.clean is not None:
        clean = known(case.clean, said)
    grouped: dict[tuple[str, tuple[str, ...], str], list[Finding]] = defaultdict(list)
    for f in faults(scanned(case.frame, said)):
        grouped[_key(f)].append(f)
    met = right = named = 0.0
    for key, found in grouped.items():
        hit, false = _accounted(key, found, case, clean, kind)
        fitting = key[0] in KINDS[kind].named_by and key[1] == case.columns
        met += hit if fitting else 0
        right, named = right + hit, named + hit + false
    met = min(met, float(case.count))
    return Score(f"{table.name} {'/'.join(case.columns)}", kind, strength, met, case.count, right, named)


def _accounted(
    key: tuple[str, tuple[str, ...], str], found: Sequence[Finding], case: Case, clean: Known, kind: str
) -> tuple[float, float]:
    """Planted and other cells that findings of one kind on one column account for beyond the clean table."""
    what, said = KINDS[kind], dict(case.shape)
    fitting = key[0] in what.named_by and key[1] == case.columns
    if not fitting and (key[0] in what.follows or key[0] in STANDERS):
        return 0.0, 0.0
    if key[0] == "constant" and key in clean:  # as many cells as there are rows
        return 0.0, 0.0
    before, old = clean.get(key, (0, frozenset()))
    more = max(sum(f.where.count for f in found) - before, 0)
    rows = np.concatenate([spoken(f, case.frame, said) for f in found])
    fresh = rows[~np.isin(case.frame[ROW].to_numpy()[rows], list(old))] if old else rows
    hits = len(case.cells.intersection(fresh.tolist()))
    if key[0] in ("stuck", "unit_shift", "unit_shift_asset"):
        return (float(hits), float(len(fresh) - hits)) if set(key[1]) <= set(case.columns) else (0.0, float(len(fresh)))
    if len(fresh):  # none where the clean table has more than it names
        share = hits / len(fresh)
        right = share * more if set(key[1]) & set(case.columns) else 0.0
        return _within(right, case.count, more) if fitting else (right, more - right)
    return _within(more, case.count, more) if fitting else (0.0, float(more))


def _within(right: float, planted: int, stated: float) -> tuple[float, float]:
    right = min(right, float(planted))
    return right, stated - right


def planted(tables: Iterable[Table], seed: int, *, moderate: bool) -> list[Score]:
    """Every kind in every table, with one seed."""
    out = []
    for table in tables:
        clean = known(table.frame, roles(table))
        for kind, what in KINDS.items():
            for strength in (what.strengths[what.moderate],) if moderate else what.strengths:
                score = judged(table, kind, strength, seed, clean)
                out += [score] if score is not None else []
    return out


# --- drift ------------------------------------------------------------------------------------------------------------


def told(pair: Stray) -> dict[tuple[str, str], int]:
    """Kinds and columns of what new rows have become; a column that has drifted as `drifted`."""
    reference, new = (scanned(f, dict(pair.said)) for f in (pair.reference, pair.new))
    found = changes(reference, new, drifts(reference, new))
    return {(f.kind, c): f.where.count for f in found for c in f.where.columns}


def strayed(pairs: Iterable[Stray], seed: int, *, moderate: bool) -> list[Score]:
    """Every kind of change in every pair of reference and new rows."""
    out = []
    for pair in pairs:
        before = told(pair)
        for kind, what in STRAYS.items():
            for strength in (what.strengths[what.moderate],) if moderate else what.strengths:
                made = stray(pair, kind, strength, seed)
                if made is None or (what.named, made.column) in before:
                    continue
                fresh = {k for k in told(made) if k not in before and k[0] not in what.follows}
                met = float((what.named, made.column) in fresh)
                out.append(Score(f"{pair.name} {made.column}", kind, strength, met, 1.0, met, float(len(fresh))))
    return out


# --- figures ----------------------------------------------------------------------------------------------------------


def figures(scores: Sequence[Score], half: str) -> list[Result]:
    """Recall and precision by kind and strength."""
    out = []
    units = {k: (w.strengths, w.moderate, w.unit) for k, w in (*KINDS.items(), *STRAYS.items())}
    for kind, (strengths, moderate, unit) in units.items():
        for i, strength in enumerate(strengths):
            mine = [s for s in scores if s.kind == kind and s.strength == strength]
            if mine:
                out += _pair(f"passing.{half}.{kind}", f"{half}, {kind}, {strength:g} {unit}", mine, bar=i == moderate)
    return out


def _pair(name: str, what: str, scores: Sequence[Score], *, bar: bool) -> list[Result]:
    precise = [s.precision for s in scores if s.named]
    recall = float(np.mean([s.recall for s in scores]))
    out = [_figure(f"{name}.recall", f"planted that was named: {what}, {len(scores)} cases", recall, bar=bar)]
    if precise:
        said = f"named that was planted: {what}, {len(precise)} cases that name something"
        out.append(_figure(f"{name}.precision", said, float(np.mean(precise)), bar=bar))
    return out


def _figure(name: str, what: str, value: float, *, bar: bool) -> Result:
    return Result(name, what, value, f">= {BAR}" if bar else "", "1", value >= BAR if bar else None)


def clean_tables(tables: Iterable[Table], half: str) -> list[Result]:
    """What is found on tables as they are, remarks left out."""
    out = []
    for table in tables:
        loud = [f for f in faults(scanned(table.frame, roles(table))) if f.harm != "know"]
        what = ", ".join(f"{f.kind}({'/'.join(f.where.columns)})" for f in loud) or "nothing"
        out.append(
            Result(f"passing.clean.{table.name}", f"{half}, findings as it is: {what}", len(loud), "", "1", None)
        )
    return out


def clean_pairs(pairs: Iterable[Stray], half: str) -> list[Result]:
    """Columns of new rows, of which nothing was planted, that are called drifted or otherwise changed."""
    out = []
    for pair in pairs:
        found = told(pair)
        what = ", ".join(f"{kind}({column})" for kind, column in sorted(found)) or "nothing"
        out.append(
            Result(
                f"passing.clean.{pair.name}",
                f"{half}, against a reference, as it is: {what}",
                len(found),
                "",
                "1",
                None,
            )
        )
    return out  # fmt: skip


def measure(quick: bool) -> list[Result]:
    """Generated tables first, then real ones; those as they are at the end."""
    data, seeds = data_folder(), SEEDS[:1] if quick else SEEDS
    real, pairs = real_tables(data), real_pairs(data)
    made_scores, real_scores = [], []
    for seed in seeds:
        made_scores += planted(made_tables(seed), seed, moderate=quick)
        made_scores += strayed(made_pairs(seed), seed, moderate=quick)
        real_scores += planted(real, seed, moderate=quick) + strayed(pairs, seed, moderate=quick)
    if os.environ.get("PASSING_CASES"):
        for s in made_scores + real_scores:
            sys.stderr.write(f"{s.kind:16} {s.strength:8g} {s.recall:.3f} {s.precision:.3f} {s.where}\n")
    first = SEEDS[0]
    return [
        *figures(made_scores, "generated"),
        *figures(real_scores, "real"),
        *clean_tables(made_tables(first), "generated"),
        *clean_pairs(made_pairs(first), "generated"),
        *clean_tables(real, "real"),
        *clean_pairs(pairs, "real"),
    ]


if __name__ == "__main__":
    main("passing", measure, seeds=SEEDS)
