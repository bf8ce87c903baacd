"""Findings about the clock: backwards, repeated, gaps, unsteady, missing."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.clock import Clock, Steps
from diapason.engines.quality.place import Place
from diapason.engines.quality.report import harm
from diapason.engines.quality.thresholds import Thresholds
from diapason.vocabulary.findings import Finding, Where

__all__ = ["clock"]


def clock(clock: Clock, place: Place, doubles: frozenset[int], limits: Thresholds) -> Iterator[Finding]:
    """What is wrong with the time of the rows; nothing for a table without one.

    Args:
        doubles: `_row`s that repeat a whole row: their time repeats by right.
    """
    name = place.layout.time
    if name is None:
        return
    total = int(clock.counts.sum()) + clock.back + clock.repeat
    if clock.missing:
        where = Where((name,), (), clock.missing, place.rows)
        yield Finding("clock_missing", where, 1.0, "act" if clock.missing > 0.01 * place.rows else "look")
    if not total:
        return
    step = usual(clock)
    if clock.back:
        yield _backwards(clock, name, step, total, place)
    own = ~np.isin(clock.repeats["row"], np.array(sorted(doubles), dtype=np.int64))
    if own.any():
        count = round(clock.repeat * float(own.mean()))
        where = _where(name, clock.repeats[own], count, total, place)
        yield Finding("clock_repeated", where, 0.95, "look", {"step": step})
    yield from _gaps(clock, name, step, total, place, limits)


def usual(clock: Clock) -> float:
    """The step that most rows make; the middle one where none is common."""
    if not clock.counts.size:
        return 0.0
    best = int(clock.counts.argmax())
    if clock.counts[best] >= 0.2 * clock.counts.sum():
        return float(clock.steps[best])
    inside = np.cumsum(clock.counts) / clock.counts.sum()
    return float(clock.steps[np.searchsorted(inside, 0.5)])


def _backwards(clock: Clock, name: str, step: float, total: int, place: Place) -> Finding:
    back = clock.backwards
    sizes = back["start"] - back["end"]
    facts: dict[str, float | str] = {"largest": float(sizes.max()), "step": step}
    found, counts = np.unique(sizes, return_counts=True)
    if counts.max() >= 0.8 * sizes.size and sizes.size > 2:
        facts["always"] = float(found[counts.argmax()])
    return Finding("clock_backwards", _where(name, back, clock.back, total, place), 1.0, harm(clock.back, total), facts)


def _gaps(clock: Clock, name: str, step: float, total: int, place: Place, limits: Thresholds) -> Iterator[Finding]:
    """Gaps where the clock is otherwise steady; unsteadiness otherwise."""
    if step <= 0:
        return
    steady = float(clock.counts[np.abs(clock.steps - step) <= 0.1 * step].sum()) / max(clock.counts.sum(), 1)
    large = clock.largest[clock.largest["end"] - clock.largest["start"] >= limits.gap_steps * step]
    wandering = _wandering(clock.backwards, large)
    large = large[~np.isin(large["start"], clock.backwards["end"])]
    large = large[~_filled(large, wandering)]
    if large.size and large.size <= 0.02 * total and steady > 0.5:
        lost = float(((large["end"] - large["start"]) / step - 1).sum())
        facts: dict[str, float | str] = {
            "largest": float((large["end"] - large["start"]).max()),
            "step": step,
            "lost": round(lost),
        }
        harm = "look" if lost > 0.01 * place.rows else "know"
        yield Finding("clock_gap", _where(name, large, large.size, total, place), 0.9, harm, facts)
    if steady < 1 - limits.jitter:
        off = round((1 - steady) * int(clock.counts.sum()))
        whole = clock.counts[np.abs(clock.steps / step - np.round(clock.steps / step)) < 0.01].sum()
        facts = {"step": step, "multiples": float(whole / max(clock.counts.sum(), 1))}
        yield Finding("clock_unsteady", Where((name,), (), off, total), 0.9, "know", facts)


def _wandering(back: Steps, large: Steps) -> Steps:
    """Steps backwards from which the clock goes on, not those from which it returns at once: a fault of one stamp."""
    return back[~np.isin(back["end"], large["start"])]


def _filled(gaps: Steps, back: Steps) -> NDArray[np.bool_]:
    """Gaps of which most lies where the clock also went backwards: the rows are there, in another place."""
    if not gaps.size or not back.size:
        return np.zeros(gaps.size, dtype=bool)
    out = np.zeros(gaps.size, dtype=bool)
    for i, gap in enumerate(gaps):
        over = np.minimum(gap["end"], back["start"]) - np.maximum(gap["start"], back["end"])
        out[i] = bool(((over > 0.4 * (gap["end"] - gap["start"])) & (back["asset"] == gap["asset"])).any())
    return out


def _where(name: str, steps: Steps, count: int, total: int, place: Place) -> Where:
    assets = np.unique(steps["asset"])
    rows = np.unique(steps["row"])
    edges = np.concatenate((steps["start"], steps["end"]))
    return Where(
        columns=(name,),
        rows=tuple(int(r) for r in rows[: place.named]),
        count=int(count),
        of=total,
        window=(place.stamp(edges.min()), place.stamp(edges.max())),
        asset=place.asset(assets[0]) if assets.size == 1 else "",
    )
