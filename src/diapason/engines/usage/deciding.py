"""Whether terms allow a use: every reason against it, none left out."""

from dataclasses import dataclass
from datetime import date

from diapason.engines.usage.policy import PURPOSES, Terms
from diapason.vocabulary.language import Text

__all__ = ["SERVICES", "Service", "Use", "Verdict", "decide"]


@dataclass(frozen=True, slots=True)
class Service:
    """What a service does with a dataset."""

    purpose: str = ""  # "" = none of its own: handing out
    derives: bool = False  # a version or a model stays
    hands_out: bool = False  # rows leave


SERVICES = {
    "learn": Service("train", derives=True),
    "feasible": Service("evaluate"),
    "evaluate": Service("evaluate"),
    "resonate": Service("improve"),
    "mend": Service("improve", derives=True),
    "adopt": Service("improve", derives=True),
    "join": Service("improve", derives=True),
    "publish": Service("publish", derives=True),
    "visit": Service("trial"),
    "hand out": Service(hands_out=True),
}
"""Services that ask before they use a dataset."""


@dataclass(frozen=True, slots=True)
class Use:
    """One use that is asked for."""

    service: str
    day: date
    before: int  # uses that were allowed so far
    place: str = ""  # where it happens, "" = not known


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it may be, and everything that stands against it."""

    allowed: bool
    why: tuple[Text, ...]


def decide(terms: Terms, use: Use) -> Verdict:
    """Hold a use against terms; what is not known counts against it.

    >>> decide(Terms("Agreement", uses=2), Use("learn", date(2026, 11, 29), before=2)).allowed
    False
    """
    service = SERVICES[use.service]
    why = [*_when(terms, use), *_where(terms, use)]
    if terms.purposes and service.purpose and service.purpose not in terms.purposes:
        asked, may = PURPOSES[service.purpose], [PURPOSES[p] for p in terms.purposes]
        why.append(
            Text(
                f"the purpose is not allowed: to {asked.en}; allowed: {', '.join(m.en for m in may)}",
                f"用途不允许：{asked.zh}；允许：{'、'.join(m.zh for m in may)}",
            )
        )
    if service.derives and not terms.derive:
        why.append(Text("nothing may be made from it: no version and no model", "不得由其派生：不得产生新版本或模型"))
    if service.hands_out and not terms.hand_out:
        why.append(Text("it may not be given to others", "不得向他人提供"))
    return Verdict(not why, tuple(why))


def _when(terms: Terms, use: Use) -> list[Text]:
    why = []
    if terms.until and use.day > terms.until:
        why.append(Text(f"use ended on {terms.until}", f"使用期已于 {terms.until} 截止"))
    if terms.delete_by and use.day > terms.delete_by:
        why.append(Text(f"it was to be deleted by {terms.delete_by}", f"应于 {terms.delete_by} 前删除"))
    if terms.uses is not None and use.before >= terms.uses:
        why.append(Text(f"all {terms.uses} uses are used up", f"{terms.uses} 次使用已用完"))
    return why


def _where(terms: Terms, use: Use) -> list[Text]:
    if not terms.places or any(use.place == p or use.place.startswith(f"{p}-") for p in terms.places):
        return []
    known = use.place or "?"
    said = ", ".join(terms.places)
    return [Text(f"it may be used in {said} only, and this is {known}", f"仅可在 {said} 使用，当前为 {known}")]
