"""Spike-in controls of a run: planned by budget, looked at through the cache, told with their doubt."""

import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.controls import FEWEST, STRETCH, Controls, Detected, Plan, control, decoys_of, kinds
from diapason.engines.resonance.detection import LEVEL, REACHED, over_copies, share_at_most
from diapason.engines.resonance.diagnosis import TURNS, Diagnosis, diagnose
from diapason.engines.resonance.planting import DEFECTS
from diapason.roles.treatment import Treatment
from diapason.services.resonate.cells import Store, key, packed, unpacked
from diapason.services.resonate.control_words import decoys_said, flags_said, kind_said
from diapason.services.resonate.playing import Learner
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.wire import plain

__all__ = ["SHARE", "as_sealed", "controlled", "planned", "touched", "trainings"]

SHARE = 0.15
"""Of the budget, set aside for controls before learners are chosen."""

_SIZES = ((1500, 6, 12, 3), (1500, 4, 12, 2), (1000, 4, 12, 2), (700, 3, 8, 1), (500, 3, 6, 1))
"""Rows of a copy, plantings per kind that needs training, per kind that rules judge, turns of each decoy: largest
first, the first that fits is taken."""
_LEAST = (500, 2, 4, 1)
_PER_FIT, _PER_CELL = 0.08, 6e-6
"""Seconds of one fit of the flagger: what is the same for any table, and per row and column; measured on one core."""
_PER_COLUMN, _PER_VALUE, _PROPOSED = 0.003, 3e-7, 5
"""Seconds in which rules look at a column, and at each of its values; a look by all treatments over one by rules."""


def planned(examples: Examples, budget: float, parts: int) -> Plan | None:
    """The largest controls that fit into their share of the budget; the least if none does, None if rows are too few.

    By counting, not by a clock: the same rows and budget give the same plan.
    """
    if len(examples) < FEWEST:
        return None
    able, decoys = kinds(examples), decoys_of(examples)
    trained = sum(DEFECTS[k].trained for k in able)
    for size in (*_SIZES, _LEAST):
        rows, steps, cheap, turns = size
        clean = (1 + len(decoys)) * turns
        cost = (trained * steps + clean) * _seconds(examples, rows, parts)
        cost += ((len(able) - trained) * cheap + clean * _PROPOSED) * _by_rules(examples, rows)
        if cost <= SHARE * budget:
            break
    return Plan(rows, able, steps, cheap, turns, decoys, parts)


def as_sealed(settings: Mapping[str, Any] | None) -> Plan | None:
    """The plan from its plain form."""
    if settings is None:
        return None
    listed: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    return Plan(**listed)


def trainings(plan: Plan, task: Task) -> int:
    """How often the flagger is fitted."""
    looks = sum(plan.steps for k in plan.kinds if DEFECTS[k].trained) + plan.clean * (1 + len(plan.decoys))
    return 0 if task is Task.MONITORING else looks * plan.parts * TURNS[task]


def controlled(
    examples: Examples,
    plan: Plan,
    flagger: Learner,
    treatments: tuple[Treatment, ...],
    store: Store,
    *,
    seed: int,
    salt: str = "",
) -> dict[str, Any]:
    """Plant, look as the loop looks, and say what it can see in this table.

    Args:
        flagger: the learner whose diagnosis the loop acts on.
        salt: of the cells, as for the trials.

    Returns:
        Plain facts: per kind what was planted and caught, the curve and its sentence; flags on rows left alone; decoys.
    """
    began = time.monotonic()

    def look(rows: Examples) -> Diagnosis:
        name = key("control", salt, flagger.label, plain(flagger.settings), plan.parts, seed, _digest(rows))
        trainings = 0 if rows.task is Task.MONITORING else plan.parts * TURNS[rows.task]
        arrays, facts = unpacked(store.kept(name, lambda: _looked(rows, plan, flagger, seed), trainings))
        return Diagnosis(rows, arrays["expected"], arrays["doubt"], tuple(_finding(f) for f in facts["findings"]))

    made = control(examples, plan, look, lambda seen: touched(seen, treatments), seed=seed, across=store.map)
    cost = {"looks": made.looks, "seconds": round(time.monotonic() - began, 1)}
    return _result(made) | {"cost": cost}


