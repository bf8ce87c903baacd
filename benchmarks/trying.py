"""One cell of the resonance grid: clean, damaged, oracle, the loop told nothing, the loop with an audit, and peers."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from benchmarks.damages import Damaged, damage
from benchmarks.grid import GridCell
from benchmarks.sets import load
from diapason.engines.learning.metrics import score
from diapason.engines.learning.recipes.robust import recipe as robust
from diapason.engines.resonance.answers import Answers
from diapason.engines.resonance.audit import sheet
from diapason.engines.resonance.bundles import condition
from diapason.engines.resonance.placebo import placebo
from diapason.services.resonate.cells import Plain
from diapason.services.resonate.planning import choose, treatments
from diapason.services.resonate.playing import Earlier, Learner, Played, Player, Size
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.wire import plain

BUDGET = 40.0
"""Seconds that the plan may take; the plan itself does not look at the clock while it runs. The robust learner has raced
before, as after `diapason learn`.
"""
AUDIT, SHARE = 100, 0.05
DRAWS = 100
"""Of the test rows, for the noise of a difference."""


@dataclass(frozen=True, slots=True)
class Loop:
    """What the loop did with some rows."""

    error: float
    placebo: float | None  # error with a matched placebo of what was adopted, by the same learner
    unmended: float | None  # error of that learner on the rows as they are
    rival: float | None  # error on the rows as they are of the learner over which the gain was confirmed
    adopted: str
    promised: (
        tuple[float, float, float, str] | None
    )  # gain over the robust learner as confirmed: value, low, high, unit
    trainings: int
    candidates: int
    seconds: float
    played: Played
    proved: Earlier | None  # what was adopted, with its learner


def error(predict: Callable[[Examples], Any], test: Examples) -> float:
    """The deployment error on clean rows: rmse, or one minus (macro) F1."""
    made = np.asarray(predict(test))
    if test.task is Task.CLASSIFICATION:
        return 1 - float(score("macro_f1", test.target, made))
    if test.task is Task.MONITORING:
        return 1 - float(score("f1", test.target, (made >= 1).astype(np.float64)))
    return float(score("rmse", test.target, made))


def learnt(rows: Examples, seed: int) -> Any:
    """The best robust learner: all families raced on these rows."""
    return robust.fit(rows, robust.settings(rows.task)[0], seed)


def raced(model: Any, rows: Examples) -> dict[str, Any]:
    """Settings that learn the winners of that race again, as `resonate` finds them where `learn` was run before."""
    return {**robust.settings(rows.task)[0], "members": plain(model.chosen())}


def told(damaged: Damaged) -> Examples:
    """What an oracle that is told the bad cells leaves: bad rows out, bad input cells missing."""
    rows = damaged.examples
    features = rows.features
    for name, bad in damaged.bad_cells.items():
        gone = pl.when(pl.Series(bad)).then(None).otherwise(pl.col(name)).alias(name)
        features = features.with_columns(gone)
    return replace(rows, features=features).take(np.flatnonzero(~damaged.bad_rows))


def loop(
    dirty: Examples,
    test: Examples,
    seed: int,
    alone: float,
    used: Mapping[str, Any],
    answers: Answers | None = None,
    earlier: Earlier | None = None,
) -> Loop:
    """Plan, try, adopt as `resonate` and `adopt` do; where nothing is adopted the robust learner stays.

    Args:
        alone: error of the robust learner on the rows as they are (corrected by the answers, if there are any).
        used: settings of that learner as it raced on the rows as they were given.
        earlier: what was proved before people answered.
    """
    begin = time.monotonic()
    planned = choose(dirty, used, BUDGET, seed=seed, answers=answers, held=earlier is not None)
    player = player_of(dirty, planned.learners, planned.flagger, planned.size, seed, answers)
    player = replace(player, earlier=earlier)
    played = player.play()
    if played.ending.adopted is None:
        return Loop(alone, None, None, None, "", None, *_spent(player, played, begin), None)
    mended = learnt_mended(player, played, seed)
    made, sham, plain, rival = (error(x, test) for x in (mended.predict, mended.placebo, mended.unmended, mended.rival))
    gain = next(r.over_robust for r in played.ending.rows if r.adopted)
    promised = gain.value, gain.low, gain.high, gain.unit
    learner = player.learner(played.ending.adopted.learner)
    proved = Earlier(mended.adopted, learner.recipe, learner.settings)
    return Loop(made, sham, plain, rival, mended.adopted, promised, *_spent(player, played, begin), proved)


@dataclass(frozen=True, slots=True)
class Mended:
    """What the adopted repair leaves."""

    adopted: str
    predict: Callable[[Examples], Any]  # conditioned as the line would be, learnt from all mended rows
    placebo: Callable[[Examples], Any]  # the same learner after a matched placebo
    unmended: Callable[[Examples], Any]  # the same learner on the rows as they are
    rival: Callable[[Examples], Any]  # on these the best learner of the trials, over which the gain was confirmed


def learnt_mended(player: Player, played: Played, seed: int) -> Mended:
    """Do what was adopted to all rows, and learn from them."""
    chosen = played.ending.adopted
    assert chosen is not None
    evidence = player.evidence(player.examples)
    candidate = player.proposed(chosen.candidate.id, player.proposals(evidence)) or chosen.candidate
    mended, _ = player.mended(evidence, candidate)
    learner = player.learner(chosen.learner)
    named = {t.name: t for t in player.treatments}
    model = learner.recipe.fit(mended, learner.settings, seed)

    def line(test: Examples) -> Any:
        return model.predict(condition(test, candidate, named))

    def sham(test: Examples) -> Any:
        return learner.recipe.fit(placebo(evidence, mended, draw=0), learner.settings, seed).predict(test)

    def given(test: Examples, by: Learner) -> Any:
        return by.recipe.fit(evidence.examples, by.settings, seed).predict(test)

    best = player.learner(played.trials.robust)
    return Mended(candidate.id, line, sham, partial(given, by=learner), partial(given, by=best))


def _spent(player: Player, played: Played, begin: float) -> tuple[int, int, float, Played]:
    return player.store.trainings, len(played.trials.candidates), time.monotonic() - begin, played


def player_of(
    rows: Examples, learners: tuple[Learner, ...], flags: Learner, size: Size, seed: int, answers: Answers | None = None
) -> Player:
    """Who tries all installed treatments, without a cache."""
    return Player(rows, learners, flags, treatments(), size, Plain(), "", seed, answers=answers)


def audited(damaged: Damaged, played: Played, seed: int) -> Answers:
    """A person looks at the rows of the sheet and says which are wrong and what is right."""
    rows, judge = damaged.examples, played.judge
    units = len(rows) if rows.task is not Task.REMAINING_LIFE else len(np.unique(np.asarray(rows.asset)))
    size = max(1, min(AUDIT, int(SHARE * units)))
    chosen = sheet(rows.rows, judge.doubt, played.apart(), size, seed=seed, asset=_lives(rows))
    place = np.array([r.position for r in chosen])
    inclusion = np.array([r.inclusion for r in chosen])
    right = damaged.truth.target[place]
    wrong = damaged.bad_rows[place]
    return Answers(rows.rows[place], wrong, np.where(wrong & (right == rows.target[place]), np.nan, right), inclusion)


def _lives(rows: Examples) -> Any:
    return rows.asset if rows.task is Task.REMAINING_LIFE else None


def noise(models: tuple[Any, Any, Any], test: Examples, seed: int) -> float:
    """Standard error of the difference between the errors of a damaged and a clean model: test rows (whole assets
    where there are some) drawn anew, and another seed of the clean model.

    Args:
        models: learnt from clean rows, from clean rows with another seed, from damaged rows.
    """
    codes = np.arange(len(test)) if test.asset is None else np.unique(test.asset, return_inverse=True)[1]
    made = [np.asarray(m.predict(test)) for m in models]
    rng, whole, drawn = np.random.default_rng([29, seed]), _errors(made, test), []
    place = [np.flatnonzero(codes == c) for c in range(int(codes.max()) + 1)] if test.asset is not None else None
    for _ in range(DRAWS):
        units = rng.integers(0, int(codes.max()) + 1, int(codes.max()) + 1)
        rows = units if place is None else np.concatenate([place[u] for u in units])
        clean, _, bad = _errors([m[rows] for m in made], test.take(rows))
        drawn.append(bad - clean)
    return float(np.hypot(np.nanstd(drawn), abs(whole[0] - whole[1]) / np.sqrt(2)))


def _errors(made: list[Any], test: Examples) -> list[float]:
    return [error(lambda _, m=m: m, test) for m in made]  # type: ignore[misc]


def tried(cell: GridCell, peers: bool) -> dict[str, Any]:
    """All figures of one cell; errors on the same clean test rows, smaller is better."""
    pair = load(cell.set, cell.seed)
    damaged = damage(pair.train, cell.damage, cell.strength, cell.seed)
    test, seed = pair.test, cell.seed
    models = learnt(pair.train, seed), learnt(pair.train, seed + 1), learnt(damaged.examples, seed)
    clean, alone = (error(m.predict, test) for m in (models[0], models[2]))
    facts: dict[str, Any] = {"clean": clean, "noise": noise(models, test, seed), "damaged": alone}
    facts["oracle"] = error(learnt(told(damaged), seed).predict, test)
    used = raced(models[2], damaged.examples)
    blind = loop(damaged.examples, test, seed, alone, used)
    facts |= {"nothing": blind.error, "adopted": blind.adopted, "promised": blind.promised, "placebo": blind.placebo}
    facts |= {"unmended": blind.unmended, "rival": blind.rival}
    facts |= {"trainings": blind.trainings, "candidates": blind.candidates, "seconds": round(blind.seconds, 1)}
    answers = audited(damaged, blind.played, seed)
    known = error(learnt(answers.corrected(damaged.examples), seed).predict, test)
    seen = loop(damaged.examples, test, seed, known, used, answers, blind.proved)
    facts |= {"audit": seen.error, "audit_adopted": seen.adopted, "audit_wrong": int(answers.wrong.sum())}
    facts |= {"audit_alone": known, "audit_rows": len(answers.rows)}
    if peers:
        facts["peers"] = _peers(cell, damaged, test)
    return facts


def _peers(cell: GridCell, damaged: Damaged, test: Examples) -> dict[str, float]:
    from benchmarks.peers import GROUND, PEERS

    def fit(rows: Examples) -> Callable[[Examples], Any]:
        predict: Callable[[Examples], Any] = learnt(rows, cell.seed).predict
        return predict

    made = {}
    for name, kinds in GROUND.items():
        if cell.damage in kinds:
            made[name] = error(PEERS[name](damaged.examples, fit, cell.seed), test)
    return made
