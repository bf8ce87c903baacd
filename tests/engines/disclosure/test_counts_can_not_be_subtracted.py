"""No group below k can be had from what is told: by itself, by sums and differences, or with what was told before."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.disclosure.auditing import holds
from diapason.engines.disclosure.groups import Group, Rules, dominated, objection
from diapason.engines.disclosure.noise import noisy
from diapason.engines.disclosure.publishing import publish
from diapason.engines.disclosure.rounding import to_base, to_digits, usual_range

K = 5
RULES = Rules(k=K)


def told_rows(groups, shown):
    return [g.rows for g, s in zip(groups, shown, strict=True) if s.count is not None]


def recoverable(sets, k):
    """Unions of parts of fewer than k rows whose count follows by linear algebra: written apart from the engine."""
    if not sets:
        return []
    rows = sorted({int(r) for s in sets for r in s})
    pattern = {}
    for row in rows:
        pattern.setdefault(tuple(row in set(map(int, s)) for s in sets), []).append(row)
    known, count = np.array(list(pattern), float).T, np.array([len(v) for v in pattern.values()])
    found = []
    small = np.flatnonzero(count < k)
    for chosen in product((0, 1), repeat=min(len(small), 10)):
        region = np.zeros(len(count))
        region[small[: len(chosen)]] = chosen
        if not 0 < region @ count < k:
            continue
        weights = np.linalg.lstsq(known.T, region, rcond=None)[0]
        if np.allclose(weights @ known, region, atol=1e-7):
            found.append(int(region @ count))
    return found


def table(counts):
    """Rows, columns and total of a two-way table, with its inner cells."""
    counts = np.asarray(counts)
    number = np.arange(counts.sum())
    cell = np.repeat(np.arange(counts.size), counts.ravel())
    down, across = np.divmod(cell, counts.shape[1])
    groups = [Group("all", number)]
    groups += [Group(f"r{i}", number[down == i]) for i in range(counts.shape[0])]
    groups += [Group(f"c{j}", number[across == j]) for j in range(counts.shape[1])]
    groups += [Group(f"{i}.{j}", number[(down == i) & (across == j)]) for i, j in np.ndindex(counts.shape)]
    return groups, cell


tables = st.lists(st.lists(st.integers(0, 25), min_size=2, max_size=3), min_size=2, max_size=3).filter(
    lambda t: len({len(r) for r in t}) == 1
)


@settings(max_examples=25, deadline=None)
@given(tables)
def test_no_small_cell_follows_from_what_a_table_tells(counts):
    groups, _ = table(counts)
    told = told_rows(groups, publish(groups, [], RULES))
    assert all(len(rows) >= K for rows in told)
    assert recoverable(told, K) == []
    assert holds(told, [], K)


@settings(max_examples=20, deadline=None)
@given(tables, st.sets(st.integers(0, 200), max_size=12), st.integers(0, 12))
def test_nor_together_with_what_was_told_before_some_rows_went_and_came(counts, gone, come):
    """A release, then another about the table without some rows and with new ones."""
    groups, cell = table(counts)
    first = told_rows(groups, publish(groups, [], RULES))
    keep = np.array([i for i in range(len(cell)) if i not in gone], dtype=np.int64)
    new = np.arange(len(cell), len(cell) + come)
    later = [Group(g.name, np.concatenate([np.intersect1d(g.rows, keep), new[: come if i == 0 else 0]]))
             for i, g in enumerate(groups)]  # fmt: skip
    second = told_rows(later, publish(later, first, RULES))
    assert recoverable([*first, *second], K) == []


def test_a_slice_made_to_isolate_one_row_is_withheld():
    rows = np.arange(500)
    shown = publish([Group("all", rows), Group("all but one", rows[1:]), Group("one", rows[:1])], [], RULES)
    assert [s.why for s in shown] == ["", "near", "small"]


def test_three_slices_whose_sum_isolates_one_row_are_not_told_together():
    """A and B overlap in one row and cover all: |A| + |B| - |all| is one; no two of the three are near each other."""
    rows = np.arange(201)
    groups = [Group("all", rows), Group("A", rows[:101]), Group("B", rows[100:])]
    shown = publish(groups, [], RULES)
    assert [s.why for s in shown].count("derivable") == 1
    assert recoverable([g.rows for g in groups], K) == [1]
    assert recoverable(told_rows(groups, shown), K) == []


def test_two_releases_that_differ_by_one_row_give_one_count():
    rows = np.arange(300)
    assert publish([Group("all", rows[:299])], [rows], RULES)[0].why == "near"
    assert publish([Group("all", rows)], [rows], RULES)[0].count == 300
    assert publish([Group("all", np.arange(310))], [rows], RULES)[0].count == 310


def test_a_group_of_one_asset_is_dominated_and_stays_open():
    """And nobody gets it by subtraction from a total: its part can be larger or smaller by k at least."""
    rows = np.arange(100)
    by_asset = np.array([50.0, 30.0, 20.0])
    groups = [
        Group("all", rows, by_asset),
        Group("left", rows[:40], np.array([39.0, 1.0, 0.0])),
        Group("right", rows[40:], np.array([11.0, 29.0, 20.0])),
    ]
    shown = {s.name: s.why for s in publish(groups, [], RULES)}
    assert shown == {"all": "", "left": "dominated", "right": "derivable"}


@pytest.mark.parametrize(
    ("given", "rules", "expected"),
    [
        ([9, 1], Rules(share=0.85), True),
        ([8, 2, 2], Rules(share=0.85, p=0.1), False),
        ([50, 49, 1], Rules(share=0.9, p=0.1), True),  # the second estimates the first to within 1
        ([50, 30, 20], Rules(top=2, share=0.75), True),
        ([], Rules(), False),
    ],
)
def test_dominance_by_both_rules(given, rules, expected):
    assert dominated(given, rules) is expected


def test_fewer_than_k_is_small():
    assert objection(Group("a", np.arange(4)), RULES) == "small"
    assert objection(Group("a", np.arange(5)), RULES) == ""


@given(st.integers(0, 10**6), st.integers(1, 50))
def test_rounding_is_to_the_base_and_near(count, base):
    assert to_base(count, base) % base == 0
    assert abs(to_base(count, base) - count) <= base / 2


@given(st.lists(st.floats(-1e6, 1e6), min_size=0, max_size=300))
def test_a_range_never_stands_on_fewer_than_k_rows(values):
    """At least k rows lie at or beyond each end before rounding; a short column has no range."""
    told = usual_range(values, 10, 4)
    if len(values) < 40:
        assert told is None
        return
    ordered = np.sort(values)
    spread = ordered[-11] - ordered[10]
    assert told[0] >= ordered[10] - 1e-3 * max(spread, abs(ordered[10]), 1e-9) - 1e-9
    assert told[2] <= ordered[-11] + 1e-3 * max(spread, abs(ordered[-11]), 1e-9) + 1e-9


def test_digits_follow_the_spread():
    assert to_digits(12.3456, 2, scale=0.5) == 12.35
    assert to_digits(float("nan"), 2) is None
    assert to_digits(0.0, 2) == 0.0


def test_noise_is_the_same_for_the_same_secret_and_as_large_as_it_says():
    """Two-sided geometric: variance 2 a / (1 - a)^2 with a = exp(-epsilon)."""
    counts, epsilon = [1000] * 4000, 0.5
    drawn = np.array(noisy(counts, epsilon, b"secret" * 6)) - 1000
    assert tuple(drawn + 1000) == noisy(counts, epsilon, b"secret" * 6)
    assert tuple(drawn + 1000) != noisy(counts, epsilon, b"other!" * 6)
    a = np.exp(-epsilon)
    assert abs(drawn.mean()) < 0.25
    assert drawn.var() == pytest.approx(2 * a / (1 - a) ** 2, rel=0.12)
