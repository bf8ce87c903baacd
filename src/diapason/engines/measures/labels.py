"""Measures of labels: complete, accurate, agreeing, balanced, diverse."""

import numpy as np
from numpy.typing import NDArray

from diapason.engines.measures.cells import without
from diapason.engines.measures.intervals import weighted
from diapason.engines.measures.measure import Measure, State, counted, not_for, untested
from diapason.engines.measures.registry import calculation
from diapason.engines.measures.seen import Seen
from diapason.vocabulary.language import Text

__all__ = ["label_accuracy"]

_NONE = Text("there is no target column", "没有目标列")
_NUMBER = Text("the target is no class", "目标不是类别")


@calculation
def unlabelled_rows(seen: Seen) -> Measure:
    """Rows without a label, as the standard counts them; the fewer the better."""
    if not seen.target:
        return not_for(_NONE)
    said = Text("rows without a label", "无标签的行")
    return counted(seen.rows - seen.labelled, seen.rows, said, (seen.ground,))


@calculation
def proper_labels(seen: Seen) -> Measure:
    """Labels that are there and are of the contract's kind, range and texts."""
    column = next((c for c in seen.columns if c.name == seen.target), None)
    if column is None:
        return not_for(_NONE)
    bad = (column.outside or 0) + (column.impossible or 0) + column.infinite
    said = Text("labels that are there and as the contract says", "存在且符合合约的标签")
    return counted(seen.labelled - min(bad, seen.labelled), seen.rows, said, (seen.ground,))


@calculation
def label_accuracy(seen: Seen) -> Measure:
    """Labels that people found right, in a sample drawn with known chances."""
    if not seen.target:
        return not_for(_NONE)
    held = seen.audited
    if held is None or not held.right:
        way = f"diapason resonate {seen.name}; diapason audit {seen.name}; diapason audit {seen.name} --from SHEET.csv"
        return untested(Text("nobody has audited labels of this version", "无人核对过该版本的标签"), way)
    share, low, high = weighted(held.right, held.chance, held.size)
    good, looked = held.before
    size = held.size + looked
    value, low, high = ((good + x * held.size) / size for x in (share, low, high))
    said = Text(
        f"labels that people found right: {sum(held.right) + good} of {len(held.right) + looked} looked at, "
        f"weighted by their chance to be drawn among {held.size:,} rows",
        f"人工核对为正确的标签：核对 {len(held.right) + looked} 行，正确 {sum(held.right) + good} 行，"
        f"按其在 {held.size:,} 行中的抽中概率加权",
    )
    met, of = float(sum(held.right) + good), float(len(held.right) + looked)
    return Measure(State.SAMPLED, said, value, low, high, met, of, held.runs)


@calculation
def agreeing_labels(seen: Seen) -> Measure:
    """Rows whose label contradicts that of no row like it."""
    if not seen.target:
        return not_for(_NONE)
    said = Text("rows whose label contradicts no row like it", "标签与相同条件的行不矛盾的行")
    return without(seen, {"contradictory_labels"}, said, by_row=True)


@calculation
def label_proportion(seen: Seen) -> Measure:
    """Largest difference between the shares of two classes; the smaller the better."""
    shares = _shares(seen)
    if isinstance(shares, Measure):
        return shares
    said = Text("difference between the shares of the largest and smallest class", "最大与最小类别的占比之差")
    gap = float(shares.max() - shares.min())
    return Measure(State.COUNTED, said, gap, gap, gap, on=(seen.ground,))


@calculation
def label_distribution(seen: Seen) -> Measure:
    """How far the classes are from being alike in number: Jensen-Shannon divergence, base 2; the smaller the better."""
    p = _shares(seen)
    if isinstance(p, Measure):
        return p
    q = np.full(len(p), 1 / len(p))
    m = (p + q) / 2
    told = (float((x[x > 0] * np.log2(x[x > 0] / m[x > 0])).sum()) for x in (p, q))
    apart = sum(told) / 2
    said = Text("Jensen-Shannon divergence of the classes from even, base 2", "类别分布与均匀分布的JS散度（底为2）")
    return Measure(State.COUNTED, said, apart, apart, apart, on=(seen.ground,))


@calculation
def label_richness(seen: Seen) -> Measure:
    """Different classes among all labels."""
    shares = _shares(seen)
    if isinstance(shares, Measure):
        return shares
    return counted(
        len(shares), seen.labelled, Text("different classes among labels", "不同类别数与标签数之比"), (seen.ground,)
    )


@calculation
def label_abundance(seen: Seen) -> Measure:
    """Share of the rarest class."""
    shares = _shares(seen)
    if isinstance(shares, Measure) or seen.labels is None:
        return not_for(_NUMBER) if not isinstance(shares, Measure) else shares
    rarest = min(seen.labels, key=lambda name: seen.labels[name] if seen.labels else 0)
    said = Text(f"share of the rarest class, {rarest}", f"最少类别“{rarest}”的占比")
    return counted(seen.labels[rarest], seen.labelled, said, (seen.ground,))


@calculation
def small_classes(seen: Seen) -> Measure:
    """Classes with fewer rows than are asked for; the fewer the better."""
    shares = _shares(seen)
    if isinstance(shares, Measure) or seen.labels is None:
        return shares if isinstance(shares, Measure) else not_for(_NUMBER)
    if not seen.least:
        todo = f"diapason score {seen.name} --to needs.yaml"
        return untested(Text("it is not said how many rows a class must have", "未说明每类至少多少行"), todo)
    few = sum(n < seen.least for n in seen.labels.values())
    said = Text(f"classes with fewer than {seen.least} rows", f"少于 {seen.least} 行的类别")
    return counted(few, len(seen.labels), said, (seen.ground,))


def _shares(seen: Seen) -> NDArray[np.float64] | Measure:
    if not seen.target:
        return not_for(_NONE)
    if not seen.labels:
        return not_for(_NUMBER)
    counts = np.array(list(seen.labels.values()), np.float64)
    return np.asarray(counts / counts.sum())
