"""A typical scenario: a published, approved model in use, with a measured effect that is not zero."""

from collections.abc import Mapping
from typing import Any

from diapason.engines.acceptance.criteria import (
    Answer,
    Criterion,
    Rule,
    State,
    Verdict,
    judged,
    met,
    unknown,
    unmet,
)
from diapason.engines.acceptance.records import Evidence, Record
from diapason.engines.acceptance.rules.dataset import real
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text

__all__ = ["RULE"]

_OURS = Text("ours: the programme attaches no test", "本系统提出：专项行动未附判定标准")
_ANNEX2 = Text("ours, after Annex 2 items 13, 18, 20 and 21", "本系统参照附件2第13、18、20、21条提出")

_BETTER = {"lower": "越低越好", "higher": "越高越好"}

CRITERIA = (
    Criterion(
        "published",
        Text("a model of it may predict today", "其模型目前获准用于预测"),
        _OURS,
        'diapason publish NAME@VERSION --accept "MEASURE<=LIMIT"',
    ),
    Criterion(
        "acceptance",
        Text("it passed an acceptance test that was stated, doubt included", "通过了明示的验收标准，且计入不确定度"),
        _ANNEX2,
        'diapason publish NAME@VERSION --accept "MEASURE<=LIMIT"',
    ),
    Criterion(
        "approved",
        Text("a second person approved it with a key of their own", "由第二人以本人密钥批准"),
        _OURS,
        "diapason approve NAME@VERSION --as PERSON",
    ),
    Criterion("real", Text("it was not learnt from a simulator", "不是由仿真数据训练"), _OURS, ""),
    Criterion(
        "used",
        Text("it made predictions while it was published", "发布期间已用于预测"),
        _ANNEX2,
        "diapason predict FILE --model NAME",
    ),
    Criterion(
        "effect",
        Text(
            "an effect against a baseline, its whole interval on the good side of zero",
            "相对基线的效果，整个区间位于零的有利一侧",
        ),
        _ANNEX2,
        "diapason effect NAME --better lower",
    ),
)


def _judge(evidence: Evidence) -> tuple[Verdict, ...]:
    names = dict.fromkeys(r.name for r in evidence.of("publication"))
    names |= dict.fromkeys(r.name for r in evidence.of("run", verb="effect"))
    return tuple(v for name in names for v in _of_name(evidence, name))


def _of_name(evidence: Evidence, name: str) -> list[Verdict]:
    published = list({r.about: r for r in evidence.of("publication", name=name)}.values())
    if not published:
        answers = (
            unknown("published", Text("no model of it was published", "没有已发布的模型")),
            _effect(evidence, name, None),
        )
        return [judged(("scenario", 1), name, answers)]
    states = [(r, _dead(evidence, r)) for r in sorted(published, key=lambda r: r.seq)]
    alive = [r for r, dead in states if dead is None]
    made = [Verdict("scenario", RULE.name, r.about, *dead, at=r.at) for r, dead in states if dead is not None]
    if not alive:
        return made
    older = [
        Verdict("scenario", RULE.name, r.about, State.SUPERSEDED, _replaced(alive[-1]), at=r.at) for r in alive[:-1]
    ]
    return [_judged(evidence, alive[-1]), *older, *made]


def _replaced(newer: Record) -> Text:
    return Text(f"{newer.about} has taken its place", f"已由 {newer.about} 取代")


def _dead(evidence: Evidence, record: Record) -> tuple[State, Text] | None:
    """What ended a publication: a roll-back after it, the end of its approval, or something that it stood on."""
    for withdrawal in evidence.of("withdrawal", name=record.name):
        if withdrawal.seq > record.seq and record.about in withdrawal.facts.get("withdrawn", ()):
            why = str(withdrawal.facts.get("reason", ""))
            return State.WITHDRAWN, Text(f"withdrawn: {why}", f"已撤回：{why}")
    until = str((record.facts.get("approval") or {}).get("until", ""))[:10]
    if until and until < evidence.today.isoformat():
        return State.EXPIRED, Text(f"its approval ended on {until}", f"批准已于 {until} 到期")
    if record.fallen is not None:
        return (State.EXPIRED if record.facts.get("expired") else State.FALLEN), record.fallen
    return None


