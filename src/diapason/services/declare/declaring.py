"""One answer: checked, signed by the key of who gives it, its document put into the vault, and chained."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

from diapason.engines.evidence import dsse
from diapason.engines.evidence.canonical import digest
from diapason.errors import DataError, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services import facts
from diapason.services.declare.words import value
from diapason.services.facts.declared import DESCRIBED
from diapason.services.maturity import Question, questions
from diapason.services.workspace.people import ROLES, require, signer_of
from diapason.vocabulary.evidence import Statement, Subject
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["Answer", "checked", "declare", "keep", "listed"]

DAYS = 365
"""Days that a word holds where nobody says otherwise."""
WITHDRAWN = "-"
_NAME = re.compile(r"\w[\w.-]{0,199}")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that can be kept."""

    fact: str
    value: float | bool | str | None  # None = taken back
    until: str
    note: str
    paper: Path | None
    question: Question | None


def declare(
    ws: Workspace, fact: str, said: str, *, evidence: str | Path = "", note: str = "", until: str = ""
) -> dict[str, Any]:
    """Declare one fact in the name of who acts; the newest word on a fact counts.

    Args:
        said: yes, no, a degree, a share or a number, as the question asks; "-" takes the word back.
        evidence: a document; its bytes go into the vault, and the word falls with them.
        until: last day on which it holds, ISO 8601; default a year from today.

    Raises:
        Refused: a machine counts this here, or who acts has no role.
        DataError: no such answer, day or name.
        NotFound: no such document, or nothing to take back.
    """
    require(ws, *ROLES)
    _not_of_a_dataset(fact)
    answer = checked(
        ws,
        questions(ws),
        {"fact": fact, "value": said, "until": until, "note": note, "evidence": str(evidence)},
        at=fact,
    )
    if answer.value is None and fact not in facts.standing(facts.read(ws)):
        raise NotFound(Text(f"nobody has declared '{fact}'", f"无人申报过“{fact}”"), at=fact, fix="diapason declare")
    return keep(ws, answer)


def checked(
    ws: Workspace, asked: Mapping[str, Question], line: Mapping[str, str], *, at: str, folder: Path = Path()
) -> Answer:
    """An answer as somebody wrote it, if it can be kept; raises as `declare` does.

    Args:
        asked: what people can answer, by fact.
        line: fact, value, until, note and evidence, each may be empty but the first two.
        folder: where the path of a document begins.
    """
    fact = line["fact"].strip()
    if not _NAME.fullmatch(fact):
        raise DataError(
            Text(f"'{fact}' is no name of a fact", f"“{fact}”不是事实名称"),
            at=at,
            fix=Text(
                "letters, digits, dots, dashes; see: diapason declare --sheet FILE",
                "可用字母、数字、点与短横线；见 diapason declare --sheet FILE",
            ),
        )
    if fact in facts.known():
        raise Refused(
            Text(f"'{fact}' is counted here, not declared", f"“{fact}”由系统计数，不能申报"),
            at=at,
            fix=facts.known()[fact].by or "diapason appraise --facts",
        )
    question, said = asked.get(fact), line["value"].strip()
    found = None if said == WITHDRAWN else value(said, question, at=at)
    paper = _paper(line.get("evidence", ""), folder, at)
    return Answer(fact, found, _day(ws, line.get("until", ""), at), line.get("note", "").strip(), paper, question)


def _not_of_a_dataset(fact: str) -> None:
    """What is said of one dataset has words of its own."""
    if fact.startswith(DESCRIBED):
        raise Refused(
            Text("what is said of one dataset is not said here", "对单个数据集的说明不在此处申报"),
            at=fact,
            fix="diapason describe DATASET KEY=VALUE",
        )


def keep(ws: Workspace, answer: Answer) -> dict[str, Any]:
    """Sign and chain an answer that was checked."""
    now = ws.clock().astimezone(UTC)
    paper = None
    if answer.paper is not None:
        paper = {"name": answer.paper.name, "sha256": ws.vault.put(answer.paper.read_bytes())}
    said = {
        "fact": answer.fact,
        "value": answer.value,
        "person": ws.person,
        "at": now.isoformat(timespec="seconds"),
        "until": answer.until,
        "note": answer.note,
        "evidence": paper,
        "withdrawn": answer.value is None,
        "question": plain(answer.question.text) if answer.question else None,
        "item": plain(answer.question.item) if answer.question else None,
    }
    subjects = [Subject(facts.about(answer.fact), digest(said))]
    subjects += [Subject(f"paper/{paper['name']}", paper["sha256"])] if paper else []
    signer = signer_of(ws)
    envelope = dsse.sign(Statement(tuple(subjects), facts.DECLARATION, said), signer.keyid, signer.sign)
    entry = ws.ledger.append("declare", subject=facts.about(answer.fact), body=envelope)
    return {**said, "keyid": signer.keyid, "seq": entry.seq, "asked": answer.question is not None}


def listed(ws: Workspace) -> list[dict[str, Any]]:
    """Every word that stands or has ended, with its question where a model asks it."""
    book = facts.read(ws)
    holds, asked = facts.valid(book), questions(ws)
    found = []
    for name, one in facts.standing(book).items():
        question = asked.get(name)
        keys = ("value", "person", "at", "until", "note", "evidence")
        facts_of = {key: one.said.get(key) for key in keys}
        text = plain(question.text) if question else one.said.get("question")
        found.append({"fact": name, **facts_of, "holds": name in holds, "question": text, "seq": one.entry.seq})
    return found


def _paper(said: str, folder: Path, at: str) -> Path | None:
    if not said.strip():
        return None
    path = folder / said.strip()
    if not path.is_file():
        raise NotFound(
            Text(f"there is no document {path}", f"没有文件 {path}"), at=at, fix=Text("check the path", "请检查路径")
        )
    return path


def _day(ws: Workspace, said: str, at: str) -> str:
    today = ws.clock().astimezone(UTC).date()
    if not said.strip():
        return (today + timedelta(days=DAYS)).isoformat()
    fix = Text("write a day to come, such as 2027-12-31", "请写将来的日期，如 2027-12-31")
    try:
        day = date.fromisoformat(said.strip())
    except ValueError:
        raise DataError(Text(f"'{said}' is no day", f"“{said}”不是日期"), at=at, fix=fix) from None
    if day < today:
        raise DataError(Text(f"{said} is past", f"{said} 已过"), at=at, fix=fix)
    return day.isoformat()
