"""What a trial of 24 candidates costs beside the naive loop, and whether it adopts the same.

Run: python -m benchmarks.cost [--quick] [--json]. The naive loop trains every candidate on every fold in every arm
(treatment with the usual and with the robust learner, placebos, nothing, robust learner), concludes on all folds with
the same max-T correction over all 24, and adopts the best. Both loops have the same learners, folds, placebo draws and
diagnosis; a training counts by its rows, those of the diagnosis included. Candidates are those of the installed
treatments over a grid of their thresholds. 20 draws over 4 cases: wrong units, exchanged targets, wrong classes, clean.

- Same: the same candidate, or none twice; or a difference of the held-out errors on clean rows within two standard
  errors of that difference (rows drawn anew, and another seed of each learner).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.damages import damage
from benchmarks.frame import Result, cells, main
from benchmarks.sets import load
from benchmarks.trying import DRAWS, error, learnt_mended
from diapason.engines.resonance.judge import CONFIRM, Judge
from diapason.engines.resonance.treatments import drop, relabel
from diapason.engines.resonance.trials import Design, Trials
from diapason.ports import find
from diapason.roles.treatment import Evidence, Treatment
from diapason.services.resonate.cells import Plain
from diapason.services.resonate.planning import SIZES, flagger
from diapason.services.resonate.playing import Learner, Player, Size
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.splits import Split
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.trials import Arm, Candidate, Cell

CASES = (
    ("friedman-1", "target_unit", 0.1),
    ("ccpp", "target_swap", 0.2),
    ("classes-overlap", "label_uniform", 0.3),
    ("friedman-3", "", 0.0),
)
SEEDS = (80, 81, 82, 83, 84)
ROWS = 700
DOUBTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
FAR = (3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
SIZE = SIZES[1]

Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Grid:
    """A treatment over a grid of its thresholds."""

    own: Treatment
    settings: tuple[tuple[str, float], ...]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.own, name)

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """Every threshold."""
        del evidence
        return tuple(
            Candidate(f"{self.own.name}-{k}-{v}", self.own.name, self.own.kind, {k: v}) for k, v in self.settings
        )


class Everything(Trials):
    """Every candidate in every arm on every fold."""

    def ask(self) -> tuple[Cell, ...]:
        """All cells not yet told."""
        usual, robust = self.design.learners
        made = []
        for f in self.design.confirm:
            made += [Cell("", Arm.NOTHING, f, "confirm", 0, usual), Cell("", Arm.ROBUST, f, "confirm", 0, robust)]
            for c in self.candidates:
                made += [Cell(c.id, Arm.TREATMENT, f, "confirm", 0, x) for x in (usual, robust)]
                made += [Cell(c.id, Arm.PLACEBO, f, "confirm", d, robust) for d in range(self.design.draws)]
        return tuple(m for m in made if ((m.candidate, m.arm, m.draw, m.recipe), m.fold) not in self._told)

    def finalists(self) -> tuple[tuple[Candidate, str], ...]:
        """All that touched anything, with the learner of their placebos."""
        return tuple((c, self.design.learners[1]) for c in self.candidates if self.touched(c.id))

    def bundle(self) -> Candidate | None:
        """No bundle."""
        return None

    def _over_usual(self, key: Any) -> float:
        return self.judge.gain(self._arms[self._nothing()], self._arms[key], CONFIRM).value


class NaivePlayer(Player):
    """Runs the naive loop."""

    def screening(self) -> tuple[Candidate, ...]:
        """What any fold proposes."""
        split = self._split()
        self._prepare(split, range(len(split.folds)))
        merged: dict[str, Candidate] = {}
        for fold in range(len(split.folds)):
            merged |= self._proposed[fold]
        return tuple(merged.values())

    def _trials(self, design: Design, judge: Judge, split: Split, tried: tuple[Candidate, ...]) -> Trials:
        return Everything(design, judge, split.folds, tried)


@dataclass(slots=True)
class Weighed(Plain):
    """Counts trainings by their rows, in those of one fold."""

    parts: int = SIZE.parts
    weight: float = 0.0

    def kept(self, name: str, work: Any, trainings: int) -> bytes:
        """Just work."""
        self.weight += trainings if trainings == 1 else trainings * (self.parts - 1) / self.parts
        return Plain.kept(self, name, work, trainings)


def _treatments(task: Task) -> tuple[Treatment, ...]:
    doubts = tuple(("doubt", d) for d in DOUBTS)
    far = (
        tuple(("beyond", b) for b in FAR)
        if task is Task.REGRESSION
        else (("doubt", 0.05), ("doubt", 0.15), ("doubt", 0.25), ("doubt", 0.35), ("doubt", 0.45), ("doubt", 0.55))
    )
    return (Grid(drop.treatment, (*doubts, *far)), Grid(relabel.treatment, doubts))


def _learners(task: Task) -> tuple[Learner, ...]:
    boosted = find("recipes", "boosted")
    quick = {"rounds": 60, "rate": 0.15, "leaves": 12, "pairs": 0, "windows": False}
    usual = {**boosted.settings(task)[0], **quick}
    robust = {**usual, "loss": "absolute"} if task is Task.REGRESSION else {**usual, "leaves": 4, "least": 40}
    return (Learner("usual", boosted, usual), Learner("robust", boosted, robust))


def one(name: str, kind: str, strength: float, seed: int) -> Found:
    """Both loops on one damaged set."""
    pair = load(name, seed)
    rows = pair.train.take(np.arange(min(ROWS, len(pair.train))))
    rows = damage(rows, kind, strength, seed).examples if kind else rows
    made = [_looped(p, rows, s, seed) for p, s in ((Player, SIZE), (NaivePlayer, replace(SIZE, screened=0)))]
    guesses = [m["models"][0](pair.test) for m in made]
    errors = [[error(predict, pair.test) for predict in m["models"]] for m in made]
    away = _difference(guesses, errors, pair.test, seed)
    keys = ("adopted", "weight", "candidates")
    facts = {k: [m[k] for m in made] for k in keys}
    return facts | {"errors": errors, "difference": away}


def _looped(kind: type[Player], rows: Examples, size: Size, seed: int) -> Found:
    task, store = rows.task, Weighed()
    player = kind(rows, _learners(task), flagger(task), _treatments(task), size, store, "", seed)
    played = player.play()
    weight, count = store.weight, len(played.trials.candidates)
    if played.ending.adopted is None:
        robust = player.learners[1]
        models = [robust.recipe.fit(rows, robust.settings, s).predict for s in (seed, seed + 1)]
        return {"adopted": "", "weight": weight, "candidates": count, "models": models}
    mended = [learnt_mended(player, played, s) for s in (seed, seed + 1)]
    models = [m.predict for m in mended]
    return {"adopted": mended[0].adopted, "weight": weight, "candidates": count, "models": models}


def _difference(
    guesses: Sequence[Any], errors: Sequence[Sequence[float]], test: Examples, seed: int
) -> tuple[float, float]:
    """Of the errors, and its standard error: test rows drawn anew, and another seed of each learner."""
    rng, drawn = np.random.default_rng([31, seed]), []
    for i in range(DRAWS + 1):
        rows = rng.integers(0, len(test), len(test)) if i else np.arange(len(test))
        ours, naive = (error(lambda _, g=g: g[rows], test.take(rows)) for g in guesses)  # type: ignore[misc]  # noqa: B023
        drawn.append(ours - naive)
    learning = [(one - other) ** 2 / 2 for one, other in errors]
    return drawn[0], float(np.sqrt(np.var(drawn[1:]) + sum(learning)))


def _same(found: Found) -> bool:
    away, doubt = found["difference"]
    return found["adopted"][0] == found["adopted"][1] or abs(away) <= 2 * doubt


def measure(quick: bool) -> list[Result]:
    """All cases, 5 seeds each; the quick run is the whole one."""
    del quick
    facts = [(*case, s) for case in CASES for s in SEEDS]
    found = cells("cost", facts, one)
    ratio = float(np.mean([f["weight"][0] / f["weight"][1] for f in found]))
    most = float(max(f["weight"][0] / f["weight"][1] for f in found))
    same = float(np.mean([_same(f) for f in found]))
    few = min(f["candidates"][0] for f in found)
    better = sum(f["difference"][0] < -2 * f["difference"][1] for f in found)
    worse = sum(f["difference"][0] > 2 * f["difference"][1] for f in found)
    exact = float(np.mean([f["adopted"][0] == f["adopted"][1] for f in found]))
    said = f"{len(found)} runs, at least {few} candidates"
    return [
        Result(
            "cost.share", f"trainings by rows, of the naive loop's; mean ({said})", ratio, "<= 0.25", "1", ratio <= 0.25
        ),
        Result("cost.most", "the dearest run", most, "", "1", None),
        Result(
            "cost.same",
            f"same adoption within noise; ours better {better}, worse {worse}",
            100 * same,
            ">= 95",
            "%",
            same >= 0.95,
        ),
        Result("cost.exact", "the very same candidate", 100 * exact, "", "%", None),
    ]


if __name__ == "__main__":
    main("cost", measure, seeds=SEEDS)
