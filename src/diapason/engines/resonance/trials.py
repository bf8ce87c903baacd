"""Ask and tell: which cell of the trial to run next, and what the results add up to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.bundles import bundled, without
from diapason.engines.resonance.gains import Gain, critical
from diapason.engines.resonance.judge import CONFIRM, SCREEN, Judge
from diapason.engines.resonance.placebo import hard
from diapason.vocabulary.splits import Fold
from diapason.vocabulary.trials import Arm, Candidate, Cell

__all__ = ["Design", "Finalist", "Trials"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Key = tuple[str, Arm, int, str]

_OVERLAP = 0.3
"""Share of the smaller one's rows that two candidates may both touch and still be different repairs."""
_FEWEST = 6
"""Candidates that always see every screening fold."""


@dataclass(frozen=True, slots=True)
class Design:
    """The size of a trial, fixed before it runs."""

    screen: tuple[int, ...]  # folds
    confirm: tuple[int, ...]
    learners: tuple[str, ...]  # the usual one first; all are tried on untouched data for the robust arm
    draws: int = 3  # placebo draws
    finalists: int = 3
    level: float = 0.9  # two-sided, for all finalists together: 5 % to one side


@dataclass(frozen=True, slots=True)
class Finalist:
    """A candidate on the untouched folds, against each arm."""

    candidate: Candidate
    learner: str
    over_nothing: Gain
    over_placebo: Gain
    over_robust: Gain
    alone: Gain  # with the usual learner, over nothing
    guard: Gain
    agreed: bool = True  # whether the labels as given say so too, where the judge's own belief measures
    parts: Mapping[str, Gain] = field(default_factory=dict)  # of a bundle: its gain over itself without that member


