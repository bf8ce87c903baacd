"""Spike-in controls: known defects and decoys planted in copies, looked at as the loop looks; what it can see here."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.catching import caught_by_diagnosis, caught_by_rules, flagged, ruled
from diapason.engines.resonance.decoys import DECOYS
from diapason.engines.resonance.detection import Curve, Knowledge, Outcome
from diapason.engines.resonance.diagnosis import Diagnosis
from diapason.engines.resonance.planting import DEFECTS, Ground, Planted, ground, moving_columns
from diapason.engines.resonance.sensors import rules
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = [
    "FEWEST",
    "STRETCH",
    "Controls",
    "Detected",
    "Look",
    "Plan",
    "Touched",
    "control",
    "copy",
    "decoys_of",
    "kinds",
    "plant",
]

Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

Look = Callable[[Examples], Diagnosis]
"""The diagnosis that the loop makes, of these rows alone."""
Touched = Callable[[Diagnosis], Mask]
"""Rows that any proposal made on that diagnosis touches, shape (n,)."""
Across = Callable[[Callable[[str], Any], Sequence[str]], Iterable[Any]]
"""Applies to each, results in order."""

STRETCH = 4
"""Rows of a copy in which inputs are planted, over those of a copy that models learn from: it must be unbroken."""
_STRANGE = 1000
_MANY = 8
FEWEST = 120
"""Rows from which on anything is planted."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planted, how often, into how many rows; sealed before any of it runs."""

    rows: int  # of a copy, at most
    kinds: tuple[str, ...]
    steps: int  # plantings per kind that needs training
    cheap: int  # plantings per kind that rules judge
    clean: int  # copies left as they are; each decoy is made of each of them
    decoys: tuple[str, ...]
    parts: int  # of the cross-fit


@dataclass(frozen=True, slots=True)
class Detected:
    """One kind of defect: what was planted, and the curve."""

    kind: str
    outcomes: tuple[Outcome, ...]
    curve: Curve
    planted: int  # rows or assets of a usual planting


@dataclass(frozen=True, slots=True)
class Controls:
    """What the loop can see in this table."""

    plan: Plan
    rows: int  # of a copy
    detected: tuple[Detected, ...]
    flags: tuple[float, ...]  # per copy that was diagnosed: share flagged of the rows left alone
    input_flags: tuple[float, ...]  # the same by the rules of inputs
    own: tuple[float, ...]  # per copy left as it is: share of rows that proposals touch
    decoys: tuple[tuple[str, bool], ...]  # each decoy: whether a proposal touches its rows for the decoy's sake
    looks: int


def kinds(examples: Examples) -> tuple[str, ...]:
    """Kinds of defect that can be planted into these rows."""
    task = _as(examples)
    able = [n for n, d in DEFECTS.items() if task in d.tasks and (examples.time is not None or not d.timed)]
    if not moving_columns(examples):
        able = [n for n in able if not n.startswith("input_") and n != "normal_leap"]
    if (examples.target == 1).sum() < 5:
        able = [n for n in able if n != "normal_stranger"]
    return tuple(able)


def decoys_of(examples: Examples) -> tuple[str, ...]:
    """Kinds of decoy that can be made of these rows."""
    task, moving = _as(examples), bool(moving_columns(examples))
    return tuple(n for n, d in DECOYS.items() if task in d.tasks and (moving or n in ("heavy_tail", "hard_labels")))


def control(
    examples: Examples, plan: Plan, look: Look, touched: Touched, *, seed: int, across: Across = map
) -> Controls:
    """Plant, look, count.

    Each planting goes into a copy of its own: of two populations of wrong targets in one copy the larger hides the
    other, and neither catch rate would be that of the defect alone. Strengths are chosen one after the other where the
    curve is least sure, so that the plan says how many, and the rule says which.

    Args:
        examples: the rows of the table.
        look: the diagnosis of the loop.
        touched: what proposals would touch; a decoy counts as taken for a defect if any of its rows is touched that
            was left alone in the copy without it. The four arms could still refuse the proposal, so the share of decoys
            taken bounds false adoption of such changes from above.
        seed: of copies, rows and values.
        across: does the kinds one after the other, or at the same time.
    """
    detected, flags, inputs = [], list[float](), list[float]()
    for made, others in across(lambda kind: _kind(examples, plan, kind, look, seed), plan.kinds):
        detected.append(made)
        (inputs if made.kind.startswith("input_") else flags).extend(others)
    taken, own = list[tuple[str, bool]](), list[float]()
    for turn in range(plan.clean):
        left = copy(examples, plan.rows, "decoy", turn, seed=seed)
        seen = look(left.examples)
        before = touched(seen)
        flags.append(float(flagged(seen).mean()))
        own.append(float(before.mean()))

        def fooled(name: str, turn: int = turn, left: Ground = left, before: Mask = before) -> bool:
            decoy = DECOYS[name].make(left, _draw(seed, "decoy", name, turn))
            return bool((touched(look(decoy.examples)) & decoy.rows & ~before[decoy.source]).any())

        taken += zip(plan.decoys, across(fooled, plan.decoys), strict=True)
    rows, looks = min(plan.rows, len(examples)), len(flags) + len(taken)
    return Controls(plan, rows, tuple(detected), tuple(flags), tuple(inputs), tuple(own), tuple(taken), looks)


