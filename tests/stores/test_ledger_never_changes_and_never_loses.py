"""The ledger refuses to change, names what was changed behind its back, and grows from older files."""

import json
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diapason.engines.evidence.chain import link
from diapason.errors import BrokenEvidence, Conflict, DiapasonError, Missing
from diapason.stores.ledger import SqliteLedger, schema

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBER = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def _ledger(folder: Path, entries: int = 0) -> SqliteLedger:
    ledger = SqliteLedger(folder / "ledger.db", link=link)
    for i in range(entries):
        ledger.append("plan", run=f"r{i}", subject="t@1", body={"i": i, "name": "涡轮"})
    return ledger


@given(st.lists(st.tuples(TEXT, TEXT, TEXT, st.dictionaries(TEXT, JSON, max_size=3)), max_size=8))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_appended_comes_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple]) -> None:
    """Any text and any JSON, through two handles; filters give what a plain loop would give."""
    folder = tmp_path_factory.mktemp("ledger")
    handles = [_ledger(folder), _ledger(folder)]
    made = [
        handles[i % 2].append(kind, run=run, subject=subject, body=body)
        for i, (kind, run, subject, body) in enumerate(rows)
    ]
    assert [json.loads(json.dumps(dict(e.body))) for e in made] == [json.loads(json.dumps(r[3])) for r in rows]
    for ledger in handles:
        assert list(ledger.entries()) == made
        assert ledger.check() == len(made)
        for key in ("kind", "run", "subject"):
            for value in {getattr(e, key) for e in made}:
                expected = [e for e in made if getattr(e, key) == value]
                assert list(ledger.entries(**{key: value})) == expected
    for ledger in handles:
        ledger.close()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE entries SET body = '{}' WHERE seq = 2",
        "DELETE FROM entries WHERE seq = 3",
        "DELETE FROM entries",
        "REPLACE INTO entries SELECT * FROM entries WHERE seq = 2",
        "INSERT INTO entries SELECT 8, at, kind, run, subject, body, hash, hash || 'x' FROM entries WHERE seq = 3",
        "INSERT INTO entries SELECT 4, at, kind, run, subject, body, before, hash || 'x' FROM entries WHERE seq = 2",
    ],
)
def test_the_table_itself_refuses(tmp_path: Path, sql: str) -> None:
    """Even a stranger with SQL cannot change, remove or slip in an entry while the triggers are there."""
    _ledger(tmp_path, 3).close()
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as file:
        with pytest.raises(sqlite3.IntegrityError, match=r"append-only|must follow"):
            file.execute(sql)
        file.rollback()
    assert _ledger(tmp_path).check() == 3


@pytest.mark.parametrize("column", ["at", "kind", "run", "subject", "body", "before", "hash"])
def test_a_change_behind_its_back_is_named(tmp_path: Path, column: str) -> None:
    """With the triggers removed every column can be changed; the chain tells which entry."""
    _ledger(tmp_path, 5).close()
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as file:
        file.execute("DROP TRIGGER entries_never_change")
        value = '{"i": 7}' if column == "body" else "f" * 64
        file.execute(f"UPDATE entries SET {column} = ? WHERE seq = 3", (value,))
        file.commit()
    with pytest.raises(BrokenEvidence, match=r"entry 3"):
        _ledger(tmp_path).check()


def test_a_removed_entry_is_named(tmp_path: Path) -> None:
    """A hole in the middle is seen; a cut end is what an exported anchor is for."""
    _ledger(tmp_path, 5).close()
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as file:
        file.execute("DROP TRIGGER entries_never_go")
        file.execute("DELETE FROM entries WHERE seq = 2")
        file.commit()
    with pytest.raises(BrokenEvidence, match="entry 2 is missing"):
        _ledger(tmp_path).check()


def test_flipped_bits_are_noticed(tmp_path: Path) -> None:
    """Any bit of the file: either the check names it, or every entry still reads as it was (unused bytes)."""
    ledger = _ledger(tmp_path, 40)
    before = list(ledger.entries())
    ledger.close()
    good = (tmp_path / "ledger.db").read_bytes()
    rng, noticed = random.Random(1), 0
    for _ in range(150):
        bad = bytearray(good)
        bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
        (tmp_path / "ledger.db").write_bytes(bad)
        try:
            again = _ledger(tmp_path)
            again.check()
            assert list(again.entries()) == before
            again.close()
        except DiapasonError:
            noticed += 1
    assert noticed > 40


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    """At any length; never an empty ledger in its place without a word."""
    _ledger(tmp_path, 40).close()
    data = (tmp_path / "ledger.db").read_bytes()
    (tmp_path / "ledger.db").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(BrokenEvidence):
        _ledger(tmp_path).check()


