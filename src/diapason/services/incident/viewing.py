"""Incidents as their signed entries tell them; the file beside the ledger is only a view."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from diapason.engines.evidence import dsse
from diapason.errors import DiapasonError, NotFound
from diapason.knowledge.incidents import clocks as known_clocks
from diapason.knowledge.incidents import grades, playbook
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services.incident.clocks import Case, grade_of, running
from diapason.services.incident.record import Evidence, Record, Stamp, encoded
from diapason.services.permit import INCIDENT, answers
from diapason.vocabulary.language import Text

__all__ = ["FOLDER", "found", "kept", "listed", "told", "view"]

FOLDER = "incidents"


@dataclass(slots=True)
class _Story:
    """What the entries of one incident say, joined."""

    opened: Mapping[str, Any]
    facts: dict[str, Any]
    numbers: dict[str, float]
    stamps: list[Stamp] = field(default_factory=list)
    closed: datetime | None = None


def listed(ws: Workspace) -> list[dict[str, Any]]:
    """Every incident, newest first, with its next deadline."""
    return [_line(ws, record) for record in reversed(list(told(ws)))]


def view(ws: Workspace, number: str) -> dict[str, Any]:
    """One incident: its record, time left on each clock, and the step of the playbook that comes next.

    Raises:
        NotFound: there is no such incident.
    """
    record = found(ws, number)
    now, done = ws.clock(), {s.step for s in record.stamps}
    steps = [p for p in playbook() if p.id not in done] if record.closed is None else []
    clocks = [msgspec.to_builtins(c) | _words(c.id) | _left(c, now) for c in record.clocks]
    return {
        **msgspec.to_builtins(record),
        "clocks": clocks,
        "grade": msgspec.to_builtins(record.grade) | {"said": _grade(record)},
        "file": str(ws.folder / FOLDER / f"{record.id}.json"),
        "next": [{"step": p.id, "title": _both(p.title), "steps": [_both(s) for s in p.steps]} for p in steps[:1]],
    }


def found(ws: Workspace, number: str) -> Record:
    """One incident by its number, or by the end of it where that is enough.

    Raises:
        NotFound: there is none, or it is not the only one.
    """
    known = {r.id: r for r in told(ws)}
    if number in known:
        return known[number]
    near = [name for name in known if name.endswith(f"-{number}")]
    if len(near) == 1:
        return known[near[0]]
    raise NotFound(
        Text(f"there is no incident '{number}'", f"没有事件“{number}”"),
        at=number,
        fix=Text("choose one of: ", "可选：") + ", ".join(known)
        if known
        else 'diapason incident open --what "…" --at 2026-11-29T08:00',
    )


def told(ws: Workspace) -> Iterator[Record]:
    """Every incident that the ledger tells, oldest first."""
    stories: dict[str, _Story] = {}
    for said in _entries(ws):
        number = str(said["id"])
        if said["act"] == "open":
            stories[number] = _Story(said, dict(said["facts"]), dict(said["numbers"]))
        elif number in stories:
            _joined(stories[number], said)
    words = answers(ws) if stories else {}
    for number, story in stories.items():
        yield _record(number, story, words, ws.clock())


def kept(ws: Workspace, number: str) -> Record:
    """The record written to its file, as the ledger tells it now."""
    record = found(ws, number)
    folder = ws.folder / FOLDER
    folder.mkdir(exist_ok=True)
    write_whole(folder / f"{record.id}.json", encoded(record))
    return record


def _entries(ws: Workspace) -> Iterator[Mapping[str, Any]]:
    for entry in ws.ledger.entries(kind="incident"):
        try:
            statement = dsse.opened(entry.body)
        except DiapasonError:
            continue
        if statement.predicate_type == INCIDENT:
            yield statement.predicate


def _joined(story: _Story, said: Mapping[str, Any]) -> None:
    story.facts |= said.get("facts", {})
    story.numbers |= said.get("numbers", {})
    at = datetime.fromisoformat(str(said["at"]))
    if said["act"] == "note":
        told = datetime.fromisoformat(str(said["when"]))
        story.stamps.append(
            Stamp(step=said["step"], at=told, by=said["person"], text=said["text"], clock=said["clock"])
        )
    if said["act"] == "close":
        story.closed = at


def _record(number: str, story: _Story, words: Mapping[str, Any], now: datetime) -> Record:
    said = story.opened
    case = Case(
        found=datetime.fromisoformat(said["found"]),
        closed=story.closed,
        regimes=tuple(said["regimes"]),
        facts=story.facts,
        numbers=story.numbers,
        stamps=tuple(story.stamps),
    )
    first = Stamp(step="detect", at=case.found, by=said["person"], text=said["what"])
    return Record(
        id=number,
        what=said["what"],
        found=case.found,
        opened=datetime.fromisoformat(said["at"]),
        closed=story.closed,
        regimes=case.regimes,
        models=tuple(said["models"]),
        datasets=tuple(said["datasets"]),
        facts=story.facts,
        numbers=story.numbers,
        grade=grade_of(story.numbers),
        clocks=running(case, words, now),
        stamps=(first, *story.stamps),
        evidence=tuple(Evidence(name=e["name"], sha256=e["sha256"]) for e in said["evidence"]),
        owner=said.get("owner", ""),
        rule=said.get("rule", ""),
        severity=said.get("severity", ""),
    )


def _line(ws: Workspace, record: Record) -> dict[str, Any]:
    now = ws.clock()
    due = next((c for c in record.clocks if c.state in ("late", "runs", "may run")), None)
    return {
        "id": record.id,
        "what": record.what,
        "found": record.found.isoformat(),
        "state": "closed" if record.closed else "open",
        "grade": _grade(record),
        "datasets": list(record.datasets),
        "owner": record.owner,
        "rule": record.rule,
        "severity": record.severity,
        "next": None if due is None or record.closed else {"id": due.id, "state": due.state, **_left(due, now)},
    }


def _left(clock: Any, now: datetime) -> dict[str, Any]:
    """Hours left; negative where the time is over, None where it has not begun or the report is made."""
    if clock.until is None or clock.met is not None:
        return {"hours_left": None}
    return {"hours_left": round((clock.until - now).total_seconds() / 3600, 2)}


def _grade(record: Record) -> dict[str, str]:
    title = {g.id: g.title for g in grades()}
    low, high = title[record.grade.surely], title[record.grade.perhaps]
    if record.grade.surely == record.grade.perhaps:
        return _both(low)
    return {"en": f"not known: from {low.en} to {high.en}", "zh": f"未定：{low.zh}至{high.zh}"}


def _words(name: str) -> dict[str, Any]:
    clock = known_clocks()[name]
    told = {"title": clock.title, "event": clock.event, "starts_when": clock.starts}
    return {key: _both(text) for key, text in told.items()} | {"mark": clock.mark}


def _both(text: Any) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}
