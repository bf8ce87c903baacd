"""A high-quality dataset: documented, assessed, of known rights and owner, real, and proved in use by a model."""

from collections.abc import Iterator, Mapping
from math import sqrt
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
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text

__all__ = ["RULE", "beats_chance", "real"]

GATE = 0.9
"""TC609-5-2025-04 is read with 90 points in each dimension; the lower end of the interval must reach it."""
REJECTED = ".rejected"
"""What the name of a dataset with refused rows ends with; it is no candidate."""

_OURS = Text("ours: the programme attaches no test", "本系统提出：专项行动未附判定标准")
_TC609 = Text("ours, after TC609-5-2025-04: 90 points in each dimension", "本系统参照TC609-5-2025-04提出：各维度90分")

CRITERIA = (
    Criterion(
        "committed",
        Text("a version with its content digest, not deleted", "有内容摘要的已提交版本，且未被删除"),
        _OURS,
        "diapason ingest FILE --name NAME",
    ),
    Criterion(
        "real",
        Text("no row comes from a simulator", "数据不来自仿真"),
        _OURS,
        "diapason ingest FILE --name NAME",
    ),
    Criterion(
        "documented",
        Text("its columns are described by a signed contract", "各列由已签名的数据合约说明"),
        _TC609,
        "diapason ingest FILE --name NAME",
    ),
    Criterion(
        "owner",
        Text("a person of the workspace who brought it in is known", "导入该数据集的责任人明确"),
        _OURS,
        "diapason person NAME --role operator",
    ),
    Criterion(
        "licence",
        Text("a licence or contract for it is vouched for and valid", "有经人担保且有效的许可或合同"),
        _OURS,
        "diapason vouch NAME --paper FILE --kind licence --until DAY",
    ),
    Criterion(
        "assessed",
        Text(
            "this version was assessed, and every score computed reaches 0.90", "该版本已评估，各项已计算得分不低于0.90"
        ),
        _TC609,
        "diapason assess NAME",
    ),
    Criterion(
        "used",
        Text(
            "a model learnt from it beats the baseline on an honest split, doubt included",
            "由其训练的模型在诚实划分上优于基线，且计入不确定度",
        ),
        _TC609,
        "diapason learn NAME --task TASK",
    ),
)


def _judge(evidence: Evidence) -> tuple[Verdict, ...]:
    found: dict[str, list[Record]] = {}
    for record in evidence.of("dataset"):
        if not record.name.endswith(REJECTED):
            found.setdefault(record.name, []).append(record)
    return tuple(v for versions in found.values() for v in _of_name(evidence, versions))


def _of_name(evidence: Evidence, versions: list[Record]) -> Iterator[Verdict]:
    """One verdict for the dataset: its newest version that is accepted, else its newest; older ones are superseded."""
    latest = list({r.version: r for r in versions}.values())
    ordered = sorted(latest, key=lambda r: -r.version)
    made = [_version(evidence, record) for record in ordered]
    chosen = next((v for v in made if v.state is State.ACCEPTED), made[0])
    yield chosen
    for record, verdict in zip(ordered, made, strict=True):
        if verdict is not chosen and record.version < int(chosen.name.partition("@")[2]):
            why = Text(f"{chosen.name} has taken its place", f"已由 {chosen.name} 取代")
            yield Verdict("dataset", RULE.name, record.about, State.SUPERSEDED, why, at=record.at)


def _version(evidence: Evidence, record: Record) -> Verdict:
    digest = str(record.facts.get("digest", ""))
    same = (f"data:{digest}",) if digest else ()
    if record.fallen is not None:
        return Verdict("dataset", RULE.name, record.about, _dead(record), record.fallen, same_as=same, at=record.at)
    answers = (
        _committed(record, digest),
        real(evidence, record.id),
        _documented(evidence, record),
        _owner(evidence, record),
        _licence(evidence, record),
        _assessed(evidence, record),
        _used(evidence, record),
    )
    return judged(("dataset", 1), record.about, answers, same_as=same, at=record.at)


def _dead(record: Record) -> State:
    if record.facts.get("erased"):
        return State.WITHDRAWN
    return State.EXPIRED if record.facts.get("expired") else State.FALLEN


def _committed(record: Record, digest: str) -> Answer:
    if not digest:
        return unknown("committed", Text("its content digest is not shown", "未出示其内容摘要"))
    return met("committed", Text(f"{record.about}, {digest[:12]}…", f"{record.about}，{digest[:12]}…"), record.id)


def real(evidence: Evidence, name: str) -> Answer:
    """Whether everything below was read from outside, nothing simulated."""
    ingested = [r for r in evidence.below(name) if r.kind == "run" and r.verb == "ingest"]
    for run in ingested:
        if _simulated(run.facts):
            said = Text(f"{run.about} comes from a simulated plant", f"{run.about} 来自仿真工厂")
            return unmet("real", said, run.id)
    if not ingested:
        return unknown("real", Text("where it was read from is not shown", "未出示数据来源"))
    return met("real", Text("read from files or a plant", "读取自文件或生产现场"), *(r.id for r in ingested))


def _simulated(facts: Mapping[str, Any]) -> bool:
    if facts.get("simulated"):
        return True
    assumed = (facts.get("result") or {}).get("assumed") or ()
    return any(a.get("what") == "source" and a.get("value") == "simulated" for a in assumed)


