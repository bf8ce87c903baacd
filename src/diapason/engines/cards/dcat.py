"""DCAT-AP 3: a dataset, or a whole catalogue, for portals and data spaces.

Source: SEMIC, DCAT-AP 3.0; W3C DCAT 3. Facts of the form only. What nobody has said is left out, never filled in.
"""

from collections.abc import Iterator, Sequence

from diapason.engines.cards.card import Card, address, identity, summary
from diapason.engines.cards.rdf import Iri, Literal, Node

__all__ = ["PREFIXES", "catalogue", "dataset"]

PREFIXES = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_LANGUAGES = {"zh": "ZHO", "en": "ENG", "de": "DEU", "fr": "FRA", "es": "SPA", "it": "ITA", "ja": "JPN", "ko": "KOR"}
_AUTHORITY = "http://publications.europa.eu/resource/authority/language/"
Said = tuple[str, Iri | Literal | Node]


def catalogue(workspace: str, cards: Sequence[Card]) -> list[Node]:
    """The catalogue of a workspace, then each of its datasets."""
    whole = Card(workspace, "", 0, "", 0, (), {}, "", "", {})
    name = identity(whole, "catalogue")
    titles = [
        ("dct:title", Literal(f"Datasets of {workspace}", "en")),
        ("dct:title", Literal(f"{workspace} 数据集", "zh")),
    ]
    said: list[Said] = [
        *titles,
        ("dct:description", Literal(f"{len(cards)} datasets kept in the workspace {workspace}.", "en")),
        ("dct:description", Literal(f"工作区 {workspace} 保存的 {len(cards)} 个数据集。", "zh")),
        ("dct:publisher", Iri(identity(whole, "publisher"))),
        *(("dcat:dataset", Iri(identity(card))) for card in cards),
    ]
    publisher = Node(("foaf:Agent",), (("foaf:name", Literal(workspace)),), identity(whole, "publisher"))
    nodes = [Node(("dcat:Catalog",), tuple(said), name), publisher]
    for card in cards:
        nodes += dataset(card)
    return list({node.name: node for node in nodes}.values())


def dataset(card: Card) -> list[Node]:
    """A dataset and what it names: owner, languages, distribution."""
    nodes = [Node(("dcat:Dataset",), tuple(_about(card)), identity(card))]
    if "owner" in card.said:
        nodes.append(Node(("foaf:Agent",), (("foaf:name", Literal(card.said["owner"])),), _agent(card)))
    if (code := _LANGUAGES.get(card.said.get("language", "")[:2])) is not None:
        nodes.append(Node(("dct:LinguisticSystem",), (("rdfs:label", Literal(code)),), _AUTHORITY + code))
    if card.data is not None:
        nodes.append(Node(("dcat:Distribution",), tuple(_distribution(card)), identity(card, "data")))
        nodes.append(Node(("rdfs:Resource",), (), card.data.name))
        nodes.append(Node(("spdx:ChecksumAlgorithm",), (), PREFIXES["spdx"] + "checksumAlgorithm_sha256"))
        kind = card.data.media_type
        nodes.append(Node(("dct:MediaType",), (("rdfs:label", Literal(kind)),), _media(kind)))
        if licence := address(card.said.get("licence", "")):
            label = Literal(card.said["licence"])
            nodes.append(Node(("dct:LicenseDocument",), (("dct:title", label),), licence))
    return nodes


def _about(card: Card) -> Iterator[Said]:
    said = card.said
    yield "dct:identifier", Literal(identity(card))
    yield "dct:title", Literal(said.get("title", card.name))
    if "description" in said:
        yield "dct:description", Literal(said["description"])
    else:
        yield "dct:description", Literal(summary(card).en, "en")
        yield "dct:description", Literal(summary(card).zh, "zh")
    yield "dct:issued", Literal(card.created[:10], kind="xsd:date")
    yield "dct:modified", Literal(card.modified[:10], kind="xsd:date")
    yield "dcat:version", Literal(card.semantic)
    if "owner" in said:
        yield "dct:publisher", Iri(_agent(card))
    if "contact" in said:
        yield "dcat:contactPoint", _contact(said["contact"])
    for word in said.get("keywords", "").split(", "):
        if word:
            yield "dcat:keyword", Literal(word)
    if (code := _LANGUAGES.get(said.get("language", "")[:2])) is not None:
        yield "dct:language", Iri(_AUTHORITY + code)
    yield from _history(card)
    if card.data is not None:
        yield "dcat:distribution", Iri(identity(card, "data"))


def _history(card: Card) -> Iterator[Said]:
    first, last = card.span
    if first:
        ends = (("dcat:startDate", _moment(first)), ("dcat:endDate", _moment(last)))
        yield "dct:temporal", Node(("dct:PeriodOfTime",), ends)
    if card.origins:
        names = "; ".join(f"{o.name} ({o.run})" for o in card.origins[:20])
        yield "dct:provenance", Node(("dct:ProvenanceStatement",), (("rdfs:label", Literal(names)),))


def _distribution(card: Card) -> Iterator[Said]:
    data, said = card.data, card.said
    if data is None:
        return
    yield "dct:title", Literal(data.name)
    yield "dcat:accessURL", Iri(data.name)
    yield "dcat:downloadURL", Iri(data.name)
    yield "dcat:byteSize", Literal(str(data.size), kind="xsd:nonNegativeInteger")
    yield "dcat:mediaType", Iri(_media(data.media_type))
    algorithm = ("spdx:algorithm", Iri("spdx:checksumAlgorithm_sha256"))
    value = ("spdx:checksumValue", Literal(data.sha256, kind="xsd:hexBinary"))
    yield "spdx:checksum", Node(("spdx:Checksum",), (algorithm, value))
    licence = said.get("licence", "")
    if address(licence):
        yield "dct:license", Iri(address(licence))
    elif licence:
        yield "dct:rights", Node(("dct:RightsStatement",), (("rdfs:label", Literal(licence)),))


def _media(kind: str) -> str:
    return f"https://www.iana.org/assignments/media-types/{kind}"


def _agent(card: Card) -> str:
    """One owner is one agent, whatever they own."""
    return identity(Card(card.workspace, "", 0, "", 0, (), {}, "", "", {}), "agent", card.said["owner"])


def _contact(contact: str) -> Node:
    if "@" in contact and " " not in contact:
        return Node(("vcard:Kind",), (("vcard:hasEmail", Iri(f"mailto:{contact.removeprefix('mailto:')}")),))
    if contact.startswith(("https://", "http://")) and " " not in contact:
        return Node(("vcard:Kind",), (("vcard:hasURL", Iri(contact)),))
    return Node(("vcard:Kind",), (("vcard:fn", Literal(contact)),))


def _moment(at: str) -> Literal:
    return Literal(at, kind="xsd:dateTime" if "T" in at else "xsd:date")
