"""Spike-in controls: do the stated catch rates cover those of defects nobody has seen?

Run: python -m benchmarks.detection [--quick] [--json]. Per set the controls state, from plantings with one seed, the
share caught of each kind of defect at each strength, with a 90 % interval for the next planting. Then unseen defects
(`benchmarks.spikes`, other code, other seeds, other copies) are planted at strengths drawn inside the stated range,
and the same diagnosis looks: 2 per kind that needs training, 8 per kind that rules judge.

- Pooled: share of unseen plantings whose rate caught lies in the interval stated at their strength; nominal 90 %.
- A set counts if for every kind the mean rate over its unseen plantings lies between the mean of the lower and the
  mean of the upper ends stated at their strengths, all kinds at once.
- Flags: a set counts if the mean share flagged of rows left alone, over its unseen plantings, lies in the stated range.
- Width: of the intervals at the strengths of the unseen plantings. Skill: a constant interval as wide as the median,
  placed as well as hindsight can place it, covers so many (a statement that knows nothing of the table).
- Decoys: how many of them led to a proposal that touches their rows, rows touched without the decoy left out.

Copies of at most 500 rows, 3 plantings per trained kind: the least but one that a run makes. The prior of the curves
was fixed on generated tables that are no set of `benchmarks.sets`; reported are its sets marked "check" (--quick: every
fifth). Digits is left out for its cost (10 classes, 64 columns).
"""

from typing import Any

import numpy as np

from benchmarks.frame import Result, cells, main
from benchmarks.sets import SETS, load, named
from benchmarks.spikes import spike
from diapason.engines.resonance.catching import caught_by_diagnosis, caught_by_rules, flagged, ruled
from diapason.engines.resonance.controls import Controls, Plan, control, copy, decoys_of, kinds
from diapason.engines.resonance.diagnosis import Diagnosis, diagnose
from diapason.engines.resonance.planting import DEFECTS, Planted
from diapason.engines.resonance.sensors import rules
from diapason.services.resonate.controls import touched
from diapason.services.resonate.planning import flagger, treatments
from diapason.vocabulary.examples import Examples

STATED, UNSEEN = 0, 7000
ROWS, STEPS, CHEAP, PARTS = 500, 3, 12, 3
LEFT_OUT = ("digits",)


def look(rows: Examples) -> Diagnosis:
    """The diagnosis that the loop makes of these rows."""
    learner = flagger(rows.task)

    def fit(part: Examples, robust: bool, seed: int) -> Any:
        return learner.recipe.fit(part, learner.settings["robust" if robust else "usual"], seed).predict

    return diagnose(rows, fit, seed=STATED, parts=PARTS)


def stated(rows: Examples) -> Controls:
    """What the controls say of a set."""
    plan = Plan(ROWS, kinds(rows), STEPS, CHEAP, 1, decoys_of(rows), PARTS)
    return control(rows, plan, look, lambda seen: touched(seen, treatments()), seed=STATED)


def unseen(rows: Examples, kind: str, strength: float, turn: int) -> tuple[float, float]:
    """Share caught of one unseen defect, and share flagged of the rows left alone."""
    rng = np.random.default_rng([UNSEEN, turn, *kind.encode()])
    base = copy(rows, ROWS, kind, turn, seed=UNSEEN)
    examples, bad, column = spike(base, kind, strength, rng)
    planted = Planted(examples, bad, column)
    if kind.startswith("input_"):
        found = rules(examples, seed=UNSEEN)
        caught, of = caught_by_rules(kind, planted, found)
        return caught / of, float(ruled(examples, found)[~bad].mean())
    seen = look(examples)
    caught, of = caught_by_diagnosis(kind, planted, seen)
    return caught / of, float(flagged(seen)[~bad].mean())


def measured(name: str) -> dict[str, Any]:
    """One set: plantings as (kind, strength, caught, stated low, mean, high, flagged of the rest), flags, decoys."""
    rows = load(name, 0).train
    said, rng, plantings = stated(rows), np.random.default_rng([UNSEEN, *name.encode()]), []
    for one in said.detected:
        defect = DEFECTS[one.kind]
        for turn in range(2 if defect.trained else 8):
            strength = float(np.exp(rng.uniform(np.log(defect.low), np.log(defect.high))))
            rate, others = unseen(rows, one.kind, strength, turn)
            mean, low, high = one.curve.at(strength)
            plantings.append((one.kind, strength, rate, low, mean, high, others))
    return {
        "plantings": plantings,
        "flags": [min(said.flags), max(said.flags)],
        "decoys": [sum(t for _, t in said.decoys), len(said.decoys)],
        "looks": said.looks,
    }


def covers(plantings: list[Any]) -> bool:
    """Whether for every kind the mean rate lies between the means of the stated ends."""
    for kind in {p[0] for p in plantings}:
        rate, low, high = np.mean([(p[2], p[3], p[5]) for p in plantings if p[0] == kind], axis=0)
        if not low - 1e-9 <= rate <= high + 1e-9:
            return False
    return True


def _flags(found: dict[str, Any]) -> bool:
    own = [p[6] for p in found["plantings"] if not p[0].startswith("input_")]
    return bool(found["flags"][0] - 1e-9 <= np.mean(own) <= found["flags"][1] + 1e-9)


def measure(quick: bool) -> list[Result]:
    """Over the sets."""
    names = [n for n in named(role="check") if n not in LEFT_OUT]
    names = names[::5] if quick else names
    found = dict(zip(names, cells("detection", [(n,) for n in names], measured), strict=True))
    every = [p for f in found.values() for p in f["plantings"]]
    rate, low, mean, high = (np.array([p[i] for p in every]) for i in (2, 3, 4, 5))
    inside = float(np.mean((low - 1e-9 <= rate) & (rate <= high + 1e-9)))
    width = float(np.median(high - low))
    blind = max(float(np.mean((a <= rate) & (rate <= a + width))) for a in np.linspace(0, 1 - width, 101))
    sets = float(np.mean([covers(f["plantings"]) for f in found.values()]))
    flags = float(np.mean([_flags(f) for f in found.values()]))
    failed = ", ".join(n for n, f in found.items() if not covers(f["plantings"])) or "none"
    taken, of = (sum(f["decoys"][i] for f in found.values()) for i in (0, 1))
    families = len({SETS[n].family for n in names})
    said = f"{len(names)} sets of {families} families, {len(every)} unseen plantings"
    return [
        Result(
            "detection.sets", f"sets whose rates are covered ({said}; not: {failed})", sets, ">= 0.9", "1", sets >= 0.9
        ),
        Result("detection.next", "unseen plantings inside the 90 % interval", inside, ">= 0.9", "1", inside >= 0.9),
        Result("detection.width", "median width of these intervals", width, "", "1", None),
        Result("detection.narrow", "intervals narrower than 0.3", float(np.mean(high - low < 0.3)), "", "1", None),
        Result("detection.constant", "covered by one interval of that width for all", blind, "", "1", None),
        Result(
            "detection.error",
            "mean absolute error of the stated mean",
            float(np.mean(np.abs(rate - mean))),
            "",
            "1",
            None,
        ),
        Result(
            "detection.flags", "sets whose flags on rows left alone are covered", flags, ">= 0.9", "1", flags >= 0.9
        ),
        Result("detection.decoys", f"decoys that led to a proposal ({taken} of {of})", taken / of, "", "1", None),
    ]


if __name__ == "__main__":
    main("detection", measure, seeds=(STATED, UNSEEN))
