"""A table of a database that grows: the same call again brings only what is new, and the ledger says what was asked."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def grown(path: Path, first: int, last: int) -> str:
    """Rows of an oven, one a minute, with lots that only some rows have."""
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE IF NOT EXISTS oven (id INTEGER PRIMARY KEY, at TEXT, temp REAL, lot TEXT)")
        rows = [
            (i, f"2026-11-03 {i // 60:02d}:{i % 60:02d}:00", i * 0.5, f"L{i:03d}" if i < 100 else None)
            for i in range(first, last)
        ]
        database.executemany("INSERT INTO oven VALUES (?, ?, ?, ?)", rows)
    database.close()
    return f"sqlite:///{path}"


@pytest.mark.parametrize("since", ["id", "at"])
def test_the_same_call_again_appends_only_what_is_new(call: Callable[..., Any], tmp_path: Path, since: str) -> None:
    """First all rows, then those beyond the last key or time, then none; each with its query in the ledger."""
    call("init", str(tmp_path / "p"))
    words = ["--table", "oven", "--name", "oven", "--since", since, "-w", str(tmp_path / "p"), "--json"]

    def again(first: int, last: int) -> dict[str, Any]:
        done = call("ingest", grown(tmp_path / "mes.db", first, last), *words)
        assert done.exit_code == 0, done.output
        return dict(json.loads(done.stdout))

    told = again(0, 100)
    assert (told["rows"], told["version"], told["same"]) == (100, 1, False)
    told = again(100, 130)  # these have no lot: that is no other kind of column
    assert (told["rows"], told["seen"], told["rows_in_all"], told["version"]) == (30, 30, 130, 2)
    file = told["source"]["files"][0]
    assert file["after"].startswith(f"{since} > ")
    assert {"query", "server", "snapshot"} <= set(file)
    told = again(130, 130)
    assert (told["same"], told["version"]) == (True, 2)
    said = call("ingest", f"sqlite:///{tmp_path / 'mes.db'}", *words[:-1])
    assert "no newer rows" in said.stdout


def test_what_cannot_be_followed_is_refused(call: Callable[..., Any], tmp_path: Path) -> None:
    """A file has no query, a dataset no such column, and a password is kept nowhere."""
    call("init", str(tmp_path / "p"))
    where = ["--name", "oven", "-w", str(tmp_path / "p")]
    (tmp_path / "x.csv").write_text("a,b\n1,2\n3,4\n")
    said = call("ingest", str(tmp_path / "x.csv"), "--since", "a", *where)
    assert (said.exit_code, "--append" in said.stderr) == (1, True)
    source = grown(tmp_path / "mes.db", 0, 10)
    assert call("ingest", source, "--table", "oven", *where).exit_code == 0
    said = call("ingest", source, "--table", "oven", "--since", "key", *where)
    assert (said.exit_code, "no column 'key'" in said.stderr) == (1, True)
    said = call("ingest", "postgresql://u:s3cret@localhost/d", "--table", "t", *where)
    assert (said.exit_code, "s3cret" in said.output) == (1, False)
    assert not any(b"s3cret" in p.read_bytes() for p in (tmp_path / "p").rglob("*") if p.is_file())


def test_scan_reads_what_ingest_reads(call: Callable[..., Any], tmp_path: Path) -> None:
    """A database, records, points and a sheet, where they lie."""
    source = grown(tmp_path / "mes.db", 0, 90)
    (tmp_path / "x.jsonl").write_text(
        "".join(f'{{"time": "2026-11-03T08:{i:02d}:00Z", "x": {i}.5}}\n' for i in range(60))
    )
    (tmp_path / "x.lp").write_text("".join(f"m,s=a x={i}.5 {1_762_156_800 + i}\n" for i in range(60)))
    for words, rows in (
        ([source, "--table", "oven"], 90), ([source, "--query", "select * from oven where id < 50"], 50),
        ([str(tmp_path / "x.jsonl")], 60), ([str(tmp_path / "x.lp")], 60),
        ([str(tmp_path / "x.lp"), "-o", "layout=long"], 60),
    ):  # fmt: skip
        done = call("scan", *words, "--json")
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["rows"] == rows
    said = call("scan", source, "--table", "ovn")
    assert (said.exit_code, "the tables are: oven" in said.stderr) == (1, True)
