"""The known wordings, learnt once per process; the blind file is never among them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache

from diapason.engines.grounding import HELD, Known, Learnt, Table, learnt
from diapason.knowledge.asking import LEARNT, Asked, Ways, ways

__all__ = ["learnt_from", "understood"]

_NAMES = {
    "tag": "TI-101",
    "tag2": "PI-102",
    "data": "history",
    "states": "watch",
    "fleet": "pumps",
    "asset": "P-101A",
    "agent": "advice",
    "state": "leak",
    "n": "12.5",
    "day": "2025-01-05",
    "day2": "2025-01-09",
    "time": "2025-01-05 08:15",
}
_START, _END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 20, tzinfo=UTC)
_KNOWN = Known(
    (
        Table("history", 1, {"TI-101": "Cel", "PI-102": "bar"}, "time", start=_START, end=_END),
        Table("watch", 1, {}, "time", states="state", words=("leak",), start=_START, end=_END),
        Table("pumps", 1, {"TI-101": "Cel"}, asset="asset", assets=("P-101A",)),
    ),
    agents=("advice",),
)
_UNNAMED = ("{tag2}", "{ghost}", "{stem}", "{tagf}", "{outside}", "{hole}")
"""Wordings whose names decide, not their words: nothing is learnt from them."""


@cache
def understood() -> Learnt:
    """What is learnt from all known wordings."""
    return learnt_from([ways(which) for which in LEARNT])


def learnt_from(files: Sequence[Ways]) -> Learnt:
    """What is learnt from these files alone."""
    return learnt({language: list(_known(files, language)) for language in ("en", "zh")}, _KNOWN)


def _known(files: Sequence[Ways], language: str) -> Iterator[tuple[str, str, str]]:
    for text, label in (pair for file in files for pair in _labelled(file, language)):
        if not any(slot in text for slot in _UNNAMED):
            yield text.format(**_NAMES), text, label


def _labelled(file: Ways, language: str) -> Iterator[tuple[str, str]]:
    yield from ((text, _label(way)) for way in file.asked for text in getattr(way, language))
    yield from ((text, HELD) for held in file.held for text in getattr(held, language))


def _label(way: Asked) -> str:
    if way.tool == "beyond":
        return f"beyond/{'above' if way.above else 'below'}"
    return f"{way.tool}/{way.statistic}" if way.statistic else way.tool
