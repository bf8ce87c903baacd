"""Findings about stretches of rows: stuck sensors, levels, drifts, grids, without those that another one explains."""

from collections.abc import Iterator, Sequence

from diapason.engines.quality.holds import Stuck
from diapason.engines.quality.place import Place
from diapason.engines.quality.report import harm
from diapason.engines.quality.shifts import Lasting
from diapason.vocabulary.findings import Finding

__all__ = ["cell_free", "lasting_findings", "run_findings"]


def cell_free(run: Stuck, coarse: Sequence[Lasting]) -> bool:
    """Whether a run of one value is not merely what a coarser grid makes of slow values."""
    column, held = run
    for one in coarse:
        first, last = one.track.span(one.first, one.last)
        same = one.column == column and one.track.asset == int(held["asset"])
        if same and first <= held["first"] and held["last"] <= last and held["length"] < 0.5 * (last - first):
            return False
    return True


def run_findings(runs: Sequence[tuple[Stuck, float]], place: Place) -> Iterator[Finding]:
    """One finding per stuck stretch."""
    for (column, run), sure in runs:
        rows, times = (int(run["first"]), int(run["last"])), (float(run["since"]), float(run["until"]))
        where = place.stretch(column, int(run["asset"]), rows, times, int(run["length"]))
        facts: dict[str, float | str] = {"value": float(run["value"]), "length": int(run["length"])}
        yield Finding("stuck", where, sure, harm(where.count, place.rows, act=0.01), facts)


def lasting_findings(
    moved: Sequence[Lasting], said: Sequence[Finding], still: Sequence[tuple[Stuck, float]], place: Place
) -> Iterator[tuple[Lasting, Finding]]:
    """Levels, drifts and grids that no unit, code or stuck stretch explains."""
    for one in moved:
        first, last = one.track.span(one.first, one.last)
        if one.kind != "resolution_change" and (
            _in_said(one, first, last, said, place) or _in_runs(one, first, last, still)
        ):
            continue
        blocks = one.track.blocks
        times = (float(blocks.since[one.first]), float(blocks.until[one.last]))
        count = int(blocks.rows[one.first : one.last + 1].sum())
        where = place.stretch(one.column, one.track.asset, (first, last), times, count)
        facts: dict[str, float | str] = {"size": one.size, "amount": place.normal.amount(one.column, one.moved)}
        if one.kind == "resolution_change":
            facts = {
                "before": float(place.normal.resolution[one.column]),
                "after": float(10 * place.normal.resolution[one.column]),
            }
        yield one, Finding(one.kind, where, one.sure, "know" if one.kind == "resolution_change" else "look", facts)


def _in_said(one: Lasting, first: int, last: int, said: Sequence[Finding], place: Place) -> bool:
    """Whether the same column is explained there, or a change of unit there in another one explains the movement."""
    name = place.layout.numbers[one.column]
    rows = min(float(one.track.blocks.rows[one.first : one.last + 1].sum()), 10_000)
    for f in said:
        told = name in f.where.columns or f.kind == "unit_shift"
        if told and sum(first <= r <= last for r in f.where.rows) > 0.4 * rows:
            return True
    return False


def _in_runs(one: Lasting, first: int, last: int, still: Sequence[tuple[Stuck, float]]) -> bool:
    """Whether a stuck sensor explains the movement: its own, or one of the others."""
    held = 0
    for (_, run), _ in still:
        if int(run["asset"]) == one.track.asset:
            held = max(held, min(last, int(run["last"])) - max(first, int(run["first"])) + 1)
    return held > 0.4 * (last - first + 1)
