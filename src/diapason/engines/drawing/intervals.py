"""Points with graded intervals: trial tables, weak slices, honesty gaps."""

from collections.abc import Sequence
from dataclasses import dataclass

from diapason.engines.drawing.svg import Scale, circle, line, number, picture, rect, text, ticks
from diapason.vocabulary.estimates import Estimate

__all__ = ["DotRow", "dots", "slope"]

LABEL, WIDTH, ROW, INNER = 210.0, 760.0, 26.0, 0.51
"""Pixels, but for INNER: half-width of a 68 % interval as a share of a 95 % one (1.00 / 1.96)."""


@dataclass(frozen=True, slots=True)
class DotRow:
    """One line of a dot plot."""

    label: str
    estimate: Estimate | None  # None = not tested: a dotted outline
    kind: str = "peer"  # CSS class: "ours", "peer", "act", "look"
    group: str = ""  # printed above the first row of a group
    note: str = ""


def _graded(at: Scale, y: float, e: Estimate, kind: str, unit: str) -> list[str]:
    """A 95 % bar, a 68 % bar and a point; figures on hover."""
    said = f"{number(e.value)} ({number(e.low)} … {number(e.high)}) {unit} n={e.n}"
    low68, high68 = e.value - (e.value - e.low) * INNER, e.value + (e.high - e.value) * INNER
    return [
        rect(at(e.low), y - 4, at(e.high) - at(e.low), 8, f"bar95 {kind}", said),
        rect(at(low68), y - 4, at(high68) - at(low68), 8, f"bar68 {kind}", said),
        circle(at(e.value), y, 4.2, f"dot {kind}", said),
    ]


def _span(estimates: Sequence[Estimate], zero: bool) -> tuple[float, float]:
    lows, highs = [e.low for e in estimates], [e.high for e in estimates]
    low, high = (min([*lows, 0.0]), max([*highs, 0.0])) if zero else (min(lows), max(highs))
    pad = (high - low or abs(high) or 1.0) * 0.06
    return low - pad, high + pad


def _axis(at: Scale, height: float, title: str, zero: bool) -> list[str]:
    shapes = []
    for tick in ticks(at.low, at.high):
        kind = "zero" if zero and tick == 0 else "grid"
        shapes += [
            line(at(tick), 14, at(tick), height - 34, kind),
            text(at(tick), height - 20, number(tick), "soft", "middle"),
        ]
    return [*shapes, text((at.start + at.end) / 2, height - 4, title, "soft", "middle")]


def dots(
    rows: Sequence[DotRow], *, title: str, axis: str, unit: str = "", zero: bool = True, untested: str = ""
) -> str:
    """A dot plot with graded intervals, one row each.

    Args:
        rows: in the order to be drawn; a change of `group` prints its name.
        axis: what the axis measures, with its unit.
        zero: draw the line of no difference, and let the axis include it.
        untested: words for a row without an estimate.

    Returns:
        SVG text.
    """
    known = [r.estimate for r in rows if r.estimate is not None]
    low, high = _span(known, zero) if known else (-1.0, 1.0)
    heads = sum(1 for i, r in enumerate(rows) if r.group and (i == 0 or rows[i - 1].group != r.group))
    height = 20 + ROW * (len(rows) + heads) + 40
    at = Scale(low, high, LABEL, WIDTH - 110)
    shapes, y = _axis(at, height, axis, zero), 20.0
    for i, row in enumerate(rows):
        if row.group and (i == 0 or rows[i - 1].group != row.group):
            shapes.append(text(4, y + 12, row.group, "head"))
            y += ROW
        shapes.append(text(14 if row.group else 4, y + 12, row.label, "strong" if row.kind == "ours" else ""))
        if row.estimate is None:
            shapes.append(rect(at.start, y + 1, 90, 14, "untested"))
            shapes.append(text(at.start + 6, y + 12, untested, "soft"))
        else:
            shapes += _graded(at, y + 8, row.estimate, row.kind, unit)
            shapes.append(text(WIDTH - 100, y + 12, row.note or number(row.estimate.value), "soft"))
        y += ROW
    return picture(WIDTH, height, shapes, title)


def slope(left: tuple[str, Estimate], right: tuple[str, Estimate], *, title: str, axis: str) -> str:
    """Two estimates joined by a line: how far a flattering figure is from the honest one.

    Args:
        left: label and estimate of the honest split.
        right: label and estimate of the random split.
    """
    height, width = 250.0, 420.0
    low, high = _span([left[1], right[1]], zero=False)
    at = Scale(low, high, height - 46, 26)
    x1, x2 = 140.0, width - 130
    shapes = [line(x1, 20, x1, height - 40, "grid"), line(x2, 20, x2, height - 40, "grid")]
    shapes.append(line(x1, at(left[1].value), x2, at(right[1].value), "slope"))
    for x, (label, e), kind, side in ((x1, left, "ours", "end"), (x2, right, "peer", "start")):
        said = f"{number(e.value)} ({number(e.low)} … {number(e.high)}) n={e.n}"
        shapes.append(rect(x - 4, at(e.high), 8, at(e.low) - at(e.high), f"bar95 {kind}", said))
        shapes.append(circle(x, at(e.value), 5, f"dot {kind}", said))
        edge = x - 12 if side == "end" else x + 12
        shapes.append(text(edge, at(e.value) + 4, number(e.value), "strong", side))
        shapes.append(text(edge, at(e.value) + 20, f"{number(e.low)} … {number(e.high)}", "soft", side))
        shapes.append(text(x, height - 22, label, "head", "middle"))
    return picture(width, height, [*shapes, text(width / 2, height - 4, axis, "soft", "middle")], title)