def plant(examples: Examples, rows: int, kind: str, strength: float, *, seed: int, turn: int) -> Planted:
    """One planting into one copy, by its own seed."""
    defect = DEFECTS[kind]
    g = copy(examples, rows, kind, turn, seed=seed)
    return defect.plant(g, strength, defect.share, _draw(seed, "plant", kind, turn))


def copy(examples: Examples, rows: int, name: str, turn: int, *, seed: int) -> Ground:
    """Rows of a copy: drawn at random, or whole assets; an unbroken stretch where only inputs are looked at."""
    draw, n = _draw(seed, "copy", name, turn), len(examples)
    if examples.task is Task.MONITORING:
        index = _watched(examples, STRETCH * rows, draw)
    elif name.startswith("input_"):
        begin = int(draw.integers(0, max(1, n - STRETCH * rows + 1)))
        index = np.arange(begin, min(n, begin + STRETCH * rows))
    elif _as(examples) is Task.REMAINING_LIFE:
        index = _fleet(examples, rows, draw)
    else:
        index = np.sort(draw.choice(n, rows, replace=False)) if n > rows else np.arange(n)
    taken = examples.take(index.astype(np.int64))
    return Ground(taken, float("nan")) if name.startswith("input_") else ground(taken, seed=seed)


def _kind(examples: Examples, plan: Plan, kind: str, look: Look, seed: int) -> tuple[Detected, list[float]]:
    defect, left = DEFECTS[kind], []
    ways = {"rises": defect.rises, "varied": defect.varied, "erratic": defect.erratic}
    known = Knowledge(defect.low, defect.high, **ways, seed=crc32(kind.encode()))
    outcomes = []
    for turn in range(plan.steps if defect.trained else plan.cheap):
        strength = known.ask()
        planted = plant(examples, plan.rows, kind, strength, seed=seed, turn=turn)
        if not planted.bad.any():
            continue
        if kind.startswith("input_"):
            found = rules(planted.examples, seed=seed)
            caught, of = caught_by_rules(kind, planted, found)
            others = ruled(planted.examples, found)[~planted.bad]
        else:
            seen = look(planted.examples)
            caught, of = caught_by_diagnosis(kind, planted, seen)
            others = flagged(seen)[~planted.bad]
        outcomes.append(Outcome(strength, caught, of))
        known.tell(outcomes[-1])
        left.append(float(others.mean()))
    usual = int(np.median([o.planted for o in outcomes])) if outcomes else 1
    return Detected(kind, tuple(outcomes), known.curve(usual), usual), left


def _fleet(examples: Examples, rows: int, draw: np.random.Generator) -> Index:
    """Whole assets, thinned evenly where all of them together are too many rows; 40 assets at most."""
    asset = np.asarray(examples.asset)
    codes = np.unique(asset)
    chosen = np.sort(draw.choice(codes, min(len(codes), 40), replace=False))
    index = np.flatnonzero(np.isin(asset, chosen))
    every = max(1, round(len(index) / (2 * rows)))
    return np.asarray(index[np.arange(len(index)) % every == 0], dtype=np.int64)


def _watched(examples: Examples, rows: int, draw: np.random.Generator) -> Index:
    """A stretch of normal rows, and rows known as abnormal to plant from."""
    normal = np.flatnonzero(examples.target == 0 if examples.normal is None else examples.normal)
    begin = int(draw.integers(0, max(1, len(normal) - rows + 1)))
    return np.sort(np.r_[normal[begin : begin + rows], np.flatnonzero(examples.target == 1)[:_STRANGE]])


def _as(examples: Examples) -> Task:
    """The task as the diagnosis takes it: lives of few assets are values like others."""
    few = examples.asset is None or len(np.unique(examples.asset)) < _MANY
    return Task.REGRESSION if examples.task is Task.REMAINING_LIFE and few else examples.task


def _draw(seed: int, *words: str | int) -> np.random.Generator:
    return np.random.default_rng([seed, crc32(" ".join(map(str, words)).encode())])
