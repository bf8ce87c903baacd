"""The connector for files passes the public check that every connector for tables must pass."""

import gzip
from pathlib import Path

import polars as pl

from diapason.ports import find
from diapason.testing.connectors import check_connector, check_folder

FOLDER = Path(__file__).parents[3] / "src" / "diapason" / "connectors" / "files"


def test_text_keeps_the_promises(tmp_path: Path) -> None:
    """Rows add up, come again the same, with reasons and a digest; errors help."""
    path = tmp_path / "data.csv.gz"
    path.write_bytes(gzip.compress(b"t;x\n" + b"".join(b"0%d.02.2026;%d,5\n" % (i, i) for i in range(1, 10)) + b"x\n"))
    batches = check_connector(
        find("connectors", "files"),
        str(path),
        rows=9,
        rejected=1,
        columns=("t", "x"),
        absent=str(tmp_path / "none.csv"),
    )
    assert batches[0].rejected["line"].to_list() == [11]
    assert batches[0].rejected["raw"].to_list() == ["x"]


def test_parquet_keeps_the_promises(tmp_path: Path) -> None:
    """The same for typed files."""
    pl.DataFrame({"a": range(10), "b": [None, *"abcdefghi"]}).write_parquet(tmp_path / "data.parquet")
    check_connector(find("connectors", "files"), str(tmp_path), rows=10, rejected=0, columns=("a", "b"))


def test_its_folder_can_be_copied() -> None:
    """Manifest in both languages, a checklist with reasons."""
    status = check_folder(FOLDER)
    assert status["adds-up"] == "done"
