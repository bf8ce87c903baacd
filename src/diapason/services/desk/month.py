"""The figures of one month: gains that were proven and stand, costs that were written down, and what is left."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import hypot
from typing import Any

from diapason.errors import DataError
from diapason.ports.workspace import Workspace
from diapason.services import attest, order
from diapason.services.effect.costs import entries
from diapason.services.effect.money import changed
from diapason.services.standing import fallen
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef

__all__ = ["Month", "Prices", "costs", "gains", "month_of", "net"]

YEAR = 365.0
SHARE = {"once": 1.0, "month": 1.0, "year": 1 / 12}
"""What of an entry falls into a month, by how often it comes."""


@dataclass(frozen=True, slots=True)
class Month:
    """A month, or what has passed of it."""

    name: str  # "2026-11"
    first: date
    end: date  # the day after the last that counts
    whole: bool

    def has(self, at: str) -> bool:
        """Whether a moment lies in it, by its UTC day."""
        return self.first <= _day(at) < self.end

    @property
    def days(self) -> int:
        """Days that count."""
        return (self.end - self.first).days


@dataclass(frozen=True, slots=True)
class Prices:
    """What makes money of what is counted: never assumed, always said."""

    currency: str = ""  # into which all is changed; "" = each currency for itself
    exchange: Mapping[str, float] | None = None
    per_hour: float | None = None  # of computing, in `currency`

    def told(self, amount: float, own: str) -> tuple[float, str]:
        """An amount in the currency of the statement."""
        if not self.currency:
            return amount, own
        return changed(amount, own, self.currency, self.exchange or {}), self.currency


def month_of(ws: Workspace, text: str) -> Month:
    """The month that is asked for; of the present one what has passed.

    Raises:
        DataError: it is no month, or has not begun.
    """
    today = ws.clock().astimezone(UTC).date()
    fix = Text("write a month such as 2026-11", "请写月份，如 2026-11")
    try:
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise DataError(Text(f"'{text}' is no month", f"“{text}”不是月份"), at="--month", fix=fix) from None
    if first > today:
        raise DataError(Text(f"{text} has not begun", f"{text} 尚未开始"), at="--month", fix=fix)
    after = (first + timedelta(days=31)).replace(day=1)
    return Month(first.strftime("%Y-%m"), first, min(after, today + timedelta(days=1)), after <= today)


def gains(ws: Workspace, month: Month, prices: Prices) -> list[dict[str, Any]]:
    """The newest effect of each change that was signed by the end of the month, and what of it falls into the month.

    One counts if it is shown, has a worth and stands; any other is there with the reason why it does not count.
    """
    gone, newest = fallen(ws), dict[tuple[str, ...], dict[str, Any]]()
    for facts in attest.results(ws, "effect"):
        r = facts["result"]
        if _day(facts["at"]) < month.end and (not r["since"] or date.fromisoformat(r["since"]) < month.end):
            key = (VersionRef.parse(r["dataset"]).name, r["metric"], r["since"], "|".join(map(str, r["groups"])))
            newest[key] = facts
    return [_gain(facts, month, prices, gone.get(ground("run", facts["run"]))) for facts in newest.values()]


def _gain(facts: Mapping[str, Any], month: Month, prices: Prices, fell: Text | None) -> dict[str, Any]:
    r = facts["result"]
    begun = date.fromisoformat(r["since"]) if r["since"] else _day(facts["at"])
    days = (month.end - max(month.first, begun)).days
    told: dict[str, Any] = {
        "run": facts["run"],
        "name": VersionRef.parse(r["dataset"]).name,
        "metric": r["metric"],
        "since": r["since"],
        "effect": r["effect"],
        "days": days,
        "new": month.has(facts["at"]),
        "share": None,
        "currency": "",
        "counts": False,
    }
    why = _not_counted(r, fell)
    if r["worth"]:
        yearly, own = r["worth"]["yearly"], str(r["worth"]["currency"])
        ends = {k: prices.told(float(yearly[k]) * days / YEAR, own)[0] for k in ("value", "low", "high")}
        currency = prices.told(0.0, own)[1]
        told |= {"share": {**ends, "n": yearly["n"], "unit": currency, "level": yearly["level"]}, "currency": currency}
    return told | {"counts": why is None, "why": None if why is None else {"en": why.en, "zh": why.zh}}


def _not_counted(result: Mapping[str, Any], fell: Text | None) -> Text | None:
    if fell is not None:
        return Text(f"fallen: {fell.en}", f"已失效：{fell.zh}")
    if not result["shown"]:
        return Text("not shown: it can't be told from what went on before", "未证实：与此前的变化无法区分")
    if not result["worth"]:
        return Text("nobody said what a unit is worth", "未说明单位价值")
    return None


def costs(ws: Workspace, month: Month, prices: Prices) -> list[dict[str, Any]]:
    """What the month cost: entries that stand, orders placed, and computing where an hour has a price."""
    told = [_cost(e, month, prices) for e in entries(ws) if _falls(e, month)]
    return [*told, *_ordered(ws, month, prices), *_computed(ws, month, prices)]


def _falls(entry: Any, month: Month) -> bool:
    """What is paid once falls into the month in which it was written down, what comes again into each from then on."""
    return month.has(entry.at) if entry.body["per"] == "once" else _day(entry.at) < month.end


def _cost(entry: Any, month: Month, prices: Prices) -> dict[str, Any]:
    body = entry.body
    factor = SHARE[body["per"]]
    if body["per"] != "once" and not month.whole:
        after = (month.first + timedelta(days=31)).replace(day=1)
        factor *= month.days / (after - month.first).days
    amount, currency = prices.told(float(body["amount"]) * factor, str(body["currency"]))
    half = prices.told(float(body["give_or_take"]) * factor, str(body["currency"]))[0]
    own = {"name": body["of"], "kind": body["kind"], "per": body["per"], "note": body["note"]}
    return {
        **own,
        "amount": amount,
        "half": half,
        "currency": currency,
        "on": ground("entry", entry.seq),
        "counts": True,
    }


def _ordered(ws: Workspace, month: Month, prices: Prices) -> Iterator[dict[str, Any]]:
    """Orders placed in the month; their cost has no currency of its own, so it counts only where one is named."""
    for one in order.orders(ws):
        if one["cost"] is not None and month.has(one["at"]):
            own = {"name": VersionRef.parse(one["dataset"]).name, "kind": "order", "per": "once", "note": one["order"]}
            amount = {"amount": float(one["cost"]), "half": 0.0, "currency": prices.currency}
            yield {**own, **amount, "on": ground("run", one["run"]), "counts": bool(prices.currency)}


def _computed(ws: Workspace, month: Month, prices: Prices) -> Iterator[dict[str, Any]]:
    seconds, runs = 0.0, 0
    for facts in attest.results(ws):
        spent = facts["result"].get("cost") if isinstance(facts["result"], Mapping) else None
        spent = spent.get("spent", spent) if isinstance(spent, Mapping) else None
        value = spent.get("seconds") if isinstance(spent, Mapping) else None
        if isinstance(value, int | float) and month.has(facts["at"]):
            seconds, runs = seconds + float(value), runs + 1
    if runs:
        priced = prices.per_hour is not None
        amount = seconds / 3600 * (prices.per_hour or 0.0)
        own = {"name": "", "kind": "computed", "per": "once", "note": "", "seconds": round(seconds, 1), "runs": runs}
        yield {**own, "amount": amount, "half": 0.0, "currency": prices.currency, "on": "", "counts": priced}


def net(won: Sequence[Mapping[str, Any]], spent: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Gains, costs and what is left, by currency, each with its interval.

    Half widths are added in squares: effects and costs are held to be wrong independently of one another.
    """
    found: dict[str, dict[str, Any]] = {}
    paid = list(spent)
    for currency in sorted({str(x["currency"]) for x in (*won, *paid) if x["counts"]}):
        up = [g["share"] for g in won if g["counts"] and g["currency"] == currency]
        down = [c for c in paid if c["counts"] and c["currency"] == currency]
        gained = sum(float(s["value"]) for s in up)
        below = hypot(*(float(s["value"]) - float(s["low"]) for s in up))
        above = hypot(*(float(s["high"]) - float(s["value"]) for s in up))
        cost, half = sum(float(c["amount"]) for c in down), hypot(*(float(c["half"]) for c in down))
        found[currency] = {
            "gains": _estimate(gained, below, above, len(up), currency),
            "costs": _estimate(cost, half, half, len(down), currency),
            "net": _estimate(gained - cost, hypot(below, half), hypot(above, half), len(up) + len(down), currency),
        }
    return found


def _estimate(value: float, below: float, above: float, n: int, unit: str) -> dict[str, Any]:
    return {"value": value, "low": value - below, "high": value + above, "n": n, "unit": unit, "level": 0.9}


def _day(at: str) -> date:
    return datetime.fromisoformat(at).astimezone(UTC).date()
