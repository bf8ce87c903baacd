"""Whatever the bytes: rows seen = rows read + rows refused, nothing is misread, and an error helps."""

import csv
import gzip
import io
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diapason.connectors.files import batches, text
from diapason.connectors.files.records import Layout, Splitter, fields, squeeze
from diapason.connectors.files.text import Block
from diapason.errors import DiapasonError
from diapason.testing.connectors import read_all

FILES = SimpleNamespace(batches=batches)
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
CELLS = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00\r\ufeff", exclude_categories=("Cs",)), max_size=12
)


def read(data: bytes, **options: Any) -> list[Any]:
    """All batches of a file with these bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        path.write_bytes(data)
        return read_all(FILES, str(path), options)


@QUICK
@given(st.binary(max_size=400))
def test_any_bytes_give_rows_that_add_up_or_an_error_that_helps(data: bytes) -> None:
    """Never another exception."""
    try:
        found = read(data)
    except DiapasonError as error:
        helped = bool(error.said()["at"] and error.said("zh")["fix"])
    else:
        helped = all(batch.seen == batch.rows.height + batch.rejected.height for batch in found)
    assert helped


@QUICK
@given(
    st.lists(st.text("ab01.,;\t\"'\n\r \x00é温-", max_size=25), min_size=1, max_size=40),
    st.sampled_from(["utf-8", "utf-16", "gb18030"]),
)
def test_any_lines_give_rows_that_add_up(lines: list[str], encoding: str) -> None:
    """Stray quotes, ragged rows, separators of all kinds."""
    try:
        found = read("\n".join(lines).encode(encoding), max_rejected=1)
    except DiapasonError:
        return
    numbers = [n for b in found for frame in (b.rows, b.rejected) for n in frame["_row"].to_list()]
    assert sorted(numbers) == list(range(sum(b.seen for b in found)))


@QUICK
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=30), st.integers(1, 200))
def test_well_formed_rows_are_read_as_the_standard_library_reads_them(rows: list[tuple[str, ...]], cut: int) -> None:
    """Quotes, separators and line breaks inside of cells, however the file is cut into blocks."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    data = buffer.getvalue().encode()
    kept = [row for row in csv.reader(io.StringIO(buffer.getvalue(), newline="")) if any(row)]
    found = split(data, cut, Layout(",", ("a", "b", "c")))
    assert [["" if c is None else c for c in row] for row in found.rows()] == kept


def split(data: bytes, cut: int, layout: Layout) -> pl.DataFrame:
    """The rows of text that comes in blocks of about `cut` bytes, each of whole lines."""
    splitter, at, line, parts = Splitter(layout), 0, 1, []
    while at < len(data):
        end = data.find(b"\n", min(len(data) - 1, at + cut)) + 1 or len(data)
        parts.append(splitter.split(Block(data[at:end], line), last=end == len(data)).cells)
        line += data.count(b"\n", at, end)
        at = end
    return pl.concat(parts)


@QUICK
@given(
    st.lists(
        st.tuples(st.integers(-(10**9), 10**9), st.floats(-1e6, 1e6), st.sampled_from("xyz")), min_size=3, max_size=40
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_a_table_is_read_as_it_was_written(
    rows: list[tuple[int, float, str]], separator: str, comma: bool, encoding: str, ends: str
) -> None:
    """In every layout: separator, decimal sign, encoding, line ends."""
    comma = comma and separator != ","
    lines = ["编号,value,kind".replace(",", separator)]
    for whole, number, kind in rows:
        shown = f"{number:.6f}".replace(".", "," if comma else ".")
        lines.append(separator.join([str(whole), shown, kind]))
    found = pl.concat([b.rows for b in read(ends.join(lines).encode(encoding))])
    assert found["编号"].to_list() == [r[0] for r in rows]
    assert found["value"].to_list() == [float(f"{r[1]:.6f}") for r in rows]
    assert found["kind"].to_list() == [r[2] for r in rows]


@QUICK
@given(st.lists(CELLS.filter(lambda c: "\n" not in c), min_size=1, max_size=6))
def test_one_row_is_divided_as_it_was_joined(cells: list[str]) -> None:
    """The slow way for odd lines agrees with the quick one."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(cells)
    assert fields(buffer.getvalue(), Layout(",", tuple("abcdef"[: len(cells)]))) == cells


@QUICK
@given(st.lists(st.text("ab1 \t.", max_size=15), min_size=1, max_size=15))
def test_runs_of_blanks_divide_as_split_does(lines: list[str]) -> None:
    """The vectorised way agrees with the plain one."""
    data = np.frombuffer(("\n".join(lines) + "\n").encode(), dtype=np.uint8)
    assert squeeze(data).tobytes().decode() == "".join("\t".join(line.split()) + "\n" for line in lines)


def test_blanks_inside_of_quotes_do_not_divide() -> None:
    """Nor at the edges of a quoted cell."""
    data = np.frombuffer(b' "a  b"  1\n2   " c "\n', dtype=np.uint8)
    assert squeeze(data).tobytes() == b'"a  b"\t1\n2\t" c "\n'


def test_a_file_longer_than_one_block_is_whole(tmp_path: Path, monkeypatch: Any) -> None:
    """Lines that are cut by a block, quoted cells that reach over one, line numbers to the end."""
    monkeypatch.setattr(text, "CHUNK", 1000)
    lines = [f'{i},"note {i}\nof two lines",{i}.5' if i % 7 == 0 else f"{i},plain,{i}.5" for i in range(2000)]
    data = ("id,note,x\n" + "\n".join(lines) + "\nbroken\n").encode()
    path = tmp_path / "data.csv.gz"
    path.write_bytes(gzip.compress(data))
    found = read_all(FILES, str(path), {})
    rows = pl.concat([b.rows for b in found])
    assert rows["id"].to_list() == list(range(2000))
    assert rows["note"][7] == "note 7\nof two lines"
    refused = pl.concat([b.rejected for b in found])
    assert refused["line"].to_list() == [data.count(b"\n")]
    assert refused["raw"].to_list() == ["broken"]


def test_line_numbers_and_raw_text_of_refused_rows_are_those_of_the_file(tmp_path: Path) -> None:
    """A person must be able to find them with an editor."""
    lines = [
        "# logger",
        "t,x",
        *(f"{i},{i}.5" for i in range(40)),
        "a,b,c",
        "",
        '5,"open',
        "41,abc",
        *(f"{i},1" for i in range(9)),
    ]
    path = tmp_path / "data.csv"
    path.write_text("\n".join(lines) + "\n")
    (batch,) = read_all(FILES, str(path), {})
    found = dict(batch.rejected.select("line", "raw").rows())
    assert found == {43: "a,b,c", 45: '5,"open', 46: "41,abc"}
    assert all(lines[line - 1] == raw for line, raw in found.items())
