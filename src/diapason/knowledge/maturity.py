"""Models of maturity as files: read strictly, ours and those that a user adds, into the vocabulary's types."""

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import msgspec
import yaml

from diapason.errors import DataError
from diapason.knowledge.loader import Both, Strict, Titled, check, load
from diapason.vocabulary.language import Text
from diapason.vocabulary.maturity import Clause, Dimension, Item, Maturity, Rollup, Test

__all__ = ["parsed", "shipped", "shipped_model", "text_of"]

_Mark = Literal["seen", "recalled", "inferred"]
_Positive = Annotated[float, msgspec.Meta(gt=0)]
_Code = Annotated[str, msgspec.Meta(pattern=r"^[\w.-]+$")]


class _Clause(Strict, frozen=True):
    """One demand: counted (`fact` with a limit) or asked (`ask`)."""

    code: _Code
    level: int
    text: Both
    fact: str = ""
    at_least: float | None = None
    at_most: float | None = None
    is_: bool | str | None = msgspec.field(name="is", default=None)
    graded: list[tuple[float, float]] = msgspec.field(default_factory=list)
    ask: bool | Both = False  # true = the text itself is the question
    scale: Literal["number", "yes-no", "dcmm", "share"] | None = None
    weight: _Positive = 1.0
    effort: _Positive = 1.0
    mark: _Mark | None = None
    do: Both | None = None
    wait: Annotated[float, msgspec.Meta(ge=0)] = 0.0


class _Item(Strict, frozen=True):
    code: _Code
    title: Both
    clauses: list[_Clause] = msgspec.field(default_factory=list)
    same_as: str = ""  # an item of the model that this one refers to
    weight: _Positive = 1.0
    mark: _Mark | None = None


class _Dimension(Strict, frozen=True):
    code: _Code
    title: Both
    items: Annotated[list[_Item], msgspec.Meta(min_length=1)]
    weight: _Positive = 1.0


class _Marks(Strict, frozen=True):
    items: _Mark
    clauses: _Mark


class _Rollup(Strict, frozen=True):
    item: Literal["ladder", "sum"] = "ladder"
    dimension: Literal["mean", "weighted_mean", "minimum", "capped_mean", "floor"] = "mean"
    model: Literal["mean", "weighted_mean", "minimum", "capped_mean", "floor"] = "mean"
    met: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.8
    cuts: list[float] = msgspec.field(default_factory=list)


class _File(Titled, frozen=True):
    id: _Code
    levels: Annotated[list[Both], msgspec.Meta(min_length=2)]
    dimensions: Annotated[list[_Dimension], msgspec.Meta(min_length=1)]
    marks: _Marks
    base: int = 1
    rollup: _Rollup = msgspec.field(default_factory=_Rollup)
    scale: Literal["yes-no", "dcmm", "share"] = "yes-no"  # of asked clauses that name none
    common: list[_Clause] = msgspec.field(
        default_factory=list
    )  # of every item that is not the same as another, unless it has its own
    refers: str = ""
    note: Both | None = None


