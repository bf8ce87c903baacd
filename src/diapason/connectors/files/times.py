"""Dates and times as plants write them: ISO, German, American, Chinese, compact, with or without a zone."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from unicodedata import normalize

import polars as pl

__all__ = ["CLOCK", "Shape", "order_by_flow", "order_fails", "read_times", "shape_of"]

CLOCK = re.compile(r"\s*\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?(\s?[AaPp][Mm])?\s*")
"""A time of day without a date."""

_DATES = (
    (re.compile(r"\d{4}([-/.])\d{1,2}\1\d{1,2}"), "%Y{s}%m{s}%d"),
    (re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{4}"), "{0}{s}{1}{s}%Y"),
    (re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{2}(?!\d)"), "{0}{s}{1}{s}{2}"),
    (re.compile(r"\d{4}年\d{1,2}月\d{1,2}[日号]?"), "%Y年%m月%d"),
    (re.compile(r"\d{1,2}([-/ ])[A-Za-zÄäéûç]{3,9}\.?\1\d{4}"), "%d{s}%b{s}%Y"),
    (re.compile(r"\d{1,2}([-/ ])[A-Za-zÄäéûç]{3,9}\.?\1\d{2}(?!\d)"), "%d{s}%b{s}%y"),
    (re.compile(r"\d{1,2}\. [A-Za-zÄä]{3,9}\.? \d{4}"), "%d. %b %Y"),
    (re.compile(r"[A-Za-z]{3,9}\.? \d{1,2},? \d{4}"), "%b %d %Y"),
    (re.compile(r"(?:19|20)\d{6}(?=\D|$|\d{4}(?:\d{2})?$)"), "%Y%m%d"),
)
_HALF = r"(?:上午|下午|[AaPp]\.?[Mm]\.?)"
_TIME = re.compile(
    rf"(?P<gap>[T_:]|\s+|)(?P<before>{_HALF}\s?)?(?P<hour>\d{{1,2}})(?:"
    r"(?P<zh>时|点)(?:\d{1,2}分)?(?P<zs>\d{1,2}秒)?"
    r"|:\d{2}(?P<second>:\d{2}(?P<fraction>[.,:]\d+)?)?"
    r"|(?P<compact>\d{2}(?P<cs>\d{2})?))"
    rf"(?P<after>\s?{_HALF})?(?P<zone>\s?(?:Z|UTC|GMT|[+-]\d{{2}}:?\d{{2}}|[+-]\d{{2}}))?"
)
_WEEKDAY = re.compile(r"[\s(]*(?:星期|周|礼拜)[一二三四五六日天][\s)]*")
_MONTHS = {
    "jan": "Jan",
    "feb": "Feb",
    "mrz": "Mar",
    "mär": "Mar",
    "mar": "Mar",
    "apr": "Apr",
    "mai": "May",
    "may": "May",
}
_MONTHS |= {"jun": "Jun", "jul": "Jul", "aug": "Aug", "sep": "Sep", "okt": "Oct", "oct": "Oct", "nov": "Nov"}
_MONTHS |= {"dez": "Dec", "dec": "Dec"}
_ORDERS = {"dmy": ("%d", "%m", "%y"), "mdy": ("%m", "%d", "%y"), "ymd": ("%y", "%m", "%d")}


@dataclass(frozen=True, slots=True, order=True)
class Shape:
    """How one time is written: a strptime form, with {0} {1} {2} where day, month and year are not clear."""

    form: str
    zoned: bool = False
    half: bool = False  # 上午 / 下午, a.m.
    fraction: str = "."  # the sign before a fraction of a second
    month: bool = False  # a month's name

    @property
    def open(self) -> bool:
        """Day and month could be either way round."""
        return "{0}" in self.form

    @property
    def years_open(self) -> bool:
        """Even the year could stand first or last."""
        return "{2}" in self.form


def shape_of(text: str) -> Shape | None:
    """The shape of a text that is a date or a date and time; None where it is neither.

    >>> shape_of("03.04.2018 7:05").form, shape_of("2026年1月3日 9时05分").form
    ('{0}.{1}.%Y %H:%M', '%Y年%m月%d日 %H时%M分')
    """
    text = _narrow(text)
    for pattern, form in _DATES:
        found = pattern.match(text)
        if found is None:
            continue
        sign = found.group(1) if found.groups() else ""
        date = form.replace("{s}", sign) + (found.group()[-1] if found.group()[-1] in "日号" else "")
        month = "%b" in form
        date = date.replace("%b %d", "%b %d,") if "," in found.group() else date
        rest = text[found.end() :]
        if not rest:
            return Shape(date, month=month)
        time = _TIME.fullmatch(rest)
        return None if time is None else _joined(date, time, month)
    return None


def _narrow(text: str) -> str:
    """Without wide digits and signs, and without the day of the week."""
    return text.strip() if text.isascii() else _WEEKDAY.sub(" ", normalize("NFKC", text)).strip()


def _joined(date: str, time: "re.Match[str]", month: bool) -> Shape:
    part = time.groupdict(default="")
    half = bool(part["before"] or part["after"])
    hour = "%I" if half else "%H"
    if part["zh"]:
        rest = time.group()
        clock = hour + part["zh"] + ("%M分" if "分" in rest else "") + ("%S秒" if part["zs"] else "")
    elif part["compact"]:
        clock = hour + "%M" + ("%S" if part["cs"] else "")
    else:
        clock = hour + ":%M" + (":%S" if part["second"] else "") + ("%.f" if part["fraction"] else "")
    gap = part["gap"] if part["gap"] in ("T", "_", ":", "") else " "
    form = f"{date}{gap}{'%p ' if part['before'] else ''}{clock}{' %p' if part['after'] else ''}"
    zoned = bool(part["zone"])
    return Shape(form + ("%z" if zoned else ""), zoned, half, part["fraction"][:1] or ".", month)


def order_fails(cells: pl.Series, *, years: bool = False) -> dict[str, int]:
    """How many of these dates do not exist under each order of day, month and year.

    >>> order_fails(pl.Series(["03.04.2018", "13.04.2018"]))
    {'dmy': 0, 'mdy': 1}
    """
    parts = cells.str.extract_groups(r"^\s*(\d{1,2})[-/.](\d{1,2})[-/.](\d{1,4})").struct.unnest()
    first, second, third = (parts.to_series(i).cast(pl.Int64) for i in range(3))
    fails = {
        "dmy": int(((first > 31) | (second > 12)).sum()),
        "mdy": int(((first > 12) | (second > 31)).sum()),
    }
    return fails | ({"ymd": int(((second > 12) | (third > 31)).sum())} if years else {})


def order_by_flow(cells: pl.Series, shapes: Iterable[Shape], orders: Iterable[str]) -> str:
    """The one order under which the clock runs on over midnight; "" where rows do not tell.

    >>> flow = pl.Series(["01.02.2018 23:45", "02.02.2018 00:00", "02.02.2018 00:15"])
    >>> order_by_flow(flow, [Shape("{0}.{1}.%Y %H:%M")], ["dmy", "mdy"])
    'dmy'
    """
    smooth = []
    kinds = tuple(shapes)
    if not any("%H" in s.form or "%I" in s.form for s in kinds):
        return ""
    for order in orders:
        times = read_times(cells, kinds, order, "")
        steps = times.diff().dt.total_seconds().filter(times.dt.date() != times.dt.date().shift(1))
        if steps.len() and (steps.abs() < 86_400).mean() > 0.9:  # type: ignore[operator]
            smooth.append(order)
    return smooth[0] if len(smooth) == 1 else ""


def read_times(cells: pl.Series, shapes: Iterable[Shape], order: str, timezone: str) -> pl.Series:
    """Times from text.

    Args:
        cells: String.
        shapes: how they are written; each is tried on what is left.
        order: "dmy", "mdy" or "ymd", where a shape leaves it open.
        timezone: of times written without one; "" keeps the wall clock and calls it UTC.

    Returns:
        Datetime in microseconds, UTC; null where no shape fits.
    """
    result = pl.Series(cells.name, [None] * len(cells), dtype=pl.Datetime("us", "UTC"))
    for shape in shapes:
        left = cells.is_not_null() & result.is_null()
        if left.any():
            at = left.arg_true()
            result = result.scatter(at, _read(cells.gather(at), shape, order, timezone))
    return result


def _read(cells: pl.Series, shape: Shape, order: str, timezone: str) -> pl.Series:
    form = shape.form.format(*_ORDERS[order or "dmy"])
    text, next_day = _normal(cells, shape)
    if not shape.zoned:
        times = text.str.to_datetime(form, time_unit="us", strict=False)
        return _in_utc(_later(times, next_day), timezone)
    times = text.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False)
    return _later(times, next_day)


def _later(times: pl.Series, next_day: pl.Series | None) -> pl.Series:
    if next_day is None:
        return times
    return (
        (times.to_frame("t").with_columns(d=next_day))
        .select(pl.when("d").then(pl.col("t") + pl.duration(days=1)).otherwise(pl.col("t")).alias("t"))
        .to_series()
    )


def _in_utc(times: pl.Series, timezone: str) -> pl.Series:
    zone = timezone or "UTC"
    return times.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")


def _normal(cells: pl.Series, shape: Shape) -> tuple[pl.Series, pl.Series | None]:
    """Text as strptime wants it; and where the clock said 24:00, which is the start of the next day."""
    text = cells.str.strip_chars()
    if text.str.contains(r"[\x{3000}\x{FF01}-\x{FF5E}]|星期|周|礼拜").any():
        text = text.str.normalize("NFKC").str.replace(_WEEKDAY.pattern, " ").str.strip_chars()
    if shape.half:
        text = text.str.replace("上午", "AM ").str.replace("下午", "PM ").str.replace_all(r"\s+", " ")
        text = text.str.replace(r"(?i)\s?([ap])\.?m\.?$", " ${1}m")
    if shape.zoned:
        text = text.str.replace(r"\s?(Z|UTC|GMT)$", "+00:00").str.replace(r"\s([+-]\d{2}:?\d{2})$", "${1}")
        text = text.str.replace(r"([+-]\d{2})$", "${1}:00") if "%S" in shape.form or "%M" in shape.form else text
    if shape.fraction != ".":
        text = text.str.replace(r"(:\d{2}:\d{2})[,:](\d+)", "${1}.${2}")
    if shape.month:
        text = text.str.replace_all(
            r"(?i)(jan|feb|mrz|mär|mar|apr|mai|may|jun|jul|aug|sep|okt|oct|nov|dez|dec)\pL*\.?", "${1}"
        )
        for name, english in _MONTHS.items():
            text = text.str.replace(f"(?i){name}", english)
    if "%H:%M" not in shape.form:
        return text, None
    next_day = text.str.contains(r"[T_ ]24:00(:00)?")
    if not next_day.any():
        return text, None
    return text.str.replace(r"([T_ ])24:00", "${1}00:00"), next_day
