"""The sheet of open legal questions: written in both languages for people, and read back strictly."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from diapason.errors import DataError, DiapasonError, NotFound
from diapason.knowledge.facts import facts as questions
from diapason.ports.disk import sheet_text, write_whole
from diapason.ports.workspace import Workspace
from diapason.services.declare.declaring import Answer as Word
from diapason.services.declare.declaring import keep
from diapason.services.permit.answers import offered, value_of
from diapason.services.workspace import require
from diapason.services.workspace.people import ROLES
from diapason.vocabulary.language import Text

__all__ = ["COLUMNS", "LASTS", "Answer", "read_sheet", "store", "write_sheet"]

COLUMNS = ("fact", "question", "问题", "answers", "answer", "until", "evidence", "note")
LASTS = 365
"""Days for which an answer holds where its line names no last day: facts about a plant age."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One line that a person has filled in."""

    fact: str
    value: bool | str | float
    until: date | None
    evidence: Path | None
    note: str


def write_sheet(asked: Iterable[str], path: Path) -> int:
    """Write questions as CSV that a spreadsheet opens; returns how many. Empty `answer` means: still open."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    count = 0
    for name in asked:
        question = questions()[name]
        writer.writerow((name, question.question.en, question.question.zh, offered(question), "", "", "", ""))
        count += 1
    write_whole(path, ("\ufeff" + out.getvalue()).encode())
    return count


def read_sheet(path: Path, today: date) -> list[Answer]:
    """The filled lines of a sheet; those without an answer stay open.

    Raises:
        NotFound: there is no such file.
        DataError: any line cannot be taken; names each of them, and nothing is stored.
    """
    if not path.is_file():
        raise NotFound(
            Text(f"there is no sheet {path}", f"没有问卷 {path}"), at=str(path), fix="diapason comply --sheet FILE.csv"
        )
    lines = list(csv.DictReader(io.StringIO(sheet_text(path), newline="")))
    absent = [c for c in ("fact", "answer") if not lines or c not in lines[0]]
    if absent:
        raise DataError(
            Text(
                "this is no sheet: no column 'fact' or 'answer', or no line",
                "这不是问卷：缺少 fact 或 answer 列，或没有任何行",
            ),
            at=str(path),
            fix="diapason comply --sheet FILE.csv",
        )
    told, wrong = [], list[Text]()
    seen: set[str] = set()
    for number, line in enumerate(lines, 2):
        try:
            answer = _line({k: (v or "").strip() for k, v in line.items() if isinstance(k, str)}, path, today, seen)
        except DataError as error:
            wrong.append(
                Text(f"line {number}: {error.said('en')['what']}", f"第 {number} 行：{error.said('zh')['what']}")
            )
            continue
        told += [answer] if answer else []
    if wrong:
        raise _bad(path, wrong)
    return told


def store(ws: Workspace, told: Iterable[Answer]) -> list[dict[str, Any]]:
    """One signed entry per answer, in the name and with the key of who acts; documents go to the vault.

    Raises:
        Refused: who acts has no role.
    """
    require(ws, *ROLES)
    last = ws.clock().date() + timedelta(days=LASTS)
    words = [Word(a.fact, a.value, (a.until or last).isoformat(), a.note, a.evidence, None) for a in told]
    return [keep(ws, word) for word in words]


def _line(line: Mapping[str, str], path: Path, today: date, seen: set[str]) -> Answer | None:
    name, said = line["fact"], line["answer"]
    if not name and not any(line.values()):
        return None
    if name not in questions():
        raise DataError(Text(f"there is no question '{name}'", f"没有问题“{name}”"))
    if name in seen:
        raise DataError(Text(f"{name} stands here twice", f"{name} 出现两次"))
    seen.add(name)
    if not said:
        return None
    value = value_of(questions()[name], said)
    return Answer(
        name, value, _until(line.get("until", ""), today), _file(line.get("evidence", ""), path), line.get("note", "")
    )


def _until(said: str, today: date) -> date | None:
    if not said:
        return None
    try:
        day = date.fromisoformat(said.replace("/", "-"))
    except ValueError:
        raise DataError(Text(f"'{said}' is no day; write 2027-01-31", f"“{said}”不是日期；请写 2027-01-31")) from None
    if day < today:
        raise DataError(Text(f"{said} has passed", f"{said} 已过"))
    return day


def _file(said: str, sheet: Path) -> Path | None:
    """A document, beside the sheet or by its path."""
    if not said:
        return None
    for path in (sheet.parent / said, Path(said)):
        if path.is_file():
            return path
    raise DataError(Text(f"there is no file {said}", f"没有文件 {said}"))


def _bad(path: Path, wrong: list[Text]) -> DiapasonError:
    en, zh = "\n".join(f"- {w.en}" for w in wrong), "\n".join(f"- {w.zh}" for w in wrong)
    return DataError(
        Text(
            f"{len(wrong)} line{'' if len(wrong) == 1 else 's'} cannot be taken, nothing was stored:\n{en}",
            f"{len(wrong)} 行无法采用，未存入任何内容：\n{zh}",
        ),
        at=str(path),
        fix=Text("mend these lines, or empty their answer", "请更正这些行，或清空其 answer"),
    )
