"""Where a recording goes: the dataset, its columns, and what each tag is there."""

import msgspec
import polars as pl

from diapason.errors import Conflict
from diapason.ports.workspace import Workspace
from diapason.services.connect import Chosen, Connection
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind
from diapason.vocabulary.tables import ROW, Column, Contract, Role, VersionRef

__all__ = ["ASSET", "TAG", "TEXT", "TIME", "TRUST", "VALUE", "Tag", "Target", "fitting", "target_of"]

TIME, ASSET, TAG, VALUE, TEXT, TRUST = "time", "asset", "tag", "value", "text", "trust"
_MOMENT = pl.Datetime("us", "UTC")


class Tag(msgspec.Struct, frozen=True):
    """A tag as it was when its readings were taken in; its place in the list is its number in the spool."""

    tag: str
    column: str
    asset: str = ""
    kind: str = "number"
    unit: str = ""
    every: float = 0.0  # s between polls, 0 = not polled
    gone: bool = False  # not read any more; its account stays


class Target(msgspec.Struct, frozen=True):
    """What the records of a spool become, from one of them on."""

    dataset: str
    layout: str
    tags: tuple[Tag, ...]
    since: int = 0  # records up to this number belong to an earlier target
    every: float = 0.0

    @property
    def columns(self) -> dict[str, pl.DataType]:
        """Columns of the dataset, in order."""
        here = [tag for tag in self.tags if not tag.gone]
        found: dict[str, pl.DataType] = {TIME: _MOMENT}
        if self.layout == "long":
            found |= {TAG: pl.String(), ASSET: pl.String(), VALUE: pl.Float64()}
            found |= {TEXT: pl.String()} if any(tag.kind == Kind.TEXT for tag in here) else {}
        else:
            found |= {ASSET: pl.String()} if self.layout == "assets" else {}
            found |= {tag.column: pl.String() if tag.kind == Kind.TEXT else pl.Float64() for tag in here}
        return found | {TRUST: pl.String()}

    @property
    def hold(self) -> int:
        """Microseconds that the newest moments wait for the rest of their row."""
        return 0 if self.layout == "long" else int(max(1.0, 2 * self.every) * 1e6)

    def contract(self) -> Contract:
        """What the dataset is, for whoever learns from it."""
        units = {tag.column: (tag.unit, tag.kind) for tag in self.tags if not tag.gone}
        made = []
        for name in self.columns:
            if name == TIME:
                made.append(Column(name, "time", Role.TIME, why="time of the source"))
            elif name in (ASSET, TAG) and name == (TAG if self.layout == "long" else ASSET):
                made.append(Column(name, "category", Role.ASSET, why=name))
            elif name in (TRUST, ASSET, TEXT):
                made.append(Column(name, "category", Role.IGNORED, why="recorded with the reading"))
            else:
                unit, kind = units.get(name, ("", "number"))
                made.append(Column(name, "category" if kind == Kind.TEXT else "number", unit=unit, why="recorded"))
        return Contract(self.dataset, tuple(made))


def target_of(said: Connection, dataset: str, before: Target | None, last: int) -> Target:
    """The target of a connection; tags keep the number that they had before, and those that are gone keep theirs.

    Args:
        last: newest record of the spool.
    """
    now = {one.point.tag: _tag(one, said) for one in said.chosen}
    old = before.tags if before is not None else ()
    tags = [now.pop(tag.tag, msgspec.structs.replace(tag, gone=True)) for tag in old]
    made = Target(dataset, said.layout, (*tags, *now.values()), 0, said.every)
    if before is not None and msgspec.structs.replace(before, since=0) == made:
        return before
    return msgspec.structs.replace(made, since=last if before is not None else 0)


def fitting(ws: Workspace, target: Target) -> None:
    """Raise Conflict where the dataset is there and has other columns."""
    if not ws.lake.versions(target.dataset):
        return
    there = {n: t for n, t in ws.lake.scan(VersionRef(target.dataset)).collect_schema().items() if n != ROW}
    if there == target.columns:
        return
    odd = sorted(set(there.items()) ^ set(target.columns.items()), key=lambda pair: pair[0])
    listed = ", ".join(dict.fromkeys(name for name, _ in odd[:6]))
    raise Conflict(
        Text(
            f"{target.dataset} has other columns than this connection: {listed}",
            f"{target.dataset} 的列与此连接不同：{listed}",
        ),
        at=target.dataset,
        fix=Text(
            "record into another dataset: --to NAME; or give the tags the columns that are there",
            "请录入另一个数据集：--to 名称；或在连接文件中改用已有的列名",
        ),
    )


def _tag(one: Chosen, said: Connection) -> Tag:
    point = one.point
    due = (one.every or said.every) if said.polled else 0.0
    return Tag(point.tag, one.column, point.asset, point.kind.value, point.unit, due)
