"""Knowledge handed to the engine: rules as duties, facts with what follows from them, and the verdicts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from diapason.engines.compliance.duties import Duty, Verdict, decided
from diapason.engines.compliance.risk import Class, Classed, Grading, Level, Raise, classed, level
from diapason.engines.compliance.truth import Facts, Need, Span
from diapason.knowledge.facts import Condition
from diapason.knowledge.facts import facts as questions
from diapason.knowledge.risk import LegalClass, risk
from diapason.knowledge.rules import Rule, rules
from diapason.vocabulary.facts import Fact
from diapason.vocabulary.language import Text

__all__ = ["HOMES", "Known", "conflicts", "judged", "known", "need", "role_fact", "rules_of"]

HOMES = {"cn": Need("in_china", among=(True,)), "eu": Need("in_eu", among=(True,))}
"""What brings a system under a regime; an international standard binds wherever it is taken up."""

_ROLES = {"supplier": "provider", "provider": "provider", "deployer": "deployer", "owner": "both"}
_HIGH = ("high-risk-annex-iii", "high-risk-annex-i")


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known, and what follows from it."""

    facts: Facts
    said: Mapping[str, Fact]  # who says each of them
    level: Level
    ai_act: tuple[Classed, ...]
    machinery: tuple[Classed, ...]

    def asks(self, names: Iterable[str]) -> tuple[str, ...]:
        """What a person must be asked: of a fact that follows from others, those others."""
        told: list[str] = []
        for name in names:
            told += self.level.ask if name == "risk_level" and self.level.ask else (name,)
        return tuple(dict.fromkeys(told))


def known(answers: Mapping[str, Fact], seen: Mapping[str, Fact], role: str = "") -> Known:
    """Join what people say with what the ledger shows, and draw what follows.

    Where both speak, the ledger counts. A declared risk level counts unless scene, autonomy and scale make it graver.

    Args:
        role: supplier, deployer, provider or owner; speaks for the role under the AI Act where nobody has declared it.
    """
    said = role_fact(role) | dict(answers) | dict(seen)
    facts: dict[str, Any] = {name: fact.value for name, fact in said.items()}
    if facts.get("outbound") is True:
        facts["leaves_jurisdiction"] = True
    found = level(_grading(), facts)
    declared = facts.get("risk_level")
    facts["risk_level"] = found.span if declared is None else max(float(declared), found.span.low)
    if found.known and declared is None:
        facts["risk_level"] = found.span.low
    if declared is not None:
        found = Level(Span(facts["risk_level"], facts["risk_level"]), found.base, found.raised, ())
    classes = classed(_classes(risk().ai_act), facts)
    if any(c.holds is True and c.id in _HIGH for c in classes):
        facts["high_risk_eu"] = True
    return Known(facts, said, found, classes, classed(_classes(risk().machinery), facts))


def judged(what: Known, regimes: Iterable[str] = ("cn", "eu", "iso")) -> tuple[Verdict, ...]:
    """Every rule of these regimes, decided; facts to ask are those that a person can answer."""
    wanted = set(regimes)
    told = decided([d for d in rules_of() if wanted & set(d.regimes)], what.facts, HOMES)
    return tuple(Verdict(v.duty, v.applies, v.regimes, what.asks(v.ask), v.because, v.due) for v in told)


def conflicts(answers: Mapping[str, Fact], seen: Mapping[str, Fact]) -> list[dict[str, Any]]:
    """Facts of which a person says one thing and the ledger, or another answer, another."""
    both = [n for n in answers if n in seen and answers[n].value != seen[n].value]
    found = [_conflict(n, answers[n], seen[n]) for n in both]
    out, stays = answers.get("outbound"), answers.get("leaves_jurisdiction")
    if out and stays and out.value is True and stays.value is False:
        words = Text("data is declared to leave China", "已申报数据出境")
        found.append(_conflict("leaves_jurisdiction", stays, Fact("leaves_jurisdiction", True, said=words)))
    return found


def role_fact(role: str) -> dict[str, Fact]:
    """The role under the AI Act that a role on the command line means; the mapping is ours."""
    if role not in _ROLES:
        return {}
    words = Text(f"said with the question: {role}", f"随查询给出：{role}")
    return {"eu_role": Fact("eu_role", _ROLES[role], "", (), "person", words)}


@cache
def rules_of() -> tuple[Duty, ...]:
    """The rule table as duties."""
    return tuple(_duty(rule) for rule in rules().values())


def need(condition: Condition) -> Need:
    """A condition of a knowledge file as the engine takes it."""
    return Need(condition.fact, condition.among, condition.at_least, condition.below)


def _duty(rule: Rule) -> Duty:
    return Duty(
        id=rule.id,
        when=_needs(rule.when),
        artefacts=rule.artefacts,
        any_of=tuple(_needs(group) for group in rule.any_of),
        regimes=rule.regimes,
        before=rule.before,
        due=rule.due,
        later=tuple((_needs(later.when), later.due) for later in rule.later),
        hours=rule.hours,
        forbids=rule.forbids,
    )


def _needs(conditions: Iterable[Condition]) -> tuple[Need, ...]:
    return tuple(need(c) for c in conditions)


@cache
def _grading() -> Grading:
    told = risk().grading
    raises = tuple(Raise(_needs(r.any_of), r.by) for r in told.raises)
    return Grading(told.columns, told.rows, raises, told.cap)


def _classes(classes: Iterable[LegalClass]) -> list[Class]:
    return [Class(c.id, _needs(c.when), tuple(_needs(g) for g in c.any_of)) for c in classes]


def _conflict(name: str, word: Fact, shown: Fact) -> dict[str, Any]:
    title, by, seen = questions()[name].title, word.said or Text("", ""), shown.said or Text("", "")
    return {
        "fact": name,
        "declared": word.value,
        "shown": shown.value,
        "said": {
            "en": f"{title.en}: {by.en} as '{word.value}', but {seen.en}",
            "zh": f"{title.zh}：{by.zh}为“{word.value}”，但{seen.zh}",
        },
    }
