"""Questions about models and agents, answered from the ledger."""

from collections.abc import Callable, Mapping
from typing import Any

from diapason.engines.grounding import Computed, Plan, Source
from diapason.ports.workspace import Workspace
from diapason.services import agent, attest, publish
from diapason.services.ask.computing import Answer
from diapason.services.publish.registry import Model
from diapason.vocabulary.acting import Right
from diapason.vocabulary.language import Text

__all__ = ["registered"]


def registered(ws: Workspace, plan: Plan) -> Answer:
    """Carry out a plan about a model or an agent."""
    if plan.tool.startswith("model_"):
        found = publish.find(ws, plan.name)
        return _MODEL[plan.tool](ws, found)
    if plan.tool in ("agents_of", "agents_moving"):
        return _agents(ws, plan)
    return _AGENT[plan.tool](agent.show(ws, plan.name))


def _score(ws: Workspace, found: Model) -> Answer:
    run = attest.finished(ws, str(found.facts["run"]))
    honest = run["result"].get("honest") or {}
    score, metric = honest.get("score") or {}, honest.get("metric") or {}
    if not score:
        return Answer(nothing=Text("no score of it was signed", "没有签名的得分"))
    source = Source("model", str(found.ref), found.digest, int(score.get("n") or 0))
    unit = str(score.get("unit") or "1")
    parts = [(str(metric.get("name", "score")), score["value"]), ("low", score["low"]), ("high", score["high"])]
    return Answer(tuple(Computed(n, float(v), unit, source) for n, v in parts if v is not None))


def _agents(ws: Workspace, plan: Plan) -> Answer:
    names = []
    for one in agent.all(ws):
        moves = {p.tag for p in one.permissions if p.right is not Right.READ}
        watches = {one.asset, *(p.asset for p in one.permissions)}
        if plan.tag in moves if plan.tool == "agents_moving" else plan.name in ("", *watches):
            names.append(one.name)
    return Answer((_count(ws, len(names)),), tuple(names[:50]))


def _count(ws: Workspace, n: int) -> Computed:
    seq, head = ws.ledger.head()
    return Computed("agents", float(n), "1", Source("ledger", f"entry:{seq}", head, n))


def _said(*words: object) -> Answer:
    told = tuple(str(w) for w in words if str(w))
    return Answer(words=told) if told else Answer(nothing=Text("that was never said", "没有说明"))


def _rights(a: Mapping[str, Any]) -> Answer:
    return _said(*(f"{p['right']} {p['tag']} ≤{p['most']}" for p in a["record"]["permission_list"]))


_MODEL: Mapping[str, Callable[[Workspace, Model], Answer]] = {
    "model_score": _score,
    "model_task": lambda _, m: _said(m.facts["task"]),
    "model_data": lambda _, m: _said(m.facts["dataset"]),
    "model_standing": lambda ws, m: _said(publish.standing(ws, m).state),
}
_AGENT: Mapping[str, Callable[[Mapping[str, Any]], Answer]] = {
    "agent_owner": lambda a: _said(a["owner"]),
    "agent_until": lambda a: _said(a["expires"]),
    "agent_rights": _rights,
    "agent_grade": lambda a: _said(a["grade"] or "not qualified"),
    "agent_model": lambda a: _said(a["model"] or "rules alone"),
}
