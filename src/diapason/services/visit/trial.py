"""The visitor's trial, with the machinery of `resonate`: the one place of this room that knows how that is run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.learning.evaluating import table
from diapason.engines.learning.metrics import decide
from diapason.engines.resonance.judge import CONFIRM
from diapason.ports.workspace import Workspace
from diapason.roles.recipe import Model, Recipe
from diapason.roles.treatment import Cost, Evidence, Treatment
from diapason.services.resonate.cells import Kept, Store, key, packed, unpacked
from diapason.services.resonate.planning import Planned, choose, from_settings, in_use
from diapason.services.resonate.playing import Learner, Played, Player
from diapason.services.visit.bundles import Bundle
from diapason.services.visit.plugins import installed
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tables import VersionRef
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.trials import Candidate, Kind
from diapason.vocabulary.wire import plain

__all__ = ["Entrants", "Outcome", "entrants", "plan_of", "planned_again", "play"]

Array = NDArray[np.float64]

SHARE = 0.6
"""Share of the budget that the trials of repairs get; the rest is for the duels of learners."""
LEVEL = 0.9
"""Two-sided, before correction for the number of duels: 5 % to one side."""


@dataclass(frozen=True, slots=True)
class Entrants:
    """What the bundle brings along: a learner, perhaps a trained model, and repairs."""

    learner: Learner
    weights: Learner | None
    repairs: tuple[Treatment, ...]


@dataclass(frozen=True, slots=True)
class Duel:
    """A visiting learner against two of the plant's, on folds that chose nothing."""

    entrant: str  # "learner", "weights"
    over_nothing: Estimate  # over the plant's usual learner
    over_robust: Estimate  # over the plant's own robust learner


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out, all of it still at the plant."""

    played: Played
    duels: tuple[Duel, ...]
    scores: Mapping[str, float]
    kept: Mapping[str, pl.DataFrame]  # predictions of each learner on the judged rows


@dataclass(frozen=True, slots=True)
class _Pinned:
    """A repair with the visitor's parameters in place of those it would look for itself."""

    inner: Treatment
    name: str
    parameters: Mapping[str, Any] | None

    @property
    def kind(self) -> Kind:
        """As the plug-in says."""
        return self.inner.kind

    @property
    def cost(self) -> Cost:
        """As the plug-in says."""
        return self.inner.cost

    def propose(self, evidence: Evidence) -> tuple[Candidate, ...]:
        """What was asked for; without parameters, what the plug-in proposes on this data."""
        if self.parameters is not None:
            return (Candidate(self.name, self.name, self.kind, dict(self.parameters), "asked for"),)
        own = self.inner.propose(evidence)
        return tuple(replace(c, id=f"{self.name}/{c.id}", treatment=self.name) for c in own)

    def apply(self, evidence: Evidence, parameters: Mapping[str, Any]) -> tuple[Examples, NDArray[np.int64]]:
        """The plug-in's own."""
        return self.inner.apply(evidence, parameters)

    def condition(self, examples: Examples, parameters: Mapping[str, Any]) -> Examples:
        """The plug-in's own."""
        return self.inner.condition(examples, parameters)


@dataclass(frozen=True, slots=True)
class _Carried:
    """A model that comes trained: it learns nothing here."""

    recipe: Recipe
    parts: Mapping[str, bytes]
    features: tuple[str, ...]
    classes: tuple[str, ...]

    def fit(self, examples: Examples, settings: Mapping[str, Any], seed: int) -> Model:
        """The model as it came, whatever the rows."""
        del examples, settings, seed
        return _Fitted(self.recipe.load(self.parts), self.features, self.classes)

    @property
    def name(self) -> str:
        """As the plug-in's."""
        return self.recipe.name

    @property
    def family(self) -> str:
        """As the plug-in's."""
        return self.recipe.family

    @property
    def tasks(self) -> tuple[Task, ...]:
        """As the plug-in's."""
        return self.recipe.tasks

    def settings(self, task: Task) -> tuple[Mapping[str, Any], ...]:
        """None to choose among."""
        del task
        return ({},)

    def load(self, parts: Mapping[str, bytes]) -> Model:
        """The plug-in's own."""
        return self.recipe.load(parts)


@dataclass(frozen=True, slots=True)
class _Fitted:
    """The trained model on the plant's rows: its own columns in its own order, its classes in the plant's order."""

    model: Model
    features: tuple[str, ...]
    classes: tuple[str, ...]

    def predict(self, examples: Examples) -> Array:
        """As the model says; a class that it never knew gets no probability."""
        guess = self.model.predict(
            replace(examples, features=examples.features.select(self.features), classes=self.classes)
        )
        if not self.classes:
            return guess
        out = np.zeros((len(examples), len(examples.classes)))
        for i, name in enumerate(examples.classes):
            out[:, i] = guess[:, self.classes.index(name)] if name in self.classes else 0.0
        return out

    def parts(self) -> dict[str, bytes]:
        """Its files."""
        return self.model.parts()


