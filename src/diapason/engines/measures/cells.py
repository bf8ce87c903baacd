"""Measures of cells and rows: accuracy, completeness, consistency, form."""

from collections.abc import Collection
from dataclasses import replace

from diapason.engines.measures.intervals import wilson
from diapason.engines.measures.measure import Measure, counted, estimated, not_for, untested
from diapason.engines.measures.registry import calculation
from diapason.engines.measures.seen import Fault, Seen
from diapason.vocabulary.language import Text

__all__ = ["without"]

SURE = 0.95
"""How sure a finding must be to be counted in the better end of an interval too."""
OF_ONE_PASS = frozenset({"missing", "not_finite", "range", "spike", "stuck", "saturation"})
_WRONG = frozenset({
    "unit_cells", "unit_shift", "spike", "outlier", "wrong_value", "pair_disagrees", "stuck", "saturation", "drift",
    "level_shift", "swapped_columns", "swapped_digits",
})  # fmt: skip
_FORM = frozenset({"odd_format", "mixed_format", "category_variant", "category_typo", "not_a_number"})
_DISAGREE = frozenset({"dependency_break", "contradictory_labels", "pair_disagrees", "swapped_columns"})


def without(seen: Seen, kinds: Collection[str], said: Text, *, by_row: bool = False, among: int = 0) -> Measure:
    """Share of cells (or rows) in which no fault of these kinds was found.

    The value weighs each finding with how sure it is; the interval runs from all of them being right to only those
    being right that are at least 95 % sure, widened by Wilson's.
    """
    held = seen.assessed
    if held is None or not (held.full or set(kinds) <= OF_ONE_PASS):
        return untested(Text("this version was not assessed", "该版本未评估"), f"diapason assess {seen.name}")
    of = among or (held.rows if by_row else held.rows * max(held.columns, 1))
    mine = [f for f in held.faults if f.kind in kinds]
    taken = [min(_cells(f, by_row=by_row), of) for f in mine]
    likely = sum(t * f.sure for t, f in zip(taken, mine, strict=True))
    certain = sum(t for t, f in zip(taken, mine, strict=True) if f.sure >= SURE)
    if not of:
        return not_for(Text("there are no rows", "没有行"))
    value = 1 - min(likely / of, 1.0)
    low, high = wilson(of - min(sum(taken), of), of)[1], wilson(of - min(certain, of), of)[2]
    return estimated((value, min(low, value), max(high, value)), of, said, (held.run,))


def _cells(fault: Fault, *, by_row: bool) -> int:
    return fault.count if by_row else fault.count * max(len(fault.columns), 1)


@calculation
def valid_cells(seen: Seen) -> Measure:
    """Cells that are of the contract's kind, range and texts, among those that a rule speaks of."""
    of = sum(c.rows - (c.missing or 0) for c in seen.used if c.missing is not None)
    bad = sum(c.infinite + (c.outside or 0) + (c.impossible or 0) for c in seen.used)
    said = Text(
        "cells of the contract's kind, range and texts; refused rows count as bad",
        "符合合约类型、范围与取值的单元格；被拒收的行计为不合格",
    )
    refused = seen.rejected * max(len(seen.used), 1)
    return counted(of - bad, of + refused, said, (seen.ground,))


@calculation
def right_cells(seen: Seen) -> Measure:
    """Cells that no finding calls wrong."""
    return without(seen, _WRONG, Text("cells that no finding calls wrong", "未被任何发现判为错误的单元格"))


@calculation
def right_cells_of_one_pass(seen: Seen) -> Measure:
    """Cells that are no spike and not stuck."""
    kinds = {"spike", "stuck", "not_finite"}
    return without(seen, kinds, Text("cells that are neither spikes nor stuck", "既非尖峰也非卡死的单元格"))


@calculation
def looked_at(seen: Seen) -> Measure:
    """Columns whose accuracy was looked at at all."""
    held = seen.assessed
    if held is None or not held.full:
        return untested(Text("this version was not assessed", "该版本未评估"), f"diapason assess {seen.name}")
    mine = [c for c in seen.used if c.kind != "time"]
    said = Text("columns whose accuracy was examined", "准确性已检查的列")
    return counted(min(held.columns, len(mine)), len(mine), said, (held.run,))


