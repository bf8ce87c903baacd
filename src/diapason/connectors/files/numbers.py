"""Numbers as plants write them: decimal point or comma, grouped thousands, words for "no value", a unit behind."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from diapason.connectors.files.flags import is_flag

__all__ = [
    "MISSING",
    "NumberForm",
    "Signs",
    "is_missing",
    "number_of",
    "read_numbers",
    "signs",
    "suffix_of",
    "unmistakable",
]

_WORDS = (
    "na|n/a|n.a.|nan|null|none|nil|-|--|---|?|.|#n/a|#nv|#value!|#div/0!|#ref!|#num!|#bezug!|#wert!|bad|badq|"
    "bad quality|bad input|error|err|fault|invalid|missing|no data|no value|no good data|i/o timeout|timeout|"
    "not connected|scan off|shutdown|pt created|configure|calc failed|intf shut|comm fail|offline|off-line|"
    "undefined|undef|unknown|inf|-inf|+inf|infinity|-infinity|+infinity|1.#inf|-1.#inf|1.#qnan|-1.#ind|1.#ind|+nan|-nan|<null>|(null)|\\n|"
    "无|空|无数据|缺失|坏点|坏值|异常|超时|离线|未知|断线"
)
MISSING = frozenset(_WORDS.split("|"))
"""Words for "no value" in columns of numbers and times: of spreadsheets, historians, loggers, in both languages."""

_EXP = r"(?:[eE][+-]?\d+)?"
_POINT = re.compile(rf"[+-]?(?:(?:\d+|\d{{1,3}}(?:,\d{{3}})+)(?:\.\d*)?|\.\d+){_EXP}")
_COMMA = re.compile(rf"[+-]?(?:(?:\d+|\d{{1,3}}(?:\.\d{{3}})+)(?:,\d*)?|,\d+){_EXP}")
_PLAIN = {".": re.compile(rf"[+-]?(?:\d+\.?\d*|\.\d+){_EXP}"), ",": re.compile(rf"[+-]?(?:\d+,?\d*|,\d+){_EXP}")}
_GAP = re.compile(r"(?<=\d)[ \u00a0\u202f\u2009'’](?=\d{3}(?!\d))")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+")
_TAIL = re.compile(r"([^\d\s.,+-][^\d]{0,11}?)\s*$")


@dataclass(frozen=True, slots=True)
class NumberForm:
    """How the numbers of one column are written."""

    decimal: str = "."
    groups: bool = True  # the other sign may group thousands
    suffix: str = ""  # a unit behind every number


def is_missing(text: str, more: frozenset[str] = frozenset()) -> bool:
    """Whether a cell says that there is no value.

    >>> is_missing(" No Data "), is_missing("12")
    (True, False)
    """
    word = text.strip().lower()
    return not word or word in MISSING or word.replace("_", " ") in MISSING or word in more


def number_of(text: str, form: NumberForm) -> float | None:
    """The number that a text stands for; None where it is none, or too large to be held.

    >>> number_of("1.234,5", NumberForm(",")), number_of("1,234.5", NumberForm("."))
    (1234.5, 1234.5)
    >>> number_of("5-", NumberForm()), number_of("１２", NumberForm()), number_of("1.5", NumberForm(","))
    (-5.0, 12.0, None)
    """
    text = _plainly(text, form.suffix)
    allowed = (_POINT if form.decimal == "." else _COMMA) if form.groups else _PLAIN[form.decimal]
    if not allowed.fullmatch(text):
        return None
    other = "," if form.decimal == "." else "."
    value = float(text.replace(other, "").replace(",", "."))
    return value if abs(value) < float("inf") else None


def unmistakable(text: str) -> str:
    """A number with a decimal point that can't be taken for a sign between thousands.

    >>> unmistakable("1.234"), unmistakable("1.5")
    ('1.2340', '1.5')
    """
    return text + "0" if _GROUPED.fullmatch(text) else text


def _plainly(text: str, suffix: str) -> str:
    """Without blanks, grouping blanks, wide digits, a unit behind, or the minus behind."""
    text = text.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.replace("−", "-"))
    suffix = unicodedata.normalize("NFKC", suffix)
    text = _GAP.sub("", text.removesuffix(suffix).strip() if suffix else text)
    return "-" + text[:-1] if text.endswith("-") and text[:1].isdigit() else text


@dataclass(frozen=True, slots=True)
class Signs:
    """What the cells of a column tell about the decimal sign: counts of cells."""

    numbers: int  # cells that are numbers one way or the other
    comma: int  # can only be a decimal comma: 1,5
    point: int  # can only be a decimal point: 1.5
    either_comma: int  # 1,234
    either_point: int  # 1.234

    def __add__(self, other: "Signs") -> "Signs":
        return Signs(*(getattr(self, n) + getattr(other, n) for n in self.__slots__))


def signs(cells: Iterable[str], suffix: str = "") -> Signs:
    """Count what cells tell about the decimal sign.

    >>> signs(["1,5", "1.234", "7", "x"])
    Signs(numbers=3, comma=1, point=0, either_comma=0, either_point=1)
    """
    counted: Counter[str] = Counter()
    for cell in cells:
        text = _plainly(cell, suffix)
        point, comma = bool(_POINT.fullmatch(text)), bool(_COMMA.fullmatch(text))
        counted["numbers"] += point or comma
        counted["comma"] += comma and not point
        counted["point"] += point and not comma
        counted["either_comma"] += point and comma and "," in text
        counted["either_point"] += point and comma and "." in text
    return Signs(*(counted[n] for n in Signs.__slots__))


def suffix_of(cells: Iterable[str]) -> str:
    """The unit that stands behind every number of a column, "" where there is none.

    >>> suffix_of(["12.5 °C", "13 °C"]), suffix_of(["12 oz", "12 ounce"]), suffix_of(["A1", "B2"])
    ('°C', '', '')
    """
    tails = set()
    for cell in cells:
        found = _TAIL.search(cell.strip())
        if found is None or not signs([cell.strip()[: found.start()]]).numbers:
            return ""
        tails.add(found.group(1).strip())
    return tails.pop() if len(tails) == 1 else ""


def read_numbers(cells: pl.Series, form: NumberForm, more: frozenset[str]) -> tuple[pl.Series, pl.Series, int]:
    """Numbers from text.

    Returns:
        Float64 values (null = no value), the mask of cells that could not be read, and how many cells said
        in a word that there is no value.
    """
    text = cells.str.strip_suffix(form.suffix).str.strip_chars() if form.suffix else cells
    if form.decimal == ",":
        pointed = text.str.contains(".", literal=True)
        text = text.str.replace(",", ".", literal=True)
        text = text.set(pointed.fill_null(value=False), None) if pointed.any() else text
    values = text.cast(pl.Float64, strict=False)
    values = values.set(~values.is_finite().fill_null(value=True), None)
    open_ = values.is_null() & cells.is_not_null()
    if not open_.any():
        return values, open_, 0
    return _one_by_one(cells, values, open_, form, more)


def _one_by_one(
    cells: pl.Series, values: pl.Series, open_: pl.Series, form: NumberForm, more: frozenset[str]
) -> tuple[pl.Series, pl.Series, int]:
    """Read the different texts that the quick way could not."""
    left = cells.filter(open_)
    texts = left.unique().to_list()
    missing = {t for t in texts if is_missing(t, more)}
    flags = {t for t in texts if t not in missing and is_flag(t)}
    found = {t: number_of(t, form) for t in texts if t not in missing | flags}
    read = (
        left.replace_strict(list(found), list(found.values()), default=None, return_dtype=pl.Float64)
        if found
        else pl.Series([None] * len(left), dtype=pl.Float64)
    )
    words = left.is_in(list(missing)) if missing else pl.Series([False] * len(left), dtype=pl.Boolean)
    at = open_.arg_true()
    values = values.scatter(at, read) if found else values
    flagged = left.is_in(list(flags)) if flags else pl.Series([False] * len(left), dtype=pl.Boolean)
    bad = open_.scatter(at, read.is_null() & ~words & ~flagged)
    return values, bad, int((words & (left.str.strip_chars() != "")).sum())