def entrants(bundle: Bundle) -> Entrants:
    """The plug-ins that the bundle names, if the very same are installed.

    Raises:
        Missing: names what is to be installed.
    """
    told = bundle.told
    recipe = installed("recipes", told.recipe)
    weights = None
    if told.weights:
        carried = _Carried(recipe, bundle.parts, tuple(told.features), tuple(told.classes))
        weights = Learner("weights", carried, {"parts": bundle.digest})
    repairs = tuple(
        _Pinned(installed("treatments", r.plugin), f"repair{i}", r.parameters) for i, r in enumerate(told.repairs, 1)
    )
    return Entrants(Learner("visiting", recipe, told.settings), weights, repairs)


def plan_of(ws: Workspace, ref: VersionRef, examples: Examples, budget: float, seed: int) -> Planned:
    """The plant's own learners and the size of the trial, fitted into the budget; its robust learner as it was raced
    for the newest model of that version, if there is one.
    """
    used, hands = in_use(ws, ref, examples.task), ws.workers
    return choose(examples, used, SHARE * budget, seed=seed, threads=hands.threads, across=hands.map)


def planned_again(settings: Mapping[str, Any], budget: Mapping[str, Any]) -> Planned:
    """The plan as it was sealed before a run was interrupted."""
    return from_settings(settings, int(budget["rows"]), int(budget["trainings"]), float(budget["seconds"]))


def play(ws: Workspace, examples: Examples, planned: Planned, came: Entrants, salt: str, seed: int) -> Outcome:
    """Try the visitor's repairs in four arms, then its learners against the plant's on the confirming folds."""
    duelling = [came.learner, *([came.weights] if came.weights else [])]
    store = Kept(ws, planned.trainings + (2 + len(duelling)) * planned.size.folds, planned.seconds)
    learners = (*planned.learners, came.learner)
    player = Player(examples, learners, planned.flagger, came.repairs, planned.size, store, salt, seed)
    played = player.play()
    rivals = [learners[0], next(x for x in learners if x.label == "robust")]
    arms = {x.label: _arm(examples, played, x, store, salt, seed) for x in [*rivals, *duelling]}
    level = 1 - (1 - LEVEL) / len(duelling)
    judge = played.judge
    duels = []
    for learner in duelling:
        own = arms[learner.label]
        nothing, robust = (judge.gain(arms[r.label], own, CONFIRM).estimate(level) for r in rivals)
        duels.append(Duel("learner" if learner is came.learner else "weights", nothing, robust))
    scores = {label: judge.score(arm, CONFIRM) for label, arm in arms.items()}
    kept = {label: _kept(examples, played, arm) for label, arm in arms.items()}
    return Outcome(played, tuple(duels), scores, kept)


def _arm(examples: Examples, played: Played, learner: Learner, store: Store, salt: str, seed: int) -> Array:
    """Decisions of one learner on the test rows of the confirming folds; nan elsewhere."""
    arm = np.full(len(examples), np.nan)
    folds = [f for f in played.split.folds if (played.judge.stage[f.test] == CONFIRM).any()]

    def one(fold: Any) -> bytes:
        name = key("visit", salt, learner.label, plain(learner.settings), seed, fold.train, fold.test)
        return store.kept(name, lambda: _trained(examples, learner, fold, seed), 1)

    for fold, data in zip(folds, store.map(one, folds), strict=True):
        arm[fold.test] = unpacked(data)[0]["prediction"]
    return arm


def _trained(examples: Examples, learner: Learner, fold: Any, seed: int) -> bytes:
    guess = learner.recipe.fit(examples.take(fold.train), learner.settings, seed).predict(examples.take(fold.test))
    if examples.task is Task.MONITORING:
        return packed({"prediction": (np.asarray(guess) >= 1.0).astype(np.float64)}, {})
    return packed({"prediction": np.asarray(decide(guess), np.float64)}, {})


def _kept(examples: Examples, played: Played, arm: Array) -> pl.DataFrame:
    judge = played.judge
    rows = np.flatnonzero((judge.stage == CONFIRM) & np.isfinite(arm) & np.isfinite(judge.truth))
    guess = np.eye(len(examples.classes))[arm[rows].astype(int)] if examples.classes else arm[rows]
    return table(examples.take(rows), guess, judge.fold[rows]).with_columns(weight=judge.weight[rows])
