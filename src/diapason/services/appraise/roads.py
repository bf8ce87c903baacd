"""The road from where we stand: steps in order under a budget, dated in working days."""

import math
from datetime import date, timedelta
from typing import Any

from diapason.engines.appraisal.appraise import appraise, side
from diapason.engines.appraisal.steps import Step, road
from diapason.errors import DataError
from diapason.knowledge.emphasis import emphasis, sectors
from diapason.ports.workspace import Workspace
from diapason.services.appraise.telling import model_of, step
from diapason.services.facts import facts
from diapason.services.maturity import find
from diapason.services.standing import fallen
from diapason.vocabulary.language import Text
from diapason.vocabulary.maturity import Maturity
from diapason.vocabulary.wire import plain

__all__ = ["roadmap", "working_day"]

BUDGET = 40.0
"""Days of work where nobody says otherwise: two months of one person."""


def roadmap(ws: Workspace, *, model: str = "dcmm", sector: str = "", budget: float = BUDGET) -> dict[str, Any]:
    """Steps by effect per day of work, one person at a time, dated from today; Saturdays and Sundays are free.

    Args:
        model: as `run` takes it.
        sector: code such as RM1; items that its paragraph stresses count twice.
        budget: d, days of work.

    Returns:
        model, sector, from and to (claimed and proven), steps with dates, effort in all, and the last day.

    Raises:
        NotFound: no such model or sector.
        DataError: the budget is not above 0.
    """
    if not 0 < budget < math.inf:
        raise DataError(
            Text(f"a budget can't be {budget:g} days", f"预算不能是 {budget:g} 天"), at="--budget", fix="--budget 40"
        )
    found = find(ws, model).model
    stressed = emphasis(sector, found.id) if sector else {}
    result = appraise(found, facts(ws, fallen(ws)))
    steps = road(result, budget, stressed)
    today = ws.clock().date()
    dated = _dated(steps, today)
    start = {"claimed": result.whole.claimed.score, "proven": result.whole.proven.score}
    gained = {"claimed": sum(s.claimed for s in steps), "proven": sum(s.proven for s in steps)}
    return {
        "model": model_of(found),
        "sector": {"code": sector.upper(), "title": plain(sectors()[sector.upper()]), "stresses": sorted(stressed)}
        if sector
        else None,
        "today": today.isoformat(),
        "budget_days": budget,
        "effort_days": round(sum(s.effort for s in steps), 2),
        "ends": max((d["ends"] for d in dated), default=today.isoformat()),
        "from": {name: _side(found, score) for name, score in start.items()},
        "to": {name: _side(found, score + gained[name]) for name, score in start.items()},
        "steps": dated,
    }


def working_day(start: date, days: int) -> date:
    """The day that lies so many working days after a start; a start at a week-end is its Monday.

    >>> working_day(date(2026, 11, 27), 1).isoformat(), working_day(date(2026, 11, 28), 0).isoformat()
    ('2026-11-30', '2026-11-30')
    """
    day = start + timedelta(days=max(0, 7 - start.weekday()) if start.weekday() > 4 else 0)
    weeks, rest = divmod(days, 5)
    day += timedelta(weeks=weeks)
    over = day.weekday() + rest > 4
    return day + timedelta(days=rest + 2 * over)


def _dated(steps: list[Step], today: date) -> list[dict[str, Any]]:
    found, spent = [], 0.0
    for one in steps:
        begins = working_day(today, math.floor(spent + 1e-9))
        spent += one.effort
        ends = working_day(today, max(0, math.ceil(spent - 1e-9) - 1))
        counts = max(ends, today + timedelta(days=math.ceil(one.wait)))
        days = {"begins": begins.isoformat(), "ends": ends.isoformat(), "counts_from": counts.isoformat()}
        found.append({**step(one), **days, "spent_days": round(spent, 2)})
    return found


def _side(model: Maturity, score: float) -> dict[str, Any]:
    found = side(model, score)
    return {"level": found.level, "score": round(score, 4), "name": plain(model.called(found.level))}
