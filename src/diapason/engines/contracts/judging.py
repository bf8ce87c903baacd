"""Row by row against a contract: which rows break which rule, as data come in."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

import polars as pl
from polars import selectors

from diapason.vocabulary.policy import Act, Policy
from diapason.vocabulary.tables import ROW, Column, Contract

__all__ = ["BECAUSE", "Judge", "Look", "Rule"]

BECAUSE = "because"
"""Column of the rules that a row set aside breaks: `T:range; grade:values`."""
_SHOWN = 5
"""Rows that are named for each broken rule."""
_SURE = 1e-3
"""Chance at which a stream that keeps its share of missing cells is said to break it, for each batch."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule that rows can break."""

    column: str
    rule: str  # "missing", "range", "values"; "relation", whose column is the condition itself
    said: str  # what it asks for
    act: Act
    share: float = 0.0  # of cells that may be missing

    @property
    def id(self) -> str:
        """Its name in the contract."""
        return f"{self.column}:{self.rule}"

    @property
    def of_rows(self) -> bool:
        """Whether each row keeps or breaks it by itself."""
        return self.rule != "missing" or self.share == 0


@dataclass(frozen=True, slots=True)
class Look:
    """Which rows of a frame break which rule: a column of truths for each rule, and how many are true."""

    marks: pl.DataFrame
    counts: Mapping[str, int]


