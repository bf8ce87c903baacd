"""What a rule demands, as data in both languages, and the answers it gives."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from diapason.engines.acceptance.records import Evidence
from diapason.vocabulary.language import Text

__all__ = ["Answer", "Criterion", "Met", "Rule", "State", "Verdict", "judged", "met", "unknown", "unmet"]


class Met(StrEnum):
    """Whether a criterion holds: what no evidence speaks of is not tested, never met."""

    YES = "met"
    NO = "not met"
    UNKNOWN = "not tested"


class State(StrEnum):
    """What becomes of a candidate."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNTESTED = "not tested"
    FALLEN = "fallen"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"

    @property
    def dead(self) -> bool:
        """Whether it once was and is no more."""
        return self in (State.FALLEN, State.EXPIRED, State.WITHDRAWN, State.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One demand."""

    id: str
    said: Text
    basis: Text  # where the demand comes from; "ours" where nobody set it
    supply: str = ""  # the command that supplies what is missing


@dataclass(frozen=True, slots=True)
class Answer:
    """What evidence says of one demand."""

    criterion: str
    met: Met
    said: Text
    on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of one candidate."""

    counter: str
    rule: str  # "dataset@1"
    name: str
    state: State
    why: Text
    answers: tuple[Answer, ...] = ()
    on: tuple[str, ...] = ()  # grounds of an accepted one
    same_as: tuple[str, ...] = ()  # digests by which the same thing is known elsewhere
    at: str = ""  # since when it is there


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of what is demanded before one more is counted. A version that was released never changes."""

    counter: str
    version: int
    criteria: tuple[Criterion, ...]
    judge: Callable[[Evidence], tuple[Verdict, ...]]

    @property
    def name(self) -> str:
        """Such as `dataset@1`."""
        return f"{self.counter}@{self.version}"


def met(criterion: str, said: Text, *on: str) -> Answer:
    """It holds, and on what."""
    return Answer(criterion, Met.YES, said, on)


def unmet(criterion: str, said: Text, *on: str) -> Answer:
    """Evidence shows that it does not hold."""
    return Answer(criterion, Met.NO, said, on)


def unknown(criterion: str, said: Text) -> Answer:
    """No evidence speaks of it."""
    return Answer(criterion, Met.UNKNOWN, said)


def judged(
    rule: tuple[str, int], name: str, answers: tuple[Answer, ...], *, same_as: tuple[str, ...] = (), at: str = ""
) -> Verdict:
    """Accepted if every criterion is met, refused if one is not, else not tested."""
    counter, version = rule
    short = [a for a in answers if a.met is Met.NO] or [a for a in answers if a.met is Met.UNKNOWN]
    state = State.ACCEPTED if not short else State.REFUSED if short[0].met is Met.NO else State.UNTESTED
    why = short[0].said if short else Text("every criterion is met", "各项判据均满足")
    on = tuple(dict.fromkeys(g for a in answers for g in a.on)) if state is State.ACCEPTED else ()
    return Verdict(counter, f"{counter}@{version}", name, state, why, answers, on, same_as, at)
