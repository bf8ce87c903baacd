"""Which versions of a dataset exist: what the ledger says, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from diapason.ports.lake import Version
from diapason.ports.ledger import Ledger
from diapason.stores.lake.staging import DataFile
from diapason.vocabulary.evidence import Entry
from diapason.vocabulary.tables import VersionRef

__all__ = ["History", "Past", "commit_facts"]


@dataclass(frozen=True, slots=True)
class Past:
    """One version and the files it consists of, in the order of their rows."""

    version: Version
    files: tuple[DataFile, ...]
    schema: Mapping[str, Any]
    renamed: Mapping[str, str]
    peaks: tuple[str, ...]
    log: Mapping[str, Any]  # what its entry in the Delta log says
    delta: int = -1  # number of that entry

    @property
    def last(self) -> int:
        """The highest `_row`, -1 if there is none."""
        return max((file.last for file in self.files), default=-1)


@dataclass(slots=True)
class History:
    """The versions of one dataset, read on from where the last reading ended; safe with several threads."""

    name: str
    top: int = 0  # the highest number ever given; numbers are never given twice
    past: dict[int, Past] = field(default_factory=dict)
    _seen: int = 0
    _ever: dict[int, Past] = field(default_factory=dict)
    _lock: Any = field(default_factory=Lock)

    def read(self, ledger: Ledger) -> "History":
        """Take in what the ledger says since."""
        until = ledger.head()[0]
        with self._lock:
            if until > self._seen:
                self._read(ledger, until)
        return self

    def _read(self, ledger: Ledger, until: int) -> None:
        """Never changes a dictionary that somebody may be looking through."""
        self.past, self._ever = dict(self.past), dict(self._ever)
        found = [*ledger.entries(kind="commit", subject=self.name, after=self._seen)]
        found += [*ledger.entries(kind="erase", subject=self.name, after=self._seen)]
        for entry in sorted((e for e in found if e.seq <= until), key=lambda e: e.seq):
            if entry.kind == "commit":
                self._commit(entry)
            else:
                self._erase(entry.body)
        self._seen = until

    @property
    def newest(self) -> Past | None:
        """The newest version, if there is one."""
        return self.past[max(self.past)] if self.past else None

    @property
    def files(self) -> dict[str, DataFile]:
        """Every file of every version, by name."""
        return {file.name: file for past in self.past.values() for file in past.files}

    @property
    def ever(self) -> set[str]:
        """Names of all files that any version had, erased ones included."""
        return {file.name for past in self._ever.values() for file in past.files}

    def _commit(self, entry: Entry) -> None:
        said = entry.body
        number = int(said["version"])
        added = tuple(DataFile(**file) for file in said["files"])
        base = self._ever[int(said["base"])] if said["keeps"] else None
        files = (base.files[: int(said["keeps"])] if base else ()) + added
        schema, renamed = (base.schema, base.renamed) if base else (said["schema"], said["renamed"])
        version = Version(
            ref=VersionRef(self.name, number),
            rows=int(said["rows"]),
            digest=str(said["digest"]),
            run=entry.run,
            at=entry.at,
            note=str(said["note"]),
            first_row=min((file.first for file in added if file.rows), default=0),
        )
        log = {"run": entry.run, "intent": said["intent"]}
        self.top = number
        self.past[number] = self._ever[number] = Past(
            version, files, schema, renamed, tuple(said["peaks"]), log, int(said["delta"])
        )

    def _erase(self, said: Mapping[str, Any]) -> None:
        for number in said.get("versions", ()):
            self.past.pop(int(number), None)


def commit_facts(past: Past, *, base: int, keeps: int, delta: int) -> dict[str, Any]:
    """The body of a "commit" entry; the inverse of what `History` reads."""
    columns = {} if keeps else {"schema": dict(past.schema), "renamed": dict(past.renamed)}
    return {
        "dataset": past.version.ref.name,
        "version": past.version.ref.version,
        "rows": past.version.rows,
        "digest": past.version.digest,
        "note": past.version.note,
        "intent": past.log["intent"],
        "delta": delta,
        "base": base,
        "keeps": keeps,
        "files": [file.plain() for file in past.files[keeps:]],
        "peaks": list(past.peaks),
        **columns,
    }
