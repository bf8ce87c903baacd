"""The monthly statement: what data brought and cost, signed as a run, written as a page in one language."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from diapason.engines.evidence.canonical import digest
from diapason.errors import DataError, NotFound
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.desk.catalogue import entries
from diapason.services.desk.month import Month, Prices, costs, gains, month_of, net
from diapason.services.desk.ordering import over_time
from diapason.services.desk.sections import hero, sections, told
from diapason.services.effect.money import currency as checked_currency
from diapason.services.effect.money import rates
from diapason.services.page import write
from diapason.services.page.content import Content
from diapason.services.standing import overview
from diapason.services.standing.drawing import fall_now
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Language, Text
from diapason.vocabulary.wire import plain

__all__ = ["about", "statement"]


def about(month: str) -> str:
    """What a ledger entry about a statement is about; no dataset can have this name."""
    return f"statement:{month}"


def statement(  # roomy: each price is stated by itself
    ws: Workspace,
    month: str,
    *,
    to: Path | None = None,
    language: Language = "en",
    currency: str = "",
    exchange: Iterable[str] = (),
    price_per_hour: float | None = None,
) -> dict[str, Any]:
    """Count a month, sign what was counted, and write the page.

    Where nothing has changed since the last statement of this month, that one is named again.

    Args:
        month: "2026-11"; of the present month what has passed.
        to: HTML or, by its name, PDF/A; default `statement-2026-11.html` in the workspace.
        currency: of the statement; orders and computing become money only in it.
        exchange: "EUR=7.8", one in that currency.
        price_per_hour: of computing.

    Returns:
        net by currency, gains, costs, adoptions, orders, use, calibration, fallen, verdict, file and run.

    Raises:
        DataError: no such month, or a price without its currency.
    """
    asked = month_of(ws, month)
    prices = _prices(currency, exchange, price_per_hour)
    found = _figures(ws, asked, prices)
    said = told(found, asked)
    found["verdict"] = {"en": said.en, "zh": said.zh}
    run = _signed(ws, asked, prices, found)
    file = to or ws.folder / f"statement-{asked.name}{'' if language == 'en' else '.' + language}.html"
    content = _content(ws, asked, found, run, language)
    return {**found, "run": run, "file": str(write(content, file, language, ws.clock())), "language": language}


def _prices(currency: str, exchange: Iterable[str], per_hour: float | None) -> Prices:
    own = checked_currency(currency) if currency else ""
    stated = rates(exchange)
    if not own and (stated or per_hour is not None):
        flag = "--exchange" if stated else "--price-per-hour"
        raise DataError(
            Text(f"{flag} needs the currency of the statement", f"{flag} 需要说明报表币种"),
            at=flag,
            fix=Text("add --currency CNY", "请加 --currency CNY"),
        )
    if per_hour is not None and not 0 <= per_hour < float("inf"):
        raise DataError(
            Text(f"an hour cannot cost {per_hour:g}", f"每小时价格不能是 {per_hour:g}"),
            at="--price-per-hour",
            fix=Text("give a number not below 0", "请给出不小于 0 的数"),
        )
    return Prices(own, stated, per_hour)


def _figures(ws: Workspace, month: Month, prices: Prices) -> dict[str, Any]:
    won, spent = gains(ws, month, prices), costs(ws, month, prices)
    begin = datetime.combine(month.first, time.min, UTC)
    end = datetime.combine(month.end, time.min, UTC)
    use = [{"name": e["name"], **e["use"]} for e in entries(ws, since=begin, until=end)]
    adopted = _adopted(ws, month)
    kept = over_time(ws)
    found = {
        "month": month.name,
        "whole": month.whole,
        "until": month.end.isoformat(),
        "net": net(won, spent),
        "gains": won,
        "costs": spent,
        "adoptions": adopted,
        "orders": _delivered(ws, month),
        "use": use,
        "calibration": [k for k in kept if k["at"][:10] < month.end.isoformat()],
        "fallen": _fell(ws, month),
    }
    return {**dict(plain(found)), "on": _on(won, spent, adopted)}


def _on(*parts: Iterable[Mapping[str, Any]]) -> list[str]:
    """The grounds of the money and the adoptions: when one of them falls, so does the statement."""
    runs = [ground("run", x["run"]) for part in parts for x in part if x.get("run") and x.get("counts", True)]
    entries_of = [str(x["on"]) for part in parts for x in part if str(x.get("on", "")).startswith("entry:")]
    return list(dict.fromkeys([*runs, *entries_of]))


def _adopted(ws: Workspace, month: Month) -> list[dict[str, Any]]:
    undone = {r["result"].get("adoption") for r in attest.results(ws, "undo")}
    found = []
    for facts in attest.results(ws, "adopt"):
        if month.has(facts["at"]):
            r, gain = facts["result"], _trial(ws, facts["result"])
            own = {"run": facts["run"], "dataset": r["dataset"], "candidate": r["candidate"], "person": r["person"]}
            found.append({**own, "gain": gain, "trial": r["resonate"], "undone": facts["run"] in undone})
    return found


def _trial(ws: Workspace, result: Mapping[str, Any]) -> Any:
    """The gain over the robust learner with which it was proved; None for what people answered."""
    try:
        rows = attest.finished(ws, str(result["resonate"]))["result"]["rows"]
    except NotFound:
        return None
    return next((r["over_robust"] for r in rows if r["candidate"]["id"] == result["candidate"]), None)


def _delivered(ws: Workspace, month: Month) -> list[dict[str, Any]]:
    keys = ("order", "metric", "promised", "realised", "held")
    return [
        {"run": f["run"], "dataset": f["dataset"], **{k: f["result"].get(k) for k in keys}}
        for f in attest.results(ws, "order")
        if month.has(f["at"])
    ]


def _fell(ws: Workspace, month: Month) -> list[dict[str, Any]]:
    """What has fallen because of something that was recalled or ran out in the month."""
    index, _ = fall_now(ws)
    recalled, known = index.recalled(), index.named()
    found = []
    for one in overview(ws)["fallen"]:
        root = one["because"][-1] if one["because"] else one["id"]
        day = recalled[root].at[:10] if root in recalled else known[root].until[:10] if root in known else ""
        if day and month.first.isoformat() <= day < month.end.isoformat():
            found.append({**one, "day": day, "root": root})
    return found


def _signed(ws: Workspace, month: Month, prices: Prices, found: Mapping[str, Any]) -> str:
    """The run that signs this; the newest one where it says the same."""
    settings = {"prices": plain(prices), "figures": digest(found), "person": ws.person}
    last = attest.result(ws, "statement", about(month.name))
    if last is not None and last["plan"]["settings"] == settings:
        return str(last["run"])
    plan = Plan("statement", about(month.name), "", "", "net", "", (), 0, {}, 0.0, settings)
    begun = attest.begin(ws, plan)
    begun.finish(found)
    return begun.id


def _content(ws: Workspace, month: Month, found: Mapping[str, Any], run: str, language: Language) -> Content:
    made = sections(found, run, language)
    until = "" if month.whole else Text(" so far", "（截至当日）")(language)
    title = Text(f"Data profit and loss, {month.name}", f"数据损益表 {month.name}")
    lead = Text(
        "Gains are effects measured against a baseline, with what each is worth in these days; costs are what was "
        "written down. A gain that is not shown, or has fallen, counts for nothing here.",
        "收益为相对基线测得的效果及其在本期的价值；成本为已登记的费用。未证实或已失效的效果不计入。",
    )
    linked = dict.fromkeys([run, *(c.run for s in made for row in s.rows for c in row if c.run)])
    return Content(
        title=f"{title(language)} · {ws.name}",
        facts=(ws.name, title(language) + until, ws.clock().isoformat(timespec="minutes")),
        verdict=Text(**found["verdict"])(language),
        lead=lead(language),
        hero=hero(found, language),
        sections=made,
        runs=tuple(_shown(attest.finished(ws, one)) for one in linked),
    )


def _shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    text = json.dumps({"plan": facts["plan"], "result": facts["result"]}, ensure_ascii=False, indent=1)
    return {**{key: facts[key] for key in ("run", "at", "dataset", "verb")}, "text": text}
