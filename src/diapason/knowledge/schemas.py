"""A JSON Schema for every knowledge file, so that an editor can help whoever adds an entry."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import msgspec

from diapason.knowledge import (
    annex2,
    artefacts,
    columns,
    committees,
    crosswalk,
    dates,
    dcmm,
    facts,
    incidents,
    measures,
    risk,
    rules,
    scoring,
    sectors,
    shown_by,
    standards,
    targets,
    tc609,
    terms,
    topics,
)
from diapason.knowledge.findings import FindingKind

__all__ = ["schemas", "shapes"]

_FILES: dict[str, Any] = {
    columns.FILE: columns.Columns,
    annex2.FILE: annex2.Annex2,
    artefacts.FILE: artefacts.ArtefactFile,
    committees.FILE: committees.CommitteeFile,
    crosswalk.FILE: crosswalk.CrosswalkFile,
    dates.FILE: dates.DateFile,
    dcmm.FILES["2018"]: dcmm.Dcmm,
    dcmm.FILES["2025"]: dcmm.Dcmm,
    facts.FILE: facts.FactFile,
    incidents.FILE: incidents.IncidentFile,
    measures.FILE: measures.MeasureFile,
    risk.FILE: risk.RiskFile,
    rules.FILE: rules.RuleFile,
    scoring.FILE: scoring.MeasureFile,
    scoring.POINTS: scoring.PointFile,
    sectors.FIELDS: sectors.FieldFile,
    sectors.SECTORS: sectors.SectorFile,
    shown_by.FILE: shown_by.ShownByFile,
    standards.FILE: standards.StandardFile,
    targets.FILE: targets.TargetFile,
    tc609.FILE: tc609.TC609,
    terms.FILE: terms.TermFile,
    topics.FILE: topics.TopicFile,
}


def shapes() -> Mapping[str, Any]:
    """The type of each file, by its path below `diapason/knowledge`."""
    folder = files("diapason.knowledge").joinpath("findings")
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".yaml"))
    return _FILES | {f"findings/{name}": dict[str, FindingKind] for name in names}


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each file, by its path below `diapason/knowledge`."""
    return {path: msgspec.json.schema(shape) for path, shape in shapes().items()}
