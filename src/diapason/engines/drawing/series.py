"""A signal over time with findings shaded on it, thinned without losing its extremes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from diapason.engines.drawing.svg import Scale, circle, line, number, path, picture, rect, text, ticks

__all__ = ["Shade", "scatter", "signal", "thin"]

Array = NDArray[np.float64]
WIDTH, HEIGHT, LEFT = 760.0, 170.0, 64.0


@dataclass(frozen=True, slots=True)
class Shade:
    """A stretch of positions to shade, and what it is."""

    first: int
    last: int
    label: str
    kind: str = "look"  # CSS class: "act", "look", "know"


def thin(values: Array, pixels: int) -> tuple[NDArray[np.int64], Array]:
    """Keep the smallest and the largest value per pixel, in their order.

    Args:
        values: shape (n,), nan allowed.
        pixels: how many columns the picture has.

    Returns:
        Positions kept, shape (m,) with m ≤ 2 × pixels, and their values.

    >>> thin(np.array([0.0, 9.0, 1.0, 2.0]), 2)[0].tolist()
    [0, 1, 2, 3]

    Source: min-max decimation; Jugel et al., M4, PVLDB 7 (2014).
    """
    n = len(values)
    if n <= 2 * pixels:
        return np.arange(n), values
    edges = np.linspace(0, n, pixels + 1).astype(np.int64)
    low = np.where(np.isnan(values), np.inf, values)
    high = np.where(np.isnan(values), -np.inf, values)
    kept = [p for a, b in pairwise(edges.tolist()) for p in {a + int(low[a:b].argmin()), a + int(high[a:b].argmax())}]
    keep = np.array(sorted(kept), dtype=np.int64)
    return keep, values[keep]


def signal(values: Array, shades: Sequence[Shade], *, title: str, label: str, ends: tuple[str, str] = ("", "")) -> str:
    """One tag as a line, findings shaded, their raw points marked where they are few.

    Args:
        values: shape (n,) in stored order; nan breaks the line.
        shades: positions 0..n-1 to shade.
        label: the tag with its unit.
        ends: words under the first and the last position, such as times.
    """
    keep, shown = thin(values, 680)
    finite = shown[np.isfinite(shown)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    pad = (high - low or abs(high) or 1.0) * 0.05
    x, y = Scale(0, max(len(values) - 1, 1), LEFT, WIDTH - 8), Scale(low - pad, high + pad, HEIGHT - 24, 22)
    shapes = [text(4, 13, label, "head")]
    for tick in ticks(y.low, y.high, 3):
        shapes += [
            line(LEFT, y(tick), WIDTH - 8, y(tick), "grid"),
            text(LEFT - 6, y(tick) + 4, number(tick), "soft", "end"),
        ]
    for shade in shades:
        width = max(x(shade.last) - x(shade.first), 3.0)
        shapes.append(
            rect(x(shade.first) - (width == 3.0) * 1.5, 20, width, HEIGHT - 44, f"shade {shade.kind}", shade.label)
        )
    shapes.append(path([(x(float(p)), y(float(v))) for p, v in zip(keep, shown, strict=True)], "signal"))
    for shade in shades:
        points = range(shade.first, shade.last + 1) if shade.last - shade.first < 3 else ()
        shapes += [
            circle(x(p), y(values[p]), 2.8, f"dot {shade.kind}", shade.label) for p in points if np.isfinite(values[p])
        ]
    shapes += [text(LEFT, HEIGHT - 6, ends[0], "soft"), text(WIDTH - 8, HEIGHT - 6, ends[1], "soft", "end")]
    return picture(WIDTH, HEIGHT, shapes, title)


def scatter(truth: Array, prediction: Array, *, title: str, across: str, up: str, most: int = 1500) -> str:
    """Prediction against truth with the line of agreement; many points are sampled evenly, extremes kept.

    Args:
        truth: shape (n,).
        prediction: shape (n,).
        most: how many points are drawn.
    """
    size = 340.0
    good = np.isfinite(truth) & np.isfinite(prediction)
    truth, prediction = truth[good], prediction[good]
    if not len(truth):
        return picture(size, size, [text(20, 40, title, "soft")], title)
    order = np.argsort(np.abs(truth - prediction), kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, min(most, len(order))).astype(np.int64))]
    low, high = float(min(truth.min(), prediction.min())), float(max(truth.max(), prediction.max()))
    pad = (high - low or 1.0) * 0.03
    x, y = Scale(low - pad, high + pad, 58, size - 8), Scale(low - pad, high + pad, size - 46, 8)
    shapes = []
    for tick in ticks(x.low, x.high, 4):
        shapes += [
            line(x(tick), 8, x(tick), size - 46, "grid"),
            text(x(tick), size - 30, number(tick), "soft", "middle"),
        ]
        shapes += [line(58, y(tick), size - 8, y(tick), "grid"), text(52, y(tick) + 4, number(tick), "soft", "end")]
    shapes.append(line(x(x.low), y(y.low), x(x.high), y(y.high), "zero"))
    shapes += [circle(x(float(truth[i])), y(float(prediction[i])), 1.6, "point") for i in chosen]
    shapes += [text(size / 2 + 25, size - 8, across, "soft", "middle"), text(8, 12, up, "soft")]
    return picture(size, size, shapes, title)
