"""Suspicious cells explained: a code, a change of unit, exchanged columns or digits, a spike, or a wrong value."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.digits import exchanged_digits
from diapason.engines.quality.events import lasting, scattered
from diapason.engines.quality.place import Place
from diapason.engines.quality.report import harm
from diapason.engines.quality.search import NEIGHBOURS, RANGE, RELATION, Cells, Search
from diapason.engines.quality.swaps import PLAIN
from diapason.engines.quality.tails import counted_sure
from diapason.engines.quality.thresholds import Thresholds
from diapason.engines.quality.units import explain
from diapason.vocabulary.findings import Finding, Where

__all__ = ["explained", "out_of_range", "unexplained", "without"]

FALSE = 0.05
"""Share of the rows named as exchanged that may be wrong."""
OWN = 0.8
"""How much of a group just beyond the limit a natural tail must not explain for the group to be one of its own."""


def out_of_range(search: Search, place: Place) -> Iterator[Finding]:
    """Values that cannot be, by the contract or by their unit."""
    for j, name in enumerate(place.layout.numbers):
        found = search.found("beyond", j)
        if found.count:
            low, high = place.normal.possible[j]
            where = Where((name,), tuple(int(r) for r in found.rows), found.count, place.rows)
            facts: dict[str, float | str] = {
                "low": f"{low:.6g}" if np.isfinite(low) else "−∞",
                "high": f"{high:.6g}" if np.isfinite(high) else "∞",
                "worst": found.worst[1],
            }
            yield Finding("range", where, 0.99, harm(found.count, place.rows), facts)


def explained(cells: Cells, search: Search, place: Place, limits: Thresholds) -> tuple[list[Finding], Cells]:
    """Findings for the cells that have an explanation, and the cells that have none."""
    findings, rest = _swapped(cells, place, limits)
    left = []
    for j in range(len(place.layout.numbers)):
        mine = rest[rest["column"] == j]
        if mine.size:
            more, unsaid = _column(j, mine, search, place, limits)
            findings += more
            left.append(unsaid)
    unsaid = np.concatenate(left) if left else rest[:0]
    names = np.array(place.layout.numbers, dtype=object)
    for f in findings:
        stead = np.isin(names[unsaid["rival"]], f.where.columns) & (unsaid["rival"] >= 0)
        named = np.isin(unsaid["row"], f.where.rows)
        if f.kind == "unit_shift":  # of one asset, from the first row to the last
            named |= (unsaid["row"] >= min(f.where.rows)) & (unsaid["row"] <= max(f.where.rows))
        unsaid = unsaid[~(stead & named)]
    return findings, unsaid


def without(cells: Cells, column: int, asset: int, rows: tuple[int, int]) -> Cells:
    """The cells that are neither of a column between two rows of an asset, nor blamed in its stead there."""
    inside = (cells["row"] >= rows[0]) & (cells["row"] <= rows[1]) & (cells["asset"] == asset)
    left: Cells = cells[~(inside & ((cells["column"] == column) | (cells["rival"] == column)))]
    return left


def _column(j: int, cells: Cells, search: Search, place: Place, limits: Thresholds) -> tuple[list[Finding], Cells]:
    """One column's cells: one value for many, then changes of unit."""
    findings: list[Finding] = []
    left = np.ones(cells.size, dtype=bool)
    same = _one_value(cells)
    if same.sum() >= max(limits.code_count, 0.5 * cells.size) and not _brief(cells[same], place, limits):
        left &= ~same
        value, expected = float(cells["value"][same][0]), float(np.median(cells["expected"][same]))
        facts: dict[str, float | str] = {"code": f"{value:g}", "expected": expected}
        findings.append(
            Finding("value_for_missing", place.cells((j,), cells[same]), _sure(same.sum(), 0.3), "look", facts)
        )
    for _ in range(3):
        part = np.flatnonzero(left)
        if part.size < limits.unit_cells:
            break
        some = cells[part]
        found = explain(some["value"], some["expected"], some["width"], place.layout.units[j], limits)
        if found is None:
            break
        change, hit, sure = found
        if _brief(cells[part[hit]], place, limits) or _natural(j, cells[part[hit]], search, limits):
            break
        left[part[hit]] = False
        findings.append(_unit(j, cells[part[hit]], change.name, sure, place, limits))
    part = np.flatnonzero(left)
    resolution = float(place.normal.resolution[j])
    some = cells[part]
    turned = exchanged_digits(some["value"], some["expected"], some["width"], resolution)
    if turned.any() and not _brief(cells[part[turned]], place, limits):
        left[part[turned]] = False
        group = cells[part[turned]]
        facts = {"value": float(group["value"][0]), "expected": float(group["expected"][0])}
        findings.append(Finding("swapped_digits", place.cells((j,), group), _sure(group.size, 0.5), "look", facts))
    return findings, cells[left]


