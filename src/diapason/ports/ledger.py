"""The one record of what happened: append-only and chained."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from diapason.vocabulary.evidence import Entry

__all__ = ["Ledger"]


class Ledger(Protocol):
    """Appends entries and reads them; nothing else is possible."""

    def append(self, kind: str, *, run: str = "", subject: str = "", body: Mapping[str, Any]) -> Entry:
        """Add one entry to the chain, durably; safe with several writing processes."""
        ...

    def entries(
        self, *, kind: str | None = None, run: str | None = None, subject: str | None = None, after: int = 0
    ) -> Iterator[Entry]:
        """Entries in order, filtered; reads stay fast by index."""
        ...

    def last(self, *, kind: str | None = None, subject: str | None = None) -> Entry | None:
        """The newest entry that matches."""
        ...

    def head(self) -> tuple[int, str]:
        """Number of entries and hash of the last (0 and 64 zeros when empty)."""
        ...

    def check(self) -> int:
        """Walk the whole chain; raises BrokenEvidence at the first bad entry; returns how many hold."""
        ...

    def snapshot(self, target: Path) -> None:
        """Write a consistent copy to a new file while others go on writing."""
        ...

    def close(self) -> None:
        """Let go of the file or the connection; a later call takes it up again."""
        ...
