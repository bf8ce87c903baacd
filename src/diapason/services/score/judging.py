"""From what is known to measures, indicators, gates, weights, fitness and budgets."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from diapason.engines.learning.assembling import likely_task
from diapason.engines.measures import CALCULATIONS, Measure, Seen, Trial, cost, gate, meets, together, weights
from diapason.engines.measures.measure import not_for, untested
from diapason.engines.uncertainty import Sensor, budget
from diapason.knowledge.scoring import Family, Part, measures, points
from diapason.knowledge.tc609 import tc609
from diapason.services.standing.claims import Claim
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Contract
from diapason.vocabulary.wire import plain

__all__ = ["budgets", "families", "fits", "fitted", "gates", "indicators"]


def families(seen: Seen) -> list[dict[str, Any]]:
    """Every measure of each standard: computed, not tested, or not for this kind of data."""
    return [
        {"id": f.id, "standard": f.standard, "title": _both(f.title), "measures": _measures(f, seen)}
        for f in measures()
    ]


def _measures(family: Family, seen: Seen) -> list[dict[str, Any]]:
    titles = {g.id: _both(g.title) for g in family.groups}
    found = []
    for one in family.measures:
        told = _why(one.not_for, one.untested) if not one.how else CALCULATIONS[one.how](seen)
        about = {"id": one.id, "group": titles[one.group], "title": _both(one.title), "better": one.better}
        found.append({**about, **plain(told)})
    return found


def _why(never: Any, not_here: Any) -> Measure:
    if never is not None:
        return not_for(Text(never.en, never.zh))
    return untested(Text(not_here.en, not_here.zh))


def indicators(seen: Seen) -> dict[str, Measure]:
    """The 17 indicators, each as a share; sub-indicators under their own codes."""
    subs = {s.code: CALCULATIONS[s.how](seen) for s in points().sub_indicators}
    found = {p.code: _indicator(p, seen, subs) for p in points().indicators}
    return found | subs


def _indicator(part: Part, seen: Seen, subs: Mapping[str, Measure]) -> Measure:
    """One calculation as it is; several as their mean, what is not tested left open within its bounds."""
    told = [*(CALCULATIONS[name](seen) for name in part.of), *(subs[code] for code in part.sub)]
    return told[0] if len(told) == 1 else together(told, Text(part.title.en, part.title.zh))


def fitted(trials: Sequence[Trial]) -> dict[str, Any]:
    """What defects have cost in past trials, by indicator, and the weights inside each dimension that follow."""
    code = {r.treatment: r.indicator for r in points().repairs}
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        if trial.treatment in code:
            groups.setdefault(code[trial.treatment], []).append(trial)
    costs = {name: cost(found) for name, found in groups.items()}
    told: dict[str, float] = {}
    dimensions: dict[str, bool] = {}
    for dimension in tc609().dimensions:
        codes = [i.code for i in tc609().indicators if i.dimension == dimension.id]
        told |= weights(codes, costs)
        dimensions[dimension.id] = sum(c in costs for c in codes) > 1
    lines = [
        {
            "code": name,
            "cost": plain(costs[name]),
            "trials": len(found),
            "treatments": sorted({t.treatment for t in found}),
            "runs": sorted({t.run for t in found}),
        }
        for name, found in sorted(groups.items())
    ]
    return {"weights": told, "fitted": dimensions, "costs": lines, "said": plain(_said(lines, dimensions))}


def _said(lines: Sequence[Mapping[str, Any]], dimensions: Mapping[str, bool]) -> Text:
    if any(dimensions.values()):
        return Text(
            "Weights follow what each defect has cost models in the trials here, half of each kept equal. Ours.",
            "权重依据本工作区试验中各类缺陷使模型损失的程度，各保留一半均等。为本系统自定。",
        )
    if lines:
        return Text(
            "Weights are not fitted: trials speak of fewer than two indicators of a dimension. Equal weights, ours.",
            "权重未拟合：试验涉及同一维度的指标不足两个。采用等权，为本系统自定。",
        )
    return Text(
        "Weights are not fitted: no trial of this workspace has measured what a defect costs. Equal weights, ours.",
        "权重未拟合：本工作区尚无试验测得缺陷代价。采用等权，为本系统自定。",
    )


def gates(told: Mapping[str, Measure], weight: Mapping[str, float]) -> list[dict[str, Any]]:
    """Each dimension against its gate."""
    found = []
    for dimension in tc609().dimensions:
        mine = {i.code: told[i.code] for i in tc609().indicators if i.dimension == dimension.id}
        held = gate(dimension.id, mine, {c: weight[c] for c in mine}, dimension.gate)
        found.append({"title": _both(dimension.title), **plain(held)})
    return found


def fits(
    seen: Seen, contract: Contract, papers: Sequence[Claim], dues: Mapping[str, date], today: date
) -> list[dict[str, Any]]:
    """For each model: fit, not fit, open or not tested, under which condition, and until when that stands."""
    ends = _ends(seen, papers, dues)
    until, why = min(ends, default=("", Text("no last day is known", "尚无已知截止日期")), key=lambda e: e[0])
    drifting = _drifting(seen)
    lines = []
    for fit in seen.fits:
        state = "not_tested" if fit.wanted is None else meets(fit.score, fit.wanted, fit.better)
        if fit.fallen is not None:
            state = "fallen"
        elif until and until < today.isoformat() and state == "fit":
            state = "expired"
        lines.append(
            {
                **{k: getattr(fit, k) for k in ("run", "task", "model", "metric", "better", "wanted", "by")},
                "score": plain(fit.score),
                "state": state,
                "until": until,
                "why": plain(fit.fallen or why),
                "drift": list(drifting),
                "todo": "" if fit.wanted is not None else _ask(seen, fit.metric, fit.better),
            }
        )
    return lines or [_untested(seen, contract)]


def _ask(seen: Seen, metric: str, better: str) -> str:
    return f'diapason score {seen.name} --target "{metric}{"<=" if better == "lower" else ">="}VALUE"'


def _untested(seen: Seen, contract: Contract) -> dict[str, Any]:
    task = likely_task(contract).value
    blank: dict[str, Any] = dict.fromkeys(("run", "model", "metric", "better", "by", "until"), "")
    blank |= {"wanted": None, "score": None, "drift": []}
    why = Text("no model was judged on this version", "没有在该版本上评判过的模型")
    todo = f"diapason learn {seen.name} --task {task}"
    return {**blank, "task": task, "state": "not_tested", "why": plain(why), "todo": todo}


def _ends(seen: Seen, papers: Sequence[Claim], dues: Mapping[str, date]) -> list[tuple[str, Text]]:
    """Days after which a statement of fitness stands no more, with the reason."""
    found = [(c.until[:10], Text(f"{c.verb} runs out", f"{c.verb} 到期")) for c in papers if c.until]
    found += [(day.isoformat(), Text(f"calibration of {tag} is due", f"{tag} 校准到期")) for tag, day in dues.items()]
    if seen.calendar and seen.window_days is not None and seen.span[1]:
        last = date.fromisoformat(seen.span[1][:10]) + timedelta(days=seen.window_days)
        found.append((last.isoformat(), Text("its newest rows are then too old", "届时最新的行已超出时限")))
    return found


def _drifting(seen: Seen) -> tuple[str, ...]:
    """Columns that drift within the version, or have drifted from the reference."""
    kinds = {"drift", "level_shift"}
    faults = seen.assessed.faults if seen.assessed else ()
    within = [c for f in faults if f.kind in kinds for c in f.columns]
    return tuple(dict.fromkeys([*within, *(seen.compared.drifted if seen.compared else ())]))


def budgets(seen: Seen, declared: Mapping[str, Sensor]) -> list[dict[str, Any]]:
    """The uncertainty budget of each tag of which anything is known."""
    found = []
    for column in seen.numbers:
        sensor = declared.get(column.name, Sensor(column.name))
        made = budget(sensor, seen=column.resolution)
        if made.parts:
            by = "declared" if sensor.resolution is not None else "data" if column.resolution is not None else ""
            step = column.resolution if sensor.resolution is None else sensor.resolution
            found.append({**plain(made), "unit": column.unit, "resolution": step, "resolution_by": by})
    return found


def _both(text: Any) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}
