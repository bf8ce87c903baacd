"""What the trials add up to: what is adopted, what is ruled out at what power, and why each candidate fell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scipy import stats

from diapason.engines.resonance.bundles import members
from diapason.engines.resonance.gains import Gain
from diapason.engines.resonance.judge import Judge
from diapason.engines.resonance.trials import Finalist, Trials
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.findings import Finding
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.trials import Candidate, TrialRow

__all__ = ["Ending", "RuledOut", "conclude"]

_MARGIN = {"%": 3.0, "1": 0.02}
"""How much worse a slice that must not suffer may look before a candidate falls: percent of error, or points."""

_WORTH = {"%": 0.5, "1": 0.005}
"""Gain over the robust learner below which a repair isn't worth its risk: percent of error, or points."""
_UNPROVED = 2.0
"""How many times that, where nothing shows that the rows are wrong, only that they lie far out."""

_WHY = {
    "adopted": "better than nothing, placebo and the robust learner, confirmed on untouched folds",
    "screened_out": "no better than the best learner on untouched data, on the screening folds",
    "not_touched": "nothing to do on the training rows of the folds",
    "no_gain_over_nothing": "the interval of its gain over doing nothing reaches zero",
    "no_gain_over_placebo": "a placebo of the same size does as well, as far as can be told",
    "no_gain_over_robust": "the most robust learner on untouched data does as well, as far as can be told",
    "too_small": "its gain over the robust learner is too small to be worth the risk",
    "harms_a_slice": "a slice that must not suffer gets worse",
    "part_adds_nothing": "one of its repairs adds nothing to the others: taken out, the rest does as well",
    "only_believed": "only the judge's own belief sees a gain, the labels as given speak against it: audit",
    "held": "proved before people answered; nothing that they say speaks against it, and nothing is proved better",
    "second_best": "good, but another candidate is better and only one is adopted per run",
    "asks_a_person": "no trial can prove this: a person must say so",
    "left_out": "the sealed plan had room for fewer candidates",
}


@dataclass(frozen=True, slots=True)
class RuledOut:
    """How large a gain could have been missed."""

    largest: float  # gains above this are excluded by the interval, over the robust learner
    detectable: float  # a true gain of this size would have been adopted with 80 % probability
    unit: str
    finalists: int


@dataclass(frozen=True, slots=True)
class Ending:
    """The verdict's parts."""

    adopted: Finalist | None
    rows: tuple[TrialRow, ...]
    findings: tuple[Finding, ...]
    ruled_out: RuledOut | None


def conclude(trials: Trials, aside: Mapping[str, Sequence[Candidate]], findings: Sequence[Finding]) -> Ending:
    """Adopt at most one candidate, and only if its gains over nothing, over placebo and over the robust learner all
    lie above zero on folds that screening has not seen, by intervals that are clustered and corrected for the number
    of finalists, and no guarded slice suffers. What was proved before people answered stays with its learner, until
    another candidate is proved to be better than it, or it is no longer better than each arm at all.

    Args:
        aside: candidates that were not tried, by the reason: "asks_a_person", "left_out".
    """
    level = trials.design.level
    confirmed = trials.confirmed()
    reach = trials.reach(confirmed)
    reasons = [_reason(f, reach, trials.judge) for f in confirmed]
    good = [f for f, reason in zip(confirmed, reasons, strict=True) if reason == "adopted"]
    held = next((f for f in confirmed if trials.holds(f) and (f in good or _still_holds(f))), None)
    better = [f for f in good if held is None or trials.over(held, f).low(reach) > 0]
    chosen = max(better, key=lambda f: f.over_robust.value) if better else held
    said = [_standing(f, reason, chosen, held) for f, reason in zip(confirmed, reasons, strict=True)]
    rows = [_row(f, reason, trials, reach) for f, reason in zip(confirmed, said, strict=True)]
    tried = {f.candidate.id for f in confirmed}
    rows += [_fallen(c, trials) for c in trials.candidates if c.id not in tried]
    rows += [_untried(c, reason) for reason, set_aside in aside.items() for c in set_aside]
    ruled = _ruled_out([f.over_robust for f in confirmed], level, reach)
    return Ending(chosen, tuple(rows), tuple(findings), ruled)


def _reason(f: Finalist, reach: float, judge: Judge) -> str:
    checks = (
        ("no_gain_over_nothing", f.over_nothing),
        ("no_gain_over_placebo", f.over_placebo),
        ("no_gain_over_robust", f.over_robust),
    )
    for reason, gain in checks:
        if not gain.low(reach) > 0:
            return reason
    if not f.agreed:
        return "only_believed"
    if not all(g.value > 0 for g in f.parts.values()):
        return "part_adds_nothing"
    unproved = _UNPROVED if any("beyond" in m.parameters for m in members(f.candidate)) else 1.0
    if f.over_robust.value < unproved * _WORTH[f.over_robust.unit]:
        return "too_small"
    margin = _MARGIN[f.guard.unit]
    worse = f.guard.value < -margin and f.guard.estimate(0.9).high < 0
    pair = judge.task is Task.MONITORING and f.guard.value < -margin
    return "harms_a_slice" if worse or pair else "adopted"


def _standing(f: Finalist, reason: str, chosen: Finalist | None, held: Finalist | None) -> str:
    """What the table says of a finalist, once one of them is chosen."""
    if f is chosen:
        return "held" if f is held else "adopted"
    return "second_best" if reason == "adopted" else reason


def _still_holds(f: Finalist) -> bool:
    gains = (f.over_nothing, f.over_placebo, f.over_robust)
    return f.agreed and all(g.value > 0 for g in gains) and f.guard.value >= -_MARGIN[f.guard.unit]


def _row(f: Finalist, reason: str, trials: Trials, reach: float) -> TrialRow:
    level = trials.design.level
    return TrialRow(
        candidate=f.candidate,
        over_nothing=f.over_nothing.estimate(level, reach),
        over_placebo=f.over_placebo.estimate(level, reach),
        over_robust=f.over_robust.estimate(level, reach),
        guardrail=f.guard.estimate(level),
        screened_out=False,
        adopted=reason in ("adopted", "held"),
        why=_WHY[reason],
        reason=f"trial_{reason}",
        touched=trials.touched(f.candidate.id),
        learner=f.learner,
        alone=f.alone.estimate(level, reach),
        parts={name: gain.estimate(level, reach) for name, gain in f.parts.items()},
    )


def _fallen(c: Candidate, trials: Trials) -> TrialRow:
    touched = trials.touched(c.id)
    if not touched:
        return _untried(c, "not_touched")
    gain = next(g for one, _, g in trials.screened() if one.id == c.id)
    over = gain.estimate(trials.design.level)
    return replace(_untried(c, "screened_out", touched), over_robust=over)


def _untried(c: Candidate, reason: str, touched: int = 0) -> TrialRow:
    out = reason == "screened_out"
    return TrialRow(c, _none(), _none(), _none(), None, out, False, _WHY[reason], f"trial_{reason}", touched)


def _none() -> Estimate:
    """Not tested."""
    return Estimate(float("nan"), float("nan"), float("nan"), n=0)


def _ruled_out(gains: Sequence[Gain], level: float, reach: float) -> RuledOut | None:
    if not gains:
        return None
    high = max(g.estimate(level, reach).high for g in gains)
    found = reach + float(stats.norm.ppf(0.8))
    return RuledOut(max(high, 0.0), found * max(g.error for g in gains), gains[0].unit, len(gains))
