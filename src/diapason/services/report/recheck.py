"""What it cost, and how a stranger rechecks it."""

from typing import Any

from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.page.content import Cell, Runs, Section
from diapason.vocabulary.language import Language, Text

__all__ = ["cost", "recheck"]


WHAT = {
    "trainings": Text("trainings", "训练次数"),
    "recalled": Text("trainings recalled from earlier runs", "沿用先前运行的训练次数"),
    "seconds": Text("time", "时间"),
    "looks": Text("diagnoses of copies with planted defects", "对植入缺陷副本的诊断次数"),
}
UNITS = {"seconds": Text("s", "秒")}


def cost(runs: Runs, language: Language) -> Section | None:
    """Planned against spent, per verb; None where nothing was metered."""
    rows = [row for verb in runs.by_verb for row in _metered(runs, verb, language)]
    if not rows:
        return None
    title = Text("What it cost", "花费")(language)
    lead = Text("Estimated before, metered during.", "事前估计，事中计量。")(language)
    heads = (Text("run", "运行"), Text("what", "项目"), Text("planned", "计划"), Text("spent", "实际"))
    return Section("cost", title, lead, heads=tuple(h(language) for h in heads), rows=tuple(rows))


def _metered(runs: Runs, verb: str, language: Language) -> list[tuple[Cell, ...]]:
    found: Any = runs.result(verb).get("cost", {})
    planned, spent = found.get("planned", {}), found.get("spent", {})
    keys = [k for k in spent if isinstance(spent[k], int | float) and not (k == "recalled" and not spent[k])]
    run = runs.run(verb)
    return [
        (
            Cell(verb),
            Cell(WHAT.get(key, Text(key, key))(language)),
            _amount(planned.get(key), key, run, language),
            _amount(spent[key], key, run, language),
        )
        for key in keys
    ]


def _amount(value: Any, key: str, run: str, language: Language) -> Cell:
    if not isinstance(value, int | float):
        return Cell("–", kind="n")
    unit = UNITS[key](language) if key in UNITS else ""
    return Cell(f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}", unit, run, "n")


def recheck(workspace: Workspace, runs: Runs, language: Language) -> Section:
    """The commands for a stranger, the signer, and what none of it can show."""
    title = Text("How to recheck this", "如何复核")(language)
    every = attest.runs(workspace, runs.dataset)
    lost = sum(r["state"] != "finished" for r in every)
    lead = Text(
        f"{len(every)} plans were sealed for this dataset, {lost} of them abandoned or unfinished; "
        "all are in the evidence. "
        "Ask for the key's fingerprint by another way than the file.",
        f"该数据集共封存 {len(every)} 个计划，其中 {lost} 个放弃或未完成；全部在证据中。请经另一途径核对密钥指纹。",
    )
    code = (
        f"diapason evidence {runs.dataset}\ndiapason verify {runs.dataset}.evidence --signer {workspace.signer.keyid}"
    )
    note = Text(
        "Verifying shows that nothing was changed, that the score follows from the predictions, "
        "and, when run again, that the plan gives it. "
        "It cannot show that the input was true; only spot checks at the plant can.",
        "复核能证明：内容未被改动、得分由预测得出、按计划重跑结果一致。不能证明输入数据真实；只有现场抽查才能。",
    )
    return Section("recheck", title, lead(language), code=code, note=note(language))
