"""Scores in official words: gates, indicators, and for which model the data is fit, until when."""

from collections.abc import Mapping
from typing import Any

from diapason.services.page.content import Cell, Runs, Section
from diapason.vocabulary.language import Language, Text
from diapason.vocabulary.rulings import FITS, GATES, STATES

__all__ = ["fitness", "scored"]


def scored(runs: Runs, language: Language) -> Section | None:
    """The three gates and the 17 indicators; None where nothing was scored."""
    run, result = runs.run("score"), runs.result("score")
    if not run:
        return None
    title = Text("Scores in official words", "按标准的评分")(language)
    told = [f"{g['title'][language]}: {_gate(g, language)}" for g in result["gates"]]
    heads = Text("indicator", "指标"), Text("points", "得分"), "A / B", Text("found by", "依据")
    rows = [_row(i, run, language) for i in (*result["indicators"], *result["sub_indicators"])]
    note = Text(
        "TC609-5-2025-04; how indicators turn into points and the parts 0208-ts are ours. Not tested is not passed.",
        "TC609-5-2025-04；计分方法与 0208-ts 子指标为本系统自定。未测试不等于通过。",
    )
    lead = "; ".join(told) if language == "en" else "；".join(told)
    said = tuple(h if isinstance(h, str) else h(language) for h in heads)
    weights = result["weights"]["said"][language]
    return Section("scores", title, f"{lead}{'.' if language == 'en' else '。'}", (), said, tuple(rows),
                   note(language) + (" " if language == "en" else "") + weights)  # fmt: skip


def _gate(gate: Mapping[str, Any], language: Language) -> str:
    low, high = int(gate["low"] * 10 + 1e-6) / 10, round(gate["high"], 1)
    span = f"{low:g}" if abs(high - low) < 0.2 else f"{low:g} … {high:g}"
    return f"{GATES[gate['ruling']](language)} ({span} / {gate['gate']:g})"


def _row(told: Mapping[str, Any], run: str, language: Language) -> tuple[Cell, ...]:
    name = Cell(f"{told['code']} {told['title'][language]}")
    said = Cell(told["said"][language], more=told["todo"])
    if told["value"] is None:
        return name, Cell(STATES[told["state"]](language), kind="untested"), Cell("–"), said
    span = "" if told["low"] == told["high"] else f"{100 * told['low']:.4g} … {100 * told['high']:.4g}"
    ratio = "–" if told["met"] is None else f"{told['met']:,.8g} / {told['of']:,.8g}"
    return name, Cell(f"{100 * told['value']:.4g}", run=run, kind="n", more=span), Cell(ratio, run=run), said


def fitness(runs: Runs, language: Language) -> Section | None:
    """Fit for which model, under which condition, until when; None where nothing was scored."""
    run, result = runs.run("score"), runs.result("score")
    if not run:
        return None
    title = Text("Fit for which model, until when", "适用于何种模型，至何时")(language)
    heads = (Text("model", "模型"), Text("verdict", "结论"), Text("condition", "条件"), Text("reached", "达到"),
             Text("until", "截止"))  # fmt: skip
    rows = tuple(_fit(fit, language) for fit in result["fits"])
    lead = Text(
        "A verdict holds where the whole interval lies on the right side of the target.",
        "仅当整个区间满足目标值时，结论才成立。",
    )
    return Section("fitness", title, lead(language), (), tuple(h(language) for h in heads), rows)


def _fit(fit: Mapping[str, Any], language: Language) -> tuple[Cell, ...]:
    sign = "≤" if fit["better"] == "lower" else "≥"
    wanted = "–" if fit["wanted"] is None else f"{fit['metric']} {sign} {fit['wanted']:g}"
    score, made = fit["score"], fit["run"].partition(":")[2]
    reached = "–" if score is None else f"{score['value']:.4g} ({score['low']:.4g} … {score['high']:.4g})"
    known = fit["state"] not in ("not_tested", "open")
    return (
        Cell(fit["model"] or fit["task"], more=fit["task"] if fit["model"] else ""),
        Cell(FITS[fit["state"]](language), kind="" if known else "untested"),
        Cell(wanted, more=fit["todo"]),
        Cell(reached, run=made, kind="n"),
        Cell(fit["until"] or "–", more=fit["why"][language]),
    )
