"""The lake: one Delta table per dataset, every version kept, several writers."""

import shutil
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import polars as pl

from diapason.errors import BrokenEvidence, Conflict, DiapasonError, NotFound
from diapason.ports.disk import LONGEST_WAIT, guarded, settle, turn
from diapason.ports.lake import Difference, Version
from diapason.ports.ledger import Ledger
from diapason.stores.lake import log
from diapason.stores.lake.columns import schema_json
from diapason.stores.lake.comparing import compare
from diapason.stores.lake.digest import LEAF, RowTree
from diapason.stores.lake.history import History, Past, commit_facts
from diapason.stores.lake.staging import DataFile, Stage, clear, file_digest, staged
from diapason.vocabulary.language import Text
from diapason.vocabulary.names import file_name, proper
from diapason.vocabulary.tables import VersionRef

__all__ = ["DeltaLake"]

SMALL = 8 << 20
"""Bytes below which a file is small."""
MANY = 32
"""Small files at the end of a table that make the next append merge them into one."""
READERS = 4
"""Threads that check files."""
MONTH = 30 * 86400.0
"""Seconds that files unknown to the ledger are set aside."""


class DeltaLake:
    """Implements `ports.lake.Lake`.

    A commit is: "intent" in the ledger, rows written aside, then in one turn per dataset the files moved in, the Delta
    commit, and "commit" in the ledger. Readers go by the ledger. What a killed writer left between is undone by the
    next writer of that dataset, and by `reconcile`.
    """

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.folder, self._ledger = Path(folder), ledger
        self._histories: dict[str, History] = {}
        self._sound: dict[Path, tuple[int, int]] = {}

    def commit(
        self,
        name: str,
        batches: Iterable[pl.DataFrame],
        *,
        run: str,
        note: str,
        append: bool = False,
        expected: int | None = None,
    ) -> Version:
        """Write a new version from batches; see `ports.lake.Lake.commit`."""
        name = proper(name)
        before = self._history(name).newest
        seen = _number(before)
        _expect(name, seen, expected)
        body = {"dataset": name, "note": note, "append": append, "newest": seen}
        intent = self._ledger.append("intent", run=run, subject=name, body=body)
        with staged(self.folder / ".staging") as stage:
            base = before if append else None
            stage.write(batches, tree=self._tree(name, base), above=base.last if base else -1)
            with self._turn(name):
                now = self._history(name).newest
                _expect(name, _number(now), seen if not append else expected)
                if append and _number(now) != seen:
                    stage.renumber(self._tree(name, now), now.last if now else -1)
                facts = {"run": run, "intent": intent.seq}
                return self._enter(name, stage, now if append else None, facts, note)

    def scan(self, ref: VersionRef) -> pl.LazyFrame:
        """Read a version lazily, `_row` included, in `_row` order."""
        past = self._past(ref)
        self._verify(ref.name, past)
        return self._lazy(ref.name, past)

    def version(self, ref: VersionRef) -> Version:
        """The facts of one version (0 = newest)."""
        return self._past(ref).version

    def versions(self, name: str) -> tuple[Version, ...]:
        """All versions, oldest first; empty for an unknown name."""
        past = self._history(name).past
        return tuple(past[number].version for number in sorted(past))

    def datasets(self) -> tuple[str, ...]:
        """Names of all datasets, in alphabetical order."""
        return tuple(name for name in self._names() if self._history(name).past)

    def difference(self, before: VersionRef, after: VersionRef) -> Difference:
        """What changed between two versions of one dataset."""
        old, new = self._past(before), self._past(after)
        shared = {file.name for file in old.files} & {file.name for file in new.files}
        self._verify(before.name, old)
        self._verify(after.name, new)
        return compare(self._lazy(before.name, old, shared), self._lazy(after.name, new, shared))

    def erase(self, name: str, *, version: int = 0, reason: str = "", run: str = "") -> Mapping[str, str]:
        """Really delete a dataset or one of its versions; see `ports.lake.Lake.erase`."""
        with self._turn(name):
            history = self._history(name)
            gone = [self._past(VersionRef(name, version))] if version else list(history.past.values())
            if not gone:
                raise _unknown(VersionRef(name), self.datasets())
            rest = {f.name for past in history.past.values() if past not in gone for f in past.files}
            digests = {str(past.version.ref): past.version.digest for past in gone}
            digests |= {f.name: f.sha256 for past in gone for f in past.files if f.name not in rest}
            numbers = [past.version.ref.version for past in gone]
            body = {"what": "dataset", "dataset": name, "versions": numbers, "digests": digests, "reason": reason}
            self._ledger.append("erase", run=run, subject=name, body=body)
            shutil.rmtree(self.folder / ".undone" / file_name(name), ignore_errors=True)
            self._mend(name)
        return digests

    def reconcile(self) -> tuple[str, ...]:
        """Undo whatever the ledger does not know (after a kill); returns what was done, in words."""
        done = [f"removed the half-written rows {name}" for name in clear(self.folder / ".staging")]
        done += _forget_aside(self.folder / ".undone")
        names = {file_name(name): name for name in self._names()}
        found = {p.name for p in self.folder.glob("*") if p.is_dir() and not p.name.startswith(".")}
        for folder in sorted(found | {file_name(name) for name in names.values() if self._history(name).past}):
            done += self._tried(folder, names.get(folder, ""))
        return tuple(done)

    def check(self) -> Iterator[Text]:
        """Complaints: files that are absent, changed or unknown, a log that shows something else."""
        for name in self.datasets():
            history, folder = self._history(name), self._place(name)
            known = history.files
            for file in known.values():
                yield from _file_complaints(name, folder, file)
            for stray in sorted(p.name for p in folder.glob("*.parquet") if p.name not in known):
                yield Text(f"{name}: {stray} belongs to no version", f"{name}：{stray} 不属于任何版本")
            past = history.newest
            if past is None or not log.agrees(folder, past.files, past.log):
                yield Text(f"{name}: the Delta log shows another table", f"{name}：Delta 日志与账本不一致")

    def files(self) -> Iterator[tuple[Path, str]]:
        """Every file that a backup needs, as the ledger knows them, and its sha256 where that is recorded."""
        for name in self.datasets():
            history, folder = self._history(name), self._place(name)
            yield from ((folder / file.name, file.sha256) for file in history.files.values())
            yield from ((path, "") for path in log.entries(folder, history.newest.delta if history.newest else -1))

    def _enter(self, name: str, stage: Stage, base: Past | None, facts: Mapping[str, Any], note: str) -> Version:
        """Make what is staged the newest version; the caller holds the turn."""
        self._mend(name)
        history, folder = self._history(name), self._place(name)
        keep, merged = _merged(folder, base, stage)
        ref = VersionRef(name, history.top + 1)
        version = Version(ref, stage.tree.rows, stage.tree.digest(), str(facts["run"]), "", note)
        schema = base.schema if base else schema_json(stage.schema)
        try:
            added = _moved(stage, [*merged, *stage.files], folder, ref.version)
            past = Past(version, (*keep, *added), schema, stage.renamed, stage.tree.peaks, facts)
            drop = [file.name for file in base.files[len(keep) :]] if base else []
            delta = log.record(folder, keep=keep, drop=drop, add=added, schema=schema, facts=facts)
            said = commit_facts(past, base=_number(base), keeps=len(keep), delta=delta)
            self._ledger.append("commit", run=str(facts["run"]), subject=name, body=said)
        except BaseException:
            with suppress(DiapasonError, OSError):
                self._mend(name)
            raise
        return self._past(ref).version

    def _mend(self, name: str) -> list[str]:
        """Make one table what the ledger says; the caller holds the turn.

        Files that the ledger has never known are set aside for a month: were it the ledger that lost its end, they are
        all there is. Files of versions that were erased go at once.
        """
        history, folder = self._history(name), self._place(name)
        past, known, ever = history.newest, history.files, history.ever
        done = []
        for stray in [p for p in folder.glob("*.parquet") if p.name not in known]:
            with guarded(stray):
                done.append(_gone(stray, name) if stray.name in ever else self._set_aside(stray, name))
        if past is None:
            return done + _removed(folder, name)
        if not log.agrees(folder, past.files, past.log):
            log.make_agree(folder, past.files, past.schema, {**past.log, "undone": True})
            done.append(f"{name}: undid what the ledger does not know, back to {past.version.ref}")
        return done

    def _set_aside(self, stray: Path, name: str) -> str:
        place = self.folder / ".undone" / stray.parent.name
        place.mkdir(parents=True, exist_ok=True)
        stray.replace(place / stray.name)
        return f"{name}: set {stray.name} aside, which belongs to no version"

    def _tried(self, folder: str, name: str) -> list[str]:
        """Mend a table unless somebody is writing to it, who will do that himself."""
        try:
            with self._locked(folder, wait=0), guarded(self.folder / folder):
                name = name or next((n for n in self._names() if file_name(n) == folder), folder)
                return self._mend(name)
        except Conflict:
            return []

    def _names(self) -> list[str]:
        """Every name that was ever given to a dataset."""
        return sorted({entry.subject for entry in self._ledger.entries(kind="commit")})

    def _history(self, name: str) -> History:
        return self._histories.setdefault(name, History(name)).read(self._ledger)

    def _past(self, ref: VersionRef) -> Past:
        history = self._history(ref.name)
        past = history.past.get(ref.version) if ref.version else history.newest
        if past is None:
            known = [str(VersionRef(ref.name, number)) for number in sorted(history.past)] or list(self.datasets())
            raise _unknown(ref, known)
        return past

    def _place(self, name: str) -> Path:
        return self.folder / file_name(name)

    def _turn(self, name: str) -> AbstractContextManager[None]:
        return self._locked(file_name(name), wait=LONGEST_WAIT)

    def _locked(self, folder: str, *, wait: float) -> AbstractContextManager[None]:
        return turn(self.folder / ".locks" / f"{folder}.lock", wait=wait)

    def _verify(self, name: str, past: Past) -> None:
        """Raise BrokenEvidence unless every file is what was committed; each file is read once per process."""
        folder = self._place(name)
        with ThreadPoolExecutor(READERS) as readers:
            list(readers.map(lambda file: self._verify_file(folder / file.name, file), past.files))

    def _verify_file(self, path: Path, file: DataFile) -> None:
        if not path.is_file():
            raise _broken(path, Text("a file of this version is gone", "该版本的一个文件不见了"))
        now = path.stat()
        seen = (now.st_size, now.st_mtime_ns)
        if self._sound.get(path) == seen:
            return
        if now.st_size != file.size or file_digest(path) != file.sha256:
            raise _broken(path, Text("a file of this version was changed", "该版本的一个文件已被改动"))
        self._sound[path] = seen

    def _lazy(self, name: str, past: Past, without: Collection[str] = ()) -> pl.LazyFrame:
        paths = [self._place(name) / file.name for file in past.files]
        wanted = [path for path in paths if path.name not in without]
        frame = pl.scan_parquet(wanted or paths[:1], glob=False, hive_partitioning=False)
        logical = {new: old for old, new in past.renamed.items()}
        return (frame if wanted else frame.clear()).rename(logical)

    def _tree(self, name: str, base: Past | None) -> RowTree:
        """The tree over the rows that are there, ready to take more."""
        if base is None:
            return RowTree()
        missing = base.version.rows % LEAF
        parts: list[pl.DataFrame] = []
        for file in reversed(base.files):
            if missing > 0:
                part = pl.scan_parquet(self._place(name) / file.name, glob=False).tail(missing).collect()
                parts.insert(0, part)
                missing -= part.height
        logical = {new: old for old, new in base.renamed.items()}
        empty = pl.read_parquet(self._place(name) / base.files[0].name, n_rows=0, glob=False)
        return RowTree(base.version.rows, base.peaks, pl.concat([empty, *parts]).rename(logical))