def _old_file(path: Path, version: int) -> None:
    """A ledger as the given schema version wrote it, with three entries."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        for statement in (s for step in schema.STEPS[:version] for s in step):
            file.execute(statement)
        file.execute(f"PRAGMA user_version = {version}")
        before = "0" * 64
        for seq in (1, 2, 3):
            fields = {
                "seq": seq,
                "at": f"2026-01-0{seq}T00:00:00.000+00:00",
                "kind": "plan",
                "run": "r",
                "subject": "t",
            }
            own = link(before, fields | {"body": {"n": seq}})
            row = (*fields.values(), json.dumps({"n": seq}), before, own)
            file.execute("INSERT INTO entries VALUES (?,?,?,?,?,?,?,?)", row)
            before = own


@pytest.mark.parametrize("version", range(1, schema.NEWEST))
def test_an_older_file_grows_and_keeps_its_entries(tmp_path: Path, version: int) -> None:
    """Chain intact, new rules in force, new entries follow; opening it twice changes nothing more."""
    _old_file(tmp_path / "ledger.db", version)
    ledger = _ledger(tmp_path)
    assert ledger.check() == 3
    ledger.append("plan", body={})
    ledger.close()
    assert _ledger(tmp_path).check() == 4
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as file:
        assert file.execute("PRAGMA user_version").fetchone()[0] == schema.NEWEST
        found = {r[0] for r in file.execute("SELECT name FROM sqlite_master")}
        assert {"entries_by_subject", "entries_by_run", "entries_follow", "entries_never_change"} <= found


def test_a_migration_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    """All steps or none: here a name that a step needs is taken."""
    _old_file(tmp_path / "ledger.db", 1)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as file:
        file.execute("CREATE TABLE entries_by_run (x)")
    with pytest.raises(DiapasonError):
        _ledger(tmp_path)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as file:
        assert file.execute("PRAGMA user_version").fetchone()[0] == 1
        assert file.execute("SELECT count(*) FROM entries").fetchone()[0] == 3
        assert not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'entries_by_subject'").fetchone()


def _from_the_future(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute(f"PRAGMA user_version = {schema.NEWEST + 1}")


def _of_another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA application_id = 7")


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (_from_the_future, Missing),
        (_of_another_program, BrokenEvidence),
        (lambda p: p.write_bytes(b"PK" + bytes(5000)), BrokenEvidence),
        (lambda p: p.write_text("hello " * 2000), BrokenEvidence),
        (lambda p: (p.unlink(), p.mkdir()), Conflict),
    ],
)
def test_what_is_no_ledger_of_ours_is_refused(tmp_path: Path, harm: Callable, error: type[DiapasonError]) -> None:
    """With a fix, and without touching it."""
    _ledger(tmp_path, 1).close()
    harm(tmp_path / "ledger.db")
    with pytest.raises(error) as caught:
        _ledger(tmp_path)
    assert caught.value.fix


WRITER = """
import sys
from pathlib import Path
from diapason.engines.evidence.chain import link
from diapason.stores.ledger import SqliteLedger
ledger = SqliteLedger(Path(sys.argv[1]), link=link)
for i in range(int(sys.argv[2])):
    ledger.append("plan", run=sys.argv[3], body={"i": i})
    print(i, flush=True)
"""


def _writer(path: Path, count: int, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), str(count), name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    """Three that even race to make the file; one chain, each process's entries in its own order."""
    writers = [_writer(tmp_path / "ledger.db", 30, name) for name in "abc"]
    assert [(w.communicate()[0].count("\n"), w.returncode) for w in writers] == [(30, 0)] * 3
    ledger = _ledger(tmp_path)
    assert ledger.check() == 90
    for name in "abc":
        assert [e.body["i"] for e in ledger.entries(run=name)] == list(range(30))


def test_an_entry_that_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    """Killed right after it said so, five times over the same file."""
    said = 0
    for round_ in range(5):
        writer = _writer(tmp_path / "ledger.db", 10_000, f"r{round_}")
        assert writer.stdout
        for _ in range(3 + round_):
            writer.stdout.readline()
            said += 1
        writer.kill()
        writer.communicate()
    assert _ledger(tmp_path).check() >= said


def test_reading_goes_on_while_another_writes(tmp_path: Path) -> None:
    """A reader in the middle of a long list sees the new entries too, and holds nobody up."""
    ledger, other = _ledger(tmp_path, 600), _ledger(tmp_path)
    reading = ledger.entries(kind="plan")
    assert next(reading).seq == 1
    other.append("plan", body={"late": True})
    assert [e.seq for e in reading] == list(range(2, 602))
