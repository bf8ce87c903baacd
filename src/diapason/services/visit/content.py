"""What leaves, and nothing else: numbers rounded, words from a list that was fixed without looking at the data."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from diapason.engines.disclosure.rounding import to_digits, usual_range
from diapason.engines.disclosure.words import data_words, strange
from diapason.errors import Refused
from diapason.knowledge.findings import kinds
from diapason.ports.workspace import Workspace
from diapason.services.visit.account import Account, Numbers
from diapason.services.visit.bundles import Told
from diapason.services.visit.contract import FIELDS, Terms
from diapason.services.visit.counting import Counted, counted, refused_whole, values_of
from diapason.services.visit.mapping import Mapped
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, VersionRef

__all__ = ["FORMAT", "Rows", "check_words", "document"]

FORMAT = "diapason-visit-release/1"

_KEYS = """
format contract bundle plan task metric fields runs sealed finished abandoned unfinished shown
trials scores orders counts ranges findings entrant name number held reason over_nothing over_placebo over_robust
touched value low high unit level nothing robust visiting weights order share expected_gain total slices base fewest
column from below rows missing all epsilon middle kind harm columns
"""
_VALUES = """
learner weights repair look_at_doubted_rows few some many none act look know % 1
classification regression remaining_life monitoring rmse macro_f1 f1
"""
_FINEST = 1e-3
"""Of gains: percent of error, or points."""
_WORDS = frozenset([FORMAT, "", *_KEYS.split(), *_VALUES.split(), *FIELDS])
"""All words of the format."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows a visit used, as the release looks at them."""

    examples: Examples
    numbers: Numbers
    before: Account


def document(
    head: Mapping[str, Any], result: Mapping[str, Any], papers: tuple[Terms, Told, Sequence[Mapped]], rows: Rows,
    secret: bytes,
) -> tuple[dict[str, Any], Counted | None]:  # fmt: skip
    """The content of a release, with what the account must remember of its counts.

    Raises:
        Refused: the rows differ from those of an earlier release by too few.
    """
    terms, told, columns = papers
    if refused_whole(rows.numbers, rows.before, terms.smallest_group):
        raise _too_near(terms.smallest_group)
    fields = [f for f in FIELDS if f in told.asks and f in terms.may_leave]
    counts = _counted(papers, rows, secret) if "counts" in fields else None
    digits = terms.rounding.digits
    sections: dict[str, Any] = {
        "trials": lambda: _trials(result, digits),
        "scores": lambda: _scores(result, digits),
        "orders": lambda: _orders(result, digits),
        "counts": lambda: None if counts is None else counts.section,
        "ranges": lambda: _ranges(terms, columns, rows.examples),
        "findings": lambda: _findings(result, columns),
    }
    body: dict[str, Any] = {str(f): sections[f]() for f in fields}
    top = {"format": FORMAT, **head, "task": told.task, "metric": result["metric"], "shown": result["shown"]}
    return {**top, "fields": fields, **body}, counts


def check_words(
    ws: Workspace, said: Mapping[str, Any], papers: tuple[Terms, Told, Sequence[Mapped]], ref: VersionRef
) -> None:
    """Refuse a release with a field that the contract lacks, a word on no list, or a text that stands in the data.

    Raises:
        Refused: says what and where.
    """
    terms, told, columns = papers
    extra = [f for f in (*said["fields"], *(FIELDS.keys() & said.keys())) if f not in terms.may_leave]
    if extra:
        raise _no(Text(f"the field '{extra[0]}' is not in the contract", f"字段“{extra[0]}”不在合同中"), extra[0])
    plugins = {told.recipe.name, *(r.plugin.name for r in told.repairs)}
    theirs = {m.theirs for m in columns} | {m.wanted for m in columns}
    allowed = _WORDS | set(kinds()) | plugins | theirs | set(terms.words)
    odd = strange(said, allowed)
    if odd:
        raise _no(Text(f"'{odd[0][1]}' is no word that may leave", f"“{odd[0][1]}”不是允许离开的词"), odd[0][0])
    found = data_words(said, _texts(ws, ref), _WORDS | set(terms.words) | set(kinds()) | plugins | _same(columns))
    if found:
        at, word = found[0]
        raise _no(
            Text(f"'{word}' stands in the data of the plant", f"“{word}”出现在工厂的数据中"),
            at,
            Text("list it under words in the contract, if it may leave", "若允许离开，请在合同 words 中列出"),
        )


def _same(columns: Sequence[Mapped]) -> set[str]:
    """Units, and names that the provider brought along: they were there before anybody looked at the data."""
    return {m.theirs for m in columns} | {m.wanted for m in columns}


