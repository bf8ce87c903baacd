"""JSON Lines and InfluxDB line protocol: every line is stored or refused; checked against a writer not ours."""
# ruff: noqa: E501  # tables of cases stay on one line

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from influxdb_client import Point as Written
from influxdb_client import WritePrecision

from diapason.connectors.files import batches
from diapason.connectors.files.jsonlines import flat, record_of
from diapason.connectors.files.points import Point, point_of
from diapason.errors import DataError, Unsure
from diapason.testing.connectors import check_connector, read_all
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW

QUICK = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NS = 1_762_156_800 * 10**9


class Files:
    batches = staticmethod(batches)


def read(path: Path, **options: Any) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
    found = read_all(Files(), str(path), options)
    rows, rejected = pl.concat([b.rows for b in found]), pl.concat([b.rejected for b in found])
    assert sum(b.seen for b in found) == rows.height + rejected.height
    return rows.drop(ROW), rejected, dict(found[0].facts)


def said(facts: dict[str, Any]) -> dict[str, str]:
    return {one["what"]: one["value"] for one in facts["assumed"]}


# --- JSON Lines -------------------------------------------------------------------------------------------------------

LINES = [
    '{"time": "2026-11-03T08:00:00+08:00", "T": {"in": 81.5, "out": {"a": 1}}, "codes": [1, 2], "lot": "007", "n": "5"}',
    '{"time": "2026-11-03T08:01:00+08:00", "T": {"in": 82}, "lot": "008", "n": 6, "late": true}',
    "",
    '{"time": "2026-11-03T08:02:00+08:00", "T": {"in": NaN}}',
    '{"time": "2026-11-03T08:03:00+08:00", "T": ',
    '["no", "record"]',
    '{"a.b": 1, "a": {"b": 2}}',
]


def test_records_keep_the_promises(tmp_path: Path) -> None:
    """Packed, nested, gaps, texts and numbers in one column, an array, broken lines with their numbers."""
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(LINES).encode()))
    check_connector(
        Files(), str(path), rows=3, rejected=3, columns=("time", "T.in", "T.out.a"), absent=str(tmp_path / "y.jsonl")
    )
    rows, rejected, facts = read(path)
    assert rows["time"][0] == datetime(2026, 11, 3, 0, 0, tzinfo=UTC)
    assert rows["T.in"].to_list() == [81.5, 82.0, None]
    assert (rows["lot"].to_list(), rows["n"].to_list()) == (["007", "008", None], [5, 6, None])
    assert (rows["codes"][0], rows["late"].to_list()) == ("[1,2]", [None, True, None])
    assert rejected["line"].to_list() == [5, 6, 7]
    assert rejected["raw"][0] == LINES[4]
    assert {"nested", "arrays", "type"} <= set(said(facts))


def test_records_are_known_by_their_content(tmp_path: Path) -> None:
    """Whatever the file is called; JSON over several lines is told the way out; epochs are found out."""
    (tmp_path / "export.txt").write_text('{"ts": 1762156800123, "x": 1}\n{"ts": 1762156801123, "x": 2}\n')
    rows, _, _ = read(tmp_path / "export.txt")
    assert rows["ts"][0] == datetime(2025, 11, 3, 8, 0, 0, 123_000, tzinfo=UTC)
    (tmp_path / "x.json").write_text('[\n {"x": 1}\n]')
    with pytest.raises(DataError, match="JSON, not a table"):
        read(tmp_path / "x.json")
    (tmp_path / "none.jsonl").write_text("[1]\n[2]\n")
    with pytest.raises(DataError, match="no line of the file is a record"):
        read(tmp_path / "none.jsonl")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@QUICK
