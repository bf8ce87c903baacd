"""Where a programme keeps what it has counted: of many workspaces, over the months."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from diapason.vocabulary.programme import Axis, Filed, Row

__all__ = ["Programme"]


class Programme(Protocol):
    """Files readings and shows totals; filing twice the same changes nothing, and the order does not matter."""

    def file(self, filed: Iterable[Filed]) -> int:
        """Add readings, all or none; of one workspace and month the longest ledger counts. Gives the lines written."""
        ...

    def view(self, what: str = "", by: Sequence[Axis] = (), where: Mapping[Axis, str] | None = None) -> tuple[Row, ...]:
        """Totals of one thing, or of everything, by state and axes."""
        ...

    def lines(self) -> int:
        """How many lines are kept."""
        ...

    def close(self) -> None:
        """Let go of the file or the connection."""
        ...
