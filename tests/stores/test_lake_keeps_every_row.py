"""The lake under odd input, several writers, kills, damage and foreign hands."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from deltalake import CommitProperties, DeltaTable, QueryBuilder, write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from diapason.engines.evidence.chain import link
from diapason.errors import BrokenEvidence, DataError, DiapasonError, NotFound
from diapason.stores.lake import DeltaLake
from diapason.stores.lake.digest import RowTree
from diapason.stores.ledger import SqliteLedger
from diapason.vocabulary.tables import ROW, VersionRef

REF = VersionRef("t")


def _lake(folder: Path) -> DeltaLake:
    return DeltaLake(folder / "lake", SqliteLedger(folder / "ledger.db", link=link))


def _rows(start: int, stop: int, shift: float = 0.0) -> pl.DataFrame:
    x = [i / 4 + shift for i in range(start, stop)]
    return pl.DataFrame({ROW: range(start, stop), "x": x}, schema={ROW: pl.Int64, "x": pl.Float64})


def _outside(folder: Path) -> pl.DataFrame:
    """What any other reader of Delta tables sees."""
    table = DeltaTable((folder / "lake" / "t").as_uri())
    return pl.DataFrame(QueryBuilder().register("t", table).execute("select * from t").read_all()).sort(ROW)


SERIES = {
    "real": st.lists(st.none() | st.floats(width=32), min_size=8, max_size=8),
    "whole": st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=8, max_size=8),
    "text": st.lists(st.none() | st.text(max_size=5), min_size=8, max_size=8),
    "flag": st.lists(st.none() | st.booleans(), min_size=8, max_size=8),
}


@given(st.fixed_dictionaries(SERIES), st.lists(st.integers(0, 8), max_size=3), st.integers(0, 8), st.randoms())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_and_digest_do_not_depend_on_how_they_came(
    tmp_path_factory: pytest.TempPathFactory, columns: dict, cuts: list[int], kept: int, rng: random.Random
) -> None:
    """In any batches, any order, committed or appended: the same rows read back, and one digest."""
    folder = tmp_path_factory.mktemp("lake")
    schema = {"real": pl.Float64, "whole": pl.Int64, "text": pl.String, "flag": pl.Boolean}
    table = pl.DataFrame(columns, schema=schema).with_row_index(ROW).cast({ROW: pl.Int64})
    at = sorted({0, 8, *cuts})
    batches = [table[a:b] for a, b in pairwise(at)]
    lake = _lake(folder)
    ordered = lake.commit("a", batches, run="", note="")
    assert lake.scan(VersionRef("a")).collect().equals(table)
    rng.shuffle(batches)
    assert lake.commit("b", batches, run="", note="").digest == ordered.digest
    lake.commit("c", [table.head(kept)], run="", note="")
    appended = lake.commit("c", [table.tail(8 - kept)], run="", note="", append=True)
    assert appended.digest == ordered.digest
    assert lake.scan(VersionRef("c")).collect().equals(table)


class LakeLikeAListOfTables(RuleBasedStateMachine):
    """Whatever is done, by whichever of two handles: the lake has the tables that a plain list would have."""

    @initialize(folder=st.builds(lambda: Path(os.environ["LAKE_TEST_FOLDER"]) / os.urandom(8).hex()))
    def start(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self.lakes = folder, [_lake(folder), _lake(folder)]
        self.kept: dict[int, pl.DataFrame] = {}
        self.top = 0

    @rule(by=st.integers(0, 1), start=st.integers(0, 30), count=st.integers(0, 20), append=st.booleans())
    def commit(self, by: int, start: int, count: int, append: bool) -> None:
        rows = _rows(start, start + count)
        made = self.lakes[by].commit("t", rows.iter_slices(7) if count else [rows], run="", note="", append=append)
        old = self.kept[max(self.kept)] if append and self.kept else rows.head(0)
        last = old[ROW].max() if old.height else -1
        moved = rows.with_columns(pl.col(ROW) + (max(0, last + 1 - start) if append else 0))
        self.top += 1
        self.kept[self.top] = pl.concat([old, moved])
        assert (made.ref.version, made.rows) == (self.top, self.kept[self.top].height)

    @rule(by=st.integers(0, 1), which=st.integers(0, 9))
    def erase(self, by: int, which: int) -> None:
        if self.kept:
            number = sorted(self.kept)[which % len(self.kept)]
            self.lakes[by].erase("t", version=number)
            del self.kept[number]

    @rule(by=st.integers(0, 1))
    def reopen(self, by: int) -> None:
        self.lakes[by] = _lake(self.folder)
        assert self.lakes[by].reconcile() == ()

    @invariant()
    def the_same(self) -> None:
        for lake in getattr(self, "lakes", ()):
            assert [v.ref.version for v in lake.versions("t")] == sorted(self.kept)
            for number, table in self.kept.items():
                assert lake.scan(VersionRef("t", number)).collect().equals(table)
            assert not list(lake.check())


def test_the_lake_is_like_a_list_of_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any order of commits, appends and erasures."""
    monkeypatch.setenv("LAKE_TEST_FOLDER", str(tmp_path))
    few = settings(max_examples=6, stateful_step_count=10, deadline=None)
    run_state_machine_as_test(LakeLikeAListOfTables, settings=few)