def touched(seen: Diagnosis, treatments: tuple[Treatment, ...]) -> NDArray[np.bool_]:
    """Rows that any proposal touches, shape (n,); those that only a person may accept are left out."""
    rows = [t.apply(seen, c.parameters)[1] for t in treatments for c in t.propose(seen) if not c.ask]
    return np.asarray(np.isin(seen.examples.rows, np.concatenate(rows))) if rows else np.zeros(len(seen.doubt), bool)


def _seconds(examples: Examples, rows: int, parts: int) -> float:
    """One look at a copy, estimated."""
    if examples.task is Task.MONITORING:
        return 0.02
    n = min(rows, len(examples)) * (2 if examples.task is Task.REMAINING_LIFE else 1)
    classes = max(1.0, 0.4 * len(examples.classes))
    return parts * TURNS[examples.task] * classes * (_PER_FIT + _PER_CELL * n * (8 + examples.features.width))


def _by_rules(examples: Examples, rows: int) -> float:
    """One look at the inputs of a copy by rules, estimated."""
    return examples.features.width * (_PER_COLUMN + _PER_VALUE * min(STRETCH * rows, len(examples)))


def _looked(rows: Examples, plan: Plan, flagger: Learner, seed: int) -> bytes:
    def fit(part: Examples, robust: bool, seed: int) -> Any:
        return flagger.recipe.fit(part, flagger.settings["robust" if robust else "usual"], seed).predict

    made = diagnose(rows, fit, seed=seed, parts=plan.parts)
    return packed({"expected": made.out_of_fold, "doubt": made.doubt}, {"findings": plain(made.findings)})


def _digest(rows: Examples) -> str:
    total = sha256(rows.target.tobytes() + rows.rows.tobytes())
    total.update(rows.features.hash_rows(seed=1).to_numpy().tobytes())
    return total.hexdigest()


def _finding(said: Mapping[str, Any]) -> Finding:
    place = Where(tuple(said["where"]["columns"]), tuple(said["where"]["rows"]), said["where"]["count"])
    return Finding(said["kind"], place, said["sure"], said["harm"], said["facts"])


def _result(made: Controls) -> dict[str, Any]:
    told = [_kind(d) for d in made.detected if d.outcomes]
    decoys = _decoys(made)
    flags = {name: _flags(v) for name, v in (("targets", made.flags), ("inputs", made.input_flags)) if v}
    lines = [plain(kind_said(k)) for k in told]
    lines += [plain(flags_said(name, f)) for name, f in flags.items()] + [plain(decoys_said(decoys, made.own))]
    told = [k | {"sentence": s} for k, s in zip(told, lines, strict=False)]
    return {
        "plan": plain(made.plan),
        "rows": made.rows,
        "level": LEVEL,
        "reached": REACHED,
        "kinds": told,
        "flags": flags,
        "own": plain(made.own),
        "decoys": decoys,
        "sentences": lines,
    }


def _kind(d: Detected) -> dict[str, Any]:
    defect, curve = DEFECTS[d.kind], d.curve
    value, low, high = curve.limit or (None, None, None)
    strongest, least, most = curve.at(defect.high)
    limit = {"value": value, "low": low, "high": high}
    return {
        "kind": d.kind,
        "axis": defect.axis,
        "share": plain(defect.share),
        "range": [defect.low, defect.high],
        "tested": [[o.strength, o.caught, o.planted] for o in d.outcomes],
        "strengths": plain(curve.strengths.round(6)),
        **{n: plain(getattr(curve, n).round(4)) for n in ("mean", "low", "high", "next_low", "next_high")},
        "limit": None if curve.limit is None else plain(limit),
        "strongest": {"strength": defect.high, "mean": strongest, "low": least, "high": most},
        "planted": d.planted,
    }


def _flags(shares: tuple[float, ...]) -> dict[str, Any]:
    mean, low, high, level = over_copies(shares)
    return {"mean": mean, "low": low, "high": high, "level": level, "copies": len(shares)}


def _decoys(made: Controls) -> dict[str, Any]:
    taken, of = sum(t for _, t in made.decoys), len(made.decoys)
    by: dict[str, list[int]] = {}
    for name, was in made.decoys:
        by.setdefault(name, [0, 0])
        by[name] = [by[name][0] + was, by[name][1] + 1]
    return {"taken": taken, "of": of, "at_most": share_at_most(taken, of), "by": by}
