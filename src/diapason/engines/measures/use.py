"""Measures of what a dataset is worth for a model: diversity, size, age, relevance, fit."""

from collections.abc import Callable

from diapason.engines.measures.measure import Measure, State, counted, not_for, untested
from diapason.engines.measures.registry import calculation
from diapason.engines.measures.seen import Fit, Seen
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.language import Text

__all__ = ["fitness", "meets"]


@calculation
def covered_space(seen: Seen) -> Measure:
    """0301: share of the declared operating space that has data."""
    space, todo = seen.space, f"diapason score {seen.name} --to needs.yaml"
    if space is None:
        return untested(Text("no operating space is declared", "未声明目标工况空间"), todo)
    by = Text("declared operating space", "所声明的工况空间") if seen.space_by == "needs" else _CONTRACT
    cells = Text("cells of pairs of its dimensions", "两两维度的格子") if space.ways == 2 else Text("its cells", "格子")
    said = Text(
        f"{cells.en} of the {by.en} that have data, those at a border by half; bounds: cells inside, cells touched",
        f"{by.zh}中有数据的{cells.zh}；边界格子计半；界限：内部格子与触及的格子",
    )
    way = "" if seen.space_by == "needs" else todo
    ends = (space.value, space.low, space.high)
    return Measure(State.ESTIMATED, said, *ends, space.value * space.of, float(space.of), (seen.ground,), way)


_CONTRACT = Text("space that the contract calls possible", "合约所给可能范围")


@calculation
def found_attributes(seen: Seen) -> Measure:
    """Attributes of the target population that are found: cells of each dimension alone."""
    if seen.space is None:
        todo = f"diapason score {seen.name} --to needs.yaml"
        return untested(Text("no operating space is declared", "未声明目标工况空间"), todo)
    shares = list(seen.space.alone.values())
    said = Text("parts of each dimension of the space that are found, on average", "工况空间各维度中出现部分的平均占比")
    value = sum(shares) / len(shares)
    return Measure(State.COUNTED, said, value, value, value, on=(seen.ground,))


@calculation
def relevant_rows(seen: Seen) -> Measure:
    """Rows that lie in the declared operating space."""
    if seen.space is None or seen.space_by != "needs":
        todo = f"diapason score {seen.name} --to needs.yaml"
        return untested(Text("no operating space is declared", "未声明目标工况空间"), todo)
    said = Text("rows that lie in the operating space", "处于工况空间内的行")
    return counted(seen.space.inside, seen.rows, said, (seen.ground,))


@calculation
def relevant_columns(seen: Seen) -> Measure:
    """Columns that are used, among those that are there."""
    return counted(len(seen.used), len(seen.columns), Text("columns that are used", "所用的列"), (seen.ground,))


@calculation
def effective_columns(seen: Seen) -> Measure:
    """Inputs that vary and are not mostly missing."""
    mine = seen.features
    good = [c for c in mine if not c.constant and (c.missing is None or c.missing <= 0.5 * c.rows)]
    said = Text("inputs that vary and are at least half filled", "有变化且至少半数有值的输入列")
    return counted(len(good), len(mine), said, (seen.ground,))


@calculation
def enough_rows(seen: Seen) -> Measure:
    """0302: how much of what four times the rows would reach is reached today."""
    reach = seen.reach
    if reach is None:
        todo = f"diapason feasible {seen.name}"
        return untested(Text("no learning curve of this version", "该版本没有学习曲线"), todo)
    far, now = reach.far, reach.now
    ends = (far.value, far.low, far.high)
    shares = [min(1.0, x / now if reach.better == "lower" else now / x) if x > 0 and now > 0 else 0.0 for x in ends]
    said = Text(
        f"{reach.metric} today against that of four times the rows ({now:.4g}, {far.value:.4g})",
        f"现有 {reach.metric} 与四倍行数时之比（{now:.4g}，{far.value:.4g}）",
    )
    return Measure(State.ESTIMATED, said, shares[0], min(shares), max(shares), on=(reach.run,))


@calculation
def current_rows(seen: Seen) -> Measure:
    """0303: rows inside of the window of age that was declared."""
    if not seen.calendar:
        why = (
            Text("its time is no calendar time", "其时间不是日历时间")
            if seen.time
            else Text("it has no time", "没有时间列")
        )
        return untested(why, f"diapason ingest FILE --name {seen.name} --time COLUMN")
    if seen.window_days is None or seen.current is None:
        begin, end = (s[:10] for s in seen.span)
        return untested(
            Text(
                f"from {begin} to {end}; it is not said how old rows may be",
                f"时间范围 {begin} 至 {end}；未说明可接受的时限",
            ),
            f"diapason score {seen.name} --to needs.yaml",
        )
    said = Text(
        f"rows not older than {seen.window_days:g} days ({seen.span[0][:10]} to {seen.span[1][:10]})",
        f"不早于 {seen.window_days:g} 天的行（{seen.span[0][:10]} 至 {seen.span[1][:10]}）",
    )
    return counted(seen.current, seen.rows, said, (seen.ground,))


