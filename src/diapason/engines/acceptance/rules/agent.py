"""A high-level industrial agent: registered with owner, expiry and grade, qualified, its stop drilled."""

from diapason.engines.acceptance.criteria import Answer, Criterion, Rule, State, Verdict, judged, met, unknown, unmet
from diapason.engines.acceptance.records import Evidence, Record
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text

__all__ = ["RULE"]

_MEASURE11 = Text("ours, after measure 11: registration, identity, grading", "本系统参照措施11（注册、身份、分级）提出")
_OURS = Text("ours: the programme attaches no test", "本系统提出：专项行动未附判定标准")

CRITERIA = (
    Criterion("identity", Text("registered with a digital identity", "已登记并有数字身份"), _MEASURE11),
    Criterion("owner", Text("a known person answers for it", "有明确的责任人"), _MEASURE11),
    Criterion("expiry", Text("its permission ends on a day that has not come", "许可有到期日且未到期"), _MEASURE11),
    Criterion("grade", Text("it has a risk grade", "已定风险等级"), _MEASURE11),
    Criterion("qualified", Text("it passed its qualification", "通过能力鉴定"), _OURS),
    Criterion("stop", Text("its stop was drilled and worked", "停止功能经演练有效"), _OURS),
)


def _judge(evidence: Evidence) -> tuple[Verdict, ...]:
    """The newest version of each agent: a change of what it is or may is another agent, to be proven again."""
    return tuple(_agent(evidence, r) for r in {r.name: r for r in evidence.of("agent")}.values())


def _agent(evidence: Evidence, record: Record) -> Verdict:
    if record.fallen is not None:
        return Verdict("agent", RULE.name, record.about, State.FALLEN, record.fallen, at=record.at)
    until = record.until[:10]
    if until and until < evidence.today.isoformat():
        why = Text(f"its permission ended on {until}", f"许可已于 {until} 到期")
        return Verdict("agent", RULE.name, record.about, State.EXPIRED, why, at=record.at)
    identity = str(record.facts.get("keyid") or "")
    answers = (
        _said("identity", record, identity[:12]),
        _owner(evidence, record),
        _said("expiry", record, until),
        _said("grade", record, str(record.facts.get("grade") or "")),
        _passed(evidence, record, "qualified", "qualify"),
        _passed(evidence, record, "stop", "drill"),
    )
    return judged(("agent", 1), record.about, answers, same_as=(f"agent:{identity}",) if identity else (), at=record.at)


def _said(criterion: str, record: Record, value: str) -> Answer:
    if value:
        return met(criterion, Text(value, value), record.id)
    return unknown(criterion, Text("the registry does not say", "登记中未说明"))


def _owner(evidence: Evidence, record: Record) -> Answer:
    person = evidence.get(ground("person", record.facts.get("owner")))
    if person is None or person.fallen is not None or not person.facts.get("roles"):
        return unknown("owner", Text("nobody known answers for it", "没有可确认的责任人"))
    return met("owner", Text(str(record.facts["owner"]), str(record.facts["owner"])), person.id)


def _passed(evidence: Evidence, record: Record, criterion: str, verb: str) -> Answer:
    """The newest run of a verb about this very version that says whether it passed."""
    stand = [r for r in evidence.of("run", verb=verb, about=record.about) if r.fallen is None]
    runs = [r for r in stand if "passed" in (r.facts.get("result") or {})]
    passed = runs[-1].facts["result"]["passed"] if runs else None
    if passed is None:
        return unknown(criterion, Text("no such evidence yet", "尚无此类证据"))
    said = Text(f"on {runs[-1].at[:10]}", runs[-1].at[:10])
    return (met if passed is True else unmet)(criterion, said, runs[-1].id)


RULE = Rule("agent", 1, CRITERIA, _judge)
