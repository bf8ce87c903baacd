"""Ask and tell: which cell of the trial to run next, and what the results add up to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.gains import Gain
from diapason.engines.resonance.judge import CONFIRM, SCREEN, Judge
from diapason.vocabulary.splits import Fold
from diapason.vocabulary.trials import Arm, Candidate, Cell

__all__ = ["Design", "Finalist", "Trials"]

Array = NDArray[np.float64]
Key = tuple[str, Arm, int, str]


@dataclass(frozen=True, slots=True)
class Design:
    """The size of a trial, fixed before it runs."""

    screen: tuple[int, ...]  # folds
    confirm: tuple[int, ...]
    learners: tuple[str, ...]  # the usual one first; all are tried on untouched data for the robust arm
    draws: int = 3  # placebo draws
    finalists: int = 2
    level: float = 0.9  # two-sided, before correction for the number of finalists: 5 % to one side

    @property
    def corrected(self) -> float:
        """Level of each interval so that all hold together (Bonferroni)."""
        return 1 - (1 - self.level) / max(self.finalists, 1)


@dataclass(frozen=True, slots=True)
class Finalist:
    """A candidate on the untouched folds, against each arm."""

    candidate: Candidate
    learner: str
    over_nothing: Gain
    over_placebo: Gain
    over_robust: Gain
    guard: Gain


@dataclass(slots=True)
class Trials:
    """Proposes cells, absorbs predictions. Stages: screen, pair with learners, confirm on other folds."""

    design: Design
    judge: Judge
    folds: Sequence[Fold]
    candidates: tuple[Candidate, ...]
    _arms: dict[Key, Array] = field(default_factory=dict)
    _touched: dict[tuple[str, int], int] = field(default_factory=dict)
    _told: set[tuple[Key, int]] = field(default_factory=set)

    def ask(self) -> tuple[Cell, ...]:
        """Cells of the next unfinished stage; empty when there is nothing left to run."""
        for stage in (self._screen, self._pair, self._confirm):
            if left := [c for c in stage() if (_key(c), c.fold) not in self._told]:
                return tuple(left)
        return ()

    def tell(self, cell: Cell, prediction: Array, touched: int = 0) -> None:
        """Take in the predictions for the test rows of the cell's fold.

        Args:
            prediction: class codes, values, or 0 and 1 for alarms; in the order of the fold's test rows.
            touched: training rows that the treatment touched in this fold.
        """
        arm = self._arms.setdefault(_key(cell), np.full(len(self.judge.truth), np.nan))
        arm[self.folds[cell.fold].test] = prediction
        self._told.add((_key(cell), cell.fold))
        if cell.arm is Arm.TREATMENT:
            self._touched[cell.candidate, cell.fold] = touched

    @property
    def robust(self) -> str:
        """The learner that is best on untouched data, by the judge, on the screening folds."""
        return max(self.design.learners, key=lambda name: self._over_usual(("", _plain_arm(self, name), 0, name)))

    def screened(self) -> tuple[tuple[Candidate, str, Gain], ...]:
        """Each candidate that touched anything, with its better learner and its gain over nothing, best first."""
        rows = []
        for c in self.candidates:
            options = [x for x in self.design.learners if (c.id, Arm.TREATMENT, 0, x) in self._arms]
            if not options or not self.touched(c.id):
                continue
            gained = {x: self._over_best((c.id, Arm.TREATMENT, 0, x)) for x in options}
            best = max(options, key=lambda name: gained[name].value)
            rows.append((c, best, gained[best]))
        return tuple(sorted(rows, key=lambda row: -row[2].value))

    def finalists(self) -> tuple[tuple[Candidate, str], ...]:
        """Those worth untouched folds: better than every learner on untouched data, as far as screening can tell."""
        better = [(c, learner) for c, learner, gain in self.screened() if gain.value > 0]
        return tuple(better[: self.design.finalists])

    def confirmed(self) -> tuple[Finalist, ...]:
        """The finalists on the untouched folds."""
        out: list[Finalist] = []
        chosen = self.finalists()
        if not chosen:
            return ()
        nothing, robust = self._arms[self._nothing()], self._arms[self._robust()]
        for c, learner in chosen:
            arm = self._arms[c.id, Arm.TREATMENT, 0, learner]
            draws = [self._arms[c.id, Arm.PLACEBO, d, learner] for d in range(self.design.draws)]
            one, two, three = (self.judge.gain(over, arm, CONFIRM) for over in (nothing, draws, robust))
            out.append(Finalist(c, learner, one, two, three, self.judge.guard(robust, arm, CONFIRM)))
        return tuple(out)

    def touched(self, candidate: str) -> int:
        """Training rows touched, the most of any fold."""
        return max((n for (c, _), n in self._touched.items() if c == candidate), default=0)

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

    def _screen(self) -> list[Cell]:
        learners = self.design.learners
        plain = [Cell("", _plain_arm(self, x), f, "screen", 0, x) for f in self.design.screen for x in learners]
        usual = self.design.learners[0]
        tried = [Cell(c.id, Arm.TREATMENT, f, "screen", 0, usual) for f in self.design.screen for c in self.candidates]
        return plain + tried

    def _pair(self) -> list[Cell]:
        """The best candidates with every other learner: what suits dirty rows need not suit mended ones."""
        usual = self.design.learners[0]
        worth = {c.id: self._over_usual((c.id, Arm.TREATMENT, 0, usual)) for c in self.candidates if self.touched(c.id)}
        best = sorted((c for c in worth if worth[c] > 0), key=lambda c: -worth[c])[: self.design.finalists]
        cells = [(c, x, f) for c in best for x in self.design.learners[1:] for f in self.design.screen]
        return [Cell(c, Arm.TREATMENT, f, "screen", 0, x) for c, x, f in cells]

    def _confirm(self) -> list[Cell]:
        chosen = self.finalists()
        if not chosen:
            return []
        cells = []
        for f in self.design.confirm:
            cells += [Cell("", key[1], f, "confirm", 0, key[3]) for key in (self._nothing(), self._robust())]
            for c, learner in chosen:
                cells.append(Cell(c.id, Arm.TREATMENT, f, "confirm", 0, learner))
                cells += [Cell(c.id, Arm.PLACEBO, f, "confirm", d, learner) for d in range(self.design.draws)]
        return list(dict.fromkeys(cells))

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
