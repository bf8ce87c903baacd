"""All that the workspace knows of one version of a dataset, gathered for its card."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

import polars as pl

from diapason.engines.cards import Card, Origin, Step
from diapason.engines.evidence import bundle
from diapason.ports.lake import Version
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.card.classifying import signed_class
from diapason.services.describe import describe
from diapason.services.ingest import contract as contract_of
from diapason.vocabulary.tables import ROW, Column, Role, VersionRef

__all__ = ["OWN", "gather"]

OWN = ("card", "records")
"""Runs that write cards: they are not part of what a card tells, so that the same data keep the same card."""


def gather(ws: Workspace, name: str, *, said: Mapping[str, str] | None = None) -> Card:
    """What is known of the newest version of a dataset, or of `name@version`.

    Args:
        said: what people say of it, where that is known already: then the rows and the ledger are not read either,
            for a line in a catalogue.

    Raises:
        NotFound: there is no such dataset.
    """
    version = ws.lake.version(VersionRef.parse(name))
    base = version.ref.name
    table = ws.lake.scan(version.ref)
    types = {n: str(kind) for n, kind in table.collect_schema().items() if n != ROW}
    columns = _columns(ws, base, types)
    card = Card(
        workspace=ws.name,
        name=base,
        version=version.ref.version,
        digest=version.digest,
        rows=version.rows,
        columns=columns,
        types=types,
        created=ws.lake.versions(base)[0].at,
        modified=version.at,
        said=describe(ws, base) if said is None else said,
    )
    if said is not None:
        return card
    from diapason.services.scan import datasets  # the pass brings statistics along that nothing else here needs

    return replace(
        card,
        origins=_origins(ws, version),
        steps=tuple(step for step in _steps(ws, base) if _touches(step, version.ref)),
        profile={line["name"]: line for line in datasets.run(ws, str(version.ref))["columns"]},
        span=_span(table, columns, types),
        kind=signed_class(ws, base),
    )


def _columns(ws: Workspace, base: str, types: Mapping[str, str]) -> tuple[Column, ...]:
    """The columns that are stored, as the contract knows them; one that it does not know is only named."""
    known = {c.name: c for c in contract_of(ws, base).columns}
    return tuple(
        known.get(n) or Column(n, "number" if "Int" in k or "Float" in k else "text") for n, k in types.items()
    )


def _origins(ws: Workspace, version: Version) -> tuple[Origin, ...]:
    """What was brought in for a version: by the newest ingest up to it, and those before to which it has added."""
    found: list[Origin] = []
    for done in attest.results(ws, "ingest", version.ref.name):
        result = done["result"]
        if int(result.get("version", 0)) > version.ref.version:
            break
        if not done["plan"].get("settings", {}).get("append"):
            found = []
        found += _brought(done["run"], result)
    return tuple(dict.fromkeys(found))


def _brought(run: str, result: Mapping[str, Any]) -> Iterator[Origin]:
    source = result.get("source") or {}
    simulated = any(a.get("what") == "source" and a.get("value") == "simulated" for a in result.get("assumed") or ())
    files: Sequence[Mapping[str, Any]] = source.get("files") or ()
    for file in files:
        yield Origin(str(file["name"]), str(file["sha256"]), run, simulated)
    if not files:
        yield Origin(PurePath(str(source.get("path", ""))).name, str(source.get("digest", "")), run, simulated)


def _steps(ws: Workspace, base: str) -> Iterator[Step]:
    """Every sealed plan about the dataset, in order, with what it used, what it made and how it ended."""
    ends = {done["run"]: done for done in attest.results(ws, "", base)}
    stopped = {e.run: e.at for e in ws.ledger.entries(kind="abandoned")}
    made = _made(ws, base)
    seen: set[str] = set()
    for entry in ws.ledger.entries(kind="plan"):
        verb = entry.run.split("-", 1)[0]
        if bundle.about(entry.subject) != base or verb in OWN or entry.run in seen:
            continue
        seen.add(entry.run)
        done = ends.get(entry.run)
        state = "finished" if done else "abandoned" if entry.run in stopped else "unfinished"
        ended = done["at"] if done else stopped.get(entry.run, "")
        mine = made.get(entry.run, ())
        used = _used(done, mine) if done else [entry.subject] if "@" in entry.subject else []
        yield Step(entry.run, verb, str(entry.body.get("person", "")), entry.at, ended, state, tuple(used), tuple(mine))


def _made(ws: Workspace, base: str) -> dict[str, list[str]]:
    """Versions and models by the run that made them."""
    found: dict[str, list[str]] = {}
    for version in ws.lake.versions(base):
        found.setdefault(version.run, []).append(str(version.ref))
    for entry in ws.ledger.entries(kind="model"):
        if entry.run:
            found.setdefault(entry.run, []).append(f"model/{entry.subject}")
    return found


def _used(done: Mapping[str, Any], made: Sequence[str]) -> list[str]:
    """Versions that a finished run names and has not made, and what an ingest has brought in."""
    named = [n.removeprefix("dataset/") for n in done["subjects"] if n.startswith("dataset/") and "@" in n]
    if done["verb"] != "ingest":
        return [n for n in named if n not in made]
    result, more = done["result"], done["plan"].get("settings", {}).get("append")
    ref = VersionRef.parse(str(result["dataset"]))
    added_to = [str(VersionRef(ref.name, ref.version - 1))] if more and ref.version > 1 else []
    return [*added_to, *(o.id for o in _brought(done["run"], result))]


def _touches(step: Step, version: VersionRef) -> bool:
    """Whether a run made a version or one before it, or looked at such; what made a later one did not."""

    def numbers(things: Sequence[str]) -> list[int]:
        return [int(n.rpartition("@")[2]) for n in things if n.rpartition("@")[0] == version.name]

    later = [n for n in numbers(step.made) if n > version.version]
    return not later and min(numbers(step.used), default=0) <= version.version


def _span(table: pl.LazyFrame, columns: Sequence[Column], types: Mapping[str, str]) -> tuple[str, str]:
    """First and last moment of the calendar, where the time column has such."""
    time = next((c.name for c in columns if c.role is Role.TIME), "")
    if not types.get(time, "").startswith("Date"):
        return "", ""
    first, last = table.select(pl.col(time).min().alias("a"), pl.col(time).max().alias("b")).collect().row(0)
    return ("", "") if first is None else (first.isoformat(), last.isoformat())
