"""Whether data keep their contract: each rule kept, broken or not tested."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from diapason.vocabulary.tables import Column, Contract

__all__ = ["Broken", "broken", "rules"]


@dataclass(frozen=True, slots=True)
class Broken:
    """One rule that data break, or that could not be tested."""

    column: str
    rule: str  # "there", "missing", "range", "values", "key", "relation"
    count: int  # cells concerned; 0 where the column is not there, or nothing was tested
    of: int
    said: str  # what the rule asks for
    tested: bool = True


def rules(contract: Contract) -> int:
    """How many rules a contract states, that each column is there among them."""
    whole = bool(contract.key) + len(contract.relations)
    return whole + sum(1 + len(list(_stated(c))) for c in contract.columns)


def _stated(column: Column) -> Iterator[str]:
    if column.missing is not None:
        yield "missing"
    if column.low is not None or column.high is not None:
        yield "range"
    if column.values:
        yield "values"


def broken(
    contract: Contract,
    told: Sequence[Mapping[str, Any]],
    there: Sequence[str],
    *,
    keys: Mapping[str, Any] | None = None,
    relations: Mapping[str, Mapping[str, int]] | None = None,
) -> tuple[Broken, ...]:
    """Rules that are broken or could not be tested, column by column, then those of whole rows.

    Args:
        told: a line per column, as the scan tells it, with `outside` for the range.
        there: names of all columns of the table.
        keys: what the scan tells of the contract's key; None = it was not looked at.
        relations: what it tells of each relation.
    """
    lines, found = {line["name"]: line for line in told}, list[Broken]()
    for column in contract.columns:
        if column.name not in there:
            found.append(Broken(column.name, "there", 0, 0, column.kind))
            continue
        line = lines.get(column.name)
        if line is None:
            found += [Broken(column.name, rule, 0, 0, "", tested=False) for rule in _stated(column)]
            continue
        found += _of(column, line)
    return (*found, *_of_key(contract, keys), *_of_relations(contract, relations or {}))


def _of_key(contract: Contract, keys: Mapping[str, Any] | None) -> Iterator[Broken]:
    name = ", ".join(contract.key)
    if not contract.key:
        return
    if keys is None:
        yield Broken(name, "key", 0, 0, "", tested=False)
        return
    twice = keys["repeated"]["low"]  # of a sample, what surely is there
    if twice >= 1 or keys["missing"]:
        yield Broken(name, "key", round(twice) + keys["missing"], keys["rows"], "different in each row")
    elif keys["repeated"]["high"] > 0:
        said = f"< {keys['repeated']['high']:,.0f} of {keys['rows']:,} rows, by a sample"
        yield Broken(name, "key", 0, keys["rows"], said, tested=False)


def _of_relations(contract: Contract, told: Mapping[str, Mapping[str, int]]) -> Iterator[Broken]:
    for said in contract.relations:
        counts = told.get(said)
        if counts is None or not counts["held"] + counts["broken"]:
            yield Broken("", "relation", 0, 0, said, tested=False)
        elif counts["broken"]:
            yield Broken("", "relation", counts["broken"], counts["held"] + counts["broken"], said)


def _of(column: Column, line: Mapping[str, Any]) -> Iterator[Broken]:
    rows = line["rows"]
    if column.missing is not None and line["missing"] > column.missing * rows:
        yield Broken(column.name, "missing", line["missing"], rows, f"<= {column.missing:.4%}")
    if column.low is not None or column.high is not None:
        said = f"{'' if column.low is None else column.low} .. {'' if column.high is None else column.high}"
        if "outside" not in line:
            yield Broken(column.name, "range", 0, rows, said, tested=False)
        elif line["outside"]:
            yield Broken(column.name, "range", line["outside"], rows, said)
    if column.values:
        said = ", ".join(column.values)
        counts = line.get("counts")
        if counts is None:
            yield Broken(column.name, "values", 0, rows, said, tested=False)
        elif other := sum(n for text, n in counts.items() if text not in column.values):
            yield Broken(column.name, "values", other, rows, said)
