"""One clause before the facts: what it scores, who says so, and why it can't be tested where it can't."""

from collections.abc import Mapping
from dataclasses import dataclass

from diapason.engines.appraisal.scales import score
from diapason.vocabulary.facts import Fact
from diapason.vocabulary.language import Text
from diapason.vocabulary.maturity import Clause

__all__ = ["Verdict", "judged"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a clause; a score of None means "not tested", which never counts as passed."""

    clause: Clause
    claimed: float | None  # 0..1, by a machine's count or a person's word
    proven: float | None  # 0..1, by a machine's count alone
    value: float | bool | str | None
    by: str  # "machine", "person" or "" where it was not tested
    why: Text
    on: tuple[str, ...] = ()
    disputed: bool = False  # a person claims more than a machine counts

    @property
    def state(self) -> str:
        """One of "met", "partly", "not met", "not tested"."""
        if self.claimed is None:
            return "not tested"
        return "met" if self.claimed >= 1 else "partly" if self.claimed > 0 else "not met"


def judged(clause: Clause, facts: Mapping[str, Fact]) -> Verdict:
    """Hold a clause against the facts.

    A machine's count gives both scores; a person's word gives the claimed score alone. A person may also speak to a
    clause that a machine counts, by a fact named after the clause: then the better of both is claimed, and that they
    differ is kept. A fact that is absent, unknown or of the wrong type leaves the clause untested, and says why.
    """
    main = _told(clause, facts.get(clause.test.fact))
    word = facts.get(clause.code)
    if clause.test.fact == clause.code or word is None or word.by != "person":
        return main
    said = _word(word)
    if said is None or said <= (main.claimed or 0.0):
        return main
    why = Text(
        f"{word.said or ''}; counted: {main.why.en}", f"{word.said.zh if word.said else ''}；计数结果：{main.why.zh}"
    )
    on = tuple(dict.fromkeys((*main.on, *word.on)))
    return Verdict(clause, said, main.proven, word.value, "person", why, on, disputed=main.proven is not None)


def _told(clause: Clause, fact: Fact | None) -> Verdict:
    if fact is None:
        return _untested(clause, _nobody(clause))
    if fact.value is None:
        return _untested(clause, fact.said or Text("not known", "未知"), fact.on)
    points = score(fact.value, clause.test)
    if isinstance(points, Text):
        return _untested(clause, points, fact.on)
    machine = fact.by == "machine"
    said = fact.said or Text(fact.name, fact.name)
    return Verdict(
        clause, points, points if machine else None, fact.value, "machine" if machine else "person", said, fact.on
    )


def _word(fact: Fact) -> float | None:
    """What a person says of a counted clause: yes, no, or a degree from 0 to 1."""
    value = fact.value
    return float(value) if isinstance(value, bool | int | float) and 0 <= value <= 1 else None


def _untested(clause: Clause, why: Text, on: tuple[str, ...] = ()) -> Verdict:
    return Verdict(clause, None, None, None, "", why, on)


def _nobody(clause: Clause) -> Text:
    if clause.test.ask is not None:
        return Text("nobody has answered", "尚无人作答")
    return Text(f"nothing here gives '{clause.test.fact}'", f"此处没有“{clause.test.fact}”")