def unexplained(cells: Cells, search: Search, place: Place, limits: Thresholds) -> Iterator[Finding]:
    """Cells that nothing explains, by what objects to them, where a natural tail does not."""
    if place.normal.ordered:
        cells = cells[~lasting(cells, place.normal.pace)]
        cells = cells[scattered(cells, place.normal.pace, place.rows)]
    for j in range(len(place.layout.numbers)):
        mine = cells[cells["column"] == j]
        if mine.size:
            yield from _others(j, mine, search, place, limits)


def _natural(j: int, group: Cells, search: Search, limits: Thresholds) -> bool:
    """Whether cells just beyond the limit are as many as the tail of the others lets expect."""
    above, near = search.bands[:, j, :2].sum(axis=0)
    sure = counted_sure(int(above), int(near), group.size, limits.decline)
    return bool(np.median(group["size"]) < limits.range_size and sure < OWN)


def _one_value(cells: Cells) -> NDArray[np.bool_]:
    values, counts = np.unique(cells["value"], return_counts=True)
    return np.asarray(cells["value"] == values[counts.argmax()])


def _unit(j: int, group: Cells, change: str, sure: float, place: Place, limits: Thresholds) -> Finding:
    """Cells of one change of unit: a window where most rows between the first and the last are meant."""
    facts: dict[str, float | str] = {
        "change": change,
        "value": float(group["value"][0]),
        "expected": float(group["expected"][0]),
    }
    span = (group["row"].max() - group["row"].min()) / place.normal.pace + 1
    one = np.unique(group["asset"]).size == 1
    kind = "unit_shift" if one and group.size >= limits.window_rows and group.size > 0.6 * span else "unit_cells"
    return Finding(kind, place.cells((j,), group), sure, harm(group.size / place.share, place.rows), facts)


def _others(j: int, cells: Cells, search: Search, place: Place, limits: Thresholds) -> Iterator[Finding]:
    """Cells that no change of unit explains, by what objects to them."""
    kinds = {RELATION: "wrong_value", NEIGHBOURS: "spike", RANGE: "outlier"}
    for source, kind in kinds.items():
        group = cells[cells["source"] == source]
        if not group.size:
            continue
        above, near, _ = search.bands[source, j]
        sure = counted_sure(int(above), int(near), group.size, limits.decline) * group.size / (group.size + 0.3)
        if group.size == 1:
            group = group[group["size"] > limits.single]
        if source == RANGE and (group.size < 3 or sure < 0.8):
            group = group[group["size"] > limits.range_size]
        if sure < limits.valley or not group.size:
            continue
        worst = group[group["size"].argmax()]
        facts: dict[str, float | str] = {
            "value": float(worst["value"]),
            "expected": float(worst["expected"]),
            "times": float(np.median(group["size"])),
        }
        rival = _rival(group)
        if source == RELATION and rival >= 0:
            facts["either"] = place.layout.numbers[rival]
            yield Finding("pair_disagrees", place.cells((j, rival), group), sure, "look", facts)
        else:
            yield Finding(kind, place.cells((j,), group), sure, "look", facts)


def _rival(group: Cells) -> int:
    """The column that may as well be wrong in most of the cells, -1 for none."""
    values, counts = np.unique(group["rival"], return_counts=True)
    return int(values[counts.argmax()]) if counts.max() > 0.5 * group.size else -1


