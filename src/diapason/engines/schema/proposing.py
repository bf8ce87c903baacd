"""Roles of columns from their names, the order of their values, and how these go together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from diapason.engines.schema.flags import one_of_many
from diapason.engines.schema.shapes import Shape, saw, shapes
from diapason.engines.schema.units import Measured, unit_of
from diapason.engines.schema.wording import called, head, named
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.lexicon import Lexicon
from diapason.vocabulary.tables import ROW, Role

__all__ = ["SURE", "Doubt", "Proposal", "propose"]

SURE = 0.7
"""A role proposed with less than this is not given: a person is asked."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a person should say: `about` names the argument ("asset", "target", "units.T_in"), choices best first."""

    about: str
    choices: tuple[str, ...]
    why: Finding


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one column is proposed to be."""

    column: str
    kind: str
    role: Role
    unit: str
    why: tuple[Finding, ...]
    sure: float


@dataclass(slots=True)
class _Sketch:
    """Proposals while they are made."""

    sample: pl.DataFrame
    shape: Mapping[str, Shape]
    lexicon: Lexicon
    role: dict[str, tuple[Role, float, Finding]] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)

    def give(self, name: str, role: Role, sure: float, kind: str, **facts: float | str) -> None:
        """Give a column a role, unless it has one already."""
        self.role.setdefault(name, (role, sure, Finding(kind, Where((name,)), sure, facts=facts)))

    def free(self) -> list[Shape]:
        """Columns without a role."""
        return [s for s in self.shape.values() if s.name not in self.role]

    def has(self, role: Role) -> bool:
        """Whether a column has this role already."""
        return any(r is role for r, _, _ in self.role.values())

    def word(self, shape: Shape, *roles: str) -> str:
        """The word of these roles that a name contains."""
        return next((w for r in roles if (w := named(shape.name, self.lexicon.roles.get(r, ())))), "")


def propose(
    sample: pl.DataFrame,
    lexicon: Lexicon,
    *,
    said: Mapping[Role, Sequence[str]] | None = None,
    declared: Mapping[Role, Sequence[str]] | None = None,
    units: Mapping[str, str] | None = None,
    file_column: str = "",
) -> tuple[tuple[Proposal, ...], tuple[Doubt, ...]]:
    """Propose role, kind and unit of every column, and say what only a person can.

    Args:
        sample: rows in their order, `_row` included or not.
        lexicon: the words of plants.
        said: roles that a person has given.
        declared: roles that the source itself states; a person's word goes before them.
        units: units as the file writes them, by column.
        file_column: the column that names the file of each row, "" if there is none.
    """
    sample = sample.drop(ROW, strict=False)
    sketch = _Sketch(sample, shapes(sample), lexicon)
    for role, names in (said or {}).items():
        for name in names:
            sketch.give(name, role, 1.0, "schema_said")
    for role, names in (declared or {}).items():
        free = {s.name for s in sketch.free()}
        for name in [] if sketch.has(role) else [n for n in names if n in free]:
            sketch.give(name, role, 0.95, "schema_declared")
    _times(sketch)
    _saws(sketch)
    _groups(sketch, file_column)
    _numbers_of_rows(sketch)
    _targets(sketch)
    proposals = []
    for shape in sketch.shape.values():
        measured = _measured(shape, sketch, (units or {}).get(shape.name, ""))
        proposals.append(_proposal(shape, sketch, measured))
    return tuple(proposals), tuple(sketch.doubts)


def _times(sketch: _Sketch) -> None:
    """Columns of dates; else numbers that are named like a time and run forward."""
    if sketch.has(Role.TIME):
        return
    dated = [s for s in sketch.free() if s.kind == "time" and s.filled]
    if len(dated) == 1:
        sketch.give(dated[0].name, Role.TIME, 0.95, "schema_time_typed")
    elif dated:
        _best_time(sketch, dated)


def _best_time(sketch: _Sketch, dated: Sequence[Shape]) -> None:
    """Of several, the only one without gaps, or else the only one that is called a time; otherwise ask."""
    for fits in (lambda s: s.filled == s.rows, lambda s: bool(called(s.name, sketch.lexicon.roles.get("time", ())))):
        found = [s for s in dated if fits(s)]
        if len(found) == 1:
            sketch.give(found[0].name, Role.TIME, 0.75, "schema_time_typed")
            return
    _ask(sketch, "time", [s.name for s in sorted(dated, key=lambda s: s.rising, reverse=True)])


def _saws(sketch: _Sketch) -> None:
    """A column that counts up in each run of another: time and asset, whatever they are called."""
    if sketch.has(Role.TIME) and sketch.has(Role.ASSET):
        return
    calendar = sketch.lexicon.roles.get("calendar", ())
    assets = _said_or(
        sketch, Role.ASSET, lambda s: _may_repeat(s) and s.name not in sketch.role and not called(s.name, calendar)
    )
    times = _said_or(sketch, Role.TIME, lambda s: s.number and s.filled == s.rows and s.name not in sketch.role)
    for asset in assets[:12]:
        fits = [t for t in times[:12] if t.name != asset.name and saw(sketch.sample, asset.name, t.name)]
        if fits and asset.runs > 1:
            time = max(fits, key=lambda t: (bool(sketch.word(t, "time", "count")), t.whole))
            sketch.give(asset.name, Role.ASSET, 0.9, "schema_asset_saw", other=time.name, runs=f"{asset.runs:,}")
            sketch.give(time.name, Role.TIME, 0.9, "schema_time_saw", other=asset.name)
            return


def _said_or(sketch: _Sketch, role: Role, fits: Callable[[Shape], bool]) -> list[Shape]:
    given = [name for name, (r, _, _) in sketch.role.items() if r is role]
    return [sketch.shape[n] for n in given] or [s for s in sketch.shape.values() if fits(s)]


def _may_repeat(shape: Shape) -> bool:
    """Values that stay for several rows, each in one stretch."""
    fits = shape.whole or shape.dtype == pl.String
    return (
        fits and shape.runs == shape.distinct and 2 <= shape.distinct <= shape.rows / 4 and shape.filled == shape.rows
    )


def _groups(sketch: _Sketch, file_column: str) -> None:
    """Assets and batches by their names; several files as batches; then a time that only its name tells."""
    for role, sure in ((Role.ASSET, 0.8), (Role.BATCH, 0.8)):
        if sketch.has(role):
            continue
        known = sketch.lexicon.roles.get(role.value, ())
        exact = [(s, w) for s in sketch.free() if _repeats(s) and (w := called(s.name, known))]
        if len(exact) == 1:
            shape, word = exact[0]
            facts = {"word": word, "distinct": f"{shape.distinct:,}"}
            sketch.give(shape.name, role, sure, f"schema_{role.value}_named", **facts)
        elif exact:
            _ask(sketch, role.value, [s.name for s, _ in exact])
    if file_column and file_column in sketch.shape and not sketch.has(Role.BATCH):
        sketch.give(file_column, Role.BATCH, 0.75, "schema_batch_file")
    if not sketch.has(Role.TIME):
        _named_time(sketch)


def _repeats(shape: Shape) -> bool:
    return (shape.whole or shape.dtype == pl.String) and 2 <= shape.distinct <= 0.5 * max(1, shape.filled)


def _named_time(sketch: _Sketch) -> None:
    asset = next((n for n, (r, _, _) in sketch.role.items() if r in (Role.ASSET, Role.BATCH)), "")
    for shape in sketch.free():
        word = sketch.word(shape, "time", "count")
        if word and shape.number and shape.kind == "number" and _forward(sketch.sample, shape, asset):
            sketch.give(shape.name, Role.TIME, 0.85, "schema_time_named", word=word)
            return


def _forward(sample: pl.DataFrame, shape: Shape, asset: str) -> bool:
    if shape.rising or not asset:
        return shape.rising
    steps = sample.select(pl.col(shape.name).diff().over(asset).min()).item()
    return steps is not None and steps >= 0


def _numbers_of_rows(sketch: _Sketch) -> None:
    """Columns that only count or name the rows say nothing about them."""
    for shape in sketch.free():
        if shape.whole and shape.steady and shape.rows > 10:
            sketch.give(shape.name, Role.IGNORED, 0.8, "schema_counts_rows")
        elif shape.dtype == pl.String and shape.unique and not _prose(sketch.sample[shape.name]):
            sketch.give(shape.name, Role.IGNORED, 0.8, "schema_names_rows")


def _prose(texts: pl.Series) -> bool:
    """Sentences, which say something of the row, and not codes."""
    head = texts.drop_nulls().head(100)
    return bool((head.str.contains(r"\s\S+\s|[\u4e00-\u9fff]{4}")).mean() > 0.3)  # type: ignore[operator]


def _targets(sketch: _Sketch) -> None:
    """A column named like a target; of several the strongest word, else a question."""
    together = one_of_many(sketch.sample, [s.name for s in sketch.free() if s.kind == "flag" and s.filled == s.rows])
    for group in together:
        joined = "+".join(group)
        for name in group:
            sketch.give(name, Role.FEATURE, 0.5, "schema_one_of_many", count=f"{len(group)}", joined=joined)
        if len(group) > 2 and not sketch.has(Role.TARGET):
            sketch.doubts.append(Doubt("target", (joined,), sketch.role[group[0]][2]))
    if not sketch.has(Role.TARGET) and not any(d.about == "target" for d in sketch.doubts):
        _named_target(sketch)


def _named_target(sketch: _Sketch) -> None:
    """A column that is called like a target, or whose name ends with a word such as "failure"."""
    free = [s for s in sketch.free() if s.distinct > 1]
    strong = [(s, w) for s in free if (w := called(s.name, sketch.lexicon.roles.get("target", ())))]
    weak = [(s, w) for s in free if (w := head(s.name, sketch.lexicon.roles.get("perhaps_target", ())))]
    found, sure = (strong, 0.9) if strong else (weak, 0.75)
    if len(found) == 1:
        sketch.give(found[0][0].name, Role.TARGET, sure, "schema_target_named", word=found[0][1])
    elif found:
        _ask(sketch, "target", [s.name for s, _ in found])


def _ask(sketch: _Sketch, role: str, names: Sequence[str]) -> None:
    """Several columns could have a role: none gets it, a person is asked."""
    facts: dict[str, float | str] = {"option": role, "others": ", ".join(names[1:4])}
    why = Finding("schema_several", Where((names[0],)), 0.4, facts=facts)
    for name in names:
        others = ", ".join(n for n in names if n != name)
        sketch.give(name, Role.FEATURE, 0.4, "schema_several", option=role, others=others)
    sketch.doubts.append(Doubt(role, tuple(names), why))


def _measured(shape: Shape, sketch: _Sketch, given: str) -> Measured:
    """The unit of a column of numbers; what was only guessed becomes a question."""
    if shape.kind != "number":
        return Measured()
    role = sketch.role.get(shape.name, (Role.FEATURE,))[0]
    if role in (Role.ASSET, Role.BATCH, Role.IGNORED):
        return Measured()
    measured = unit_of(shape.name, given, shape.low, shape.high, sketch.lexicon)
    if measured.why is not None and not measured.unit:
        choices = (measured.guess,) if measured.guess else ()
        sketch.doubts.append(Doubt(f"units.{shape.name}", choices, measured.why))
    return measured


def _proposal(shape: Shape, sketch: _Sketch, measured: Measured) -> Proposal:
    role, sure, why = sketch.role.get(
        shape.name, (Role.FEATURE, 0.8, Finding("schema_feature", Where((shape.name,)), 0.8))
    )
    reasons = [why]
    if measured.why is not None:
        reasons = [measured.why] if why.kind == "schema_feature" else [why, measured.why]
        sure = min(sure, measured.sure) if measured.unit else sure
    return Proposal(shape.name, shape.kind, role, measured.unit, tuple(reasons), sure)
