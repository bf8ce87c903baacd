"""Exports of MES and LIMS as Chinese plants print them: GBK, titles, pages, totals, limits instead of values."""
# ruff: noqa: E501  # tables of cases stay on one line

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diapason.connectors.files import batches
from diapason.connectors.files.encodings import other_than
from diapason.connectors.files.flags import is_flag
from diapason.connectors.files.footing import closing, is_title
from diapason.testing.connectors import read_all
from diapason.vocabulary.tables import ROW


class Files:
    batches = staticmethod(batches)


HEADS = "报表名称：质量日报,,,,\n导出时间：,2026-11-03 18:00,,,\n,,,,\n采样时间,批号,温度(℃),铅（mg/L）,判定\n"
PAGE = "采样时间,批号,温度(℃),铅（mg/L）,判定\n"
ROWS = [
    "2026年11月3日 08:00,00123,８１．５,<0.01,合格",
    "2026年11月3日 上午9:05,00124,82.5,0.02,不合格",
    "2026年11月3日 下午1:00:30,00125,82.5,未检出,合格",
    "2026年11月3日 星期二 14:00,00126,－3.5,０．０３,合格",
    "２０２６－１１－０３　15：00,00127,83,>2,合格",
    "2026/11/3 16:00,00128,84,0.04,合格",
]
REPORT = (
    HEADS
    + "\n".join(ROWS[:3])
    + "\n小 计,,,0.02,\n"
    + HEADS
    + "\n".join(ROWS[3:])
    + "\n合计：,,,0.09,\n制表：张三,,审核：李四,,\n"
)


def read(path: Path, **options: Any) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
    found = read_all(Files(), str(path), options)
    rows, rejected = pl.concat([b.rows for b in found]), pl.concat([b.rejected for b in found])
    assert sum(b.seen for b in found) == rows.height + rejected.height
    return rows.drop(ROW), rejected, dict(found[0].facts)


def test_a_printed_report_becomes_its_rows(tmp_path: Path) -> None:
    """Two pages with titles, dates in four ways, wide digits, limits, totals of pages and of all, signatures."""
    (tmp_path / "x.csv").write_bytes(REPORT.encode("gb18030"))
    rows, rejected, facts = read(tmp_path / "x.csv")
    assert rows.columns == ["采样时间", "批号", "温度(℃)", "铅（mg/L）", "铅（mg/L）.flag", "判定"]
    clock = [(8, 0, 0), (9, 5, 0), (13, 0, 30), (14, 0, 0), (15, 0, 0), (16, 0, 0)]
    assert rows["采样时间"].to_list() == [datetime(2026, 11, 3, *c, tzinfo=UTC) for c in clock]
    assert rows["温度(℃)"].to_list() == [81.5, 82.5, 82.5, -3.5, 83, 84]
    assert rows["铅（mg/L）"].to_list() == [None, 0.02, None, 0.03, None, 0.04]
    assert rows["铅（mg/L）.flag"].to_list() == ["<0.01", None, "未检出", None, ">2", None]
    assert rows["判定"].to_list() == ["合格", "不合格", *["合格"] * 4]
    reasons = rejected["reason"].to_list()
    page = ["the header comes again"] * 2 + ["no cell has a value", "the header comes again"]
    assert reasons == ["a line of totals", *page, "a line of totals", "a note below the table"]
    assert facts["flagged"] == {"铅（mg/L）": {"<0.01": 1, "未检出": 1, ">2": 1}}
    assert facts["roles"] == {"ignored": ["铅（mg/L）.flag"]}


