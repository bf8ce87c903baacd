"""Open questions as a sheet, and the filled sheet back: read with care, and all of it or nothing."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from diapason.errors import DataError, DiapasonError, NotFound
from diapason.ports.disk import sheet_text, write_whole
from diapason.ports.workspace import Workspace
from diapason.services import facts
from diapason.services.declare.declaring import Answer, checked, keep
from diapason.services.declare.words import allowed
from diapason.services.facts import valid
from diapason.services.maturity import questions
from diapason.services.workspace.people import ROLES, require
from diapason.vocabulary.language import Text

__all__ = ["from_sheet", "to_sheet"]

COLUMNS = ("fact", "model", "item", "question", "answers", "value", "until", "evidence", "note")
_NEEDED = ("fact", "value")


def to_sheet(ws: Workspace, to: str | Path, *, model: str = "") -> dict[str, Any]:
    """Write every question that nobody has a valid answer to.

    Args:
        model: only those of one model.

    Returns:
        file, questions (how many are on it), answered (how many were left out).
    """
    asked = {name: q for name, q in questions(ws, model).items() if not q.counted}
    holds = valid(facts.read(ws))
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    open_ = [q for name, q in asked.items() if name not in holds]
    for q in open_:
        words = (q.item(ws.language), q.text(ws.language), allowed(q.scale)(ws.language))
        lines.writerow([q.fact, q.model, *words, "", "", "", ""])
    write_whole(Path(to), ("\ufeff" + out.getvalue()).encode())
    return {"file": str(to), "questions": len(open_), "answered": len(asked) - len(open_)}


def from_sheet(ws: Workspace, sheet: str | Path, *, model: str = "") -> dict[str, Any]:
    """Take in the filled sheet; lines without a value are left, lines that say what is known already too.

    Args:
        model: whose questions may be answered; default all models that are here.

    Returns:
        declared, unchanged, empty: how many lines; and the facts that were declared.

    Raises:
        NotFound: there is no such file.
        DataError, Refused: a line that can't be read, told by its number; nothing is stored then.
    """
    require(ws, *ROLES)
    path = Path(sheet)
    asked, standing = questions(ws, model), facts.standing(facts.read(ws))
    found: dict[str, Answer] = {}
    empty = 0
    for number, line in _lines(path):
        if not line["value"]:
            empty += 1
            continue
        answer = _answer(ws, asked, line, path, number)
        if answer.fact in found:
            raise _wrong(Text(f"'{answer.fact}' is answered twice", f"“{answer.fact}”有两处答复"), path, number)
        found[answer.fact] = answer
    new = {name: a for name, a in found.items() if not _same(a, standing.get(name))}
    for answer in new.values():
        keep(ws, answer)
    return {"declared": len(new), "unchanged": len(found) - len(new), "empty": empty, "facts": list(new)}


def _answer(ws: Workspace, asked: dict[str, Any], line: dict[str, str], path: Path, number: int) -> Answer:
    if line["fact"] not in asked:
        raise _wrong(
            Text(f"no model here asks for '{line['fact']}'", f"此处没有模型询问“{line['fact']}”"), path, number
        )
    try:
        return checked(ws, asked, line, at=f"{path}, line {number}", folder=path.parent)
    except DiapasonError as error:
        error.at = f"{path}, line {number}"
        raise


def _same(answer: Answer, known: Any) -> bool:
    """Whether the same was said before, still holds, and nothing is added to it."""
    if known is None or answer.paper is not None:
        return False
    said = known.said
    return bool(said["value"] == answer.value and said["until"] >= answer.until and said["note"] == answer.note)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Number of its last physical line, and the cells of each line by the name of their column."""
    if not path.is_file():
        raise NotFound(
            Text(f"there is no file {path}", f"没有文件 {path}"), at=str(path), fix=f"diapason declare --sheet {path}"
        )
    rows = _rows(path)
    heads = next(rows, (1, []))[1]
    lost = [name for name in _NEEDED if name not in heads]
    if lost:
        raise _wrong(Text(f"the sheet has no column {', '.join(lost)}", f"表中缺少列 {'、'.join(lost)}"), path, 1)
    for number, cells in rows:
        if len(cells) > len(heads):
            raise _wrong(Text("it has more cells than the head line", "单元格多于表头"), path, number)
        said = dict(zip(heads, cells, strict=False))
        if any(cells):
            yield number, {name: said.get(name, "") for name in COLUMNS}


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(sheet_text(path), newline=""), strict=True)
    try:
        for cells in reader:
            yield reader.line_num, [c.strip() for c in cells]
    except csv.Error as error:
        raise _wrong(Text(f"it is no line of CSV: {error}", f"不是 CSV 行：{error}"), path, reader.line_num) from error


def _wrong(what: Text, path: Path, line: int) -> DataError:
    fix = Text(
        f"mend that line, then again: diapason declare --from {path}", f"修改该行后重试：diapason declare --from {path}"
    )
    return DataError(what, at=f"{path}, line {line}", fix=fix)
