"""The trials themselves: the engine asks for cells, this runs them and tells; with or without a cache."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.learning.metrics import decide
from diapason.engines.learning.splits import honest
from diapason.engines.resonance.answers import Answers
from diapason.engines.resonance.bundles import apply, bundled, condition, members
from diapason.engines.resonance.diagnosis import TURNS, Diagnosis, diagnose
from diapason.engines.resonance.judge import Judge, appoint
from diapason.engines.resonance.noticing import also_found
from diapason.engines.resonance.overlap import leaks, twins_across
from diapason.engines.resonance.placebo import placebo
from diapason.engines.resonance.sensors import faults
from diapason.engines.resonance.trials import Design, Trials
from diapason.engines.resonance.verdict import Ending, conclude
from diapason.roles.recipe import Recipe
from diapason.roles.treatment import Treatment
from diapason.services.resonate.cells import Store, key, packed, unpacked
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.splits import Split, SplitKind
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.trials import Arm, Candidate, Cell
from diapason.vocabulary.wire import plain

__all__ = ["EARLIER", "Earlier", "Learner", "Played", "Player", "Size"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Learner:
    """A recipe with one of its settings."""

    label: str  # "boosted/2"
    recipe: Recipe
    settings: Mapping[str, Any]


EARLIER = "earlier"
"""Label of the learner with which a repair was proved before people answered."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was proved before people answered, and the learner it was proved with."""

    candidate: str
    recipe: Recipe
    settings: Mapping[str, Any]

    def learner(self) -> Learner:
        """That learner under a label of its own: the others have raced anew since."""
        return Learner(EARLIER, self.recipe, self.settings)


@dataclass(frozen=True, slots=True)
class Size:
    """How large the trial is; part of the sealed plan."""

    folds: int = 6
    screened: int = 2
    draws: int = 3
    finalists: int = 3
    parts: int = 4  # of the cross-fit inside training rows
    tried: int = 40  # candidates that are screened at most
    level: float = 0.9  # two-sided, for all finalists together


@dataclass(frozen=True, slots=True)
class Played:
    """What came out."""

    trials: Trials
    judge: Judge
    split: Split
    ending: Ending

    def apart(self) -> Array:
        """How far the arms disagree on each row, 0 where none or one was judged; shape (n,)."""
        tried = self.trials.arms().items()
        made = np.array([a for (_, arm, draw, _), a in tried if draw == 0 and arm is not Arm.PLACEBO])
        if len(made) < 2:
            return np.zeros(len(self.judge.truth))
        known = np.isfinite(made)
        spread = np.where(known, made, -np.inf).max(axis=0) - np.where(known, made, np.inf).min(axis=0)
        return np.where(known.any(axis=0), spread, 0.0)


