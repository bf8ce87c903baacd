"""Each kind of wrong cell is found and mended by the rest of its table; what only looks like one is left alone."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.mending import mend
from diapason.engines.mending.coded import coded
from diapason.engines.mending.dependencies import dependencies
from diapason.knowledge.findings import kinds

Table = dict[str, list[str]]
N = 400
TOWNS = ["Aachen", "Bremen", "Dresden", "Leipzig", "Rostock", "Stuttgart", "Kassel", "Augsburg"]


def deliveries(seed: int = 0) -> Table:
    """A customer says town, state and phone; weights and shares are free; the rating may be empty."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, 40, N)
    return {
        "customer": [f"C{1000 + 7 * i}" for i in who],
        "town": [TOWNS[i % 8] for i in who],
        "state": [f"{TOWNS[i % 8][:2].upper()}" for i in who],
        "phone": [str(2_000_000_000 + 7_654_321 * int(i)) for i in who],
        "weight": [f"{x:g}" for x in rng.choice([1, 2.5, 5, 8, 12, 16], N)],
        "share": [f"{x:g}" for x in rng.choice([0.02, 0.035, 0.05, 0.07], N)],
        "rating": ["" if x < 0.4 else str(int(100 * x)) for x in rng.random(N)],
        "day": [f"2024-{m:02d}-{d:02d}" for m, d in zip(rng.integers(1, 13, N), rng.integers(1, 29, N), strict=True)],
    }


def found(table: Table) -> dict[tuple[str, int], str | None]:
    return {(c.column, c.row): c.proposed for c in mend(table).cells}


