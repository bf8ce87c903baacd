"""Answers as people write them, as values: yes and no, degrees, shares, numbers."""

import math

from diapason.errors import DataError
from diapason.services.maturity import Question
from diapason.vocabulary.language import Text

__all__ = ["allowed", "value"]

_YES = ("yes", "y", "true", "是", "有")
_NO = ("no", "n", "false", "否", "无", "没有")
_DEGREES = {
    **dict.fromkeys(("0", "not", "none", "未做到"), 0.0),
    **dict.fromkeys(("0.5", "partly", "部分"), 0.5),
    **dict.fromkeys(("0.8", "largely", "大部分"), 0.8),
    **dict.fromkeys(("1", "1.0", "fully", "完全"), 1.0),
}
_ALLOWED = {
    "yes-no": Text("yes or no", "是 或 否"),
    "dcmm": Text("0 not, 0.5 partly, 0.8 largely, 1 fully", "0 未做到、0.5 部分、0.8 大部分、1 完全"),
    "share": Text("a share from 0 to 1, or a percentage such as 80 %", "0 到 1 的比例，或百分数，如 80 %"),
    "number": Text("a number", "数字"),
    "words": Text("a word, a name or a number", "词语、姓名或数字"),
}


def allowed(scale: str) -> Text:
    """What may be answered on a scale."""
    return _ALLOWED.get(scale, Text("anything", "任意内容"))


def value(text: str, question: Question | None, *, at: str) -> float | bool | str:
    """What somebody wrote, as the value of a fact; where no model asks for it, by its look.

    Args:
        at: where it was written, for the error.

    Raises:
        DataError: it is no answer on the scale of the question.

    >>> value("80 %", None, at=""), value("是", None, at=""), value("three shifts", None, at="")
    (0.8, True, 'three shifts')
    """
    said = text.strip()
    if question is None:
        return _by_look(said)
    found = _SCALES[question.scale](said)
    if found is None:
        lawful = allowed(question.scale)
        raise DataError(
            Text(f"'{said}' is no answer here", f"“{said}”不是此处可用的答复"),
            at=at,
            fix=Text(f"answer with {lawful.en}", f"请答：{lawful.zh}"),
        )
    return found


def _by_look(said: str) -> float | bool | str:
    yes = _yes_no(said)
    if yes is not None:
        return yes
    number = _number(said)
    return said if number is None else number


def _yes_no(said: str) -> bool | None:
    return True if said.lower() in _YES else False if said.lower() in _NO else None


def _degree(said: str) -> float | None:
    yes = _yes_no(said)
    return _DEGREES.get(said.lower()) if yes is None else float(yes)


def _number(said: str) -> float | None:
    part = said.endswith(("%", "％"))
    try:
        found = float(said.rstrip("%％ ").replace(",", ""))
    except ValueError:
        return None
    return (found / 100 if part else found) if math.isfinite(found) else None


def _share(said: str) -> float | None:
    found = _number(said)
    return found if found is not None and 0 <= found <= 1 else None


_SCALES = {"yes-no": _yes_no, "dcmm": _degree, "share": _share, "number": _number, "words": _by_look}
