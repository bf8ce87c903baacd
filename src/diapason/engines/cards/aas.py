"""The asset administration shell of a dataset with the submodel "AI Dataset" (IDTA 02058, 1.0), as JSON and as AASX.

Source: names, semantic ids and how often each element may stand: seen in the published template 1.0.2 of IDTA 02058,
spelling included. The package: IDTA 01005, recalled, and checked by tools that read it.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from diapason.engines.cards.card import Card, generated, identity, summary, unsaid
from diapason.vocabulary.tables import Column

__all__ = ["AI_DATASET", "aasx", "environment"]

AI_DATASET = "https://admin-shell.io/idta/SubmodelTemplate/AIDataset/1/0"
_AT = "https://admin-shell.io/idta/AIDataset/"
_LONGEST = 1000  # signs of a text in a language
_SHOWN = 200  # labels that are listed
_RELATIONSHIP = "http://admin-shell.io/aasx/relationships/"
Element = dict[str, Any]


def environment(card: Card) -> Element:
    """The environment: one shell, one submodel; what nobody has said is listed as missing, not filled in."""
    shell, model = identity(card, "shell"), identity(card, "aidataset", str(card.version))
    return {
        "assetAdministrationShells": [
            {
                "modelType": "AssetAdministrationShell",
                "idShort": "DatasetShell",
                "id": shell,
                "assetInformation": {"assetKind": "Instance", "globalAssetId": identity(card)},
                "submodels": [{"type": "ModelReference", "keys": [{"type": "Submodel", "value": model}]}],
            }
        ],
        "submodels": [
            {
                "modelType": "Submodel",
                "idShort": "AIDataset",
                "id": model,
                "kind": "Instance",
                "semanticId": _external(AI_DATASET),
                "administration": {"version": str(card.version), "revision": "0"},
                "description": _texts(card.said.get("description"), summary(card)),
                "submodelElements": list(_elements(card)),
            }
        ],
    }


def aasx(card: Card) -> bytes:
    """The same as a package that AASX tools open; the same card gives the same bytes."""
    document = json.dumps(environment(card), ensure_ascii=False).encode()
    parts = {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relation("aasx-origin", "/aasx/aasx-origin"),
        "aasx/aasx-origin": b"Intentionally empty.",
        "aasx/_rels/aasx-origin.rels": _relation("aas-spec", "/aasx/dataset.json"),
        "aasx/dataset.json": document,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, data)
    return out.getvalue()


def _content_types() -> bytes:
    return (
        b'<?xml version="1.0" encoding="utf-8"?>'
        b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        b'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        b'<Default Extension="json" ContentType="application/json"/>'
        b'<Override PartName="/aasx/aasx-origin" ContentType="text/plain"/></Types>'
    )


def _relation(kind: str, target: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{_RELATIONSHIP}{kind}" Target="{target}"/></Relationships>'
    ).encode()


def _elements(card: Card) -> Iterator[Element]:
    """The elements in the order of the template."""
    yield _property("URIOfTheProduct", "0112/2///61987#ABN590#002", identity(card))
    yield _property("Version", "0173-1#02-AAS354#002", str(card.version))
    contact = card.said.get("contact") or card.said.get("owner")
    reference = {"value": _external(contact[:_LONGEST])} if contact else {}
    yield {
        "modelType": "ReferenceElement",
        "idShort": "ContactInformation",
        "semanticId": _external(f"{_AT}ContactInformation/1/0"),
        **reference,
    }
    place = card.data.name if card.data else f"diapason:{card.workspace}/{card.dataset}"
    yield _property("Storage", f"{_AT}Storage/1/0", place)
    if card.targets:
        yield _collection("Labeled", f"{_AT}labeled/1/0", [_labelled(card, c, i) for i, c in enumerate(card.targets)])
    size = [_property("CompleteSize", f"{_AT}/SizeInformation/CompleteSize/1/0", str(card.rows))]
    yield _collection("SizeInformation", f"{_AT}SizeInformation/1/0", size)
    yield _collection("MetaData", f"{_AT}MetaData/1/0", list(_meta(card)))
    if card.profile:
        yield _collection("Metrics", f"{_AT}Metrics/1/0", list(_metrics(card)))
    made = generated(card)
    if made is not None:
        text = {True: ("synthetic", "合成"), False: ("real", "真实")}[made]
        said = _texts_of("SyntheticData", f"{_AT}BoundaryConditions/SyntheticData/1/0", text)
        yield _collection("BoundaryConditions", f"{_AT}BoundaryConditions/1/0", [said])


def _labelled(card: Card, column: Column, number: int) -> Element:
    """A target as labels: classes with how often each is there, or the meaning of a number."""
    suffix = f"{number:02d}" if number else ""
    line = card.profile.get(column.name, {})
    if column.kind == "number":
        said = f"{column.name}" + (f" [{column.unit}]" if column.unit else "")
        meaning = _texts_of("labeledescription", f"{_AT}labeled/Regression/labeledescription/1/0", (said, said))
        return _collection(f"Regression{suffix}", f"{_AT}Labeled/Regression/1/0", [meaning])
    at = f"{_AT}labeled/Classification/"
    count = line.get("distinct", {})
    known = str(round(count["value"])) if count.get("error") == 0 else None
    elements = [_property("NumberLables", f"{at}NumberLabels/1/0", known)]
    top = list(line.get("top", ()))[:_SHOWN]
    if top:
        elements.append(_collection("Labels", f"{at}Labels/1/0", [_label(at, i, t) for i, t in enumerate(top, 1)]))
    return _collection(f"Classification{suffix}", f"{_AT}Labeled/Classification/1/0", elements)


def _label(at: str, number: int, told: Mapping[str, Any]) -> Element:
    inside = [
        _property("ClassName", f"{at}Labels/Label/ClassName/1/0", str(told["value"])),
        _property("NumberOfSamples", f"{at}Labels/Label/NumberOfSamples/1/0", str(told["count"])),
    ]
    return _collection(f"Label{number:03d}", f"{at}Labels/Label/1/0", inside)


def _meta(card: Card) -> Iterator[Element]:
    kind = card.data.media_type if card.data else "application/vnd.apache.parquet"
    yield _property("FileType", f"{_AT}MetaData/FileType/1/0", kind)
    said = {"Sha256": card.digest, **{_short(key): text for key, text in card.said.items()}}
    said |= {"Class": card.kind} if card.kind else {}
    missing = unsaid(card)
    said |= {"NotStated": ", ".join(missing)} if missing else {}
    at = f"{_AT}MetaData/AdditionalInformation/"
    inside = [_property(name, f"{at}Info/1/0", text) for name, text in said.items()]
    yield _collection("AdditionalInformation", f"{at}1/0", inside)


def _metrics(card: Card) -> Iterator[Element]:
    cells = card.rows * len(card.profile)
    missing = sum(int(line.get("missing", 0)) for line in card.profile.values())
    at = f"{_AT}MetaData/Metrics/Metric/1/0"
    if cells:
        yield _property("ShareOfMissingCells", at, f"{missing / cells:.6g}")
    yield _property("NumberOfColumns", at, str(len(card.columns)))


def _short(key: str) -> str:
    """A name as AAS allows it."""
    return "".join(word.capitalize() for word in re.split(r"[^a-zA-Z0-9]", key)) or "Info"


def _property(name: str, meaning: str, value: str | None) -> Element:
    made: Element = {
        "modelType": "Property",
        "idShort": name,
        "semanticId": _external(meaning),
        "valueType": "xs:string",
    }
    return made | ({} if value is None else {"value": value})


def _collection(name: str, meaning: str, inside: list[Element]) -> Element:
    made: Element = {"modelType": "SubmodelElementCollection", "idShort": name, "semanticId": _external(meaning)}
    return made | ({"value": inside} if inside else {})


def _texts_of(name: str, meaning: str, text: tuple[str, str]) -> Element:
    said = [{"language": tag, "text": words[:_LONGEST]} for tag, words in zip(("en", "zh"), text, strict=True)]
    return {"modelType": "MultiLanguageProperty", "idShort": name, "semanticId": _external(meaning), "value": said}


def _texts(said: str | None, told: Any) -> list[Element]:
    texts = {"en": said or told.en, "zh": said or told.zh}
    return [{"language": tag, "text": text[:_LONGEST]} for tag, text in texts.items()]


def _external(value: str) -> Element:
    return {"type": "ExternalReference", "keys": [{"type": "GlobalReference", "value": value}]}
