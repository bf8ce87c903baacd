"""The two tables of a join: their rows, times, signals, and the version that they stand on."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.alignment.historian import Layout, records_of
from diapason.engines.alignment.matching import need
from diapason.engines.alignment.moments import column_like, seconds
from diapason.engines.alignment.series import Series
from diapason.errors import DataError, NotFound
from diapason.ports.workspace import Workspace
from diapason.services import ingest
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, Contract, Role, VersionRef

__all__ = ["JOINED", "Side", "newest", "side"]

JOINED = "joined: "  # how the reason of a joined column begins
FEW_TAGS = 2000  # names in a column of tags at most
RECORDS_EACH = 3  # of each tag at least


@dataclass(frozen=True, slots=True)
class Side:
    """One table, and what of it is time, key, and signal."""

    ref: VersionRef
    digest: str
    frame: pl.DataFrame
    contract: Contract
    keys: tuple[str, ...] = ()  # columns that must be equal in the other table

    @property
    def clock(self) -> str | None:
        """The column of times, if there is one."""
        said = self.contract.first(Role.TIME)
        times = [n for n, t in self.frame.schema.items() if t.is_temporal()]
        return said if said in self.frame.columns else next(iter(times), None)

    @property
    def time(self) -> str:
        """The column of times.

        Raises:
            DataError: there is none.
        """
        if self.clock is not None:
            return self.clock
        raise DataError(
            Text(f"{self.ref.name} has no time column", f"{self.ref.name} 没有时间列"),
            at=", ".join(c for c in self.frame.columns if c != ROW),
            fix=Text("ingest it with --time NAME", "请用 --time 列名 导入"),
        )

    @property
    def counted(self) -> bool:
        """Whether time is a plain count, such as cycles."""
        return self.frame.schema[self.time].is_numeric()

    @property
    def values(self) -> tuple[str, ...]:
        """Columns that are neither key, nor time, nor a row's name."""
        apart = {ROW, self.clock, *self.keys}
        return tuple(n for n, t in self.frame.schema.items() if n not in apart and not t.is_temporal())

    @property
    def layout(self) -> Layout:
        """Wide, or long where values stand one below the other under the name of their tag."""
        texts = [n for n in self.values if self.frame.schema[n] == pl.String]
        rest = [n for n in self.values if n not in texts]
        if len(texts) == 1 and len(rest) == 1 and self.frame.schema[rest[0]].is_numeric():
            names = self.frame[texts[0]].n_unique()
            twice = self.frame.select(self.time, *self.keys).is_duplicated().any()
            if names <= FEW_TAGS and self.frame.height >= RECORDS_EACH * names and (twice or _tagged(texts[0])):
                return Layout(self.time, self.keys, texts[0], rest[0])
        return Layout(self.time, self.keys, columns=self.values)

    @property
    def signals(self) -> list[dict[str, Series]]:
        """Numbers that move, per asset, the longest record first; wide ones by column, long ones by tag."""
        plain = replace(self.layout, by=())
        if not plain.tag:
            plain = replace(plain, columns=tuple(n for n in self.own if self.frame.schema[n].is_numeric()))
        parts = self.frame.partition_by(list(self.keys), maintain_order=True) if self.keys else [self.frame]
        parts = sorted(parts, key=lambda part: -part.height)
        found = [records_of(part, plain) for part in parts]
        return [{n: tag.records for n, tag in tags.items() if not tag.names} for tags in found]

    @property
    def own(self) -> tuple[str, ...]:
        """Values that were measured here: neither names of things, nor what an earlier join brought."""
        names = (Role.IGNORED, Role.ASSET, Role.BATCH)
        apart = {c.name for c in self.contract.columns if c.role in names or c.why.startswith(JOINED)}
        return tuple(n for n in self.values if n not in apart)

    def moments(self) -> NDArray[np.float64]:
        """Times as plain numbers."""
        return seconds(self.frame[self.time])

    def at(self, times: NDArray[np.float64]) -> "Side":
        """The same rows at other times."""
        return replace(self, frame=self.frame.with_columns(column_like(times, self.frame[self.time])))


def _tagged(name: str) -> bool:
    return any(word in name.lower() for word in ("tag", "point", "signal", "sensor", "位号", "测点", "点名"))


def newest(ws: Workspace, name: str, keys: tuple[str, ...] = ()) -> Side:
    """A dataset's newest version, or the one that is named.

    Raises:
        NotFound: there is no such dataset.
        DataError: a key is absent.
    """
    ref = VersionRef.parse(name)
    if not ws.lake.versions(ref.name):
        raise NotFound(
            Text(f"there is no dataset '{ref.name}'", f"没有数据集“{ref.name}”"),
            at=str(ws.folder),
            fix=Text("choose one of: " + ", ".join(ws.lake.datasets()), "可选：" + "、".join(ws.lake.datasets())),
        )
    version = ws.lake.version(ref)
    frame = ws.lake.scan(version.ref).collect()
    need(frame, keys, ref.name)
    try:
        agreed = ingest.contract(ws, ref.name)
    except NotFound:
        agreed = Contract(ref.name, ())
    return Side(version.ref, version.digest, frame, agreed, keys)


def side(ws: Workspace, source: str, left: str, keys: tuple[str, ...] = ()) -> Side:
    """A dataset, or a file: ingested beside under its own name, so that the join stands on a version."""
    if source.partition("@")[0] in ws.lake.datasets():
        return newest(ws, source, keys)
    if not Path(source).exists() and not any(c in source for c in ":*?["):
        raise NotFound(
            Text(f"'{source}' is neither a file nor a dataset", f"“{source}”既不是文件也不是数据集"),
            at=str(ws.folder),
            fix=Text("name a file, or one of: " + ", ".join(ws.lake.datasets()), "请给出文件或数据集"),
        )
    name = Path(source).name.rpartition(":")[2].split(".")[0]
    if name == VersionRef.parse(left).name:
        name += "-other"
    asyncio.run(ingest.run(ws, source, name=name))
    return newest(ws, name, keys)
