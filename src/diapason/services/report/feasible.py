"""What is reachable: the learning curve with its continuation, and what rows, sensors and cleaning would give."""

from collections.abc import Mapping
from typing import Any

from diapason.engines.drawing.promises import Level, Spot, curve
from diapason.engines.drawing.svg import number
from diapason.services.page.content import Cell, Figure, Runs, Section, estimate, figure_cell, gain_cell
from diapason.services.report.learned import named
from diapason.vocabulary.language import Language, Text

__all__ = ["feasible"]

UNTESTED = Text("not tested", "未测试")


def feasible(runs: Runs, language: Language) -> Section | None:
    """The section about feasibility; None where it was not looked at."""
    run, result = runs.run("feasible"), runs.result("feasible")
    if not run:
        return None
    title = Text("What is reachable", "可以达到什么程度")(language)
    heads = (Text("what", "措施"), Text("gain", "改善"), Text("share of the unexplained", "占未解释部分的比例"))
    return Section(
        "feasible",
        title,
        result["verdict"][language],
        (_figure(result, language),),
        tuple(h(language) for h in heads),
        tuple(_rows(result, run, language)),
        ("" if language == "zh" else " ").join(s[language] for s in result["sentences"]),
    )


def _figure(result: Mapping[str, Any], language: Language) -> Figure:
    told = result["curve"]
    points, band = ([Spot(p["rows"], p["value"], p["low"], p["high"]) for p in told[k]] for k in ("points", "band"))
    levels = []
    if result["floor"]["measure"] == result["metric"]:
        f = result["floor"]["value"]
        words = (
            Text("noise floor", "噪声下限") if result["floor"]["identified"] else Text("floor: not known", "下限：未知")
        )
        levels.append(Level(f"{words(language)} {number(f['value'])}", f["value"], f["low"], f["high"], "slope"))
    if result["wish"]:
        words = Text("target", "目标")
        levels.append(Level(f"{words(language)} {number(result['wish']['wish'])}", result["wish"]["wish"]))
    drawn = curve(
        points,
        band,
        levels,
        now=(Text("rows today", "现有行数")(language), float(result["rows"]["known"])),
        title=Text("Learning curve", "学习曲线")(language),
        across=Text("rows learnt from", "用于学习的行数")(language),
        up=named(result["metric"], language),
    )
    caption = Text(
        "A quick fixed learner on nested parts of the rows. Points carry 90 % intervals; "
        "the band is the expected curve, over several forms weighted by how well they fit.",
        "固定的快速学习器，在嵌套的部分行上学习。点附 90 % 区间；带状为预期曲线，按拟合程度对多种形式加权。",
    )
    return Figure(drawn, caption(language))


def _rows(result: Mapping[str, Any], run: str, language: Language) -> list[tuple[Cell, ...]]:
    none = UNTESTED(language)
    rows: list[tuple[Cell, ...]] = []
    for p in result["promises"]:
        words = Text(f"{p['more']:,} more rows", f"再增加 {p['more']:,} 行")
        rows.append((Cell(words(language)), gain_cell(estimate(p["gain"]), run, none), Cell("–")))
    for s in result["slices"]:
        words = Text(f"{s['more']:,} rows where {s['rule']}", f"增加 {s['more']:,} 行：{s['rule']}")
        rows.append((Cell(words(language)), gain_cell(estimate(s["gain"]), run, none), Cell("–")))
    for k in result["residue"]:
        if k["shown"]:
            rows.append(
                (
                    Cell(_SOURCES[k["kind"]](language) + (f" {k['name']}" if k["kind"] == "column" else "")),
                    Cell("–"),
                    figure_cell(estimate(k["share"]), run, none),
                )
            )
    return rows


_SOURCES = {
    "asset": Text("a sensor of what is peculiar to each asset", "反映各设备自身差异的传感器"),
    "batch": Text("a sensor of what is peculiar to each batch", "反映各批次自身差异的传感器"),
    "time": Text("a sensor of a slowly changing state", "反映缓慢变化状态的传感器"),
    "column": Text("the unused column", "未使用的列"),
}
