"""The report of a dataset: gather the newest runs from the ledger, draw, write one HTML file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diapason.errors import NotFound
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.ingest import contract
from diapason.services.report.content import Content, Runs, Section
from diapason.services.report.feasible import feasible
from diapason.services.report.controls import controls
from diapason.services.report.found import found, signals
from diapason.services.report.learned import gap, learned, slices
from diapason.services.report.orders import ordered
from diapason.services.report.page import page
from diapason.services.report.recheck import cost, recheck
from diapason.services.report.tried import arms, audit, tried
from diapason.services.report.verdict import verdict
from diapason.vocabulary.language import Language, Text
from diapason.vocabulary.tables import VersionRef

__all__ = ["run"]

VERBS = ("ingest", "join", "assess", "learn", "feasible", "resonate", "evaluate")


def run(workspace: Workspace, name: str, *, to: Path | None = None, language: Language = "en") -> dict[str, Any]:
    """Write the report of a dataset.

    Args:
        name: a dataset, such as `turbofan`.
        to: the file; default `report-NAME.html` in the workspace.

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
    write_whole(file, page(content, language).encode())
    return {"file": str(file), "verdict": content.verdict, "dataset": name, "language": language}


def _content(workspace: Workspace, runs: Runs, language: Language) -> Content:
    version = workspace.lake.version(VersionRef(runs.dataset))
    said, lead = verdict(runs, language)
    hero, slope = arms(runs, language), gap(runs, language)
    sections: list[Section | None] = [
        learned(runs, [slope] if slope and hero else [], language),
        slices(runs, language),
        feasible(runs, language),
        found(runs, _signals(workspace, runs, language), language),
        tried(runs, language),
        controls(runs, language),
        audit(runs, language),
        ordered(workspace, runs.dataset, language),
        cost(runs, language),
        recheck(workspace, runs, language),
    ]
    now = workspace.clock().isoformat(timespec="minutes")
    rows = Text(f"{version.rows:,} rows", f"{version.rows:,} 行")(language)
    return Content(
        title=f"{runs.dataset} · Diapason",
        facts=(workspace.name, str(version.ref), rows, now),
        verdict=said,
        lead=lead,
        hero=hero or slope,
        sections=tuple(s for s in sections if s),
        runs=tuple(_shown(verb, facts) for verb, facts in runs.by_verb.items()),
    )


def _signals(workspace: Workspace, runs: Runs, language: Language) -> Any:
    assessed = runs.by_verb.get("assess")
    if not assessed:
        return []
    table = workspace.lake.scan(VersionRef.parse(str(assessed["dataset"])))
    return signals(table, contract(workspace, runs.dataset), runs, language)


def _shown(verb: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    shown = {key: facts[key] for key in ("run", "at", "dataset")}
    text = json.dumps({"plan": facts.get("plan"), "result": facts.get("result")}, ensure_ascii=False, indent=1)
    return {**shown, "verb": verb, "text": text}
