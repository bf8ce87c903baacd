"""Learning curve with its continuation, floor and wish; and promised against delivered."""

from collections.abc import Sequence
from dataclasses import dataclass

from diapason.engines.drawing.svg import Scale, circle, line, number, path, picture, rect, text, ticks
from diapason.vocabulary.estimates import Estimate

__all__ = ["Level", "Spot", "curve", "reliability"]

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760.0, 300.0, 64.0, 150.0, 22.0, 44.0
SIDE = 360.0
"""Pixels: of the curve, its margins, and of the square of promises."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A value with its interval at so many rows."""

    rows: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Level:
    """A height to be drawn across: a wish, or a floor between two limits."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    kind: str = "zero"  # CSS class of the line


def curve(
    points: Sequence[Spot],
    band: Sequence[Spot],
    levels: Sequence[Level],
    *,
    now: tuple[str, float],
    title: str,
    across: str,
    up: str,
) -> str:
    """A learning curve: points with intervals, its continuation as a band, a line where the rows end today.

    Args:
        points: as measured, smallest first.
        band: the continuation; its interval is shaded.
        levels: wish and floor.
        now: words and rows of today.
        across: what the horizontal axis measures; it is linear and begins at 0.

    Returns:
        SVG text.
    """
    values = [v for s in (*points, *band) for v in (s.low, s.high)] + [x.value for x in levels]
    low, high = min(values), max(values)
    pad = (high - low or abs(high) or 1.0) * 0.06
    y = Scale(low - pad, high + pad, HEIGHT - BOTTOM, TOP)
    x = Scale(0, max(s.rows for s in (*points, *band)), LEFT, WIDTH - RIGHT)
    shapes = [text(4, 13, up, "head")]
    for tick in ticks(y.low, y.high, 4):
        shapes += [
            line(LEFT, y(tick), x.end, y(tick), "grid"),
            text(LEFT - 6, y(tick) + 4, number(tick), "soft", "end"),
        ]
    for tick in ticks(0, x.high, 5):
        shapes.append(text(x(tick), HEIGHT - BOTTOM + 16, number(tick), "soft", "middle"))
    edge = [(x(s.rows), y(s.low)) for s in band] + [(x(s.rows), y(s.high)) for s in reversed(band)]
    shapes += [path(edge, "shade ours"), path([(x(s.rows), y(s.value)) for s in band], "signal")]
    for level in levels:
        shapes += _level(level, x, y)
    shapes += [line(x(now[1]), TOP, x(now[1]), HEIGHT - BOTTOM, "slope"), text(x(now[1]) + 4, TOP + 10, now[0], "soft")]
    for s in points:
        said = f"{number(s.rows)}: {number(s.value)} ({number(s.low)} … {number(s.high)})"
        top, bottom = y(max(s.low, s.high)), y(min(s.low, s.high))
        shapes += [
            rect(x(s.rows) - 2, top, 4, bottom - top, "bar68 ours", said),
            circle(x(s.rows), y(s.value), 4, "dot ours", said),
        ]
    shapes.append(text((LEFT + x.end) / 2, HEIGHT - 8, across, "soft", "middle"))
    return picture(WIDTH, HEIGHT, shapes, title)


def _level(level: Level, x: Scale, y: Scale) -> list[str]:
    shapes = []
    if level.low is not None and level.high is not None:
        low, high = max(level.low, y.low), min(level.high, y.high)
        if high > low:
            shapes.append(rect(LEFT, y(high), x.end - LEFT, y(low) - y(high), "shade peer", level.label))
    shapes.append(line(LEFT, y(level.value), x.end, y(level.value), level.kind))
    shapes.append(text(x.end + 6, y(level.value) + 4, level.label, "soft"))
    return shapes


def reliability(kept: Sequence[tuple[str, Estimate, Estimate]], *, title: str, across: str, up: str) -> str:
    """What was delivered against what was promised, both with their intervals; on the line promises were exact.

    Args:
        kept: name, promised and delivered gain, in one unit.
        across: words of the promised axis.
        up: words of the delivered axis.
    """
    values = [v for _, p, d in kept for v in (p.low, p.high, d.low, d.high)] or [0.0, 1.0]
    low, high = min([*values, 0.0]), max([*values, 0.0])
    pad = (high - low or 1.0) * 0.06
    x, y = Scale(low - pad, high + pad, 64, SIDE - 10), Scale(low - pad, high + pad, SIDE - 48, 22)
    shapes = [text(4, 13, up, "head")]
    for tick in ticks(x.low, x.high, 4):
        shapes += [
            line(x(tick), 22, x(tick), SIDE - 48, "grid"),
            text(x(tick), SIDE - 32, number(tick), "soft", "middle"),
        ]
        shapes += [line(64, y(tick), SIDE - 10, y(tick), "grid"), text(58, y(tick) + 4, number(tick), "soft", "end")]
    shapes.append(line(x(x.low), y(y.low), x(x.high), y(y.high), "zero"))
    for name, p, d in kept:
        inside = p.low <= d.value <= p.high
        kind = "ours" if inside else "look"
        said = f"{name}: {number(p.value)} ({number(p.low)} … {number(p.high)}) → {number(d.value)}"
        shapes.append(rect(x(p.low), y(d.value) - 3, x(p.high) - x(p.low), 6, f"bar95 {kind}", said))
        shapes.append(rect(x(p.value) - 3, y(d.high), 6, y(d.low) - y(d.high), f"bar95 {kind}", said))
        shapes.append(circle(x(p.value), y(d.value), 4.2, f"dot {kind}", said))
    shapes.append(text(SIDE / 2 + 25, SIDE - 10, across, "soft", "middle"))
    return picture(SIDE, SIDE, shapes, title)
