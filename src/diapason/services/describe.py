"""What only people can say of a dataset: its title, licence, owner and the rest, each word signed by who says it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diapason.errors import BrokenEvidence, DataError, NotFound
from diapason.knowledge.sectors import sectors
from diapason.ports.workspace import Workspace
from diapason.services import facts
from diapason.services.approve import before_saying
from diapason.services.declare import Answer, checked, keep
from diapason.services.facts.book import Book
from diapason.services.facts.declared import DESCRIBED, declared, standing
from diapason.services.facts.described import fact_of as about
from diapason.services.standing import fallen
from diapason.services.workspace.people import ROLES, require
from diapason.vocabulary.facts import Fact
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["KEYS", "NONE", "Key", "about", "checked_value", "describe", "described", "grounds", "run", "word"]

LONGEST = 4000
"""Characters of one word."""
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_HIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
NONE = "none"
"""What is said where there is none: of no sector, bound to no scene."""
_NONE = ("none", "no", "无")
_GRADES = {"general": ("general", "一般"), "important": ("important", "重要"), "core": ("core", "核心")}


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that can be said of a dataset."""

    asked: Text
    read: Callable[[str], str | None] = str  # as it is kept; None = it is no answer
    lawful: Callable[[], Text] = lambda: Text(f"write 1 to {LONGEST} characters", f"请填 1 到 {LONGEST} 个字符")


def _grade(said: str) -> str | None:
    return next((grade for grade, words in _GRADES.items() if said.lower() in words), None)


def _sector(said: str) -> str | None:
    none = dict.fromkeys(_NONE, NONE)
    named = none | {n.lower(): code for code, s in sectors().items() for n in (code, s.title.en, s.title.zh)}
    return named.get(said.lower())


def _scene(said: str) -> str | None:
    return NONE if said.lower() in _NONE else said


def _yes(said: str) -> str | None:
    return "yes" if said.lower() in ("yes", "y", "是") else "no" if said.lower() in ("no", "n", "否") else None


def _listed(said: str) -> str | None:
    words = [w.strip() for w in re.split(r"[,;，；、]", said)]
    return ", ".join(dict.fromkeys(w for w in words if w)) or None


def _tag(said: str) -> str | None:
    return said if _LANGUAGE.fullmatch(said) else None


KEYS: Mapping[str, Key] = {
    "title": Key(Text("what people call it", "通用名称")),
    "description": Key(Text("what it holds, in a few sentences", "内容说明")),
    "licence": Key(Text("may be used under: CC-BY-4.0, an address, a contract", "使用许可：CC-BY-4.0、网址或合同")),
    "owner": Key(Text("who answers for it", "责任主体（所有者）")),
    "steward": Key(Text("who looks after it from day to day", "日常管理者")),
    "grade": Key(
        Text("of protection: general, important or core", "数据分级：一般、重要或核心"),
        _grade,
        lambda: Text("write general, important or core", "请填 general 一般、important 重要或 core 核心"),
    ),
    "sector": Key(
        Text("of Annex 1: RM1, or Steel; none", "所属行业（附件1）：RM1 或 钢铁；无"),
        _sector,
        lambda: Text("write one of: none, ", "请填其一：无, ") + ", ".join(sectors()),
    ),
    "scene": Key(Text("the one scene that it is bound to; none", "所绑定的具体场景；无"), _scene),
    "keywords": Key(Text("words to find it by: furnace, hardness", "关键词，以逗号分隔"), _listed),
    "contact": Key(Text("whom to ask: an address or a name", "联系方式：地址或姓名")),
    "language": Key(
        Text("of its texts: zh, en", "文本语言：zh、en"),
        _tag,
        lambda: Text("write a tag such as zh, en or zh-CN", "请填语言标签，如 zh、en 或 zh-CN"),
    ),
    "source": Key(Text("where it comes from: a plant, an address, a DOI", "来源：工厂、网址或 DOI")),
    "generated": Key(
        Text("by a program, not measured: yes or no", "是否由程序生成（非实测）：是或否"),
        _yes,
        lambda: Text("write yes or no", "请填 是 或 否"),
    ),
    "annotation": Key(Text("how the labels came about", "标注方式")),
    "annotator": Key(Text("who labelled", "标注者")),
}
"""Everything that can be said of a dataset, in the order in which it is asked."""


def describe(ws: Workspace, name: str) -> Mapping[str, str]:
    """What people have said of a dataset and what still holds, by key; nothing is filled in.

    Raises:
        NotFound: there is no such dataset.
    """
    base = ws.lake.version(VersionRef(VersionRef.parse(name).name)).ref.name
    return described(ws).get(base, {})


def described(ws: Workspace) -> dict[str, dict[str, str]]:
    """The same of every dataset that is here, from one reading of the ledger."""
    known = _words(facts.read(ws, fallen(ws)))
    return {
        name: {key: str(fact.value) for key in KEYS if (fact := known.get(about(name, key))) and fact.value is not None}
        for name in ws.lake.datasets()
    }


def grounds(ws: Workspace, name: str) -> tuple[str, ...]:
    """What the words of `describe` stand on: a claim that repeats them falls with them."""
    words = _words(facts.read(ws, fallen(ws)))
    found = [fact.on for key in KEYS if (fact := words.get(about(name, key))) and fact.value is not None]
    return tuple(dict.fromkeys(ground for on in found for ground in on))