def _merged(folder: Path, base: Past | None, stage: Stage) -> tuple[tuple[DataFile, ...], list[DataFile]]:
    """Files of the table that stay, and those that many small ones at its end become."""
    if base is None:
        return (), []
    small = list(takewhile(lambda file: file.size < SMALL, reversed(base.files)))[::-1]
    if len(small) < MANY:
        return base.files, []
    return base.files[: -len(small)], stage.merge(folder, small)


def _moved(stage: Stage, files: Sequence[DataFile], folder: Path, version: int) -> list[DataFile]:
    """Give the files their place and name in the table."""
    moved = []
    with guarded(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for k, file in enumerate(files):
            name = f"v{version:06d}-{k:04d}-{file.name[:8]}.parquet"
            (stage.folder / file.name).replace(folder / name)
            moved.append(replace(file, name=name))
        settle(folder)
    return moved


def _gone(path: Path, name: str) -> str:
    path.unlink(missing_ok=True)
    return f"{name}: removed {path.name}, which was erased"


def _forget_aside(place: Path) -> list[str]:
    """Remove what was set aside more than a month ago."""
    old = [p for p in place.glob("*/*.parquet") if time.time() - p.stat().st_mtime > MONTH]
    for path in old:
        path.unlink(missing_ok=True)
    return [f"removed {path.name}, set aside a month ago" for path in old]


def _removed(folder: Path, name: str) -> list[str]:
    if not folder.exists():
        return []
    with guarded(folder):
        shutil.rmtree(folder)
    return [f"{name}: removed what belongs to no version"]


def _file_complaints(name: str, folder: Path, file: DataFile) -> Iterator[Text]:
    path = folder / file.name
    if not path.is_file():
        yield Text(f"{name}: {file.name} is gone", f"{name}：{file.name} 不见了")
    elif path.stat().st_size != file.size or file_digest(path) != file.sha256:
        yield Text(f"{name}: {file.name} was changed", f"{name}：{file.name} 已被改动")


def _number(past: Past | None) -> int:
    return past.version.ref.version if past else 0


def _expect(name: str, found: int, expected: int | None) -> None:
    if expected is not None and expected != found:
        raise Conflict(
            Text(
                f"{name} is at version {found}, not {expected}: another writer was faster",
                f"{name} 已是版本 {found}，而非 {expected}：另一写入者更快",
            ),
            at=name,
            fix=Text("look at the newest version, then run again", "请查看最新版本后重新运行"),
        )


def _unknown(ref: VersionRef, known: Iterable[str]) -> NotFound:
    listed = ", ".join(known)
    return NotFound(
        Text(f"there is no dataset {ref}", f"没有数据集 {ref}"),
        at="lake",
        fix=Text(
            f"choose one of: {listed}" if listed else "bring one in: diapason ingest FILE --name NAME",
            f"可选：{listed}" if listed else "先导入：diapason ingest 文件 --name 名称",
        ),
    )


def _broken(path: Path, what: Text) -> BrokenEvidence:
    return BrokenEvidence(
        what,
        at=str(path),
        fix=Text(
            "do not use it; see diapason doctor, then bring back a backup: diapason restore",
            "请勿使用；先查看 diapason doctor，再从备份恢复：diapason restore",
        ),
    )