@calculation
def fitness(seen: Seen) -> Measure:
    """0305: how near a model learnt from it comes to what is wanted."""
    standing = [f for f in seen.fits if f.fallen is None]
    wanted = [f for f in standing if f.wanted is not None]
    if not standing:
        return untested(
            Text("no model was judged on this version", "没有在该版本上评判过的模型"),
            f"diapason learn {seen.name} --task {seen.task}",
        )
    if not wanted:
        best = standing[-1]
        return untested(
            Text(
                f"{best.metric} is {best.score}, but nobody has said what is wanted",
                f"{best.metric} 为 {best.score}，但未说明目标值",
            ),
            f'diapason score {seen.name} --target "{best.metric}{"<=" if best.better == "lower" else ">="}VALUE"',
        )
    worst: dict[str, tuple[Fit, tuple[float, float, float]]] = {}
    for one in wanted:  # a model is as near as the condition that it is farthest from
        if one.run not in worst or _near(one)[1] < worst[one.run][1][1]:
            worst[one.run] = one, _near(one)
    fit, (value, low, high) = max(worst.values(), key=lambda t: t[1][1])
    sign = "<=" if fit.better == "lower" else ">="
    said = Text(
        f"{fit.metric} {fit.score} against {sign} {fit.wanted:g} wanted ({fit.by})",
        f"{fit.metric} {fit.score}，目标 {sign} {fit.wanted:g}（{fit.by}）",
    )
    return Measure(State.ESTIMATED, said, value, low, high, on=(fit.run,))


def _near(fit: Fit) -> tuple[float, float, float]:
    """Wanted over reached, or the other way round where higher is better; never above one."""
    wanted = float(fit.wanted or 0.0)

    def share(x: float) -> float:
        if fit.better == "lower":
            return 1.0 if x <= wanted else wanted / x
        return 1.0 if x >= wanted else x / wanted

    told = [share(x) for x in (fit.score.value, fit.score.low, fit.score.high)]
    return told[0], min(told), max(told)


def meets(score: Estimate, wanted: float, better: str) -> str:
    """Whether an estimate meets a limit: "fit", "not_fit", or "open" where the limit lies in its interval.

    >>> meets(Estimate(2.0, 1.8, 2.2, 100), 2.5, "lower")
    'fit'
    """
    worse, best = (score.high, score.low) if better == "lower" else (score.low, score.high)
    ok: Callable[[float], bool] = (lambda x: x <= wanted) if better == "lower" else (lambda x: x >= wanted)
    return "fit" if ok(worse) else "open" if ok(best) else "not_fit"


@calculation
def tightness(seen: Seen) -> Measure:
    """Spread of the eigenvalues of the numbers' correlations: the largest one's share."""
    if len(seen.spectrum) < 2:
        return not_for(Text("fewer than two columns of numbers", "数值列少于两个"))
    share = float(seen.spectrum[0]) / float(sum(seen.spectrum))
    said = Text(
        f"share of the largest eigenvalue of the correlations, from {seen.sampled:,} rows",
        f"相关矩阵最大特征值占比，取自 {seen.sampled:,} 行",
    )
    return _of_sample(seen, share, said)


@calculation
def independency(seen: Seen) -> Measure:
    """Share of directions that can be left out with 95 % of the variance kept; the smaller, the more they tell."""
    if len(seen.spectrum) < 2:
        return not_for(Text("fewer than two columns of numbers", "数值列少于两个"))
    total, kept, needed = float(sum(seen.spectrum)), 0.0, 0
    for value in seen.spectrum:
        if kept >= 0.95 * total:
            break
        kept, needed = kept + float(value), needed + 1
    said = Text(
        f"principal components that can be left out with 95 % of the variance kept, from {seen.sampled:,} rows",
        f"保留95%方差时可省去的主成分占比，取自 {seen.sampled:,} 行",
    )
    return _of_sample(seen, 1 - needed / len(seen.spectrum), said)


def _of_sample(seen: Seen, value: float, said: Text) -> Measure:
    return Measure(State.ESTIMATED if seen.sampled < seen.rows else State.COUNTED, said, value, value, value,
                   on=(seen.ground,))  # fmt: skip
