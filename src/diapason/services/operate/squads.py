"""From manifests to squads: agents that share a model or the shape of their rules, and what they listen to."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any

import numpy as np

from diapason.engines.agents import Closed, Conditioner, Crew, Decided, Known, Rule, RuleStream, Ticks, parsed, shape_of
from diapason.engines.evidence.canonical import digest
from diapason.engines.trust import Margins, margins
from diapason.errors import DataError, DiapasonError
from diapason.ports import find
from diapason.ports.workspace import Workspace
from diapason.roles.recipe import Stream, Streaming
from diapason.services import predict, publish
from diapason.services.publish.registry import Model as Learnt
from diapason.vocabulary.acting import Manifest
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Moment, Packet
from diapason.vocabulary.tables import Contract
from diapason.vocabulary.tasks import Task

__all__ = ["ADVISE", "Model", "Pace", "Squad", "gathered", "local"]

ADVISE = "advise"
"""Kind of a rule that asks a model where a set point should stand."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How rows come together out of readings, in s."""

    period: float = 1.0
    patience: float = 1.0
    hold: float = 10.0


@dataclass(frozen=True, slots=True)
class Model:
    """A model, verified and loaded, as agents use it."""

    ref: str
    digest: str
    task: Task
    recipe: Streaming
    model: Any
    inputs: tuple[str, ...]  # what a row holds before conditioning
    steps: tuple[tuple[Any, Mapping[str, Any]], ...]
    known: Known
    margins: Margins


@dataclass(slots=True)
class Squad:
    """Agents that decide in one stroke, and the rows that they wait for."""

    key: str  # the same for the same model or shape of rules, over restarts
    manifests: tuple[Manifest, ...]
    columns: tuple[str, ...]
    levels: Mapping[str, Sequence[str]]
    crew: Crew
    ticks: Ticks
    model: Model | None = None
    rules: Mapping[int, tuple[Rule, ...]] = field(default_factory=dict)
    aliases: dict[str, tuple[int, int]] = field(default_factory=dict)  # full names of tags, where a connection says so

    def take(self, packets: Sequence[Packet]) -> Iterator[Decided]:
        """Decide whatever these readings complete; look at each before the next, for an agent may come again."""
        return map(self.crew.decide, self.ticks.take(packets))

    def overdue(self, now: Moment) -> Iterator[Decided]:
        """Decide what waits longer than its patience."""
        return map(self.crew.decide, self.ticks.overdue(now))

    def decide(self, closed: Closed) -> Decided:
        """Decide rows that are there already."""
        return self.crew.decide(closed)


def local(tag: str, asset: str) -> str:
    """The name of a tag without its asset in front."""
    return tag.removeprefix(f"{asset}/") if asset else tag


def gathered(ws: Workspace, manifests: Sequence[Manifest], pace: Pace, *, unpublished: bool = False) -> list[Squad]:
    """Squads for these agents, those with models first; an agent with a model and rules is in one of each.

    Raises:
        Refused: a model may not predict any more.
        BrokenEvidence: a model is not the one that was signed.
        DataError: a rule can't be, or a model can't work row by row.
    """
    groups: dict[tuple[Any, ...], list[tuple[Manifest, tuple[Rule, ...]]]] = {}
    for one in manifests:
        rules = _rules(one)
        shapes: list[tuple[Any, ...]] = [("model", one.model)] if one.model else []
        for shape in [*shapes, *([("rules", shape_of(rules))] if rules else [])]:
            copies = 0
            while any(m.asset == one.asset for m, _ in groups.get((*shape, copies), ())):
                copies += 1
            groups.setdefault((*shape, copies), []).append((one, rules))
    loaded: dict[str, Model] = {}
    made = []
    for key, members in sorted(groups.items(), key=lambda item: item[0][0]):
        if key[0] == "model" and key[1] not in loaded:
            loaded[key[1]] = _loaded(ws, key[1], unpublished=unpublished)
        name = sha256(repr(key).encode()).hexdigest()[:16]
        made.append(_squad(name, members, loaded.get(key[1]) if key[0] == "model" else None, pace))
    return made


def _rules(one: Manifest) -> tuple[Rule, ...]:
    """The rules that judge readings; what asks a model for advice is no such."""
    at = f"{one.name}@{one.version}"
    said = [r for r in one.rules if r.get("kind") != ADVISE]
    made = tuple(parsed(r, asset=one.asset, at=f"{at}, rules[{i}]") for i, r in enumerate(said))
    if not one.model and not made:
        raise DataError(
            Text(f"{at} has neither a model nor a rule", f"{at} 既无模型也无规则"),
            at=at,
            fix=Text("add rules to its manifest", "请在清单中补充规则"),
        )
    return made


