"""How much is caught by how strong a defect is: one small panel per kind."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from diapason.engines.drawing.svg import Scale, circle, line, number, path, picture, rect, text

__all__ = ["Panel", "caught"]

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 340.0, 210.0, 44.0, 40.0, 40.0
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class Panel:
    """One kind: a rising curve with the interval of the next planting, the plantings, and the limit of detection."""

    title: str
    axis: str  # what strength counts, with its unit
    strengths: Sequence[float]  # ascending, above 0
    mean: Sequence[float]  # shares 0..1
    low: Sequence[float]
    high: Sequence[float]
    points: Sequence[tuple[float, float, str]]  # strength, share caught, words on hover
    limit: float | None  # None = never reached: all of the range is blind
    limit_words: str = ""
    blind_words: str = ""
    percent: bool = False  # strengths are shares


def caught(panel: Panel, *, reached: float = 0.8) -> str:
    """The panel as SVG: strength in its logarithm across, share caught up; the part below the limit is greyed.

    Args:
        reached: the share at which a defect counts as detected, drawn as a line.
    """
    x = Scale(math.log(panel.strengths[0]), math.log(panel.strengths[-1]), LEFT, WIDTH - 12)
    y = Scale(0, 1, HEIGHT - BOTTOM, TOP)
    end = x.end if panel.limit is None else x(math.log(panel.limit))
    shapes = [text(4, 15, panel.title, "head")]
    if end > LEFT + 1:
        shapes.append(rect(LEFT, TOP, end - LEFT, HEIGHT - BOTTOM - TOP, "blind", panel.blind_words))
        if end - LEFT > 130:
            shapes.append(text(LEFT + 6, TOP + 14, panel.blind_words, "soft"))
    shapes += _grid(panel, x, y, reached)
    across = [x(math.log(s)) for s in panel.strengths]
    above = [(a, y(v)) for a, v in zip(across, panel.high, strict=True)]
    below = [(a, y(v)) for a, v in zip(across, panel.low, strict=True)]
    shapes.append(path([*above, *reversed(below)], "band"))
    shapes.append(path([(a, y(v)) for a, v in zip(across, panel.mean, strict=True)], "curve"))
    shapes += [circle(x(math.log(s)), y(v), 3.2, "dot ours", said) for s, v, said in panel.points]
    if panel.limit is not None:
        side = "end" if end > (LEFT + x.end) / 2 else "start"
        shapes.append(line(end, TOP - 4, end, HEIGHT - BOTTOM, "limit"))
        shapes.append(text(end, TOP - 8, panel.limit_words, "strong", side))
    shapes.append(text((LEFT + x.end) / 2, HEIGHT - 6, panel.axis, "soft", "middle"))
    return picture(WIDTH, HEIGHT, shapes, panel.title)


def _grid(panel: Panel, x: Scale, y: Scale, reached: float) -> list[str]:
    shapes = []
    for share in (0.0, 0.5, 1.0):
        shapes += [
            line(LEFT, y(share), x.end, y(share), "grid"),
            text(LEFT - 6, y(share) + 4, f"{share:.0%}", "soft", "end"),
        ]
    shapes.append(line(LEFT, y(reached), x.end, y(reached), "slope"))
    for tick in _round(panel.strengths[0], panel.strengths[-1]):
        said = f"{number(100 * tick)}%" if panel.percent else number(tick)
        shapes += [
            line(x(math.log(tick)), HEIGHT - BOTTOM, x(math.log(tick)), HEIGHT - BOTTOM + 4, "slope"),
            text(x(math.log(tick)), HEIGHT - BOTTOM + 17, said, "soft", "middle"),
        ]
    return shapes


def _round(low: float, high: float) -> list[float]:
    """Round values on a logarithmic axis: 1-2-5, or powers of ten where these are many.

    >>> _round(3, 24)
    [5.0, 10.0, 20.0]
    """
    tens = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    fine = [round(f * 10.0**k, 12) for k in tens for f in (1, 2, 5)]
    inside = [v for v in fine if low * 0.999 <= v <= high * 1.001]
    return inside if len(inside) <= 2 * _FEWEST else inside[:: len(inside) // _FEWEST]
