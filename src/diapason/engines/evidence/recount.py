"""Scores from kept predictions, with nothing but arithmetic: what a stranger would compute from the same CSV."""

import csv
import io
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from diapason.errors import BrokenEvidence
from diapason.vocabulary.language import Text
from diapason.vocabulary.tasks import Task

__all__ = ["Table", "agree", "kind", "scores", "table"]

_KNOWN = (Task.CLASSIFICATION, Task.MONITORING, Task.REGRESSION, Task.REMAINING_LIFE)
_CLASS = "p_"
_ALARM = 1.0
_NEAR = 1e-9


@dataclass(frozen=True, slots=True)
class Table:
    """Kept predictions: truth and prediction of the rows whose truth is known, as text, and the class names."""

    truth: tuple[str, ...]
    prediction: tuple[str, ...]
    classes: tuple[str, ...] = ()  # in the order of the `p_` columns


def table(text: bytes) -> Table | None:
    """Read kept predictions; None where the file has no columns `truth` and `prediction`.

    Raises:
        BrokenEvidence: it is no CSV in UTF-8, or a row has not as many cells as the head.
    """
    try:
        rows = csv.reader(io.StringIO(text.decode(), newline=""), strict=True)
        head = next(rows, [])
        if "truth" not in head or "prediction" not in head:
            return None
        t, p, width = head.index("truth"), head.index("prediction"), len(head)
        kept = [(row[t], row[p], len(row)) for row in rows if len(row) != width or row[t] not in ("", "NaN")]
    except (UnicodeDecodeError, csv.Error, IndexError) as error:
        raise _unreadable() from error
    if any(n != width for *_, n in kept):
        raise _unreadable()
    classes = tuple(name.removeprefix(_CLASS) for name in head if name.startswith(_CLASS))
    return Table(tuple(x for x, *_ in kept), tuple(x for _, x, _ in kept), classes)


def kind(kept: Table, task: str = "") -> Task:
    """The kind of measure that applies: the task if it is said and known, else what the table looks like.

    >>> kind(Table(("0", "1"), ("0.2", "1.4")))
    <Task.MONITORING: 'monitoring'>
    """
    if task in _KNOWN:
        return Task(task)
    if kept.classes or any(_number(p) is None for p in kept.prediction):
        return Task.CLASSIFICATION
    binary = {_number(t) for t in kept.truth} <= {0.0, 1.0}
    return Task.MONITORING if binary else Task.REGRESSION


def scores(kept: Table, task: Task) -> dict[str, float | None]:
    """Every measure of that task over all rows with a truth; None where it isn't defined.

    >>> scores(Table(("0", "0"), ("3", "4")), Task.REGRESSION)["rmse"]
    3.5355339059327378

    Source: the definitions of the evaluation (nasa_score: Saxena et al., PHM 2008).
    """
    if task is Task.CLASSIFICATION:
        return _counted(kept.truth, kept.prediction, kept.classes, alarm=False)
    truth, prediction = _numbers(kept.truth), _numbers(kept.prediction)
    if task is Task.MONITORING:
        decided = ["1" if p >= _ALARM else "0" for p in prediction]
        return _counted(["1" if t >= _ALARM else "0" for t in truth], decided, ("0", "1"), alarm=True)
    return _numeric(truth, prediction, life=task is Task.REMAINING_LIFE)


def agree(stated: float | None, found: float | None) -> bool:
    """Whether two scores are the same but for the order of summation.

    >>> agree(0.1 + 0.2, 0.3), agree(1.0, 1.001)
    (True, False)
    """
    if stated is None or found is None:
        return stated is found
    return math.isclose(stated, found, rel_tol=_NEAR, abs_tol=_NEAR)


def _numeric(truth: list[float], prediction: list[float], *, life: bool) -> dict[str, float | None]:
    if not truth:
        return dict.fromkeys(("rmse", "mae", "r2"))
    errors = [p - t for t, p in zip(truth, prediction, strict=True)]
    n, square, middle = len(errors), math.fsum(e * e for e in errors), math.fsum(truth) / len(truth)
    spread = math.fsum((t - middle) ** 2 for t in truth)
    found: dict[str, float | None] = {
        "rmse": math.sqrt(square / n),
        "mae": math.fsum(abs(e) for e in errors) / n,
        "r2": 1 - square / spread if spread > 0 else None,
    }
    if life:
        found["nasa_score"] = math.fsum(_late(e) for e in errors)
    return {name: value if value is None or math.isfinite(value) else None for name, value in found.items()}


def _late(error: float) -> float:
    e = max(-500.0, min(500.0, error))
    return math.exp(-e / 13) - 1 if e < 0 else math.exp(e / 10) - 1


def _counted(
    truth: Sequence[str], decided: Sequence[str], classes: Sequence[str], *, alarm: bool
) -> dict[str, float | None]:
    names = [*classes, *sorted({*truth, *decided} - {*classes})]
    cells, n = Counter(zip(truth, decided, strict=True)), len(truth)
    hit = [cells[c, c] for c in names]
    was, said = Counter(truth), Counter(decided)
    f1 = [_ratio(2 * h, was[c] + said[c]) for c, h in zip(names, hit, strict=True)]
    missed = [_ratio(was[c] - h, was[c]) for c, h in zip(names, hit, strict=True)]
    false = [_ratio(said[c] - h, n - was[c]) for c, h in zip(names, hit, strict=True)]
    caught = [None if m is None else 1 - m for m in missed]
    one = _event(names, was, alarm)
    return {
        "accuracy": _ratio(sum(hit), n),
        "balanced_accuracy": _mean(caught),
        "macro_f1": _mean(f1),
        "f1": one(f1),
        "misses": one(missed),
        "false_alarms": one(false),
    }


def _event(names: list[str], was: Counter[str], alarm: bool) -> Callable[[list[float | None]], float | None]:
    """With two classes the value of the event (alarm, or the rarer class), else the mean over classes."""
    if len(names) != 2:
        return _mean
    index = 1 if alarm else min((0, 1), key=lambda i: was[names[i]])
    return lambda values: values[index]


def _ratio(a: float, b: float) -> float | None:
    return a / b if b > 0 else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return math.fsum(known) / len(known) if known else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _numbers(texts: Sequence[str]) -> list[float]:
    found = [_number(text or "nan") for text in texts]
    if None in found:
        raise _unreadable()
    return [x for x in found if x is not None]


def _unreadable() -> BrokenEvidence:
    return BrokenEvidence(
        Text("the kept predictions can't be read as a table", "保存的预测无法按表格读取"),
        fix=Text("do not trust the score; ask for the original", "请勿采信该得分，索取原件"),
    )