def _swapped(cells: Cells, place: Place, limits: Thresholds) -> tuple[list[Finding], Cells]:
    """Pairs of columns whose exchange explains several rows; cells of these rows are then explained.

    Rows in which the exchange is plain make the pair; less plain ones of the same pair are told with them.
    """
    told = cells[cells["partner"] >= 0]
    rest = cells[cells["partner"] < 0]
    plain = told[told["size"] >= PLAIN]
    low, high = np.minimum(plain["column"], plain["partner"]), np.maximum(plain["column"], plain["partner"])
    findings = []
    pairs, counts = np.unique(np.column_stack((low, high)), axis=0, return_counts=True)
    for i, j in pairs.tolist():
        members = plain[(low == i) & (high == j)]
        rivals = counts[((pairs == i).any(axis=1) | (pairs == j).any(axis=1)) & ~(pairs == (i, j)).all(axis=1)] // 2
        others = rest[~np.isin(rest["column"], (i, j))]
        members = members[~_beside(members, others, place)] if place.normal.ordered else members
        count = members.size // 2
        least = max(3, 0.1 * int(place.normal.judged.sum())) + 3 * rivals.max(initial=0)
        if count < least or _one_episode(members, place):
            continue
        gone = np.isin(rest["row"], members["row"]) & np.isin(rest["column"], (i, j))
        one = place.normal.ordered and bool(lasting(members, place.normal.pace).mean() > 0.5)
        if gone.sum() >= (limits.both if one else limits.either) * members.size:
            pair = told[np.isin(told["column"], (i, j)) & np.isin(told["partner"], (i, j))]
            members = pair[_likely(pair["size"], round(place.rows * place.share))]
            rest = rest[~(np.isin(rest["row"], members["row"]) & np.isin(rest["column"], (i, j)))]
            where = replace(place.cells((i, j), members), count=round(members.size / 2 / place.share))
            sure = _sure(count, 0.3)
            findings.append(Finding("swapped_columns", where, sure, harm(where.count, place.rows)))
    return findings, rest


def _likely(fall: NDArray[np.float64], rows: int) -> NDArray[np.bool_]:
    """Which rows to name as exchanged, so that no more than `FALSE` of them are expected to be named wrongly.

    Args:
        fall: twice the log of how much more likely each row is with the exchange; each row stands there twice.
        rows: rows that were looked at.

    Source: local false discovery rates; Newton et al., Biostatistics 5 (2004).
    """
    share = 0.01
    for _ in range(20):
        chance = 1 / (1 + (1 - share) / share * np.exp(-np.minimum(fall, 200.0) / 2))
        share = float(np.clip(chance.sum() / 2 / rows, 1e-6, 0.5))
    order = np.argsort(-chance, kind="stable")
    wrong = np.cumsum(1 - chance[order]) / np.arange(1, fall.size + 1)
    out = np.zeros(fall.size, dtype=bool)
    out[order[wrong <= FALSE]] = True
    return out


def _beside(cells: Cells, others: Cells, place: Place) -> NDArray[np.bool_]:
    """Cells near which other columns are suspicious too: the process did something."""
    near = np.sort(others["row"])
    reach = round(10 * place.normal.pace)
    if near.size * 20 > 0.3 * place.rows:
        return np.zeros(cells.size, dtype=bool)
    low, high = np.searchsorted(near, cells["row"] - reach), np.searchsorted(near, cells["row"] + reach, side="right")
    return np.asarray(high > low)


def _brief(cells: Cells, place: Place, limits: Thresholds) -> bool:
    """Whether it is one short episode."""
    return cells.size < limits.window_rows and _one_episode(cells, place)


def _one_episode(cells: Cells, place: Place) -> bool:
    """Whether all lies in one or two short stretches of an ordered table: the process did something."""
    return place.normal.ordered and np.unique(cells["row"] // round(50 * place.normal.pace)).size < 3


def _sure(count: float, chance: float) -> float:
    return float(min(0.99, 1 - chance / max(count, 1)))
