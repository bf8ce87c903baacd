"""What the loop can see in this table: planted defects and the limit of detection of each kind."""

from collections.abc import Mapping
from typing import Any

from diapason.engines.drawing.curves import Panel, caught
from diapason.engines.drawing.forest import scale, strip
from diapason.services.page.content import Block, Blocks, Cell, Figure, Line, Runs, Section, estimate
from diapason.services.resonate import control_table
from diapason.services.resonate.control_words import NAMES, figure, strength, strongest_said
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.language import Language, Text

__all__ = ["controls", "seen"]

_SHARES = (0.0, 100.0)
"""Ends of a scale of percent."""
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


def seen(runs: Runs, language: Language) -> Blocks | None:
    """How much of the strongest planting of each kind was caught, in one picture: for a page on which no repair went
    to confirmation. None where one did, or nothing was planted.
    """
    result = runs.result("resonate")
    found = result.get("controls")
    if not found or any(estimate(row.get("over_nothing")) for row in result.get("rows", ())):
        return None
    kinds = sorted(found["kinds"], key=lambda k: -k["strongest"]["mean"])
    lines = tuple(_caught(k, found, runs.run("resonate"), language) for k in kinds)
    words = Text(
        "share caught of known defects planted into copies of this table, each at its strongest; light bar: where the "
        "next planting falls, 90 %; grey: fewer than four in five",
        "在本表副本中植入的已知缺陷（各取最强一档）的发现率；浅色条为下一次植入的结果，90 %；灰色：能发现的不到八成",
    )
    heads = Text("planted", "植入的缺陷"), Text("caught", "发现率")
    block = Block("", Cell(""), (), lines, ())
    return Blocks((block,), scale(_SHARES, signed=False), words(language), (heads[0](language), heads[1](language)))


def _caught(kind: Mapping[str, Any], found: Mapping[str, Any], run: str, language: Language) -> Line:
    at = kind["strongest"]
    mean, low, high = (100 * at[k] for k in ("mean", "low", "high"))
    share = Estimate(mean, low, high, int(kind["planted"]), "%", level=found["level"])
    colour = "peer" if at["mean"] < found["reached"] else "ours"
    comma = Text(", ", "，")(language)
    label = f"{NAMES[kind['kind']](language)}{comma}{strength(kind['range'][1], kind)(language)}"
    return Line(label, strip(share, _SHARES, colour), Cell(strongest_said(kind), run=run, kind="n"))


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
