"""Choose tags of a source, however many it has, in bounded time."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from diapason.errors import DataError, NotFound
from diapason.ports.line import Line
from diapason.services.connect.meaning import by_meaning
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Point

__all__ = ["MOST", "Browsed", "Wish", "browsed", "choose"]

MOST = 500
"""Tags that are taken without being asked for by name."""
SEEN = 1_000_000
"""Tags that are looked at, at most."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which tags a person wants: by pattern of the name, by meaning, below a place; none = all, if they are few."""

    patterns: tuple[str, ...] = ()
    find: str = ""
    under: str = ""
    most: int = MOST
    seconds: float = 30.0  # that browsing may take


@dataclass(frozen=True, slots=True)
class Browsed:
    """What was found of the tags, and whether that is all of them."""

    points: tuple[Point, ...]  # those that fit the patterns
    seen: int
    cut: str = ""  # why it ended early: "time", "most", "source"; "" = all was seen


async def browsed(line: Line, wish: Wish, tell: Callable[[int], None] = lambda _: None) -> Browsed:
    """Look through what a source offers; with patterns only what fits is kept."""
    kept: list[Point] = []
    seen, cut = 0, ""
    keep_all = not wish.patterns
    try:
        async with asyncio.timeout(wish.seconds), aclosing(_stream(line, wish.under)) as points:
            async for point in points:
                seen += 1
                if keep_all or _fits(point, wish.patterns):
                    kept.append(point)
                if not keep_all and len(kept) > wish.most:
                    cut = "most"
                    break
                if seen % 1000 == 0:
                    tell(seen)
    except TimeoutError:
        cut = "time"
    except DataError:
        if not seen:
            raise
        cut = "source"  # it has more than it hands out at once
    return Browsed(tuple(kept), seen, cut)


def choose(found: Browsed, wish: Wish, address: str) -> tuple[Point, ...]:
    """The tags that are taken.

    Raises:
        NotFound: none fits.
        DataError: there are more than somebody wants without asking for them.
    """
    points = found.points
    if wish.find:
        points = tuple(by_meaning(points, wish.find, most=wish.most))
    if not points:
        raise _none(found, wish, address)
    if len(points) > wish.most:
        raise _many(found, points, wish, address)
    return points


def _stream(line: Line, under: str) -> Any:
    return line.browse(under, most=SEEN)


def _fits(point: Point, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(point.tag, p) or fnmatchcase(point.tag.casefold(), p.casefold()) for p in patterns)


def _none(found: Browsed, wish: Wish, address: str) -> NotFound:
    if not found.seen:
        return NotFound(
            Text("the source offers no tag", "来源没有提供任何位号"),
            at=f"{address} {wish.under}".strip(),
            fix=Text(
                "wait until it speaks, or say where it does: -o topics=… of a broker, -o map=FILE of Modbus, --under PLACE",
                "请等来源上线，或指明位置：MQTT 用 -o topics=…，Modbus 用 -o map=文件，或 --under 位置",
            ),
        )
    asked = " ".join([*wish.patterns, wish.find]).strip() or wish.under
    close = get_close_matches(asked, [p.tag for p in found.points[:20_000]], n=3, cutoff=0.3) if asked else []
    more = (f" ({found.seen:,} looked at)", f"（已查看 {found.seen:,} 个）")
    return NotFound(
        Text(f"no tag fits '{asked}'{more[0]}", f"没有位号符合“{asked}”{more[1]}"),
        at=address,
        fix=Text(
            f"did you mean {', '.join(close)}?"
            if close
            else "patterns have * and ?: --tags '*TIC-201*'; or --find WORDS",
            f"是否指 {'、'.join(close)}？" if close else "通配符为 * 和 ?：--tags '*TIC-201*'；或用 --find 词语",
        ),
    )


def _many(found: Browsed, points: Sequence[Point], wish: Wish, address: str) -> DataError:
    """Too many: says how many there are and how they are grouped, and how to ask for some."""
    groups = Counter(p.asset or p.tag.partition("/")[0].partition(".")[0] for p in points)
    listed = ", ".join(f"{name} ({count:,})" for name, count in groups.most_common(5))
    whole = {"time": ("at least ", "至少 "), "source": ("at least ", "至少 "), "most": ("more than ", "超过 ")}
    en, zh = whole.get(found.cut, ("", ""))
    count = wish.most if found.cut == "most" else len(points)
    first = next(iter(groups), "")
    return DataError(
        Text(
            f"the source offers {en}{count:,} tags that fit; more than {wish.most:,} are not taken unasked",
            f"来源有{zh}{count:,} 个符合的位号；超过 {wish.most:,} 个须明确指定",
        ),
        at=f"{address}: {listed}",
        fix=Text(
            f"say which: --tags '{first}*', --find 'reactor temperature', --under PLACE; or allow more: --most {count}",
            f"请指定：--tags '{first}*'、--find '反应 温度'、--under 位置；或放宽：--most {count}",
        ),
    )
