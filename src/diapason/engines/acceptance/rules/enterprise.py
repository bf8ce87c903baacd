"""A benchmark enterprise: appraised with evidence, at least one scenario that counts, data management appraised."""

from diapason.engines.acceptance.criteria import Answer, Criterion, Rule, State, Verdict, judged, met, unknown, unmet
from diapason.engines.acceptance.records import Evidence, Record
from diapason.engines.acceptance.rules import scenario
from diapason.vocabulary.language import Text

__all__ = ["RULE"]

_OURS = Text("ours: the programme attaches no test", "本系统提出：专项行动未附判定标准")
_MEASURE6 = Text("ours, after measure 6 and Annex 2 item 1", "本系统参照措施6与附件2第1条提出")
_MEASURE3 = Text("ours, after measure 3, which names GB/T 36073-2025", "本系统参照措施3（所列GB/T 36073-2025）提出")

CRITERIA = (
    Criterion(
        "appraised",
        Text("appraised by the 29 items of Annex 2, signed", "已按附件2二十九条评估并签名"),
        _MEASURE6,
        "diapason appraise annex2",
    ),
    Criterion(
        "data_maturity",
        Text("management of data appraised by DCMM, signed", "已按DCMM评估数据管理能力并签名"),
        _MEASURE3,
        "diapason appraise dcmm",
    ),
    Criterion(
        "scenario",
        Text(f"at least one scenario is accepted by {scenario.RULE.name}", f"至少一个场景经 {scenario.RULE.name} 认可"),
        _OURS,
        "diapason count --why scenario",
    ),
)


def _judge(evidence: Evidence) -> tuple[Verdict, ...]:
    answers = (
        _appraised(evidence, "appraised", "annex2"),
        _appraised(evidence, "data_maturity", "dcmm"),
        _scenario(evidence),
    )
    return (judged(("enterprise", 1), evidence.workspace, answers),)


def _appraised(evidence: Evidence, criterion: str, model: str) -> Answer:
    """The newest run that appraised by a model and stands, as far as it proved anything."""
    runs = [r for r in evidence.of("run", verb="appraise") if model in _model(r)]
    standing = [r for r in runs if r.fallen is None]
    if standing:
        run = standing[-1]
        return met(criterion, Text(f"on {run.at[:10]} ({run.id})", f"{run.at[:10]}（{run.id}）"), run.id)
    if runs:
        return unmet(criterion, runs[-1].fallen or Text("fallen", "已失效"), runs[-1].id)
    return unknown(criterion, Text("no such appraisal is shown", "未出示该项评估"))


def _model(run: Record) -> str:
    """By which model a run appraised, wherever its plan or result says so."""
    plan, result = run.facts.get("plan") or {}, run.facts.get("result") or {}
    said = (run.about, (plan.get("settings") or {}).get("model"), result.get("model"))
    return " ".join(str(s) for s in said if isinstance(s, str)).lower().replace("annex-2", "annex2")


def _scenario(evidence: Evidence) -> Answer:
    found = scenario.RULE.judge(evidence)
    good = [v for v in found if v.state is State.ACCEPTED]
    if good:
        on = tuple(g for v in good for g in v.on)
        return met("scenario", Text(", ".join(v.name for v in good), "、".join(v.name for v in good)), *on)
    return unknown("scenario", Text("no scenario of it is accepted yet", "尚无获认可的场景"))


RULE = Rule("enterprise", 1, CRITERIA, _judge)