@calculation
def outliers(seen: Seen) -> Measure:
    """Cells that are outliers or spikes, the fewer the better."""
    good = without(seen, {"outlier", "spike"}, Text("cells that are outliers or spikes", "离群值或尖峰单元格"))
    if not good.known:
        return good
    low, high = 1 - float(good.high or 0.0), 1 - float(good.low or 0.0)
    return estimated((1 - float(good.value or 0.0), low, high), float(good.of or 0), good.said, good.on)


@calculation
def modelled_columns(seen: Seen) -> Measure:
    """Columns that are stored as the contract says."""
    good = [c for c in seen.columns if c.missing is not None or c.kind == "time"]
    said = Text("columns stored as the contract says", "按合约类型存储的列")
    return counted(len(good), len(seen.columns), said, (seen.ground,))


@calculation
def in_range(seen: Seen) -> Measure:
    """Numbers inside of the range that the contract gives."""
    ranged = [c for c in seen.used if c.ranged and c.outside is not None]
    if not ranged:
        return untested(
            Text("no column has a possible range", "没有列给出取值范围"), f"diapason contract {seen.name} --propose"
        )
    of = sum(c.rows - (c.missing or 0) for c in ranged)
    bad = sum((c.outside or 0) + c.infinite for c in ranged)
    return counted(of - bad, of, Text("numbers inside of the contract's range", "处于合约范围内的数值"), (seen.ground,))


@calculation
def ruled_cells(seen: Seen) -> Measure:
    """Cells that keep the rules of the contract: ranges and lists of texts."""
    ruled = [c for c in seen.used if (c.ranged and c.outside is not None) or (c.listed and c.impossible is not None)]
    if not ruled:
        return untested(
            Text("the contract has no rule on values", "合约没有取值规则"), f"diapason contract {seen.name} --propose"
        )
    of = sum(c.rows - (c.missing or 0) for c in ruled)
    bad = sum((c.outside or 0) + (c.impossible or 0) for c in ruled)
    return counted(of - bad, of, Text("cells that keep the contract's rules", "符合合约规则的单元格"), (seen.ground,))


@calculation
def reference_cells(seen: Seen) -> Measure:
    """Texts that are on the list of the contract."""
    listed = [c for c in seen.used if c.listed and c.impossible is not None]
    if not listed:
        return untested(
            Text("no column has a list of possible texts", "没有列给出允许值清单"),
            f"diapason contract {seen.name} --propose",
        )
    of = sum(c.rows - (c.missing or 0) for c in listed)
    good = of - sum(c.impossible or 0 for c in listed)
    return counted(good, of, Text("texts that are on the contract's list", "在合约清单内的文本"), (seen.ground,))


@calculation
def filled_cells(seen: Seen) -> Measure:
    """Cells that hold a value, in all columns that are not set aside."""
    mine = [c for c in seen.used if c.missing is not None]
    of = sum(c.rows for c in mine)
    good = of - sum(c.missing or 0 for c in mine)
    return counted(good, of, Text("required cells that hold a value", "有值的必填单元格"), (seen.ground,))


@calculation
def filled_columns(seen: Seen) -> Measure:
    """Columns with no more missing cells than are accepted; without a rule, with none."""
    mine = [c for c in seen.used if c.missing is not None]
    good = [c for c in mine if (c.missing or 0) <= (c.accepted or 0.0) * c.rows]
    said = Text("columns with no more missing cells than accepted", "缺失不超过可接受比例的列")
    return counted(len(good), len(mine), said, (seen.ground,))


@calculation
def filled_records(seen: Seen) -> Measure:
    """Rows in which every required cell holds a value."""
    return counted(seen.complete, seen.rows, Text("rows without a missing cell", "无缺失单元格的行"), (seen.ground,))


