"""The report of a dataset: gather the newest runs from the ledger, draw, write one HTML file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diapason.errors import NotFound
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.ingest import contract
from diapason.services.page import write
from diapason.services.page.content import Content, Runs, Section
from diapason.services.report.adopted import adoptions
from diapason.services.report.audited import answered, asked
from diapason.services.report.controls import controls, seen
from diapason.services.report.feasible import feasible
from diapason.services.report.found import found, signals
from diapason.services.report.judged import judged, ruled
from diapason.services.report.learned import gap, learned, slices
from diapason.services.report.orders import ordered
from diapason.services.report.recheck import cost, recheck
from diapason.services.report.scored import fitness, scored
from diapason.services.report.tried import tried
from diapason.services.report.verdict import verdict
from diapason.vocabulary.language import Language, Text
from diapason.vocabulary.tables import VersionRef

__all__ = ["run"]

VERBS = ("ingest", "join", "assess", "score", "learn", "feasible", "resonate", "evaluate")


def run(workspace: Workspace, name: str, *, to: Path | None = None, language: Language = "en") -> dict[str, Any]:
    """Write the report of a dataset.

    Args:
        name: a dataset, such as `turbofan`.
        to: the file, HTML or, by its name, PDF/A; default `report-NAME.html` in the workspace.

    Returns:
        The file and the verdict in that language.

    Raises:
        NotFound: there is no such dataset.
    """
    if not workspace.lake.versions(name):
        raise NotFound(
            Text(f"there is no dataset '{name}'", f"没有数据集“{name}”"),
            at=str(workspace.folder),
            fix=Text("choose one of: ", "可选：")(language) + (", ".join(workspace.lake.datasets()) or "–"),
        )
    runs = Runs(name, {verb: facts for verb in VERBS if (facts := attest.result(workspace, verb, name))})
    content = _content(workspace, runs, language)
    file = to or workspace.folder / f"report-{name}{'' if language == 'en' else '.' + language}.html"
    write(content, file, language, workspace.clock())
    return {"file": str(file), "verdict": content.verdict, "dataset": name, "language": language}


def _content(workspace: Workspace, runs: Runs, language: Language) -> Content:
    version = workspace.lake.version(VersionRef(runs.dataset))
    said, lead = verdict(runs, language)
    hero = None if runs.run("resonate") else gap(runs, language)
    sections = tuple(s for s in _sections(workspace, runs, language) if s)
    now = workspace.clock().isoformat(timespec="minutes")
    rows = Text(f"{version.rows:,} rows", f"{version.rows:,} 行")(language)
    return Content(
        title=f"{runs.dataset} · Diapason",
        facts=(workspace.name, str(version.ref), rows, now),
        verdict=said,
        lead=lead,
        hero=hero,
        opening=seen(runs, language),
        sections=sections,
        runs=tuple(_shown(facts) for facts in _behind(workspace, runs, sections)),
    )


def _sections(workspace: Workspace, runs: Runs, language: Language) -> list[Section | None]:
    """The trial table is the centre: once repairs were tried, it comes first, with all that bears on it."""
    slope = gap(runs, language) if runs.run("resonate") else None
    model = [learned(runs, [slope] if slope else [], language), slices(runs, language)]
    data = found(runs, _signals(workspace, runs, language), language)
    trials = [
        tried(runs, language, str(workspace.lake.version(VersionRef(runs.dataset)).ref)),
        ruled(runs, language),
        controls(runs, language),
        asked(runs, language),
        answered(workspace, runs, language),
        adoptions(workspace, runs.dataset, language),
        judged(runs, language),
    ]
    reach = feasible(runs, language)
    whole = [*trials, reach, *model, data] if runs.run("resonate") else [*model, reach, data, *trials]
    whole += [scored(runs, language), fitness(runs, language)]
    last = [ordered(workspace, runs.dataset, language), cost(runs, language), recheck(workspace, runs, language)]
    return [*whole, *last]


def _behind(workspace: Workspace, runs: Runs, sections: tuple[Section, ...]) -> list[Mapping[str, Any]]:
    """Every run that a number on the page links to, and the newest of each verb."""
    cells = [c for s in sections for row in s.rows for c in row]
    cells += [line.cell for s in sections if s.blocks for b in s.blocks.made for line in b.lines]
    told = {str(facts["run"]): facts for facts in runs.by_verb.values()}
    for run in dict.fromkeys(c.run for c in cells if c.run):
        if run not in told:
            told[run] = attest.finished(workspace, run)
    return list(told.values())


def _signals(workspace: Workspace, runs: Runs, language: Language) -> Any:
    assessed = runs.by_verb.get("assess")
    if not assessed:
        return []
    table = workspace.lake.scan(VersionRef.parse(str(assessed["dataset"])))
    return signals(table, contract(workspace, runs.dataset), runs, language)


def _shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    shown = {key: facts[key] for key in ("run", "at", "dataset", "verb")}
    text = json.dumps({"plan": facts.get("plan"), "result": facts.get("result")}, ensure_ascii=False, indent=1)
    return {**shown, "text": text}
