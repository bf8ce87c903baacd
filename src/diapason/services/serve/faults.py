"""A fault of the plant's menu, as a person writes it: `cooling_loss@R-101:0.5@30/600`."""

import re
from dataclasses import dataclass

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["PlannedFault", "planned"]

_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_WRITTEN = re.compile(rf"(\w+)@([\w/-]+):({_NUMBER})(?:@({_NUMBER})(?:/({_NUMBER}))?)?")
_LASTING = 3600.0


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """Times in s of the plant's own clock, from the moment at which it goes live."""

    kind: str
    place: str
    strength: float
    after: float = 0.0
    lasting: float = _LASTING


def planned(written: str) -> PlannedFault:
    """Read KIND@PLACE:STRENGTH, then optionally @BEGIN and /LENGTH in seconds.

    Raises:
        DataError: it is written otherwise.

    >>> planned("stiction@FIC-101:6@30/600")
    PlannedFault(kind='stiction', place='FIC-101', strength=6.0, after=30.0, lasting=600.0)
    """
    found = _WRITTEN.fullmatch(written.strip())
    if found is None:
        what = Text(f"'{written}' is no planned fault", f"“{written}”不是可植入的故障")
        write = "cooling_loss@R-101:0.5@30/600"
        fix = Text(
            f"write kind@place:strength@begin/length, such as {write}", f"请写成 类型@位置:强度@起始/时长，如 {write}"
        )
        raise DataError(what, at="--fault", fix=fix)
    kind, place, strength, after, lasting = found.groups()
    return PlannedFault(kind, place, float(strength), float(after or 0.0), float(lasting or _LASTING))
