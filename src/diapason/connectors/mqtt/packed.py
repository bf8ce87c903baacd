"""Packed JSON: one message per asset and tick, by name or by a declared list of tags.

Two forms: `{"asset": "R-101", "seq": 7, "at": 1764400000.25, "values": {"TIC-201.PV": 141.2, "mode": "auto"}}` and
`{"t": …, "v": [141.2, null]}` for the tags that the option `tags` declares. `asset` may stand in the topic instead.
A message `{"asset": …, "points": [{"tag", "unit", "low", "high", "writable", "title"}]}` says what the tags are.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from math import nan
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from diapason.connectors.mqtt.nodes import Arrived, unusable
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import NOTHING, Kind, Moment, Packet, Point, Seen

__all__ = ["Packed", "asset_pattern", "moment_of"]

_LARGEST = 1.7e308  # whole numbers in JSON have no end, ours do
_When = int | float | str | None


class _Message(msgspec.Struct):
    """The quick way: nothing but numbers."""

    asset: str = ""
    seq: int = -1
    at: _When = None
    t: _When = None
    values: dict[str, float | None] | None = None
    v: list[float | None] | None = None
    points: list[dict[str, Any]] | None = None


class _Loose(msgspec.Struct):
    """The slow way: anything may stand for a value."""

    asset: str = ""
    seq: int = -1
    at: _When = None
    t: _When = None
    values: dict[str, Any] | None = None
    v: list[Any] | None = None
    points: list[dict[str, Any]] | None = None


_quick = msgspec.json.Decoder(_Message).decode
_loose = msgspec.json.Decoder(_Loose).decode


def _parsed(payload: bytes) -> tuple[_Message | _Loose, bool]:
    """The message, and whether it holds nothing but numbers."""
    try:
        return _quick(payload), True
    except msgspec.ValidationError:
        return _loose(payload), False


class Packed:
    """Turns messages into packets."""

    def __init__(
        self, topic: str, tags: Sequence[str] = (), units: Mapping[str, str] | None = None, *, names: str = "asset"
    ) -> None:
        self._pattern = asset_pattern(topic) if topic else None
        self._declared = tuple(tags)
        self._units = dict(units or {})
        self._plain = names == "metric"
        self._assets: dict[str, str] = {}  # by topic
        self._tags: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
        self._lists: dict[str, tuple[str, ...]] = {}  # of `_tags`, those for the declared names, by asset
        self._colons: dict[tuple[str, ...], int] = {}  # of a message that was looked at closely
        self._points: dict[str, Point] = {}
        self.latest: dict[str, dict[int, Packet]] = {}

    def points(self) -> Iterator[Point]:
        """Tags that were described or seen."""
        return iter(self._points.values())

    def take(self, arrived: Arrived) -> list[Packet]:
        """What a message gives."""
        try:
            said, plain = _parsed(arrived.payload)
        except msgspec.ValidationError as error:
            return [unusable(arrived, Text(f"no packed message: {error}", f"不是打包消息：{error}"))]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return [unusable(arrived, Text(f"no JSON: {error}", f"不是 JSON：{error}"))]
        asset = said.asset or self._asset(arrived.topic)
        if said.points is not None:
            return self._described(arrived, asset, said.points)
        quick = self._listed(arrived, said, asset) if plain else None
        return [quick or self._packet(arrived, said, asset, plain=plain)]

    def _listed(self, arrived: Arrived, said: _Message | _Loose, asset: str) -> Packet | None:
        """A list of numbers for declared tags, as most messages are; None = it must be looked at closely."""
        numbers, when, tags = said.v, said.t, self._lists.get(asset)
        if tags is None or numbers is None or len(numbers) != len(tags) or not isinstance(when, (int, float)):
            return None
        if said.values is not None or said.at is not None or None in numbers or (at := moment_of(when)) is None:
            return None
        good = _good(len(tags))
        source = (asset or arrived.topic) if said.seq >= 0 else ""
        moments = np.empty(len(tags), np.int64)
        moments.fill(at)
        packet = Packet(
            asset, tags, np.array(numbers, np.float64), moments, good, arrived.received,
            said.seq, source, NOTHING, arrived.receipt, NOTHING, NOTHING,
        )  # fmt: skip
        self._remember(asset, packet)
        return packet

    def _remember(self, asset: str, packet: Packet) -> None:
        latest = self.latest.get(asset)
        if latest is None:
            latest = self.latest[asset] = {}
        latest[id(packet.tags)] = packet

    def _packet(self, arrived: Arrived, said: _Message | _Loose, asset: str, *, plain: bool) -> Packet:
        names, numbers, why = self._columns(said)
        if why is not None:
            return unusable(arrived, why)
        when = said.at if said.at is not None else said.t
        at = arrived.received if when is None else moment_of(when)
        if at is None:
            at, why = arrived.received, Text(f"'{when}' is no time", f"“{when}”不是时间")
        elif said.values is not None:
            why = self._doubled(arrived.payload, names)
        tags = self._tags.get((asset, names)) or self._learn(asset, names, numbers)
        texts: dict[int, str] = {}
        rejected: dict[int, Text] = dict.fromkeys(range(len(tags)), why) if why is not None else {}
        if plain:
            values = np.array(numbers, np.float64)  # nothing there = nan
            hollow = None in numbers
        else:
            values = np.array([self._value(v, i, tags[i], texts, rejected) for i, v in enumerate(numbers)], np.float64)
            hollow = True
        trust = _good(len(tags))
        if why is not None:
            trust, texts = np.full_like(trust, Seen.BAD), {}
        elif hollow:
            trust = trust.copy()
            trust[[i for i in np.flatnonzero(np.isnan(values)) if i not in texts]] = Seen.BAD
        source = (asset or arrived.topic) if said.seq >= 0 else ""
        packet = Packet(
            asset, tags, values, np.full(len(tags), at, np.int64), trust, arrived.received, said.seq,
            source, texts, arrived.receipt, rejected=rejected,
        )  # fmt: skip
        if why is not None:
            packet.values[:] = nan
            return packet
        self._remember(asset, packet)
        return packet

    def _columns(self, said: _Message | _Loose) -> tuple[tuple[str, ...], list[Any], Text | None]:
        if said.values is not None and said.v is None:
            return tuple(said.values), list(said.values.values()), None
        if said.v is None or said.values is not None:
            return (), [], Text("neither values nor v, or both", "应有 values 或 v 之一，且仅其一")
        if len(said.v) != len(self._declared):
            n, m = len(said.v), len(self._declared)
            return (), [], Text(f"{n} values for {m} declared tags", f"有 {n} 个值，而声明了 {m} 个位号")
        return self._declared, said.v, None

    def _doubled(self, payload: bytes, names: tuple[str, ...]) -> Text | None:
        """A name that stands twice: JSON readers keep one of both, nobody knows which."""
        colons = payload.count(b":")
        if self._colons.get(names) == colons:
            return None
        twice: list[str] = []

        def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            seen: set[str] = set()
            twice.extend(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
            return dict(pairs)

        json.loads(payload, object_pairs_hook=once)
        if twice:
            return Text(f"'{twice[0]}' stands twice in one message", f"“{twice[0]}”在同一消息中出现两次")
        if len(self._colons) > 4096:
            self._colons.clear()
        self._colons[names] = colons
        return None

    def _learn(self, asset: str, names: tuple[str, ...], values: Sequence[Any]) -> tuple[str, ...]:
        tags = tuple(self._called(asset, name) for name in names)
        for tag, name, value in zip(tags, names, values, strict=True):
            if tag not in self._points:
                kind = Kind.TEXT if isinstance(value, str) else Kind.SWITCH if isinstance(value, bool) else Kind.NUMBER
                unit = self._units.get(tag) or self._units.get(name, "")
                self._points[tag] = Point(tag, name, kind, unit, asset=asset)
        if len(self._tags) > 16_384:
            self._tags.clear()
            self._lists.clear()
        self._tags[asset, names] = tags
        if names is self._declared:
            self._lists[asset] = tags
        return tags

    def _called(self, asset: str, name: str) -> str:
        return name if self._plain or not asset else f"{asset}/{name}"

    def _value(self, value: Any, i: int, tag: str, texts: dict[int, str], rejected: dict[int, Text]) -> float:
        kind = self._points[tag].kind
        if isinstance(value, str):
            texts[i] = value
            if kind is not Kind.TEXT:
                rejected[i] = Text("a text where numbers came before", "此前为数值，现为文本")
        elif isinstance(value, (dict, list)):
            texts[i] = str(value)[:200]
            rejected[i] = Text("a list or an object is no reading", "列表或对象不是读数")
        elif value is not None and kind is Kind.TEXT:
            texts[i] = str(value)
            rejected[i] = Text("a number where texts came before", "此前为文本，现为数值")
        elif value is not None and abs(value) < _LARGEST:
            return float(value)
        return nan

    def _asset(self, topic: str) -> str:
        if self._pattern is None:
            return ""
        found = self._assets.get(topic)
        if found is None:
            matched = self._pattern.fullmatch(topic)
            found = matched["asset"] if matched else ""
            if len(self._assets) < 65_536:
                self._assets[topic] = found
        return found

    def _described(self, arrived: Arrived, asset: str, points: Sequence[Mapping[str, Any]]) -> list[Packet]:
        for said in points:
            try:
                point = msgspec.convert(said, _Described)
            except msgspec.ValidationError as error:
                return [unusable(arrived, Text(f"no description of tags: {error}", f"不是位号说明：{error}"))]
            tag = self._called(asset, point.tag)
            self._points[tag] = Point(
                tag, point.tag, point.kind, point.unit, point.low, point.high, point.writable, point.title, asset
            )
        return []


@lru_cache(256)
def _good(n: int) -> NDArray[np.uint8]:
    """Good trust for so many readings; never written to."""
    good = np.zeros(n, np.uint8)
    good.flags.writeable = False
    return good


class _Described(msgspec.Struct):
    tag: str
    kind: Kind = Kind.NUMBER
    unit: str = ""
    low: float | None = None
    high: float | None = None
    writable: bool = False
    title: str = ""


def asset_pattern(template: str) -> "re.Pattern[str]":
    """What finds the asset in a topic.

    >>> asset_pattern("plant/{asset}/data").fullmatch("plant/R-101/data")["asset"]
    'R-101'
    """
    parts = re.split(r"(\{asset\}|\+|#)", template)
    signs: dict[str, Callable[[], str]] = {
        "{asset}": lambda: "(?P<asset>[^/]+)",
        "+": lambda: "[^/]+",
        "#": lambda: ".*",
    }
    return re.compile("".join(signs[part]() if part in signs else re.escape(part) for part in parts))


def moment_of(when: int | float | str) -> Moment | None:
    """A time as seconds, milli-, micro- or nanoseconds since 1970 (told apart by size) or as ISO 8601 with a zone.

    >>> moment_of(1764400000.25), moment_of(1764400000250), moment_of("2025-11-29T07:06:40.25Z"), moment_of("noon")
    (1764400000250000, 1764400000250000, 1764400000250000, None)
    """
    if isinstance(when, str):
        try:
            found = datetime.fromisoformat(when)
        except ValueError:
            return None
        return round(found.timestamp() * 1e6) if found.tzinfo is not None else None
    size = abs(when)
    if not size < 1e19:
        return None
    for limit, scale in ((1e11, 1_000_000), (1e14, 1000), (1e17, 1)):
        if size < limit:
            return round(when * scale)
    return round(when / 1000)
