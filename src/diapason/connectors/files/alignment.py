"""Several files as one table: the same columns, whatever their order; different ones are shown, not guessed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from diapason.connectors.files.assumed import Assumed
from diapason.connectors.files.options import Options
from diapason.connectors.files.places import Piece
from diapason.connectors.files.records import Rows
from diapason.connectors.files.tables import Table
from diapason.errors import DataError
from diapason.vocabulary.language import Text
from diapason.vocabulary.questions import quoted

__all__ = ["aligned"]


def aligned(tables: Sequence[Table], options: Options) -> tuple[tuple[Table, ...], tuple[str, ...], list[Assumed]]:
    """The tables of a source under one set of column names.

    Raises:
        DataError: the columns differ and no union was asked for; shows which file has what.
    """
    tables, notes = _named_alike(tables)
    names = tuple(dict.fromkeys(name for table in tables for name in table.names))
    different = [t for t in tables if set(t.names) != set(names)]
    if different and not options.union:
        raise _different(tables)
    for table in different:
        absent = [n for n in names if n not in table.names]
        why = Text(f"this file lacks: {_few(absent)}", f"此文件缺少：{_few(absent)}")
        notes.append(Assumed("columns", "union", why, "union=no", table.piece.name))
    return tuple(tables), names, notes


def _named_alike(tables: Sequence[Table]) -> tuple[list[Table], list[Assumed]]:
    """A file without a header, as wide as those with one, is named as they are: the parts of a split export."""
    named = next((t for t in tables if t.named), None)
    bare = [t for t in tables if not t.named and named is not None and len(t.names) == len(named.names)]
    if named is None or not bare:
        return list(tables), []
    why = Text(f"it has no header and is as wide as {named.piece.name}", f"没有表头，列数与 {named.piece.name} 相同")
    notes = [Assumed("names", named.piece.name, why, "header=no", t.piece.name) for t in bare]
    alike: list[Table] = [_Renamed(t, named.names) if t in bare else t for t in tables]
    return alike, notes


@dataclass(frozen=True)
class _Renamed:
    """A table under the names of another."""

    table: Table
    names: tuple[str, ...]
    named: bool = True

    @property
    def piece(self) -> Piece:
        return self.table.piece

    @property
    def units(self) -> Mapping[str, str]:
        return {}

    @property
    def texts(self) -> frozenset[str]:
        return frozenset()

    @property
    def worded(self) -> frozenset[str]:
        return frozenset()

    @property
    def assumed(self) -> tuple[Assumed, ...]:
        return self.table.assumed

    def rows(self) -> Iterator[Rows]:
        for rows in self.table.rows():
            rows.cells.columns = list(self.names)
            yield rows

    def facts(self) -> dict[str, Any]:
        return self.table.facts()


def _different(tables: Sequence[Table]) -> DataError:
    """Which files have which columns, the most common set as the measure."""
    sets = Counter(frozenset(t.names) for t in tables)
    usual = sets.most_common(1)[0][0]
    lines_en, lines_zh = [], []
    for table in tables:
        if frozenset(table.names) == usual:
            continue
        less, more = [n for n in usual if n not in table.names], [n for n in table.names if n not in usual]
        if usual.isdisjoint(table.names) or len(less) + len(more) > 20:
            lines_en.append(f"{table.piece.name} has {len(table.names)} columns, most files {len(usual)}")
            lines_zh.append(f"{table.piece.name} 有 {len(table.names)} 列，多数文件有 {len(usual)} 列")
        else:
            lines_en.append(f"{table.piece.name}" + _words(" lacks ", less) + _words(" has besides ", more))
            lines_zh.append(f"{table.piece.name}" + _words(" 缺少 ", less) + _words(" 多出 ", more))
    wide = [t.piece.path.name for t in tables if not t.named and len(t.names) > 3 * len(usual)]
    turned = quoted(f"transpose={wide[0]}") if wide else "transpose=PATTERN"
    return DataError(
        Text(
            "the files have different columns: " + "; ".join(lines_en[:5]) + (" …" if len(lines_en) > 5 else ""),
            "文件的列不一致：" + "；".join(lines_zh[:5]) + (" …" if len(lines_zh) > 5 else ""),
        ),
        at=str(tables[0].piece.path.parent),
        fix=Text(
            "name only files that belong together (a pattern in quotes), say -o union=yes to fill with missing, "
            f"or -o {turned} for a file stored on its side",
            f"请用通配符（加引号）只选同类文件；或加 -o union=yes，缺的列留空；或用 -o {turned} 转置横置的文件",
        ),
    )


def _words(head: str, names: Sequence[str]) -> str:
    return head + _few(names) if names else ""


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" … ({len(names)})" if len(names) > 5 else "")
