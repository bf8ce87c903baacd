"""What people are asked to look at, how closely that would tell, and what they have answered so far."""

from collections.abc import Mapping
from typing import Any

from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.page.content import Cell, Runs, Section
from diapason.services.resonate.precision import precision
from diapason.vocabulary.language import Language, Text

__all__ = ["answered", "asked"]

SHOWN = 12
"""Rows of the sheet that the page lists; the sheet has them all."""


def asked(runs: Runs, language: Language) -> Section | None:
    """Which rows a person should look at, and what so many rows would tell; None where nothing is open."""
    rows = runs.result("resonate").get("audit", ())
    if not rows:
        return None
    run = runs.run("resonate")
    title = Text("What to look at by hand", "需要人工核对什么")(language)
    lead = Text(
        f"{len(rows)} rows would settle most of what the trials could not: drawn with known probabilities where "
        f"errors are suspected and where the arms disagree. Write the sheet, fill it in, hand it back.",
        f"核对 {len(rows)} 行最能判定试验未能判定之处：在疑有错误处和各组分歧处，按已知概率抽取。"
        f"写出清单，填写后交回。",
    )
    name = runs.dataset
    code = f"diapason audit {name}\ndiapason audit {name} --from {name}.audit.csv\ndiapason resonate {name}"
    told = [
        (
            Cell(f"{p['rows']:,}", kind="n", more=_this(p["rows"] == len(rows), language)),
            Cell(f"± {_points(p['half'])}", Text("points", "个百分点")(language), run, "n"),
        )
        for p in precision(rows)
    ]
    heads = Text("rows looked at", "核对行数"), Text("share of wrong rows told to (95 %)", "错误占比的精度（95 %）")
    first = "、" if language == "zh" else ", "
    listed = first.join(str(r["row"]) for r in rows[:SHOWN])
    note = Text(
        f"First rows of the sheet: {listed}{', …' if len(rows) > SHOWN else '.'} Precision as expected, if the "
        f"doubts of the diagnosis are right.",
        f"清单前几行：{listed}{' …' if len(rows) > SHOWN else ''}。精度为预期值，前提是诊断给出的可疑程度正确。",
    )
    return Section("audit", title, lead(language), (), _said(heads, language), tuple(told), note(language), code)


def answered(ws: Workspace, runs: Runs, language: Language) -> Section | None:
    """Every sheet that came back; None where none did."""
    given = list(attest.results(ws, "audit", runs.dataset))
    if not given:
        return None
    title = Text("What people answered", "人工核对的结果")(language)
    used = len(_used(runs))
    came = f"{len(given)} sheet{'' if len(given) == 1 else 's'} came back"
    lead = Text(
        f"{came}. The newest trials learnt and judged by {used:,} answers that still hold.",
        f"已交回 {len(given)} 份清单。最近一次试验按其中 {used:,} 条仍有效的结果学习与评判。",
    )
    if not used:
        lead = Text(
            f"{came}; no trial has used the answers yet: diapason resonate {runs.dataset}",
            f"已交回 {len(given)} 份清单，尚未用于试验：diapason resonate {runs.dataset}",
        )
    heads = (
        Text("sheet", "清单"),
        Text("rows looked at", "核对行数"),
        Text("wrong", "有误"),
        Text("with a right value", "给出正确值"),
        Text("wrong among all rows, about", "全部行中约有误"),
        Text("taken in by", "录入人"),
    )
    rows = tuple(_sheet(facts, language) for facts in given)
    return Section(
        "answers", title, lead(language), heads=_said(heads, language), rows=rows, note=_changed(runs)(language)
    )


def _sheet(facts: Mapping[str, Any], language: Language) -> tuple[Cell, ...]:
    r, run = facts["result"], str(facts["run"])
    counts = [Cell(f"{r[k]:,}", run=run, kind="n") for k in ("answered", "wrong", "corrected")]
    empty = Text(f"{r['empty']} left empty", f"{r['empty']} 行未填")(language) if r["empty"] else ""
    file = str(r["file"]).replace("\\", "/").rsplit("/", 1)[-1]
    share = Cell(f"{100 * r['share']:.1f} ± {196 * r['error']:.1f}", "%", run, "n")
    return (Cell(file, more=empty), *counts, share, Cell(str(r["person"])))


def _used(runs: Runs) -> list[Any]:
    plan: Mapping[str, Any] = runs.by_verb.get("resonate", {}).get("plan", {})
    return list(plan.get("settings", {}).get("asked", {}).get("answers") or ())


def _changed(runs: Runs) -> Text:
    """What the answers change: nothing by themselves until somebody adopts them."""
    mended = runs.result("resonate").get("mended")
    if mended and mended["candidate"] == "answers":
        return Text(
            f"{mended['rows']:,} rows that people found wrong can be corrected or left out without further proof: "
            f"diapason adopt {runs.dataset}",
            f"人工判定有误的 {mended['rows']:,} 行可直接改正或剔除，无需再证明：diapason adopt {runs.dataset}",
        )
    return Text(
        "Answers change no table by themselves: trials learn and judge by them, and a person adopts.",
        "核对结果本身不改动表格：试验据此学习与评判，由人采纳。",
    )


def _this(same: bool, language: Language) -> str:
    return Text("this sheet", "本清单")(language) if same else ""


def _points(half: float) -> str:
    said = 100 * half
    return f"{said:.1f}" if said < 9.95 else f"{said:.0f}"


def _said(heads: tuple[Text, ...], language: Language) -> tuple[str, ...]:
    return tuple(h(language) for h in heads)
