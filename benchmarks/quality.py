"""What the quality engine finds of planted defects, and what it says about clean tables.

Thresholds were fixed on the tables named `made_…`; the real ones were only checked. Every case plants one kind of defect
into one column (into whole rows for duplicates and clocks) of a table; recall is the share of planted cells that a
finding of a fitting kind names, precision the share of named cells that were planted. What is said about the untouched
table is set aside, and counted by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.frame import Result, data_folder, main
from benchmarks.planting import KINDS, REAL, Planted, Table, plant
from diapason.engines.quality import Report, examine
from diapason.vocabulary.findings import Finding

SEEDS = (11, 12, 13)
WHOLE = frozenset({"leak", "constant"})
Cells = frozenset[tuple[int, str]]


@dataclass(frozen=True)
class Score:
    """One case."""

    table: str
    kind: str
    strength: float
    seed: int
    columns: tuple[str, ...]
    planted: int
    met: int  # planted cells named by a fitting kind
    seen: int  # planted cells named by any kind
    named: int  # cells named beyond what the clean table shows
    right: int  # those of them that were planted

    @property
    def recall(self) -> float:
        return self.met / self.planted

    @property
    def precision(self) -> float:
        return self.right / self.named if self.named else 1.0


BYSTANDERS = frozenset(
    {"missing", "missing_by_plan", "constant", "near_constant", "leak", "clock_unsteady", "missing_word"}
)


def cells(findings: Iterable[Finding]) -> Cells:
    """Cells that findings name; whole rows as column ""."""
    out: set[tuple[int, str]] = set()
    for f in findings:
        whole = not f.where.columns or f.kind.startswith(("clock", "duplicate"))
        for c in ("",) if whole else f.where.columns:
            out.update((r, c) for r in f.where.rows)
    return frozenset(out)


def judged(table: Table, kind: str, strength: float, seed: int, clean: Report) -> Score | None:
    """Plant, examine, compare; None where the kind does not apply to the table."""
    planted = plant(table, kind, strength, seed)
    if not planted.cells:
        return None
    report = examine([planted.frame], table.contract)
    fits = KINDS[kind][4]
    if kind in WHOLE:
        found = {c for f in report.findings if f.kind in fits for c in f.where.columns}
        before = {c for f in clean.findings if f.kind in fits for c in f.where.columns}
        met = int(planted.columns[0] in found)
        named = len(found - before)
        return Score(table.name, kind, strength, seed, planted.columns, 1, met, met, named, met)
    return _cellwise(table, kind, strength, seed, planted, report, clean)


def _cellwise(
    table: Table, kind: str, strength: float, seed: int, planted: Planted, report: Report, clean: Report
) -> Score:
    told = [f for f in report.findings if f.kind not in BYSTANDERS]
    known = cells(f for f in clean.findings if f.kind not in BYSTANDERS)
    fitting, every = cells(f for f in told if f.kind in KINDS[kind][4]), cells(told)
    moved = {"duplicates", "gaps", "backwards", "contradictions"}
    new = every - planted.cells if kind in moved else every - known
    right = every & planted.cells
    named = len(new) + len(right) if kind in moved else len(new | right)
    if kind in moved:  # rows were renumbered: count what is new by kind instead
        before = {f.kind for f in clean.findings}
        extra = cells(f for f in told if f.kind not in before and f.kind not in KINDS[kind][4]) - planted.cells
        named = len(right) + len(extra) + len(fitting - planted.cells if not before & KINDS[kind][4] else ())
    return Score(
        table.name, kind, strength, seed, planted.columns, len(planted.cells),
        len(fitting & planted.cells), len(right), named, len(right),
    )  # fmt: skip


def run(tables: Iterable[Table], kinds: Iterable[str], seeds: Iterable[int], *, moderate: bool) -> list[Score]:
    """All cases."""
    out = []
    for table in tables:
        clean = examine([table.frame], table.contract)
        for kind in kinds:
            _, strengths, middle, *_ = KINDS[kind]
            for strength in (strengths[middle],) if moderate else strengths:
                scores = (judged(table, kind, strength, seed, clean) for seed in seeds)
                out += [s for s in scores if s is not None]
    return out


def measure(quick: bool) -> list[Result]:
    """Recall and precision per kind at moderate strength, real tables only, and findings about the clean ones."""
    data = data_folder()
    real = [make(data) for make in REAL.values()]
    scores = run(real, KINDS, SEEDS[:1] if quick else SEEDS, moderate=quick)
    results = []
    for kind, (_, strengths, middle, unit, _) in KINDS.items():
        for i, strength in enumerate(strengths):
            mine = [s for s in scores if s.kind == kind and s.strength == strength]
            if mine:
                results += _pair(kind, f"{strength:g} {unit}", mine, moderate=i == middle)
    return results + [_clean(t) for t in real]


def _pair(kind: str, strength: str, scores: list[Score], *, moderate: bool) -> list[Result]:
    recall = float(np.mean([s.recall for s in scores]))
    precision = float(np.mean([s.precision for s in scores]))
    bar = ">= 0.9" if moderate else ""
    what = f"{kind}, {strength}, {len(scores)} cases"
    return [
        Result(f"quality.{kind}.recall", f"planted cells named: {what}", recall, bar, "1", recall >= 0.9 if moderate else None),
        Result(
            f"quality.{kind}.precision", f"named cells planted: {what}", precision, bar, "1",
            precision >= 0.9 if moderate else None,
        ),
    ]  # fmt: skip


def _clean(table: Table) -> Result:
    report = examine([table.frame], table.contract)
    loud = [f for f in report.findings if f.harm != "know"]
    said = ", ".join(f"{f.kind}({'/'.join(f.where.columns)})" for f in loud) or "nothing"
    return Result(f"quality.clean.{table.name}", f"findings to act on or look at: {said}", len(loud), "", "1", None)


if __name__ == "__main__":
    main("quality", measure, seeds=SEEDS)
