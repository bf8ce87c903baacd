"""Our own sub-indicators of 0208 for readings of sensors; the standard has none for them."""

from diapason.engines.measures.cells import without
from diapason.engines.measures.measure import Measure, State, counted, not_for, untested
from diapason.engines.measures.registry import calculation
from diapason.engines.measures.seen import Seen
from diapason.vocabulary.language import Text

__all__ = ["steady_sampling"]

_NO_TIME = Text("there is no time column", "没有时间列")


@calculation
def steady_sampling(seen: Seen) -> Measure:
    """Steps within a tenth of the usual one."""
    if seen.clock is None or not seen.clock.steps:
        return not_for(_NO_TIME)
    said = Text("steps within a tenth of the usual one", "与常用间隔相差不超过一成的采样间隔")
    return counted(seen.clock.near, seen.clock.steps, said, (seen.ground,))


@calculation
def without_gaps(seen: Seen) -> Measure:
    """Readings that are there among those that gaps have not swallowed."""
    if seen.clock is None or not seen.clock.steps:
        return not_for(_NO_TIME)
    said = Text("readings there, against those lost in gaps", "实有读数与缺口中丢失读数之比")
    return counted(seen.rows, seen.rows + seen.clock.lost, said, (seen.ground,))


@calculation
def clocks_together(seen: Seen) -> Measure:
    """Offset that is left between clocks: within one step all is well, ten steps off nothing is."""
    if seen.clock is None or not seen.clock.steps:
        return not_for(_NO_TIME)
    if seen.clock.sources < 2:
        return not_for(Text("it comes from one source, with one clock", "只有一个来源、一个时钟"))
    if seen.clock.off is None:
        return untested(
            Text("offset between the clocks of its sources is not measured", "未测量各来源时钟之间的偏移"),
            f"diapason join {seen.name} --with OTHER --as-of 10min --offset estimate",
        )
    value = min(max(1 - (seen.clock.off - 1) / 9, 0.0), 1.0)
    said = Text(
        f"clocks of its sources are {seen.clock.off:.3g} steps apart; one step is well, ten are not",
        f"各来源时钟相差 {seen.clock.off:.3g} 个采样间隔；一个以内为好，十个为差",
    )
    return Measure(State.ESTIMATED, said, value, value, value, on=(seen.clock.offset,))


@calculation
def unsaturated(seen: Seen) -> Measure:
    """Cells that do not pile up at the end of a range."""
    if not seen.numbers:
        return not_for(Text("there are no numbers", "没有数值列"))
    said = Text("readings that do not pile up at the end of a range", "未堆积于量程端点的读数")
    return without(seen, {"saturation"}, said)


@calculation
def units_known(seen: Seen) -> Measure:
    """Columns of numbers with a unit."""
    if not seen.numbers:
        return not_for(Text("there are no numbers", "没有数值列"))
    good = sum(bool(c.unit) for c in seen.numbers)
    made = counted(good, len(seen.numbers), Text("columns of numbers with a unit", "标明单位的数值列"), (seen.ground,))
    todo = f"contracts/{seen.name}.yaml: unit"
    return made if good == len(seen.numbers) else Measure(made.state, made.said, made.value, made.low, made.high,
                                                          made.met, made.of, made.on, todo)  # fmt: skip


@calculation
def labels_on_events(seen: Seen) -> Measure:
    """Rows whose label comes with its cause, and whose cause comes with its label."""
    if not seen.target or not seen.labels or seen.clock is None:
        return not_for(Text("there are no labels of events in time", "没有随时间的事件标签"))
    said = Text("rows whose label and its cause come together", "标签与其成因同时出现的行")
    return without(seen, {"label_without_cause", "cause_without_label"}, said, by_row=True)
