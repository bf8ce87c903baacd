"""OpenLineage: each run about a dataset as the events by which lineage tools follow it.

Source: OpenLineage 2-0-2 and its facets; facts of the form only.
"""

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from diapason.engines.cards.card import Card, Step

__all__ = ["events"]

Event = dict[str, Any]
PRODUCER = "urn:diapason:" + version("diapason")
_SPEC = "https://openlineage.io/spec"
_RUN_EVENT = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_ENDS = {"finished": "COMPLETE", "abandoned": "ABORT"}


def events(card: Card) -> Iterator[Event]:
    """A START for each run, and how it ended where it has; in the order in which they happened."""
    told: list[Event] = []
    for step in card.steps:
        told.append(_event(card, step, "START", step.began))
        if step.state in _ENDS:
            told.append(_event(card, step, _ENDS[step.state], step.ended))
    yield from sorted(told, key=lambda e: str(e["eventTime"]))


def _event(card: Card, step: Step, kind: str, at: str) -> Event:
    done = kind == "COMPLETE"
    return {
        "eventType": kind,
        "eventTime": at,
        "producer": PRODUCER,
        "schemaURL": _RUN_EVENT,
        "run": {"runId": str(uuid5(NAMESPACE_URL, f"diapason:{card.workspace}/{step.run}"))},
        "job": {
            "namespace": _namespace(card),
            "name": f"{step.verb}.{card.name}",
            "facets": {"jobType": _facet("JobTypeJobFacet", "2-0-4", _job_type())},
        },
        "inputs": [_input(card, thing) for thing in step.used],
        "outputs": [_output(card, thing) for thing in step.made] if done else [],
    }


def _job_type() -> Event:
    return {"processingType": "BATCH", "integration": "DIAPASON", "jobType": "RUN"}


def _namespace(card: Card) -> str:
    return f"diapason://{card.workspace}"


def _input(card: Card, thing: str) -> Event:
    made = _dataset(card, thing)
    if thing == card.dataset and card.profile:
        made["inputFacets"] = {
            "dataQualityMetrics": _facet("DataQualityMetricsInputDatasetFacet", "1-0-3", _metrics(card))
        }
    return made


def _output(card: Card, thing: str) -> Event:
    made = _dataset(card, thing)
    if thing == card.dataset:
        counted = {"rowCount": card.rows}
        made["outputFacets"] = {"outputStatistics": _facet("OutputStatisticsOutputDatasetFacet", "1-0-2", counted)}
    return made


def _dataset(card: Card, thing: str) -> Event:
    """A version is the name of the dataset, file or model, with what tells versions apart as a facet."""
    name, at, number = thing.rpartition("@")
    made: Event = {"namespace": _namespace(card), "name": name}
    if at:
        made["facets"] = {"version": _facet("DatasetVersionDatasetFacet", "1-0-1", {"datasetVersion": number})}
    if thing == card.dataset:
        made["facets"]["schema"] = _facet("SchemaDatasetFacet", "1-2-0", {"fields": _fields(card)})
    return made


def _fields(card: Card) -> list[Event]:
    made = []
    for column in card.columns:
        said = "; ".join(word for word in (column.role.value, column.unit) if word)
        made.append({"name": column.name, "type": card.types.get(column.name, column.kind), "description": said})
    return made


def _metrics(card: Card) -> Event:
    columns = {name: _column(line) for name, line in card.profile.items()}
    return {"rowCount": card.rows, "columnMetrics": columns}


def _column(line: Any) -> Event:
    known = int(line["rows"]) - int(line["missing"])
    made: Event = {"nullCount": int(line["missing"]), "count": known}
    if line["distinct"]["error"] == 0:  # there is no place for the doubt of an estimate
        made["distinctCount"] = round(line["distinct"]["value"])
    if line.get("mean") is not None:
        made |= {"sum": line["mean"] * known, "min": line["low"], "max": line["high"]}
        made["quantiles"] = {share: q["value"] for share, q in line["quantiles"].items() if q["error"] == 0}
    return made


def _facet(name: str, edition: str, said: Event) -> Event:
    return {"_producer": PRODUCER, "_schemaURL": f"{_SPEC}/facets/{edition}/{name}.json#/$defs/{name}", **said}