def word(ws: Workspace, name: str, key: str) -> Mapping[str, Any] | None:
    """One word that holds, with who said it: value, person, at, until, note; None where there is none."""
    book, fact = facts.read(ws, fallen(ws)), about(name, key)
    found = _words(book).get(fact)
    if found is None or found.value is None:
        return None
    said = standing(book)[fact].said
    return {part: said[part] for part in ("value", "person", "at", "until", "note")}


def run(
    ws: Workspace, name: str, said: Mapping[str, str] | None = None, *, evidence: str | Path = "", until: str = ""
) -> dict[str, Any]:
    """Say something of a dataset in the name of who acts, and show all that was said; "-" takes a word back.

    Args:
        said: words by key; all of them are kept or none.
        evidence: a document that goes into the vault with each; they fall with it.
        until: last day on which they hold, ISO 8601; default a year from today.

    Returns:
        dataset, said (by key: value, holds, words), missing (keys that nobody has said), stated and withdrawn.

    Raises:
        NotFound: no such dataset or document, or nothing to take back.
        DataError: no such key, or no answer to it.
        Refused: who acts has no role, or a second person has to sign a lower grade or another licence first.
    """
    base = ws.lake.version(VersionRef(VersionRef.parse(name).name)).ref.name
    answers = _answers(ws, base, said or {}, {"evidence": str(evidence), "until": until})
    before_saying(ws, base, {key: None if a.value is None else str(a.value) for key, a in answers.items()})
    for answer in answers.values():
        keep(ws, answer)
    shown = _shown(ws, base)
    return {
        "dataset": base,
        "said": shown,
        "missing": [key for key in KEYS if key not in shown or not shown[key]["holds"]],
        "stated": [key for key, a in answers.items() if a.value is not None],
        "withdrawn": [key for key, a in answers.items() if a.value is None],
    }


def _answers(ws: Workspace, base: str, said: Mapping[str, str], more: Mapping[str, str]) -> dict[str, Answer]:
    """Each word, checked; raises before any is kept."""
    if not said:
        return {}
    require(ws, *ROLES)
    here = _words(facts.read(ws))
    found = {}
    for key, text in said.items():
        fact = about(base, key)
        value = None if text.strip() == "-" else checked_value(base, key, text)
        if value is None and fact not in here:
            raise NotFound(
                Text(f"nobody has said the {key} of {base}", f"无人说明过 {base} 的 {key}"),
                at=f"{base}, {key}",
                fix=f"diapason describe {base}",
            )
        answer = checked(ws, {}, {"fact": fact, "value": text, **more}, at=f"{base}, {key}")
        found[key] = Answer(fact, value, answer.until, answer.note, answer.paper, None)
    return found


def checked_value(base: str, key: str, text: str) -> str:
    """A word as it is kept; raises DataError where it is no answer.

    >>> checked_value("furnace", "grade", "重要"), checked_value("furnace", "keywords", "heat，flow, heat")
    ('important', 'heat, flow')
    """
    if key not in KEYS:
        raise DataError(
            Text(f"'{key}' is nothing that is said of a dataset here", f"此处不记录数据集的“{key}”"),
            at=f"{base}, {key}",
            fix=Text("choose one of: ", "可选：") + ", ".join(KEYS),
        )
    plain_text = text.strip()
    value = None if _HIDDEN.search(plain_text) or not 0 < len(plain_text) <= LONGEST else KEYS[key].read(plain_text)
    if value is None:
        raise DataError(
            Text(f"{key} cannot be '{text}'", f"{key} 不能是“{text}”"), at=f"{base}, {key}", fix=KEYS[key].lawful()
        )
    return value


def _shown(ws: Workspace, base: str) -> dict[str, dict[str, Any]]:
    """Every word that stands, or stood and has ended or fallen, by key."""
    down = fallen(ws)
    before, now = _words(facts.read(ws)), _words(facts.read(ws, down))
    found = {}
    for key in KEYS:
        fact = now.get(about(base, key)) or before.get(about(base, key))
        if fact is not None:
            why = next((down[g] for g in fact.on if g in down), fact.said)
            found[key] = {
                "value": fact.value,
                "holds": fact.value is not None and why is fact.said,
                "words": plain(why),
            }
    return found


def _words(book: Book) -> dict[str, Fact]:
    """What was said of datasets, by fact; a word that is older than the dataset's last erasure is of another one."""
    found = {fact.name: fact for fact in declared(book) if fact.name.startswith(DESCRIBED)}
    if not found:
        return {}
    try:
        gone, said = _erased(book), {name: one.entry.seq for name, one in standing(book).items()}
    except BrokenEvidence:  # then `declared` has made every word unknown
        return found
    return {name: fact for name, fact in found.items() if said[name] > gone.get(name.rpartition(".")[0], 0)}


def _erased(book: Book) -> dict[str, int]:
    """When a dataset was erased to its last version, by the beginning of the facts about it: number of the entry."""
    here: dict[str, set[int]] = {}
    gone = {}
    for entry in sorted([*book.entries("commit"), *book.entries("erase")], key=lambda e: e.seq):
        if entry.kind == "commit":
            here.setdefault(entry.subject, set()).add(int(entry.body["version"]))
        elif entry.body.get("what") == "dataset":
            here.get(entry.subject, set()).difference_update(int(v) for v in entry.body["versions"])
            if not here.get(entry.subject):
                gone[about(entry.subject, "")[:-1]] = entry.seq
    return gone