def shipped() -> tuple[str, ...]:
    """Ids of the models that come with Diapason, in alphabetical order."""
    folder = files("diapason.knowledge").joinpath("maturity")
    return tuple(sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml")))


@cache
def shipped_model(name: str) -> Maturity:
    """One of the models that come with Diapason.

    Raises:
        DataError: the file is not as it must be; names the field.
    """
    return _made(load(f"maturity/{name}.yaml", _File), f"knowledge/maturity/{name}.yaml")


def parsed(text: str, *, at: str) -> Maturity:
    """A model from the text of a file.

    Args:
        text: YAML.
        at: the file, for the error.

    Raises:
        DataError: it is no YAML, a field is unknown, missing or of the wrong kind, or its parts do not fit together.
    """
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise DataError(
            Text(f"this is no YAML: {_first(error)}", f"不是 YAML 文件：{_first(error)}"),
            at=at,
            fix=Text("see docs/appraisal.md for the form of a model", "模型文件的写法见 docs/appraisal.md"),
        ) from error
    return _made(check(value, _File, at=at), at)


def text_of(name: str) -> str:
    """The text of a shipped model's file."""
    return files("diapason.knowledge").joinpath(f"maturity/{name}.yaml").read_text(encoding="utf-8")


def _made(file: _File, at: str) -> Maturity:
    rollup = Rollup(
        **{f: getattr(file.rollup, f) for f in ("item", "dimension", "model", "met")}, cuts=tuple(file.rollup.cuts)
    )
    other = shipped_model(file.refers) if file.refers else None
    dimensions = tuple(
        Dimension(d.code, _text(d.title), tuple(_item(file, i, other, at) for i in d.items), d.weight)
        for d in file.dimensions
    )
    made = Maturity(
        file.id,
        _text(file.title),
        tuple(_text(name) for name in file.levels),
        dimensions,
        file.base,
        rollup,
        file.source,
        file.checked.isoformat(),
        _text(file.note) if file.note else None,
    )
    _fits(made, at)
    return made


def _item(file: _File, item: _Item, other: Maturity | None, at: str) -> Item:
    mark = item.mark or file.marks.items
    if not item.same_as:
        own = {c.code for c in item.clauses}  # one with the code of a common clause stands in its place
        shared = (c for c in file.common if c.code not in own)
        clauses = tuple(_clause(file, item, c, at) for c in (*item.clauses, *shared))
        return Item(item.code, _text(item.title), clauses, item.weight, mark)
    found = next((i for i in other.items() if i.code == item.same_as), None) if other else None
    if found is None or item.clauses:
        raise _wrong(
            at,
            f"item {item.code}",
            Text("same_as names no item of the model in `refers`", "same_as 没有指向 refers 所指模型的条目")
            if found is None
            else Text(
                "an item is the same as another or has clauses of its own", "条目要么等同于另一条目，要么自带条款"
            ),
        )
    return Item(item.code, _text(item.title), found.clauses, item.weight, mark)


def _clause(file: _File, item: _Item, clause: _Clause, at: str) -> Clause:
    code, place = f"{file.id}.{item.code}.{clause.code}", f"item {item.code}, clause {clause.code}"
    text = _text(clause.text, item)
    return Clause(
        code,
        clause.level,
        text,
        _test(file, item, clause, code, text, f"{at}, {place}"),
        clause.weight,
        clause.effort,
        clause.mark or file.marks.clauses,
        _text(clause.do, item) if clause.do else None,
        clause.wait,
    )


def _test(file: _File, item: _Item, clause: _Clause, code: str, text: Text, at: str) -> Test:
    limits = (clause.at_least, clause.at_most, clause.is_)
    limited = bool(clause.graded) or any(limit is not None for limit in limits)
    fact = clause.fact.replace("{code}", item.code)
    graded = tuple((float(low), float(points)) for low, points in clause.graded)
    scale = clause.scale or ("number" if limited else file.scale)
    if not clause.ask and not (fact and (limited or clause.scale)):
        raise _wrong(
            at,
            "",
            Text("a clause is counted (fact and a limit) or asked (ask)", "条款须可计数（fact 与门槛）或可提问（ask）"),
        )
    if list(graded) != sorted(graded) or any(not 0 <= points <= 1 for _, points in graded):
        raise _wrong(
            at, "graded", Text("limits go up, and scores lie between 0 and 1", "门槛须递增，得分须在 0 与 1 之间")
        )
    question = None
    if clause.ask:
        question = _text(clause.ask, item) if isinstance(clause.ask, Both) else _question(text, scale)
    return Test(fact or code, question, scale, *limits, graded)


def _question(text: Text, scale: str) -> Text:
    """A demand as a question."""
    if scale == "dcmm":
        return Text(f"To what degree does this hold: {text.en}?", f"以下情况做到什么程度：{text.zh}？")
    if scale == "share":
        return Text(f"For what share does this hold: {text.en}?", f"以下情况在多大比例上成立：{text.zh}？")
    return Text(f"Does this hold: {text.en}?", f"以下情况是否成立：{text.zh}？")


def _fits(model: Maturity, at: str) -> None:
    """Codes stand once, every level that is asked has a name, and no level between is left out."""
    _once(at, (d.code for d in model.dimensions))
    _once(at, (i.code for i in model.items()))
    if len(model.rollup.cuts) not in (0, len(model.levels) - 1):
        raise _wrong(at, "rollup.cuts", Text("one cut for each level above the base", "基础级以上每级须有一个分界"))
    for item in model.items():
        _once(f"{at}, item {item.code}", (c.code for c in item.clauses))
        asked = sorted({c.level for c in item.clauses})
        if asked != list(range(model.base + 1, model.base + 1 + len(asked))) or not asked or asked[-1] > model.top:
            raise _wrong(
                at,
                f"item {item.code}",
                Text(
                    f"each level from {model.base + 1} up has a clause, none is left out; here: {asked}",
                    f"自 {model.base + 1} 级起逐级须有条款，不得跳级；此处为：{asked}",
                ),
            )


def _once(at: str, codes: Iterable[str]) -> None:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise _wrong(at, "code", Text(f"'{code}' stands twice", f"“{code}”出现两次"))
        seen.add(code)


def _text(both: Both, item: _Item | None = None) -> Text:
    if item is None:
        return Text(both.en, both.zh)
    return Text(both.en.replace("{item}", item.title.en), both.zh.replace("{item}", item.title.zh))


def _first(error: yaml.YAMLError) -> str:
    lines: Sequence[str] = str(error).splitlines()
    return lines[0] if lines else "?"


def _wrong(at: str, field: str, what: Text) -> DataError:
    place = f"{at}, {field}" if field else at
    return DataError(
        what, at=place, fix=Text("see docs/appraisal.md for the form of a model", "模型文件的写法见 docs/appraisal.md")
    )