@dataclass(slots=True)
class Trials:
    """Proposes cells, absorbs predictions. Stages: race on screening folds, pair with learners, confirm on others."""

    design: Design
    judge: Judge
    folds: Sequence[Fold]
    candidates: tuple[Candidate, ...]
    held: tuple[Candidate, str] | None = None  # proved with that learner before people answered: confirmed once more
    _arms: dict[Key, Array] = field(default_factory=dict)
    _touched: dict[tuple[str, int], Index] = field(default_factory=dict)
    _told: set[tuple[Key, int]] = field(default_factory=set)

    def ask(self) -> tuple[Cell, ...]:
        """Cells of the next unfinished stage; empty when there is nothing left to run."""
        for stage in (self._first, self._screen, self._pair, self._confirm):
            if left := [c for c in stage() if (_key(c), c.fold) not in self._told]:
                return tuple(dict.fromkeys(left))
        return ()

    def tell(self, cell: Cell, prediction: Array, touched: Index | None = None) -> None:
        """Take in the predictions for the test rows of the cell's fold.

        Args:
            prediction: class codes, values, or 0 and 1 for alarms; in the order of the fold's test rows.
            touched: `_row` numbers that the treatment touched in this fold's training rows.
        """
        arm = self._arms.setdefault(_key(cell), np.full(len(self.judge.truth), np.nan))
        arm[self.folds[cell.fold].test] = prediction
        self._told.add((_key(cell), cell.fold))
        if cell.arm is Arm.TREATMENT:
            self._touched[cell.candidate, cell.fold] = np.zeros(0, np.int64) if touched is None else touched

    @property
    def robust(self) -> str:
        """The learner that is best on untouched data, by the judge, on the screening folds."""
        return max(self.design.learners, key=lambda name: self._over_usual(("", _plain_arm(self, name), 0, name)))

    def robust_or_first(self) -> str:
        """The best learner on untouched data; the most robust one of the plan where nothing was tried."""
        return self.robust if self._arms else self.design.learners[min(1, len(self.design.learners) - 1)]

    def screened(self) -> tuple[tuple[Candidate, str, Gain], ...]:
        """Each candidate that touched anything, with its better learner and its gain over the best learner on
        untouched data, those that saw all screening folds first, then by gain.
        """
        rows = []
        for c in self.candidates:
            options = [x for x in self.design.learners if self._screened_with(c, x)]
            if not options or not self.touched(c.id):
                continue
            gained = {x: self._over_best((c.id, Arm.TREATMENT, 0, x)) for x in options}
            best = max(options, key=lambda name: gained[name].value)
            rows.append((c, best, gained[best]))
        return tuple(sorted(rows, key=lambda row: (not self._through(row[0]), -row[2].value)))

    def finalists(self) -> tuple[tuple[Candidate, str], ...]:
        """Those worth untouched folds: better than every learner on untouched data, as far as screening can tell.

        The best first; then those that touch other rows than the ones already chosen, before more of the same. Where
        none is better, the best one is confirmed all the same if it is worse by less than a standard error: few rows
        screen, and noisy ones say little.
        """
        ready = [(c, x, gain) for c, x, gain in self.screened() if self._through(c)]
        better = [(c, x) for c, x, gain in ready if gain.value > 0]
        better = better or [(c, x) for c, x, gain in ready[:1] if gain.value > -gain.error]
        chosen: list[tuple[Candidate, str]] = []
        while better and len(chosen) < self.design.finalists:
            apart = [one for one in better if all(self._apart(one[0], c) for c, _ in chosen)]
            chosen.append((apart or better)[0])
            better.remove(chosen[-1])
        return tuple(chosen)

    def bundle(self) -> Candidate | None:
        """All finalists that touch different rows, as one; fixed by screening, so that confirmation stays untouched."""
        members: list[Candidate] = []
        for c, _ in self.finalists():
            if all(self._apart(c, m) for m in members):
                members.append(c)
        return bundled(members) if len(members) > 1 else None

    def confirmed(self) -> tuple[Finalist, ...]:
        """The finalists on the untouched folds, then their bundle, then what was proved before people answered."""
        return tuple(self._finalist(c, learner) for c, learner in self._entrants())

    def reach(self, finalists: Sequence[Finalist]) -> float:
        """Standard errors that a gain must exceed zero by, so that none of the finalists is adopted by luck."""
        arms = [[getattr(f, arm) for f in finalists] for arm in ("over_nothing", "over_placebo", "over_robust")]
        return critical(arms, self.design.level, seed=self.judge.seed)

    def holds(self, finalist: Finalist) -> bool:
        """Whether it is what was proved before people answered."""
        return self.held is not None and (finalist.candidate.id, finalist.learner) == (self.held[0].id, self.held[1])

    def over(self, one: Finalist, other: Finalist) -> Gain:
        """Gain of the other finalist over the one, on the untouched folds."""
        made = [self._arms[f.candidate.id, Arm.TREATMENT, 0, f.learner] for f in (one, other)]
        return self.judge.gain(made[0], made[1], CONFIRM)

    def touched(self, candidate: str) -> int:
        """Training rows touched, the most of any fold."""
        return max((len(rows) for (c, _), rows in self._touched.items() if c == candidate), default=0)

    def scores(self, stage: int) -> Mapping[str, float]:
        """Score of each untouched arm, by learner, as the judge corrects it."""
        out = {}
        for learner in self.design.learners:
            arm = self._arms.get(("", _plain_arm(self, learner), 0, learner))
            if arm is not None and np.isfinite(arm[self.judge.stage == stage]).any():
                out[learner] = self.judge.score(arm, stage)
        return out

    def arms(self) -> Mapping[Key, Array]:
        """All predictions absorbed so far, nan where none."""
        return self._arms

    def _first(self) -> list[Cell]:
        """Every candidate on the first screening fold, with the usual learner; every learner on untouched data."""
        usual = self.design.learners[0]
        plain = [
            Cell("", _plain_arm(self, x), f, "screen", 0, x) for f in self.design.screen for x in self.design.learners
        ]
        first = self.design.screen[0]
        return plain + [Cell(c.id, Arm.TREATMENT, first, "screen", 0, usual) for c in self.candidates]

    def _screen(self) -> list[Cell]:
        """The better half, and never fewer than six, on the other screening folds; what the first fold did not propose
        comes last: another fold may.
        """
        usual = self.design.learners[0]
        kept = self._halved()
        return [Cell(c, Arm.TREATMENT, f, "screen", 0, usual) for f in self.design.screen[1:] for c in kept]

    def _halved(self) -> list[str]:
        usual, first = self.design.learners[0], self.folds[self.design.screen[0]].test
        nothing = self._arms[self._nothing()]
        gained = {}
        for c in self.candidates:
            if len(self._touched.get((c.id, self.design.screen[0]), ())):
                arm = np.full(len(nothing), np.nan)
                arm[first] = self._arms[c.id, Arm.TREATMENT, 0, usual][first]
                gained[c.id] = self.judge.gain(nothing, arm, SCREEN).value
        ranked = sorted(gained, key=lambda c: -gained[c])
        idle = [c.id for c in self.candidates if c.id not in gained]
        return (ranked + idle)[: max(_FEWEST, (len(ranked) + 1) // 2)]

    def _pair(self) -> list[Cell]:
        """The best candidates with every other learner: what suits dirty rows need not suit mended ones.

        Those that do no harm to the usual learner's score; where one fold screens, whichever are best, since pairs are
        few there and a usual learner that hears nothing says nothing.
        """
        usual = self.design.learners[0]
        ready = [c.id for c in self.candidates if self.touched(c.id) and self._through(c)]
        worth = {c: self._over_usual((c, Arm.TREATMENT, 0, usual)) for c in ready}
        single = len(self.design.screen) == 1
        best = sorted((c for c in worth if worth[c] > 0 or single), key=lambda c: -worth[c])[: self.design.finalists]
        cells = [(c, x, f) for c in best for x in self.design.learners[1:] for f in self.design.screen]
        return [Cell(c, Arm.TREATMENT, f, "screen", 0, x) for c, x, f in cells]

    def _confirm(self) -> list[Cell]:
        entrants = self._entrants()
        cells: list[Cell] = []
        for f in self.design.confirm if entrants else ():
            cells += [Cell("", key[1], f, "confirm", 0, key[3]) for key in (self._nothing(), self._robust())]
            for c, learner in entrants:
                cells += [Cell(c.id, Arm.TREATMENT, f, "confirm", 0, x) for x in (learner, self.design.learners[0])]
                cells += [Cell(c.id, Arm.PLACEBO, f, "confirm", d, learner) for d in range(self.design.draws)]
                cells += [Cell(less, Arm.TREATMENT, f, "confirm", 0, learner) for less in without(c).values()]
        return cells

    def _entrants(self) -> tuple[tuple[Candidate, str], ...]:
        """The finalists, their bundle with the best finalist's learner, and what was proved before people answered."""
        chosen, whole = self.finalists(), self.bundle()
        tried = chosen if whole is None else (*chosen, (whole, chosen[0][1]))
        return tried if self.held is None else (*tried, self.held)

    def _finalist(self, c: Candidate, learner: str) -> Finalist:
        nothing, robust = self._arms[self._nothing()], self._arms[self._robust()]
        arm = self._arms[c.id, Arm.TREATMENT, 0, learner]
        alone = self._arms[c.id, Arm.TREATMENT, 0, self.design.learners[0]]
        one, three, four = (
            self.judge.gain(over, mine, CONFIRM) for over, mine in ((nothing, arm), (robust, arm), (nothing, alone))
        )
        two = self._over_placebos(c, learner, arm)
        guard = self.judge.guard(robust, arm, CONFIRM)
        less = {m: self._arms[x, Arm.TREATMENT, 0, learner] for m, x in without(c).items()}
        parts = {m: self.judge.gain(other, arm, CONFIRM) for m, other in less.items()}
        agreed = all(self.judge.agrees(over, arm, CONFIRM) for over in (nothing, robust))
        return Finalist(c, learner, one, two, three, four, guard, agreed, parts)

    def _over_placebos(self, c: Candidate, learner: str, arm: Array) -> Gain:
        """Over the mean of the draws of either kind of placebo: the smaller gain of the two."""
        kinds: dict[bool, list[Array]] = {}
        for d in range(self.design.draws):
            kinds.setdefault(hard(d), []).append(self._arms[c.id, Arm.PLACEBO, d, learner])
        return min((self.judge.gain(draws, arm, CONFIRM) for draws in kinds.values()), key=lambda gain: gain.value)

    def _screened_with(self, c: Candidate, learner: str) -> bool:
        arm = self._arms.get((c.id, Arm.TREATMENT, 0, learner))
        return arm is not None and bool(np.isfinite(arm[self.judge.stage == SCREEN]).any())

    def _through(self, c: Candidate) -> bool:
        """Whether it has seen every screening fold."""
        return all((c.id, f) in self._touched for f in self.design.screen)

    def _apart(self, one: Candidate, other: Candidate) -> bool:
        """Whether two candidates touch different rows, on the first screening fold."""
        first = self.design.screen[0]
        a, b = (self._touched.get((c.id, first), np.zeros(0, np.int64)) for c in (one, other))
        both = len(np.intersect1d(a, b))
        return one.treatment != other.treatment and both <= _OVERLAP * max(min(len(a), len(b)), 1)

    def _nothing(self) -> Key:
        return ("", Arm.NOTHING, 0, self.design.learners[0])

    def _robust(self) -> Key:
        return ("", _plain_arm(self, self.robust), 0, self.robust)

    def _over_usual(self, key: Key) -> float:
        return self.judge.gain(self._arms[self._nothing()], self._arms[key], SCREEN).value

    def _over_best(self, key: Key) -> Gain:
        return self.judge.gain(self._arms[self._robust()], self._arms[key], SCREEN)


def _key(cell: Cell) -> Key:
    return (cell.candidate, cell.arm, cell.draw, cell.recipe)


def _plain_arm(trials: Trials, learner: str) -> Arm:
    return Arm.NOTHING if learner == trials.design.learners[0] else Arm.ROBUST
