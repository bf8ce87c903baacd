"""One version of a dataset as others read it: Croissant, TC609 records, AAS, DCAT, OpenLineage, PROV; and its class."""

from diapason.engines.cards.aas import aasx, environment
from diapason.engines.cards.card import Card, DataFile, Origin, Step, generated, unsaid
from diapason.engines.cards.classes import Decision, decide
from diapason.engines.cards.croissant import croissant
from diapason.engines.cards.dcat import PREFIXES, catalogue, dataset
from diapason.engines.cards.lineage import events
from diapason.engines.cards.provenance import provenance
from diapason.engines.cards.rdf import jsonld, turtle
from diapason.engines.cards.reading import record_schema, table
from diapason.engines.cards.records import Frame, records

__all__ = [
    "PREFIXES",
    "Card",
    "DataFile",
    "Decision",
    "Frame",
    "Origin",
    "Step",
    "aasx",
    "catalogue",
    "croissant",
    "dataset",
    "decide",
    "environment",
    "events",
    "generated",
    "jsonld",
    "provenance",
    "record_schema",
    "records",
    "table",
    "turtle",
    "unsaid",
]
