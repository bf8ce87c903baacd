"""The robust learner: all families race on the data as it is, loss and regularisation too; the best few are blended."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.learning import metrics
from diapason.engines.learning.calibrating import learn_temperature, warmed
from diapason.engines.learning.noise import corrected, far_residuals
from diapason.engines.learning.packing import fact_bytes, facts
from diapason.engines.learning.racing import Across, Race, race
from diapason.engines.learning.recipes import boosted, linear, nearest, neighbours, subspace
from diapason.engines.learning.streaming.blended import Blended
from diapason.engines.learning.weighing import counted
from diapason.errors import DataError
from diapason.roles.recipe import Model, Recipe, Streaming
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tasks import Task

__all__ = ["Blend", "Robust", "recipe"]

Array = NDArray[np.float64]

_GAIN = 0.003
"""Relative gain below which one model is kept in place of a blend."""
_STEPS = 10


@dataclass(frozen=True, slots=True)
class Blend:
    """A weighted mean of models; one model with weight 1 is itself."""

    members: tuple[tuple[str, Mapping[str, Any], float, Model], ...]  # recipe, settings, weight, model
    ran: tuple[Mapping[str, Any], ...]  # how the race ended, for the reader
    temperature: float = 1.0  # calibrates probabilities of classes, learnt in the race; changes no decision

    def predict(self, examples: Examples) -> Array:
        """Weighted mean of the members' predictions, probabilities calibrated."""
        return self.blended(np.asarray(sum(weight * model.predict(examples) for _, _, weight, model in self.members)))

    def blended(self, mean: Array) -> Array:
        """The weighted mean, calibrated."""
        return mean if self.temperature == 1.0 else warmed(mean, self.temperature)

    def chosen(self) -> list[dict[str, Any]]:
        """The members without what they learnt: settings with which `Robust.fit` learns them again, unraced."""
        return [
            {"recipe": name, "settings": settings, "weight": weight, "temperature": self.temperature}
            for name, settings, weight, _ in self.members
        ]

    def parts(self) -> dict[str, bytes]:
        """`blend.json`, and the parts of member i under `i/`."""
        said = self.chosen()
        made = {"blend.json": fact_bytes({"members": said, "ran": list(self.ran)})}
        for i, (_, _, _, model) in enumerate(self.members):
            made |= {f"{i}/{name}": data for name, data in model.parts().items()}
        return made


@dataclass(frozen=True, slots=True)
class Robust:
    """Races recipes inside the training rows and fits the winners on all of them."""

    recipes: tuple[Recipe, ...] = field(
        default_factory=lambda: (boosted.recipe, linear.recipe, nearest.recipe, subspace.recipe, neighbours.recipe)
    )
    name: str = "robust"
    family: str = "mixed"
    tasks: tuple[Task, ...] = (Task.REGRESSION, Task.REMAINING_LIFE, Task.CLASSIFICATION, Task.MONITORING)
    across: Across = map  # runs the trainings of a race

    def settings(self, task: Task) -> tuple[Mapping[str, Any], ...]:
        """One setting: at most three models in a blend."""
        del task
        return ({"blend": 3},)

    def fit(self, examples: Examples, settings: Mapping[str, Any], seed: int) -> Blend:
        """Race, weigh, and learn again from all rows; with `members` in the settings those are learnt, unraced.

        Weights of rows pass to every model, and to the race: a row of weight 3 is learnt from and scored three times.
        """
        examples = counted(examples)
        if settings.get("members"):
            return self._again(examples, settings["members"], seed)
        if not _can_race(examples):
            return self._default(examples, seed)
        run = race(self.recipes, examples, seed=seed, across=self.across)
        chosen = _weights(run, int(settings["blend"]))
        members = []
        for i, weight in chosen:
            runner = run.runners[i]
            model = self._named(runner.recipe).fit(examples, runner.settings, seed)
            members.append((runner.recipe, runner.settings, weight, model))
        told = [
            {"recipe": r.recipe, "settings": r.settings, "score": r.score, "finalist": r.finalist} for r in run.runners
        ]
        return Blend(tuple(members), tuple(told), _temperature(run, chosen))

    def load(self, parts: Mapping[str, bytes]) -> Blend:
        """The inverse of `Blend.parts`."""
        said = facts(parts, "blend.json")
        members = []
        for i, m in enumerate(said["members"]):
            own = {name.partition("/")[2]: data for name, data in parts.items() if name.startswith(f"{i}/")}
            members.append((m["recipe"], m["settings"], m["weight"], self._named(m["recipe"]).load(own)))
        return Blend(tuple(members), tuple(said["ran"]), float(said["members"][0].get("temperature", 1.0)))

    def stream(self, model: Blend, assets: Sequence[str]) -> Blended:
        """The members at work on these assets, blended as `Blend.predict` does."""
        streams = []
        for name, _, weight, member in model.members:
            own = self._named(name)
            if not isinstance(own, Streaming):
                raise DataError(
                    Text(f"recipe '{name}' cannot work row by row", f"方法“{name}”不能逐行运行"),
                    fix=Text("learn with another recipe", "请改用其他方法训练"),
                )
            streams.append((weight, own.stream(member, assets)))
        return Blended(streams, len(assets), model.blended)

    def _again(self, examples: Examples, members: Sequence[Mapping[str, Any]], seed: int) -> Blend:
        """The members that an earlier race has chosen, on these rows."""
        fits = [self._named(m["recipe"]).fit(examples, m["settings"], seed) for m in members]
        made = tuple((m["recipe"], m["settings"], float(m["weight"]), x) for m, x in zip(members, fits, strict=True))
        return Blend(made, (), float(members[0].get("temperature", 1.0)))

    def _default(self, examples: Examples, seed: int) -> Blend:
        """Where no abnormal row is known there is nothing to race for: the default of the first recipe that fits."""
        first = next(r for r in self.recipes if examples.task in r.tasks)
        asked = first.settings(examples.task)[0]
        return Blend(((first.name, asked, 1.0, first.fit(examples, asked, seed)),), ())

    def _named(self, name: str) -> Recipe:
        return next(r for r in self.recipes if r.name == name)


