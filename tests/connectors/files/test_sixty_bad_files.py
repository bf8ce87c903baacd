"""Each bad or nasty file gives one clear message, or a correct ingest whose rows add up and whose assumptions are said.

Every case goes through the real command line, as a person would meet it.
"""

import gzip
import io
import json
import os
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from diapason.services.workspace import init, open_workspace
from diapason.vocabulary.tables import VersionRef

GOOD = "t,T_in,p\n" + "".join(f"2026-01-{d:02d} 00:00,{20 + d}.5,{d}\n" for d in range(1, 21))
"""Twenty good rows."""


@dataclass(frozen=True)
class Refusal:
    """One message: what, where, fix; each must be contained."""

    what: str
    at: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Taken:
    """Rows stored and refused; reasons, assumptions and columns that must be there."""

    rows: int
    refused: int = 0
    because: tuple[str, ...] = ()
    assumed: dict[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    check: Callable[[pl.DataFrame], bool] | None = None


@dataclass(frozen=True)
class Case:
    """A file to make, how it is ingested, and what must come of it."""

    make: Callable[[Path], Path]
    expected: Refusal | Taken
    options: tuple[str, ...] = ()


CASES: dict[str, Case] = {}


def case(name: str, content: str | bytes | Callable[[Path], Path], expected: Refusal | Taken, *options: str) -> None:
    """Add a case; text and bytes are written to `data.csv`."""

    def write(folder: Path) -> Path:
        path = folder / "data.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)  # type: ignore[union-attr]
        return path

    CASES[name] = Case(content if callable(content) else write, expected, options)


def named(file: str, content: bytes) -> Callable[[Path], Path]:
    """Write bytes under a name."""

    def write(folder: Path) -> Path:
        (folder / file).write_bytes(content)
        return folder / file

    return write


def folder_of(files: dict[str, str | bytes]) -> Callable[[Path], Path]:
    """Write several files; the source is the folder."""

    def write(folder: Path) -> Path:
        for file, content in files.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return write


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def locked_zip() -> bytes:
    """A zip archive whose one member says that it is encrypted."""
    data = bytearray(zipped({"data.csv": GOOD.encode()}))
    for magic, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(magic)
        data[at + flag] |= 1
    return bytes(data)


def parquet(frame: pl.DataFrame) -> bytes:
    """A Parquet file."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


# --- files that are not there, or not what they say -------------------------------------------------------------------
case("missing file", lambda f: f / "nowhere.csv", Refusal("no such file", "nowhere.csv", "check the path"))
case(
    "misspelt file",
    lambda f: named("engines.csv", GOOD.encode())(f).with_name("engnes.csv"),
    Refusal("no such file", "engnes.csv", "did you mean engines.csv"),
)
case("pattern without a match", lambda f: f / "*.csv", Refusal("no file matches", fix="pattern in quotes"))
case("empty file", b"", Refusal("the file is empty", "data.csv", "export or copy it again"))
case("only a byte order mark", b"\xef\xbb\xbf", Refusal("only a byte order mark", "data.csv"))
case("only blank lines", "\n\n  \n\n", Refusal("no rows", "data.csv"))
case("only comments", "# a\n# b\n# c\n", Refusal("no rows", "data.csv", "comment"), "-o", "comment=#")
case("only a header", "t,T_in,p\n", Refusal("a header (t, T_in, p) and no rows", "data.csv, line 2", "header=no"))
case("empty gzip", named("data.csv.gz", gzip.compress(b"")), Refusal("the file is empty", "data.csv.gz"))
case("folder without tables", folder_of({"notes.docx": "x"}), Refusal("no tables in it", fix="name a file"))
case(
    "tables in sub-folders",
    folder_of({"a/1.csv": GOOD, "b/2.csv": GOOD}),
    Refusal("no tables in it", fix="sub-folders: a (1), b (1)"),
)
case("binary renamed", random.Random(1).randbytes(5000), Refusal("binary data, not text", "data.csv", "as CSV"))
case("picture renamed", b"\x89PNG\r\n\x1a\n" + bytes(200), Refusal("a PNG picture", "data.csv", "CSV or Parquet"))
case("PDF renamed", b"%PDF-1.7\n1 0 obj\n", Refusal("a PDF document", "data.csv"))
case(
    "workbook renamed",
    zipped({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}),
    Refusal("an Excel workbook", "data.csv", "CSV or Parquet"),
)
case("old workbook renamed", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), Refusal("an old Excel workbook"))
case("web page renamed", "<html><table><tr><td>1</td></tr></table></html>", Refusal("a web page or XML"))
case("JSON renamed", '[\n  {"t": 1}\n]', Refusal("JSON, not a table"))
case("database renamed", b"SQLite format 3\x00" + bytes(500), Refusal("an SQLite database"))
case("7z renamed", b"7z\xbc\xaf\x27\x1c" + bytes(100), Refusal("a 7z archive"))

# --- packed files -----------------------------------------------------------------------------------------------------
case(
    "truncated gzip",
    named("data.csv.gz", gzip.compress((GOOD * 50).encode())[:-40]),
    Refusal("ends in the middle", "data.csv.gz", "salvage=yes"),
)
case(
    "truncated gzip, salvaged",
    named(
        "data.csv.gz",
        gzip.compress(("a,b\n" + "".join(f"{i},{i * 7919 % 1000}\n" for i in range(5000))).encode())[:-400],
    ),
    Taken(-1, -1, columns=("a", "b")),
    "-o",
    "salvage=yes",
)
case(
    "damaged gzip",
    named("data.csv.gz", gzip.compress(GOOD.encode())[:30] + b"\x00" * 60),
    Refusal("damaged", "data.csv.gz", "again"),
)
case("zip with a password", named("data.zip", locked_zip()), Refusal("locked with a password", "data.zip", "unpack"))
case("zip without tables", named("d.zip", zipped({"notes.docx": b"x"})), Refusal("no tables", fix="notes.docx"))
case("truncated zip", named("d.zip", zipped({"d.csv": GOOD.encode()})[:-60]), Refusal("damaged", "d.zip"))
case("zip with path traversal", named("d.zip", zipped({"../../up.csv": GOOD.encode()})), Taken(20))
case("zip of two tables", named("d.zip", zipped({"a.csv": GOOD.encode(), "b.csv": GOOD.encode()})), Taken(40))

# --- Parquet ----------------------------------------------------------------------------------------------------------
WHOLE = parquet(pl.DataFrame({"a": range(1000), "b": ["x"] * 1000}))
case("truncated Parquet", named("d.parquet", WHOLE[:-100]), Refusal("cut off or damaged", "d.parquet", "again"))
case("Parquet of lists", named("d.parquet", parquet(pl.DataFrame({"a": [[1, 2]]}))), Refusal("column a holds List"))
case("Parquet without rows", named("d.parquet", parquet(pl.DataFrame({"a": []}))), Refusal("has no rows"))
case(
    "Parquet named csv",
    WHOLE,
    Taken(1000, columns=("a", "b")),
)

# --- encodings --------------------------------------------------------------------------------------------------------
ZH = "时间,温度(℃),压力(MPa)\n" + "".join(f"2026年1月{d}日 8时{d}分,{20 + d}.5,{d}\n" for d in range(1, 21))
case("GBK", ZH.encode("gbk"), Taken(20, assumed={"encoding": "gb18030"}, columns=("时间", "温度(℃)", "压力(MPa)")))
case("UTF-16 with its mark", ZH.encode("utf-16"), Taken(20, assumed={"encoding": "utf-16"}, columns=("温度(℃)",)))
case("UTF-16 without a mark", GOOD.encode("utf-16-le"), Taken(20, assumed={"encoding": "utf-16-le"}))
case("UTF-16 cut in a character", GOOD.encode("utf-16")[:-1], Refusal("middle of a character", "byte", "encoding="))
case(
    "Western code page",
    "t;T [°C];Durchfluß\n".encode("cp1252") + b"".join(b"%d;1%d,5;%d\n" % (i, i, i) for i in range(1, 9)),
    Taken(8, assumed={"encoding": "cp1252"}, columns=("T [°C]", "Durchfluß")),
)
case("an encoding nobody has", GOOD, Refusal("no encoding 'klingon'", fix="gb18030"), "-o", "encoding=klingon")
case(
    "wrong encoding named",
    ZH.encode("gbk"),
    Refusal("rows cannot be read", "data.csv:", "encoding"),
    "-o",
    "encoding=utf-8",
    "-o",
    "max_rejected=0",
)
case(
    "mixed encodings",
    ("t,ort\n" + "".join(f"{i},Müller\n" for i in range(30))).encode() + "30,Müller\n".encode("cp1252"),
    Taken(30, 1, because=("not valid UTF-8 at byte 5",)),
)
case(
    "Japanese that could be anything",
    ("時刻,温度センサー\n" + "1,テスト値データ\n" * 9).encode("shift_jis"),
    Refusal("its encoding is not clear", "data.csv", "shift_jis: "),
)
case(
    "byte order mark in the middle",
    (GOOD + "\ufeff2026-02-01 00:00,1.5,1\n").encode("utf-8-sig"),
    Taken(21, check=lambda rows: rows["t"].null_count() == 0),
)
case("NUL bytes in a row", GOOD.encode() + b"2026-02-01 00:00,\x00\x00,1\n", Taken(20, 1, because=("NUL bytes",)))
case(
    "NUL bytes at the end, as after a power cut",
    GOOD.encode() + bytes(300),
    Taken(20, 1, because=("NUL bytes",)),
)

# --- lines and cells --------------------------------------------------------------------------------------------------
case("carriage returns alone", GOOD.replace("\n", "\r"), Taken(20, columns=("t", "T_in", "p")))
case("mixed line ends", GOOD.replace("\n", "\r\n", 7), Taken(20))
case("no line end at the end", GOOD[:-1], Taken(20))
case(
    "ragged rows",
    GOOD + "2026-02-01 00:00,1.5\n2026-02-02 00:00,1.5,2,3,4\n",
    Taken(20, 2, because=("2 cells where 3 are expected", "5 cells where 3 are expected")),
)
case("empty rows as spreadsheets write them", GOOD + ",,\n,,\n\n", Taken(20, 2, because=("no cell has a value",)))
case("header again in the middle", GOOD + GOOD, Taken(40, 1, because=("the header comes again",)))
case("unclosed quote", GOOD + '2026-02-01 00:00,"1.5,2\n' + GOOD[9:], Taken(40, 1, because=("never closed",)))
case("unclosed quote at the end", GOOD + '2026-02-01 00:00,"1.5,2', Taken(20, 1, because=("never closed",)))
case(
    "quote in the middle of a cell",
    'id,note,x\n1,5" pipe,2\n2,"a ""b"" c",3\n3,"two\nlines",4\n4,"bad"tail,5\n'
    + "".join(f"{i},n,1\n" for i in range(20)),
    Taken(
        23,
        1,
        because=("a quote stands in the middle",),
        check=lambda r: r["note"][:3].to_list() == ['5" pipe', 'a "b" c', "two\nlines"],
    ),
)
case(
    "huge cell of 50 MB",
    GOOD.encode() + b"2026-02-01 00:00," + b"9" * 50_000_000 + b",1\n",
    Taken(20, 1, because=("the line has 50,000,0",)),
)
case(
    "huge cell that never ends",
    GOOD.encode() + b"x" * 20_000_000,
    Taken(20, 1, because=("the line has 20,000,000 bytes",)),
)
case(
    "thousands of columns",
    ",".join(f"c{i}" for i in range(2000)) + "\n" + "\n".join([",".join(["1.5"] * 2000)] * 3),
    Taken(3),
)
case("one column", "112\n98\n69\n82\n91\n", Taken(5, assumed={"header": "no"}, columns=("column_1",)))
case("one row", "a,b,c\n1,2.5,x\n", Taken(1, columns=("a", "b", "c")))
case(
    "blanks around everything",
    " t ,  x \n" + "".join(f" {i} ,  {i}.5 \n" for i in range(9)),
    Taken(9, columns=("t", "x"), check=lambda r: r["x"].dtype == pl.Float64),
)
case(
    "preamble of a report", "Plant A\nExported: 2026-01-01\n\n" + GOOD, Taken(20, assumed={"skip": "3"}, columns=("t",))
)
case("comments among the rows", "# logger 7\n" + GOOD + "# end\n", Taken(20))
case("names in a comment", "# t x\n" + "".join(f"{i} {i}.5\n" for i in range(9)), Taken(9, columns=("t", "x")))

# --- names of columns -------------------------------------------------------------------------------------------------
case(
    "duplicate names",
    "x,x,x\n1,2,3\n4,5,6\n",
    Taken(2, columns=("x", "x_2", "x_3"), assumed={"name 2": "x_2"}),
)
case("empty names", "a,,c\n1,2,3\n4,5,6\n", Taken(2, columns=("a", "column_2", "c")))
case("unnamed empty last column", "a,b,\n1,2,\n3,4,\n", Taken(2, columns=("a", "b")))
case(
    "hostile names",
    '"../../etc/passwd","=cmd|\'/c calc\'!A1","<script>alert(1)</script>","drop table x; --","🙂🔥","a""b"\n'
    + "1,2,3,4,5,6\n" * 4,
    Taken(4, columns=("../../etc/passwd", "=cmd|'/c calc'!A1", "<script>alert(1)</script>", "🙂🔥", 'a"b')),
)
case("a name of 300 characters", "a," + "n" * 300 + "\n1,2\n3,4\n", Taken(2, columns=("n" * 120,)))
case("line break in a name", '"T\nin",p\n1,2\n3,4\n', Taken(2, columns=("T in", "p")))
case("our own hidden name", "_row,x\n5,1\n6,2\n", Taken(2, columns=("row", "x")))
case(
    "more names than cells",
    "a,b,c,d,e\n1,2,3\n4,5,6\n7,8,9\n",
    Refusal("the header names 5 columns, the rows have 3", "data.csv", "--columns"),
)
case("wrong number of names given", GOOD, Refusal("2 names are given for 3 columns", fix="as many"), "--columns", "a,b")
case("name of the dataset as a path", GOOD, Refusal("cannot be a name", "--name", "letters"), "--name", "../../up")
case(
    "two header lines",
    "Reactor,,Column,\nT,P,T,P\n" + "1.5,2,3,4\n" * 9,
    Taken(9, columns=("Reactor T", "Reactor P", "Column T")),
)
case(
    "row of units",
    "t,T,p,F\ns,°C,bar,t/h\n" + "".join(f"{i},2{i},1.{i},3\n" for i in range(9)),
    Taken(9, assumed={"units_row": "yes"}),
)

# --- values -----------------------------------------------------------------------------------------------------------
case(
    "mixed types",
    "a,b\n" + "".join(f"{i},{i if i % 2 else 'x'}\n" for i in range(20)),
    Taken(20, check=lambda r: r["b"].dtype == pl.String),
)
case(
    "one wrong cell",
    "a,b\n" + "".join(f"{i},{i}.5\n" for i in range(50)) + "50,abc\n",
    Taken(50, 1, because=("b: 'abc' is not a number",)),
)
case(
    "words for no value",
    "a,b\n1,NaN\n2,No Data\n3,#N/A\n4,inf\n5,-Infinity\n6,坏值\n" + "7,1.5\n" * 30,
    Taken(36, check=lambda r: r["b"].null_count() == 6),
)
case("number overflow", "a,b\n" + "1,1.5\n" * 50 + "2,1e400\n", Taken(50, 1, because=("b: '1e400' is not a number",)))
case(
    "codes with zeros in front",
    "id,x\n00017,1\n00018,2\n00019,3\n",
    Taken(3, check=lambda r: r["id"].to_list() == ["00017", "00018", "00019"]),
)
case(
    "numbers of 25 digits",
    "id,x\n" + "".join(f"123456789012345678901234{i},1\n" for i in range(5)),
    Taken(5, check=lambda r: r["id"][0] == "1234567890123456789012340"),
)
case("decimal comma", "t;x\n1;1,5\n2;1.234,5\n3;7\n", Taken(3, check=lambda r: r["x"].to_list() == [1.5, 1234.5, 7.0]))
case(
    "decimal comma mixed with point",
    "t;x\n" + "".join(f"{i};{i},5\n" for i in range(60)) + "60;1.5\n",
    Taken(60, 1, because=("x: '1.5' is not a number",)),
)
case(
    "a comma that could be either",
    "t;x\n1;1,234\n2;5,678\n3;9,012\n",
    Refusal("is the comma in 1,234 a decimal comma", fix="decimal=comma"),
)
case(
    "dates that could be either",
    "t,x\n03/04/2026,1\n05/06/2026,2\n07/08/2026,3\n",
    Refusal("which day is 03/04/2026", fix="date_order=dmy"),
)
case(
    "dates that could be either, answered",
    "t,x\n03/04/2026,1\n05/06/2026,2\n07/08/2026,3\n",
    Taken(3, check=lambda r: str(r["t"][0])[:10] == "2026-04-03"),
    "-o",
    "date_order=dmy",
)
case(
    "impossible dates",
    "t,x\n" + "".join(f"{d:02d}.02.2026 08:00,{d}\n" for d in range(1, 29)) + "31.02.2026 08:00,1\n",
    Taken(28, 1, because=("t: '31.02.2026 08:00' is not a date",)),
)
case(
    "a time that is none",
    GOOD,
    Refusal("there is no column 'when'", fix="the columns are: t, T_in, p"),
    "--time",
    "when",
)
case(
    "a text named as time",
    "a,b\nx,1\ny,2\nz,3\n",
    Refusal("column a cannot be read as time, for example 'x'", fix="time_format"),
    "--time",
    "a",
)
case(
    "an option nobody has",
    GOOD,
    Refusal("there is no option 'seperator'", fix="did you mean separator"),
    "-o",
    "seperator=;",
)
case(
    "a unit nobody has",
    GOOD,
    Refusal("the unit 'furlong' is not known", "T_in=furlong", "UCUM"),
    "--units",
    "T_in=furlong",
)

# --- several files ----------------------------------------------------------------------------------------------------
case(
    "different columns among files",
    folder_of({"1.csv": GOOD, "2.csv": GOOD, "3.csv": GOOD.replace("T_in", "T_out")}),
    Refusal("different columns: 3.csv lacks T_in has besides T_out", fix="union=yes"),
)
case(
    "different columns, united",
    folder_of({"1.csv": GOOD, "2.csv": GOOD.replace("T_in", "T_out")}),
    Taken(40, columns=("file", "T_in", "T_out"), check=lambda r: r["T_in"].null_count() == 20),
    "-o",
    "union=yes",
)
case(
    "other order of columns",
    folder_of({"1.csv": "a,b\n1,x\n", "2.csv": "b,a\ny,2\n"}),
    Taken(2, check=lambda r: r["a"].to_list() == [1, 2]),
)
case("an empty file among good ones", folder_of({"1.csv": GOOD, "2.csv": ""}), Refusal("the file is empty", "2.csv"))
case(
    "other encodings and separators among files",
    folder_of({"1.csv": GOOD, "2.csv": GOOD.replace(",", ";").encode("utf-16")}),
    Taken(40),
)
case(
    "one file stored on its side",
    folder_of({"1.csv": "1.5 2.5\n3.5 4.5\n5.5 6.5\n", "2.csv": "1.5 3.5 5.5\n2.5 4.5 6.5\n"}),
    Refusal("different columns", fix="transpose"),
)


def test_there_are_sixty_of_them() -> None:
    """The promise says sixty."""
    assert len(CASES) >= 60


@pytest.fixture
def plant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of its own for each case."""
    folder = tmp_path_factory.mktemp("plant") / "p"
    init(folder, person="li")
    return folder


def ingested(
    call: Callable[..., Any], plant: Path, source: Path, name: str, options: tuple[str, ...]
) -> tuple[int, dict[str, Any]]:
    """Run the command; its exit code and its JSON, of the result or of the error."""
    flags = () if "--name" in options else ("--name", name)
    done = call("ingest", str(source), *flags, "-w", str(plant), "--json", "--lang", "en", *options)
    return done.exit_code, json.loads(done.stdout if done.exit_code == 0 else done.stderr)


@pytest.mark.parametrize("name", CASES)
def test_a_bad_file_is_met_with_a_clear_word(name: str, tmp_path: Path, plant: Path, call: Callable[..., Any]) -> None:
    """One message with what, where and fix; or rows that add up, with reasons, and assumptions that are said."""
    case = CASES[name]
    code, said = ingested(call, plant, case.make(tmp_path), f"c{list(CASES).index(name)}", case.options)
    if isinstance(case.expected, Refusal):
        assert code == 1, said
        refused(case.expected, said)
    else:
        assert code == 0, said
        taken(case.expected, said, plant)


def refused(expected: Refusal, said: dict[str, Any]) -> None:
    """The three parts, and no more than a screen of them."""
    assert expected.what in said["what"]
    assert expected.at in said["at"]
    assert expected.fix in said["fix"]
    assert said["fix"], "no fix"
    assert said["at"], "no place"
    assert len(said["what"]) < 600
    assert len(said["at"]) < 400
    assert "Traceback" not in str(said)


def taken(expected: Taken, said: dict[str, Any], plant: Path) -> None:
    """Rows, reasons, assumptions, and what is really in the lake."""
    assert said["seen"] == said["rows"] + said["rejected"]
    if expected.rows >= 0:
        assert (said["rows"], said["rejected"]) == (expected.rows, expected.refused), said["rejected_because"]
    for reason in expected.because:
        assert any(reason in r["reason"]["en"] for r in said["rejected_because"]), said["rejected_because"]
        assert all(r["reason"]["zh"] for r in said["rejected_because"])
    assumed = {f"{a['what']} {a['of']}".strip(): a["value"] for a in said["assumed"]}
    for what, value in expected.assumed.items():
        assert assumed.get(what, "").startswith(value), assumed
    names = [c["name"] for c in said["contract"]["columns"]]
    assert set(expected.columns) <= set(names), names
    ws = open_workspace(plant)
    rows = ws.lake.scan(VersionRef.parse(said["dataset"])).collect()
    assert rows.height == said["rows"]
    assert expected.check is None or expected.check(rows), rows
    if said["rejected"]:
        beside = ws.lake.scan(VersionRef.parse(said["rejected_dataset"])).collect()
        assert beside.height == said["rejected"]
        assert beside["raw"].null_count() == beside["line"].null_count() == 0
        assert set(beside["_row"].to_list()).isdisjoint(rows["_row"].to_list())


def test_a_file_that_may_not_be_read_is_said(tmp_path: Path, plant: Path, call: Callable[..., Any]) -> None:
    """Permission denied, in plain words."""
    path = tmp_path / "data.csv"
    path.write_text(GOOD)
    path.chmod(0)
    if os.geteuid() == 0:  # root may read anything: read as somebody else
        from diapason.connectors.files.places import Piece, form
        from diapason.errors import DataError

        for above in (tmp_path, *tmp_path.parents):
            if above != Path("/") and above.owner() == "root" and above != Path("/tmp"):
                above.chmod(above.stat().st_mode | 0o555)
        os.seteuid(65534)
        try:
            with pytest.raises(DataError, match="may not be read"):
                form(Piece(path))
        finally:
            os.seteuid(0)
    else:
        code, said = ingested(call, plant, path, "locked", ())
        assert code == 1
        refused(Refusal("may not be read", "data.csv", "permission"), said)


def test_a_device_is_not_a_file(plant: Path, call: Callable[..., Any]) -> None:
    """A source that never ends is refused at once."""
    code, said = ingested(call, plant, Path("/dev/zero"), "zero", ())
    assert code == 1
    refused(Refusal("this is not a file", "/dev/zero", "name a file"), said)
