"""Orders in the ledger: placed by one entry, closed by one signed result; nothing in between can be lost."""

from datetime import date
from typing import Any

from diapason.errors import Conflict, DataError, NotFound
from diapason.ports.workspace import Workspace
from diapason.services import approve, attest
from diapason.services.order.calibration import wider
from diapason.services.order.proposing import proposals
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["found", "listed", "orders", "place"]


def listed(ws: Workspace, name: str) -> dict[str, Any]:
    """Proposed, open and closed orders of a dataset.

    Raises:
        NotFound: no such dataset.
    """
    name = _dataset(ws, name)
    factor, placed = wider(ws), orders(ws, name)
    taken = {(o["run"], o["proposal"]) for o in placed}
    free = [p for p in proposals(ws, name, factor) if (p["run"], p["id"]) not in taken]
    return {
        "dataset": name,
        "factor": factor,
        "proposed": free,
        "open": [o for o in placed if o["state"] == "open"],
        "closed": [o for o in placed if o["state"] == "closed"],
    }


def place(
    ws: Workspace, name: str, proposal: str, *, cost: float | None = None, by: str = "", who: str = ""
) -> dict[str, Any]:
    """Place a proposed order.

    Args:
        proposal: id from the list of proposals.
        cost: in the plant's own currency.
        by: day until which it is to be done, ISO 8601.
        who: person who is to do it; default who acts.

    Raises:
        NotFound: nothing with that id is proposed.
        DataError: the day is none or is past, or the cost is negative.
        Conflict: it was placed before.
        Refused: it costs more than the workspace lets one person order, and no second person has signed it.
    """
    name = _dataset(ws, name)
    day = _day(ws, by)
    if cost is not None and not 0 <= cost < float("inf"):
        raise DataError(Text(f"a cost cannot be {cost:g}", f"费用不能是 {cost:g}"), at="--cost")
    factor = wider(ws)
    offered = {p["id"]: p for p in proposals(ws, name, factor)}
    if proposal not in offered:
        raise NotFound(
            Text(f"no order '{proposal}' is proposed for {name}", f"没有为 {name} 提议任务“{proposal}”"),
            at=name,
            fix=Text(
                "choose one of: " + (", ".join(offered) or f"(none; diapason feasible {name})"),
                "可选：" + ("、".join(offered) or f"（无；diapason feasible {name}）"),
            ),
        )
    chosen, before = offered[proposal], orders(ws, name)
    if same := [o for o in before if (o["run"], o["proposal"]) == (chosen["run"], proposal)]:
        raise Conflict(
            Text(f"{proposal} was placed before as {same[0]['order']}", f"{proposal} 已下达，编号 {same[0]['order']}"),
            at=same[0]["order"],
            fix=f"diapason order {name}",
        )
    body = {
        "order": f"{name}-{len(before) + 1}",
        "proposal": proposal,
        **{k: chosen.get(k) for k in ("kind", "what", "gain", "metric", "more", "rule", "rows", "run", "dataset")},
        "factor": factor,
        "cost": cost,
        "by": day,
        "who": who or ws.person,
        "placed_by": ws.person,
    }
    exact = {k: body[k] for k in ("proposal", "what", "run", "dataset", "cost", "by", "who")}
    body["on"] = list(approve.before_ordering(ws, name, exact, cost))
    ws.ledger.append("order", run=str(chosen["run"]), subject=str(chosen["dataset"]), body=plain(body))
    return {**body, "state": "open", "dataset": str(chosen["dataset"])}


def orders(ws: Workspace, name: str = "") -> list[dict[str, Any]]:
    """Orders placed, oldest first, with what became of them; two placed at one moment keep their own numbers."""
    ended = {facts["plan"]["settings"]["order"]: facts for facts in attest.results(ws, "order")}
    told = list[dict[str, Any]]()
    for entry in ws.ledger.entries(kind="order"):
        body = dict(entry.body)
        if name and VersionRef.parse(str(body["dataset"])).name != name:
            continue
        if any(o["order"] == body["order"] for o in told):
            body["order"] = f"{body['order']}b{entry.seq}"
        end = ended.get(body["order"])
        late = bool(body["by"]) and end is None and str(body["by"]) < ws.clock().date().isoformat()
        body |= {"at": entry.at, "state": "open" if end is None else "closed", "late": late}
        told.append(body | ({} if end is None else {"closed": end["result"], "closing": end["run"]}))
    return told


def found(ws: Workspace, name: str, order: str) -> dict[str, Any]:
    """One order of a dataset.

    Raises:
        NotFound: there is none with that number.
        Conflict: it was closed before.
    """
    placed = orders(ws, _dataset(ws, name))
    for o in placed:
        if o["order"] == order:
            if o["state"] == "closed":
                raise Conflict(
                    Text(f"{order} was closed before", f"{order} 已关闭"),
                    at=str(o["closing"]),
                    fix="diapason order",
                )
            return o
    numbers = ", ".join(o["order"] for o in placed if o["state"] == "open")
    raise NotFound(
        Text(f"no order '{order}' was placed for {name}", f"{name} 没有任务“{order}”"),
        at=name,
        fix=Text(f"choose one of: {numbers or '(none open)'}", f"可选：{numbers or '（无未完成任务）'}"),
    )


def _dataset(ws: Workspace, name: str) -> str:
    ref = VersionRef.parse(name)
    if not ws.lake.versions(ref.name):
        raise NotFound(
            Text(f"there is no dataset '{ref.name}'", f"没有数据集“{ref.name}”"),
            at=str(ws.folder),
            fix="diapason datasets",
        )
    return ref.name


def _day(ws: Workspace, by: str) -> str:
    if not by:
        return ""
    fix = Text("write a day to come, such as 2027-01-31", "请写将来的日期，如 2027-01-31")
    try:
        day = date.fromisoformat(by)
    except ValueError:
        raise DataError(Text(f"'{by}' is no day", f"“{by}”不是日期"), at="--by", fix=fix) from None
    if day < ws.clock().date():
        raise DataError(Text(f"{by} is past", f"{by} 已过"), at="--by", fix=fix)
    return day.isoformat()
