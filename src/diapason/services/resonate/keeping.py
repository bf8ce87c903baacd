"""What a run of `resonate` keeps beside its result: predictions of each arm, the audit sheet, the mended rows."""

from typing import Any

import numpy as np
import polars as pl

from diapason.engines.learning.evaluating import table
from diapason.engines.resonance.audit import AuditRow
from diapason.engines.resonance.bundles import bundled, members
from diapason.engines.resonance.diagnosis import Diagnosis
from diapason.engines.resonance.judge import CONFIRM
from diapason.engines.resonance.softening import entered
from diapason.services import attest
from diapason.services.resonate.playing import Played, Player
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.trials import Arm, Candidate, Kind
from diapason.vocabulary.wire import plain

__all__ = ["arm_name", "keep_arms", "keep_mended", "sheet_table"]

ANSWERS = "answers"
"""What people have said of rows, as a repair that nothing else has to prove."""
SHARES = ("row", "source", "target", "weight")
"""Of what is learnt from, where a repair weighs rows: the table has no place for that."""


def keep_arms(run: attest.Run, examples: Examples, played: Played) -> None:
    """Predictions of the confirmed arms on the judged rows, so that each score can be counted again."""
    trials, judge = played.trials, played.judge
    for (candidate, arm, draw, learner), made in trials.arms().items():
        rows = np.flatnonzero((judge.stage == CONFIRM) & np.isfinite(made) & np.isfinite(judge.truth))
        if arm is Arm.PLACEBO or not len(rows):
            continue
        guess = np.eye(len(examples.classes))[made[rows].astype(int)] if examples.classes else made[rows]
        kept = table(examples.take(rows), guess, judge.fold[rows]).with_columns(weight=judge.weight[rows])
        name = arm_name(arm.value, candidate, learner)
        run.keep(f"{name}-{draw}" if draw else name, kept)


def arm_name(arm: str, candidate: str, learner: str) -> str:
    """What the predictions of an arm are kept as; a bundle is called by its parts, "a+b", which no file may be.

    >>> arm_name("treatment", "drop+trim", "usual/2")
    'treatment-drop.trim-usual.2'
    """
    return "-".join(x.replace("/", ".").replace("+", ".") for x in (arm, candidate, learner) if x)


def sheet_table(examples: Examples, expected: Any, rows: tuple[AuditRow, ...]) -> pl.DataFrame:
    """The rows that people are asked about, with what was given there and what the judge expects."""
    place = np.array([r.position for r in rows])
    given = examples.target[place]
    told: list[Any] = given.tolist()
    if examples.task is Task.CLASSIFICATION:
        told = [examples.classes[int(g)] for g in given]
    columns: dict[str, Any] = {
        "row": [r.row for r in rows],
        "inclusion": [r.inclusion for r in rows],
        "doubt": [r.doubt for r in rows],
        "given": told,
        "expected": np.asarray(expected)[place],
    }
    if examples.asset is not None:
        columns["asset"] = [examples.assets[c] if examples.assets else str(c) for c in examples.asset[place]]
    if examples.time is not None:
        columns["time"] = examples.time[place]
    return pl.DataFrame(columns).fill_nan(None)


def keep_mended(player: Player, played: Played, whole: Examples, run: attest.Run) -> dict[str, Any]:
    """What the adopted repair does to every row that may be learnt from, also where only some of them were tried on;
    kept so that `adopt` needs no second thought.
    """
    chosen = played.ending.adopted
    if chosen is None and (player.answers is None or not player.answers.wrong.any()):
        return {"adopted": [], "mended": None}
    if chosen is None:
        candidate, label = Candidate(ANSWERS, ANSWERS, Kind.CURATION), played.trials.robust_or_first()
        mended, touched = player.known(whole), player.answers.rows[player.answers.wrong] if player.answers else ()
    else:
        evidence, label = player.evidence(whole), chosen.learner
        candidate = player.proposed(chosen.candidate.id, player.proposals(evidence)) or chosen.candidate
        mended, touched = player.mended(evidence, candidate)
    learner = player.learner(label)
    before = pl.DataFrame({"row": whole.rows, "before": whole.target})
    after = pl.DataFrame({"row": mended.rows, "after": mended.target})
    both = before.join(after, on="row", how="left")
    changed = both.filter(pl.col("after").is_null() | (pl.col("after") != pl.col("before")))
    run.keep("mended", changed.sort("row"))
    if chosen is not None and (cells := _cells(player, evidence, candidate)).height:
        run.keep("cells", cells)
    if (shares := entered(mended)) is not None:
        run.keep("shares", pl.DataFrame(dict(zip(SHARES, shares, strict=True))))
    made = {
        "candidate": candidate.id,
        "treatment": candidate.treatment,
        "kind": candidate.kind.value,
        "parameters": plain(candidate.parameters),
        "learner": {"label": learner.label, "recipe": learner.recipe.name, "settings": plain(learner.settings)},
        "rows": len(touched),
        "looked_at": len(whole),
    }
    return {"adopted": [] if chosen is None else [candidate.id], "mended": made}


def _cells(player: Player, evidence: Diagnosis, candidate: Candidate) -> pl.DataFrame:
    """Numbers among the inputs that curation changes in the table; what runs on the line is not written there."""
    own = [m for m in members(candidate) if m.kind is Kind.CURATION]
    made = player.mended(evidence, bundled(own))[0] if own else evidence.examples
    whole, told = evidence.examples, list[pl.DataFrame]()
    for name in whole.features.columns:
        if not whole.features[name].dtype.is_numeric() or name not in made.features.columns:
            continue
        before = pl.DataFrame({"row": whole.rows, "before": whole.features[name].cast(pl.Float64)})
        after = pl.DataFrame({"row": made.rows, "after": made.features[name].cast(pl.Float64)})
        both = before.join(after, on="row", how="inner").filter(~pl.col("before").eq_missing(pl.col("after")))
        told.append(both.with_columns(column=pl.lit(name)))
    return pl.concat(told) if told else pl.DataFrame({"row": [], "before": [], "after": [], "column": []})