def _documented(evidence: Evidence, record: Record) -> Answer:
    for run in reversed(evidence.of("run", name=record.name)):
        contract = (run.facts.get("result") or {}).get("contract") or {}
        columns = contract.get("columns") or () if isinstance(contract, Mapping) else ()
        if columns and run.fallen is None:
            said = Text(f"{len(columns)} columns, signed with {run.verb}", f"{len(columns)} 列，随 {run.verb} 签名")
            return met("documented", said, run.id)
    return unknown("documented", Text("no signed contract of its columns", "没有已签名的列说明"))


def _owner(evidence: Evidence, record: Record) -> Answer:
    for run in [r for r in evidence.below(record.id) if r.kind == "run" and r.person]:
        person = evidence.get(ground("person", run.person))
        if person is not None and person.fallen is None and person.facts.get("roles"):
            return met("owner", Text(f"brought in by {run.person}", f"由 {run.person} 导入"), person.id)
    return unknown("owner", Text("nobody known answers for it", "没有可确认的责任人"))


def _licence(evidence: Evidence, record: Record) -> Answer:
    whole = ground("dataset", record.name)
    papers = [
        p
        for kind in ("licence", "license", "contract")
        for p in evidence.of("paper", verb=kind)
        if p.about in (whole, record.id)
    ]
    for paper in papers:
        if paper.fallen is None:
            until = Text(f" until {paper.until}", f"，至 {paper.until}") if paper.until else Text("", "")
            said = Text(f"{paper.id}, vouched for by {paper.person}", f"{paper.id}，由 {paper.person} 担保")
            return met("licence", Text(said.en + until.en, said.zh + until.zh), paper.id)
    if papers:
        return unmet("licence", papers[-1].fallen or Text("not valid", "无效"), papers[-1].id)
    return unknown("licence", Text("no licence or contract is vouched for", "没有经人担保的许可或合同"))


def _assessed(evidence: Evidence, record: Record) -> Answer:
    runs = [r for r in evidence.of("run", verb="assess", about=record.about) if r.fallen is None]
    scores = (runs[-1].facts.get("result") or {}).get("scores") or {} if runs else {}
    low = {name: s["low"] for name, s in scores.items() if isinstance(s, Mapping) and s.get("low") is not None}
    if not low:
        return unknown("assessed", Text(f"{record.about} was not assessed", f"{record.about} 未评估"))
    worst = min(low, key=lambda name: float(low[name]))
    said = Text(
        f"{len(low)} scores, lowest {worst}: at least {low[worst]:.3g}",
        f"{len(low)} 项得分，最低为 {worst}：下限 {low[worst]:.3g}",
    )
    return (met if low[worst] >= GATE else unmet)("assessed", said, runs[-1].id)


def _used(evidence: Evidence, record: Record) -> Answer:
    runs = [r for r in evidence.of("run", verb="learn", about=record.about) if r.fallen is None]
    answers = [a for r in reversed(runs) if (a := beats_chance(r)) is not None]
    return next(
        (a for a in answers if a.met == "met"),
        answers[0]
        if answers
        else unknown("used", Text(f"no model was judged on {record.about}", f"没有在 {record.about} 上评判过的模型")),
    )


def beats_chance(run: Record) -> Answer | None:
    """Whether the model of a run is better on an honest split than what knows nothing; None where it can't be told.

    The baseline of a number is always its mean, of classes any guess, of alarms an alarm at random. The unfavourable
    end of the interval counts.
    """
    card = (run.facts.get("result") or {}).get("honest") or {}
    kept = (run.facts.get("kept") or {}).get("honest") or {}
    if not card.get("score") or "metric" not in card:
        return None
    name, score = card["metric"]["name"], card["score"]
    if name == "rmse":
        return _over_mean(run, score, (kept.get("scores") or {}).get("r2"))
    classes = sum(str(c).startswith("p_") for c in kept.get("columns", ()))
    return _over_guess(run, card.get("others") or {}, classes)


def _over_mean(run: Record, score: Mapping[str, Any], r2: float | None) -> Answer | None:
    if r2 is None or r2 >= 1 or score.get("high") is None:
        return None
    baseline = float(score["value"]) / sqrt(1 - r2)
    said = Text(
        f"rmse at most {score['high']:.4g}, always the mean gives {baseline:.4g}",
        f"rmse 上限 {score['high']:.4g}，恒取均值为 {baseline:.4g}",
    )
    return (met if score["high"] < baseline else unmet)("used", said, run.id)


def _over_guess(run: Record, others: Mapping[str, Any], classes: int) -> Answer | None:
    balanced, misses, false = (others.get(n) or {} for n in ("balanced_accuracy", "misses", "false_alarms"))
    if balanced.get("low") is not None and classes > 1:
        said = Text(
            f"balanced accuracy at least {balanced['low']:.3g}, a guess gives {1 / classes:.3g}",
            f"平衡准确率下限 {balanced['low']:.3g}，随机猜测为 {1 / classes:.3g}",
        )
        return (met if balanced["low"] > 1 / classes else unmet)("used", said, run.id)
    if misses.get("high") is None or false.get("high") is None:
        return None
    said = Text(
        f"misses at most {misses['high']:.3g}, false alarms at most {false['high']:.3g}; a random alarm sums to 1",
        f"漏报率上限 {misses['high']:.3g}，误报率上限 {false['high']:.3g}；随机告警两者之和为1",
    )
    return (met if misses["high"] + false["high"] < 1 else unmet)("used", said, run.id)


RULE = Rule("dataset", 1, CRITERIA, _judge)
