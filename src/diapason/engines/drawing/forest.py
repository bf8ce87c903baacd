"""Strips of a forest plot: one interval each on a common scale, for a table; as wide as their column."""

from collections.abc import Sequence
from html import escape

from diapason.engines.drawing.svg import Scale, number, ticks
from diapason.vocabulary.estimates import Estimate

__all__ = ["scale", "span", "strip"]

INNER, FAR, PAD = 0.51, 2.0, 0.04
"""Half-width of a 68 % interval as a share of a 95 % one; how many times the deciding ends the scale goes at most;
margin as a share of the scale."""
_HEIGHT, _EDGE = 20, 6


def span(near: Sequence[Estimate], others: Sequence[Estimate] = (), mark: float | None = None) -> tuple[float, float]:
    """Ends of a scale that holds zero, the mark and the intervals that decide; others as far as these stay readable.

    Args:
        near: the intervals that decide.
        others: drawn on the same scale; cut where they would make the others too small to read.
        mark: a value to be marked.

    >>> low, high = span([Estimate(1, -1, 3, n=9)], [Estimate(28, 22, 34, n=9)])
    >>> round(low, 1), round(high, 1)
    (-1.3, 6.3)
    """
    ends = [0.0, *([] if mark is None else [mark]), *(x for e in near for x in (e.low, e.high))]
    far = FAR * max((abs(x) for x in ends), default=0.0) or 1.0
    more = [min(max(x, -far), far) for e in others for x in (e.low, e.high)]
    low, high = min(*ends, *more), max(*ends, *more)
    pad = (high - low or 1.0) * PAD
    return low - pad, high + pad


def strip(e: Estimate | None, ends: tuple[float, float], kind: str = "peer", mark: float | None = None) -> str:
    """One interval: a light bar, a dark one for 68 %, a dot; an arrow where the scale cuts it; figures on hover.

    Args:
        e: None draws an empty dotted box: not tested.
        ends: of the scale, as `span` gives them.
        kind: CSS class: "ours", "peer", "look".
        mark: a value to mark by a dashed line.
    """
    at, mid = Scale(*ends, 0.0, 100.0), _HEIGHT / 2
    shapes = [_line(at(0.0), "zero")]
    if mark is not None:
        shapes.append(_line(at(mark), "mark"))
    if e is None:
        shapes.append(f'<rect x="1%" y="4" width="98%" height="{_HEIGHT - 8}" class="untested"/>')
        return _picture(_HEIGHT, shapes, "–")
    said = f"{number(e.value)} ({number(e.low)} … {number(e.high)}) {'' if e.unit == '1' else e.unit} n={e.n}"
    inner = e.value - (e.value - e.low) * INNER, e.value + (e.high - e.value) * INNER
    for low, high, name in ((e.low, e.high, "bar95"), (*inner, "bar68")):
        left, right = (at(min(max(x, ends[0]), ends[1])) for x in (low, high))
        if right > left:
            width = f"{right - left:.1f}%"
            shapes.append(f'<rect x="{left}%" y="{mid - 4}" width="{width}" height="8" class="{name} {kind}"/>')
    if e.low < ends[0]:
        shapes.append(f'<text x="0" y="{mid + 4}" class="strong">◂</text>')
    if e.high > ends[1]:
        shapes.append(f'<text x="100%" y="{mid + 4}" class="strong" text-anchor="end">▸</text>')
    if ends[0] <= e.value <= ends[1]:
        shapes.append(f'<circle cx="{at(e.value)}%" cy="{mid}" r="4.2" class="dot {kind}"/>')
    return _picture(_HEIGHT, shapes, said)


def scale(ends: tuple[float, float], mark: float | None = None, *, signed: bool = True) -> str:
    """The scale under the strips, with round values.

    Args:
        signed: gains, which say their plus; shares do not, and get fewer ticks.

    >>> "+2" in scale((-1.0, 4.0)), "+" in scale((0.0, 100.0), signed=False)
    (True, False)
    """
    at, shapes = Scale(*ends, 0.0, 100.0), []
    for tick in ticks(*ends, 5 if signed else 4):
        x = at(tick)
        side = "start" if x < _EDGE else "end" if x > 100 - _EDGE else "middle"
        plus = "+" if signed and tick > 0 else ""
        shapes.append(f'<line x1="{x}%" y1="0" x2="{x}%" y2="4" class="slope"/>')
        shapes.append(f'<text x="{x}%" y="16" class="soft" text-anchor="{side}">{plus}{number(tick)}</text>')
    shapes += [] if mark is None else [_line(at(mark), "mark", 6)]
    return _picture(_HEIGHT, shapes, "")


def _line(x: float, kind: str, end: int = _HEIGHT) -> str:
    return f'<line x1="{x}%" y1="0" x2="{x}%" y2="{end}" class="{kind}"/>'


def _picture(height: int, shapes: Sequence[str], title: str) -> str:
    named = f'role="img" aria-label="{escape(title, quote=True)}"' if title else 'aria-hidden="true"'
    inside = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<svg class="chart strip" width="100%" height="{height}" {named} '
        f'xmlns="http://www.w3.org/2000/svg">{inside}{"".join(shapes)}</svg>'
    )
