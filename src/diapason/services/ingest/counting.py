"""Rows on their way to the lake, judged and counted: every row seen is stored, set aside or refused."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from diapason.engines.contracts import Judge
from diapason.errors import DataError
from diapason.ports.connector import Batch
from diapason.ports.workspace import Workspace
from diapason.services.ingest.aside import Aside
from diapason.services.ingest.deriving import Derived
from diapason.services.ingest.guarding import no, refusing, verdict
from diapason.services.ingest.refused import Refused
from diapason.vocabulary.language import Text

__all__ = ["Counted"]


@dataclass(slots=True)
class Counted:
    """What became of each row of one source."""

    ws: Workspace
    name: str
    source: str
    derived: Derived
    judge: Judge | None
    over: Collection[str]
    seen: int = 0
    stored: int = 0
    refused: int = 0
    aside: int = 0
    _because: dict[tuple[str, str], int] = field(default_factory=dict)

    def frames(self, first: Batch, rest: Iterable[Batch], refused: Refused, aside: Aside) -> Iterator[pl.DataFrame]:
        """Typed rows to store, derived columns added, batch by batch.

        Raises:
            DataError: the connector has lost rows.
            Refused: the contract is broken by what its policy refuses; known once all rows are seen.
        """
        yield self._take(first, refused, aside)
        for batch in rest:
            yield self._take(batch, refused, aside)
        found = refusing(self.judge, self.stored) if self.judge is not None else []
        if found:
            raise no(self.name, found, self.seen, self.source)
        read = self.stored + self.aside
        if self.seen != read + self.refused:
            raise DataError(
                Text(
                    f"the connector has lost rows: {self.seen:,} seen, {read:,} read, {self.refused:,} refused",
                    f"连接器丢失了行：共 {self.seen:,} 行，读出 {read:,}，拒收 {self.refused:,}",
                ),
                at=self.source,
                fix=Text("report this to the author of the connector", "请向连接器作者反馈"),
            )

    def verdict(self, *, refused: bool = False) -> dict[str, Any] | None:
        """What the delivery was judged to be; None where there was nothing to break."""
        if self.judge is None:
            return None
        stored, aside = (0, 0) if refused else (self.stored, self.aside)
        return verdict(self.judge, sent=self.seen, stored=stored, quarantined=aside)

    def reasons(self) -> list[dict[str, Any]]:
        """The most frequent reasons of rows that could not be read, in both languages."""
        top = sorted(self._because.items(), key=lambda item: (-item[1], item[0]))[:20]
        return [{"reason": {"en": en, "zh": zh}, "rows": count} for (en, zh), count in top]

    def _take(self, batch: Batch, refused: Refused, aside: Aside) -> pl.DataFrame:
        rows = self.derived.add(batch.rows)
        if self.judge is not None:
            rows, bad = self.judge.take(rows, over=self.over)
            aside.add(bad)
            self.aside += bad.height
        self.seen, self.stored = self.seen + batch.seen, self.stored + rows.height
        self.refused += batch.rejected.height
        refused.add(batch.rejected)
        self._count(batch.rejected)
        note = Text(f"{self.stored:,} rows", f"{self.stored:,} 行")(self.ws.language)
        self.ws.progress(Text("Storing", "正在存储"), float(batch.facts.get("share", -1)), note)
        return rows

    def _count(self, rejected: pl.DataFrame) -> None:
        both = [c for c in ("reason", "reason_zh") if c in rejected.columns]
        for row in rejected.group_by(both).len().rows() if both else ():
            key = (str(row[0]), str(row[len(both) - 1]))
            if key in self._because or len(self._because) < 1000:
                self._because[key] = self._because.get(key, 0) + row[-1]
