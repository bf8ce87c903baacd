"""What is known of one version of a dataset, and what nobody has said: all that any form of a card is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Column, Role

__all__ = ["CARD", "Card", "DataFile", "Origin", "Step", "address", "generated", "identity", "summary", "unsaid"]

CARD = ("title", "description", "licence", "owner", "steward", "grade", "sector", "scene", "keywords", "contact")
"""What a card is not complete without."""
_SPDX = {
    "cc-by-4.0": "CC-BY-4.0",
    "cc-by-sa-4.0": "CC-BY-SA-4.0",
    "cc-by-nc-4.0": "CC-BY-NC-4.0",
    "cc-by-nd-4.0": "CC-BY-ND-4.0",
    "cc0-1.0": "CC0-1.0",
    "odbl-1.0": "ODbL-1.0",
    "odc-by-1.0": "ODC-By-1.0",
    "pddl-1.0": "PDDL-1.0",
    "cdla-permissive-2.0": "CDLA-Permissive-2.0",
    "mulanpsl-2.0": "MulanPSL-2.0",
    "apache-2.0": "Apache-2.0",
    "mit": "MIT",
}
"""Licences that have an address of their own in the SPDX list."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """The data themselves, as a file beside the card."""

    name: str
    media_type: str
    sha256: str
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Origin:
    """Something that was brought in: a file, or what a connector read."""

    name: str
    sha256: str  # "" = not recorded
    run: str
    simulated: bool = False

    @property
    def id(self) -> str:
        """Its name among all that was brought in: two files of one name are told apart by their bytes."""
        return f"file/{self.name}@{self.sha256[:12] or self.run}"


@dataclass(frozen=True, slots=True)
class Step:
    """One run about the dataset, as the ledger has it."""

    run: str
    verb: str
    person: str
    began: str  # UTC, ISO 8601
    ended: str  # "" = not yet
    state: str  # "finished", "abandoned", "unfinished"
    used: tuple[str, ...] = ()  # "turbofan@1", "file/engines.csv@0c45…"
    made: tuple[str, ...] = ()  # "turbofan@2", "model/turbofan@1"


@dataclass(frozen=True, slots=True)
class Card:
    """One version of a dataset. What people can say is in `said` where they have said it, and nowhere invented."""

    workspace: str
    name: str
    version: int
    digest: str
    rows: int
    columns: tuple[Column, ...]
    types: Mapping[str, str]  # how each column is stored: "Float64", "Datetime[us, UTC]"
    created: str  # the first version, UTC, ISO 8601
    modified: str  # this version
    said: Mapping[str, str]
    origins: tuple[Origin, ...] = ()
    steps: tuple[Step, ...] = ()
    profile: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # a scan's line, by column
    span: tuple[str, str] = ("", "")  # first and last moment, ISO 8601; "" = no time of the calendar
    kind: str = ""  # class of TC609-5-2025-03: "general", "industry", "expert"; "" = not decided
    data: DataFile | None = None

    @property
    def dataset(self) -> str:
        """The version by name."""
        return f"{self.name}@{self.version}"

    @property
    def targets(self) -> tuple[Column, ...]:
        """The columns that are labels."""
        return tuple(c for c in self.columns if c.role is Role.TARGET)

    @property
    def semantic(self) -> str:
        """The version as three numbers, as other forms want it."""
        return f"{self.version}.0.0"


def identity(card: Card, *more: str) -> str:
    """A name that is unique in the world and stays: `urn:uuid:…`.

    >>> identity(Card("p", "line", 1, "", 0, (), {}, "", "", {}), "owner")
    'urn:uuid:9695e72a-5362-5e3e-84d0-244ab812b3bc'
    """
    return f"urn:uuid:{uuid5(NAMESPACE_URL, '/'.join(['diapason:' + card.workspace, card.name, *more]))}"


def address(licence: str) -> str:
    """The address of a licence that has one, "" for others.

    >>> address("cc-by-4.0"), address("contract 12 of 2026")
    ('https://spdx.org/licenses/CC-BY-4.0', '')
    """
    if licence.startswith(("https://", "http://")) and " " not in licence:
        return licence
    known = _SPDX.get(licence.lower())
    return f"https://spdx.org/licenses/{known}" if known else ""


def generated(card: Card) -> bool | None:
    """Whether the data were generated: as a person says, or as the ledger says of a simulation; None = not known."""
    if card.origins and all(o.simulated for o in card.origins):
        return True
    said = card.said.get("generated")
    return None if said is None else said == "yes"


def summary(card: Card) -> Text:
    """What can be said of any table: its size and its columns; no word of what it is for."""
    names = ", ".join(c.name for c in card.columns[:12]) + (", …" if len(card.columns) > 12 else "")
    target = ", ".join(c.name for c in card.targets)
    en = f"A table of {card.rows:,} rows and {len(card.columns)} columns: {names}."
    zh = f"共 {card.rows:,} 行、{len(card.columns)} 列的表：{names}。"
    return Text(en + (f" Target: {target}." if target else ""), zh + (f"目标列：{target}。" if target else ""))


def unsaid(card: Card) -> tuple[str, ...]:
    """What a complete card would say and this one can't, by the key under which a person can say it."""
    missing = [key for key in CARD if key not in card.said]
    missing += ["generated"] if generated(card) is None else []
    if card.targets:
        missing += [key for key in ("annotation", "annotator") if key not in card.said]
    return tuple(missing)
