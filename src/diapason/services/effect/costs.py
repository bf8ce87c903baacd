"""The cost ledger: what was paid, for what, by whom and when; and what was computed, beside it."""

from collections.abc import Iterable
from typing import Any

from diapason.engines.economics.payback import Per
from diapason.errors import Conflict, DataError, NotFound
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.effect.money import currency as checked_currency
from diapason.vocabulary.evidence import Entry
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["KINDS", "add_cost", "costs", "entries", "metered", "withdraw_cost"]

KINDS = {
    "compute": Text("compute", "算力"),
    "hours": Text("working hours", "工时"),
    "tokens": Text("tokens", "词元"),
    "licence": Text("licence", "许可"),
    "hardware": Text("hardware", "硬件"),
    "other": Text("other", "其他"),
}
"""What a cost may be for."""


def add_cost(  # roomy: one argument for each thing that is written down
    ws: Workspace,
    name: str,
    *,
    kind: str,
    amount: float,
    currency: str,
    per: str = "once",
    hours: float | None = None,
    give_or_take: float = 0.0,
    note: str = "",
) -> dict[str, Any]:
    """Write down a cost of a dataset and what was made of it.

    Args:
        kind: one of `KINDS`.
        amount: in the currency, for the whole of it: hours are not multiplied.
        per: "once", "month" or "year".
        hours: how many hours of work it stands for.
        give_or_take: by how much the amount may be wrong, either way, at 90 %.

    Raises:
        NotFound: there is no such dataset.
        DataError: no such kind, or an amount below zero.
    """
    name = _dataset(ws, name)
    for flag, said, known in (("--kind", kind, tuple(KINDS)), ("--per", per, tuple(p.value for p in Per))):
        if said not in known:
            raise DataError(
                Text(f"{flag} cannot be '{said}'", f"{flag} 不能是“{said}”"),
                at=flag,
                fix=Text("choose one of: " + ", ".join(known), "可选：" + "、".join(known)),
            )
    for flag, value in (("--amount", amount), ("--hours", hours or 0.0), ("--give-or-take", give_or_take)):
        if not 0 <= value < float("inf"):
            raise DataError(
                Text(f"{flag} cannot be {value:g}", f"{flag} 不能是 {value:g}"),
                at=flag,
                fix=Text(
                    "give a number not below 0; take a wrong entry back: diapason cost withdraw ENTRY --because WHY",
                    "请给出不小于 0 的数；撤回错误条目：diapason cost withdraw 条目号 --because 理由",
                ),
            )
    body = {
        "of": name,
        "kind": kind,
        "amount": float(amount),
        "currency": checked_currency(currency),
        "per": per,
        "hours": hours,
        "give_or_take": float(give_or_take),
        "note": note,
        "person": ws.person,
    }
    entry = ws.ledger.append("cost", subject=name, body=plain(body))
    return {"entry": entry.seq, "at": entry.at, **body}


def withdraw_cost(ws: Workspace, entry: int, *, because: str) -> dict[str, Any]:
    """Take an entry back; both stay in the ledger.

    Raises:
        NotFound: no cost has that number.
        Conflict: it was withdrawn before.
        DataError: no reason.
    """
    if not because.strip():
        raise DataError(
            Text("a withdrawal needs a reason", "撤回须说明理由"),
            at="--because",
            fix=Text('say why: --because "counted twice"', '请说明：--because "重复计入"'),
        )
    found = next((e for e in ws.ledger.entries(kind="cost", after=entry - 1) if e.seq == entry), None)
    if found is None:
        raise NotFound(
            Text(f"entry {entry} is no cost", f"条目 {entry} 不是费用"),
            at=str(entry),
            fix=Text("see: diapason cost show", "请查看：diapason cost show"),
        )
    if entry in _withdrawn(ws):
        raise Conflict(
            Text(f"entry {entry} was withdrawn before", f"条目 {entry} 已撤回"),
            at=str(entry),
            fix=Text("see: diapason cost show", "请查看：diapason cost show"),
        )
    body = {"entry": entry, "because": because, "person": ws.person}
    made = ws.ledger.append("withdrawal", subject=found.subject, body=body)
    return {
        **body,
        "of": found.subject,
        "at": made.at,
        "amount": found.body["amount"],
        "currency": found.body["currency"],
    }


