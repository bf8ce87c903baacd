"""What was adopted, by whom, what it promised, and what later learning gave."""

from collections.abc import Mapping
from typing import Any

from diapason.engines.drawing.intervals import DotRow, dots
from diapason.errors import NotFound
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.page.content import Cell, Figure, Section, estimate, figure_cell, gain_cell
from diapason.services.report.kept import both
from diapason.services.report.learned import named
from diapason.services.resonate.repair_words import titled
from diapason.vocabulary.language import Language, Text

__all__ = ["adoptions"]

NOT_YET, UNTESTED = Text("not learnt again yet", "尚未重新学习"), Text("not tested", "未测试")
TAKEN_BACK = Text("taken back", "已撤回")


def adoptions(ws: Workspace, name: str, language: Language) -> Section | None:
    """Each adoption with its promise and, where the mended version was learnt from later, how that came out."""
    made = [_told(ws, facts) for facts in attest.results(ws, "adopt", name)]
    if not made:
        return None
    undone = {r["result"].get("adoption") for r in attest.results(ws, "undo", name)}
    heads = (
        Text("adopted", "已采纳"),
        Text("by", "采纳人"),
        Text("promised gain over the robust learner", "承诺的增益（相对稳健学习器）"),
        Text("score promised, on rows judged both times", "承诺的得分（两次都评判的行）"),
        Text("score of later learning, same rows", "后来学习的得分（同样的行）"),
    )
    lead = Text(
        "A promise is kept where learning from the mended version later does as well as the adopted repair did in its "
        "trial, on rows that were judged both times and kept their value: a repair that drops hard rows gains nothing "
        "by that here.",
        "若之后从修复后的版本学习，在两次都评判且取值未变的行上不差于试验中的该修复，承诺即兑现；靠剔除难判的行在此得不到好处。",
    )
    rows = tuple(_row(m, m["run"] in undone, language) for m in made)
    figure = _figure(made, language)
    title = Text("What was adopted: promised and realised", "已采纳的修复：承诺与兑现")(language)
    return Section(
        "adopted",
        title,
        lead(language),
        (figure,) if figure else (),
        heads=tuple(h(language) for h in heads),
        rows=rows,
    )


def _told(ws: Workspace, facts: Mapping[str, Any]) -> dict[str, Any]:
    result = facts["result"]
    learnt = attest.result(ws, "learn", str(result["dataset"])) if result["dataset"] != result["before"] else None
    told = {**result, "run": facts["run"], "at": facts["at"], "tried": _trial(ws, result), "later": learnt}
    return told | {"kept": both(ws, facts, learnt) if learnt and "metric" in result else None}


def _trial(ws: Workspace, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """The line of the trial table that it stands on; empty for what people answered."""
    try:
        rows = attest.finished(ws, str(result["resonate"]))["result"]["rows"]
    except NotFound:
        return {}
    return next((r for r in rows if r["candidate"]["id"] == result["candidate"]), {})


def _row(made: Mapping[str, Any], undone: bool, language: Language) -> tuple[Cell, ...]:
    words = titled(made["tried"].get("candidate") or {"treatment": made["treatment"], "parameters": {}}, language)
    state = f" · {TAKEN_BACK(language)}" if undone else ""
    more = f"{made['before']} → {made['dataset']} · {made['at'][:10]}{state}"
    promised, later = made["kept"] or (estimate(made.get("honest", {}).get("score")), None)
    return (
        Cell(words, more=more),
        Cell(str(made["person"])),
        gain_cell(estimate(made["tried"].get("over_robust")), str(made["resonate"]), UNTESTED(language)),
        figure_cell(promised, made["run"], UNTESTED(language)),
        figure_cell(later, str(made["later"]["run"]) if made["later"] else "", NOT_YET(language)),
    )


def _figure(made: list[dict[str, Any]], language: Language) -> Figure | None:
    """Promised and later scores under each other, of the measure that the newest adoption has."""
    able = [m for m in made if m["kept"]]
    if not able:
        return None
    metric = str(able[-1]["metric"])
    rows = []
    for m in [m for m in able if m["metric"] == metric]:
        group, (promised, later) = f"{m['candidate']} · {m['dataset']} · n={m['kept'][0].n}", m["kept"]
        rows.append(DotRow(Text("promised", "承诺")(language), promised, "peer", group))
        rows.append(DotRow(Text("realised", "兑现")(language), later, "ours", group))
    title = Text("Promised and realised", "承诺与兑现")(language)
    return Figure(dots(rows, title=title, axis=named(metric, language), zero=False), "")