@given(
    st.lists(st.dictionaries(st.sampled_from("abcd"), JSON, min_size=1, max_size=4), min_size=1, max_size=8),
    st.booleans(),
)
def test_every_record_is_a_row_or_refused(tmp_path: Path, records: list[dict[str, Any]], ascii_only: bool) -> None:
    """Written by the standard library; as many rows as records, and every text as it was where the column is text."""
    path = tmp_path / "x.jsonl"
    path.write_text(
        "\n".join(json.dumps(r, ensure_ascii=ascii_only) for r in records), encoding="utf-8", errors="replace"
    )
    try:
        rows, rejected, _ = read(path, max_rejected=1)
    except (DataError, Unsure):
        return
    assert rows.height + rejected.height == len(records)


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=4))
def test_flattening_loses_no_value(record: dict[str, Any]) -> None:
    """Every leaf is there under its path, unless a name comes twice."""
    found, twice = flat(record)

    def leaves(inner: Any) -> int:
        return sum(leaves(v) for v in inner.values()) if isinstance(inner, dict) else 1

    assert twice or len(found) == leaves(record)


@given(st.binary(max_size=60))
def test_any_line_is_a_record_or_a_reason(line: bytes) -> None:
    """Never anything else; deep nesting too."""
    assert isinstance(record_of(line), dict | Text)
    assert isinstance(record_of(b'{"a":' * 50_000 + line), dict | Text)


# --- line protocol ----------------------------------------------------------------------------------------------------

NAME = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters='\\"#'),
    min_size=1,
    max_size=6,
).filter(lambda t: t == t.strip())
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
VALUE = st.one_of(st.integers(-(2**62), 2**62), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), WORDS)


@given(
    NAME,
    st.dictionaries(NAME, NAME, max_size=3),
    st.dictionaries(NAME, VALUE, min_size=1, max_size=4),
    st.integers(-(2**62), 2**62),
)
def test_what_another_library_writes_is_read(name: str, tags: dict[str, str], fields: dict[str, Any], at: int) -> None:
    """Measurement, tags, fields of every kind, time, through all escapes."""
    point = Written(name).time(at, WritePrecision.NS)
    for key, value in tags.items():
        point = point.tag(key, value)
    for key, value in fields.items():
        point = point.field(key, value)
    got = point_of(point.to_line_protocol())
    assert got == Point(name, tuple(sorted(tags.items())), fields, at)
    assert isinstance(got, Point)
    assert {k: type(v) for k, v in got.fields.items()} == {k: type(v) for k, v in fields.items()}


@given(st.text(max_size=60), st.sampled_from(["", "m,t=1 ", "m f=", 'm f="', "m,=", "m f=1i,"]))
def test_any_text_is_a_point_or_a_reason(text: str, head: str) -> None:
    """Quickly, whatever it is."""
    assert isinstance(point_of(head + text), Point | Text)
    assert isinstance(point_of(head + text * 200), Point | Text)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("cell t=1.5", "no time"), ("cell 17", "no point"), ("t=1 17", "no point"), ("cell t=1.5x 17", "no value"),
        ("cell t=99999999999999999999i 17", "no value"), ("cell t=-1u 17", "no value"), ("cell t=1e999 17", "no value"),
        ("cell t=1,t=2 17", "comes twice"), ("cell,a=1,a=2 t=1 17", "comes twice"), ('cell t="open 17', "no point"),
    ],
)  # fmt: skip
def test_a_wrong_line_says_why(line: str, reason: str) -> None:
    """No time, no field, a value that is none or too large, a name that comes twice."""
    got = point_of(line)
    assert isinstance(got, Text)
    assert reason in got.en


def points(tmp_path: Path, *lines: str, name: str = "x.lp") -> Path:
    (tmp_path / name).write_text("\n".join(lines))
    return tmp_path / name


