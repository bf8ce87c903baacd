"""What to do next: each open clause with its effort and its effect, and an order of them under a budget."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from diapason.engines.appraisal.appraise import Appraisal, item_score, points
from diapason.engines.appraisal.clauses import Verdict
from diapason.engines.appraisal.rollups import GROUPS
from diapason.vocabulary.maturity import Clause, Item
from diapason.vocabulary.maturity import Test as Asked

__all__ = ["Step", "next_steps", "road"]

SIDES = ("claimed", "proven")
_SMALL = 1e-9
_Place = tuple[Item, Clause]


@dataclass(frozen=True, slots=True)
class Step:
    """A clause to fulfil, with all that the same count answers, and by how much that moves the scores, in levels."""

    clause: Clause
    item: Item
    claimed: float  # of the whole model
    proven: float
    of_items: float  # of the items concerned, claimed and proven together
    effort: float  # d
    untested: bool  # nobody has looked or answered yet
    wait: float = 0.0  # d, calendar days that must still pass
    also: tuple[str, ...] = ()  # codes of the other clauses that are fulfilled by the same

    @property
    def worth(self) -> tuple[float, float]:
        """Effect per day of work, what is proven beside what is claimed: a count that a machine makes is worth twice.

        Where a weak part holds the whole back, the effect on the items decides.
        """
        return (self.claimed + self.proven) / self.effort, self.of_items / self.effort


class _State:
    """Points of every clause, which steps change one after the other."""

    def __init__(self, appraisal: Appraisal, emphasis: Mapping[str, float]) -> None:
        self.model, self.emphasis = appraisal.model, emphasis
        self.verdicts = {v.clause.code: v for i in appraisal.items for v in i.verdicts}
        self.points = {s: points(self.verdicts.values(), s) for s in SIDES}
        self.scores = {s: {i.code: self._item(s, i, {}) for i in self.model.items()} for s in SIDES}
        self.whole = {s: self._whole(s, {}) for s in SIDES}
        self.places: dict[Asked | str, list[_Place]] = {}
        for item in self.model.items():
            for clause in item.clauses:
                same = clause.code if clause.test.ask is not None else clause.test
                self.places.setdefault(same, []).append((item, clause))

    def steps(self) -> Iterator[Step]:
        """Every step that would move something now."""
        for places in self.places.values():
            left = [(i, c) for i, c in places if any(self.points[s].get(c.code, 0.0) < 1 for s in _sides(c))]
            if left and (step := self._step(left)).of_items > _SMALL:
                yield step

    def take(self, step: Step) -> None:
        """Let a step be done."""
        done = dict.fromkeys((step.clause.code, *step.also), 1.0)
        for name in _sides(step.clause):
            self.points[name] |= done
            for item in self.model.items():
                if any(c.code in done for c in item.clauses):
                    self.scores[name][item.code] = self._item(name, item, {})
            self.whole[name] = self._whole(name, {})

    def worth(self, step: Step) -> tuple[float, float]:
        """With the emphasis that the caller puts on items."""
        more = self.emphasis.get(step.item.code, 1.0)
        first, second = step.worth
        return first * more, second * more

    def _step(self, left: list[_Place]) -> Step:
        item, clause = left[0]
        done = dict.fromkeys((c.code for _, c in left), 1.0)
        moved, alone = dict.fromkeys(SIDES, 0.0), 0.0
        for name in _sides(clause):
            new = {i.code: self._item(name, i, done) for i, _ in left}
            alone += sum(score - self.scores[name][code] for code, score in new.items())
            moved[name] = max(0.0, self._whole(name, new) - self.whole[name])
        effort = max(c.effort for _, c in left)
        also = tuple(c.code for _, c in left[1:])
        verdict = self.verdicts[clause.code]
        effect = (moved["claimed"], moved["proven"], alone)
        return Step(clause, item, *effect, effort, not verdict.by, _wait(verdict), also)

    def _item(self, name: str, item: Item, more: Mapping[str, float]) -> float:
        known = self.points[name]
        return item_score(self.model, item, {c.code: more.get(c.code, known.get(c.code, 0.0)) for c in item.clauses})

    def _whole(self, name: str, new: Mapping[str, float]) -> float:
        group, scores, parts = GROUPS[self.model.rollup.dimension], self.scores[name], []
        for dimension in self.model.dimensions:
            mine = [(new.get(i.code, scores[i.code]), i.weight) for i in dimension.items]
            parts.append((group(mine), dimension.weight))
        return GROUPS[self.model.rollup.model](parts)


def _wait(verdict: Verdict) -> float:
    """What is left of the days that must pass, where the count shows how many have passed."""
    clause, value = verdict.clause, verdict.value
    if not clause.wait or not clause.test.at_least or isinstance(value, bool) or not isinstance(value, int | float):
        return clause.wait
    return clause.wait * max(0.0, 1 - value / clause.test.at_least)


def next_steps(appraisal: Appraisal, emphasis: Mapping[str, float] | None = None) -> list[Step]:
    """Every open clause that would move something now, by effect per day of work.

    Args:
        emphasis: factor on the worth of steps by item code; 1 where an item is not named.
    """
    state = _State(appraisal, emphasis or {})
    return sorted(state.steps(), key=state.worth, reverse=True)


def road(appraisal: Appraisal, budget: float, emphasis: Mapping[str, float] | None = None) -> list[Step]:
    """Steps in the order in which to take them, until the budget is spent or nothing more is gained.

    Greedy: each time the step with the most effect per day that still fits, all effects counted anew after each. What
    one count answers in several places is done once.

    Args:
        budget: d, days of work of one person.
        emphasis: as in `next_steps`.
    """
    state, left, found = _State(appraisal, emphasis or {}), budget, list[Step]()
    while fitting := [step for step in state.steps() if step.effort <= left + _SMALL]:
        step = max(fitting, key=state.worth)
        found.append(step)
        left -= step.effort
        state.take(step)
    return found


def _sides(clause: Clause) -> tuple[str, ...]:
    """What a fulfilled clause can move: an asked one is claimed, and never proven by a machine."""
    return ("claimed",) if clause.test.ask is not None else SIDES