@dataclass(slots=True)
class Player:
    """Runs the cells of one trial."""

    examples: Examples
    learners: tuple[Learner, ...]
    flagger: Learner
    treatments: tuple[Treatment, ...]
    size: Size
    store: Store
    salt: str  # digest of data, contract and answers
    seed: int
    answers: Answers | None = None  # what people said of rows
    earlier: Earlier | None = None  # what was proved before they did
    _evidence: dict[int, Diagnosis] = field(default_factory=dict)
    _proposed: dict[int, dict[str, Candidate]] = field(default_factory=dict)
    _merged: dict[str, Candidate] = field(default_factory=dict)  # what screening proposed

    def play(self) -> Played:
        """Appoint the judge, diagnose inside the training folds, try, conclude."""
        split = self._split()
        judge = appoint(self.examples, split.folds, self.size.screened, seed=self.seed, answers=self.answers)
        design = self._design(split)
        proposed = self.screening()
        ready = [c for c in proposed if not c.ask]
        tried, left_out = tuple(ready[: self.size.tried]), ready[self.size.tried :]
        trials = self._trials(design, judge, split, tried)
        while tried and (cells := trials.ask()):
            self._prepare(split, sorted({c.fold for c in cells}))
            for cell, (prediction, touched) in zip(cells, self._run(split, cells), strict=True):
                trials.tell(cell, prediction, touched)
        aside = {"asks_a_person": [c for c in proposed if c.ask], "left_out": left_out}
        return Played(trials, judge, split, conclude(trials, aside, self._findings(split, judge)))

    def _trials(self, design: Design, judge: Judge, split: Split, tried: tuple[Candidate, ...]) -> Trials:
        held = None if self.earlier is None else self.proposed(self.earlier.candidate, {c.id: c for c in tried})
        same = held is not None and self.earlier is not None and held.id == self.earlier.candidate
        return Trials(design, judge, split.folds, tried, (held, EARLIER) if held is not None and same else None)

    def _split(self) -> Split:
        return _screened_late(honest(self.examples, seed=self.seed, folds=self.size.folds), self.size.screened)

    def evidence(self, rows: Examples) -> Diagnosis:
        """The diagnosis of these rows alone, from the cache if it was made before."""
        trainings = 0 if rows.task is Task.MONITORING else self.size.parts * TURNS[rows.task]
        name = key("diagnosis", self.salt, self.flagger.label, plain(self.flagger.settings), self.seed, rows.rows)
        arrays, facts = unpacked(self.store.kept(name, lambda: self._diagnosed(rows), trainings))
        found = tuple(_finding(f) for f in facts["findings"])
        return Diagnosis(self.known(rows), arrays["expected"], arrays["doubt"], found)

    def known(self, rows: Examples) -> Examples:
        """The rows with what people have said of them."""
        return rows if self.answers is None else self.answers.corrected(rows)

    def proposals(self, evidence: Diagnosis) -> dict[str, Candidate]:
        """What the treatments would do on that evidence, by id."""
        return {c.id: c for t in self.treatments for c in t.propose(evidence)}

    def proposed(self, candidate: str, among: Mapping[str, Candidate]) -> Candidate | None:
        """The candidate of that id as these rows propose it; of a bundle those members that they propose."""
        found = [among[m] for m in candidate.split("+") if m in among]
        return bundled(found) if found else None

    def mended(self, evidence: Diagnosis, candidate: Candidate) -> tuple[Examples, Index]:
        """The rows after a repair, and the `_row` numbers touched."""
        return apply(evidence, candidate, self._by_name())

    def _by_name(self) -> dict[str, Treatment]:
        return {t.name: t for t in self.treatments}

    def learner(self, label: str) -> Learner:
        """The learner of that label."""
        if label == EARLIER and self.earlier is not None:
            return self.earlier.learner()
        return next(x for x in self.learners if x.label == label)

    def _design(self, split: Split) -> Design:
        count = len(split.folds)
        screen = tuple(range(self.size.screened)) if count > self.size.screened else (0,)
        confirm = tuple(range(self.size.screened, count)) if count > self.size.screened else tuple(range(count))
        labels = tuple(x.label for x in self.learners)
        return Design(screen, confirm, labels, self.size.draws, self.size.finalists, self.size.level)

    def screening(self) -> tuple[Candidate, ...]:
        """What is proposed inside the training rows of the screening folds; what most folds propose comes first.

        Nothing else can be adopted.
        """
        split = self._split()
        folds = self._design(split).screen
        self._prepare(split, folds)
        merged: dict[str, Candidate] = {}
        for fold in folds:
            merged = {**self._proposed[fold], **merged}
        self._merged = merged
        often = {name: sum(name in self._proposed[fold] for fold in folds) for name in merged}
        return tuple(merged[name] for name in sorted(merged, key=lambda name: (-often[name], name)))

    def _prepare(self, split: Split, folds: Sequence[int]) -> None:
        """Diagnose the training rows of folds not yet diagnosed."""
        new = [f for f in folds if f not in self._evidence]

        def looked(fold: int) -> tuple[Diagnosis, dict[str, Candidate]]:
            evidence = self.evidence(self.examples.take(split.folds[fold].train))
            return evidence, self.proposals(evidence)

        for fold, (evidence, proposed) in zip(new, self.store.map(looked, new), strict=True):
            self._evidence[fold], self._proposed[fold] = evidence, proposed

    def _run(self, split: Split, cells: Sequence[Cell]) -> list[tuple[Array, Index]]:
        return list(self.store.map(lambda cell: self._cell(split, cell), cells))

    def _cell(self, split: Split, cell: Cell) -> tuple[Array, Index]:
        candidate = self._tried(cell) if cell.candidate else None
        fold, learner = split.folds[cell.fold], self.learner(cell.recipe)
        said = None if candidate is None else [[m.treatment, plain(m.parameters)] for m in members(candidate)]
        arm = cell.arm.value if candidate is not None else "untouched"
        draw = cell.draw if candidate is not None else 0
        name = key("trial", self.salt, said, arm, draw, learner.label, plain(learner.settings), self.seed)
        name = key(name, fold.train, fold.test)
        arrays, _ = unpacked(self.store.kept(name, lambda: self._trained(split, cell, candidate), 1))
        return arrays["prediction"], arrays["touched"]

    def _tried(self, cell: Cell) -> Candidate | None:
        """The candidate as the rows of its fold propose it, else as screening did: where fewer rows show a fault less
        clearly, its treatment still asks of each row whether it is one of them.
        """
        return self.proposed(cell.candidate, {**self._merged, **self._proposed[cell.fold]})

    def _trained(self, split: Split, cell: Cell, candidate: Candidate | None) -> bytes:
        fold, learner = split.folds[cell.fold], self.learner(cell.recipe)
        rows, test = self.known(self.examples.take(fold.train)), self.examples.take(fold.test)
        touched = np.zeros(0, np.int64)
        if candidate is not None:
            evidence = self._evidence[cell.fold]
            rows, touched = self.mended(evidence, candidate)
            if cell.arm is Arm.PLACEBO:
                rows = placebo(evidence, rows, draw=cell.draw)
            else:
                test = condition(test, candidate, self._by_name())
        guess = learner.recipe.fit(rows, learner.settings, self.seed).predict(test)
        return packed({"prediction": _decided(guess, rows.task), "touched": touched}, {})

    def _diagnosed(self, rows: Examples) -> bytes:
        def fit(part: Examples, robust: bool, seed: int) -> Any:
            settings = self.flagger.settings["robust" if robust else "usual"]
            return self.flagger.recipe.fit(part, settings, seed).predict

        made = diagnose(rows, fit, seed=self.seed, parts=self.size.parts, answers=self.answers)
        return packed({"expected": made.out_of_fold, "doubt": made.doubt}, {"findings": plain(made.findings)})

    def _findings(self, split: Split, judge: Judge) -> tuple[Finding, ...]:
        """By the judge's own family over all rows; then leaks, twins, and sensor faults tied to loss."""
        twin = twins_across(self.examples, split.folds)
        residual = judge.doubt if self.examples.classes else judge.truth - judge.expected
        told = faults(self.examples, residual, seed=self.seed)
        many = also_found(self.examples, judge.expected, judge.doubt, judge.cluster)
        return (*judge.findings, *leaks(self.examples), *((twin,) if twin else ()), *told, *many)


def _screened_late(split: Split, screened: int) -> Split:
    """In time order every other late fold screens, the latest first: early ones learn from too few rows to see much."""
    count = len(split.folds)
    if split.kind is not SplitKind.TIME_ORDERED or count <= 2 * screened:
        return split
    chosen = [count - 2 * (i + 1) for i in range(screened)]
    order = chosen + [i for i in range(count) if i not in chosen]
    return replace(split, folds=tuple(split.folds[i] for i in order))


def _decided(guess: Array, task: Task) -> Array:
    """Class codes, alarms as 0 and 1, or values."""
    if task is Task.MONITORING:
        return (np.asarray(guess) >= 1.0).astype(np.float64)
    return np.asarray(decide(guess), np.float64)


def _finding(said: Mapping[str, Any]) -> Finding:
    where = said["where"]
    place = Where(
        tuple(where["columns"]),
        tuple(where["rows"]),
        where["count"],
        where["of"],
        tuple(where["window"]),
        where["asset"],
    )
    return Finding(said["kind"], place, said["sure"], said["harm"], said["facts"])