def test_points_keep_the_promises(tmp_path: Path) -> None:
    """One row to a point, tags as text, fields in their kinds, a text over two lines, refused lines by number."""
    lines = [
        f'oven\\ 1,site=a,unit=0{i % 2} T={80 + i}.5,n={i}i,u={i}u,on=t,say="a \\"b\\"," {NS + i * 10**9}'
        for i in range(6)
    ]
    path = points(tmp_path, "# DML", *lines, f'oven\\ 1,site=b say="two\nlines" {NS}', "oven T=1", f"oven T=x {NS}", "")
    check_connector(Files(), str(path), rows=7, rejected=2, columns=("time", "site", "unit", "T", "n", "on", "say"))
    rows, rejected, facts = read(path)
    kinds = {"unit": pl.String, "T": pl.Float64, "n": pl.Int64, "u": pl.Int64, "on": pl.Boolean, "say": pl.String}
    assert {n: rows.schema[n] for n in kinds} == kinds
    assert (rows["unit"][1], rows["say"][6], rows["time"][6]) == (
        "01",
        "two\nlines",
        datetime(2025, 11, 3, 8, tzinfo=UTC),
    )
    assert rejected["line"].to_list() == [10, 11]
    assert facts["files"][0]["measurements"] == ["oven 1"]


def test_fields_of_one_point_make_one_row(tmp_path: Path) -> None:
    """Also where they lie far apart; the same field again is a row of its own and counted."""
    lines = [f"oven,site=a T={i} {NS + i * 10**9}" for i in range(5)] + [
        f"oven,site=a p={i} {NS + i * 10**9}" for i in range(5)
    ]
    rows, _, facts = read(points(tmp_path, *lines, f"oven,site=a T=9 {NS}"))
    assert rows.select("T", "p").rows() == [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (9, None)]
    assert (facts["files"][0]["merged"], facts["files"][0]["duplicates"]) == (5, 1)
    assert said(facts)["duplicates"] == "1"
    long, _, _ = read(points(tmp_path, *lines), layout="long")
    assert (long.columns, long.height) == (["time", "site", "field", "value"], 10)


@pytest.mark.parametrize(("precision", "scale"), [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)])
def test_the_precision_of_times_is_found_or_asked(tmp_path: Path, precision: str, scale: int) -> None:
    """By the range in which all times lie; a person's word counts; what fits none is asked."""
    rows, _, facts = read(points(tmp_path, f"m,a=b x=1 {1_762_156_800 * scale}", f"m,a=b x=1 {1_762_156_801 * scale}"))
    assert (rows["time"][0], said(facts)["precision"]) == (datetime(2025, 11, 3, 8, tzinfo=UTC), precision)
    near = points(tmp_path, f"m,a=b x=1 {10 * scale}")
    with pytest.raises(Unsure, match="precision"):
        read(near)
    assert read(near, precision=precision)[0]["time"][0] == datetime(1970, 1, 1, 0, 0, 10, tzinfo=UTC)


def test_points_are_known_by_their_content(tmp_path: Path) -> None:
    """In a file called .txt; a table of cells stays one; several measurements are told apart; mixed kinds are text."""
    path = points(
        tmp_path, f"a,s=1 x=1 {NS}", f"b,s=1 x=t {NS}", f"b,s=1 y=2i {NS}", f"b,s=1 y=2.5 {NS + 1000}", name="x.txt"
    )
    rows, _, _ = read(path)
    assert rows["measurement"].to_list() == ["a", "b", "b"]
    assert (rows["x"].to_list(), rows["y"].to_list()) == (["1.0", "true", None], [None, 2.0, 2.5])
    table = points(tmp_path, "time text", *(f"{NS + i} a=b" for i in range(5)), name="y.txt")
    assert read(table)[0].width == 2


@QUICK
@given(st.lists(st.text(st.sampled_from('m,=t "\\1i.\n#xé 9'), max_size=25), max_size=12))
def test_lines_always_add_up(tmp_path: Path, lines: list[str]) -> None:
    """Whatever stands in the file, beside one sound point."""
    try:
        read(points(tmp_path, f"m,a=b x=1 {NS}", *lines), max_rejected=1)
    except (DataError, Unsure) as error:
        assert error.said("zh")["fix"]  # noqa: PT017
