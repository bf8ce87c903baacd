"""Ten dimensions in a column: how much was right, with its interval, and the line that it must reach."""

from collections.abc import Sequence
from dataclasses import dataclass

from diapason.engines.drawing.svg import Scale, circle, line, number, picture, rect, text

__all__ = ["Row", "dimensions"]

LABEL, WIDTH, ROW = 300.0, 760.0, 28.0


@dataclass(frozen=True, slots=True)
class Row:
    """One dimension by its weakest figure; without one it was not tested."""

    label: str
    state: str  # "passed", "failed", "not tested", in the reader's language
    passed: bool
    share: tuple[float, float, float] | None  # right: value, low, high; 0 to 1
    must: float | None = None  # share that must be right
    note: str = ""


def dimensions(rows: Sequence[Row], *, title: str, axis: str) -> str:
    """The picture: a dot and a bar for each dimension on a common axis from 0 to 1, a mark where the line is.

    Returns:
        SVG text.
    """
    height = 30 + ROW * len(rows) + 36
    at, shapes = Scale(0.0, 1.0, LABEL, WIDTH - 120), []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        shapes += [
            line(at(tick), 14, at(tick), height - 34, "grid"),
            text(at(tick), height - 20, number(tick), "soft", "middle"),
        ]
    shapes.append(text((at.start + at.end) / 2, height - 4, axis, "soft", "middle"))
    for i, row in enumerate(rows):
        shapes += _row(at, 24 + ROW * i, row)
    return picture(WIDTH, height, shapes, title)


def _row(at: Scale, y: float, row: Row) -> list[str]:
    kind = "ours" if row.passed else "act"
    mark = {True: "✓", False: "■"}[row.passed]
    if row.share is None:
        box = rect(at(0.0), y - 6, at(1.0) - at(0.0), 12, "untested", row.note)
        return [text(4, y + 4, row.label), box, text(at(1.0) + 10, y + 4, row.state, "soft")]
    value, low, high = row.share
    said = f"{number(value)} ({number(low)} … {number(high)}) {row.note}"
    shapes = [text(4, y + 4, row.label), rect(at(low), y - 4, at(high) - at(low), 8, f"bar95 {kind}", said)]
    shapes.append(circle(at(value), y, 4.2, f"dot {kind}", said))
    if row.must is not None:
        shapes.append(line(at(row.must), y - 9, at(row.must), y + 9, "limit"))
    return [*shapes, text(at(1.0) + 10, y + 4, f"{mark} {row.state}", "strong" if not row.passed else "")]
