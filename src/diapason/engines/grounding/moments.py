"""Days, times and windows in a question, English and Chinese; what is found is cut out and the rest is judged."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from diapason.engines.grounding.plans import Window

__all__ = ["Found", "cut", "windows"]

_MONTHS = ["january", "february", "march", "april", "may", "june"]
_MONTHS += ["july", "august", "september", "october", "november", "december"]
_MONTH = "|".join(f"{m}|{m[:3]}\\.?" for m in _MONTHS)
_TIME = r"(?:[t ,]|\s+at\s+|\s*)(?P<{p}h>[01]?\d|2[0-3])[:：](?P<{p}m>[0-5]\d)(?::(?P<{p}s>[0-5]\d))?"
_ZH_TIME = (
    r"\s*(?P<{p}zp>上午|下午|晚上|凌晨|早上)?\s*(?P<{p}zh>[01]?\d|2[0-3])\s*[点时]"
    r"(?:\s*(?P<{p}zm>[0-5]?\d)\s*分|(?P<{p}zf>半|整))?"
)
_DAYS = (
    r"(?P<{p}y>\d{{4}})[-/.](?P<{p}mo>\d{{1,2}})[-/.](?P<{p}d>\d{{1,2}})",
    r"(?P<{p}y2>\d{{4}})\s*年\s*(?P<{p}mo2>\d{{1,2}})\s*月\s*(?P<{p}d2>\d{{1,2}})\s*[日号]",
    r"(?<![\d.])"
    rf"(?P<{{p}}d3>\d{{{{1,2}}}})(?:st|nd|rd|th)?(?: of)? (?P<{{p}}mo3>{_MONTH}),?(?: (?P<{{p}}y3>\d{{{{4}}}}))?",
    rf"(?P<{{p}}mo4>{_MONTH}) (?P<{{p}}d4>\d{{{{1,2}}}})(?:st|nd|rd|th)?(?!\d),?(?: (?P<{{p}}y4>\d{{{{4}}}}))?",
    r"(?P<{p}mo5>\d{{1,2}})\s*月\s*(?P<{p}d5>\d{{1,2}})\s*[日号]",
)


def _day(prefix: str) -> str:
    return "(?:" + "|".join(d.format(p=prefix) for d in _DAYS) + ")"


def _moment(prefix: str) -> str:
    return f"{_day(prefix)}(?:{_TIME.format(p=prefix)}|{_ZH_TIME.format(p=prefix)})?"


_CLOCK = r"(?P<{p}h>[01]?\d|2[0-3])[:：](?P<{p}m>[0-5]\d)"
_FLAGS = re.IGNORECASE
_BETWEEN = [
    re.compile(rf"(?:between|from)\s+{_moment('a')}\s+(?:and|to|until|till|through)\s+{_moment('b')}", _FLAGS),
    re.compile(
        rf"(?:在|从|自)?\s*{_moment('a')}\s*(?:到|至|和|与|—|~|－)\s*{_moment('b')}\s*(?:之间|期间|为止)?", _FLAGS
    ),
    re.compile(rf"{_moment('a')}\s*(?:-|–|—|to|until|\.\.)\s+{_moment('b')}", _FLAGS),
]
_HOURS = [
    re.compile(
        rf"(?:between|from)\s+{_CLOCK.format(p='a')}\s+(?:and|to|until|till)\s+{_CLOCK.format(p='b')}\s*(?:utc\s*)?(?:on|of|,)?\s*{_day('c')}",
        _FLAGS,
    ),
    re.compile(
        rf"(?:on\s+)?{_day('c')}\s*,?\s*(?:between|from)\s+{_CLOCK.format(p='a')}\s+(?:and|to|until|till)\s+{_CLOCK.format(p='b')}",
        _FLAGS,
    ),
    re.compile(
        rf"{_day('c')}\s*(?:从|的)?\s*{_CLOCK.format(p='a')}\s*(?:到|至|-|—|~)\s*{_CLOCK.format(p='b')}\s*(?:之间|期间)?",
        _FLAGS,
    ),
]
_ONE = re.compile(
    rf"(?:\b(?:on|at|during|of|for)\s+|在|于)?(?:the\s+)?{_moment('a')}\s*(?:utc)?\s*(?:当天|全天|这一天|那天)?", _FLAGS
)
_MONTH_ONLY = [
    re.compile(rf"(?:\b(?:in|during|for|of)\s+)?(?:the month of\s+)?\b(?P<mo>{_MONTH})\s+(?P<y>\d{{4}})\b", _FLAGS),
    re.compile(r"(?:在)?(?P<y>\d{4})\s*年\s*(?P<mo>\d{1,2})\s*月(?:份|全月|整月)?"),
    re.compile(r"(?:\b(?:in|during|for)\s+)(?P<y>\d{4})-(?P<mo>\d{2})(?![-\d])", _FLAGS),
]
_LAST = [
    re.compile(
        r"\b(?:(?:in|over|during|for|within)\s+)?the\s+(?:last|past|latest|final)\s+(?P<n>\d+)?\s*"
        r"(?P<u>minutes?|hours?|days?|weeks?)\b(?:\s+of (?:the )?(?:record|data|recording))?",
        _FLAGS,
    ),
    re.compile(r"(?:在)?(?:最近|过去|最后|近)\s*(?P<n>\d+)\s*个?(?P<u>分钟|小时|天|日|周)(?:内|里|以来|的记录)?"),
]
_UNITS = {
    "minute": 60,
    "hour": 3600,
    "day": 86400,
    "week": 604800,
    "分钟": 60,
    "小时": 3600,
    "天": 86400,
    "日": 86400,
    "周": 604800,
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a question says of time."""

    windows: tuple[Window, ...] = ()
    at: datetime | None = None  # one moment, with a time of day
    odd: str = ""  # looks like a day and is none


