"""The risk level by scene, autonomy and scale, and the classes of a regime; each with its reasons and its doubt."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from diapason.engines.compliance.duties import condition, to_ask
from diapason.engines.compliance.truth import Facts, Need, Span, Truth, holds, open_facts, some

__all__ = ["Class", "Classed", "Grading", "Level", "Raise", "classed", "level"]


@dataclass(frozen=True, slots=True)
class Raise:
    """So many levels more where any one of these holds."""

    any_of: tuple[Need, ...]
    by: int


@dataclass(frozen=True, slots=True)
class Grading:
    """The level by scene (row) and autonomy (column), then raises, up to a cap."""

    columns: tuple[str, ...]
    rows: Mapping[str, tuple[int, ...]]
    raises: tuple[Raise, ...]
    cap: int


@dataclass(frozen=True, slots=True)
class Level:
    """The level as far as it is known: from `low` to `high`; what raised it, and what would settle it."""

    span: Span
    base: Span
    raised: tuple[Truth, ...]  # per raise of the grading
    ask: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Whether it is one number."""
        return self.span.low == self.span.high


@dataclass(frozen=True, slots=True)
class Class:
    """One class; with neither `when` nor `any_of` it holds where no other of its list does."""

    id: str
    when: tuple[Need, ...] = ()
    any_of: tuple[tuple[Need, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Classed:
    """Whether a class holds, and which facts would tell."""

    id: str
    holds: Truth
    ask: tuple[str, ...] = ()


def level(grading: Grading, facts: Facts) -> Level:
    """The level with its doubt: where scene, autonomy or scale are not known, from the least to the most it may be.

    >>> grading = Grading(("advise", "act"), {"office": (1, 2)}, (Raise((Need("large", among=(True,)),), 1),), 5)
    >>> level(grading, {"scene": "office", "autonomy": "act"}).span
    Span(low=2, high=3)
    """
    rows = [grading.rows[str(facts["scene"])]] if facts.get("scene") in grading.rows else list(grading.rows.values())
    wanted = facts.get("autonomy")
    places = [grading.columns.index(str(wanted))] if wanted in grading.columns else range(len(grading.columns))
    possible = [row[i] for row in rows for i in places]
    base = Span(min(possible), max(possible))
    raised = tuple(some(holds(t, facts) for t in r.any_of) for r in grading.raises)
    sure = sum(r.by for r, truth in zip(grading.raises, raised, strict=True) if truth is True)
    most = sum(r.by for r, truth in zip(grading.raises, raised, strict=True) if truth is not False)
    span = Span(min(base.low + sure, grading.cap), min(base.high + most, grading.cap))
    return Level(span, base, raised, () if span.low == span.high else _asked(grading, facts, raised))


def classed(classes: Sequence[Class], facts: Facts) -> tuple[Classed, ...]:
    """Each class of a list with its truth; the one without conditions is what is left."""
    told = {c.id: condition(c.when, c.any_of, facts) for c in classes if c.when or c.any_of}
    others = some(told.values())
    rest: Truth = None if others is None else not others
    return tuple(_classed(c, told.get(c.id, rest), classes, facts) for c in classes)


def _classed(one: Class, truth: Truth, classes: Iterable[Class], facts: Facts) -> Classed:
    if truth is not None:
        return Classed(one.id, truth)
    if one.when or one.any_of:
        return Classed(one.id, None, to_ask(one.when, one.any_of, facts))
    asked = [a for c in classes if _undecided(c, facts) for a in to_ask(c.when, c.any_of, facts)]
    return Classed(one.id, None, tuple(dict.fromkeys(asked)))


def _undecided(one: Class, facts: Facts) -> bool:
    return bool(one.when or one.any_of) and condition(one.when, one.any_of, facts) is None


def _asked(grading: Grading, facts: Facts, raised: Sequence[Truth]) -> tuple[str, ...]:
    asked = [] if facts.get("scene") in grading.rows else ["scene"]
    asked += [] if facts.get("autonomy") in grading.columns else ["autonomy"]
    for r, truth in zip(grading.raises, raised, strict=True):
        asked += open_facts(r.any_of, facts) if truth is None else ()
    return tuple(asked)
