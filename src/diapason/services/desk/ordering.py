"""The order book: what was promised and what came, what it cost, when it pays back, and how promises have held."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from diapason.engines.economics.payback import Item
from diapason.engines.economics.payback import payback as paid
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services import order as orders
from diapason.services.desk.shares import part
from diapason.services.page.content import estimate
from diapason.services.standing import fallen
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["book", "over_time"]


def book(ws: Workspace, name: str = "") -> dict[str, Any]:
    """Every data work order, or those of one dataset, with totals that say what they rest on.

    Returns:
        orders (promised, delivered, held, cost, state), money (by dataset: what its closed orders cost and what its
        newest effect with a worth since then brings, with months until that is paid), totals, calibration and how it
        came about (over_time).

    Raises:
        NotFound: there is no such dataset.
    """
    base = ws.lake.version(VersionRef(VersionRef.parse(name).name)).ref.name if name else ""
    listed = [_line(o) for o in orders.orders(ws, base)]
    kept = orders.calibration(ws)
    return {
        "orders": listed,
        "money": list(_money(ws, listed)),
        "totals": _totals(listed),
        "calibration": {
            k: kept[k] for k in ("orders", "covered", "nominal", "bias", "factor", "corrected", "sentence")
        },
        "over_time": over_time(ws),
    }


def over_time(ws: Workspace) -> list[dict[str, Any]]:
    """How often promises had held after each order that was closed, with its interval."""
    held, told = 0, list[dict[str, Any]]()
    for facts in attest.results(ws, "order"):
        result = facts["result"]
        if not (result.get("promised") and result.get("realised")):
            continue
        held += bool(result["held"])
        own = {"order": result["order"], "at": facts["at"], "run": facts["run"], "held": bool(result["held"])}
        told.append({**own, "share": plain(part(held, len(told) + 1))})
    return told


def _line(o: Mapping[str, Any]) -> dict[str, Any]:
    closed = o.get("closed") or {}
    own = {k: o[k] for k in ("order", "dataset", "kind", "what", "metric", "who", "by", "cost", "state", "late", "at")}
    return {
        **own,
        "name": VersionRef.parse(str(o["dataset"])).name,
        "promised": o["gain"],
        "promised_by": o["run"],
        "promised_for_what_came": closed.get("promised"),
        "delivered": closed.get("realised"),
        "held": closed.get("held") if closed.get("promised") else None,
        "closing": o.get("closing", ""),
    }


def _totals(listed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Counts and sums, each beside the number of orders that it rests on; gains in unlike measures are not added."""
    costs = [float(o["cost"]) for o in listed if o["cost"] is not None]
    closed = [o for o in listed if o["state"] == "closed"]
    judged = [o for o in closed if o["held"] is not None]
    spent = [float(o["cost"]) for o in closed if o["cost"] is not None]
    return {
        "placed": len(listed),
        "open": len(listed) - len(closed),
        "late": sum(bool(o["late"]) for o in listed),
        "closed": len(closed),
        "cost": {"sum": sum(costs), "rests_on": len(costs), "of": len(listed)},
        "cost_closed": {"sum": sum(spent), "rests_on": len(spent), "of": len(closed)},
        "held": None if not judged else plain(part(sum(bool(o["held"]) for o in judged), len(judged))),
        "held_of": {"rests_on": len(judged), "of": len(closed)},
        "bettered": {"count": sum(o["delivered"]["low"] > 0 for o in closed if o["delivered"]), "of": len(closed)},
    }


def _money(ws: Workspace, listed: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """For each dataset with closed orders: its newest effect with a worth that began after the first was placed."""
    gone = fallen(ws)
    for name in dict.fromkeys(o["name"] for o in listed if o["state"] == "closed"):
        own = [o for o in listed if o["name"] == name and o["state"] == "closed"]
        begun = min(o["at"][:10] for o in own)
        found = None
        for facts in attest.results(ws, "effect", name):
            worth = facts["result"]["worth"] and (facts["result"]["since"] or "9999") >= begun
            if worth and ground("run", facts["run"]) not in gone:
                found = facts
        yield _paid(name, own, found)


def _paid(name: str, own: Sequence[Mapping[str, Any]], found: Mapping[str, Any] | None) -> dict[str, Any]:
    costs = [float(o["cost"]) for o in own if o["cost"] is not None]
    told: dict[str, Any] = {
        "name": name,
        "orders": [o["order"] for o in own],
        "cost": sum(costs),
        "cost_rests_on": len(costs),
        "effect": "",
        "yearly": None,
        "months": None,
        "shown": None,
    }
    if found is None:
        said = Text(
            f"no effect with a worth was measured since: diapason effect {name}",
            f"此后尚无带价值的效果：diapason effect {name}",
        )
        return told | {"said": {"en": said.en, "zh": said.zh}}
    yearly = estimate(found["result"]["worth"]["yearly"])
    assert yearly is not None  # noqa: S101  # a worth always has a year
    made = paid([Item(sum(costs))], yearly) if costs and sum(costs) > 0 else None
    since = found["result"]["since"]
    said = Text(
        f"what changed since {since} is held against all orders closed; whether they brought it no program can tell",
        f"{since} 以来的变化对应全部已关闭任务；是否由其带来，程序无法判断",
    )
    return told | {
        "effect": found["run"],
        "yearly": found["result"]["worth"]["yearly"],
        "shown": bool(found["result"]["shown"]),
        "months": None if made is None else plain(made)["months"],
        "said": {"en": said.en, "zh": said.zh},
    }
