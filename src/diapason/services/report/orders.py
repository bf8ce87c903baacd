"""Data work orders: what is open, and what closed ones delivered against what they promised."""

from diapason.engines.drawing.promises import reliability
from diapason.ports.workspace import Workspace
from diapason.services import order
from diapason.services.page.content import Cell, Figure, Section, estimate, gain_cell
from diapason.vocabulary.language import Language, Text

__all__ = ["ordered"]

UNTESTED = Text("not measured", "未测量")
STATES = {"open": Text("open", "未完成"), "closed": Text("closed", "已关闭"), "late": Text("late", "逾期")}


def ordered(workspace: Workspace, name: str, language: Language) -> Section | None:
    """The section about orders; None where none was placed."""
    placed = order.orders(workspace, name)
    if not placed:
        return None
    title = Text("Data work orders", "数据任务")(language)
    heads = (
        Text("order", "任务"),
        Text("what", "内容"),
        Text("promised", "承诺"),
        Text("delivered", "实际"),
        Text("who, by", "负责人与期限"),
        Text("state", "状态"),
    )
    rows = []
    for o in placed:
        closed = o.get("closed") or {}
        promised = estimate(closed.get("promised") or o["gain"])
        state = "late" if o["late"] else o["state"]
        rows.append(
            (
                Cell(o["order"]),
                Cell(o["what"][language]),
                gain_cell(promised, o["run"], UNTESTED(language)),
                gain_cell(estimate(closed.get("realised")), o.get("closing", ""), UNTESTED(language)),
                Cell(" ".join(x for x in (o["who"], o["by"]) if x)),
                Cell(STATES[state](language), kind="state look" if state == "late" else ""),
            )
        )
    lead = order.calibration(workspace)["sentence"][language]
    figures = _figure(placed, language)
    return Section("orders", title, lead, figures, tuple(h(language) for h in heads), tuple(rows))


def _figure(placed: "list[dict[str, object]]", language: Language) -> tuple[Figure, ...]:
    """Promised against delivered, of the metric that most closed orders have."""
    kept = []
    for o in placed:
        closed = o.get("closed")
        if isinstance(closed, dict):
            promised, realised = estimate(closed["promised"]), estimate(closed["realised"])
            if promised and realised:
                kept.append((str(closed["metric"]), str(o["order"]), promised, realised))
    if not kept:
        return ()
    metrics = [metric for metric, *_ in kept]
    metric = max(set(metrics), key=metrics.count)
    drawn = reliability(
        [(name, p, d) for m, name, p, d in kept if m == metric],
        title=Text("Promised and delivered", "承诺与实际")(language),
        across=Text(f"promised gain in {metric}", f"承诺的 {metric} 改善")(language),
        up=Text("delivered", "实际")(language),
    )
    caption = Text(
        "On the line, delivered is what was promised. Bars are 90 % intervals; amber lies outside of its promise.",
        "线上表示实际等于承诺。条为 90 % 区间；琥珀色表示超出承诺区间。",
    )
    return (Figure(drawn, caption(language), narrow=True),)
