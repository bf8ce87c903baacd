"""Column names: as the file has them, but never empty, never twice, never with control characters."""

import re
from collections.abc import Sequence

from diapason.connectors.files.assumed import Assumed
from diapason.errors import DataError
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW

__all__ = ["LONGEST", "names_of"]

LONGEST = 120
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]+")


def names_of(
    header: Sequence[Sequence[str]], width: int, given: Sequence[str], at: str
) -> tuple[tuple[str, ...], list[Assumed]]:
    """The name of each column and what was changed in it.

    Raises:
        DataError: the number of names is not the number of columns.

    >>> names_of([["T", "", "T"]], 3, (), "")[0]
    ('T', 'column_2', 'T_2')
    """
    if given:
        if len(given) != width:
            raise _count(
                f"{len(given)} names are given for {width} columns", f"给出 {len(given)} 个列名，但有 {width} 列", at
            )
        header = [given]
    found = _stacked(header, width, at) if header else [""] * width
    notes: list[Assumed] = []
    names: list[str] = []
    taken: set[str] = set()
    for index, raw in enumerate(found):
        name, why = _clean(raw, index)
        if name.casefold() in taken:
            name, why = _free(name, taken), Text("the name comes twice", "列名重复")
        taken.add(name.casefold())
        names.append(name)
        if why is not None and header:
            notes.append(Assumed("name", name, why, "columns=…", str(index + 1)))
    return tuple(names), notes


def _stacked(header: Sequence[Sequence[str]], width: int, at: str) -> list[str]:
    """Several lines of names become one; an empty group name goes on from the left."""
    lines = []
    for level, line in enumerate(header):
        cells = list(line)
        if len(cells) == width - 1 and len(header) == 1:
            cells = ["", *cells]
        if len(cells) == width + 1 and not cells[-1]:
            cells = cells[:-1]
        if len(cells) != width:
            raise _count(
                f"the header names {len(cells)} columns, the rows have {width}",
                f"表头有 {len(cells)} 个列名，数据行有 {width} 列",
                at,
            )
        if level < len(header) - 1:
            for j in range(1, width):
                cells[j] = cells[j] or cells[j - 1]
        lines.append(cells)
    return [" ".join(dict.fromkeys(part for part in parts if part)) for parts in zip(*lines, strict=True)]


def _clean(raw: str, index: int) -> tuple[str, Text | None]:
    name = " ".join(_CONTROL.sub(" ", raw).split())
    if not name:
        return f"column_{index + 1}", Text("it has no name", "没有列名")
    if name.casefold() == ROW:
        return "row", Text(f"{ROW} is kept for the number of the row", f"{ROW} 保留作行号")
    if len(name) > LONGEST:
        return name[:LONGEST], Text(f"its name has {len(name)} characters", f"列名有 {len(name)} 个字符")
    if name != raw.strip():
        return name, Text("its name holds control characters or line breaks", "列名含控制字符或换行")
    return name, None


def _free(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}_{number}".casefold() in taken:
        number += 1
    return f"{name}_{number}"


def _count(en: str, zh: str, at: str) -> DataError:
    return DataError(
        Text(en, zh),
        at=at,
        fix=Text(
            "give as many with --columns a,b,c, or say -o separator=… or -o header=no",
            "请用 --columns a,b,c 给出同样多的列名，或加 -o separator=…、-o header=no",
        ),
    )