def costs(ws: Workspace, name: str = "", *, price_per_hour: float | None = None, currency: str = "") -> dict[str, Any]:
    """Costs that stand, their sums by currency and rhythm, and the seconds that finished runs computed.

    Args:
        name: dataset; "" = all.
        price_per_hour: of computing; only with it the seconds become money, in a line of their own.
        currency: of that price; default that of the entries, if there is one only.

    Raises:
        NotFound: there is no such dataset.
        DataError: a price without a currency, or below zero.
    """
    name = _dataset(ws, name) if name else ""
    listed = [_line(e) for e in entries(ws, name)]
    seconds = metered(ws, name)
    sums: dict[str, dict[str, float]] = {}
    for line in listed:
        by = sums.setdefault(line["currency"], {p.value: 0.0 for p in Per})
        by[line["per"]] += line["amount"]
    total = sum(m["seconds"] for m in seconds)
    made = {"of": name, "costs": listed, "sums": sums, "metered": seconds, "seconds": round(total, 1), "priced": None}
    if price_per_hour is not None:
        made["priced"] = priced(total, price_per_hour, currency, sums)
    return made


def priced(seconds: float, price: float, currency: str, known: Iterable[str]) -> dict[str, Any]:
    """Seconds of computing as money."""
    if not 0 <= price < float("inf"):
        raise DataError(Text(f"an hour cannot cost {price:g}", f"每小时价格不能是 {price:g}"), at="--price-per-hour")
    seen = sorted(set(known))
    if not currency and len(seen) != 1:
        raise DataError(
            Text("the price of an hour has no currency", "每小时价格未注明币种"),
            at="--price-per-hour",
            fix=Text("add --currency CNY", "请加 --currency CNY"),
        )
    own = checked_currency(currency) if currency else seen[0]
    return {"amount": seconds / 3600 * price, "currency": own, "price_per_hour": price}


def entries(ws: Workspace, name: str = "") -> list[Entry]:
    """Cost entries that stand, oldest first."""
    gone = _withdrawn(ws)
    found = ws.ledger.entries(kind="cost", subject=name or None)
    return [e for e in found if e.seq not in gone]


def metered(ws: Workspace, name: str = "") -> list[dict[str, Any]]:
    """Seconds and trainings that finished runs say they took, by verb."""
    told: dict[str, dict[str, Any]] = {}
    for facts in attest.results(ws, subject=name):
        cost = facts["result"].get("cost")
        if not isinstance(cost, dict):
            continue
        spent = cost.get("spent", cost)
        if not isinstance(spent, dict) or not isinstance(spent.get("seconds"), int | float):
            continue
        line = told.setdefault(facts["verb"], {"verb": facts["verb"], "runs": 0, "trainings": 0, "seconds": 0.0})
        line["runs"] += 1
        line["trainings"] += int(spent.get("trainings") or 0)
        line["seconds"] = round(line["seconds"] + float(spent["seconds"]), 1)
    return list(told.values())


def _line(entry: Entry) -> dict[str, Any]:
    return {"entry": entry.seq, "at": entry.at, **entry.body}


def _withdrawn(ws: Workspace) -> set[int]:
    return {int(e.body["entry"]) for e in ws.ledger.entries(kind="withdrawal")}


def _dataset(ws: Workspace, name: str) -> str:
    ref = VersionRef.parse(name)
    if not ws.lake.versions(ref.name):
        raise NotFound(
            Text(f"there is no dataset '{ref.name}'", f"没有数据集“{ref.name}”"),
            at=str(ws.folder),
            fix=Text("choose one of: ", "可选：") + (", ".join(ws.lake.datasets()) or "–"),
        )
    return ref.name