def _can_race(examples: Examples) -> bool:
    """Monitors can be compared only where abnormal rows are known, outside of a declared normal part."""
    if examples.task is not Task.MONITORING:
        return True
    return examples.normal is None and bool((examples.target == 1).any()) and bool((examples.target == 0).any())


def _weights(run: Race, most: int) -> list[tuple[int, float]]:
    """Position and weight of each runner that enters; greedy selection with replacement (Caruana et al., ICML 2004)."""
    final = [i for i, r in enumerate(run.runners) if r.predictions is not None and np.isfinite(r.score)]
    task = run.examples.task
    if len(final) < 2 or most < 2 or task is Task.MONITORING:
        return [(0, 1.0)]
    truth = run.examples.target[run.scored]
    made = [np.asarray(run.runners[i].predictions)[run.scored] for i in final]
    cost = _cost(task, truth, made)
    picked: list[int] = [0]
    for _ in range(_STEPS - 1):
        mean = sum(made[j] for j in picked)
        open_to = range(len(made)) if len(set(picked)) < most else sorted(set(picked))
        picked.append(min(open_to, key=lambda j: (cost((mean + made[j]) / (len(picked) + 1)), j)))
    counts = {j: picked.count(j) for j in sorted(set(picked))}
    blend = sum(n / _STEPS * made[j] for j, n in counts.items())
    measure = metrics.deployment(task)
    alone, together = corrected(measure.name, truth, [made[0], np.asarray(blend)])
    gain = (alone - together if measure.better == "lower" else together - alone) / max(abs(alone), 1e-12)
    return [(final[j], n / _STEPS) for j, n in counts.items()] if gain > _GAIN else [(final[0], 1.0)]


def _temperature(run: Race, chosen: Sequence[tuple[int, float]]) -> float:
    """Of the blend's cross-fitted probabilities; 1 where nothing is to be calibrated or was cross-fitted."""
    made = [(weight, run.runners[i].predictions) for i, weight in chosen]
    if run.examples.task is not Task.CLASSIFICATION or any(p is None for _, p in made):
        return 1.0
    mean = np.asarray(sum(weight * np.asarray(p)[run.scored] for weight, p in made))
    return learn_temperature(run.examples.target[run.scored], mean)


def _cost(task: Task, truth: Array, made: Sequence[Array]) -> Callable[[Array], float]:
    """What the weights should make small: capped squared error, or the Brier score."""
    if task is Task.CLASSIFICATION:
        wanted = (truth[:, None] == np.arange(made[0].shape[1])[None, :]).astype(np.float64)
        return lambda p: float(np.mean(np.square(p - wanted)))
    plain = [metrics.score("rmse", truth, p) for p in made]
    cap = np.square(far_residuals(truth, made)) if corrected("rmse", truth, made) != plain else np.inf
    return lambda p: float(np.mean(np.minimum(np.square(p - truth), cap)))


recipe = Robust()
