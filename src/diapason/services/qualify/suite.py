"""Questions with known answers, drawn from data by seed; the truth is taken from the rows in a way of its own."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import fmean, median, stdev
from typing import Any, Literal

import polars as pl

from diapason.engines.evidence.canonical import digest
from diapason.knowledge.asking import Asked, ways
from diapason.vocabulary.wire import plain

__all__ = ["Item", "Material", "drawn", "suite_digest"]

Which = Literal["tune", "blind"]
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@dataclass(frozen=True, slots=True)
class Item:
    """One question, and what is right: a plan's slots and its numbers, or that nothing is to be said."""

    question: str
    language: str
    kind: str  # "asked", "unanswerable", "ambiguous", "missing"
    way: int  # which task of the file
    slots: Mapping[str, Any] = field(default_factory=dict)  # tool, dataset, tag, asset, windows
    values: tuple[float, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """What questions are drawn from: a record in time, one of states, one of several assets, and an agent."""

    name: str
    frame: pl.DataFrame  # column `time`
    tags: tuple[str, ...]
    units: Mapping[str, str]
    states_name: str
    states: pl.DataFrame  # columns `time`, `state`
    fleet_name: str
    fleet: pl.DataFrame  # column `asset`
    fleet_tags: tuple[str, ...]
    agent: str
    agent_words: Mapping[str, tuple[str, ...]]  # tool -> words of the right answer
    days: tuple[date, ...]  # that have readings, in order
    holes: tuple[datetime, ...]  # days without a reading, inside the record


def drawn(material: Material, which: Which, n: int, seed: int) -> list[Item]:
    """So many questions of each kind in turn: every wording of the file comes before any comes again.

    The same material, file, number and seed give the same questions.
    """
    draw = random.Random(seed)  # noqa: S311  # a draw by seed, no secret
    made: list[Item] = []
    rounds = 0
    while len(made) < n and rounds < n:
        for item in _round(material, which, draw, rounds):
            made.append(item)
            if len(made) == n:
                break
        rounds += 1
    return made


def suite_digest(items: Sequence[Item]) -> str:
    """Digest of the questions and of what is right."""
    return digest(plain(list(items)))


def _round(m: Material, which: Which, draw: random.Random, number: int) -> Iterator[Item]:
    """Every task once, in a language and a wording that go round; and some questions that have no answer."""
    file = ways(which)
    for i, way in enumerate(file.asked):
        language = "en" if (number + i) % 2 == 0 else "zh"
        texts = way.en if language == "en" else way.zh
        yield _asked(m, draw, way, i, texts[(number // 2) % len(texts)], language)
    for i, held in enumerate(file.held):
        for j in range(3):
            language = "en" if (number + i + j) % 2 == 0 else "zh"
            texts = held.en if language == "en" else held.zh
            text = texts[(number * 3 + j) % len(texts)]
            yield Item(_filled(text, _names(m, draw, language)), language, held.kind, i)


def _names(m: Material, draw: random.Random, language: str) -> dict[str, Any]:
    """Names for every slot of a wording, drawn anew."""
    tag, tag2 = draw.sample([t for t in m.tags if t.endswith(".PV") or "." not in t], 2)
    one, two = draw.sample(m.days, 2)
    day, day2 = (datetime(d.year, d.month, d.day, tzinfo=UTC) for d in (one, two))
    last = datetime(m.days[-1].year, m.days[-1].month, m.days[-1].day, tzinfo=UTC)
    there = m.frame.filter(pl.col("time").dt.date() == one, pl.col(tag).is_not_null())["time"].to_list()
    moment = draw.choice(there)
    style = draw.randrange(3)
    shown = m.states.filter(pl.col("state") != "normal")["state"].unique().sort().to_list()
    part = m.frame.filter(pl.col("time").dt.date() == one)[tag].drop_nulls()
    return {
        "tag": tag,
        "tag2": tag2,
        "stem": draw.choice([t for t in m.tags if t.endswith(".PV")]).removesuffix(".PV"),
        "ghost": f"XI-{draw.randrange(800, 999)}",
        "data": m.name,
        "states": m.states_name,
        "fleet": m.fleet_name,
        "tagf": draw.choice(m.fleet_tags),
        "agent": m.agent,
        "asset": draw.choice(m.fleet["asset"].unique().sort().to_list()),
        "state": draw.choice(shown) if shown else "normal",
        "n": f"{float(part.quantile(draw.uniform(0.2, 0.8)) or 0):.4g}" if part.len() else "1",
        "day": _said(day, language, style),
        "day2": _said(day2, language, style),
        "time": _said(day, language, style)
        + (f" {moment:%H:%M}" if style != 2 or language == "en" else f"{moment.hour}点{moment.minute}分"),
        "outside": _said(last + timedelta(days=draw.randrange(40, 400)), language, style),
        "hole": _said(draw.choice(m.holes), language, style),
        "_day": day,
        "_day2": day2,
        "_moment": moment,
    }


def _said(day: datetime, language: str, style: int) -> str:
    """A day as people write it."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日" if style else f"{day:%Y-%m-%d}"
    return (
        f"{day:%Y-%m-%d}",
        f"{day.day} {_MONTHS[day.month - 1]} {day.year}",
        f"{_MONTHS[day.month - 1]} {day.day}, {day.year}",
    )[style]


def _filled(text: str, names: Mapping[str, Any]) -> str:
    return text.format(**{k: v for k, v in names.items() if not k.startswith("_")})


def _asked(m: Material, draw: random.Random, way: Asked, number: int, text: str, language: str) -> Item:
    names = _names(m, draw, language)
    names |= {"tag": names["tagf"]} if way.fleet else {}
    question = _filled(text, names)
    if way.tool in m.agent_words:
        return Item(
            question, language, "asked", number, {"tool": way.tool, "name": m.agent}, (), m.agent_words[way.tool]
        )
    slots, values, words = _truth(m, way, names)
    return Item(question, language, "asked", number, slots, values, words)


def _truth(
    m: Material, way: Asked, names: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[float, ...], tuple[str, ...]]:
    """The slots of the right plan, and its numbers from the rows themselves."""
    if way.fleet:
        slots = {
            "tool": way.tool,
            "dataset": m.fleet_name,
            "tag": names["tagf"],
            "asset": names["asset"],
            "statistic": way.statistic,
        }
        rows = m.fleet.filter(pl.col("asset") == names["asset"])[names["tagf"]].drop_nulls().to_list()
        return slots, (fmean(rows) if way.statistic == "mean" else max(rows),), ()
    if way.tool in ("rows", "tags", "span"):
        edges = tuple(m.frame["time"].sort().item(i).isoformat(timespec="minutes") for i in (0, -1))
        value = {"rows": (float(m.frame.height),), "tags": (float(len(m.tags)),), "span": ()}[way.tool]
        return {"tool": way.tool, "dataset": m.name}, value, edges if way.tool == "span" else ()
    if way.tool == "states":
        day = m.states.filter(pl.col("time").dt.date() == names["_day"].date())["state"].to_list()
        return (
            {"tool": "states", "dataset": m.states_name, "windows": [names["_day"]]},
            tuple(sorted(float(day.count(s)) for s in set(day))),
            (),
        )
    if way.tool == "begins":
        first = m.states.filter(pl.col("state") == names["state"])["time"].sort().item(0)
        return (
            {"tool": "begins", "dataset": m.states_name, "name": names["state"]},
            (),
            (first.isoformat(timespec="minutes"),),
        )
    slots = {"tool": way.tool, "dataset": m.name, "tag": names["tag"]}
    if way.tool == "unit":
        return slots, (), (m.units[names["tag"]],)
    return _of_readings(m, way, names, slots)


def _of_readings(
    m: Material, way: Asked, names: Mapping[str, Any], slots: dict[str, Any]
) -> tuple[dict[str, Any], tuple[float, ...], tuple[str, ...]]:
    tag = names["tag"]
    day = m.frame.filter(pl.col("time").dt.date() == names["_day"].date())
    pairs = [(t, v) for t, v in day.select("time", tag).iter_rows() if v is not None]
    readings = [v for _, v in pairs]
    if way.tool == "value_at":
        value = next((v for t, v in pairs if t == names["_moment"]), None)
        return slots | {"at": names["_moment"]}, () if value is None else (value,), ()
    windows = {"windows": [names["_day"]]}
    if way.tool == "when":
        best = (max if way.statistic == "max" else min)(readings)
        at = next(t for t, v in pairs if v == best)
        return slots | windows | {"statistic": way.statistic}, (best,), (at.isoformat(timespec="minutes"),)
    if way.tool == "beyond":
        bound = float(names["n"])
        passed = sum(v > bound if way.above else v < bound for v in readings)
        return slots | windows | {"bound": bound, "above": way.above}, (float(passed), float(len(readings))), ()
    if way.tool == "change":
        other = m.frame.filter(pl.col("time").dt.date() == names["_day2"].date())[tag].drop_nulls().to_list()
        days = sorted(((names["_day"], fmean(readings)), (names["_day2"], fmean(other))))
        a, b = (mean for _, mean in days)
        return slots | {"windows": [day for day, _ in days]}, (b - a, a, b), ()
    return slots | windows | {"statistic": way.statistic}, (_statistic(readings, day.height, way.statistic),), ()


def _statistic(readings: list[float], rows: int, name: str) -> float:
    ways_: dict[str, Any] = {
        "mean": lambda: fmean(readings),
        "max": lambda: max(readings),
        "min": lambda: min(readings),
        "median": lambda: median(readings),
        "std": lambda: stdev(readings),
        "range": lambda: max(readings) - min(readings),
        "count": lambda: float(len(readings)),
        "missing": lambda: float(rows - len(readings)),
        "last": lambda: readings[-1],
    }
    return float(ways_[name]())
