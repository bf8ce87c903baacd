"""What a question holds besides its wording, and which tools these slots allow."""

import re
from dataclasses import dataclass

from diapason.engines.grounding.likeness import Judged, family
from diapason.engines.grounding.moments import Found
from diapason.engines.grounding.plans import STATISTICS, Plan

__all__ = ["VETO", "Heard", "allowed", "clear", "free", "label_of", "plan_of", "shares", "sure"]

_SCORE, _LEAD, _DOUBT = 0.2, 0.1, 0.0
"""A reading by likeness is taken where its score, its lead over the next and over being held back reach these."""
_AGREED_SCORE, _AGREED_LEAD, _AGREED_DOUBT = 0.1, 0.0, -0.4
"""The same where the lists of words say so too."""
_SHARES = {
    "states": frozenset(
        {
            "share",
            "shares",
            "percentage",
            "percent",
            "proportion",
            "fraction",
            "breakdown",
            "split",
            "distribution",
            "分布",
            "占",
        }
    ),
    "beyond": frozenset({"share", "percentage", "percent", "proportion", "fraction"}),
}
"""Words of parts: these answers tell the parts with the whole."""
_SURE_SCORE, _SURE_LEAD, _SURE_DOUBT = 0.35, 0.3, 0.0
"""A wording so clear that one word nobody knows may stand in it."""
_CLOCK = r"\bw(?:he|eh)n\b|time|hour|moment|clock|stamp|时|几点|[时一]刻|会儿"
_TOGETHER = {
    frozenset({"max", "min"}): ("range",),
    frozenset({"count", "missing"}): ("missing",),
    frozenset({"count"}): ("count", "missing"),
    frozenset({"range", "max", "min"}): ("range",),
    frozenset({"std", "max", "min"}): ("range",),
    frozenset({"std", "range"}): ("std", "range"),
}
"""Statistics whose words stand together, and which of them is asked for."""
_AGENT = frozenset({"agent_owner", "agent_until", "agent_rights", "agent_grade"})
VETO = 0.5
"""A question all of whose words are known is still held back where it is so much like those that must be."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A question with its names taken out."""

    time: Found
    pair: Found  # the same, two days read as two windows
    beyond: tuple[bool, float] | None
    statistic: tuple[str, ...]  # words of the lists
    kinds: tuple[str, ...]
    rest: str  # the wording
    number: float | None = None  # one that stands alone: a bound whose side the wording must tell
    odd: bool = False  # other figures are left over
    slots: frozenset[str] = frozenset()  # "tag", "agent", "model", "state"

    @property
    def signs(self) -> frozenset[str]:
        """Slots, and words of the lists."""
        there = {
            "window": self.time.windows,
            "at": self.time.at,
            "beyond": self.beyond,
            "number": self.number is not None,
        }
        slots = (*self.slots, *(n for n, v in there.items() if v), *(("pair",) if self.pair is not self.time else ()))
        return frozenset((*(f"slot:{s}" for s in slots), *(f"word:{w}" for w in (*self.statistic, *self.kinds))))


def allowed(heard: Heard) -> frozenset[str]:
    """Labels for which the slots suffice and of which none is left over.

    >>> sorted(allowed(Heard(Found(), Found(), None, (), (), "", slots=frozenset({"tag"}))))[-1]
    'unit'
    """
    if "model" in heard.slots or heard.odd:
        return frozenset()
    if "tag" in heard.slots:
        return _of_tag(heard)
    if "agent" in heard.slots:
        return frozenset() if "data" in heard.slots else _AGENT
    return _without_tag(heard)


def _of_tag(heard: Heard) -> frozenset[str]:
    if heard.beyond is not None or heard.number is not None:
        return frozenset() if {"when", "begins"} & set(heard.kinds) or heard.time.at is not None else _sides(heard)
    if heard.time.at is not None:
        return frozenset({"value_at"})
    two = heard.pair is not heard.time or len(heard.time.windows) == 2
    change = {"change"} if two else set()
    if len(heard.time.windows) == 2:
        return frozenset(change)
    return frozenset(_of_readings(heard) | change | (set() if heard.time.windows else {"unit"}))


def _sides(heard: Heard) -> frozenset[str]:
    """The side of a bound that the words name, else both."""
    if heard.beyond is None:
        return frozenset({"beyond/above", "beyond/below"})
    return frozenset({f"beyond/{'above' if heard.beyond[0] else 'below'}"})


def _of_readings(heard: Heard) -> set[str]:
    """Statistics and moments that agree with the words of the lists: where one is named, it can be no other."""
    said = frozenset(heard.statistic)
    wanted = set(STATISTICS) if not said else set(_TOGETHER.get(said, said if len(said) == 1 else ()))
    timed = "when" in heard.kinds or re.search(_CLOCK, heard.rest, re.IGNORECASE) is not None
    moments = {f"when/{s}" for s in wanted & {"max", "min"} if timed}
    if "when" in heard.kinds and moments:
        return moments
    if "change" in heard.kinds:
        wanted &= {"range", "std"}
    return moments | {f"statistic/{s}" for s in wanted}


def _without_tag(heard: Heard) -> frozenset[str]:
    if heard.beyond is not None or heard.number is not None or heard.time.at is not None:
        return frozenset()
    if "state" in heard.slots:
        return frozenset({"begins"})
    if heard.time.windows:
        return frozenset({"states"})
    return frozenset({"rows", "tags", "span"})


def label_of(plan: Plan) -> str:
    """The label of a plan."""
    if plan.tool == "beyond":
        return f"beyond/{'above' if plan.above else 'below'}"
    return f"{plan.tool}/{plan.statistic}" if plan.tool in ("statistic", "when") else plan.tool


def plan_of(label: str, heard: Heard, name: str) -> Plan:
    """The plan that a label means, its dataset, tag and window still open."""
    tool, _, which = label.partition("/")
    if tool == "beyond":
        return Plan(tool, bound=heard.number if heard.beyond is None else heard.beyond[1], above=which == "above")
    if tool == "value_at":
        return Plan(tool, at=heard.time.at)
    if tool == "change":
        return Plan(tool, statistic="mean")
    return Plan(tool, statistic=which, name=name)


def clear(judged: Judged, ruled: str) -> bool:
    """Whether a reading by likeness is clear enough; less is asked where the lists of words agree with it."""
    agreed = judged.label == ruled
    score, lead, doubt = (_AGREED_SCORE, _AGREED_LEAD, _AGREED_DOUBT) if agreed else (_SCORE, _LEAD, _DOUBT)
    return judged.score >= score and judged.lead >= lead and judged.score - judged.doubt >= doubt


def shares(label: str) -> frozenset[str]:
    """Words of parts that change nothing of what is asked."""
    return _SHARES.get(label.partition("/")[0], frozenset())


def free(label: str) -> bool:
    """Whether it is asked about something that has no readings which a word could bound."""
    return label in ("unit", "states", "begins") or family(label) in ("dataset", "registered")


def sure(judged: Judged) -> bool:
    """Whether a reading by likeness is so clear that it does not hang on a single word."""
    doubt = judged.score - judged.doubt
    return judged.score >= _SURE_SCORE and judged.lead >= _SURE_LEAD and doubt >= _SURE_DOUBT
