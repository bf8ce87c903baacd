"""Models of maturity: whole, in both languages, answerable here, and addable by a file alone."""

import re
from pathlib import Path

import pytest
import yaml

from diapason.errors import DataError
from diapason.knowledge.emphasis import emphasis, sectors
from diapason.knowledge.maturity import parsed, shipped, shipped_model, text_of
from diapason.services.facts import known

HAN = re.compile("[\u4e00-\u9fff]")
EXAMPLE = Path(__file__).parents[2] / "examples" / "maturity" / "energy.yaml"
ITEMS = {"annex2": 29, "dcmm_2025": 33, "dcmm_2018": 28, "cmmm": 20, "siri": 16}


def test_every_item_of_every_model_is_there():
    assert {name: len(list(shipped_model(name).items())) for name in shipped()} == ITEMS
    assert [len(d.items) for d in shipped_model("dcmm_2025").dimensions] == [3, 3, 4, 3, 5, 4, 3, 4, 4]
    assert [len(d.items) for d in shipped_model("dcmm_2018").dimensions] == [3, 3, 4, 3, 3, 4, 4, 4]
    assert [len(d.items) for d in shipped_model("annex2").dimensions] == [2, 2, 4, 3, 6, 2, 4, 3, 3]


@pytest.mark.parametrize("name", shipped())
def test_every_clause_is_counted_by_a_known_fact_or_asked_in_both_languages(name):
    made = shipped_model(name)
    for clause in made.clauses():
        assert clause.test.ask is not None or clause.test.fact in known(), clause.code
        for text in (clause.text, *([clause.test.ask] if clause.test.ask else [])):
            assert HAN.search(text.zh), clause.code
            assert text.en, clause.code
            assert not HAN.search(text.en), clause.code
        assert clause.mark in ("seen", "recalled", "inferred")
        assert clause.effort > 0


@pytest.mark.parametrize("name", ["annex2", "dcmm_2025"])
def test_six_in_ten_items_have_a_clause_that_a_machine_counts(name):
    items = list(shipped_model(name).items())
    counted = [i for i in items if any(c.test.ask is None for c in i.clauses)]
    assert len(counted) >= 0.6 * len(items)


@pytest.mark.parametrize("name", shipped())
def test_a_model_says_first_whose_levels_and_clauses_these_are(name):
    made = shipped_model(name)
    assert made.note is not None
    assert "our" in made.note.en
    assert "自拟" in made.note.zh
    assert not re.search(r"\bcertified\b(?! by them)", made.note.en)


def test_an_item_of_2018_with_an_unchanged_name_shares_clauses_and_answers_with_2025():
    old, new = (shipped_model(f"dcmm_{year}") for year in (2018, 2025))
    names = {i.title.zh: i.clauses for i in new.items()}
    shared = [i for i in old.items() if names.get(i.title.zh) == i.clauses]
    assert len(shared) >= 20
    own = {i.code for i in old.items()} - {i.code for i in shared} - {"13.2"}
    assert own == {"7.3", "9.1", "9.2", "9.3", "10.1", "10.2", "12.2"}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: f.update(colour="red"), "unknown field"),
        (lambda f: f["title"].pop("zh"), "zh"),
        (lambda f: f.pop("source"), "source"),
        (lambda f: f["rollup"].update(item="luck"), "luck"),
        (lambda f: _first(f).update(level=9), "each level from 1 up"),
        (lambda f: _first(f).pop("fact"), "counted .* or asked"),
        (lambda f: _first(f).update(effort=0), "> 0"),
        (lambda f: _first(f).update(at_least="many"), "at_least"),
        (lambda f: _item(f)["clauses"].append(dict(_first(f))), "a' stands twice"),
        (lambda f: f["dimensions"].append(dict(f["dimensions"][0])), "'D' stands twice"),
        (lambda f: _item(f).update(same_as="6.1", clauses=[]), "same_as names no item"),
        (lambda f: f["rollup"].update(cuts=[1.0]), "one cut for each level"),
        (lambda f: _item(f)["clauses"][1].update(graded=[[0.9, 1], [0.5, 0.5]]), "limits go up"),
    ],
)
def test_a_model_that_is_not_as_it_must_be_is_refused_with_its_place(spoil, said):
    file = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    parsed(yaml.safe_dump(file), at="mine.yaml")
    spoil(file)
    with pytest.raises(DataError, match=said) as refused:
        parsed(yaml.safe_dump(file), at="mine.yaml")
    assert refused.value.at.startswith("mine.yaml")


def _item(file):
    return file["dimensions"][0]["items"][0]


def _first(file):
    return _item(file)["clauses"][0]


def test_what_is_no_yaml_is_refused():
    with pytest.raises(DataError, match="no YAML"):
        parsed("a: [", at="mine.yaml")
    with pytest.raises(DataError, match=r"mine\.yaml"):
        parsed("just words", at="mine.yaml")


def test_no_text_of_a_standard_stands_in_a_model():
    """A long clause would be a copy; ours are short."""
    for name in shipped():
        for clause in shipped_model(name).clauses():
            assert len(clause.text.en) <= 140, clause.code
            assert len(clause.text.zh) <= 60, clause.code
        assert "inferred" in text_of(name)


def test_every_sector_stresses_items_that_are_there():
    assert len(sectors()) == 18
    for code in sectors():
        for name in ("annex2", "dcmm_2025", "dcmm_2018"):
            stressed = emphasis(code, name)
            assert stressed
            assert set(stressed) <= {i.code for i in shipped_model(name).items()}
