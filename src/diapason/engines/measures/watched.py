"""Measures of what is watched over time: drift from a reference, rows in good time, hours in which all was right."""

from collections.abc import Sequence
from dataclasses import replace

from diapason.engines.measures.measure import Measure, counted, estimated, not_for, together, untested
from diapason.engines.measures.registry import calculation
from diapason.engines.measures.seen import Seen
from diapason.engines.measures.use import current_rows
from diapason.vocabulary.language import Text

__all__ = ["undrifted_columns"]

STEP = 2**0.25
"""Waits are kept by their upper end, each so many times the one before."""
LEAST = 24.0
"""Hours under guard below which nothing is said of the time in which data could be had."""


@calculation
def undrifted_columns(seen: Seen) -> Measure:
    """Columns of numbers that have not drifted from a reference; those of which that can't be told may be either."""
    if not seen.numbers:
        return not_for(Text("there are no numbers", "没有数值列"))
    held, todo = seen.compared, f"diapason scan {seen.name} --against REFERENCE"
    if held is None:
        return untested(Text("nobody has held it against a reference", "无人将其与参照比较"), todo)
    if held.why is not None:
        return untested(held.why, todo)
    names = {c.name for c in seen.numbers}
    good, bad, of = len(names & set(held.steady)), len(names & set(held.drifted)), len(names)
    other = held.reference.partition(":")[2]
    if not good + bad:
        why = Text(
            f"of no column it can be told whether it has drifted from {other}", f"各列是否偏离 {other} 均无法判定"
        )
        return untested(why, todo)
    said = Text(
        f"columns that have not drifted from {other} under like conditions; bounds: can't be told",
        f"在相同条件下未偏离 {other} 的列；界限：无法判定者",
    )
    if good + bad == of:
        return counted(good, of, said, (seen.ground, held.reference))
    ends = (good / (good + bad), good / of, (of - bad) / of)
    return _known(ends, (good, good + bad), said, (seen.ground, held.reference), todo)


@calculation
def timely_rows(seen: Seen) -> Measure:
    """Rows that were stored soon enough after they were read; rows that no stream brought may be either."""
    held = seen.guarded
    if seen.latency is None:
        said = Text("it is not said how soon a row must be stored", "未说明数据应在多长时间内入库")
        return untested(said, f"diapason score {seen.name} --to needs.yaml")
    if held is None or not held.waits:
        said = Text("no stream was guarded, so nobody knows how long rows wait", "没有受守护的数据流，等待时间未知")
        return untested(said, f"diapason guard {seen.name} --from FILE --follow")
    sent = sum(n for _, n in held.waits)
    soon = sum(n for end, n in held.waits if end <= seen.latency)
    near = sum(n for end, n in held.waits if end / STEP < seen.latency < end)
    unseen = max(0, seen.rows - held.stored)
    said = Text(
        f"rows stored within {seen.latency:g} s of being read; of {unseen:,} that no stream brought nothing is known",
        f"读取后 {seen.latency:g} 秒内入库的行；另有 {unseen:,} 行并非由数据流送入，情况未知",
    )
    of = sent + unseen
    if not near + unseen:
        return counted(soon, of, said, held.runs)
    met = soon + near / 2
    return _known((met / sent, soon / of, (soon + near + unseen) / of), (met, sent), said, held.runs)


def _known(
    ends: tuple[float, float, float], told: tuple[float, float], said: Text, on: Sequence[str], todo: str = ""
) -> Measure:
    """A share (value, low, high) whose A/B is of those alone of which it is known; its limits leave the rest open."""
    made = estimated(ends, told[1], said, on, todo=todo)
    return replace(made, met=told[0])


@calculation
def asked_latency(seen: Seen) -> Measure:
    """The same, for those alone who ask for it."""
    if seen.latency is None:
        return not_for(Text("no latency is asked for", "未要求时延"))
    return timely_rows(seen)


@calculation
def right_over_period(seen: Seen) -> Measure:
    """Rows inside of the window of age, and columns that are spread as in the reference."""
    said = Text("age and spread of the rows", "数据时限与分布")
    return together([current_rows(seen), undrifted_columns(seen)], said)


@calculation
def available_time(seen: Seen) -> Measure:
    """Hours under guard in which no delivery was refused and waited for its repair."""
    held = seen.guarded
    if held is None:
        said = Text("no delivery was judged by a contract", "没有按合约检验过的送入")
        return untested(said, f"diapason contract {seen.name} --propose")
    if held.hours < LEAST:
        said = Text(
            f"under guard for {held.hours:.1f} hours; a day is the least", f"受守护仅 {held.hours:.1f} 小时，至少需一天"
        )
        return untested(said)
    mean = sum(held.repairs) / len(held.repairs) if held.repairs else 0.0
    told = Text(
        f"{len(held.repairs)} breaks put right after {mean:.3g} hours on average, {held.open} not yet",
        f"已修复 {len(held.repairs)} 次，平均 {mean:.3g} 小时；未修复 {held.open} 次",
    )
    said = Text(
        f"hours under guard in which nothing refused waited for its repair; {told.en}",
        f"受守护期间无拒收待修复的小时数；{told.zh}",
    )
    return counted(held.hours - held.down, held.hours, said, held.on)
