"""What the loop can see in this table: planted defects and the limit of detection of each kind."""

from collections.abc import Mapping
from typing import Any

from diapason.engines.drawing.curves import Panel, caught
from diapason.engines.drawing.intervals import DotRow, dots
from diapason.services.report.content import Cell, Figure, Runs, Section
from diapason.services.resonate import control_table
from diapason.services.resonate.control_words import NAMES, figure, strength
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.language import Language, Text

__all__ = ["controls", "seen"]

AXES = {
    "spreads": Text("usual errors of the target", "目标常见误差的倍数"),
    "column spreads": Text("spreads of the column", "该列离散度的倍数"),
    "share": Text("share of rows", "行的占比"),
    "lives": Text("share of a life", "寿命的占比"),
    "rows": Text("rows in a row", "连续行数"),
    "blend": Text("part of the way to abnormal rows", "向异常行偏离的程度"),
}


def controls(runs: Runs, language: Language) -> Section | None:
    """One panel per kind, then the table; None where nothing was planted."""
    found = runs.result("resonate").get("controls")
    if not found:
        return None
    run = runs.run("resonate")
    lead = Text(
        f"Known defects were planted into copies of {found['rows']:,} rows of this table, and the same diagnosis "
        f"looked for them. Where it is grey, fewer than four in five would be seen. Dots: one planting each; band: "
        f"where the next one falls, 90 %.",
        f"在本表 {found['rows']:,} 行的副本中植入已知缺陷，再用同一诊断去寻找。灰色处能发现的不到八成。"
        f"圆点为各次植入；色带为下一次植入的结果，90 %。",
    )
    heads, rows = control_table(found, language)
    notes = [words[language] for words in found["sentences"][len(found["kinds"]) :]]
    return Section(
        "controls",
        Text("What would have been seen", "哪些缺陷能被看见")(language),
        lead(language),
        figures=tuple(_panel(kind, found["reached"], language) for kind in found["kinds"]),
        heads=heads,
        rows=tuple((Cell(name), *(Cell(c, run=run, kind="n") for c in rest)) for name, *rest in rows),
        note=("" if language == "zh" else " ").join(notes),
    )


def seen(runs: Runs, language: Language) -> Figure | None:
    """How much of the strongest planting of each kind was caught, in one picture: for a page on which no repair went
    to confirmation. None where one did, or nothing was planted.
    """
    result = runs.result("resonate")
    found = result.get("controls")
    if not found or any((row.get("over_nothing") or {}).get("value") is not None for row in result.get("rows", ())):
        return None
    rows = []
    for kind in sorted(found["kinds"], key=lambda k: -k["strongest"]["mean"]):
        at = kind["strongest"]
        mean, low, high = (100 * at[k] for k in ("mean", "low", "high"))
        share = Estimate(mean, low, high, int(kind["planted"]), "%", level=found["level"])
        blind = at["mean"] < found["reached"]
        note = f"{figure(at['mean'])} · {strength(kind['range'][1], kind)(language)}"
        rows.append(DotRow(NAMES[kind["kind"]](language), share, "peer" if blind else "ours", note=note))
    title = Text("What would have been seen", "哪些缺陷能被看见")(language)
    axis = Text("share caught of known defects planted at this strength, in %", "以该强度植入的已知缺陷的发现率，%")
    caption = Text(
        "Known defects were planted into copies of this table; the same diagnosis looked for them. Bars: where the "
        "next planting falls, 90 %. Grey: fewer than four in five.",
        "在本表副本中植入已知缺陷，用同一诊断去寻找。条为下一次植入的结果，90 %。灰色：能发现的不到八成。",
    )
    return Figure(dots(rows, title=title, axis=axis(language), zero=True), caption(language))


def _panel(kind: Mapping[str, Any], reached: float, language: Language) -> Figure:
    limit = kind["limit"]["value"] if kind["limit"] else None
    points = [(s, c / n, Text(f"{c} of {n} caught", f"{n} 中发现 {c}")(language)) for s, c, n in kind["tested"]]
    words = "" if limit is None else strength(limit, kind)(language)
    of = Text("share of the class", "该类的占比") if kind["kind"] == "label_paired" else AXES[kind["axis"]]
    panel = Panel(
        title=NAMES[kind["kind"]](language),
        axis=of(language),
        strengths=kind["strengths"],
        mean=kind["mean"],
        low=kind["next_low"],
        high=kind["next_high"],
        points=points,
        limit=limit,
        limit_words=Text(f"from {words}", f"自 {words}起")(language),
        blind_words=Text("not surely seen", "不能可靠发现")(language),
        percent=kind["axis"] in ("share", "lives", "blend"),
    )
    caption = ""
    if kind["share"] is not None:
        share = figure(kind["share"])
        rows = Text(f"In {share} of rows.", f"占行数的 {share}。")
        assets = Text(f"In {share} of assets.", f"占设备数的 {share}。")
        caption = (assets if kind["axis"] == "lives" else rows)(language)
    return Figure(caught(panel, reached=reached), caption, narrow=True)
