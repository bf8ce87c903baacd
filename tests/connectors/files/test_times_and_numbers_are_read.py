"""Dates and numbers in the many ways in which plants write them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from diapason.connectors.files import batches
from diapason.errors import Unsure
from diapason.testing.connectors import read_all


class _Files:
    batches = staticmethod(batches)


def rows(folder: Path, text: str, encoding: str = "utf-8", **options: Any) -> pl.DataFrame:
    """The rows of a text."""
    path = folder / "data.csv"
    path.write_bytes(text.encode(encoding))
    return pl.concat([b.rows for b in read_all(_Files, str(path), options)])


AT = datetime(2026, 1, 13, 14, 5, 9, tzinfo=UTC)
MINUTE = AT.replace(second=0)
DAY = AT.replace(hour=0, minute=0, second=0)
TIMES = [
    ("2026-01-13 14:05:09", AT),
    ("2026-01-13T14:05:09Z", AT),
    ("2026-01-13T14:05:09+00:00", AT),
    ("2026-01-13 22:05:09+08:00", AT),
    ("2026-01-13 22:05:09 +0800", AT),
    ("2026-01-13T22:05:09+08", AT),
    ("2026-01-13 14:05:09 UTC", AT),
    ("2026-01-13 14:05:09.250", AT.replace(microsecond=250000)),
    ("2026-01-13 14:05:09,250", AT.replace(microsecond=250000)),
    ("2026-01-13 14:05:09:250", AT.replace(microsecond=250000)),
    ("2026-01-13_14:05:09", AT),
    ("2026/01/13 14:05:09", AT),
    ("2026/1/13 14:05", MINUTE),
    ("2026.01.13 14:05", MINUTE),
    ("13.01.2026 14:05:09", AT),
    ("13.1.2026 14:05", MINUTE),
    ("13.01.26 14:05", MINUTE),
    ("13/01/2026 14:05:09", AT),
    ("01/13/2026 14:05:09", AT),
    ("1/13/2026 2:05:09 PM", AT),
    ("1/13/2026 2:05 pm", MINUTE),
    ("13-01-2026 14:05", MINUTE),
    ("13-Jan-2026 14:05:09", AT),
    ("13-Jan-26 14:05:09", AT),
    ("13 Jan 2026 14:05", MINUTE),
    ("Jan 13, 2026 14:05", MINUTE),
    ("January 13, 2026 14:05", MINUTE),
    ("13. Januar 2026 14:05", MINUTE),
    ("2026年1月13日 14:05:09", AT),
    ("2026年01月13日 14时05分09秒", AT),
    ("2026年1月13日 14时5分", MINUTE),
    ("2026年1月13日 下午2:05", MINUTE),
    ("2026/1/13 下午 2:05:09", AT),
    ("2026-01-13", DAY),
    ("13.01.2026", DAY),
    ("2026年1月13日", DAY),
    ("20260113140509", AT),
    ("20260113 140509", AT),
    ("20260113T140509", AT),
    ("202601131405", MINUTE),
    ("20260113", DAY),
    ("1768313109", AT),
    ("1768313109000", AT),
    ("1768313109000000", AT),
    ("1768313109000000000", AT),
    ("46035.586909722", AT),
    ("46035", DAY),
]


@pytest.mark.parametrize(("text", "expected"), TIMES, ids=[t for t, _ in TIMES])
def test_a_time_is_read(text: str, expected: datetime, tmp_path: Path) -> None:
    """Whatever its form; kept in UTC."""
    quoted = f'"{text}"'
    found = rows(tmp_path, f"date_time,x\n{quoted},1\n{quoted},2\n")["date_time"]
    assert found.dtype == pl.Datetime("us", "UTC")
    assert abs((found[0] - expected).total_seconds()) < 0.01


def test_midnight_may_be_written_without_a_clock_or_as_24(tmp_path: Path) -> None:
    """Spreadsheets leave 00:00 out; meters write 24:00."""
    text = "t;x\n12.01.2026 23:45;1\n12.01.2026 24:00;2\n13.01.2026;3\n13.01.2026 00:15:30;4\n"
    found = rows(tmp_path, text)["t"].to_list()
    assert found[1] == found[2] == datetime(2026, 1, 13, tzinfo=UTC)
    assert found[3] == datetime(2026, 1, 13, 0, 15, 30, tzinfo=UTC)


def test_a_time_zone_may_be_named(tmp_path: Path) -> None:
    """Local times become UTC."""
    found = rows(tmp_path, "t,x\n2026-07-01 08:00,1\n2026-12-01 08:00,2\n", timezone="Europe/Berlin")["t"]
    assert [t.hour for t in found] == [6, 7]


def test_date_and_clock_side_by_side_are_one_time(tmp_path: Path) -> None:
    """As loggers write them."""
    found = rows(tmp_path, "Date;Time;T\n13.01.2026;14:05:09;1,5\n13.01.2026;14:05:10;1,6\n14.01.2026;00:00:01;1,7\n")
    assert found.columns == ["_row", "Date Time", "T"]
    assert found["Date Time"][0] == AT


@pytest.mark.parametrize(
    ("dates", "month"),
    [
        (["01/02/2026 23:45", "02/02/2026 00:00", "02/02/2026 00:15"], 2),  # the clock runs on: days first
        (["02/01/2026 23:45", "02/02/2026 00:00", "02/02/2026 00:15"], 2),  # the clock runs on: months first
        (["01/02/2026", "05/06/2026", "13/07/2026"], 2),  # a thirteenth month does not exist
        (["01/02/2026", "05/06/2026", "07/13/2026"], 1),
        (["01.02.2026", "05.06.2026", "07.08.2026"], 2),  # dots put the day first
    ],
)
def test_day_and_month_are_told_apart_by_the_data(dates: list[str], month: int, tmp_path: Path) -> None:
    """Where it can be told."""
    found = rows(tmp_path, "t,x\n" + "".join(f"{d},{i}.5\n" for i, d in enumerate(dates)))
    assert found["t"][0].month == month


def test_a_decimal_comma_tells_that_the_day_comes_first(tmp_path: Path) -> None:
    """Nobody who writes 1,5 puts the month first."""
    found = rows(tmp_path, "t;x\n01/02/2026;1,5\n05/06/2026;2,5\n")
    assert found["t"][0].month == 2


def test_the_thirteenth_far_down_decides(tmp_path: Path) -> None:
    """The whole file is looked at before a row is stored."""
    text = "t,x\n" + "01/02/2026,1\n" * 20_000 + "13/02/2026,2\n"
    assert rows(tmp_path, text)["t"][0].month == 2


def test_what_can_not_be_told_is_asked(tmp_path: Path) -> None:
    """With both readings of a date that really stands there."""
    with pytest.raises(Unsure) as asked:
        rows(tmp_path, "t,x\n03/04/2026,1\n05/06/2026,2\n")
    (question,) = asked.value.questions
    assert [c.value for c in question.choices] == ["dmy", "mdy"]
    assert "4" in question.choices[0].means.zh
    assert question.flag("mdy") == "-o date_order=mdy"


NUMBERS = [
    (["1,5", "2", "1.234,5"], [1.5, 2.0, 1234.5]),
    (["1.5", "2", "1,234.5"], [1.5, 2.0, 1234.5]),
    (["1 234,5", "2,5", "3"], [1234.5, 2.5, 3.0]),
    (["1'234.5", "2.5", "3"], [1234.5, 2.5, 3.0]),
    (["1\u00a0234,5", "2,5", "3"], [1234.5, 2.5, 3.0]),
    (["12.5-", "3.5", "4"], [-12.5, 3.5, 4.0]),
    (["−12.5", "3.5", "4"], [-12.5, 3.5, 4.0]),
    (["１２．５", "3.5", "4"], [12.5, 3.5, 4.0]),
    (["1e3", "2.5E-1", "+4"], [1000.0, 0.25, 4.0]),
    ([".5", "5.", "4"], [0.5, 5.0, 4.0]),
    (["12.5 °C", "13 °C", "14.25 °C"], [12.5, 13.0, 14.25]),
    (["12,5 %", "13 %", "14,25 %"], [12.5, 13.0, 14.25]),
    (["1.5", "n/a", "Bad Input"], [1.5, None, None]),
    (["1.5", "No Data", "I/O Timeout"], [1.5, None, None]),
    (["1,5", "坏点", "-"], [1.5, None, None]),
]


@pytest.mark.parametrize(("texts", "expected"), NUMBERS, ids=[" ".join(t) for t, _ in NUMBERS])
def test_numbers_are_read(texts: list[str], expected: list[float | None], tmp_path: Path) -> None:
    """Decimal sign, groups, minus behind, wide digits, units behind, words for no value."""
    found = rows(tmp_path, "n;x\n" + "".join(f'{i};"{t}"\n' for i, t in enumerate(texts * 7)))
    assert found["x"].to_list()[:3] == expected


def test_the_unit_behind_numbers_is_told(tmp_path: Path) -> None:
    """So that it can go into the contract."""
    (tmp_path / "d.csv").write_text("n;x\n1;12 bar\n2;13 bar\n")
    (batch,) = read_all(_Files, str(tmp_path / "d.csv"), {})
    assert batch.facts["units"] == {"x": "bar"}


def test_whole_numbers_stay_whole_and_a_late_fraction_does_no_harm(tmp_path: Path) -> None:
    """A valve closed for days is 0, 0, 0, … and then 0.37."""
    found = rows(tmp_path, "a,b\n" + "1,0\n" * 30_000 + "2,0.37\n")
    assert found.schema["a"] == pl.Int64
    assert found["b"][-1] == 0.37


def test_a_column_that_begins_empty_is_still_read(tmp_path: Path) -> None:
    """A lab value that starts in March."""
    found = rows(tmp_path, "a,b\n" + "1,\n" * 30_000 + "2,1.5\n" * 10)
    assert found["b"].drop_nulls().to_list() == [1.5] * 10


def test_a_person_may_say_what_a_column_is(tmp_path: Path) -> None:
    """Types and forms of time override what was found."""
    text = "a,b,c\n1,2026 03 04,5\n2,2026 03 05,x\n"
    found = rows(tmp_path, text, types="a=text,c=number", time_format="b=%Y %m %d", bad_cells="missing")
    assert found["a"].to_list() == ["1", "2"]
    assert found["b"][0].day == 4
    assert found["c"].to_list() == [5.0, None]


def test_parquet_is_read_as_typed_and_its_texts_as_texts_of_a_table(tmp_path: Path) -> None:
    """Typed columns keep their types; times in text and counted times become times; files may differ in types."""
    frame = pl.DataFrame(
        {
            "ts": [1768313109000, 1768313110000],
            "day": ["13.01.2026", "14.01.2026"],
            "local": [datetime(2026, 1, 13, 8), None],  # noqa: DTZ001
            "x": [1, 2],
            "small": pl.Series([1.5, None], dtype=pl.Float32),
            "kind": pl.Series(["a", "b"], dtype=pl.Categorical),
            "money": pl.Series(["1.50", "2.25"]).cast(pl.Decimal(10, 2)),
            "on": [True, False],
        }
    )
    frame.write_parquet(tmp_path / "1.parquet")
    frame.with_columns(x=pl.col("x") + 0.5).write_parquet(tmp_path / "2.parquet")
    found = pl.concat([b.rows for b in read_all(_Files, str(tmp_path), {"timezone": "Asia/Shanghai"})])
    assert found["ts"][0] == AT
    assert found["day"].dtype == pl.Datetime("us", "UTC")
    assert found["local"][0] == datetime(2026, 1, 13, 0, tzinfo=UTC)
    assert found["x"].to_list() == [1.0, 2.0, 1.5, 2.5]
    assert found.schema["small"] == found.schema["money"] == pl.Float64
    assert (found.schema["kind"], found.schema["on"]) == (pl.String, pl.Boolean)
    assert found["file"].to_list() == ["1", "1", "2", "2"]


def test_text_and_parquet_may_lie_in_one_folder(tmp_path: Path) -> None:
    """The same columns, one table."""
    pl.DataFrame({"a": [1, 2], "b": ["x", "y"]}).write_parquet(tmp_path / "1.parquet")
    (tmp_path / "2.csv").write_text("b;a\nz;3,5\n")
    found = pl.concat([b.rows for b in read_all(_Files, str(tmp_path), {})])
    assert found["a"].to_list() == [1.0, 2.0, 3.5]
    assert found["b"].to_list() == ["x", "y", "z"]


def test_the_parts_of_a_split_export_are_named_as_the_first(tmp_path: Path) -> None:
    """Only the first part has the header; that is said."""
    (tmp_path / "1.csv").write_text("t,x\n1,1.5\n2,2.5\n")
    (tmp_path / "2.csv").write_text("3,3.5\n4,4.5\n")
    (batch,) = read_all(_Files, str(tmp_path), {})
    assert batch.rows["x"].to_list() == [1.5, 2.5, 3.5, 4.5]
    assert [(a["value"], a["of"]) for a in batch.facts["assumed"] if a["what"] == "names"] == [("1.csv", "2.csv")]


def test_local_time_that_does_not_exist_is_refused_with_its_reason(tmp_path: Path) -> None:
    """The hour that a clock skips in spring."""
    rows_ = "".join(f"2026-03-29 0{h}:30,{h}\n" for h in range(6)) * 5
    path = tmp_path / "data.csv"
    path.write_text("t,x\n" + rows_)
    (batch,) = read_all(_Files, str(path), {"timezone": "Europe/Berlin", "time_format": "t=%Y-%m-%d %H:%M"})
    assert batch.rejected.height == 5
    assert "is not a date" in batch.rejected["reason"][0]
