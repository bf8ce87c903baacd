"""An agent beside those who do the work now: what it would have said and wished, counted on recorded history."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.agents import Rule
from diapason.errors import DataError
from diapason.ports.workspace import Workspace
from diapason.services import agent, gateway
from diapason.services.operate.proposing import full_name, inside
from diapason.services.operate.replaying import History, history, judged, replayed, told
from diapason.services.operate.squads import Pace, Squad, gathered, local
from diapason.vocabulary.acting import Manifest, Right, Shadow
from diapason.vocabulary.language import Text

__all__ = ["shadow"]

Mask = NDArray[np.bool_]

MARGIN = 0.05
"""Share of events by which an agent may tell of fewer and still count as good."""


@dataclass(frozen=True, slots=True)
class _Wishes:
    made: int
    outside: int  # that lie outside of the envelope, though they were brought towards it


def shadow(
    ws: Workspace,
    name: str,
    dataset: str = "",
    *,
    against: str = "",
    by: str = "operators",
    margin: float = MARGIN,
    unpublished: bool = False,
) -> dict[str, Any]:
    """Count an agent against operators, or the rule that it replaces; kept as evidence for its next level.

    Args:
        dataset: recorded history with its truth; "" = only what the fleet recorded in shadow is counted.
        against: column of the dataset that says when they raised an alarm (1 or true).
        by: who they are: "operators", or the rule's name.
        margin: share of events by which it may tell of fewer.

    Returns:
        agent, recorded (wishes in shadow so far), dataset, decisions, violations, ours, theirs (as `replay` gives
        them), difference with low and high, margin, as_good, noted (tags for which the count is kept).

    Raises:
        NotFound: no such agent or dataset.
        DataError: the dataset says nothing of what was abnormal, or has no such column.
    """
    one = agent.find(ws, name)
    wishes = ws.ledger.entries(kind="wish", subject=f"agent:{one.name}")
    recorded = sum(e.body["state"] == "shadow" for e in wishes)
    facts: dict[str, Any] = {"agent": f"{one.name}@{one.version}", "recorded": recorded, "dataset": ""}
    if not dataset:
        return facts
    past = history(ws, one, dataset)
    squad = gathered(ws, [one], Pace(hold=0.0), unpublished=unpublished)[0]
    said, theirs = replayed(squad, past), _theirs(past, against)
    mine, their = _heard(past, said.alarm), _heard(past, theirs)
    value, low, high = paired(mine, their)
    begins = said.alarm & ~np.r_[False, said.alarm[:-1]]
    wished = _wishes(squad, one, past, begins)
    facts |= {
        "dataset": past.dataset,
        "decisions": wished.made,
        "violations": wished.outside,
        "ours": told(judged(past, said.alarm)),
        "theirs": told(judged(past, theirs)),
        "difference": {"value": value, "low": low, "high": high},
        "margin": margin,
        "as_good": low >= -margin,
        "noted": [],
    }
    return facts | {"noted": _noted(ws, one, past, facts, by)}


def paired(ours: Sequence[bool], theirs: Sequence[bool]) -> tuple[float, float, float]:
    """Difference of two shares over the same events, with its 95 % interval.

    >>> [round(x, 2) for x in paired([True] * 9 + [False], [True] * 5 + [False] * 5)]
    [0.33, 0.02, 0.65]

    Source: Agresti & Min, Statistics in Medicine 24 (2005): half an event is added to each cell.
    """
    a, b = np.asarray(ours, bool), np.asarray(theirs, bool)
    only_ours, only_theirs, n = float((a & ~b).sum()) + 0.5, float((b & ~a).sum()) + 0.5, len(a) + 2.0
    value = (only_ours - only_theirs) / n
    reach = 1.96 * np.sqrt(max((only_ours + only_theirs) / n - value**2, 0.0) / n)
    return value, float(max(value - reach, -1.0)), float(min(value + reach, 1.0))


def _theirs(past: History, against: str) -> Mask:
    """When the others raised an alarm."""
    if past.truth is None:
        raise DataError(
            Text(f"{past.dataset} does not say what was abnormal", f"{past.dataset} 未标注异常"),
            at=past.dataset,
            fix=Text("give its contract a target", "请在其契约中指定目标列"),
        )
    features = past.examples.features
    if against in past.extra:
        return np.asarray(np.nan_to_num(past.extra[against]) > 0)
    if against in features.columns and features[against].dtype.is_numeric():
        return np.asarray(features[against].fill_null(0).to_numpy() > 0)
    known = ", ".join([*past.extra, *features.columns][:12])
    raise DataError(
        Text(f"{past.dataset} has no column '{against}' of alarms", f"{past.dataset} 没有报警列“{against}”"),
        at="--against",
        fix=Text(f"choose one of: {known}", f"可选：{known}"),
    )


def _heard(past: History, alarm: Mask) -> list[bool]:
    return [not np.isnan(e.delay) for e in judged(past, alarm).events]


def _wishes(squad: Squad, one: Manifest, past: History, begins: Mask) -> _Wishes:
    """What the rules would have wished at each alarm; where none has a wish, each alarm is a decision."""
    rules: Sequence[Rule] = [r for r in squad.rules.get(0, ()) if r.then is not None]
    if not rules:
        return _Wishes(int(begins.sum()), 0)
    made = outside = 0
    for rule in rules:
        then = rule.then
        assert then is not None  # noqa: S101 - chosen above
        tag, name = full_name(one, then.tag), local(then.tag, one.asset)
        envelope = next((e for e in one.envelopes if e.tag == tag), None)
        old = past.extra.get(name, np.full(len(begins), np.nan))
        if name in past.examples.features.columns:
            old = past.examples.features[name].fill_null(np.nan).to_numpy()
        for present in old[begins]:
            wish = then.set if then.set is not None else float(present) + float(then.by or 0.0)
            new = wish if envelope is None else inside(envelope, float(present), wish)
            made += 1
            outside += not (envelope is not None and envelope.low <= new <= envelope.high)
    return _Wishes(made, outside)


def _noted(ws: Workspace, one: Manifest, past: History, facts: dict[str, Any], by: str) -> list[str]:
    """Keep the count for every tag that the agent may propose to move."""
    tags = [p.tag for p in one.permissions if p.right is not Right.READ]
    since, until = int(past.time.min() * 1e6), int(past.time.max() * 1e6)
    gap = facts["difference"]
    for tag in tags:
        gateway.note_shadow(
            ws,
            Shadow(
                agent=one.name,
                asset=one.asset,
                tag=tag,
                binding=gateway.binding(ws, one.name, one.asset),
                decisions=facts["decisions"],
                violations=facts["violations"],
                since=since,
                until=until,
                against=by,
                difference=gap["value"],
                low=gap["low"],
                high=gap["high"],
                margin=facts["margin"],
            ),
        )
    return tags
