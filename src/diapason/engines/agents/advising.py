"""Where a set point should stand: a search inside the envelope with the model that predicts what comes of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.errors import DataError
from diapason.vocabulary.acting import Envelope
from diapason.vocabulary.language import Text

__all__ = ["Advice", "Aim", "Movable", "advise", "aimed"]

Array = NDArray[np.float64]
Predict = Callable[[Array], Array]
"""Rows as they would stand, shape (n, columns), to what the model says of them some rows later, shape (n,)."""

_GRID = 21
_FIELDS = ("kind", "aim", "value", "least", "most", "gain", "every", "ahead", "output", "unit")
_WAYS = ("low", "high", "near")


@dataclass(frozen=True, slots=True)
class Aim:
    """What the prediction should become: as "low" or "high" as can be, or "near" a value; never outside the bounds."""

    way: str
    value: float = 0.0
    least: float = -np.inf
    most: float = np.inf


@dataclass(frozen=True, slots=True)
class Movable:
    """A tag that may be moved, and which column of the model it is."""

    column: int
    envelope: Envelope
    low: float  # what the model has seen of it
    high: float


@dataclass(frozen=True, slots=True)
class Advice:
    """One change, and what the model expects of it."""

    tag: str
    old: float
    new: float
    now: float  # prediction as things stand
    then: float  # prediction after
    low: float  # its interval, from the errors that an honest split has shown
    high: float
    gain: float  # how much nearer to the aim, in the unit of the prediction


def advise(
    row: Array, movable: Sequence[Movable], predict: Predict, aim: Aim, *, errors: tuple[float, float], least: float
) -> Advice | None:
    """The one change that brings the prediction nearest to its aim, or None where none is worth it.

    One tag is moved at a time, by its largest step at most, inside of its envelope and of what the model has seen. It
    stands on what the model learnt from history: where that was association and no cause, the effect won't come.

    Args:
        row: shape (columns,), the present row.
        errors: truth less prediction at both ends of the interval.
        least: gain below which a change is not worth a person's time, in the unit of the prediction.
    """
    now = float(predict(row[None])[0])
    found = []
    for one in movable:
        values = _values(one, float(row[one.column]))
        if not len(values):
            continue
        rows = np.repeat(row[None], len(values), axis=0)
        rows[:, one.column] = values
        then = predict(rows)
        gains = _distance(np.array([now]), aim)[0] - _distance(then, aim)
        gains = np.where((then + errors[0] >= aim.least) & (then + errors[1] <= aim.most), gains, -np.inf)
        best = int(np.argmax(gains))
        if gains[best] > max(least, 0.0):
            low, high = (float(then[best] + e) for e in errors)
            old, new = float(row[one.column]), float(values[best])
            found.append(Advice(one.envelope.tag, old, new, now, float(then[best]), low, high, float(gains[best])))
    return max(found, key=lambda a: a.gain, default=None)


def _values(one: Movable, old: float) -> Array:
    """Where it may go: the nearest first, so that of equals the smallest change is taken."""
    e = one.envelope
    low, high = max(e.low, one.low, old - e.step), min(e.high, one.high, old + e.step)
    if not (np.isfinite(old) and low <= high):
        return np.empty(0)
    values = np.linspace(low, high, _GRID)
    values = values[np.abs(values - old) > 1e-9 * max(1.0, abs(old))]
    return np.asarray(values[np.argsort(np.abs(values - old), kind="stable")])


def _distance(prediction: Array, aim: Aim) -> Array:
    if aim.way == "near":
        return np.abs(prediction - aim.value)
    return prediction if aim.way == "low" else -prediction


def aimed(rule: Mapping[str, object], at: str) -> tuple[Aim, float, int]:
    """What a rule that asks for advice wants: its aim, the least gain, and rows ahead.

    Raises:
        DataError: a field is unknown, or the aim or a number is none.
    """
    if odd := sorted(set(rule) - set(_FIELDS)):
        fields = ", ".join(_FIELDS)
        raise _wrong(at, Text(f"advice has no field '{odd[0]}'", f"建议规则没有字段“{odd[0]}”"), Text(fields, fields))
    way = str(rule.get("aim", ""))
    numbers = {n: rule[n] for n in ("value", "least", "most", "gain", "ahead", "every") if n in rule}
    bad = next((n for n, v in numbers.items() if isinstance(v, bool) or not isinstance(v, int | float)), None)
    if way not in _WAYS or bad or (way == "near" and "value" not in numbers):
        raise _wrong(
            at,
            Text("advice needs an aim, and numbers where numbers stand", "建议规则需要 aim，且数值字段须为数"),
            Text("{kind: advise, aim: low, gain: 0.5}", "{kind: advise, aim: low, gain: 0.5}"),
        )
    known = {n: float(v) for n, v in numbers.items() if isinstance(v, int | float)}
    bounds = {n: known[n] for n in ("value", "least", "most") if n in known}
    return Aim(way, **bounds), known.get("gain", 0.0), max(1, int(known.get("ahead", 1)))


def _wrong(at: str, what: Text, fix: Text) -> DataError:
    return DataError(what, at=at, fix=fix)
