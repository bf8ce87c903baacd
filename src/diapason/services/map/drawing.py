"""Each measure and item held against what the ledger shows and what people have declared."""

from collections.abc import Iterable, Mapping
from typing import Any

from diapason.engines.acceptance.records import Evidence, Record
from diapason.errors import NotFound
from diapason.knowledge import annex2, measures, shown_by
from diapason.knowledge.loader import Both
from diapason.knowledge.shown_by import Shown
from diapason.ports.workspace import Workspace
from diapason.services.count.reading import from_workspace
from diapason.vocabulary.language import Text

__all__ = ["ASKED", "COMPUTED", "NOT_FOR_SOFTWARE", "STATES", "UNTESTED", "run"]

COMPUTED, ASKED, UNTESTED, NOT_FOR_SOFTWARE = "computed", "asked", "not tested", "not for software"

STATES = {
    COMPUTED: Text("computed", "已计算"),
    ASKED: Text("asked", "已申报"),
    UNTESTED: Text("not tested", "未测"),
    NOT_FOR_SOFTWARE: Text("not for software", "不属软件范围"),
}
"""How a line is answered: by runs that stand, by a valid word of a person, by nothing yet, or never by software."""

_RECORDS = {
    "approve": "approval",
    "commit": "dataset",
    "model": "model",
    "publish": "publication",
    "recall": "recall",
    "rollback": "withdrawal",
    "vouch": "paper",
}
"""Kinds of ledger entries, and what they are called as records."""


def run(ws: Workspace, *, measure: int = 0, items: bool = False) -> dict[str, Any]:
    """The programme as this workspace shows it today; nothing is written.

    Args:
        measure: only this measure (or with `items` this item), in full.
        items: the 29 items of Annex 2 in place of the measures and safeguards.

    Returns:
        lines (id, title, state, by, runs, fallen, answers, questions, because, next) and how many lines are in each
        state.

    Raises:
        NotFound: there is no measure or item of that number.
        BrokenEvidence: the ledger does not hold.
    """
    evidence = from_workspace(ws)
    lines = _items(evidence) if items else _measures(evidence)
    if measure:
        lines = [line for line in lines if line["id"] == str(measure)]
        if not lines:
            most, what = (29, Text("item", "条目")) if items else (21, Text("measure", "措施"))
            raise NotFound(
                Text(f"there is no {what.en} {measure}", f"没有{what.zh} {measure}"),
                at="--measure",
                fix=Text(f"choose one from 1 to {most}", f"可选 1 至 {most}"),
            )
    counts = {state: sum(line["state"] == state for line in lines) for state in STATES}
    return {"lines": lines, "states": counts}


def _measures(evidence: Evidence) -> list[dict[str, Any]]:
    shown, safe = shown_by.measures(), shown_by.safeguards()
    numbered = [_line(evidence, shown[m.number], m.title, m.asks) for m in measures.measures()]
    return numbered + [_line(evidence, safe[s.id], s.title, s.asks) for s in measures.safeguards()]


def _items(evidence: Evidence) -> list[dict[str, Any]]:
    shown = shown_by.items()
    return [_line(evidence, shown[i.number], i.title, i.asks) for i in annex2.items()]


def _line(evidence: Evidence, shown: Shown, title: Both, asks: Both) -> dict[str, Any]:
    found = _found(evidence, shown)
    runs = [r for r in found if r.fallen is None]
    answers = [a for asked in shown.asked if (a := _answer(evidence, asked.name)) is not None]
    told = {str(a["fact"]) for a in answers}
    open_ = [{"fact": a.name, "question": _said(a.question)} for a in shown.asked if a.name not in told]
    return {
        "id": shown.id,
        "title": _said(title),
        "asks": _said(asks),
        "state": _state(shown, bool(runs), bool(answers)),
        "by": _said(shown.by),
        "runs": [_ran(r) for r in reversed(runs)],
        "fallen": [_ran(r) | {"why": _said(r.fallen)} for r in found if r.fallen is not None],
        "answers": answers,
        "questions": open_,
        "because": _said(shown.not_for_software),
        "next": "" if runs else shown.next,
    }


def _state(shown: Shown, runs: bool, answers: bool) -> str:
    if runs:
        return COMPUTED
    if answers:
        return ASKED
    return UNTESTED if shown.verbs or shown.kinds or shown.asked else NOT_FOR_SOFTWARE


def _found(evidence: Evidence, shown: Shown) -> list[Record]:
    """Runs and entries that show it, oldest first, those that have fallen too."""
    runs = [r for verb in shown.verbs for r in evidence.of("run", verb=verb) if _reaches(r, shown.least)]
    entries = [r for kind in shown.kinds for r in evidence.of(_RECORDS[kind])]
    return sorted(runs + entries, key=lambda r: r.seq)


def _reaches(record: Record, least: Mapping[str, float]) -> bool:
    result = record.facts.get("result") or {}
    return all(isinstance(v := result.get(name), int | float) and v >= limit for name, limit in least.items())


def _answer(evidence: Evidence, fact: str) -> dict[str, Any] | None:
    """The newest word of a person on a fact that is valid today."""
    said: Iterable[Record] = evidence.of("declaration", about=f"fact:{fact}")
    newest = max(said, key=lambda r: r.seq, default=None)
    if newest is None or newest.fallen is not None or newest.facts.get("withdrawn"):
        return None
    facts = newest.facts
    return {"fact": fact, "value": facts.get("value"), "person": newest.person, "until": newest.until, "on": newest.id}


def _ran(record: Record) -> dict[str, Any]:
    return {"id": record.id, "verb": record.verb or record.kind, "about": record.about, "at": record.at}


def _said(text: Both | Text | None) -> dict[str, str] | None:
    return None if text is None else {"en": text.en, "zh": text.zh}
