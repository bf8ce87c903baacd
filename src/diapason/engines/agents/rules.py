"""What an agent does from rules alone: limits with a dead band, rates, values that stand still, twins that part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["Rule", "RuleStream", "Then", "parsed", "shape_of"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_KINDS: Mapping[str, tuple[str, ...]] = {
    "above": ("tag", "limit"),
    "below": ("tag", "limit"),
    "rate": ("tag", "limit", "over"),
    "held": ("tag", "after"),
    "stale": ("tag", "after"),
    "apart": ("tag", "twin", "limit"),
}
"""Kinds of rules with the fields that each must have."""
_MAY = ("kind", "name", "clear", "for", "then", "ahead")
_THEN = ("tag", "set", "by", "unit", "effect")
_AHEAD = 600.0
_FURTHEST = 30 * 86400.0


@dataclass(frozen=True, slots=True)
class Then:
    """What a rule proposes when it strikes: a value, or a step from the present one."""

    tag: str
    unit: str
    set: float | None = None
    by: float | None = None
    effect: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one agent, numbers in the unit of its tag and in seconds."""

    kind: str
    tag: str
    limit: float = 0.0
    clear: float = 0.0  # where an alarm ends
    twin: str = ""
    over: float = 60.0
    after: float = 0.0
    lasting: float = 0.0  # s that the limit must be passed before it counts
    name: str = ""
    then: Then | None = None
    ahead: float = 0.0  # s that its tag is foreseen, and when it reaches the limit; 0 = not at all


def parsed(said: Mapping[str, Any], *, asset: str, at: str = "") -> Rule:
    """A rule from a manifest; tags lose the name of the asset in front.

    Raises:
        DataError: the kind or a field is unknown, or a field is missing or no number.

    >>> parsed({"kind": "above", "tag": "R-1/T", "limit": 80, "clear": 78}, asset="R-1").tag
    'T'
    """
    kind = str(said.get("kind", ""))
    if kind not in _KINDS:
        raise _wrong(
            Text(f"no rule of kind '{kind}'", f"没有“{kind}”类规则"),
            at,
            Text("choose one of: ", "可选：") + ", ".join(_KINDS),
        )
    needed = _KINDS[kind]
    if odd := sorted(set(said) - set(needed) - set(_MAY)):
        raise _wrong(
            Text(f"rule '{kind}' has no field '{odd[0]}'", f"“{kind}”规则没有字段“{odd[0]}”"),
            at,
            Text("fields: ", "字段：") + ", ".join((*needed, *_MAY)),
        )
    if lacking := [n for n in needed if n not in said]:
        raise _wrong(
            Text(f"rule '{kind}' lacks '{lacking[0]}'", f"“{kind}”规则缺少“{lacking[0]}”"),
            at,
            Text(f"add {lacking[0]}: …", f"请补充 {lacking[0]}: …"),
        )
    limit = _number(said, "limit", 0.0, at)
    return Rule(
        kind,
        _local(str(said["tag"]), asset),
        limit=limit,
        clear=_clear(kind, limit, _number(said, "clear", limit, at), at),
        twin=_local(str(said.get("twin", "")), asset),
        over=_positive(said, "over", 60.0, at),
        after=_positive(said, "after", 60.0, at),
        lasting=_number(said, "for", 0.0, at),
        name=str(said.get("name", "")),
        then=_then(said.get("then"), at),
        ahead=_ahead(kind, said, at),
    )


def shape_of(rules: Sequence[Rule]) -> tuple[tuple[str, str, str], ...]:
    """Agents whose rules have the same shape are judged in one stroke, each with its own limits."""
    return tuple((r.kind, r.tag, r.twin) for r in rules)


