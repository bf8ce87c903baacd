"""What every store must do, as public checks: call them in the tests of your own store. Ours pass the same ones."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Thread

import polars as pl

from diapason.errors import Conflict, DataError, DiapasonError, NotFound
from diapason.ports.lake import Lake
from diapason.ports.ledger import Ledger
from diapason.ports.vault import Vault
from diapason.vocabulary.tables import ROW, VersionRef

__all__ = ["check_lake", "check_ledger", "check_vault"]

HOSTILE = ("", "../up", "a/b", "a\\b", "a@1", "x\x00", "-rf", " lead", "dot.", "con", "a" * 200, "\ud800")
ZEROS = "0" * 64
REF = VersionRef("turbofan")


def check_ledger(make: Callable[[], Ledger], folder: Path) -> None:
    """A ledger chains what it is given, gives it back, keeps all of several writers, and refuses what is not JSON.

    Args:
        make: opens the same ledger, empty at first; called several times.
        folder: an empty folder for a snapshot.

    Raises:
        AssertionError: a promise is broken; says which.
    """
    ledger = make()
    _promise(ledger.head() == (0, ZEROS), "an empty ledger has the head 0 and 64 zeros")
    _promise(ledger.last() is None and not list(ledger.entries()), "an empty ledger has no entries")
    first = ledger.append("plan", run="r1", subject="涡轮@1", body={"x": 1.5, "说明": ["a", None, True]})
    second = ledger.append("result", run="r1", subject="turbofan@1", body={})
    _promise((first.seq, second.seq) == (1, 2), "entries are numbered from 1")
    _promise(first.before == ZEROS and second.before == first.hash, "each entry names the hash of the one before")
    other = make()
    _promise(list(other.entries()) == [first, second], "what one wrote another reads, the same and in order")
    _promise(list(other.entries(kind="plan")) == [first], "entries are filtered by kind")
    _promise(list(other.entries(run="r1", after=1)) == [second], "entries are filtered by run, and after a number")
    _promise(list(other.entries(subject="涡轮@1")) == [first], "entries are filtered by subject")
    _promise(other.last(kind="plan") == first and other.last() == second, "the last entry is the newest that matches")
    _promise(other.head() == (2, second.hash), "the head is the number and hash of the last entry")
    for body in ({"x": float("nan")}, {"x": object()}, {"x": {1, 2}}, {"x": b"bytes"}):
        _refused(DataError, "a body that is not JSON", lambda body=body: ledger.append("plan", body=body))  # type: ignore[misc]
    _together([lambda: _times(10, lambda: make().append("plan", body={})) for _ in range(4)])
    _promise(other.head()[0] == 42 and other.check() == 42, "entries of several writers are all kept, in one chain")
    other.snapshot(folder / "copy")
    _promise((folder / "copy").exists(), "a snapshot is a file")
    ledger.close()
    _promise(ledger.head()[0] == 42, "a closed ledger opens again when it is used")


def check_vault(make: Callable[[], Vault]) -> None:
    """A vault gives back what it was given, knows what it has, and really deletes.

    Args:
        make: opens the same vault, empty at first; called several times.
    """
    vault, other = make(), make()
    for data in (b"", b"hello", bytes(range(256)) * 5000):
        digest = vault.put(data)
        _promise(vault.put(data) == digest and other.get(digest) == data, "bytes come back under their digest")
        _promise(other.path(digest).read_bytes() == data, "the path leads to the bytes")
    _promise(len(list(other.digests())) == 3, "each blob is kept once")
    for digest in (ZEROS, "", "../../etc/passwd", "A" * 64):
        for ask in (vault.get, vault.path, vault.erase):
            _refused(NotFound, f"the digest {digest!r}", lambda ask=ask, digest=digest: ask(digest))  # type: ignore[misc]
    one, two = vault.put(b"one"), vault.put(b"two")
    for key in ("k", "cells/涡轮@1/../x", "", "K"):
        vault.remember(key, one)
        vault.remember(key, two)
        _promise(other.recall(key) == two, "the last digest that a key was given is the one it stands for")
    vault.remember("k", one)
    _promise(other.recall("K") == two, "keys that differ in case are different keys")
    _promise(dict(other.remembered()).get("k") == one, "the vault lists its keys")
    _refused(NotFound, "a key for bytes that are not there", lambda: vault.remember("k2", ZEROS))
    other.erase(one)
    _promise(vault.recall("k") is None and one not in vault.digests(), "what was erased is gone, its keys too")
    _refused(NotFound, "bytes that were erased", lambda: vault.get(one))
    _promise(not list(vault.check()) and not vault.tidy(), "a vault that was used well has nothing to complain of")


def check_lake(make: Callable[[], Lake]) -> None:
    """A lake keeps every version as it was committed, all rows of several writers, and nothing of what failed.

    Args:
        make: opens the same lake, empty at first; called several times.
    """
    for promise in (_keeps, _types_survive, _appends, _one_is_faster, _fails_whole, _differs, _several, _erases):
        promise(make)
    lake = make()
    _promise(lake.reconcile() == () and not list(lake.check()), "a lake that was used well has nothing to complain of")


def _table(start: int, stop: int, value: float = 0.5) -> pl.DataFrame:
    numbers = range(start, stop)
    return pl.DataFrame(
        {ROW: numbers, "x": [n * value for n in numbers], "说明": [f"a{n}" if n % 3 else None for n in numbers]},
        schema={ROW: pl.Int64, "x": pl.Float64, "说明": pl.String},
    )


def _keeps(make: Callable[[], Lake]) -> None:
    lake, other = make(), make()
    _promise(lake.datasets() == () and lake.versions("turbofan") == (), "an empty lake has no datasets")
    _refused(NotFound, "a dataset that is not there", lambda: lake.version(REF))
    table = _table(0, 9000)
    first = lake.commit("turbofan", [table[:5000], table[5000:]], run="r1", note="ingest")
    _promise((first.ref.version, first.rows, first.run, first.note) == (1, 9000, "r1", "ingest"), "a version has facts")
    _promise(other.scan(REF).collect().equals(table), "the rows come back as they were, in order")
    second = other.commit("turbofan", table.iter_slices(700), run="r2", note="again")
    _promise(second.digest == first.digest, "the same rows have the same digest, in whatever batches")
    third = lake.commit("turbofan", [table.with_columns(x=pl.col("x") + 1)], run="r3", note="other")
    _promise(third.digest != first.digest, "other rows have another digest")
    _promise(
        lake.commit("turbofan", [table.reverse()], run="r4", note="").digest == first.digest, "rows have one order"
    )
    _promise(other.scan(VersionRef("turbofan", 3)).select("x").collect()["x"][0] == 1.0, "every version stays readable")
    _promise([v.ref.version for v in other.versions("turbofan")] == [1, 2, 3, 4], "versions are listed, oldest first")
    _promise(other.version(REF).ref.version == 4 and other.datasets() == ("turbofan",), "version 0 is the newest")


def _types_survive(make: Callable[[], Lake]) -> None:
    table = pl.DataFrame({
        ROW: [0, 1], "real": [1.5, float("nan")], "whole": [1, None], "flag": [True, None], "text": ["é\n\"", "温"],
        "Text": ["a", "b"], "a b,;{}()=": [1.0, 2.0], "": [1, 2], "day": [date(2026, 1, 1), None],
        "local": [datetime(2026, 1, 1), None], "utc": [datetime(2026, 1, 1, tzinfo=UTC), None],  # noqa: DTZ001
        "wave": [[1.0, 2.0], []], "empty": pl.Series([None, None], dtype=pl.String),
    })  # fmt: skip
    lake = make()
    lake.commit("types", [table], run="", note="")
    _promise(make().scan(VersionRef("types")).collect().equals(table), "every type and every column name comes back")
    lake.commit("types", [table.drop("wave").head(0)], run="", note="")
    found = make().scan(VersionRef("types")).collect()
    _promise(found.height == 0 and found.schema == table.drop("wave").schema, "a version without rows has its columns")


def _appends(make: Callable[[], Lake]) -> None:
    lake = make()
    for start in range(0, 12_000, 3000):
        done = lake.commit("grown", [_table(0, 3000)], run="r", note="more", append=True)
        _promise(done.first_row == start, "rows whose numbers collide are numbered on, and one is told from where")
    found = lake.scan(VersionRef("grown")).collect()
    _promise(found[ROW].to_list() == list(range(12_000)), "appended rows follow those that are there")
    whole = lake.commit("whole", [found], run="r", note="")
    _promise(lake.version(VersionRef("grown")).digest == whole.digest, "the digest does not tell how rows came")
    for columns in (_table(0, 3).drop("x"), _table(0, 3).with_columns(y=1), _table(0, 3).with_columns(x=pl.lit("a"))):
        more = [columns]
        _refused(DataError, "other columns", lambda more=more: lake.commit("grown", more, run="", note="", append=True))  # type: ignore[misc]
    _promise(lake.version(VersionRef("grown")).rows == 12_000, "a refused append leaves nothing")


def _one_is_faster(make: Callable[[], Lake]) -> None:
    lake, other = make(), make()
    lake.commit("raced", [_table(0, 10)], run="", note="", expected=0)

    def slow() -> Iterator[pl.DataFrame]:
        yield _table(0, 5)
        other.commit("raced", [_table(0, 7)], run="", note="", append=True)

    _refused(Conflict, "a replacement of what changed meanwhile", lambda: lake.commit("raced", slow(), run="", note=""))
    _promise(lake.version(VersionRef("raced")).rows == 17, "the faster one stays")
    _refused(Conflict, "a version that was not expected", lambda: lake.commit("raced", [], run="", note="", expected=1))
    lake.commit("raced", slow(), run="", note="", append=True)
    _promise(lake.version(VersionRef("raced")).rows == 29, "an append goes on from what is there")


def _fails_whole(make: Callable[[], Lake]) -> None:
    lake = make()

    def broken() -> Iterator[pl.DataFrame]:
        yield _table(0, 5000)
        raise DataError("line 5001 is cut off")

    for name in ("turbofan", "never"):
        _refused(DataError, "the source's own error", lambda name=name: lake.commit(name, broken(), run="", note=""))  # type: ignore[misc]
    twice = pl.concat([_table(0, 5), _table(3, 6)])
    for bad in ([], [_table(0, 5).drop(ROW)], [twice], [_table(0, 5), _table(4, 9)], [_table(-5, 0)]):
        frames: list[pl.DataFrame] = bad
        _refused(DataError, "rows without numbers", lambda frames=frames: lake.commit("never", frames, run="", note=""))  # type: ignore[misc]
    for name in HOSTILE:
        _refused(DataError, repr(name), lambda name=name: lake.commit(name, [_table(0, 5)], run="", note=""))  # type: ignore[misc]
    _promise(lake.versions("never") == () and lake.version(REF).ref.version == 4, "nothing is left of what failed")


def _differs(make: Callable[[], Lake]) -> None:
    lake, table = make(), _table(0, 100)
    lake.commit("edited", [table], run="", note="")
    edit = table.filter(pl.col(ROW) != 7).with_columns(x=pl.when(pl.col(ROW) == 9).then(None).otherwise(pl.col("x")))
    lake.commit("edited", [pl.concat([edit, _table(100, 103)])], run="", note="")
    found = lake.difference(VersionRef("edited", 1), VersionRef("edited", 2))
    _promise(found.removed[ROW].to_list() == [7], "removed rows are told")
    _promise(found.added[ROW].to_list() == [100, 101, 102], "added rows are told")
    _promise(found.changed.rows() == [(9, "x", "4.5", None)], "changed cells are told, before and after")


def _several(make: Callable[[], Lake]) -> None:
    def write() -> None:
        lake = make()
        _times(5, lambda: lake.commit("several", [_table(0, 10)], run="", note="", append=True))

    _together([write] * 3)
    found = make().scan(VersionRef("several")).collect()
    _promise(found.height == 150 and found[ROW].n_unique() == 150, "appends of several writers are all kept")


def _erases(make: Callable[[], Lake]) -> None:
    lake = make()
    lake.commit("gone", [_table(0, 10)], run="", note="")
    lake.commit("gone", [_table(0, 10, value=0.25)], run="", note="")
    digests = lake.erase("gone", version=2, reason="asked for")
    _promise("gone@2" in digests and lake.version(VersionRef("gone")).ref.version == 1, "one version can be erased")
    _promise(lake.commit("gone", [_table(0, 1)], run="", note="").ref.version == 3, "a number is never given again")
    files = [path for path, _ in lake.files()]
    _promise("gone@1" in lake.erase("gone", reason="asked for"), "erasing tells the digests of what is gone")
    left = {path for path, _ in make().files()}
    _promise(not any(p.exists() for p in files if p not in left), "the bytes are gone")
    _refused(NotFound, "a dataset that was erased", lambda: make().scan(VersionRef("gone")))
    _promise("gone" not in make().datasets(), "an erased dataset is not listed")


def _promise(kept: bool, words: str) -> None:
    if not kept:
        raise AssertionError(f"broken promise: {words}")


def _refused(error: type[DiapasonError], words: str, call: Callable[[], object]) -> None:
    try:
        call()
    except error as refusal:
        _promise(bool(str(refusal)), f"the refusal of {words} says what is wrong")
        return
    except Exception as other:
        raise AssertionError(f"broken promise: {words} is refused by {error.__name__}, not {other!r}") from other
    raise AssertionError(f"broken promise: {words} is refused")


def _times(count: int, call: Callable[[], object]) -> None:
    for _ in range(count):
        call()


def _together(calls: list[Callable[[], None]]) -> None:
    """Run the calls at the same time; raise the first error."""
    errors: list[BaseException] = []

    def kept(call: Callable[[], None]) -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001  (raised below, in the caller's thread)
            errors.append(error)

    threads = [Thread(target=kept, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
