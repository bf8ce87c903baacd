"""The enterprise on one page, from the ledger: measures, levels, counters, effects, what falls due, what has fallen."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diapason.ports.workspace import Workspace
from diapason.services import attest, maturity, standing
from diapason.services import map as maps
from diapason.services.enterprise.sections import counters, dates, effects, levels, measures, stands
from diapason.services.page import write
from diapason.services.page.content import Content, Section
from diapason.vocabulary.language import Language, Text

__all__ = ["run"]


def run(ws: Workspace, *, to: Path | None = None, language: Language = "en") -> dict[str, Any]:
    """Write the page from what the ledger holds now; nothing is counted or appraised anew.

    Args:
        to: HTML or, by its name, PDF/A; default `report.html` in the workspace.

    Returns:
        The file and the verdict in that language.
    """
    lines, view = maps.run(ws)["lines"], standing.overview(ws)
    made = {verb: _newest(ws, verb) for verb in ("count", "comply")}
    appraised = _by(ws, "appraise", "model")
    titles = {found.model.id: found.model.title for found in maturity.every(ws)}
    paid = _by(ws, "payback", "name") | _by(ws, "effect", "name")
    sections = (
        measures(lines, language),
        levels(appraised, titles, language),
        counters(made["count"], language),
        effects(paid, language),
        dates(made["comply"], view["soon"], language),
        stands(view, language),
    )
    verdict, lead = _verdict(lines, appraised, titles, view)
    file = to or ws.folder / f"report{'' if language == 'en' else '.' + language}.html"
    behind = [r for r in (*made.values(), *appraised.values(), *paid.values()) if r]
    content = Content(
        title=f"{ws.name} · Diapason",
        facts=(ws.name, ws.clock().isoformat(timespec="minutes")),
        verdict=verdict(language),
        lead=lead(language),
        hero=None,
        sections=sections,
        runs=tuple(_shown(r) for r in _linked(ws, sections, behind)),
    )
    return {"file": str(write(content, file, language, ws.clock())), "verdict": content.verdict, "language": language}


def _verdict(
    lines: list[Mapping[str, Any]], appraised: Mapping[str, Any], titles: Mapping[str, Text], view: Mapping[str, Any]
) -> tuple[Text, Text]:
    shown = sum(line["state"] == "computed" for line in lines if line["id"].isdigit())
    known = [(model, r["result"]["levels"]["whole"]["proven"]["level"]) for model, r in appraised.items()]
    named = [(titles.get(model, Text(model, model)), level) for model, level in known]
    en = "; ".join(f"{title.en}: level {level} proven" for title, level in named)
    zh = "；".join(f"{title.zh}：已证实 {level} 级" for title, level in named)
    fell = len(view["fallen"])
    verdict = Text(
        f"{shown} of 21 measures are shown by signed runs{f'; {en}' if en else ''}; "
        f"{fell or 'no'} claim{'s have' if fell != 1 else ' has'} fallen.",
        f"21 项举措中有 {shown} 项由签名的运行证明{f'；{zh}' if zh else ''}；"
        f"{f'{fell} 项' if fell else '没有'}声明失效。",
    )
    lead = Text(
        "It says what is ready, never what is certified. Shown means: done here and signed; the nation's targets are "
        "another matter. Not tested is not passed.",
        "说明的是准备情况，而非认证。“已证明”指在本处完成并签名；国家目标另当别论。未测试不等于通过。",
    )
    return verdict, lead


def _newest(ws: Workspace, verb: str) -> dict[str, Any] | None:
    found = None
    for found in attest.results(ws, verb):  # noqa: B007  # the last one is wanted
        pass
    return found


def _by(ws: Workspace, verb: str, key: str) -> dict[str, dict[str, Any]]:
    """The newest run of a verb for each value of a fact in its result."""
    return {str(r["result"].get(key, r["dataset"])): r for r in attest.results(ws, verb)}


def _linked(ws: Workspace, sections: tuple[Section, ...], known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every run that a cell links to."""
    found = {str(r["run"]): r for r in known}
    for run_id in dict.fromkeys(c.run for s in sections for row in s.rows for c in row if c.run):
        if run_id not in found:
            found[run_id] = attest.finished(ws, run_id)
    return list(found.values())


def _shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    text = json.dumps({"plan": facts["plan"], "result": facts["result"]}, ensure_ascii=False, indent=1)
    return {**{key: facts[key] for key in ("run", "at", "dataset", "verb")}, "text": text}
