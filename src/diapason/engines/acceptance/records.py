"""Evidence as plain, verified records, whoever's ledger they came from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from diapason.vocabulary.language import Text

__all__ = ["Evidence", "Record"]


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that the ledger shows, with its signature checked, and whether it stands today."""

    id: str  # as `vocabulary.facts.ground` names it: "run:learn-…-1", "dataset:furnace@1", "entry:21"
    kind: str  # "dataset", "run", "model", "approval", "publication", "withdrawal", "paper", "declaration", "agent", …
    about: str  # "furnace@1"; of a declaration the fact
    verb: str = ""  # of a run: "learn"; of a paper: "licence"
    at: str = ""  # UTC, ISO 8601
    seq: int = 0
    until: str = ""  # its last day, "" = no limit
    on: tuple[str, ...] = ()
    person: str = ""  # in whose name it was signed, or who ran it
    facts: Mapping[str, Any] = field(default_factory=dict)  # what was signed
    fallen: Text | None = None  # why it stands no more

    @property
    def name(self) -> str:
        """What it is about, without the version."""
        return self.about.partition("@")[0]

    @property
    def version(self) -> int:
        """Of what it is about; 0 where there is none."""
        number = self.about.partition("@")[2]
        return int(number) if number.isdigit() else 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """All records of one ledger, in its order."""

    workspace: str
    today: date
    records: tuple[Record, ...]
    whole: bool = True  # a bundle about one name shows less than its workspace has
    _by_id: dict[str, Record] = field(default_factory=dict, repr=False, compare=False)
    _by_kind: dict[str, list[Record]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for record in self.records:
            self._by_id[record.id] = record
            self._by_kind.setdefault(record.kind, []).append(record)

    def get(self, name: str) -> Record | None:
        """The record of that name."""
        return self._by_id.get(name)

    def of(self, kind: str, *, verb: str = "", about: str = "", name: str = "") -> list[Record]:
        """Records of a kind, oldest first, narrowed by verb, by what they are about, or by its bare name."""
        return [
            r
            for r in self._by_kind.get(kind, ())
            if verb in ("", r.verb) and about in ("", r.about) and name in ("", r.name)
        ]

    def below(self, name: str) -> Iterator[Record]:
        """Everything that a record stands on, itself included, as far as it is shown."""
        seen, queue = {name}, [name]
        for one in queue:  # grows while it is walked
            record = self._by_id.get(one)
            if record is None:
                continue
            yield record
            fresh = [g for g in record.on if g not in seen]
            seen.update(fresh)
            queue += fresh