@given(st.lists(st.integers(1, 9000), min_size=1, max_size=6), st.integers(0, 5))
@settings(max_examples=20, deadline=None)
def test_the_digest_goes_on_from_what_it_kept(sizes: list[int], stop: int) -> None:
    """Resumed from peaks and tail after any number of rows, the tree ends like one that never stopped."""
    table = _rows(0, sum(sizes))
    whole = RowTree()
    whole.add(table)
    tree, done = RowTree(), 0
    for k, size in enumerate(sizes):
        if k == stop:
            tail = table[done - done % 4096 : done]
            tree = RowTree(done, tree.peaks, tail)
        tree.add(table[done : done + size])
        done += size
    assert tree.digest() == whole.digest()


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.with_columns(x=pl.when(pl.col(ROW) == 5).then(None).otherwise(pl.col("x"))),
        lambda t: t.with_columns(x=pl.when(pl.col(ROW) == 5).then(1e-300).otherwise(pl.col("x"))),
        lambda t: t.filter(pl.col(ROW) != 5),
        lambda t: t.with_columns(pl.col(ROW) + 1),
        lambda t: t.rename({"x": "y"}),
        lambda t: t.cast({"x": pl.Float32}),
        lambda t: t.with_columns(y=1),
    ],
)
def test_any_change_changes_the_digest(tmp_path: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """A value, a null, a row, a number, a name, a type, a column."""
    lake = _lake(tmp_path)
    one = lake.commit("t", [_rows(0, 10)], run="", note="")
    assert lake.commit("t", [change(_rows(0, 10))], run="", note="").digest != one.digest


def test_other_tools_see_the_newest_version(tmp_path: Path) -> None:
    """After commit, append, replacement by other columns, many appends that are merged, and an erased version."""
    lake = _lake(tmp_path)
    lake.commit("t", [_rows(0, 10)], run="run-1", note="")
    assert _outside(tmp_path).equals(_rows(0, 10))
    lake.commit("t", [_rows(10, 12)], run="run-2", note="", append=True)
    assert _outside(tmp_path).equals(_rows(0, 12))
    assert DeltaTable((tmp_path / "lake" / "t").as_uri()).history(1)[0]["run"] == "run-2"
    local = pl.DataFrame({ROW: [0, 1], "at": ["2026-01-01", None]}).with_columns(pl.col("at").str.to_datetime())
    lake.commit("t", [local], run="", note="")
    assert _outside(tmp_path).equals(local)
    lake.commit("t", [_rows(0, 2)], run="", note="")
    for i in range(40):
        lake.commit("t", [_rows(i, i + 2)], run="", note="", append=True)
    assert lake.scan(REF).collect().get_column(ROW).to_list() == list(range(82))
    assert _outside(tmp_path).equals(lake.scan(REF).collect())
    assert len(DeltaTable((tmp_path / "lake" / "t").as_uri()).file_uris()) < 15
    assert lake.scan(VersionRef("t", 30)).collect().height == 54
    lake.erase("t", version=lake.version(REF).ref.version)
    assert _outside(tmp_path).height == 80
    assert not list(lake.check())


def _foreign(folder: Path) -> None:
    data = pl.DataFrame({ROW: [99], "x": [9.0]})
    write_deltalake(str(folder), data, mode="append", commit_properties=CommitProperties({"run": "stranger"}))


def _foreign_overwrite(folder: Path) -> None:
    write_deltalake(str(folder), pl.DataFrame({"z": ["a"]}), mode="overwrite", schema_mode="overwrite")


def _no_log(folder: Path) -> None:
    for path in (folder / "_delta_log").iterdir():
        path.unlink()


def _cut_log(folder: Path) -> None:
    newest = max((folder / "_delta_log").glob("*.json"))
    newest.write_bytes(newest.read_bytes()[:40])


@pytest.mark.parametrize("harm", [_foreign, _foreign_overwrite, _no_log, _cut_log])
def test_the_ledger_wins_over_the_log(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    """What the ledger does not know is undone when the lake is reconciled; the next append builds on the right rows."""
    _lake(tmp_path).commit("t", [_rows(0, 10)], run="", note="")
    _lake(tmp_path).commit("t", [_rows(10, 12)], run="", note="", append=True)
    harm(tmp_path / "lake" / "t")
    lake = _lake(tmp_path)
    assert list(lake.check())
    assert lake.scan(REF).collect().equals(_rows(0, 12))
    assert any("undid" in words for words in lake.reconcile())
    assert not list(lake.check())
    assert lake.reconcile() == ()
    assert _outside(tmp_path).equals(_rows(0, 12))
    lake.commit("t", [_rows(12, 14)], run="", note="", append=True)
    assert _outside(tmp_path).equals(_rows(0, 14))


def test_an_append_after_a_foreign_commit_builds_on_the_ledger(tmp_path: Path) -> None:
    """Also where nobody reconciled in between."""
    lake = _lake(tmp_path)
    lake.commit("t", [_rows(0, 10)], run="", note="")
    _foreign(tmp_path / "lake" / "t")
    lake.commit("t", [_rows(10, 12)], run="", note="", append=True)
    assert _outside(tmp_path).equals(_rows(0, 12))


def test_what_only_the_lake_knows_is_set_aside(tmp_path: Path) -> None:
    """Were it the ledger that lost its end, the rows are still there; after a month they go."""
    lake = _lake(tmp_path)
    lake.commit("t", [_rows(0, 10)], run="", note="")
    (tmp_path / "ledger.db").rename(tmp_path / "elsewhere.db")
    for left in tmp_path.glob("ledger.db-*"):
        left.unlink()
    assert any("aside" in words for words in _lake(tmp_path).reconcile())
    (kept,) = (tmp_path / "lake" / ".undone").rglob("*.parquet")
    assert pl.read_parquet(kept).equals(_rows(0, 10))
    os.utime(kept, (1, 1))
    assert _lake(tmp_path).reconcile()
    assert not kept.exists()


@pytest.mark.parametrize("harm", ["flip", "cut", "gone"])
def test_a_damaged_file_is_named_and_never_read(tmp_path: Path, harm: str) -> None:
    """Even one bit, before any value comes out of it."""
    _lake(tmp_path).commit("t", [_rows(0, 500)], run="", note="")
    (path,) = (tmp_path / "lake" / "t").glob("*.parquet")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data if harm == "flip" else data[:-7])
    if harm == "gone":
        path.unlink()
    lake = _lake(tmp_path)
    assert [path.name in str(text) for text in lake.check()] == [True]
    with pytest.raises(BrokenEvidence, match="fix"):
        lake.scan(REF)
    with pytest.raises(BrokenEvidence):
        lake.difference(REF, REF)


WRITER = """
import sys
from pathlib import Path
import polars as pl
from diapason.engines.evidence.chain import link
from diapason.stores.lake import DeltaLake
from diapason.stores.ledger import SqliteLedger
folder, rounds, name = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
lake = DeltaLake(folder / "lake", SqliteLedger(folder / "ledger.db", link=link))
table = pl.DataFrame({"_row": range(50), "x": [name] * 50})
print("ready", flush=True)
for i in range(rounds):
    if name == "turns" and i % 5 == 4:
        lake.commit("t", [table.with_columns(x=pl.lit(f"whole {i}"))], run=name, note="")
    else:
        lake.commit("t", table.iter_slices(20), run=f"{name}-{i}", note="", append=True)
    print(i, flush=True)
"""


def _writer(folder: Path, rounds: int, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), str(rounds), name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_processes_append_and_every_row_is_there(tmp_path: Path) -> None:
    """Also while they race to make the table; each row once, each version one append further."""
    writers = [_writer(tmp_path, 12, name) for name in "ab"]
    for writer in writers:
        _, err = writer.communicate()
        assert writer.returncode == 0, err
    lake = _lake(tmp_path)
    found = lake.scan(REF).collect()
    assert found.group_by("x").len().sort("x").rows() == [("a", 600), ("b", 600)]
    assert found[ROW].to_list() == list(range(1200))
    assert [v.rows for v in lake.versions("t")] == list(range(50, 1201, 50))
    assert not list(lake.check())
    assert _outside(tmp_path).equals(found)


def test_writers_killed_at_random_leave_a_whole_lake(tmp_path: Path) -> None:
    """Eight kills over appends and replacements, two writers at a time; every acknowledged commit is there."""
    rng = random.Random(7)
    acknowledged: list[str] = []
    for round_ in range(4):
        writers = [_writer(tmp_path, 10_000, name) for name in ("turns", f"w{round_}")]
        assert [w.stdout.readline() for w in writers if w.stdout] == ["ready\n"] * 2
        if round_ % 2:
            acknowledged += [f"w{round_}-{w.stdout.readline().strip()}" for w in writers[1:] if w.stdout]
        time.sleep(rng.uniform(0.0, 0.2))
        for writer in writers:
            writer.kill()
        for writer, name in zip(writers, ("turns", f"w{round_}"), strict=True):
            out, _ = writer.communicate()
            acknowledged += [f"{name}-{i}" for i in out.split() if name != "turns"]
        lake = _lake(tmp_path)
        lake.reconcile()
        assert lake.reconcile() == ()
        assert not list(lake.check())
        assert not list((tmp_path / "lake" / ".staging").iterdir())
    versions = lake.versions("t")
    assert [v.ref.version for v in versions] == list(range(1, len(versions) + 1))
    assert set(acknowledged) <= {v.run for v in versions}
    assert len(acknowledged) >= 2
    assert _outside(tmp_path).equals(lake.scan(REF).collect())


FULL = """
import resource, sys
from pathlib import Path
import polars as pl
from diapason.engines.evidence.chain import link
from diapason.errors import Conflict
from diapason.stores.lake import DeltaLake
from diapason.stores.ledger import SqliteLedger
folder, limit = Path(sys.argv[1]), int(sys.argv[2])
lake = DeltaLake(folder / "lake", SqliteLedger(folder / "ledger.db", link=link))
lake.commit("t", [pl.DataFrame({"_row": [0, 1]})], run="", note="")
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
noise = pl.Series(range(200_000)).hash(seed=1).cast(pl.Int64, wrap_numerical=True)
try:
    lake.commit("t", [pl.DataFrame({"_row": range(200_000), "x": noise})], run="", note="")
except Conflict as error:
    print(error.fix)
"""


@pytest.mark.parametrize("limit", [300_000, 50_000])
def test_a_full_disk_changes_nothing_and_says_what_to_do(tmp_path: Path, limit: int) -> None:
    """Where files cannot grow: in the rows, or already in the ledger."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path), str(limit)], capture_output=True, text=True, check=True
    )
    assert "space" in done.stdout, done.stdout + done.stderr
    lake = _lake(tmp_path)
    lake.reconcile()
    assert lake.version(REF).rows == 2
    assert not list(lake.check())


BIG = """
import sys
from pathlib import Path
import numpy as np, polars as pl
from diapason.engines.evidence.chain import link
from diapason.stores.lake import DeltaLake
from diapason.stores.ledger import SqliteLedger
folder = Path(sys.argv[1])
lake = DeltaLake(folder / "lake", SqliteLedger(folder / "ledger.db", link=link))
def peak():
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1]) // 1024
def batches(count, rows=20_000, columns=50):
    for i in range(count):
        values = np.random.default_rng(i).integers(0, 9, (rows, columns)).astype(float)
        table = pl.DataFrame(values, schema=[f"c{k}" for k in range(columns)])
        yield table.with_columns(pl.int_range(i * rows, (i + 1) * rows).alias("_row"))