def test_two_encodings_in_one_file_are_both_read(tmp_path: Path) -> None:
    """Parts of two programs put together: lines of the other encoding are read in it, counted and said."""
    for first, second in (("utf-8", "gb18030"), ("gb18030", "utf-8")):
        head = "时间,状态,温度\n" + "".join(f"2026-11-03 08:{i:02d},运行正常,{80 + i}\n" for i in range(30))
        tail = "".join(f"2026-11-03 09:{i:02d},设备检修,{80 + i}\n" for i in range(5))
        (tmp_path / "x.csv").write_bytes(head.encode(first) + tail.encode(second))
        rows, rejected, facts = read(tmp_path / "x.csv")
        assert (rows.height, rejected.height) == (35, 0)
        assert rows["状态"].to_list() == ["运行正常"] * 30 + ["设备检修"] * 5
        assert [(a["what"], a["value"]) for a in facts["assumed"] if "unlike" in a["why"]["en"]] == [
            ("encoding", second)
        ]


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=20))
def test_a_line_of_the_file_s_own_encoding_stays(text: str) -> None:
    """UTF-8 in a UTF-8 file is never taken for something else."""
    assert other_than("utf-8", text.encode()) == ""


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (["合计", "", "3"], "totals"), (["", "总 计：", "3"], "totals"), (["Total", "1", "2"], "totals"), (["平均值", "1", "2"], "totals"),
        (["审核：", "", ""], "note"), (["第 1 页 共 3 页", "", ""], "note"), (["Page 1 of 2", "", ""], "note"),
        (["Totaliser 1", "1", "2"], ""), (["2026-11-03", "", ""], ""), (["合计", ], ""), (["", "", ""], ""),
    ],
)  # fmt: skip
def test_totals_and_notes_are_known(cells: list[str], why: str) -> None:
    """By their first word, and only at the end of a table or page."""
    found = closing(cells)
    assert (why in found.en) if found else not why


def test_a_total_in_the_middle_is_a_row(tmp_path: Path) -> None:
    """Where Total is one of several texts, nothing is taken away but the last line."""
    (tmp_path / "x.csv").write_text("kind,x\nTotal,1\npart,2\nTotal,3\npart,4\nTotal,5\n")
    rows, rejected, _ = read(tmp_path / "x.csv")
    assert (rows["x"].to_list(), rejected["reason"].to_list()) == ([1, 2, 3, 4], ["a line of totals"])


@pytest.mark.parametrize(
    ("line", "title"),
    [
        (["质量日报", "", "", ""], True), (["", "", "", ""], True), (["导出时间：", "2026-11-03", "", ""], True),
        (["报表名称:日报", "", "班次:甲", ""], True), (["时间", "T", "p", "q"], False), (["1", "", "", ""], False),
    ],
)  # fmt: skip
def test_titles_above_a_table_are_known(line: list[str], title: bool) -> None:
    """Padded by a spreadsheet to the width of the table; never the names themselves."""
    assert is_title(line, [["时间", "T", "p", "q"], *[["1", "2", "3", "4"]] * 5]) is title


def test_a_sparse_table_keeps_its_first_row(tmp_path: Path) -> None:
    """Rows that are as empty as the first are no reason to call it a title."""
    (tmp_path / "x.csv").write_text("a,b,c\nx,,\n,y,\n,,z\n")
    assert read(tmp_path / "x.csv")[0].height == 3


@pytest.mark.parametrize(
    "text",
    ["<0.01", "＜0.01", "≤5 mg/L", ">1,000", "小于0.5", "未检出", "ND", " n.d. ", "不合格", "<LOD", "<.5", "> 1e3"],
)
def test_a_limit_is_no_value_and_no_nonsense(text: str) -> None:
    """Below or above what can be measured, not found, not passed."""
    assert is_flag(text)


@pytest.mark.parametrize("text", ["5", "", "<", "<a", "a<1", "sample lost", "0.01", "<5<6"])
def test_other_texts_are_no_limits(text: str) -> None:
    """They are refused or kept as text, as before."""
    assert not is_flag(text)


def test_a_column_of_verdicts_stays_text(tmp_path: Path) -> None:
    """Only among numbers is a word a flag."""
    (tmp_path / "x.csv").write_text("a,判定\n" + "1,合格\n2,不合格\n" * 5)
    rows, _, facts = read(tmp_path / "x.csv")
    assert (rows.schema["判定"], facts["flagged"]) == (pl.String, {})