@dataclass(slots=True)
class Judge:
    """Rules of one contract on rows that are stored in one way, and what they have met so far.

    Whether a row is set aside by a rule of rows depends on that row alone, so any split into frames gives the same.

    >>> from diapason.vocabulary.tables import Column, Contract
    >>> judge = Judge.of(Contract("line", (Column("T", "number", low=0.0, high=100.0),)), {"T": pl.Float64()})
    >>> good, aside = judge.take(pl.DataFrame({"T": [20.0, 200.0, None]}))
    >>> good.height, aside[BECAUSE].to_list()
    (2, ['T:range'])
    """

    rules: tuple[Rule, ...]
    untested: tuple[Rule, ...]
    asked: list[pl.Expr]
    related: bool = False  # conditions between columns, for which what is not a number is missing
    rows: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)  # shares that some batch has broken

    @classmethod
    def of(cls, contract: Contract, schema: Mapping[str, pl.DataType]) -> "Judge":
        """A judge who has met nothing yet; relations must be conditions on single rows of columns that are there."""
        policy = contract.policy or Policy()
        tested, untested, asked = list[Rule](), list[Rule](), list[pl.Expr]()
        for column in contract.columns:
            for rule, told in _asked(column, schema.get(column.name), policy):
                (untested if told is None else tested).append(rule)
                asked += [] if told is None else [told.alias(rule.id)]
        for said in contract.relations:
            tested.append(Rule(said, "relation", "", policy.relations))
            asked.append((~pl.sql_expr(said)).fill_null(value=False).alias(tested[-1].id))
        return cls(tuple(tested), tuple(untested), asked, bool(contract.relations))

    def again(self) -> "Judge":
        """The same rules, nothing met."""
        return Judge(self.rules, self.untested, self.asked, self.related)

    def look(self, frame: pl.DataFrame) -> Look:
        """Which rows break what; nothing is remembered."""
        known = frame.with_columns(selectors.float().fill_nan(None)) if self.related else frame
        marks = known.select(self.asked) if self.asked else pl.DataFrame()
        sums = marks.sum().row(0) if self.asked else ()
        return Look(marks, dict(zip(marks.columns, map(int, sums), strict=True)))

    def surely(self, look: Look, rows: int) -> list[Rule]:
        """Rules that a batch of a stream breaks; a share only where chance would hardly give so many missing cells."""
        return [r for r in self.rules if _surely(r, look.counts[r.id], rows)]

    def take(
        self, frame: pl.DataFrame, look: Look | None = None, *, over: Collection[str] = ()
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Rows to store, and rows to set aside with the rules that they break.

        Args:
            look: what `look` gave for this frame.
            over: ids of shares that are known to be broken.
        """
        look = look or self.look(frame)
        self.meet(frame, look, over=over)
        aside = [r.id for r in self.rules if r.act is Act.QUARANTINE and (r.of_rows or r.id in over)]
        return self.parted(frame, look, aside)

    def parted(self, frame: pl.DataFrame, look: Look, ids: Collection[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Rows that keep all of some rules, and those that do not, with the rules that they break."""
        met = [name for name in ids if look.counts[name]]
        if not met:
            return frame, frame.clear().with_columns(pl.lit("").alias(BECAUSE))
        bad = reduce(or_, (look.marks[name] for name in met))
        why = pl.concat_str(
            [pl.when(pl.col(name)).then(pl.lit(name)) for name in met], separator="; ", ignore_nulls=True
        )
        said = look.marks.filter(bad).select(why.alias(BECAUSE))
        return frame.filter(~bad), frame.filter(bad).with_columns(said)

    def meet(self, frame: pl.DataFrame, look: Look, *, over: Collection[str] = ()) -> None:
        """Count rows with what they break; shares that are known to be broken are remembered."""
        self.over |= set(over)
        for rule in self.rules:
            count = look.counts[rule.id]
            if not count:
                continue
            self.counts[rule.id] = self.counts.get(rule.id, 0) + count
            known = self.first.setdefault(rule.id, [])
            if len(known) < _SHOWN:
                known += list(_shown(frame, look.marks[rule.id], rule.column, self.rows, _SHOWN - len(known)))
        self.rows += frame.height

    def broken(self, *, stream: bool = False) -> list[dict[str, Any]]:
        """What was broken so far: the rule, what becomes of it, how many cells, and the first rows.

        Args:
            stream: a share is broken where a batch broke it, not where all rows together do.
        """
        return [
            {
                "column": r.column,
                "rule": r.rule,
                "said": r.said,
                "act": r.act.value,
                "count": self.counts.get(r.id, 0),
                "of": self.rows,
                "first": self.first.get(r.id, []),
            }
            for r in self.rules
            if self._broken(r, stream)
        ]

    def _broken(self, rule: Rule, stream: bool) -> bool:
        if stream and not rule.of_rows:
            return rule.id in self.over
        return self.counts.get(rule.id, 0) > rule.share * self.rows


def _asked(column: Column, kind: pl.DataType | None, policy: Policy) -> Iterator[tuple[Rule, pl.Expr | None]]:
    """Rules of a column, and what asks each row whether it breaks it; None where that can't be asked."""
    cell, name = pl.col(column.name), column.name
    if column.missing is not None:
        rule = Rule(name, "missing", f"<= {column.missing:.4%}", policy.missing, column.missing)
        yield rule, None if kind is None else _missing(cell, kind)
    if column.low is not None or column.high is not None:
        said = f"{'' if column.low is None else column.low} .. {'' if column.high is None else column.high}"
        numeric = kind is not None and (kind.is_numeric() or kind == pl.Boolean)
        yield Rule(name, "range", said, policy.range), _outside(cell, column) if numeric else None
    if column.values:
        texts = kind is not None and kind in (pl.String, pl.Categorical, pl.Enum)
        told = ~cell.cast(pl.String).is_in(list(column.values)) if texts else None
        yield (
            Rule(name, "values", ", ".join(column.values), policy.values),
            None if told is None else told.fill_null(value=False),
        )


def _missing(cell: pl.Expr, kind: pl.DataType) -> pl.Expr:
    return cell.is_null() | cell.is_nan().fill_null(value=False) if kind.is_float() else cell.is_null()


def _outside(cell: pl.Expr, column: Column) -> pl.Expr:
    number = cell.cast(pl.Float64)
    ends = [number < column.low] if column.low is not None else []
    ends += [number > column.high] if column.high is not None else []
    return (reduce(or_, ends) & ~number.is_nan()).fill_null(value=False)


def _surely(rule: Rule, count: int, rows: int) -> bool:
    if rule.of_rows or not count:
        return count > 0
    from scipy.special import bdtrc  # takes longer to load than most batches to judge

    return bool(count > rule.share * rows and bdtrc(count - 1, rows, rule.share) < _SURE)


def _shown(frame: pl.DataFrame, mark: pl.Series, column: str, begin: int, most: int) -> Iterator[dict[str, Any]]:
    for at in mark.arg_true().head(most).to_list():
        number = frame.item(at, ROW) if ROW in frame.columns else begin + at
        value = frame.item(at, column) if column in frame.columns else None
        yield {"row": int(number), "value": None if value is None else str(value)}
