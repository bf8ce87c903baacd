"""The sheet of cells: written for a person to edit, and read back strictly."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from diapason.errors import DataError, NotFound
from diapason.ports.disk import sheet_text, write_whole
from diapason.vocabulary.language import Text

__all__ = ["COLUMNS", "read_sheet", "write_sheet"]

COLUMNS = ("row", "column", "value", "proposed", "sure", "why")


def write_sheet(done: Mapping[str, Any], path: Path, language: str, *, least: float) -> int:
    """Write what was found as CSV that a spreadsheet opens; returns the lines written.

    Cells for which nothing can be proposed, or surely enough, have an empty `proposed` and `ask` in `do`; `empty` says
    that the cell is to be emptied, `set` that `proposed` is to be written.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("row", "column", "value", "do", "proposed", "sure", "why"))
    for cell in done["cells"]:
        ask = cell["proposed"] is None or cell["sure_of_proposal"] < least
        do = "ask" if ask else "set" if cell["proposed"] else "empty"
        proposed = "" if cell["proposed"] is None else cell["proposed"]
        why = cell["why"][language]
        writer.writerow((cell["row"], cell["column"], cell["value"], do, proposed, cell["sure"], why))
    write_whole(path, ("\ufeff" + out.getvalue()).encode())
    return len(done["cells"])


def read_sheet(path: Path) -> pl.DataFrame:
    """Lines that are to be done: columns row, column, value, proposed.

    Lines with `ask` are left out: whoever decides writes `set` or `empty`, or deletes the line.

    Raises:
        NotFound: there is no such file.
        DataError: a column is absent, or a line cannot be read; says which.
    """
    if not path.is_file():
        raise NotFound(Text(f"there is no sheet {path}", f"没有清单 {path}"), at=str(path), fix="diapason mend NAME")
    lines = list(csv.DictReader(io.StringIO(sheet_text(path), newline="")))
    needed = ("row", "column", "value", "do", "proposed")
    absent = [c for c in needed if not lines or c not in lines[0]]
    if absent:
        raise DataError(
            Text(
                f"the sheet has no column {', '.join(absent)}, or no line",
                f"清单缺少列 {'、'.join(absent)}，或没有任何行",
            ),
            at=str(path),
            fix=Text("write it again: diapason mend NAME", "请重新生成：diapason mend 名称"),
        )
    kept = [_line(line, number, path) for number, line in enumerate(lines, 2)]
    told = [line for line in kept if line is not None]
    schema = {"row": pl.Int64, "column": pl.String, "value": pl.String, "proposed": pl.String}
    frame = pl.DataFrame(told, schema=schema, orient="row")
    twice = frame.filter(pl.struct("row", "column").is_duplicated())
    if twice.height:
        raise DataError(
            Text("a cell stands in the sheet twice", "同一单元格在清单中出现两次"),
            at=f"{path}: row {twice['row'][0]}, {twice['column'][0]}",
            fix=Text("delete one of the lines", "请删除其中一行"),
        )
    return frame


def _line(line: Mapping[str, str], number: int, path: Path) -> tuple[int, str, str, str] | None:
    do, proposed = (line["do"] or "").strip().lower(), line["proposed"] or ""
    wrong = do not in ("set", "empty", "ask") or not (line["row"] or "").strip().isdecimal()
    if wrong or (do == "set" and not proposed):
        raise DataError(
            Text(
                f"line {number} cannot be read: row '{line['row']}', do '{do}'",
                f"第 {number} 行无法识别：row “{line['row']}”，do “{do}”",
            ),
            at=f"{path}: {number}",
            fix=Text(
                "row is a number; do is set (with a value in proposed), empty or ask; or delete the line",
                "row 应为数字；do 应为 set（proposed 须有值）、empty 或 ask；也可删除该行",
            ),
        )
    if do == "ask":
        return None
    return int(line["row"]), line["column"], line["value"] or "", proposed if do == "set" else ""