def _loaded(ws: Workspace, ref: str, *, unpublished: bool) -> Model:
    found = publish.find(ws, ref)
    predict.allowed(ws, found, unpublished=unpublished)
    recipe = find("recipes", str(found.facts["recipe"]))
    if not isinstance(recipe, Streaming):
        raise DataError(
            Text(
                f"recipe '{found.facts['recipe']}' cannot work row by row", f"方法“{found.facts['recipe']}”不能逐行运行"
            ),
            at=ref,
            fix=Text("learn with a recipe that can", "请改用支持逐行运行的方法训练"),
        )
    model = find("recipes", str(found.facts["recipe"])).load(publish.parts(ws, found))
    contract = predict.contract_of(found)
    stream = recipe.stream(model, ("",))
    steps = tuple((find("treatments", s["treatment"]), s["parameters"]) for s in found.facts.get("conditioning", ()))
    inputs = tuple(stream.columns)
    if steps:
        inputs = tuple(dict.fromkeys((*(c for c in _inputs(contract)), *inputs)))
    return Model(
        str(found.ref),
        found.digest,
        Task(found.facts["task"]),
        recipe,
        model,
        inputs,
        steps,
        Known.of(stream.columns, _ranges(ws, found, contract)),
        _margins(ws, found),
    )


def _inputs(contract: Contract) -> list[str]:
    from diapason.engines.learning.assembling import inputs

    return list(inputs(contract))


def _ranges(ws: Workspace, found: Learnt, contract: Contract) -> list[tuple[str, float, float, float]]:
    try:
        known = predict.known_ranges(ws, found, lambda: predict.training(ws, found, contract))
    except DiapasonError:  # forgotten or unreadable: nothing is known of what it has seen
        return []
    return [(r.name, r.low, r.high, r.missing) for r in known if r.number]


def _margins(ws: Workspace, found: Learnt) -> Margins:
    try:
        return predict.known_margins(ws, found)
    except DiapasonError:
        return margins([], [])


def _squad(key: str, members: Sequence[tuple[Manifest, tuple[Rule, ...]]], model: Model | None, pace: Pace) -> Squad:
    manifests = tuple(m for m, _ in members)
    names, assets = [m.name for m in manifests], [m.asset for m in manifests]
    rules = {i: r for i, (_, r) in enumerate(members) if r}
    if model is None:
        said = [r for _, r in members]
        make: Callable[[Sequence[int]], Stream] = lambda who: RuleStream([said[i] for i in who])  # noqa: E731
        first = make([0])
        columns, levels = first.columns, first.levels
        crew = Crew(names, make, Known.of(columns, []), alarms=True)
    else:
        columns, levels = model.inputs, model.recipe.stream(model.model, ("",)).levels
        crew = _crew(names, assets, model, levels)
    place, column = {a: i for i, a in enumerate(assets)}, {c: i for i, c in enumerate(columns)}
    aliases: dict[str, tuple[int, int]] = {}

    def address(asset: str, tag: str) -> tuple[int, int] | None:
        if (known := aliases.get(tag)) is not None:
            return known
        asset = asset or tag.partition("/")[0]
        row, at = place.get(asset), column.get(local(tag, asset))
        return None if row is None or at is None else (row, at)

    coded = {column[n]: {v: float(i) for i, v in enumerate(values)} for n, values in levels.items() if n in column}
    how = {"period": pace.period, "patience": pace.patience, "hold": pace.hold}
    ticks = Ticks(len(names), len(columns), address, levels=coded, **how)
    return Squad(key, manifests, tuple(columns), levels, crew, ticks, model, rules, aliases)


def _crew(names: Sequence[str], assets: Sequence[str], model: Model, levels: Mapping[str, Sequence[str]]) -> Crew:
    def make(who: Sequence[int]) -> Stream:
        return model.recipe.stream(model.model, [assets[i] for i in who])

    condition = None
    if model.steps:
        wanted = make([0]).columns
        how = {"levels": levels, "task": model.task}
        condition = partial(_conditioner, model, wanted, how)
    return Crew(names, make, model.known, alarms=model.task is Task.MONITORING, condition=condition)


def _conditioner(model: Model, wanted: Sequence[str], how: Mapping[str, Any], assets: int) -> Conditioner:
    return Conditioner(model.steps, model.inputs, wanted, assets, **how)


def manifest_digest(manifests: Sequence[Manifest]) -> str:
    """One digest for the agents of a run."""
    return digest([[m.name, m.version] for m in manifests])


def last_rows(squad: Squad) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The present values, shape (agents, columns)."""
    return squad.ticks.values
