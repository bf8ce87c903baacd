"""One cell of the resonance grid: clean, damaged, oracle, the loop told nothing, the loop with an audit, and peers."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
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
from diapason.services.resonate.cells import Plain
from diapason.services.resonate.planning import Planned, choose, treatments
from diapason.services.resonate.playing import Played, Player
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

BUDGET = 60.0
"""Seconds that the plan may take; the plan itself does not look at the clock while it runs."""
AUDIT, SHARE = 100, 0.05


@dataclass(frozen=True, slots=True)
class Loop:
    """What the loop did with some rows."""

    error: float
    adopted: str
    promised: tuple[float, float, float] | None  # gain over the robust learner as confirmed: value, low, high
    trainings: int
    seconds: float
    played: Played


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


def told(damaged: Damaged) -> Examples:
    """What an oracle that is told the bad cells leaves: bad rows out, bad input cells missing."""
    rows = damaged.examples
    features = rows.features
    for name, bad in damaged.bad_cells.items():
        gone = pl.when(pl.Series(bad)).then(None).otherwise(pl.col(name)).alias(name)
        features = features.with_columns(gone)
    return replace(rows, features=features).take(np.flatnonzero(~damaged.bad_rows))


def loop(
    dirty: Examples, test: Examples, seed: int, alone: float, answers: Answers | None = None, earlier: str = ""
) -> Loop:
    """Plan, try, adopt as `resonate` and `adopt` do; where nothing is adopted the robust learner stays.

    Args:
        alone: error of the robust learner on the rows as they are (corrected by the answers, if there are any).
        earlier: what was adopted before people answered.
    """
    begin = time.monotonic()
    planned = choose(dirty, None, BUDGET, seed=seed, answers=answers)
    player = replace(_player(dirty, planned, seed, answers), earlier=earlier)
    played = player.play()
    chosen = played.ending.adopted
    if chosen is None:
        return Loop(alone, "", None, player.store.trainings, time.monotonic() - begin, played)
    whole = player.examples
    evidence = player.evidence(whole)
    candidate = player.proposed(chosen.candidate.id, player.proposals(evidence)) or chosen.candidate
    mended, _ = player.mended(evidence, candidate)
    learner = player.learner(chosen.learner)
    model = learner.recipe.fit(mended, learner.settings, seed)
    named = {t.name: t for t in player.treatments}
    made = error(lambda rows: model.predict(condition(rows, candidate, named)), test)
    gain = next(r.over_robust for r in played.ending.rows if r.adopted)
    promised = gain.value, gain.low, gain.high
    return Loop(made, candidate.id, promised, player.store.trainings, time.monotonic() - begin, played)


def _player(rows: Examples, planned: Planned, seed: int, answers: Answers | None) -> Player:
    made = treatments()
    return Player(rows, planned.learners, planned.flagger, made, planned.size, Plain(), "", seed, answers=answers)


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


def tried(cell: GridCell, peers: bool) -> dict[str, Any]:
    """All figures of one cell; errors on the same clean test rows, smaller is better."""
    pair = load(cell.set, cell.seed)
    damaged = damage(pair.train, cell.damage, cell.strength, cell.seed)
    test, seed = pair.test, cell.seed
    clean = [error(learnt(pair.train, s).predict, test) for s in (seed, seed + 1)]
    alone = error(learnt(damaged.examples, seed).predict, test)
    oracle = error(learnt(told(damaged), seed).predict, test)
    blind = loop(damaged.examples, test, seed, alone)
    facts: dict[str, Any] = {"clean": clean[0], "noise": abs(clean[0] - clean[1]), "damaged": alone, "oracle": oracle}
    facts |= {"nothing": blind.error, "adopted": blind.adopted, "promised": blind.promised}
    facts |= {"trainings": blind.trainings, "seconds": round(blind.seconds, 1)}
    answers = audited(damaged, blind.played, seed)
    mended = answers.corrected(damaged.examples)
    known = error(learnt(mended, seed).predict, test)
    seen = loop(damaged.examples, test, seed, known, answers, blind.adopted)
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
