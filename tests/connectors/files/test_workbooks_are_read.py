"""Excel: sheets, dates as numbers, merged cells, errors, formulas; checked against writers and a reader not ours."""
# ruff: noqa: E501, DTZ001  # tables of cases stay on one line; a sheet knows no zones

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
import python_calamine
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from diapason.connectors.files import batches, frames
from diapason.connectors.files.sheets import reference, shown_moment
from diapason.connectors.files.workbook import style_of
from diapason.errors import DataError, DiapasonError, Unsure
from diapason.testing.connectors import check_connector, read_all
from diapason.vocabulary.tables import ROW

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Files:
    batches = staticmethod(batches)


def saved(folder: Path, fill: Callable[[Any], object], **sheets: Callable[[Any], object]) -> Path:
    """A workbook with a first sheet, and further ones by name."""
    book = openpyxl.Workbook()
    fill(book.active)
    for name, more in sheets.items():
        more(book.create_sheet(name))
    path = folder / "book.xlsx"
    book.save(path)
    return path


def rows_of(*rows: list[Any]) -> Callable[[Any], object]:
    return lambda sheet: [sheet.append(row) for row in rows]


def read(path: Path | str, **options: Any) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
    found = read_all(Files(), str(path), options)
    rows, rejected = pl.concat([b.rows for b in found]), pl.concat([b.rejected for b in found])
    assert sum(b.seen for b in found) == rows.height + rejected.height
    return rows.drop(ROW), rejected, dict(found[0].facts)


def said(facts: dict[str, Any]) -> dict[str, str]:
    return {one["what"]: one["value"] for one in facts["assumed"]}


def test_a_sheet_keeps_the_promises(tmp_path: Path) -> None:
    """Rows add up, come again the same, errors help; a line is a row of the sheet."""
    path = saved(tmp_path, rows_of(["a", "b"], *[[i, i * 1.5] for i in range(30)], ["x", 1.5]))
    found = check_connector(
        Files(), str(path), rows=30, rejected=1, columns=("a", "b"), absent=str(tmp_path / "no.xlsx")
    )
    assert found[0].rejected["line"].to_list() == [32]


def report(sheet: Any) -> None:
    """A daily report as a plant prints it."""
    sheet.title = "质量日报"
    sheet["B2"] = "2号炉质量日报"
    sheet.merge_cells("B2:G2")
    sheet["B3"], sheet["E3"] = "导出时间：", "2026-11-03 18:00"
    heads = (
        ("B", "时间", None),
        ("C", "温度", "上"),
        ("D", None, "下"),
        ("E", "批号", None),
        ("F", "铅", None),
        ("G", "总量", None),
    )
    for column, group, name in heads:
        sheet[f"{column}5"], sheet[f"{column}6"] = group, name
    sheet.merge_cells("C5:D5")
    for column in "BEFG":
        sheet.merge_cells(f"{column}5:{column}6")
    for column, unit in zip("CDFG", ("℃", "℃", "mg/L", "t"), strict=True):
        sheet[f"{column}7"] = unit
    for i in range(12):
        row = 8 + i
        sheet[f"B{row}"] = datetime(2026, 11, 3, 8) + timedelta(minutes=20 * i)
        sheet[f"C{row}"], sheet[f"D{row}"] = 80 + i / 10, str(82 + i / 10)
        sheet[f"F{row}"] = "<0.01" if i == 3 else 0.02 + i / 1000
        sheet[f"G{row}"] = "#DIV/0!" if i == 5 else 1.5
    sheet["E8"], sheet["E14"] = "00123", "00124"
    sheet.merge_cells("E8:E13")
    sheet.merge_cells("E14:E19")
    sheet["B20"], sheet["G20"] = "合 计", 18
    sheet["B22"] = "制表：张三"


def test_a_printed_report_becomes_its_rows(tmp_path: Path) -> None:
    """Title, labels, two lines of names, units, text numbers, merged lots, an error, a limit, totals and a signature."""
    rows, rejected, facts = read(saved(tmp_path, report))
    assert rows.columns == ["时间", "温度 上", "温度 下", "批号", "铅", "铅.flag", "总量"]
    assert rows.height == 12
    assert rows["时间"][1] == datetime(2026, 11, 3, 8, 20, tzinfo=UTC)
    assert rows["温度 下"].to_list() == pytest.approx([82 + i / 10 for i in range(12)])
    assert rows["批号"].to_list() == ["00123"] * 6 + ["00124"] * 6
    assert (rows["铅"][3], rows["铅.flag"][3], rows["铅.flag"].null_count()) == (None, "<0.01", 11)
    assert (rows["总量"][5], rows["总量"].null_count()) == (None, 1)
    assert facts["units"] == {"温度 上": "℃", "温度 下": "℃", "铅": "mg/L", "总量": "t"}
    assert rejected["reason"].to_list() == ["a line of totals", "a note below the table"]
    assert rejected["line"].to_list() == [20, 22]
    assert (said(facts)["errors"], said(facts)["merged"], facts["files"][0]["errors"]) == (
        "#DIV/0! 1",
        "6",
        {"#DIV/0!": 1},
    )
    assert facts["files"][0]["sheet"] == "质量日报"


