"""Keys: equal ones meet whatever their type, empty ones never, near ones are named, repeated ones are counted."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.alignment.keys import by_key, key_texts, near_misses, repeats
from diapason.engines.alignment.matching import coverage

KEYS = st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "c", "d", "e f"])), max_size=20)


@settings(deadline=None, max_examples=60)
@given(left=KEYS, other=KEYS)
def test_every_left_row_stays_once_and_counts_add_up(left: list[str | None], other: list[str | None]) -> None:
    """Its match has the same key and is the first with it; an empty key matches nothing."""
    here, there = (pl.DataFrame({"k": keys}, schema={"k": pl.String}) for keys in (left, other))
    match = by_key(here, there, [("k", "k")])
    counted = coverage(match)
    assert match.left.tolist() == list(range(len(left)))
    assert counted.left == counted.matched + counted.unmatched
    assert counted.other == counted.used + counted.unused
    for key, at in zip(left, match.other, strict=True):
        assert at == (other.index(key) if key is not None and key in other else -1)
    many = repeats(here, there, [("k", "k")])
    asked = {k for k in left if k is not None and other.count(k) > 1}
    assert (many.keys if many else 0) == len(asked)


def test_numbers_and_texts_of_one_key_meet() -> None:
    """7, 7.0 and "7"; two columns make one key."""
    here, there = pl.DataFrame({"k": [7, 8]}), pl.DataFrame({"k": [8.0, 7.0]})
    assert by_key(here, there, [("k", "k")]).other.tolist() == [1, 0]
    assert key_texts(pl.DataFrame({"a": ["x", None], "b": [1, 2]}), ["a", "b"]).to_list() == ["x | 1", None]


@pytest.mark.parametrize(
    ("left", "other", "kind"),
    [
        (["H 12"], ["H12"], "spaces"),
        (["h12"], ["H12"], "case"),
        (["H-12"], ["H12"], "punctuation"),
        (["H0012"], ["H12"], "leading zeros"),
        (["Ｈ12"], ["H12"], "width"),
        (["HO1"], ["H01"], "look-alikes"),
        (["AX1", "AX2", "AX3"], ["X1", "X2", "X3"], "prefix"),
    ],
)
def test_keys_written_otherwise_are_named_by_how(left: list[str], other: list[str], kind: str) -> None:
    """Each way alone; keys that differ in earnest are left alone."""
    assert [n.kind for n in near_misses(left, other)] == [kind]
    assert near_misses(["Q7", "Q8"], other) == ()


def test_repeats_that_say_the_same_do_no_harm() -> None:
    """They are alike; those that differ are not."""
    here = pl.DataFrame({"k": ["a", "b"]})
    same = repeats(here, pl.DataFrame({"k": ["a", "a"], "v": [1, 1]}), [("k", "k")])
    other = repeats(here, pl.DataFrame({"k": ["a", "a"], "v": [1, 2]}), [("k", "k")])
    assert same is not None
    assert other is not None
    assert (same.alike, other.alike, other.grown) == (True, False, 3)