CASES = {
    "mistyped word": ({("town", 7): "{0}x"}, True),
    "word of another customer": ({("town", 7): "Elsewhere", ("town", 90): "Kassel"}, True),
    "mistyped number that others know": ({("phone", 11): "20x0"}, True),
    "empty cell that others know": ({("state", 3): "", ("town", 200): ""}, True),
    "another case": ({("town", 50): "{0:upper}"}, True),
    "town and state in one cell": ({("town", 9): "{town} {state}", ("state", 9): ""}, True),
    "slipped point": ({("weight", 4): "1600000"}, False),
    "number out of a conversion": ({("share", 31): "0.0500000012"}, True),
    "other separators in a date": ({("day", 8): "2024/05/17"}, True),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_cell_is_found_and_what_should_stand_there_is_proposed(case: str) -> None:
    clean, dirty = deliveries(), deliveries()
    damage, mendable = CASES[case]
    for (column, row), form in damage.items():
        own = clean[column][row]
        text = own.upper() if form == "{0:upper}" else form.format(own, **{c: v[row] for c, v in clean.items()})
        if case == "other separators in a date":
            text = own.replace("-", "/")
        if case == "number out of a conversion":
            text = own + "00000012"
        dirty[column][row] = text
    said = found(dirty)
    assert set(said) == set(damage)
    if mendable:
        assert said == {(c, r): clean[c][r] for c, r in damage}


def test_a_unit_in_many_spellings_leaves_the_number() -> None:
    clean, dirty = deliveries(), deliveries()
    rng = np.random.default_rng(1)
    dirty["weight"] = [v + str(rng.choice([" kg", " kg.", " KG", "kg"])) for v in dirty["weight"]]
    assert found(dirty) == {("weight", i): v for i, v in enumerate(clean["weight"])}


def test_different_units_are_never_made_one() -> None:
    """Neither by their words nor by the size of their numbers."""
    table = deliveries()
    rng = np.random.default_rng(2)
    table["weight"] = [v + str(rng.choice([" boxes", " bags", " kg"])) for v in table["weight"]]
    assert found(table) == {}
    grams = [f"{1000 * float(v):g}" if i % 2 else f"{v} kg" for i, v in enumerate(deliveries()["weight"])]
    assert not any(column == "weight" for column, _ in found(deliveries() | {"weight": grams}))


def test_a_word_for_nothing_becomes_nothing_unless_the_table_says_it_so() -> None:
    table = deliveries()
    gaps = [i for i, v in enumerate(table["rating"]) if not v]
    table["rating"] = [v or "N/A" for v in table["rating"]]
    assert found(table) == {("rating", i): "" for i in gaps}
    table = deliveries()
    del table["rating"]
    remark = ["n/a" if i % 3 else ("late", "broken", "returned")[i // 3 % 3] for i in range(N)]
    assert found(table | {"remark": remark}) == {}


def test_what_only_looks_wrong_is_left_alone() -> None:
    """Tags that differ in one sign, names that are near, a rare exception with a reason, columns that go loosely
    together, a firm that is alone of its kind in a town.
    """
    rng = np.random.default_rng(3)
    table = deliveries()
    table["tag"] = [f"P-{101 + int(i)}{'AB'[int(i) % 2]}" for i in rng.integers(0, 60, N)]
    table["name"] = [str(x) for x in rng.choice(["Meier", "Meyer", "Maier", "Mayer", "Schmidt", "Schmitt"], N)]
    usual = {t: str(rng.choice(["rail", "road", "ship"])) for t in TOWNS}
    table["by"] = [usual[t] if rng.random() < 0.8 else str(rng.choice(["rail", "road", "ship"])) for t in table["town"]]
    table["tax"] = [
        "exempt" if c == "C1007" else f"rate {s}" for c, s in zip(table["customer"], table["state"], strict=True)
    ]
    assert found(table) == {}


def test_sources_that_contradict_each_other_are_outvoted() -> None:
    """Six systems report the same moments, each wrong in one row of six; with one column beside the flow, nobody could
    tell which of the two is wrong, and nothing is said.
    """
    rng = np.random.default_rng(4)
    moments = [f"{h}:{m:02d} {x}" for h in range(1, 13) for m in (5, 17, 38, 51) for x in ("a.m.", "p.m.")]
    truth = [str(x) for x in rng.permutation(moments)]
    clean = {"flow": [f"F-{i}-X" for i in range(96)] * 6, "due": truth * 6}
    clean["left"] = [str(x) for x in rng.permutation(moments)] * 6
    dirty = {c: list(v) for c, v in clean.items()}
    for row in rng.choice(576, 90, replace=False):
        dirty["due"][row] = str(rng.choice(moments))
    wrong = {("due", i) for i in range(576) if dirty["due"][i] != clean["due"][i]}
    assert found({c: dirty[c] for c in ("flow", "due")}) == {}
    said = found(dirty)
    assert len(wrong & set(said)) >= 0.95 * len(wrong)
    assert len(set(said) - wrong) <= 3
    assert sum(said[k] == clean["due"][k[1]] for k in wrong & set(said)) >= 0.95 * len(wrong)


def test_no_dependency_is_learnt_from_chance() -> None:
    """Columns of few words that know nothing of each other."""
    rng = np.random.default_rng(5)
    table = {f"c{i}": [str(x) for x in rng.integers(0, 2 + i, 300)] for i in range(10)}
    assert dependencies(coded(table)) == []


CELL = st.sampled_from(["", "a", "b", "A", "ab", "1", "1.0", "1 kg", "N/A", "x-1", "水泵", "\t", "é", "-", "1e400"])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60).flatmap(lambda n: st.lists(st.lists(CELL, min_size=n, max_size=n), min_size=0, max_size=4)))
def test_any_table_is_answered_and_always_alike(columns: list[list[str]]) -> None:
    """Also an empty one; each cell is told once, with what stands in it, and something else proposed."""
    table = {f"c{i}": cells for i, cells in enumerate(columns)}
    said = mend(table)
    assert said == mend(table)
    assert len({(c.column, c.row) for c in said.cells}) == len(said.cells)
    for cell in said.cells:
        assert cell.value == table[cell.column][cell.row] != cell.proposed
        assert 0.5 <= cell.sure <= 1
        assert 0 <= cell.trust <= 1
        assert f"mend_{cell.kind}" in kinds()


def _read(path: Path) -> Table:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    return {name: [" ".join(row[j].split()) for row in rows] for j, name in enumerate(head)}


@pytest.mark.parametrize("name", ["hospital", "beers"])
def test_real_dirty_tables_are_mended_and_clean_ones_left_alone(name: str, data: Path) -> None:
    """F1 of detection at least 0.95, of correction 0.85; of clean cells fewer than 0.2 % are doubted."""
    clean, dirty = (_read(data / f"dirty-{name}" / f"{k}.csv.gz") for k in ("clean", "dirty"))
    said = found(dirty)
    wrong = {(c, i) for c in clean for i, v in enumerate(clean[c]) if v != dirty[c][i]}
    right = sum(said[k] == clean[k[0]][k[1]] for k in wrong & set(said))
    assert 2 * len(wrong & set(said)) / (len(wrong) + len(said)) >= 0.95
    assert 2 * right / (len(wrong) + sum(p is not None for p in said.values())) >= 0.85
    assert len(found(clean)) < 0.002 * sum(map(len, clean.values()))