def test_which_sheet_is_asked_where_several_hold_rows(tmp_path: Path) -> None:
    """By name, by number, by FILE#SHEET, all as one; hidden ones are only read by name; a wrong name names the near one."""
    table = rows_of(["a"], [1], [2])
    path = saved(tmp_path, rows_of(), 一月=table, 二月=rows_of(["a"], [3]))
    with pytest.raises(Unsure) as unsure:
        read(path)
    assert [c.value for c in unsure.value.questions[0].choices] == ["一月", "二月", "*"]
    assert read(path, sheet="二月")[0]["a"].to_list() == read(path, sheet="3")[0]["a"].to_list() == [3]
    assert read(f"{path}#一月")[0]["a"].to_list() == [1, 2]
    assert read(path, sheet="*")[0].rows() == [("一月", 1), ("一月", 2), ("二月", 3)]
    with pytest.raises(DataError, match="no sheet '3月'"):
        read(path, sheet="3月")
    book = openpyxl.load_workbook(path)
    book["二月"].sheet_state = "hidden"
    book.save(path)
    rows, _, facts = read(path)
    assert (rows["a"].to_list(), said(facts)["sheet"]) == ([1, 2], "一月")
    assert sum(frame.height for frame in frames(str(path), {}, 10)) == 2


@pytest.mark.parametrize("since_1904", [False, True])
def test_days_are_counted_from_the_right_day(tmp_path: Path, since_1904: bool) -> None:
    """Dates, times of day, lengths of time; numbers with the format of a date; codes with zeros in front."""
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904 if since_1904 else book.epoch
    moment, day = datetime(2026, 11, 3, 8, 0, 1, 250_000), date(1999, 12, 31)
    for row in (
        ["at", "day", "clock", "long", "lot", "x"],
        *[[moment, day, time(8, 30), timedelta(hours=30), 7, 1.234]] * 3,
    ):
        book.active.append(row)
    for cell in book.active["E"][1:]:
        cell.number_format = "00000"
    book.save(tmp_path / "book.xlsx")
    rows, _, facts = read(tmp_path / "book.xlsx", types="clock=text")
    first = rows.row(0)
    assert first == (
        moment.replace(tzinfo=UTC),
        datetime(1999, 12, 31, tzinfo=UTC),
        "08:30:00",
        108_000,
        "00007",
        1.234,
    )
    assert said(facts)["spans"] == "3"


def test_the_days_of_1900_are_those_of_excel() -> None:
    """Excel has a 29 February 1900; days before it are one off."""
    assert [shown_moment(d, "date", False) for d in (1, 59, 61)] == ["1900-01-01", "1900-02-28", "1900-03-01"]
    assert shown_moment(-1, "date", False) is None
    assert shown_moment(4e6, "date", False) is None


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("yyyy/mm/dd", "date"), ("[$-804]yyyy年m月d日;@", "date"), ("mmm-yy", "date"), ("d.m.yyyy hh:mm:ss.000", "date"),
        ("上午/下午h时mm分", "clock"), ("h:mm AM/PM", "clock"), ("[h]:mm:ss", "span"), ("[mm]:ss", "span"), ("0000", "0000"),
        ("General", ""), ("0.00", ""), ("#,##0", ""), ('0.0" days"', ""), ("0.00E+00", ""), ("[Red]0.0", ""), ("@", ""), ("0%", ""),
    ],
)  # fmt: skip
def test_a_format_tells_what_a_number_is(code: str, kind: str) -> None:
    """Date, time of day, length of time, zeros in front, or only a number."""
    assert style_of(code) == kind


def test_formulas_that_were_never_calculated_are_said(tmp_path: Path) -> None:
    """A library has written them, and no spreadsheet has ever worked them out."""
    rows, _, facts = read(saved(tmp_path, rows_of(["a", "b"], [1, "=A2*2"], [2, "=A3*2"])))
    assert rows["b"].null_count() == 2
    assert said(facts)["formulas"] == "2"