class RuleStream:
    """Rules at work on many assets at once, each with its own limits: a `roles.recipe.Stream`.

    The score is 1 at the limit and grows by 1 for each width of the dead band beyond it (where there is none, of a
    hundredth of the limit); an alarm holds until every rule is back behind its `clear`.

    Args:
        rules: of each asset, all of one shape.
    """

    levels: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, rules: Sequence[Sequence[Rule]]) -> None:
        first = rules[0]
        names = [n for r in first for n in (r.tag, r.twin) if n]
        self.columns = tuple(dict.fromkeys(names))
        self._kinds = [(r.kind, self.columns.index(r.tag), self._twin(r)) for r in first]
        self._rules = tuple(tuple(each) for each in rules)
        self._limit, self._clear, self._over, self._after, self._lasting = (
            np.array([[getattr(r, name) for r in each] for each in rules]).reshape(len(rules), len(first))
            for name in ("limit", "clear", "over", "after", "lasting")
        )
        shape = self._limit.shape
        self._mean = np.full(shape, np.nan)  # slow mean of a rate, or the value that is held
        self._since = np.full(shape, np.nan)  # s: last time of change, of a known value, or since when it is beyond
        self._beyond = np.full(shape, np.nan)  # s since when the limit is passed
        self._time = np.full(shape[0], np.nan)
        self._holds = np.zeros(shape, np.bool_)
        self._scores = np.zeros(shape)

    def step(self, x: Array, who: Index | None = None, at: Array | None = None) -> Array:
        """The score of the worst rule of each asset."""
        who = np.arange(len(self._limit)) if who is None else who
        at = np.zeros(len(x)) if at is None else at
        for i, (kind, column, twin) in enumerate(self._kinds):
            value, limit, clear = self._measured(i, kind, x[:, column], x[:, twin], who, at)
            self._judge(i, value, limit, clear, who, at)
        self._time[who] = at
        return np.asarray(self._scores[who].max(axis=1))

    def contributions(self, who: Index) -> Array | None:
        """The score of the worst rule, at its tag."""
        out = np.zeros((len(who), len(self.columns)))
        worst = self._scores[who].argmax(axis=1)
        columns = np.array([column for _, column, _ in self._kinds])[worst]
        out[np.arange(len(who)), columns] = self._scores[who, worst]
        return out

    def struck(self, asset: int) -> tuple[Rule, ...]:
        """The rules of an asset that hold at present."""
        return tuple(r for r, holds in zip(self._rules[asset], self._holds[asset], strict=True) if holds)

    def state(self) -> dict[str, Array]:
        """What is remembered, the first axis over assets."""
        kept = {n: getattr(self, f"_{n}").copy() for n in ("mean", "since", "beyond", "time", "scores")}
        return kept | {"holds": self._holds.astype(np.float64)}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Take up a state."""
        for name in ("mean", "since", "beyond", "time", "scores"):
            getattr(self, f"_{name}")[:] = state[name]
        self._holds[:] = state["holds"] > 0

    def _twin(self, rule: Rule) -> int:
        return self.columns.index(rule.twin) if rule.twin else self.columns.index(rule.tag)

    def _measured(self, i: int, kind: str, x: Array, twin: Array, who: Index, at: Array) -> tuple[Array, Array, Array]:
        """What is compared, upwards: value, limit, clear."""
        limit, clear = self._limit[who, i], self._clear[who, i]
        if kind == "below":
            return -x, -limit, -clear
        if kind == "rate":
            return self._rate(i, x, who, at), limit, clear
        if kind == "apart":
            return np.abs(x - twin), limit, clear
        if kind in ("held", "stale"):
            after = self._after[who, i]
            return self._standing(i, kind, x, who, at), after, after
        return x, limit, clear

    def _rate(self, i: int, x: Array, who: Index, at: Array) -> Array:
        """Filtered derivative, per s: the distance from a slow mean over its time constant."""
        mean, over = self._mean[who, i], self._over[who, i]
        gone = at - self._time[who]
        share = 1 - np.exp(-np.maximum(np.nan_to_num(gone), 0) / over)
        moved = np.where(np.isnan(mean), x, mean + share * (x - mean))
        rate = np.abs(x - moved) / over
        self._mean[who, i] = np.where(np.isnan(x), mean, moved)
        return np.asarray(rate)

    def _standing(self, i: int, kind: str, x: Array, who: Index, at: Array) -> Array:
        """Seconds since the value last changed (held) or was last known (stale)."""
        since = self._since[who, i]
        news = np.isfinite(x) & ((x != self._mean[who, i]) | (kind == "stale"))
        since = np.where(news | np.isnan(since), at, since)
        self._since[who, i] = since
        self._mean[who, i] = np.where(np.isfinite(x), x, self._mean[who, i])
        return np.asarray(at - since)

    def _judge(self, i: int, value: Array, limit: Array, clear: Array, who: Index, at: Array) -> None:
        """Hold from the limit on, once it has lasted, until behind `clear`; what is not known changes nothing."""
        over = value >= limit
        beyond = np.where(over, np.where(np.isnan(self._beyond[who, i]), at, self._beyond[who, i]), np.nan)
        self._beyond[who, i] = np.where(np.isnan(value), self._beyond[who, i], beyond)
        held = self._holds[who, i]
        starts = over & (at - beyond >= self._lasting[who, i])
        ends = (value < clear) | ((clear == limit) & ~over & np.isfinite(value))
        holds = (held & ~ends) | starts
        width = np.where(limit > clear, limit - clear, np.maximum(0.01 * np.abs(limit), 1e-12))
        score = np.clip(np.nan_to_num(1 + (value - limit) / width, nan=0.0), 0.0, 100.0)
        self._holds[who, i] = holds
        self._scores[who, i] = np.where(holds, np.maximum(score, 1.0), np.minimum(score, 1 - 1e-9))


def _clear(kind: str, limit: float, clear: float, at: str) -> float:
    beyond = clear < limit if kind == "below" else clear > limit
    if beyond:
        raise _wrong(
            Text(f"the alarm of rule '{kind}' would end before it begins", f"“{kind}”规则的报警先于触发就会解除"),
            at,
            Text("set clear on the good side of limit", "请将 clear 设在 limit 的安全一侧"),
        )
    return clear


def _ahead(kind: str, said: Mapping[str, Any], at: str) -> float:
    """How far a tag is foreseen, s; where a rule has no limit of the tag itself, not at all."""
    if kind not in ("above", "below"):
        if "ahead" in said:
            raise _wrong(
                Text(f"rule '{kind}' foresees nothing", f"“{kind}”规则不作预测"),
                at,
                Text("take 'ahead' away; above and below have it", "请去掉 ahead；仅 above 与 below 可用"),
            )
        return 0.0
    ahead = _number(said, "ahead", _AHEAD, at)
    if not 0 <= ahead <= _FURTHEST:
        raise _wrong(
            Text(f"'ahead' is not between 0 and {_FURTHEST:g} s", f"“ahead”不在 0 至 {_FURTHEST:g} 秒之间"),
            at,
            Text("ahead: 600, or 0 to foresee nothing", "ahead: 600；0 表示不预测"),
        )
    return ahead


def _local(tag: str, asset: str) -> str:
    return tag.removeprefix(f"{asset}/") if asset else tag


def _number(said: Mapping[str, Any], name: str, default: float, at: str) -> float:
    value = said.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise _wrong(
            Text(f"'{name}' is no number: {value}", f"“{name}”不是数：{value}"), at, Text("give a number", "请给出数值")
        )
    return float(value)


def _positive(said: Mapping[str, Any], name: str, default: float, at: str) -> float:
    value = _number(said, name, default, at)
    if value <= 0:
        raise _wrong(Text(f"'{name}' must be above 0", f"“{name}”须大于 0"), at, Text("give seconds", "请给出秒数"))
    return value


def _then(said: Any, at: str) -> Then | None:
    if said is None:
        return None
    if not isinstance(said, Mapping) or set(said) - set(_THEN) or ("set" in said) == ("by" in said):
        raise _wrong(
            Text("a rule's 'then' needs tag, unit, and set or by", "规则的 then 需要 tag、unit，以及 set 或 by"),
            at,
            Text("then: {tag: TIC-201.SP, by: -1, unit: Cel}", "then: {tag: TIC-201.SP, by: -1, unit: Cel}"),
        )
    numbers = {n: _number(said, n, 0.0, at) for n in ("set", "by") if n in said}
    if "tag" not in said or "unit" not in said:
        raise _wrong(
            Text("a rule's 'then' lacks tag or unit", "规则的 then 缺少 tag 或 unit"),
            at,
            Text("then: {tag: TIC-201.SP, by: -1, unit: Cel}", "then: {tag: TIC-201.SP, by: -1, unit: Cel}"),
        )
    return Then(str(said["tag"]), str(said["unit"]), numbers.get("set"), numbers.get("by"), said.get("effect"))


def _wrong(what: Text, at: str, fix: Text) -> DataError:
    return DataError(what, at=at or "rules", fix=fix)