def _texts(ws: Workspace, ref: VersionRef) -> set[str]:
    """Every text in the columns of the dataset, and the names of the columns and of the dataset."""
    lazy = ws.lake.scan(ref)
    schema = lazy.collect_schema()
    found = {n for n in schema.names() if n != ROW} | {ref.name}
    for name, kind in schema.items():
        if kind in (pl.String, pl.Categorical, pl.Enum):
            found |= set(lazy.select(pl.col(name).cast(pl.String)).unique().collect()[name].drop_nulls().to_list())
    return found


def _counted(papers: tuple[Terms, Told, Sequence[Mapped]], rows: Rows, secret: bytes) -> Counted:
    terms, told, columns = papers
    by = {m.theirs: m for m in columns}
    slices = {
        f"{by[s.column].ours}:{by[s.column].wanted}/{s.bands}": s for s in terms.slices if s.column in told.slices
    }
    return counted(rows.examples, slices, terms, rows.numbers, rows.before, secret)


def _estimate(said: Mapping[str, Any] | None, digits: int) -> dict[str, Any] | None:
    """Rounded to what its interval can bear; the number of rows behind it stays."""
    if not said or said["value"] is None:
        return None
    ends = {k: math.nan if said[k] is None else float(said[k]) for k in ("value", "low", "high")}
    scale = ends["high"] - ends["low"]
    scale = max(scale, _FINEST) if math.isfinite(scale) else 0.0
    rounded = {k: to_digits(v, digits, scale=scale) for k, v in ends.items()}
    return {**rounded, "unit": said["unit"], "level": round(float(said["level"]), 3)}


def _trials(result: Mapping[str, Any], digits: int) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for row in [*result["learners"], *result["repairs"]]:
        gains = {k: _estimate(row.get(k), digits) for k in ("over_nothing", "over_placebo", "over_robust")}
        touched = _share(row.get("touched", 0), result["rows_used"])
        told = {"entrant": row["entrant"], "name": row["name"], "number": len(made) + 1, "held": row["held"]}
        made.append({**told, **gains, "touched": touched, "reason": row.get("reason", "")})
    return made


def _scores(result: Mapping[str, Any], digits: int) -> dict[str, Any]:
    """Of each learner on the confirming folds, by what it was there; three digits more than gains need none."""
    named = {"usual": "nothing", "robust": "robust", "visiting": "visiting", "weights": "weights"}
    known = {named[k]: v for k, v in result["scores"].items() if k in named and v is not None}
    return {name: to_digits(float(value), digits + 1) for name, value in known.items()}


def _orders(result: Mapping[str, Any], digits: int) -> list[dict[str, Any]]:
    """Rows that a person should look at, and what the best repair that did not hold would bring."""
    share = _share(result["doubted"], result["rows_used"])
    if share == "none":
        return []
    open_ = [r["over_robust"] for r in result["repairs"] if not r["held"] and r["over_robust"]["value"] is not None]
    best = max(open_, key=lambda e: float(e["value"]), default=None)
    return [{"order": "look_at_doubted_rows", "share": share, "expected_gain": _estimate(best, digits)}]


def _ranges(terms: Terms, columns: Sequence[Mapped], examples: Examples) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for m in columns:
        values = values_of(examples, m.theirs) if m.theirs in terms.ranges else None
        if values is None or values.dtype == object:
            continue
        told = usual_range(values, terms.smallest_group, terms.rounding.digits)
        low, middle, high = told or (None, None, None)
        made.append({"column": m.theirs, "unit": m.wanted, "low": low, "middle": middle, "high": high})
    return made


def _findings(result: Mapping[str, Any], columns: Sequence[Mapped]) -> list[dict[str, Any]]:
    """Kinds, harm, a rough share, and only columns that the provider has a name for."""
    theirs, n = {m.theirs for m in columns}, result["rows_used"]
    told = []
    for f in result["findings"]:
        named = [c for c in f["columns"] if c in theirs]
        told.append({"kind": f["kind"], "harm": f["harm"], "columns": named, "share": _share(f["count"], n)})
    return told


def _share(count: int, of: int) -> str:
    """A count as a word, so that counts can't be subtracted: none, few (below 1 %), some (below 10 %), many."""
    share = count / max(of, 1)
    return "none" if count == 0 else "few" if share < 0.01 else "some" if share < 0.1 else "many"


def _too_near(k: int) -> Refused:
    return Refused(
        Text(
            f"these rows differ from those of an earlier release by fewer than {k}: both together would tell of them",
            f"这些行与先前放行所用的行相差不足 {k} 行：两者相减即可推知个别行",
        ),
        at="release",
        fix=Text(
            f"release on the same version as before, or once {k} rows or more have been added",
            f"请在与先前相同的版本上放行，或待新增至少 {k} 行之后",
        ),
    )


def _no(what: Text, at: str, fix: Text | None = None) -> Refused:
    other = Text("nothing was let out; agree on a contract that allows it", "没有任何内容离开；请另订允许该项的合同")
    return Refused(what, at=f"release, {at}", fix=fix or other)