lake.commit("warm", batches(30), run="", note="")
before = peak()
lake.commit("t", batches(60), run="", note="")
print(before, peak())
"""


def test_memory_does_not_grow_with_the_table(tmp_path: Path) -> None:
    """Twice the rows (480 MB in memory) and no more memory than for the first part."""
    done = subprocess.run([sys.executable, "-c", BIG, str(tmp_path)], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert after - before < 100, done.stdout
    assert _lake(tmp_path).version(REF).rows == 1_200_000


def test_erasing_takes_the_bytes_and_leaves_the_trace(tmp_path: Path) -> None:
    """Digests and reason in the ledger; no file anywhere that still holds a row; the name can begin again."""
    lake = _lake(tmp_path)
    secret = pl.DataFrame({ROW: [0, 1], "who": ["Geheimnis-77", "x"]})
    first = lake.commit("Turbo 涡轮", [secret], run="", note="")
    lake.erase("Turbo 涡轮", reason="contract ended")
    assert not [p for p in (tmp_path / "lake").rglob("*") if p.is_file() and b"Geheimnis" in p.read_bytes()]
    (entry,) = SqliteLedger(tmp_path / "ledger.db", link=link).entries(kind="erase")
    assert entry.body["reason"] == "contract ended"
    assert entry.body["digests"]["Turbo 涡轮@1"] == first.digest
    with pytest.raises(NotFound):
        lake.erase("Turbo 涡轮")
    assert lake.commit("Turbo 涡轮", [_rows(0, 2)], run="", note="").ref.version == 2


def test_an_erasure_that_was_cut_short_is_finished(tmp_path: Path) -> None:
    """The ledger says erased, the files are still there: reconciling removes them, and sets nothing aside."""
    lake = _lake(tmp_path)
    lake.commit("T", [_rows(0, 10)], run="", note="")
    body = {"what": "dataset", "dataset": "T", "versions": [1], "digests": {}, "reason": ""}
    SqliteLedger(tmp_path / "ledger.db", link=link).append("erase", subject="T", body=body)
    assert any("erased" in words for words in _lake(tmp_path).reconcile())
    assert not list((tmp_path / "lake").rglob("*.parquet"))


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (pl.DataFrame({ROW: [0], "d": [None]}, schema={ROW: pl.Int64, "d": pl.Duration}), "d"),
        (pl.DataFrame({ROW: [0], "u": [2**64 - 1]}, schema={ROW: pl.Int64, "u": pl.UInt64}), "u"),
        (pl.DataFrame({ROW: [0.5]}), ROW),
        (pl.DataFrame({ROW: ["a"]}), ROW),
        (pl.DataFrame({ROW: [None]}, schema={ROW: pl.Int64}), ROW),
    ],
)
def test_what_cannot_be_stored_is_named(tmp_path: Path, table: pl.DataFrame, column: str) -> None:
    """The column, what is wrong with it, and the fix."""
    with pytest.raises(DataError) as caught:
        _lake(tmp_path).commit("t", [table], run="", note="")
    assert column in caught.value.at
    assert caught.value.fix


def test_a_version_names_are_offered_when_one_is_unknown(tmp_path: Path) -> None:
    """An error that saves a call."""
    lake = _lake(tmp_path)
    lake.commit("turbofan", [_rows(0, 1)], run="", note="")
    for ref, offered in ((VersionRef("turbofan", 7), "turbofan@1"), (VersionRef("turbin"), "turbofan")):
        with pytest.raises(DiapasonError) as caught:
            lake.scan(ref)
        assert offered in json.dumps(caught.value.said(), ensure_ascii=False)
