"""Croissant 1.1 with its vocabulary for responsible AI: a dataset that training tools can load.

Source: MLCommons, Croissant 1.1 and RAI 1.0; facts of the form only. What nobody has said is left out.
"""

from typing import Any
from urllib.parse import quote

from diapason.engines.cards.card import Card, DataFile, address, generated, identity, summary
from diapason.engines.cards.classes import NONE
from diapason.vocabulary.tables import Column

__all__ = ["croissant", "field_id"]

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "annotation": "cr:annotation",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {"Boolean": "sc:Boolean", "Date": "sc:Date", "Float32": "cr:Float32", "Float64": "cr:Float64"}
_TYPES |= {f"Int{bits}": f"cr:Int{bits}" for bits in (8, 16, 32, 64)}


def croissant(card: Card) -> dict[str, Any]:
    """The document; its record set has a field for each column, read from the data file beside it.

    Raises:
        ValueError: the card has no data file.
    """
    if card.data is None:
        raise ValueError("a Croissant without its data")
    made: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "@id": identity(card),
        "name": card.said.get("title", card.name),
        "description": card.said.get("description", summary(card).en),
        "version": card.semantic,
        "dateCreated": card.created,
        "dateModified": card.modified,
        "datePublished": card.modified,
        **_said(card),
        **_responsible(card),
        "distribution": [_file(card.data)],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "rows",
                "name": "rows",
                "description": f"One record for each of the {card.rows} rows.",
                "field": [_field(column, card.types.get(column.name, "")) for column in card.columns],
            }
        ],
    }
    return made


def field_id(column: str) -> str:
    """The id of a column's field.

    >>> field_id("flow t/h")
    'rows/flow%20t%2Fh'
    """
    return f"rows/{quote(column, safe='')}"


def _file(data: DataFile) -> dict[str, Any]:
    kind = "application/x-parquet" if data.media_type.endswith("parquet") else data.media_type
    return {
        "@type": "cr:FileObject",
        "@id": "data",
        "name": data.name,
        "description": "All rows, in their order.",
        "contentUrl": data.name,
        "contentSize": f"{data.size} B",
        "encodingFormat": kind,
        "sha256": data.sha256,
    }


def _field(column: Column, kind: str) -> dict[str, Any]:
    said = [f"role: {column.role.value}"]
    said += [f"unit (UCUM): {column.unit}"] if column.unit else []
    said += [f"possible: {column.low} to {column.high}"] if (column.low, column.high) != (None, None) else []
    made = {
        "@type": "cr:Field",
        "@id": field_id(column.name),
        "name": column.name,
        "description": "; ".join(said),
        "dataType": "sc:DateTime" if kind.startswith("Datetime") else _TYPES.get(kind, "sc:Text"),
        "source": {"fileObject": {"@id": "data"}, "extract": {"column": column.name}},
    }
    return made | ({"unitText": column.unit} if column.unit else {})


def _said(card: Card) -> dict[str, Any]:
    said, made = card.said, dict[str, Any]()
    if "licence" in said:
        made["license"] = address(said["licence"]) or said["licence"]
    if "owner" in said:
        made["citeAs"] = _cited(card)
        made["creator"] = made["publisher"] = {"@type": "sc:Organization", "name": said["owner"]}
    if "keywords" in said:
        made["keywords"] = said["keywords"].split(", ")
    if "language" in said:
        made["inLanguage"] = said["language"]
    if address(said.get("source", "")):
        made["sameAs"] = said["source"]
    return made


def _cited(card: Card) -> str:
    """A citation in BibTeX; braces of a title or an owner would end it too early."""
    title, owner = (
        t.translate({ord(c): " " for c in "{}\\"}) for t in (card.said.get("title", card.name), card.said["owner"])
    )
    facts = f"year={{{card.modified[:4]}}}, version={{{card.semantic}}}, note={{sha256 {card.digest}}}"
    return f"@misc{{dataset, title={{{title}}}, author={{{{{owner}}}}}, {facts}}}"


def _responsible(card: Card) -> dict[str, Any]:
    """What is known of how the data came about; a field is absent where nothing is."""
    made: dict[str, Any] = {}
    if card.origins:
        names = "; ".join(o.name + (f" (sha256 {o.sha256})" if o.sha256 else "") for o in card.origins[:50])
        made["rai:dataCollection"] = f"Brought in from: {names}."
        made["rai:dataCollectionRawData"] = names
    if generated(card):
        made["rai:dataCollectionType"] = ["Simulation"]
    if card.span[0]:
        made["rai:dataCollectionTimeframe"] = list(card.span)
    missing = {n: int(p.get("missing", 0)) for n, p in card.profile.items() if p.get("missing")}
    if card.profile:
        told = "; ".join(f"{name}: {count} of {card.rows}" for name, count in missing.items())
        made["rai:dataCollectionMissingData"] = told or "No value is missing."
    changes = [f"{s.run} by {s.person}" for s in card.steps if s.verb not in ("ingest", "card", "records") and s.made]
    if changes:
        made["rai:dataManipulationProtocol"] = "; ".join(changes)
    if "annotation" in card.said:
        made["rai:dataAnnotationProtocol"] = card.said["annotation"]
    if card.said.get("scene", NONE) != NONE:
        made["rai:dataUseCases"] = card.said["scene"]
    return made
