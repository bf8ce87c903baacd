"""The second look at words: which rows hold a misspelt value, a word for "missing", or a broken dependency."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from diapason.engines.quality import codes
from diapason.engines.quality.census import Words
from diapason.engines.quality.dependency import Broken, Dependency, broken
from diapason.engines.quality.layout import AT, Layout, Rows
from diapason.engines.quality.place import Place
from diapason.engines.quality.spelling import Misspelt
from diapason.engines.quality.thresholds import Thresholds
from diapason.vocabulary.findings import Finding, Where

__all__ = ["Sought", "WordSearch", "word_findings"]


@dataclass(frozen=True, slots=True)
class Sought:
    """What to look for."""

    misspelt: tuple[Misspelt, ...]
    rules: tuple[Dependency, ...]
    whole: tuple[str, ...]  # number columns that take part in rules, as text


@dataclass(frozen=True, slots=True)
class WordSearch:
    """Rows by what was found in them; merging is order-free up to the order of rows."""

    rows: dict[tuple[str, str], list[int]]  # by column and value
    broken: tuple[Broken, ...]
    most: int

    @classmethod
    def of(cls, rows: Rows, mine: pl.Series, layout: Layout, sought: Sought, most: int) -> "WordSearch":
        """Search the rows in `mine` of one batch."""
        if not rows.words.width:
            return cls({}, (), most)
        words = rows.words.with_columns(
            pl.Series(c, rows.X[layout.numbers.index(c)]).cast(pl.Int64, strict=False).cast(pl.String)
            for c in sought.whole
        ).with_columns(pl.Series(AT, rows.row))
        words = words.filter(mine)
        found: dict[tuple[str, str], list[int]] = {}
        for column in layout.words:
            wanted = [m.value for m in sought.misspelt if layout.words[m.column] == column]
            text = pl.col(column).str.strip_chars().str.to_lowercase()
            hit = words.filter(pl.col(column).is_in(wanted) | text.is_in(list(codes.WORDS)) | (text == ""))
            for value, at in hit.select(column, AT).iter_rows():
                found.setdefault((column, value), []).append(at)
            absent = words.filter(pl.col(column).is_null())[AT].to_list()
            if absent:
                found[column, ""] = found.get((column, ""), []) + absent
        cells = broken(words.drop(AT), words[AT].to_numpy(), sought.rules) if sought.rules else []
        return cls({k: v[:most] for k, v in found.items()}, tuple(cells), most)

    def merge(self, other: "WordSearch") -> "WordSearch":
        """What both pieces hold."""
        keys = self.rows.keys() | other.rows.keys()
        joined = {k: (self.rows.get(k, []) + other.rows.get(k, []))[: self.most] for k in keys}
        return WordSearch(joined, self.broken + other.broken, self.most)


def word_findings(
    search: WordSearch, sought: Sought, words: Words, place: Place, limits: Thresholds
) -> Iterator[Finding]:
    """Findings about words, one per column and sort."""
    yield from _missing(search, words, place, limits)
    yield from _spelling(search, sought, place)
    yield from _dependencies(search, sought, place)


def _missing(search: WordSearch, words: Words, place: Place, limits: Thresholds) -> Iterator[Finding]:
    for i, name in enumerate(place.layout.words):
        if words.missing[i]:
            yield _absent("missing", name, "", int(words.missing[i]), search, place, limits)
        said = words.counts[i].filter(pl.col("value").str.strip_chars().str.to_lowercase().is_in(list(codes.WORDS)))
        for value, count, _ in said.iter_rows():
            yield _absent("missing_word", name, value, int(count), search, place, limits)
        blank = [r for (c, v), rows in search.rows.items() if c == name and v and not v.strip() for r in rows]
        if words.blank[i]:
            yield _absent("missing_blank", name, "", int(words.blank[i]), search, place, limits, rows=blank)


def _absent(  # roomy: one sentence about one column
    kind: str,
    name: str,
    value: str,
    count: int,
    search: WordSearch,
    place: Place,
    limits: Thresholds,
    *,
    rows: list[int] | None = None,
) -> Finding:
    named = search.rows.get((name, value), []) if rows is None else rows
    share = count / max(place.rows, 1)
    harm = "act" if share >= limits.missing_act else "look" if share >= limits.missing_look else "know"
    where = Where((name,), tuple(sorted(named))[: place.named], count, place.rows)
    return Finding(kind, where, 0.9 if kind == "missing_word" else 1.0, harm, {"code": value} if value else {})


def _spelling(search: WordSearch, sought: Sought, place: Place) -> Iterator[Finding]:
    groups: dict[tuple[int, str], list[Misspelt]] = {}
    for m in sought.misspelt:
        sort = {"letters": "category_typo", "format": "odd_format", "unit": "mixed_format"}.get(
            m.how, "category_variant"
        )
        groups.setdefault((m.column, sort), []).append(m)
    for (column, sort), members in groups.items():
        name = place.layout.words[column]
        members.sort(key=lambda m: -m.count)
        rows = sorted(r for m in members for r in search.rows.get((name, m.value), []))
        count = sum(m.count for m in members)
        sure = sum(m.sure * m.count for m in members) / count
        facts: dict[str, float | str] = {
            "values": len(members),
            "wrong": members[0].value,
            "right": members[0].right,
            "how": ", ".join(sorted({m.how for m in members})),
        }
        where = Where((name,), tuple(rows[: place.named]), count, place.rows)
        yield Finding(sort, where, sure, "look" if sure >= 0.6 else "know", facts)


def _dependencies(search: WordSearch, sought: Sought, place: Place) -> Iterator[Finding]:
    exceptions = {
        c: min((r.exceptions for r in sought.rules if c in (r.by, r.what)), default=0.0) for c in _columns(sought)
    }
    groups: dict[tuple[str, ...], list[Broken]] = {}
    for cell in search.broken:
        groups.setdefault((cell.column, cell.rival) if cell.rival else (cell.column,), []).append(cell)
    for columns, cells in groups.items():
        column, rivals = columns[0], columns[1:]
        by = list(rivals) or sorted(
            {r.by for r in sought.rules if r.what == column} | {r.what for r in sought.rules if r.by == column}
        )
        votes = sum(c.votes for c in cells) / len(cells)
        sure = min(0.97, 0.45 + 0.15 * votes) - exceptions.get(column, 0.0)
        facts: dict[str, float | str] = {
            "value": cells[0].value,
            "expected": cells[0].expected,
            "by": ", ".join(by[:3]),
        }
        rows = tuple(sorted(c.row for c in cells)[: place.named])
        yield Finding(
            "dependency_break",
            Where(columns, rows, len(cells), place.rows),
            sure,
            "look" if sure >= 0.6 else "know",
            facts,
        )


def _columns(sought: Sought) -> set[str]:
    return {c for r in sought.rules for c in (r.by, r.what)}
