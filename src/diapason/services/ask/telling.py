"""An answer in one sentence, English and Chinese; its numbers are those that were computed, and no others."""

from collections.abc import Callable, Mapping

from diapason.engines.grounding import Computed, Plan
from diapason.services.ask.computing import Answer
from diapason.vocabulary.language import Text

__all__ = ["told"]

_STATISTIC = {
    "mean": Text("mean", "平均值"),
    "max": Text("highest value", "最高值"),
    "min": Text("lowest value", "最低值"),
    "median": Text("median", "中位数"),
    "std": Text("standard deviation", "标准差"),
    "range": Text("range", "极差"),
    "count": Text("number of readings", "读数个数"),
    "missing": Text("number of missing readings", "缺失个数"),
    "first": Text("first reading", "首个读数"),
    "last": Text("last reading", "最后读数"),
}


def told(plan: Plan, got: Answer) -> Text:
    """The sentence."""
    tell = _TELL.get(plan.tool)
    return tell(plan, got) if tell is not None else _words(plan, got)


def _value(n: Computed) -> str:
    unit = "" if n.unit in ("", "1") else f" {n.unit}"
    return f"{n.value:.6g}{unit}"


def _when(plan: Plan) -> Text:
    if not plan.windows:
        return Text("over the whole record", "全部记录期间")
    spans = [f"{w.start.isoformat(sep=' ')[:16]} – {w.end.isoformat(sep=' ')[:16]}" for w in plan.windows]
    return Text(f"from {', '.join(spans)} UTC", f"{'、'.join(spans)}（UTC）")


def _of(plan: Plan) -> Text:
    tag = plan.tag or plan.dataset
    return Text(f"{tag} of {plan.asset}", f"{plan.asset} 的 {tag}") if plan.asset else Text(tag, tag)


def _statistic(plan: Plan, got: Answer) -> Text:
    name, when, of = _STATISTIC[plan.statistic], _when(plan), _of(plan)
    value = _value(got.numbers[0])
    return Text(f"The {name.en} of {of.en} {when.en} is {value}.", f"{of.zh} 在{when.zh}的{name.zh}为 {value} 。")


def _value_at(plan: Plan, got: Answer) -> Text:
    at = plan.at.isoformat(sep=" ")[:16] if plan.at else ""
    value, of = _value(got.numbers[0]), _of(plan)
    return Text(f"{of.en} was {value} at {at} UTC.", f"{of.zh} 在 {at}（UTC）为 {value} 。")


def _moment(plan: Plan, got: Answer) -> Text:
    name, of, when = _STATISTIC[plan.statistic], _of(plan), _when(plan)
    value, at = _value(got.numbers[0]), got.words[0]
    return Text(
        f"{of.en} had its {name.en} {when.en} at {at}: {value}.",
        f"{of.zh} 在{when.zh}的{name.zh}出现于 {at}，为 {value} 。",
    )


def _beyond(plan: Plan, got: Answer) -> Text:
    passed, of_all = (_value(n) for n in got.numbers)
    side = Text("above", "高于") if plan.above else Text("below", "低于")
    of, when = _of(plan), _when(plan)
    return Text(
        f"{passed} of {of_all} readings of {of.en} {when.en} were {side.en} {plan.bound:g}.",
        f"{of.zh} 在{when.zh}的 {of_all} 个读数中有 {passed} 个{side.zh} {plan.bound:g} 。",
    )


def _change(plan: Plan, got: Answer) -> Text:
    change, before, after = (_value(n) for n in got.numbers)
    of, when = _of(plan), _when(plan)
    return Text(
        f"The mean of {of.en} changed by {change}: {before} before, {after} after ({when.en}).",
        f"{of.zh} 的平均值变化 {change} ：前 {before} ，后 {after} （{when.zh}）。",
    )


def _states(plan: Plan, got: Answer) -> Text:
    listed = ", ".join(f"{n.name}: {_value(n)}" for n in got.numbers)
    when = _when(plan)
    return Text(f"Rows by state {when.en}: {listed}.", f"{when.zh}各状态行数： {listed} 。")


def _begins(plan: Plan, got: Answer) -> Text:
    return Text(f"{plan.name} was first recorded at {got.words[0]}.", f"{plan.name} 最早记录于 {got.words[0]} 。")


def _rows(plan: Plan, got: Answer) -> Text:
    value = _value(got.numbers[0])
    return Text(f"{plan.dataset} has {value} rows.", f"{plan.dataset} 有 {value} 行。")


def _tags(plan: Plan, got: Answer) -> Text:
    value = _value(got.numbers[0])
    return Text(f"{plan.dataset} has {value} tags with numbers.", f"{plan.dataset} 有 {value} 个数值位号。")


def _span(plan: Plan, got: Answer) -> Text:
    a, b = got.words
    return Text(f"{plan.dataset} goes from {a} to {b}.", f"{plan.dataset} 自 {a} 至 {b} 。")


def _score(plan: Plan, got: Answer) -> Text:
    first, rest = got.numbers[0], [_value(n) for n in got.numbers[1:]]
    around = f" ({' – '.join(rest)})" if rest else ""
    return Text(
        f"{plan.name} has {first.name} {_value(first)}{around} on data it did not learn from.",
        f"{plan.name} 在未参与训练的数据上 {first.name} 为 {_value(first)}{around} 。",
    )


def _agents(_plan: Plan, got: Answer) -> Text:
    names = ", ".join(got.words) or "–"
    value = _value(got.numbers[0])
    return Text(f"{value} agents: {names}.", f"{value} 个智能体： {names} 。")


def _words(plan: Plan, got: Answer) -> Text:
    named = plan.name or plan.tag or plan.dataset
    said = ", ".join(got.words)
    return Text(f"{named}: {said}.", f"{named}： {said} 。")


_TELL: Mapping[str, Callable[[Plan, Answer], Text]] = {
    "statistic": _statistic,
    "value_at": _value_at,
    "when": _moment,
    "beyond": _beyond,
    "change": _change,
    "states": _states,
    "begins": _begins,
    "rows": _rows,
    "tags": _tags,
    "span": _span,
    "model_score": _score,
    "agents_of": _agents,
    "agents_moving": _agents,
}