def windows(text: str, start: datetime | None, end: datetime | None, *, pair: bool = False) -> tuple[Found, str]:
    """The windows of a question, and the question without them.

    Args:
        start: first moment of the record in question; a day without a year is looked for in it.
        end: last moment; "the last 3 days" count back from it.
        pair: two days are two windows, not the ends of one.

    >>> start, end = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 20, tzinfo=UTC)
    >>> found, rest = windows("mean of TI-1 on 2025-01-05", start, end)
    >>> str(found.windows[0].start.date()), str(found.windows[0].end.date()), rest
    ('2025-01-05', '2025-01-06', 'mean of TI-1 ')
    """
    known = _Record(start, end)
    for patterns, read in ((_HOURS, known.hours), ([] if pair else _BETWEEN, known.between)):
        for pattern in patterns:
            if (match := pattern.search(text)) is not None:
                return _one(read, match, text)
    days = list(_ONE.finditer(text))
    if days:
        return known.days(days, text)
    for patterns, read in ((_MONTH_ONLY, known.month), (_LAST, known.last)):
        for pattern in patterns:
            if (match := pattern.search(text)) is not None:
                return _one(read, match, text)
    return Found(), text


def cut(text: str, match: re.Match[str]) -> str:
    """The text without what was found."""
    return text[: match.start()] + " " + text[match.end() :] if text[match.end() :] else text[: match.start()]


def _one(read: Callable[[re.Match[str]], Window], match: re.Match[str], text: str) -> tuple[Found, str]:
    try:
        window = read(match)
    except (ValueError, OverflowError):
        return Found(odd=match.group().strip()), cut(text, match)
    if window.end <= window.start:
        return Found(odd=match.group().strip()), cut(text, match)
    return Found((window,)), cut(text, match)


@dataclass(frozen=True, slots=True)
class _Record:
    """First and last moment of the record that is asked about."""

    start: datetime | None
    end: datetime | None

    def hours(self, match: re.Match[str]) -> Window:
        day, _ = self._moment(match, "c")
        got = match.groupdict()
        first, last = (day + timedelta(hours=int(got[f"{p}h"]), minutes=int(got[f"{p}m"])) for p in "ab")
        return Window(first, last)

    def between(self, match: re.Match[str]) -> Window:
        first, _ = self._moment(match, "a")
        last, exact = self._moment(match, "b")
        return Window(first, last if exact else last + timedelta(days=1))

    def days(self, found: list[re.Match[str]], text: str) -> tuple[Found, str]:
        rest = text
        for match in reversed(found):
            rest = cut(rest, match)
        try:
            got = [self._moment(match, "a") for match in found]
        except (ValueError, OverflowError):
            return Found(odd=found[0].group().strip()), rest
        if len(got) == 1 and got[0][1]:
            return Found(at=got[0][0]), rest
        if any(exact for _, exact in got):
            return Found(odd=found[0].group().strip()), rest
        return Found(tuple(Window(day, day + timedelta(days=1)) for day, _ in got)), rest

    def month(self, match: re.Match[str]) -> Window:
        year, month = int(match["y"]), _month(match["mo"])
        first = datetime(year, month, 1, tzinfo=UTC)
        return Window(first, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC))

    def last(self, match: re.Match[str]) -> Window:
        if self.end is None:
            raise ValueError("no record")
        unit = next(s for word, s in _UNITS.items() if match["u"].lower().startswith(word))
        after = self.end + timedelta(microseconds=1)
        return Window(after - timedelta(seconds=int(match["n"] or 1) * unit), after)

    def _moment(self, match: re.Match[str], p: str) -> tuple[datetime, bool]:
        """A day or a moment, and whether it has a time of day."""
        got = {k: v for k, v in match.groupdict().items() if v is not None}
        i = next(n for n in ("", "2", "3", "4", "5") if f"{p}mo{n}" in got)
        month, day = _month(got[f"{p}mo{i}"]), int(got[f"{p}d{i}"])
        moment = self._year(int(got.get(f"{p}y{i}", 0)), month, day)
        if f"{p}h" in got and p != "c":
            return moment.replace(
                hour=int(got[f"{p}h"]), minute=int(got[f"{p}m"]), second=int(got.get(f"{p}s", 0))
            ), True
        if f"{p}zh" in got:
            return moment.replace(
                hour=_hour(got[f"{p}zh"], got.get(f"{p}zp", "")),
                minute=30 if got.get(f"{p}zf") == "半" else int(got.get(f"{p}zm", 0)),
            ), True
        return moment, False

    def _year(self, year: int, month: int, day: int) -> datetime:
        """A day without a year is the only one of the record."""
        if year:
            return datetime(year, month, day, tzinfo=UTC)
        if self.start is None or self.end is None:
            raise ValueError("no record")
        days = [datetime(y, month, day, tzinfo=UTC) for y in range(self.start.year, self.end.year + 1)]
        inside = [d for d in days if self.start - timedelta(days=1) < d <= self.end]
        if len(inside) != 1 and len(days) != 1:
            raise ValueError("which year")
        return (inside or days)[0]


def _month(word: str) -> int:
    return int(word) if word.isdecimal() else 1 + [m[:3] for m in _MONTHS].index(word.lower()[:3])


def _hour(text: str, half: str) -> int:
    hour = int(text)
    return hour + 12 if half in ("下午", "晚上") and hour < 12 else hour