@calculation
def expected_readings(seen: Seen) -> Measure:
    """Readings that are there among those that the clock would lead one to expect."""
    if seen.clock is None or not seen.clock.steps:
        return not_for(Text("there is no time column", "没有时间列"))
    said = Text("readings there among those expected by the usual step", "按常用间隔应有读数中的实有读数")
    return counted(seen.rows, seen.rows + seen.clock.lost, said, (seen.ground,))


@calculation
def duplicates(seen: Seen) -> Measure:
    """Rows that repeat another, the fewer the better."""
    good = unique_records(seen)
    if not good.known:
        return good
    said = Text("rows that repeat another", "重复的行") if seen.keys is None else good.said
    ends = [1 - float(x or 0.0) for x in (good.value, good.high, good.low)]
    of = float(good.of or 0)
    return replace(good, said=said, value=ends[0], low=ends[1], high=ends[2], met=ends[0] * of)


@calculation
def unique_records(seen: Seen) -> Measure:
    """Rows that repeat no other: by the key of the contract where it names one, else whole rows."""
    if seen.keys is not None:
        return unique_keys(seen)
    said = Text("rows that repeat no other", "不重复的行")
    return without(seen, {"duplicate_rows", "duplicate_keys"}, said, by_row=True)


@calculation
def unique_keys(seen: Seen) -> Measure:
    """Rows whose key no row before them has; one whose key is missing may be any."""
    held = seen.keys
    if held is None:
        said = Text("the contract names no key", "合约未指明主键")
        return untested(said, f"contracts/{seen.name}.yaml: key")
    if not held.rows:
        return not_for(Text("there are no rows", "没有行"))
    key = ", ".join(held.columns)
    said = Text(f"rows whose key ({key}) comes once", f"键（{key}）不重复的行")
    if held.exact and not held.missing:
        return counted(held.rows - held.repeated[0], held.rows, said, (seen.ground,))
    value, low, high = (1 - x / held.rows for x in held.repeated)
    ends = (max(0.0, value), max(0.0, high - held.missing / held.rows), min(1.0, low))
    return estimated(ends, held.rows, said, (seen.ground,))


@calculation
def one_form(seen: Seen) -> Measure:
    """Cells written in the form of their column."""
    return without(seen, _FORM, Text("cells written in the form of their column", "与所在列书写形式一致的单元格"))


@calculation
def agreeing_cells(seen: Seen) -> Measure:
    """Cells that agree with what other columns of their row say."""
    return without(seen, _DISAGREE, Text("cells that agree with other columns", "与其他列相符的单元格"))


@calculation
def dirty_cells(seen: Seen) -> Measure:
    """Cells that are wrong or in an odd form, the fewer the better."""
    good = without(seen, _WRONG | _FORM, Text("cells that are wrong or in an odd form", "错误或形式异常的单元格"))
    if not good.known:
        return good
    ends = (1 - float(good.value or 0.0), 1 - float(good.high or 0.0), 1 - float(good.low or 0.0))
    return estimated(ends, float(good.of or 0), good.said, good.on)


@calculation
def ordered_times(seen: Seen) -> Measure:
    """Steps of time that neither go back nor stand still."""
    if seen.clock is None or not seen.clock.steps:
        return not_for(Text("there is no time column", "没有时间列"))
    bad = seen.clock.backwards + seen.clock.repeated
    said = Text("steps of time that go forward", "时间向前推进的相邻行")
    return counted(seen.clock.steps - bad, seen.clock.steps, said, (seen.ground,))


@calculation
def precise_columns(seen: Seen) -> Measure:
    """Numbers that are stored as finely as is asked for."""
    asked = [c for c in seen.numbers if c.required is not None]
    if not asked:
        return untested(
            Text("no resolution is asked for", "未要求分辨力"), f"diapason score {seen.name} --to needs.yaml"
        )
    known = [c for c in asked if c.resolution is None or c.resolution <= float(c.required or 0.0) * (1 + 1e-9)]
    said = Text("columns as finely stored as asked for", "存储精度满足要求的列")
    return counted(len(known), len(asked), said, (seen.ground,))
