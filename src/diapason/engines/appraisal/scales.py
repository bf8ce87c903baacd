"""Named scales: from an answer or a count to a score between 0 and 1."""

import math
from collections.abc import Callable

from diapason.vocabulary.language import Text
from diapason.vocabulary.maturity import Test

__all__ = ["SCALES", "score"]

Value = float | bool | str

DCMM = (0.0, 0.5, 0.8, 1.0)
"""Degrees of conformity: not, partly, largely, fully."""


def score(value: Value, test: Test) -> float | Text:
    """The score of a value under a test, from 0 to 1; or why it can't be tested.

    >>> score(0.85, Test("x", at_least=0.8)), score(0.85, Test("x", graded=((0.5, 0.5), (0.95, 1.0))))
    (1.0, 0.5)
    >>> score("many", Test("x", at_least=1)).en
    "'many' is no number"
    """
    if test.scale not in SCALES:
        return Text(f"there is no scale '{test.scale}'", f"没有量表“{test.scale}”")
    return SCALES[test.scale](value, test)


def _number(value: Value, test: Test) -> float | Text:
    """Against the limits of the test."""
    if test.equals is not None:
        return _equal(value, test.equals)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return _no_number(value)
    if test.graded:
        return max((points for limit, points in test.graded if value >= limit), default=0.0)
    if test.at_least is None and test.at_most is None:
        return Text("the clause names no limit", "条款没有给出门槛")
    low = test.at_least is None or value >= test.at_least
    high = test.at_most is None or value <= test.at_most
    return float(low and high)


def _equal(value: Value, wanted: bool | str) -> float | Text:
    if type(value) is not type(wanted):
        return Text(f"'{value}' can't be held against '{wanted}'", f"“{value}”无法与“{wanted}”比较")
    return float(value == wanted)


def _yes_no(value: Value, _test: Test) -> float | Text:
    if isinstance(value, bool):
        return float(value)
    return Text(f"'{value}' is neither yes nor no", f"“{value}”既不是“是”也不是“否”")


def _dcmm(value: Value, _test: Test) -> float | Text:
    """One of the four degrees; yes is fully, no is not."""
    if isinstance(value, str) or float(value) not in DCMM:
        return Text(f"'{value}' is none of 0, 0.5, 0.8, 1", f"“{value}”不是 0、0.5、0.8、1 之一")
    return float(value)


def _share(value: Value, _test: Test) -> float | Text:
    if isinstance(value, bool | str) or not 0 <= value <= 1:
        return Text(f"'{value}' is no share from 0 to 1", f"“{value}”不是 0 到 1 之间的比例")
    return float(value)


def _no_number(value: Value) -> Text:
    return Text(f"'{value}' is no number", f"“{value}”不是数字")


SCALES: dict[str, Callable[[Value, Test], float | Text]] = {
    "number": _number,
    "yes-no": _yes_no,
    "dcmm": _dcmm,
    "share": _share,
}
"""Scales by name: "number" is held against limits; the others give a score by themselves."""