def _judged(evidence: Evidence, record: Record) -> Verdict:
    digest = str(record.facts.get("digest", ""))
    model = ground("model", record.about)
    answers = (
        met(
            "published",
            Text(f"{record.about} since {record.at[:10]}", f"{record.about}，自 {record.at[:10]}"),
            record.id,
        ),
        _accepted(record),
        _approved(evidence, record),
        real(evidence, model),
        _used(evidence, record),
        _effect(evidence, record.name, record),
    )
    return judged(("scenario", 1), record.about, answers, same_as=(f"model:{digest}",) if digest else (), at=record.at)


def _accepted(record: Record) -> Answer:
    for gate in record.facts.get("gates") or ():
        facts = gate.get("facts") or {}
        if gate.get("gate") == "acceptance" and facts.get("test"):
            said = Text(
                f"{facts['test']}: the bound is {facts['bound']:.4g}",
                f"{facts['test']}：区间端点为 {facts['bound']:.4g}",
            )
            return met("acceptance", said, record.id)
    return unknown("acceptance", Text("no acceptance test was stated", "未明示验收标准"))


def _approved(evidence: Evidence, record: Record) -> Answer:
    seq = (record.facts.get("approval") or {}).get("seq", "")
    approval, model = evidence.get(ground("entry", seq)), evidence.get(ground("model", record.about))
    if approval is None or approval.kind != "approval":
        return unknown("approved", Text("the approval is not shown", "未出示批准"))
    if approval.facts.get("digest") != record.facts.get("digest"):
        return unmet(
            "approved", Text(f"{approval.person} approved another model", f"{approval.person} 批准的是另一个模型")
        )
    trainer = str(model.facts.get("trainer", "")) if model is not None else ""
    if not trainer:
        return unknown("approved", Text("who trained it is not shown", "未出示训练人"))
    if trainer == approval.person:
        return unmet("approved", Text(f"{trainer} trained and approved it", f"{trainer} 既训练又批准"))
    said = Text(f"by {approval.person}; trained by {trainer}", f"由 {approval.person} 批准，{trainer} 训练")
    return met("approved", said, approval.id)


def _used(evidence: Evidence, record: Record) -> Answer:
    digest = record.facts.get("digest")
    runs = [r for r in evidence.of("run", verb="predict") if r.fallen is None and _by_model(r.facts, record, digest)]
    rows = sum(int((r.facts.get("result") or {}).get("rows") or 0) for r in runs)
    if not rows:
        return unknown("used", Text("it predicted nothing while it was published", "发布期间没有预测记录"))
    said = Text(f"{rows:,} rows in {len(runs)} runs", f"{len(runs)} 次运行共 {rows:,} 行")
    return met("used", said, *(r.id for r in runs))


def _by_model(facts: Mapping[str, Any], record: Record, digest: object) -> bool:
    said = facts.get("result") or {}
    return (
        said.get("model") == record.about
        and said.get("standing") == "published"
        and said.get("digest_of_model", digest) == digest
    )


def _effect(evidence: Evidence, name: str, record: Record | None) -> Answer:
    """The newest effect that is said of this model, or of its dataset by the same name."""
    runs = [r for r in evidence.of("run", verb="effect") if r.fallen is None and _concerns(r, name, record)]
    if not runs:
        return unknown("effect", Text("no effect was measured", "尚未测量效果"))
    run = runs[-1]
    said = run.facts.get("result") or {}
    effect = said["effect"] if isinstance(said.get("effect"), Mapping) else said
    value, low, high = (effect.get(n) for n in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return unknown("effect", Text("the effect has no interval", "效果没有区间"))
    shown = f"{value:.4g} ({low:.4g} … {high:.4g}) {effect.get('unit', '')}".rstrip()
    better = str(said.get("better") or (run.facts.get("plan") or {}).get("settings", {}).get("better") or "")
    if better not in ("lower", "higher"):
        return unknown(
            "effect", Text(f"{shown}: which way is better is not said", f"{shown}：未说明越高越好还是越低越好")
        )
    good = (low > 0 if better == "higher" else high < 0) and said.get("shown") is not False
    return (met if good else unmet)(
        "effect", Text(f"{shown}, {better} is better", f"{shown}，{_BETTER[better]}"), run.id
    )


def _concerns(run: Record, name: str, record: Record | None) -> bool:
    settings = (run.facts.get("plan") or {}).get("settings") or {}
    model = str((run.facts.get("result") or {}).get("model") or settings.get("model") or "")
    if model:
        return model in (record.about if record is not None else name, name)
    return run.name == name


RULE = Rule("scenario", 1, CRITERIA, _judge)
