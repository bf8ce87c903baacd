"""What waits for a person: to be signed, with the exact thing and its digest; to be done; and what soon runs out."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from diapason.ports.workspace import Workspace
from diapason.services import approve, attest, exchange, gateway, incident, order
from diapason.services.publish import approval, registry
from diapason.services.standing.drawing import fall_now
from diapason.services.workspace import people
from diapason.services.workspace.forgetting import models
from diapason.vocabulary.acting import Proposal
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef

__all__ = ["inbox"]

SOON = 30
"""Days in which what a person has signed and what ends is told ahead."""


def inbox(ws: Workspace) -> dict[str, Any]:
    """Everything that waits for who acts.

    Returns:
        sign (what, said, digest, thing, who asks, the command), do (orders, incidents, releases, deletions), soon
        (what this person has signed and what ends), asked (what this person waits for), over (what agents proposed or
        advised within a day, and nobody answered in time). A line to sign or to do may have `otherwise`: the command
        that says no.
    """
    roles = people(ws).get(ws.person, {}).get("roles", ())
    sign = [*_actions(ws, roles), *(() if "approver" not in roles else (*_changes(ws), *_models(ws)))]
    return {
        "person": ws.person,
        "roles": list(roles),
        "sign": sign,
        "do": [*_advice(ws, roles), *_orders(ws), *_incidents(ws), *_releases(ws, roles), *_deletions(ws)],
        "soon": list(_soon(ws)),
        "over": list(_over(ws, roles)),
        "asked": [c.told for c in approve.changes(ws) if c.person == ws.person and c.state in ("open", "refused")],
    }


def _actions(ws: Workspace, roles: Any) -> Iterator[dict[str, Any]]:
    """What agents propose and who acts may approve; the words say what will happen."""
    for a in gateway.waiting(ws) if set(roles) & set(gateway.MAY) else ():
        if a.state != "waiting" or not gateway.apart(ws, a, ws.person):
            continue
        p, at = a.proposal, datetime.fromtimestamp(a.proposal.made / 1e6, UTC).isoformat(timespec="seconds")
        said = Text(f"{a.said.en}; why: {p.why.en or '-'}", f"{a.said.zh}；理由：{p.why.zh or '-'}")
        call = f"diapason approve action:{a.key} --seen {a.digest[:12]} --as {ws.person}"
        thing = {**a.told["proposal"], "checks": a.verdict.get("checks", [])}
        yield _line(f"action:{a.key}", said, a.digest, thing, p.agent, at, call) | {"otherwise": _no(ws, a.key)}


def _advice(ws: Workspace, roles: Any) -> Iterator[dict[str, Any]]:
    """What agents that only advise would have a person set by hand, with what they expect of it."""
    for a in gateway.waiting(ws) if set(roles) & set(gateway.MAY) else ():
        if a.state == "recommended":
            p, expected = a.proposal, _expected(a.proposal)
            said = Text(
                f"{p.agent} advises: {a.said.en}, by hand; why: {p.why.en or '-'}{expected.en}",
                f"{p.agent} 建议手动操作：{a.said.zh}；理由：{p.why.zh or '-'}{expected.zh}",
            )
            call = f"diapason approve action:{a.key} --by-hand --as {ws.person}"
            yield _todo(f"action:{a.key}", said, call) | {"otherwise": _no(ws, a.key)}


def _expected(p: Proposal) -> Text:
    e = p.effect
    if e is None:
        return Text("", "")
    span = f"{e.tag} {e.low:g} … {e.high:g} {e.unit}"
    return Text(f"; expected after {e.after:g} s: {span}", f"；预期 {e.after:g} 秒后 {span}")


def _no(ws: Workspace, key: str) -> str:
    return f'diapason refuse action:{key} --because "…" --as {ws.person}'


def _over(ws: Workspace, roles: Any) -> Iterator[dict[str, Any]]:
    """What waited for somebody until its time was over."""
    for a in gateway.lapsed(ws) if set(roles) & set(gateway.MAY) else ():
        words, ended = gateway.button(a.proposal), datetime.fromtimestamp(a.proposal.expires / 1e6, UTC)
        said = {"en": f"{words.en}: {a.said.en}", "zh": f"{words.zh}：{a.said.zh}"}
        at = ended.isoformat(timespec="seconds")
        yield {"what": f"action:{a.key}", "agent": a.proposal.agent, "said": said, "state": a.state, "at": at}


def _changes(ws: Workspace) -> Iterator[dict[str, Any]]:
    for change in approve.changes(ws):
        if change.state in ("open", "ended") and change.person != ws.person:
            call = f"diapason approve {change.id} --seen {change.digest[:12]} --as {ws.person}"
            yield _line(change.id, change.said, change.digest, change.thing, change.person, change.at, call)


def _models(ws: Workspace) -> Iterator[dict[str, Any]]:
    """The newest version of each model that another person has trained and nobody has approved."""
    newest = {VersionRef.parse(subject).name: subject for subject in models(ws.ledger)}
    for ref in newest.values():
        model = registry.find(ws, ref)
        held = approval.valid(ws, model)
        if model.facts["trainer"] == ws.person or not isinstance(held, Text):
            continue
        task, data = model.facts["task"], model.facts["dataset"]
        said = Text(
            f"model {ref} ({task}), learnt from {data}: {held.en}", f"模型 {ref}（{task}），训练自 {data}：{held.zh}"
        )
        thing = {key: model.facts[key] for key in ("task", "dataset", "recipe", "parts", "run")}
        call = f"diapason approve {ref} --as {ws.person}"
        yield _line(ref, said, model.digest, thing, str(model.facts["trainer"]), model.entry.at, call)


def _line(  # roomy: a line has that many sides
    what: str, said: Text, digest: str, thing: Mapping[str, Any], who: str, at: str, command: str
) -> dict[str, Any]:
    own = {"what": what, "said": {"en": said.en, "zh": said.zh}, "digest": digest, "thing": dict(thing)}
    return {**own, "person": who, "at": at, "command": command}


def _todo(what: str, said: Text, command: str, by: str = "", *, late: bool = False) -> dict[str, Any]:
    return {"what": what, "said": {"en": said.en, "zh": said.zh}, "command": command, "by": by, "late": late}


def _orders(ws: Workspace) -> Iterator[dict[str, Any]]:
    for one in order.orders(ws):
        if one["state"] == "open" and one["who"] == ws.person:
            name = VersionRef.parse(one["dataset"]).name
            said = Text(one["what"]["en"], one["what"]["zh"])
            call = f"diapason order {name} --close {one['order']}"
            yield _todo(one["order"], said, call, one["by"], late=one["late"])


def _incidents(ws: Workspace) -> Iterator[dict[str, Any]]:
    for one in incident.listed(ws):
        if one["state"] == "open":
            said = Text(f"incident open: {one['what']}", f"事件未关闭：{one['what']}")
            yield _todo(str(one["id"]), said, f"diapason incident show {one['id']}")


def _releases(ws: Workspace, roles: Any) -> Iterator[dict[str, Any]]:
    """Visiting trials that ran and were not released; whoever ran one can't release it."""
    done = {e.run for e in ws.ledger.entries(kind="release")}
    for facts in attest.results(ws, "visit"):
        ran = facts["result"].get("person") or facts["plan"]["settings"].get("person")
        if "approver" in roles and facts["run"] not in done and ran != ws.person:
            said = Text(f"look at what would leave of {facts['run']}", f"查看 {facts['run']} 拟放行的内容")
            yield _todo(str(facts["run"]), said, f"diapason visit release {facts['run']} --contract FILE")


def _deletions(ws: Workspace) -> Iterator[dict[str, Any]]:
    """Datasets that their terms want deleted."""
    for one in exchange.due(ws):
        said = Text(f"delete it: contract {one['contract']}", f"须删除：合同 {one['contract']}")
        call = f'diapason forget {one["dataset"]} --reason "contract {one["contract"]}"'
        yield _todo(one["dataset"], said, call, one["by"], late=one["late"])


def _soon(ws: Workspace) -> Iterator[dict[str, Any]]:
    """What this person has signed or vouched for, that ends within some days."""
    index, _ = fall_now(ws)
    today = ws.clock().date()
    last = (today + timedelta(days=SOON)).isoformat()
    for claim in index.named().values():
        mine = f"person:{ws.person}" in claim.on and claim.kind in ("approval", "paper", "declaration")
        if mine and claim.until and today.isoformat() <= claim.until[:10] <= last:
            yield {"what": claim.id, "kind": claim.kind, "about": claim.about, "until": claim.until[:10]}
