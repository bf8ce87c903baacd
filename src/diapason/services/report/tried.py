"""The trial table: each repair against nothing, placebo and the robust learner."""

from collections.abc import Mapping
from typing import Any

from diapason.engines.drawing.intervals import DotRow, dots
from diapason.knowledge.findings import kinds
from diapason.services.report.content import Cell, Figure, Runs, Section, estimate, figure_cell
from diapason.vocabulary.language import Language, Text

__all__ = ["arms", "audit", "tried"]

ARMS = {
    "over_nothing": Text("over nothing", "对比不处理"),
    "over_placebo": Text("over placebo", "对比安慰剂"),
    "over_robust": Text("over the robust learner", "对比稳健学习器"),
}
UNTESTED = Text("not tested", "未测试")
ADOPTED = {True: Text("adopted", "采纳"), False: Text("not adopted", "未采纳")}


def arms(runs: Runs, language: Language, most: int = 6) -> Figure | None:
    """The dot plot of confirmed gains in the arms; None where no trial ran."""
    rows = runs.result("resonate").get("rows", ())
    ordered = sorted(
        rows, key=lambda r: (not r["adopted"], r["screened_out"], -((r["over_nothing"] or {}).get("value") or 0))
    )
    shown = [row for row in ordered if not row["screened_out"]][:most] or ordered[:3]
    if not shown:
        return None
    metric = runs.result("resonate").get("metric", "")
    dotted = [
        DotRow(words(language), estimate(row.get(key)), "ours" if row["adopted"] else "peer", _named(row, language))
        for row in shown
        for key, words in ARMS.items()
    ]
    title = Text("Gain of each repair over the other arms", "各修复相对其他组的增益")(language)
    axis = Text(f"gain in {metric}, right of the line is better", f"{metric} 的增益，线右为更好")(language)
    drawn = dots(dotted, title=title, axis=axis, untested=UNTESTED(language))
    caption = Text(
        "Confirmed on fresh folds. Dark bar 68 %, light bar 95 %, corrected for the number of candidates.",
        "在新的折上确认。深色条 68 %，浅色条 95 %，已按候选数量校正。",
    )
    return Figure(drawn, caption(language))


def _named(row: Mapping[str, Any], language: Language) -> str:
    candidate = row["candidate"]
    touched = Text(f"{row.get('touched', 0):,} rows", f"{row.get('touched', 0):,} 行")(language)
    return f"{candidate['treatment']} · {candidate['id']} · {touched}"


def tried(runs: Runs, language: Language) -> Section:
    """The whole table, adopted first, screened-out last."""
    title = Text("The trials", "试验")(language)
    if not runs.run("resonate"):
        lead = Text(
            f"No repair was tried yet: diapason resonate {runs.dataset}",
            f"尚未试验修复：diapason resonate {runs.dataset}",
        )
        return Section("trials", title, lead(language))
    result, run = runs.result("resonate"), runs.run("resonate")
    rows = sorted(result.get("rows", ()), key=lambda r: (not r["adopted"], r["screened_out"]))
    lead = Text(
        "A repair is adopted only if it beats doing nothing, a placebo of the same size, "
        "and the most robust learner on the untouched data.",
        "只有同时胜过不处理、同等规模的安慰剂和原始数据上的最稳健学习器，修复才会被采纳。",
    )
    heads = [Text("repair", "修复"), *ARMS.values(), Text("verdict", "结论"), Text("why", "原因")]
    return Section(
        "trials",
        title,
        lead(language),
        heads=tuple(h(language) for h in heads),
        rows=tuple(_row(r, run, language) for r in rows),
        note=str(_bilingual(result.get("ruled_out", ""), language)),
    )


def _row(row: Mapping[str, Any], run: str, language: Language) -> tuple[Cell, ...]:
    gains = (figure_cell(estimate(row.get(key)), run, UNTESTED(language)) for key in ARMS)
    known = kinds().get(row.get("reason", ""))
    why = known.title(language) if known and language == "zh" else row.get("why", "")
    state = Cell(ADOPTED[row["adopted"]](language), kind=f"state {'yes' if row['adopted'] else 'no'}")
    return (Cell(_named(row, language)), *gains, state, Cell(why))


def _bilingual(value: Any, language: Language) -> Any:
    return value.get(language, "") if isinstance(value, Mapping) else value


def audit(runs: Runs, language: Language) -> Section | None:
    """Which rows a person should look at, when a computer can't decide."""
    rows = runs.result("resonate").get("audit", ())
    if not rows:
        return None
    title = Text("What to look at by hand", "需要人工核对什么")(language)
    lead = Text(
        f"{len(rows)} rows would settle what the trials could not. The sheet to fill in: diapason audit {runs.dataset}",
        f"核对 {len(rows)} 行即可判定试验未能判定之处。填写用表：diapason audit {runs.dataset}",
    )
    first = ", ".join(str(r["row"] if isinstance(r, Mapping) else r) for r in rows[:60])
    return Section("audit", title, lead(language), code=first + (" …" if len(rows) > 60 else ""))
