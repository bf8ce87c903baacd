"""A model of maturity held against facts: every item, dimension and the whole, claimed and proven."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from diapason.engines.appraisal.clauses import Verdict, judged
from diapason.engines.appraisal.rollups import GROUPS, ITEMS, level
from diapason.errors import DataError
from diapason.vocabulary.facts import Fact
from diapason.vocabulary.language import Text
from diapason.vocabulary.maturity import Dimension, Item, Maturity

__all__ = ["Appraisal", "ItemResult", "Part", "Side", "appraise", "item_score", "points", "side"]


@dataclass(frozen=True, slots=True)
class Side:
    """A score in levels, and the level it gives."""

    score: float
    level: int


@dataclass(frozen=True, slots=True)
class Part:
    """An item, a dimension or the whole."""

    code: str
    title: Text
    claimed: Side
    proven: Side
    counted: float  # share of the clauses' weight that a machine has answered: the confidence
    declared: float  # share that only a person has answered; the rest is not tested


@dataclass(frozen=True, slots=True)
class ItemResult:
    """An item with its clauses."""

    part: Part
    item: Item
    verdicts: tuple[Verdict, ...]

    @property
    def on(self) -> tuple[str, ...]:
        """Names of everything that its answers stand on."""
        return tuple(dict.fromkeys(g for v in self.verdicts for g in v.on))


@dataclass(frozen=True, slots=True)
class Appraisal:
    """Where somebody stands in a model. It says how ready they are; it certifies nothing."""

    model: Maturity
    whole: Part
    dimensions: tuple[Part, ...]
    items: tuple[ItemResult, ...]

    def item(self, code: str) -> ItemResult | None:
        """One item by its code."""
        return next((i for i in self.items if i.item.code == code), None)

    @property
    def on(self) -> tuple[str, ...]:
        """Names of everything that any answer stands on, each once."""
        return tuple(dict.fromkeys(g for i in self.items for g in i.on))


def appraise(model: Maturity, facts: Mapping[str, Fact]) -> Appraisal:
    """Hold a model against facts.

    Each clause is judged alone, from the one fact that it names (and a person's word on it); so a fact that goes
    changes the clauses that name it, their items, and what is made of these, and nothing else.

    Raises:
        DataError: the model names an operator that there is not.
    """
    _known(model)
    items, dimensions = [], []
    for dimension in model.dimensions:
        mine = [_item(model, item, facts) for item in dimension.items]
        items += mine
        dimensions.append(_dimension(model, dimension, mine))
    verdicts = [v for i in items for v in i.verdicts]
    scores = [
        _grouped(model.rollup.model, dimensions, [d.weight for d in model.dimensions], s) for s in ("claimed", "proven")
    ]
    whole = _part(model, model.id, model.title, scores, verdicts)
    return Appraisal(model, whole, tuple(dimensions), tuple(items))


def item_score(model: Maturity, item: Item, points: Mapping[str, float]) -> float:
    """The score of an item from the points of its clauses by code; a clause without points has none."""
    levels = [[(points.get(c.code, 0.0), c.weight) for c in item.at(n)] for n in range(model.base + 1, item.top + 1)]
    return ITEMS[model.rollup.item](levels, model.base, model.rollup)


def side(model: Maturity, score: float) -> Side:
    """A score with the level it gives."""
    return Side(score, level(score, model.base, model.top, model.rollup.cuts))


def points(verdicts: Iterable[Verdict], name: str) -> dict[str, float]:
    """Points by clause, "claimed" or "proven"; what was not tested has none."""
    return {v.clause.code: found for v in verdicts if (found := getattr(v, name)) is not None}


def _item(model: Maturity, item: Item, facts: Mapping[str, Fact]) -> ItemResult:
    verdicts = tuple(judged(clause, facts) for clause in item.clauses)
    scores = [item_score(model, item, points(verdicts, s)) for s in ("claimed", "proven")]
    return ItemResult(_part(model, item.code, item.title, scores, verdicts), item, verdicts)


def _dimension(model: Maturity, dimension: Dimension, items: Sequence[ItemResult]) -> Part:
    weights = [i.item.weight for i in items]
    scores = [_grouped(model.rollup.dimension, [i.part for i in items], weights, s) for s in ("claimed", "proven")]
    return _part(model, dimension.code, dimension.title, scores, [v for i in items for v in i.verdicts])


def _grouped(operator: str, parts: Sequence[Part], weights: Sequence[float], name: str) -> float:
    return GROUPS[operator]([(getattr(p, name).score, w) for p, w in zip(parts, weights, strict=True)])


def _part(model: Maturity, code: str, title: Text, scores: Sequence[float], verdicts: Sequence[Verdict]) -> Part:
    whole = sum(v.clause.weight for v in verdicts)
    counted = sum(v.clause.weight for v in verdicts if v.proven is not None) / whole
    declared = sum(v.clause.weight for v in verdicts if v.proven is None and v.claimed is not None) / whole
    return Part(code, title, side(model, scores[0]), side(model, scores[1]), counted, declared)


def _known(model: Maturity) -> None:
    r = model.rollup
    for name, known in ((r.item, ITEMS), (r.dimension, GROUPS), (r.model, GROUPS)):
        if name not in known:
            raise DataError(
                Text(f"there is no operator '{name}'", f"没有汇总算子“{name}”"),
                at=f"{model.id}, rollup",
                fix=Text(f"choose one of: {', '.join(known)}", f"可选：{'、'.join(known)}"),
            )
