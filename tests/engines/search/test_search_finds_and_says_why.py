"""A word finds what it names, in any spelling, one slip away or in the other language; each hit says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diapason.engines.search import Asked, Piece, build, pieces, search

TEXTS = (
    Piece("furnace", "name", "furnace"),
    Piece("furnace", "column", "T_in", "Cel", ("temperature",)),
    Piece("furnace", "column", "flow_t_h", "t/h", ("mass flow",)),
    Piece("kiln", "name", "kiln-7"),
    Piece("kiln", "title", "回转窑能耗"),
    Piece("kiln", "column", "temperature_out"),
    Piece("kiln", "column", "EnergyUse", "kW.h", ("energy",)),
    Piece("mill", "name", "mill"),
    Piece("mill", "description", "rolling mill beside the furnace"),
)
CASES = [
    (Asked("furnace"), ["furnace", "mill"], "exact"),
    (Asked("furnce"), ["furnace", "mill"], "slip"),
    (Asked("frunace"), ["furnace", "mill"], "slip"),
    (Asked("temp"), ["kiln"], "begins"),
    (Asked("温度", units=("Cel",), meanings=("temperature",)), ["furnace"], "unit"),
    (Asked("能耗"), ["kiln"], "exact"),
    (Asked("energy"), ["kiln"], "exact"),
    (Asked("窑炉", others=("kiln",)), ["kiln"], "other"),
    (Asked("durchfluss", meanings=("mass flow",)), ["furnace"], "meaning"),
    (Asked("xyz"), [], ""),
    (Asked("mil"), ["mill"], "begins"),
]


@pytest.mark.parametrize(("asked", "found", "how"), CASES)
def test_each_way_leads_to_its_thing(asked: Asked, found: list[str], how: str) -> None:
    hits = search(build(TEXTS), [asked])
    assert [h.of for h in hits] == found
    assert all(h.why for h in hits)
    assert not found or hits[0].why[0].how == how


def test_more_words_answered_come_first() -> None:
    """And each of them has its reason."""
    hits = search(build(TEXTS), [Asked("furnace"), Asked("rolling")])
    assert [h.of for h in hits] == ["mill", "furnace"]
    assert {w.word for w in hits[0].why} == {"furnace", "rolling"}


def test_an_empty_index_finds_nothing() -> None:
    assert search(build(()), [Asked("furnace")]) == []


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8, unique=True))
def test_a_name_is_always_found_by_itself(names: list[str]) -> None:
    index = build([Piece(f"d{i}", "name", name) for i, name in enumerate(names)])
    for i, name in enumerate(names):
        if pieces(name):
            assert f"d{i}" in {h.of for h in search(index, [Asked(name)], most=len(names))}
