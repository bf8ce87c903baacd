"""A qualification as a page: the grade in a sentence, ten dimensions in a picture, then every figure with its line."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diapason.engines.drawing.dimensions import Row, dimensions
from diapason.ports.workspace import Workspace
from diapason.services.page import write
from diapason.services.page.content import Cell, Content, Figure, Section
from diapason.services.qualify.lines import NAMES
from diapason.vocabulary.language import Language, Text

__all__ = ["verdict", "written"]

_GRADES = {
    "none": Text("reaches no grade", "未达到任何等级"),
    "basic": Text("is basic", "达到基础级"),
    "advisory": Text("is advisory", "达到辅助决策级"),
    "high-level": Text("is high-level", "达到高水平"),
}
_STATES = {
    "passed": Text("passed", "通过"),
    "failed": Text("failed", "未通过"),
    "not tested": Text("not tested", "未测试"),
}


def verdict(result: Mapping[str, Any]) -> Text:
    """The grade in one sentence."""
    said, ref = _GRADES[result["grade"]], result["agent"]
    passed = sum(d["state"] == "passed" for d in result["dimensions"])
    en = f"{ref} {said.en}: {passed} of 10 dimensions reach their line."
    zh = f"{ref} {said.zh}：十项中 {passed} 项达到要求。"
    if result["quick"]:
        return Text(f"{en} A quick run: it does not count.", f"{zh}本次为快速试验，不计入等级。")
    return Text(en, zh)


def written(ws: Workspace, result: Mapping[str, Any], to: Path, language: Language) -> Path:
    """Write the page."""
    return write(_content(ws, result, language), to, language, ws.clock())


def _content(ws: Workspace, result: Mapping[str, Any], language: Language) -> Content:
    lacks = [m[language] for m in result["missing"]]
    between = Text("Between it and the next grade: ", "距下一等级：")(language) + "; ".join(lacks[:3]) if lacks else ""
    now = ws.clock().isoformat(timespec="minutes")
    run = {"run": result["run"], "at": now, "dataset": result["agent"], "verb": "qualify"}
    text = json.dumps(result, ensure_ascii=False, indent=1, default=str)
    return Content(
        title=f"{result['agent']} · Diapason",
        facts=(ws.name, str(result["agent"]), Text("seed", "种子")(language) + f" {result['seed']}", now),
        verdict=verdict(result)(language),
        lead=between,
        hero=_picture(result, language),
        sections=(_figures(result, language), _how(result, language)),
        runs=({**run, "text": text},),
    )


def _picture(result: Mapping[str, Any], language: Language) -> Figure:
    by_number = {d["number"]: d for d in result["dimensions"]}
    rows = [_row(number, by_number.get(number), language) for number in NAMES]
    title = Text("Ten dimensions", "十个维度")(language)
    axis = Text("share that was right, 95 % interval; mark: the line", "正确比例，95 % 区间；竖线为要求")(language)
    caption = Text(
        "Each dimension by its weakest figure; the grade is the weakest's. Dotted: not tested, which is not passed.",
        "每一维取其最弱指标；等级取最弱一维。虚线：未测试，不等于通过。",
    )
    return Figure(dimensions(rows, title=title, axis=axis), caption(language))


def _row(number: int, d: Mapping[str, Any] | None, language: Language) -> Row:
    label = f"{number} {NAMES[number](language)}"
    if d is None or not d["measures"]:
        state = "not tested" if d is None else d["state"]
        return Row(label, _STATES[state](language), False, None)
    weak = min(d["measures"], key=lambda m: (m["holds"], _share(m)[1]))
    return Row(
        label, _STATES[d["state"]](language), d["state"] == "passed", _share(weak), _must(weak), weak["name"][language]
    )


def _share(m: Mapping[str, Any]) -> tuple[float, float, float]:
    """How much was right, whichever way a figure counts."""
    value, low, high = (float(m[k]) for k in ("value", "low", "high"))
    if m["line"].startswith(("≤", "0 /")):
        return 1 - value, max(0.0, 1 - high), 1 - low
    if m["line"].startswith("≥ 0.") or m["line"] in ("= 1", "≥ 1"):
        return value, low, high
    held = 1.0 if m["holds"] else 0.0
    return held, held, held


def _must(m: Mapping[str, Any]) -> float | None:
    sign, _, bound = m["line"].partition(" ")
    if sign == "≤":
        return 1 - float(bound)
    return float(bound) if sign == "≥" and bound.startswith("0.") else None


def _figures(result: Mapping[str, Any], language: Language) -> Section:
    heads = [
        Text("dimension", "维度"),
        Text("figure", "指标"),
        Text("value", "数值"),
        Text("n", "n"),
        Text("line", "要求"),
    ]
    heads += [Text("state", "结论")]
    rows = [row for d in result["dimensions"] for row in _lines(d, result["run"], language)]
    lead = Text("Every figure with its interval, count and line.", "每项指标及其区间、样本数与要求。")
    return Section(
        "figures",
        Text("The figures", "指标")(language),
        lead(language),
        heads=tuple(h(language) for h in heads),
        rows=tuple(rows),
    )


def _lines(d: Mapping[str, Any], run: str, language: Language) -> list[tuple[Cell, ...]]:
    name = f"{d['number']} {NAMES[d['number']](language)}"
    if not d["measures"]:
        why = d["why"][language] if d["why"] else ""
        kind = "untested" if d["state"] == "not tested" else "state act"
        return [(Cell(name), Cell(why), Cell("–"), Cell(""), Cell(""), Cell(_STATES[d["state"]](language), kind=kind))]
    return [_line(name if i == 0 else "", m, run, language) for i, m in enumerate(d["measures"])]


def _line(name: str, m: Mapping[str, Any], run: str, language: Language) -> tuple[Cell, ...]:
    value = f"{m['value']:.4g} ({m['low']:.4g} … {m['high']:.4g})"
    state = Cell(
        _STATES["passed" if m["holds"] else "failed"](language), kind="state yes" if m["holds"] else "state act"
    )
    return (
        Cell(name),
        Cell(m["name"][language]),
        Cell(value, run=run, kind="n"),
        Cell(f"{m['n']:,}", kind="n"),
        Cell(m["line"]),
        state,
    )


def _how(result: Mapping[str, Any], language: Language) -> Section:
    heads = (
        Text("dimension", "维度")(language),
        Text("protocol", "试验方法")(language),
        Text("data", "数据摘要")(language),
        "s",
    )
    rows = tuple(
        (
            Cell(f"{d['number']} {NAMES[d['number']](language)}"),
            Cell(d["protocol"][language]),
            Cell(str(d["data"])[:12] or "–"),
            Cell(f"{d['seconds']:.1f}", kind="n"),
        )
        for d in result["dimensions"]
    )
    said = result["latency"]
    lead = Text(
        f"95 of 100 answers take at most {said['p95_ms']:g} ms. No language model and no network took part: no price.",
        f"95 % 的回答在 {said['p95_ms']:g} 毫秒内完成。未使用语言模型与网络，无调用费用。",
    )
    return Section("protocol", Text("How it was tested", "试验方法")(language), lead(language), heads=heads, rows=rows)
