"""Facts about the figures of each DCMM item over time, as signed appraisals hold them: kept how long, and better."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from diapason.knowledge.maturity import shipped_model
from diapason.services.facts.book import Book, Done
from diapason.services.facts.registry import Known, Value, counts, on_runs
from diapason.vocabulary.language import Text
from diapason.vocabulary.maturity import Item

__all__ = ["OVER_TIME"]

_MODELS = ("dcmm_2018", "dcmm_2025")
_LEAST = 4
"""Days with an appraisal from which on figures are kept over time."""
KEPT, BETTER = "figures_days", "figures_better"
OVER_TIME = (f"{KEPT}.", f"{BETTER}.")
"""What the names of these facts begin with; each appraisal changes them."""
_AGAIN = "diapason appraise dcmm"


class _Appraised(msgspec.Struct, gc=False):
    clauses: dict[str, tuple[float | None, float | None, str]] = msgspec.field(default_factory=dict)


def _items() -> Iterator[tuple[str, Item]]:
    """Items that have clauses of their own, each under the name of its model and its code."""
    for name in _MODELS:
        for item in shipped_model(name).items():
            if item.clauses[0].code.startswith(f"{name}."):
                yield f"{name}.{item.code}", item


def _known() -> Iterator[Known]:
    for name, item in _items():
        title, zh = f"{name} {item.code}", item.title.zh
        yield Known(
            f"{KEPT}.{name}",
            Text(
                f"days over which figures of {title} were signed, on {_LEAST} of them or more",
                f"{item.code} {zh}：计数结果连续签名的天数（其中至少 {_LEAST} 天有评估）",
            ),
            "d",
            _AGAIN,
        )
        yield Known(
            f"{BETTER}.{name}",
            Text(
                f"figures of {title} that are better now than in the first signed appraisal",
                f"{item.code} {zh}：优于首次签名评估的计数项数",
            ),
            "1",
            _AGAIN,
        )


@counts(*_known())
def _over_time(book: Book) -> dict[str, Value | None]:
    """A figure is a clause that a machine has counted; those that are about appraisals themselves are none."""
    told = [(run, run.told(_Appraised).clauses) for run in book.done("appraise")]
    found: dict[str, Value | None] = {}
    for name, item in _items():
        mine = [c.code for c in item.clauses if not c.test.fact.startswith(OVER_TIME)]
        points = [(run, {c: p for c in mine if (p := _proven(said, c)) is not None}) for run, said in told]
        found |= _told(name, [(run, figures) for run, figures in points if figures])
    return found


def _told(name: str, series: list[tuple[Done, dict[str, float]]]) -> Mapping[str, Value | None]:
    by_day = {run.at[:10]: (run, figures) for run, figures in series}  # the last of each day
    if len(by_day) < 2:
        return {}
    (first, then), *_, (last, now) = by_day.values()
    days = _days(first.at, last.at) if len(by_day) >= _LEAST else None
    better = sum(now[c] > points for c, points in then.items() if c in now)
    return {
        f"{KEPT}.{name}": None if days is None else (days, on_runs(run for run, _ in by_day.values())),
        f"{BETTER}.{name}": (better, on_runs((first, last))),
    }


def _proven(said: Mapping[str, tuple[float | None, float | None, str]], clause: str) -> float | None:
    return said[clause][1] if clause in said else None


def _days(begin: str, end: str) -> int:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).days
