"""The few shapes that every chart is made of, and scales with honest ticks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Scale", "circle", "line", "number", "path", "picture", "rect", "text", "ticks"]


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear map from values to pixels.

    >>> Scale(0, 10, 0, 100)(5)
    50.0
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Pixels of a value, rounded to a tenth."""
        span = self.high - self.low or 1.0
        return round(self.start + (value - self.low) / span * (self.end - self.start), 1)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round values between low and high, about that many.

    >>> ticks(0, 10)
    [0, 2, 4, 6, 8, 10]

    Source: the 1-2-5 rule; Heckbert, Nice numbers for graph labels, Graphics Gems (1990).
    """
    if not (math.isfinite(low) and math.isfinite(high)) or high - low <= 1e-9 * max(abs(low), abs(high)):
        return [low] if math.isfinite(low) else []
    raw = (high - low) / about
    base = 10 ** math.floor(math.log10(raw))
    step = next(f * base for f in (1, 2, 5, 10) if f * base >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 12) for i in range(first, math.floor(high / step + 1e-9) + 1)]


def number(value: float) -> str:
    """A short figure: three or four digits that matter, a true minus sign.

    >>> number(-0.01234)
    '−0.0123'
    """
    if not math.isfinite(value):
        return "?"
    size = abs(value)
    if size >= 10_000 or (size and size < 0.001):
        said = f"{value:.3g}"
    elif size >= 1000:
        said = f"{value:,.0f}"
    else:
        said = f"{value:.3g}"
    return said.replace("-", "−")


def text(x: float, y: float, said: str, kind: str = "", anchor: str = "start") -> str:
    """Words at a place; `kind` is a CSS class: "head", "soft", "strong", "unit"."""
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{escape(said)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str = "rule") -> str:
    """A straight line; `kind` is a CSS class."""
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" class="{kind}"/>'


def rect(x: float, y: float, width: float, height: float, kind: str, title: str = "") -> str:
    """A box; negative widths are drawn to the left."""
    x, width = (x + width, -width) if width < 0 else (x, width)
    inside = f"<title>{escape(title)}</title>" if title else ""
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" class="{kind}">{inside}</rect>'


def circle(x: float, y: float, radius: float, kind: str, title: str = "") -> str:
    """A dot that says its figure when pointed at."""
    inside = f"<title>{escape(title)}</title>" if title else ""
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" class="{kind}">{inside}</circle>'


def path(points: Sequence[tuple[float, float]], kind: str) -> str:
    """A polyline; a point that is not finite breaks it."""
    parts, pen = [], "M"
    for x, y in points:
        if not (math.isfinite(x) and math.isfinite(y)):
            pen = "M"
            continue
        parts.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
    return f'<path d="{"".join(parts)}" class="{kind}"/>'


def picture(width: float, height: float, shapes: Sequence[str], title: str) -> str:
    """A whole drawing that scales with the page and is named for screen readers."""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(title, quote=True)}" '
        f'class="chart" xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>{"".join(shapes)}</svg>'
    )
