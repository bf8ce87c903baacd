"""A stream into a dataset: small batches, each judged as it comes; what passes becomes versions, nothing is lost."""

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from diapason.engines.contracts import BECAUSE, Judge
from diapason.errors import DataError, NotFound, Refused
from diapason.ports.disk import turn
from diapason.ports.workspace import Workspace
from diapason.services.guard.alarms import settle
from diapason.services.guard.keeping import Piece, keep, resumed
from diapason.services.guard.lines import File, Lines, Pipe, head_of
from diapason.services.guard.parsing import Parser
from diapason.services.guard.seen import Seen
from diapason.services.guard.verdicts import verdicts
from diapason.services.ingest import contract as contract_of
from diapason.services.ingest.guarding import judging, other_columns, record, verdict
from diapason.vocabulary.language import Text
from diapason.vocabulary.names import file_name
from diapason.vocabulary.policy import Act, Policy
from diapason.vocabulary.tables import ROW, Contract, Role, VersionRef

__all__ = ["Pace", "run"]

_COUNTS = ("sent", "stored", "quarantined", "refused")
Tell = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often rows are judged, and how often they become a version."""

    rows: int = 4000  # of a batch, at most
    seconds: float = 0.5  # that a batch waits, at most
    version_rows: int = 100_000
    version_seconds: float = 60.0


def run(  # roomy: where rows come from, how often, and who says stop
    ws: Workspace,
    name: str,
    source: str,
    *,
    follow: bool = False,
    pace: Pace | None = None,
    pipe: BinaryIO | None = None,
    stop: Callable[[], bool] = lambda: False,
    tell: Tell = lambda _: None,
) -> dict[str, Any]:
    """Judge rows as they come, and append those that pass, until the source ends or somebody says stop.

    A file goes on from the byte behind the last row that was kept. What was read when stop is said is kept too.

    Args:
        source: `-` for `pipe`, else a file.
        follow: the file grows: wait for more.
        pipe: what `-` means: lines of JSON, or of CSV with a header.
        stop: asked several times a second.
        tell: told each verdict as it is signed.

    Returns:
        dataset, source, sent, stored, quarantined, refused, late, duplicates, versions, incidents, stopped, offset.

    Raises:
        NotFound: there is no such dataset, or no such file.
        Conflict: another guard reads this source into this dataset.
        Refused: the columns of the header are not those of the dataset.
        DataError: the dataset has columns that are computed at ingest, or the file was cut.
    """
    contract = _agreed(ws, name)
    path = None if source == "-" else Path(source)
    if path is not None and not path.is_file():
        raise NotFound(
            Text(f"there is no file '{source}'", f"没有文件“{source}”"),
            at=source,
            fix=Text("give a file, or - for standard input", "请给出文件，或用 - 表示标准输入"),
        )
    place = ws.folder / "guard" / f"{file_name(name)}-{sha256(str(path and path.resolve()).encode()).hexdigest()[:8]}"
    with turn(place.with_suffix(".lock"), wait=0.2):
        left = resumed(ws, name, place.with_suffix(".pending"))
        judge = judging(contract, _schema(ws, name))
        stream = _Stream(ws, name, contract, source, pace or Pace(), stop, tell, place.with_suffix(".pending"), judge)
        if left is not None:
            stream.told(left)
        return stream.of_pipe(pipe) if path is None else stream.of_file(path, follow=follow)


@dataclass(slots=True)
class _Stream:
    """One stream while it runs."""

    ws: Workspace
    name: str
    contract: Contract
    source: str
    pace: Pace
    stop: Callable[[], bool]
    tell: Tell
    spool: Path
    judge: Judge
    parser: Parser | None = None
    piece: Piece = field(default_factory=Piece)
    total: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*_COUNTS, "late", "duplicates"), 0))
    versions: list[int] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)
    began: str = ""
    begin: int = 0
    head: str = ""

    def of_pipe(self, pipe: BinaryIO | None) -> dict[str, Any]:
        """From a pipe; what was read ahead is judged and kept when it is stopped."""
        if pipe is None:
            raise DataError(
                Text("there is no standard input", "没有标准输入"), at="-", fix="cat rows.jsonl | diapason …"
            )
        return self._all(Lines(Pipe(pipe)), lambda _: "")

    def of_file(self, path: Path, *, follow: bool) -> dict[str, Any]:
        """From a file, behind what was kept of it before."""
        self.begin = _offset(self.ws, self.name, path)
        header = path.open("rb").readline() if self.begin else b""
        with closing(File(path, self.begin, follow=follow)) as chunks:
            self.source = str(path.resolve())
            return self._all(Lines(chunks, self.begin), lambda upto: head_of(path, upto), header)

    def _all(self, lines: Lines, head: Callable[[int], str], header: bytes = b"") -> dict[str, Any]:
        """Take, judge, keep, until there is no more."""
        self.began = self.ws.clock().isoformat()
        self.parser = self._parser(header) if header else None
        seen, kept, stopped = self._seen(), time.monotonic(), False
        while not lines.over or self.piece.sent:
            if not stopped and self.stop():
                stopped = True
                lines.close()
            self._taken(lines.take(self.pace.rows, self.pace.seconds, self.stop), seen, lines.waited)
            late = time.monotonic() - kept >= self.pace.version_seconds
            if self.piece.sent and (late or lines.over or self.piece.sent >= self.pace.version_rows):
                self._keep(seen, lines.offset, head(lines.offset))
            if not self.piece.sent:
                kept = time.monotonic()
        return self._done(stopped, lines.offset)

    def _taken(self, lines: list[bytes], seen: Seen, waited: float) -> None:
        before, at = self.piece.sent, self.ws.clock().timestamp() - waited
        while lines and self.parser is None and not lines[0].strip():
            lines = lines[1:]
        if lines and self.parser is None:
            self.parser = self._parser(lines[0])
            lines = lines[1:] if self.parser.header else lines
        if lines and self.parser is not None:
            self._batch(self.parser, self.judge, seen, lines)
        if self.piece.sent > before:
            self.piece.read.append((at, self.piece.sent - before))

    def _batch(self, parser: Parser, judge: Judge, seen: Seen, lines: list[bytes]) -> None:
        """Judge one batch; each row of it is good, set aside or refused."""
        told = parser.read(lines)
        piece, rows = self.piece, told.rows
        piece.sent += told.sent
        piece.refused += [told.refused] if told.refused.height else []
        seen.count(rows)
        look = judge.look(rows)
        broke = judge.surely(look, rows.height)
        over = [r.id for r in broke if not r.of_rows]
        if any(r.act is Act.REFUSE and not r.of_rows for r in broke):
            judge.meet(rows, look, over=over)
            self._refuse(rows.with_columns(pl.lit("; ".join(over)).alias(BECAUSE)), parser)
            rows = rows.clear()
        else:
            single = [r.id for r in broke if r.act is Act.REFUSE]
            judge.meet(rows, look, over=over)
            rows, bad = judge.parted(rows, look, single)
            self._refuse(bad, parser)
            aside = [r.id for r in broke if r.act is Act.QUARANTINE]
            rows, bad = judge.parted(rows, judge.look(rows) if bad.height else look, aside)
            piece.aside += [bad] if bad.height else []
        piece.good += [rows] if rows.height else []
        self.ws.progress(Text("guarding", "守护中"), -1.0, self._counted())

    def _refuse(self, rows: pl.DataFrame, parser: Parser) -> None:
        """Rows that are refused, each as the text that it would be."""
        if rows.height:
            cells = [pl.col(c).cast(pl.String) for c in rows.columns if c != BECAUSE]
            raw = pl.struct(cells).struct.json_encode()
            line = pl.lit(parser.line, pl.Int64)
            why = pl.col(BECAUSE)
            made = rows.select(line=line, reason=why, reason_zh=why, raw=raw, file=pl.lit(parser.source))
            self.piece.refused.append(made)

    def _keep(self, seen: Seen, upto: int, head: str) -> None:
        counts = self.piece.counts
        counts.pop("refused")
        judged = verdict(self.judge, **counts, stream=True)
        judged["broken"] += [b | {"of": judged["sent"]} for b in self.parser.broken()] if self.parser else []
        facts = {"source": self.source, "begin": self.begin, "upto": upto, "began": self.began, "head": head}
        facts |= {"late": seen.late, "duplicates": seen.duplicates, "read": self.piece.read}
        piece, self.piece = self.piece, Piece()
        self.told(keep(self.ws, self.name, self.spool, piece, {**judged, **facts}))
        self.begin, seen.late, seen.duplicates = upto, 0, 0
        self.judge = judging(self.contract, _schema(self.ws, self.name))
        if self.parser is not None:  # columns may have become wider
            self.parser.widen(_schema(self.ws, self.name))

    def told(self, done: Mapping[str, Any]) -> None:
        """Count a piece that was kept, and tell it."""
        for key in self.total:
            self.total[key] += done[key]
        self.versions += [done["version"]] if done["version"] else []
        self.incidents += done["incidents"]
        self.tell(done)

    def _done(self, stopped: bool, offset: int) -> dict[str, Any]:
        facts = {"dataset": self.name, "source": self.source, "stopped": stopped, "offset": offset}
        return {**facts, **self.total, "versions": self.versions, "incidents": self.incidents}

    def _counted(self) -> str:
        now = {key: self.total[key] + count for key, count in self.piece.counts.items()}
        en, zh = ("sent", "stored", "quarantined", "refused"), ("送入", "入库", "隔离", "拒收")
        names = dict(zip(_COUNTS, zh if self.ws.language == "zh" else en, strict=True))
        return "  ".join(f"{names[key]} {now[key]:,}" for key in _COUNTS)

    def _parser(self, first: bytes) -> Parser:
        try:
            return Parser.of(_schema(self.ws, self.name), self.contract.policy or Policy(), self.source, first)
        except Refused as error:
            judged = record(self.ws, self.name, self.source, "", other_columns(str(error.what), 0))
            settle(self.ws, self.name, [{"faults": [], **judged}])
            raise

    def _seen(self) -> Seen:
        seen = Seen(self.contract.first(Role.TIME) or "", self.contract.first(Role.ASSET) or "")
        seen.begin(self.ws.lake.scan(VersionRef(self.name)).drop(ROW))
        return seen


def _schema(ws: Workspace, name: str) -> dict[str, pl.DataType]:
    return {c: kind for c, kind in ws.lake.scan(VersionRef(name)).collect_schema().items() if c != ROW}


def _agreed(ws: Workspace, name: str) -> Contract:
    """The contract of a dataset that rows can be appended to one by one."""
    ws.lake.version(VersionRef(name))
    contract = contract_of(ws, name)
    if contract.derived:
        raise DataError(
            Text(
                f"{', '.join(contract.derived)} are computed from whole files: {name} takes no stream",
                f"{'、'.join(contract.derived)} 由整份文件计算得出：{name} 不接受数据流",
            ),
            at=name,
            fix=Text(f"bring whole files in: diapason ingest FILE --name {name} --append", "请整份导入并追加"),
        )
    return contract


def _offset(ws: Workspace, name: str, path: Path) -> int:
    """The byte behind the last row of this file that was kept; 0 where it is another file now."""
    mine = [v for v in verdicts(ws, name) if v["source"] == str(path.resolve()) and "upto" in v]
    if not mine:
        return 0
    upto = int(mine[-1]["upto"])
    same = path.stat().st_size >= upto and head_of(path, upto) == mine[-1]["head"]
    return upto if same else 0
