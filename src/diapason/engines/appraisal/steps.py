"""What to do next: each open clause with its effort and its effect, and an order of them under a budget."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from diapason.engines.appraisal.appraise import Appraisal, ItemResult, item_score, points
from diapason.engines.appraisal.rollups import GROUPS
from diapason.vocabulary.maturity import Clause, Item

__all__ = ["Step", "next_steps", "road"]

SIDES = ("claimed", "proven")
_SMALL = 1e-9


@dataclass(frozen=True, slots=True)
class Step:
    """A clause to fulfil, and by how much that moves the scores, in levels."""

    clause: Clause
    item: Item
    dimension: str
    claimed: float  # of the whole model
    proven: float
    of_item: float  # of the item, claimed and proven together
    untested: bool  # nobody has looked or answered yet

    @property
    def effect(self) -> float:
        """What is proven counts beside what is claimed, so a step that a machine can count is worth twice."""
        return self.claimed + self.proven

    @property
    def worth(self) -> tuple[float, float]:
        """Effect per day of work; where a weak part holds the whole back, the effect on the item decides."""
        return self.effect / self.clause.effort, self.of_item / self.clause.effort


class _State:
    """Points of every clause, which steps change one by one."""

    def __init__(self, appraisal: Appraisal, emphasis: Mapping[str, float]) -> None:
        self.model, self.emphasis = appraisal.model, emphasis
        self.items = {i.item.code: i for i in appraisal.items}
        self.points = {s: {i.item.code: points(i.verdicts, s) for i in appraisal.items} for s in SIDES}
        self.scores = {s: {code: self._item(s, code) for code in self.items} for s in SIDES}
        self.dimension = {i.code: d for d in appraisal.model.dimensions for i in d.items}
        self.groups = {s: {d.code: self._group(s, d.code, {}) for d in self.model.dimensions} for s in SIDES}
        self.steps = {code: list(self._steps(found)) for code, found in self.items.items()}

    def best(self, most: float) -> Step | None:
        """The step with the most effect per day that takes no longer than so many days."""
        found = [step for steps in self.steps.values() for step in steps if step.clause.effort <= most + _SMALL]
        return max(found, key=self._worth, default=None)

    def take(self, step: Step) -> None:
        """Let a step be done."""
        code = step.item.code
        for name in _sides(step.clause):
            self.points[name][code][step.clause.code] = 1.0
            self.scores[name][code] = self._item(name, code)
            self.groups[name][step.dimension] = self._group(name, step.dimension, {})
        again = self.items if self.model.rollup.dimension != "mean" or self.model.rollup.model != "mean" else [code]
        for one in again:
            self.steps[one] = list(self._steps(self.items[one]))

    def _worth(self, step: Step) -> tuple[float, float]:
        more = self.emphasis.get(step.item.code, 1.0)
        first, second = step.worth
        return first * more, second * more

    def _steps(self, found: ItemResult) -> Iterator[Step]:
        item, dimension = found.item, self.dimension[found.item.code].code
        for verdict in found.verdicts:
            clause, moved = verdict.clause, {}
            for name in _sides(clause):
                mine = self.points[name][item.code]
                if mine.get(clause.code, 0.0) < 1:
                    new = item_score(self.model, item, {**mine, clause.code: 1.0})
                    moved[name] = (new - self.scores[name][item.code], self._effect(name, item.code, dimension, new))
            alone = sum(one for one, _ in moved.values())
            if alone > _SMALL:
                whole = {name: max(0.0, effect) for name, (_, effect) in moved.items()}
                yield Step(
                    clause, item, dimension, whole.get("claimed", 0.0), whole.get("proven", 0.0), alone, not verdict.by
                )

    def _effect(self, name: str, item: str, dimension: str, new: float) -> float:
        return self._whole(name, dimension, self._group(name, dimension, {item: new})) - self._whole(name, "", 0.0)

    def _item(self, name: str, code: str) -> float:
        return item_score(self.model, self.items[code].item, self.points[name][code])

    def _group(self, name: str, dimension: str, instead: Mapping[str, float]) -> float:
        found = next(d for d in self.model.dimensions if d.code == dimension)
        scores = self.scores[name]
        return GROUPS[self.model.rollup.dimension](
            [(instead.get(i.code, scores[i.code]), i.weight) for i in found.items]
        )

    def _whole(self, name: str, dimension: str, instead: float) -> float:
        groups = self.groups[name]
        return GROUPS[self.model.rollup.model](
            [(instead if d.code == dimension else groups[d.code], d.weight) for d in self.model.dimensions]
        )


def next_steps(appraisal: Appraisal, emphasis: Mapping[str, float] | None = None) -> list[Step]:
    """Every open clause that would move something now, by effect per day of work.

    Args:
        emphasis: factor on the worth of steps by item code; 1 where an item is not named.
    """
    state = _State(appraisal, emphasis or {})
    return sorted((s for steps in state.steps.values() for s in steps), key=state._worth, reverse=True)


def road(appraisal: Appraisal, budget: float, emphasis: Mapping[str, float] | None = None) -> list[Step]:
    """Steps in the order in which to take them, until the budget is spent or nothing more is gained.

    Greedy: each time the step with the most effect per day that still fits, all effects counted anew after each.

    Args:
        budget: d, days of work of one person.
        emphasis: as in `next_steps`.
    """
    state, left, found = _State(appraisal, emphasis or {}), budget, list[Step]()
    while (step := state.best(left)) is not None:
        found.append(step)
        left -= step.clause.effort
        state.take(step)
    return found


def _sides(clause: Clause) -> tuple[str, ...]:
    """What a fulfilled clause can move: an asked one is claimed, and never proven by a machine."""
    return ("claimed",) if clause.test.ask is not None else SIDES
