"""Where a second person is needed: repairs of graded data, a grade lowered, a licence changed, a dear order."""

from collections.abc import Mapping
from typing import Any

from diapason.engines.evidence import dsse
from diapason.errors import DataError, DiapasonError
from diapason.ports.workspace import Workspace
from diapason.services.approve.asking import demand
from diapason.services.facts import about
from diapason.services.facts.described import fact_of
from diapason.vocabulary.language import Text

__all__ = ["GRADES", "before_adopting", "before_ordering", "before_saying", "grade_of", "order_limit"]

GRADES = {"general": Text("general", "一般"), "important": Text("important", "重要"), "core": Text("core", "核心")}
"""Grades of protection, the lowest first; from the second on a repair is adopted by two people."""
_ORDER = tuple(GRADES)


def grade_of(ws: Workspace, dataset: str) -> str:
    """The grade that was last said of a dataset; one whose day has passed protects still. "" = never said."""
    return str(_last_said(ws, dataset, "grade") or "")


def before_adopting(ws: Workspace, dataset: str, thing: Mapping[str, Any], said: Text) -> tuple[str, ...]:
    """Grounds under an adoption: the signature of a second person where the data is important or core.

    Raises:
        Refused: it is, and nobody but who adopts has signed this very repair.
    """
    grade = grade_of(ws, dataset)
    if grade not in _ORDER[1:]:
        return ()
    words = GRADES[grade]
    graded = Text(f"{said.en}, graded {words.en}", f"{said.zh}（{words.zh}数据）")
    return (demand(ws, "adopt", dataset, {**thing, "grade": grade}, graded),)


def before_saying(ws: Workspace, dataset: str, said: Mapping[str, str | None]) -> None:
    """Refuse words that two people must stand for: a grade that falls, a licence that becomes another.

    Args:
        said: words as they would be kept, by key; None takes one back.

    Raises:
        Refused: nobody but who says it has signed it.
    """
    before = grade_of(ws, dataset)
    if "grade" in said and before in _ORDER and _rank(said["grade"]) < _rank(before):
        now = said["grade"] or ""
        to = GRADES.get(now, Text("none", "不分级"))
        words = Text(
            f"lower the grade of {dataset} from {GRADES[before].en} to {to.en}",
            f"将 {dataset} 的等级由{GRADES[before].zh}降为{to.zh}",
        )
        demand(ws, "grade", dataset, {"from": before, "to": now, "said": _when(ws, dataset, "grade")}, words)
    licence = str(_last_said(ws, dataset, "licence") or "")
    if "licence" in said and licence and said["licence"] != licence:
        now = said["licence"] or ""
        words = Text(
            f"change the licence of {dataset} from '{licence}' to '{now or '-'}'",
            f"将 {dataset} 的许可由“{licence}”改为“{now or '-'}”",
        )
        demand(ws, "licence", dataset, {"from": licence, "to": now, "said": _when(ws, dataset, "licence")}, words)


def order_limit(ws: Workspace) -> float | None:
    """The sum above which an order needs a second person; None where diapason.toml names none.

    Raises:
        DataError: `order_above` in `[approve]` is no sum.
    """
    part = ws.settings.get("approve", {})
    limit = part.get("order_above") if isinstance(part, Mapping) else part
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 <= limit < float("inf"):
        raise DataError(
            Text(f"order_above cannot be {limit!r}", f"order_above 不能是 {limit!r}"),
            at=f"{ws.folder / 'diapason.toml'}, [approve]",
            fix="order_above = 50000",
        )
    return float(limit)


def before_ordering(ws: Workspace, dataset: str, thing: Mapping[str, Any], cost: float | None) -> tuple[str, ...]:
    """Grounds under an order: the signature of a second person where it costs more than the workspace's sum.

    Raises:
        Refused: it does, or its cost was not said, and nobody but who places it has signed it.
    """
    limit = order_limit(ws)
    if limit is None or (cost is not None and cost <= limit):
        return ()
    much = Text("a cost that was not said", "未说明的费用") if cost is None else Text(f"{cost:,.0f}", f"{cost:,.0f}")
    words = Text(
        f"order {thing['proposal']} for {dataset} at {much.en} (more than {limit:,.0f} needs two)",
        f"为 {dataset} 下达任务 {thing['proposal']}，费用 {much.zh}（超过 {limit:,.0f} 须两人）",
    )
    return (demand(ws, "order", dataset, thing, words),)


def _rank(grade: str | None) -> int:
    return _ORDER.index(grade) if grade in _ORDER else -1


def _last_said(ws: Workspace, dataset: str, key: str) -> Any:
    """The newest word of a dataset, None where there is none or it was taken back."""
    entry = ws.ledger.last(kind="declare", subject=about(fact_of(dataset, key)))
    if entry is None:
        return None
    try:
        said = dsse.opened(entry.body).predicate
    except DiapasonError:
        return None
    return None if said.get("withdrawn") else said.get("value")


def _when(ws: Workspace, dataset: str, key: str) -> int:
    """Number of the entry that would be changed: a signature holds for this one change, not for the next like it."""
    entry = ws.ledger.last(kind="declare", subject=about(fact_of(dataset, key)))
    return 0 if entry is None else entry.seq