def test_an_old_workbook_is_read_too(tmp_path: Path) -> None:
    """.xls, written by a library of its time."""
    book, style = xlwt.Workbook(), xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM")
    sheet = book.add_sheet("数据")
    for j, name in enumerate(("时间", "温度", "批号")):
        sheet.write(0, j, name)
    for i in range(1, 6):
        sheet.write(i, 0, datetime(2026, 11, 3, 8, i), style)
        sheet.write(i, 1, 80 + i / 4)
        sheet.write(i, 2, f"A{i}")
    book.save(str(tmp_path / "book.xls"))
    rows, _, _ = read(tmp_path / "book.xls")
    assert rows.row(0) == (datetime(2026, 11, 3, 8, 1, tzinfo=UTC), 80.25, "A1")


CELL = st.one_of(
    st.none(),
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=8).filter(
        lambda t: t.strip() and t[0] != "="
    ),
)


@QUICK
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=12))
def test_our_reader_sees_what_another_sees(tmp_path: Path, rows: list[list[Any]]) -> None:
    """Cell by cell, against the reader of another house: texts, numbers, flags, gaps, in their rows and columns."""
    from diapason.connectors.files.places import Piece
    from diapason.connectors.files.sheets import cells_of, shown_value
    from diapason.connectors.files.workbook import read_workbook

    path = saved(tmp_path, rows_of(["a", "b", "c"], *rows))
    book = read_workbook(Piece(path))
    text = b"".join(block.data for block in cells_of(book, book.sheets[0]).blocks()).decode().split("\n")[:-1]
    theirs = python_calamine.load_workbook(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    want = [[" ".join(shown_value(v).split()) for v in row] for row in theirs]
    for ours, other in zip(text, want, strict=False):
        cells = ours.split("\t") if ours else [""] * 3
        got = [c[1:-1].replace('""', '"') if c.startswith('"') else c for c in cells]
        assert [_number(" ".join(c.split())) for c in got] == [_number(c) for c in other]


def _number(text: str) -> Any:
    try:
        return str(float(text) + 0.0)  # as text: what is no number equals itself; no zero below zero
    except ValueError:
        return text


@QUICK
@given(st.data())
def test_a_spoilt_workbook_is_refused_in_words(tmp_path: Path, data: st.DataObject) -> None:
    """Bytes of any part changed, cut out or put in: rows that add up, or a clear refusal; never a traceback."""
    path = saved(tmp_path, rows_of(["t", "x"], *[[datetime(2026, 1, 1 + i), i * 0.5] for i in range(5)]))
    parts = {}
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = data.draw(st.sampled_from([n for n in sorted(parts) if n != "[Content_Types].xml"]))
    at = data.draw(st.integers(0, len(parts[name]) - 1))
    cut = data.draw(st.integers(0, 30))
    put = data.draw(
        st.one_of(
            st.binary(max_size=8), st.sampled_from([b'"', b"<", b"9999999", b"-1", b"AAAA1", b"<!DOCTYPE x>", b""])
        )
    )
    parts[name] = parts[name][:at] + put + parts[name][at + cut :]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    (tmp_path / "spoilt.xlsx").write_bytes(packed.getvalue())
    _never_a_traceback(tmp_path / "spoilt.xlsx")


@QUICK
@given(st.binary(max_size=400), st.sampled_from(["x.xlsx", "x.xls", "x.jsonl", "x.lp", "x.csv", "x.txt"]))
@pytest.mark.parametrize("magic", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b'{"a":', b"m,t=1 f="])
def test_any_bytes_under_any_name_are_met_with_words(tmp_path: Path, magic: bytes, content: bytes, name: str) -> None:
    """Whatever is in a file, and whatever it is called."""
    (tmp_path / name).write_bytes(magic + content)
    _never_a_traceback(tmp_path / name)


def _never_a_traceback(path: Path) -> None:
    try:
        read(path)
    except DiapasonError as error:
        assert all(error.said(language)[part] for language in ("en", "zh") for part in ("what", "at", "fix"))  # noqa: PT017


def test_a_far_cell_costs_nothing_and_a_wrong_one_is_refused() -> None:
    """XFD1048576 is the last; beyond there is none."""
    assert reference("XFD1048576") == (1_048_576, 16_384)
    for wrong in ("XFE1", "A1048577", "A0", "1A", ""):
        with pytest.raises(ValueError, match="cell"):
            reference(wrong)
