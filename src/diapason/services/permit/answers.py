"""Legal facts that people have declared: signed by their own key, the newest that stands counts."""

from collections.abc import Collection, Mapping
from math import inf
from typing import Any

from diapason.engines.evidence import dsse
from diapason.errors import DataError, DiapasonError
from diapason.knowledge.facts import Fact as Question
from diapason.knowledge.facts import facts as questions
from diapason.ports.workspace import Workspace
from diapason.services.standing import fallen
from diapason.vocabulary.evidence import Entry
from diapason.vocabulary.facts import Fact, ground
from diapason.vocabulary.language import Text

__all__ = ["answers", "fits", "offered", "value_of"]

_YES, _NO = {"yes", "y", "true", "1", "是", "有"}, {"no", "n", "false", "0", "否", "无"}


def answers(ws: Workspace, gone: Collection[str] | None = None) -> dict[str, Fact]:
    """Every legal fact that somebody has declared, by name.

    An answer counts while its last day has not passed, it was not recalled, and the key of the person it names signed
    it; of several the newest counts, unless it takes the word back. One that is not of the kind that is asked counts
    for nothing.

    Args:
        gone: names of what has fallen; default: looked up.
    """
    down = fallen(ws) if gone is None else gone
    keys, found, asked = _keys(ws), dict[str, Fact](), questions()
    for entry in ws.ledger.entries(kind="declare"):
        said = None if ground("entry", entry.seq) in down else _said(entry, keys)
        if said is None or said.get("fact") not in asked:
            continue
        question = asked[str(said["fact"])]
        if said.get("withdrawn"):
            found.pop(question.id, None)
        elif fits(question, said.get("value")):
            found[question.id] = _fact(question, said, entry)
    return found


def fits(question: Question, value: object) -> bool:
    """Whether a value is an answer to a question: yes or no, one of its choices, or a number not below zero."""
    if question.kind == "flag":
        return isinstance(value, bool)
    if question.kind == "choice":
        return isinstance(value, str) and value in {choice.id for choice in question.choices}
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < inf


def value_of(question: Question, text: str) -> bool | str | float:
    """What a person wrote as an answer to a question; yes and no in either language, a choice by its id or title.

    Raises:
        DataError: it is none of those offered.
    """
    plain = text.strip()
    value: bool | str | float | None = None
    if question.kind == "flag":
        value = True if plain.lower() in _YES else False if plain.lower() in _NO else None
    elif question.kind == "choice":
        named = {n.lower(): c.id for c in question.choices for n in (c.id, c.title.en, c.title.zh)}
        value = named.get(plain.lower())
    else:
        value = _number(plain)
    if value is None or not fits(question, value):
        choices = offered(question)
        raise DataError(
            Text(
                f"{question.id} cannot be '{text}'; write {choices}", f"{question.id} 不能是“{text}”；可填：{choices}"
            ),
            at=question.id,
        )
    return value


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "").replace("，", ""))
    except ValueError:
        return None


def offered(question: Question) -> str:
    """What may be answered, in both languages."""
    if question.kind == "flag":
        return "yes 是 / no 否"
    if question.kind == "choice":
        return " / ".join(f"{c.id} {c.title.zh}" for c in question.choices)
    return "number 数字"


def _said(entry: Entry, keys: Mapping[str, dict[str, bytes]]) -> Mapping[str, Any] | None:
    """What an entry declares, if the person it names signed it and it is about the fact that it names."""
    try:
        said = dsse.opened(entry.body).predicate
        dsse.verify(entry.body, keys.get(str(said["person"]), {}))
    except (DiapasonError, KeyError):
        return None
    return said if entry.subject == f"fact:{said.get('fact')}" else None


def _keys(ws: Workspace) -> dict[str, dict[str, bytes]]:
    """Every key that a person ever had: what they signed by an old one stays signed."""
    found: dict[str, dict[str, bytes]] = {}
    for entry in ws.ledger.entries(kind="person"):
        body = entry.body
        found.setdefault(str(body["person"]), {})[str(body["keyid"])] = bytes.fromhex(body["public"])
    return found


def _fact(question: Question, said: Mapping[str, Any], entry: Entry) -> Fact:
    until = str(said.get("until") or "")
    last = Text(f" until {until}", f"，有效期至 {until}") if until else Text("", "")
    words = Text(f"declared by {said['person']}{last.en}", f"由 {said['person']} 申报{last.zh}")
    on = (ground("entry", entry.seq), ground("person", said["person"]))
    return Fact(question.id, said["value"], question.unit, on, "person", words)
