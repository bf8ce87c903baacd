"""A general model in deep use: registered, and measured at work in more than one scenario that counts."""

from diapason.engines.acceptance.criteria import Criterion, Rule, State, Verdict, judged, met, unknown
from diapason.engines.acceptance.records import Evidence, Record
from diapason.engines.acceptance.rules import scenario
from diapason.vocabulary.language import Text

__all__ = ["RULE"]

LEAST = 2
"""Accepted scenarios that stand on the model."""

_OURS = Text("ours: the programme attaches no test to 'deep use'", "本系统提出：专项行动未界定“深度应用”")

CRITERIA = (
    Criterion("registered", Text("registered with maker and digest of its weights", "已登记研制单位与权重摘要"), _OURS),
    Criterion(
        "deep_use",
        Text(f"at least {LEAST} accepted scenarios stand on it", f"至少 {LEAST} 个获认可的场景以其为依据"),
        _OURS,
        "diapason count --why NAME",
    ),
)


def _judge(evidence: Evidence) -> tuple[Verdict, ...]:
    return tuple(_model(evidence, r) for r in {r.about: r for r in evidence.of("general_model")}.values())


def _model(evidence: Evidence, record: Record) -> Verdict:
    if record.fallen is not None:
        return Verdict("general_model", RULE.name, record.about, State.FALLEN, record.fallen, at=record.at)
    digest, maker = (str(record.facts.get(n) or "") for n in ("digest", "maker"))
    registered = (
        met("registered", Text(f"{maker}, {digest[:12]}…", f"{maker}，{digest[:12]}…"), record.id)
        if digest and maker
        else unknown("registered", Text("maker or digest is not said", "未说明研制单位或摘要"))
    )
    good = [v for v in scenario.RULE.judge(evidence) if v.state is State.ACCEPTED and _stands_on(evidence, v, record)]
    names = ", ".join(v.name for v in good)
    deep = (
        met("deep_use", Text(names, names), *(g for v in good for g in v.on))
        if len(good) >= LEAST
        else unknown("deep_use", Text(f"{len(good)} of {LEAST} scenarios", f"{len(good)}/{LEAST} 个场景"))
    )
    same = (f"model:{digest}",) if digest else ()
    return judged(("general_model", 1), record.about, (registered, deep), same_as=same, at=record.at)


def _stands_on(evidence: Evidence, verdict: Verdict, record: Record) -> bool:
    return any(record.id == below.id for ground in verdict.on for below in evidence.below(ground))


RULE = Rule("general_model", 1, CRITERIA, _judge)
