"""The share of good cells or rows per dimension, with its doubt, and a profile per column."""

from collections.abc import Mapping, Sequence

import numpy as np

from diapason.engines.quality.place import Place
from diapason.engines.quality.report import ColumnProfile
from diapason.engines.quality.survey import Survey
from diapason.engines.quality.tails import wilson
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.findings import Finding

__all__ = ["DIMENSIONS", "profile", "scores"]

DIMENSIONS: Mapping[str, frozenset[str]] = {
    "completeness": frozenset({"missing", "missing_code", "missing_word", "missing_blank", "value_for_missing"}),
    "uniqueness": frozenset({"duplicate_rows", "duplicate_keys"}),
    "validity": frozenset(
        {"not_a_number", "not_finite", "odd_format", "mixed_format", "range", "category_variant", "category_typo"}
    ),
    "accuracy": frozenset(
        {
            "unit_cells", "unit_shift", "spike", "outlier", "wrong_value", "pair_disagrees", "stuck", "saturation",
            "drift", "level_shift", "swapped_columns", "swapped_digits",
        }
    ),
    "consistency": frozenset(
        {"dependency_break", "contradictory_labels", "label_without_cause", "cause_without_label"}
    ),
    "timeliness": frozenset({"clock_backwards", "clock_repeated", "clock_gap", "clock_missing"}),
}  # fmt: skip
"""Which findings take from which dimension; the others are about a column, not about cells.

Source: GB/T 36344-2018, indicators of data quality, without accessibility.
"""
BY_ROW = frozenset({"uniqueness", "timeliness"})


def scores(findings: Sequence[Finding], rows: int, columns: int) -> dict[str, Estimate]:
    """Per dimension, 1 minus the share of cells (of rows for uniqueness and timeliness) that findings take.

    The value weighs each finding with how sure it is. The interval runs from Wilson's lower bound when every finding is
    right to its upper bound when only those are that are at least 95 % sure.
    """
    out = {}
    for name, kinds in DIMENSIONS.items():
        mine = [f for f in findings if f.kind in kinds]
        of = rows if name in BY_ROW else rows * max(columns, 1)
        width = {id(f): 1 if name in BY_ROW else max(len(f.where.columns), 1) for f in mine}
        taken = [min(f.where.count * width[id(f)], of) for f in mine]
        likely = sum(t * f.sure for t, f in zip(taken, mine, strict=True))
        certain = sum(t for t, f in zip(taken, mine, strict=True) if f.sure >= 0.95)
        if not of:
            continue
        value = 1 - min(likely / of, 1.0)
        low, high = wilson(of - min(sum(taken), of), of)[0], wilson(of - min(certain, of), of)[1]
        out[name] = Estimate(value, min(low, value), max(high, value), n=of)
    return out


def profile(survey: Survey, place: Place) -> tuple[ColumnProfile, ...]:
    """One line per column, in the order numbers, words."""
    layout = place.layout
    lines = [_number(j, survey, place) for j in range(len(layout.numbers))]
    for i, name in enumerate(layout.words):
        table = survey.words.counts[i].sort("count", descending=True).head(5)
        lines.append(
            ColumnProfile(
                name=name,
                kind=layout.kinds[name],
                role=layout.roles[name].value,
                unit="",
                rows=survey.rows,
                missing=int(survey.words.missing[i] + survey.words.blank[i]),
                distinct=survey.words.counts[i].height << int(survey.words.thinned[i]),
                top=tuple((str(v), int(c)) for v, c in table.select("value", "count").iter_rows()),
            )
        )
    order = {name: i for i, name in enumerate(layout.roles)}
    return tuple(sorted(lines, key=lambda line: order[line.name]))


def _number(j: int, survey: Survey, place: Place) -> ColumnProfile:
    layout, normal = place.layout, place.normal
    x = normal.masked(place.part.X)[j]
    x = x[np.isfinite(x)]
    q = np.quantile(x, [0.05, 0.5, 0.95]) if x.size else [np.nan] * 3
    low, high = survey.census.range(j)
    seen = survey.rows - int(survey.census.missing[j] + survey.census.infinite[j] + survey.census.unread[j])
    explained = np.nan
    if normal.relation is not None and j in normal.relation.among:
        explained = float(normal.relation.explained[int(np.flatnonzero(normal.relation.among == j)[0])])
    name = layout.numbers[j]
    return ColumnProfile(
        name=name,
        kind=layout.kinds[name],
        role=layout.roles[name].value,
        unit=layout.units[j],
        rows=survey.rows,
        missing=survey.rows - seen,
        distinct=int(normal.distinct[j]),
        low=_known(low),
        q05=_known(q[0]),
        median=_known(q[1]),
        q95=_known(q[2]),
        high=_known(high),
        mean=_known(float(survey.census.total[j]) / seen if seen else np.nan),
        resolution=_known(normal.resolution[j]),
        smooth=_known(normal.smooth[j]),
        explained=_known(explained),
    )


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
