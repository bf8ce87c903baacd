"""When what was spent is back: the newest effect held against the costs that stand."""

from collections.abc import Iterable, Mapping
from typing import Any

from diapason.engines.economics.payback import Item, Per
from diapason.engines.economics.payback import payback as paid
from diapason.errors import NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.effect.costs import entries, metered, priced
from diapason.services.effect.money import changed, rates
from diapason.services.effect.wording import paid_back
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["payback"]


def payback(
    ws: Workspace,
    name: str,
    *,
    rate: float | None = None,
    years: float = 5.0,
    price_per_hour: float | None = None,
    exchange: Iterable[str] = (),
) -> dict[str, Any]:
    """Months until the costs of a dataset are paid by its newest effect.

    Args:
        rate: yearly, such as 0.08; with it the net present value over `years` is given.
        price_per_hour: of computing, in the currency of the value; without it what was computed is not counted.
        exchange: "EUR=7.8" for costs in another currency than the value.

    Returns:
        state, months with limits (null = never), what was paid once, what runs, what is left of a year, the sentence in
        both languages, what it stands on, and the run.

    Raises:
        NotFound: no effect was measured, or no cost was written down.
        Refused: the effect was not given a worth.
        DataError: costs in another currency without a rate.
    """
    name, told = VersionRef.parse(name).name, rates(exchange)
    found = _effect(ws, name)
    worth = found["result"]["worth"]
    own, listed = str(worth["currency"]), entries(ws, name)
    items, computed = [_item(e.body, own, told) for e in listed], None
    if price_per_hour is not None:
        computed = priced(sum(m["seconds"] for m in metered(ws, name)), price_per_hour, own, ())
        items.append(Item(computed["amount"]))
    if not items:
        raise _no_costs(name)
    made = paid(items, _estimate(worth["yearly"]), rate=rate, years=years)
    on = [ground("run", found["run"]), *(ground("entry", e.seq) for e in listed)]
    settings = {"rate": rate, "years": years, "exchange": told, "price_per_hour": price_per_hour, "on": on}
    attested = attest.begin(ws, _plan(found, settings))
    said = paid_back(made, own, shown=bool(found["result"]["shown"]))
    result = {
        **plain(made),
        "name": name,
        "currency": own,
        "yearly": worth["yearly"],
        "effect": found["run"],
        **{key: found["result"][key] for key in ("shown", "doubts", "dataset", "metric", "since", "by")},
        "costs": len(listed),
        "computed": computed,
        "exchange": told,
        "verdict": {"en": said.en, "zh": said.zh},
        "on": on,
    }
    attested.finish(result)
    return {"run": attested.id, **result}


def _item(body: Mapping[str, Any], own: str, told: Mapping[str, float]) -> Item:
    amount, half = (changed(body[k], body["currency"], own, told) for k in ("amount", "give_or_take"))
    return Item(amount, Per(body["per"]), half)


def _effect(ws: Workspace, name: str) -> dict[str, Any]:
    """The newest effect of a dataset that was given a worth."""
    found = newest = None
    for facts in attest.results(ws, "effect", name):
        newest, found = facts, facts if facts["result"]["worth"] else found
    if found is not None:
        return found
    if newest is None:
        raise NotFound(
            Text(f"no effect of {name} was measured", f"尚未测量 {name} 的效果"),
            at=name,
            fix=f'diapason effect {name} --metric COLUMN --since DATE --better lower --worth "0.42 CNY/kWh"',
        )
    metric = newest["result"]["metric"]
    raise Refused(
        Text(
            f"no effect of {name} has a worth: nobody said what a unit of {metric} is worth",
            f"{name} 的效果都没有价值：未说明每单位 {metric} 值多少",
        ),
        at=str(newest["run"]),
        fix=Text(
            'measure it again with --better and --worth "0.42 CNY/kWh"',
            '请加 --better 与 --worth "0.42 CNY/kWh" 重新测量',
        ),
    )


def _no_costs(name: str) -> NotFound:
    return NotFound(
        Text(f"no cost of {name} was written down", f"没有登记 {name} 的任何费用"),
        at=name,
        fix=f"diapason cost add --of {name} --kind hours --amount 12000 --currency CNY",
    )


def _estimate(told: dict[str, Any]) -> Estimate:
    return Estimate(**{k: told[k] for k in ("value", "low", "high", "n", "unit", "level", "clusters")})


def _plan(found: dict[str, Any], settings: dict[str, Any]) -> Plan:
    digest = found["subjects"].get(f"dataset/{found['dataset']}", "")
    return Plan(
        verb="payback",
        dataset=str(found["dataset"]),
        dataset_digest=digest,
        hypothesis="the value of the years pays what was spent",
        metric="months",
        split="",
        candidates=(),
        seed=0,
        budget={},
        settings=settings,
    )
