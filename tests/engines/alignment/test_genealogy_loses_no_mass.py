"""Shares add to one through any number of generations; what is unknown stays unknown; circles are refused."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.alignment.genealogy import Ancestry, Links, ancestry, inherit
from diapason.errors import DataError


def links(rows: list[tuple[str, str, float]], **how: Any) -> Links:
    """Parents, children, weights."""
    table = pl.DataFrame(rows, schema=["parent", "child", "weight"], orient="row")
    return Links(table, "parent", "child", **(how or {"mass": "weight"}))


def generation(rng: np.random.Generator, older: str, younger: str, count: int) -> list[tuple[str, str, float]]:
    """Each child of one to three parents."""
    rows = []
    for k in range(count):
        parents = rng.choice(count, size=int(rng.integers(1, 4)), replace=False)
        rows += [(f"{older}{p}", f"{younger}{k}", float(rng.uniform(0.1, 9))) for p in parents]
    return rows


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 500), count=st.integers(3, 12), levels=st.integers(1, 4))
def test_mass_shares_add_to_one(seed: int, count: int, levels: int) -> None:
    """In several tables in any order, and the same in one table."""
    rng = np.random.default_rng(seed)
    tables = [generation(rng, "abcde"[k], "abcde"[k + 1], count) for k in range(levels)]
    for k in range(levels - 1):  # every parent has parents of its own
        tables[k + 1] = [(p, c, w) for p, c, w in tables[k + 1] if p in {child for _, child, _ in tables[k]}]
    family = ancestry([links(t) for t in tables])
    assert np.asarray(family.shares.sum(axis=1)).ravel() == pytest.approx(1.0)
    assert family.shares.min() >= 0
    shuffled = ancestry([links(tables[k]) for k in rng.permutation(levels)])
    assert shuffled.descendants == family.descendants
    assert abs(shuffled.shares - family.shares).max() == 0
    whole = ancestry([links([row for t in tables for row in t])])
    at = [whole.descendants.index(d) for d in family.descendants]
    order = [whole.ancestors.index(a) for a in family.ancestors]
    assert whole.shares.toarray()[at][:, order] == pytest.approx(family.shares.toarray())


def test_numbers_are_weighted_by_mass_and_the_rest_is_of_the_greatest_share() -> None:
    """Three tonnes of one heat, one of another."""
    family = ancestry([links([("H1", "C1", 3.0), ("H2", "C1", 1.0)])])
    heats = pl.DataFrame({"heat": ["H1", "H2"], "carbon": [0.1, 0.2], "grade": ["S", "T"]})
    made = inherit(family, pl.Series(["C1", "C9"]), heats, "heat")
    assert made.table["carbon"].to_list() == [pytest.approx(0.125), None]
    assert made.table["grade"].to_list() == ["S", None]
    assert made.known.tolist() == [1.0, 0.0]
    assert (made.parents.tolist(), made.used) == ([2, 0], 2)


def test_what_is_missing_to_one_stays_unknown() -> None:
    """Shares that add to 0.6 are known to 0.6, and nothing is inherited below the least."""
    family = ancestry([links([("H1", "C1", 0.6), ("H1", "C2", 1.0)], share="weight")])
    made = inherit(family, pl.Series(["C1", "C2"]), pl.DataFrame({"heat": ["H1"], "carbon": [0.1]}), "heat")
    assert made.known == pytest.approx([0.6, 1.0])
    assert made.table["carbon"].to_list() == [None, 0.1]
    assert family.unequal == ("C1",)


def test_shares_of_the_parent_are_told_from_shares_of_the_child() -> None:
    """They add up per parent: they say where it went."""
    rows = [(f"H{h}", f"C{h}-{k}", 0.25) for h in range(8) for k in range(4)]
    assert ancestry([links(rows, share="weight")]).sides
    assert not ancestry([links([(p, c, 1.0) for p, c, _ in rows], share="weight")]).sides


def of_coil(family: Ancestry) -> dict[str, float]:
    """Ancestors of C1 with their shares."""
    shares = family.shares.toarray()[family.descendants.index("C1")]
    return {a: float(s) for a, s in zip(family.ancestors, shares, strict=True) if s > 0}


def test_what_is_known_of_counts_as_ancestor() -> None:
    """A table about slabs stops the way up at slabs; one about heats goes on."""
    chain = [links([("H1", "S1", 1.0), ("H2", "S2", 1.0)]), links([("S1", "C1", 1.0), ("S2", "C1", 3.0)])]
    assert of_coil(ancestry(chain)) == {"H1": 0.25, "H2": 0.75}
    assert of_coil(ancestry(chain, ["S1", "S2"])) == {"S1": 0.25, "S2": 0.75}
    whole = links([("H1", "S1", 1.0), ("S1", "C1", 1.0)])
    assert of_coil(ancestry([whole], ["S1"])) == {"S1": 1.0}
    assert of_coil(ancestry([whole], ["H1", "S1"])) == {"H1": 1.0}


@pytest.mark.parametrize(
    ("rows", "words"),
    [([("A", "B", 1.0), ("B", "A", 1.0)], "its own ancestor"), ([("A", "B", -1.0)], "negative")],
)
def test_what_cannot_be_is_refused(rows: list[tuple[str, str, float]], words: str) -> None:
    """A circle, a negative mass."""
    with pytest.raises(DataError, match=words):
        ancestry([links(rows)])
    with pytest.raises(DataError, match="no links"):
        ancestry([])


def test_a_pair_given_twice_is_named() -> None:
    """Its masses are added."""
    family = ancestry([links([("A", "C", 1.0), ("A", "C", 1.0), ("B", "C", 2.0)])])
    assert family.conflicting == ("C",)
    assert family.shares.toarray().ravel() == pytest.approx([0.5, 0.5])
