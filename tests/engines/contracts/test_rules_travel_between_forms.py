"""Rules go out as ODCS that the standard's own schema accepts, come back unchanged, and come in from other tools."""

import json
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema.validators import validator_for
from open_data_contract_standard.model import OpenDataContractStandard

from diapason.engines.contracts import broken, propose, read, rules, to_odcs
from diapason.errors import DataError
from diapason.vocabulary.tables import Column, Contract, Role

SCHEMA = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8"))
VALID = validator_for(SCHEMA)(SCHEMA)
LIMIT = st.one_of(st.none(), st.floats(-1e9, 1e9))
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@st.composite
def columns(draw: st.DrawFn, name: str) -> Column:
    """Any column that a contract file can hold."""
    kind = draw(st.sampled_from(["number", "category", "text", "time", "flag"]))
    share = draw(st.one_of(st.none(), st.sampled_from([0.0, 0.001, 0.02, 0.5, 1.0])))
    return Column(
        name,
        kind,
        draw(st.sampled_from(list(Role))),
        draw(st.sampled_from(["", "Cel", "t/h"])),
        draw(st.sampled_from(["", "stated at ingest"])),
        draw(st.sampled_from([0.5, 1.0])),
        low=draw(LIMIT),
        high=draw(LIMIT),
        missing=share,
        values=tuple(draw(st.lists(TEXT, max_size=3, unique=True))),
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=5, unique=True).flatmap(lambda n: st.tuples(*map(columns, n))))
def test_a_contract_goes_out_as_odcs_and_comes_back(made: tuple[Column, ...]) -> None:
    """Valid by the published schema and model; read again it says the same."""
    names = [c.name for c in made]
    contract = Contract("line", made, key=tuple(names[:2]), relations=('"a" >= "b"', "(x) < (y)"), regime=names[-1])
    document = json.loads(json.dumps(to_odcs(contract, version="1.0.0", identity="x-1")))
    VALID.validate(document)
    OpenDataContractStandard.model_validate(document)
    again = read(document, at="line.odcs.yaml")
    assert again.columns == made
    assert (again.aside, again.key, again.relations, again.regime) == (
        (),
        contract.key,
        contract.relations,
        contract.regime,
    )


SUITE = {
    "name": "line",
    "expectations": [
        {"type": "expect_column_to_exist", "kwargs": {"column": "flow"}},
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "flow", "min_value": 0, "max_value": 80}},
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "flow", "mostly": 0.98}},
        {
            "expectation_type": "expect_column_values_to_be_in_set",
            "kwargs": {"column": "grade", "value_set": ["A", "B"]},
        },
        {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "flow", "min_value": 1}},
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "p", "min_value": 0, "strict_min": True}},
        {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 10}},
        {"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": ["heat", "step"]}},
        {
            "type": "expect_column_pair_values_a_to_be_greater_than_b",
            "kwargs": {"column_A": "t_out", "column_B": "t_in", "or_equal": True},
        },
    ],
}
PANDERA = {
    "schema_type": "dataframe",
    "columns": {
        "flow": {
            "dtype": "float64",
            "nullable": False,
            "checks": {"greater_than_or_equal_to": {"value": 0.0}, "less_than_or_equal_to": 80, "str_length": {}},
        },
        "grade": {
            "dtype": "object",
            "nullable": True,
            "checks": [{"value": ["A", "B"], "options": {"check_name": "isin", "raise_warning": False}}],
            "unique": True,
        },
    },
}


def test_a_suite_of_great_expectations_comes_in() -> None:
    """Ranges, sets and missing cells; the rest is named, never taken as passed."""
    made = read(SUITE, at="suite.json")
    flow, grade = made.columns
    assert (flow.low, flow.high, flow.missing) == (0.0, 80.0, 0.02)
    assert grade.values == ("A", "B")
    assert (made.key, made.relations) == (("heat", "step"), ('"t_out" >= "t_in"',))
    assert made.aside == (
        "flow: expect_column_mean_to_be_between",
        "p: expect_column_values_to_be_between",
        "table: expect_table_row_count_to_equal",
    )


def test_a_schema_of_pandera_comes_in() -> None:
    """In both forms that its versions write."""
    made = read(PANDERA, at="schema.yaml")
    flow, grade = made.columns
    assert (flow.kind, flow.low, flow.high, flow.missing) == ("number", 0.0, 80.0, 0.0)
    assert (grade.kind, grade.values, grade.missing) == ("category", ("A", "B"), None)
    assert made.aside == ("flow: str_length",)
    assert made.key == ("grade",)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (None, "no contract that is known"),
        ([], "no contract that is known"),
        ("text", "no contract that is known"),
        ({}, "no contract that is known"),
        ({"kind": "DataContract", "schema": [{"properties": [{}]}]}, "can't be read"),
        ({"expectations": [{"kwargs": 3}]}, "can't be read"),
    ],
)
def test_what_is_no_contract_is_refused(document: Any, said: str) -> None:
    """With the place and what would be read."""
    with pytest.raises(DataError, match=said) as met:
        read(document, at="x.yaml")
    assert met.value.at == "x.yaml"
    assert met.value.fix


def number(name: str, low: float, high: float, **more: Any) -> dict[str, Any]:
    """A line of a scan."""
    quantiles = {"0.01": {"value": low}, "0.99": {"value": high}}
    return {
        "name": name,
        "kind": "number",
        "rows": 1000,
        "missing": 0,
        "low": low,
        "high": high,
        "quantiles": quantiles,
    } | more


def test_rules_are_proposed_with_room_and_a_persons_word_stays() -> None:
    """Ranges around what was seen, zero as a bound, missing twice as often, few texts as the only ones."""
    texts = {"name": "grade", "kind": "words", "rows": 1000, "missing": 7, "distinct": {"value": 2.0, "error": 0.0}}
    told = [
        number("flow", 1.0, 41.0),
        number("temp", -3.0, 5.0, missing=12),
        texts | {"top": [{"value": "B"}, {"value": "A"}]},
    ]
    plain = Contract(
        "line", (Column("flow", "number"), Column("temp", "number", high=9.0), Column("grade", "category"))
    )
    flow, temp, grade = propose(plain, told).columns
    assert (flow.low, flow.high, flow.missing) == (0.0, 51.0, 0.0)
    assert (temp.low, temp.high, temp.missing) == (None, 9.0, 0.024)
    assert (grade.values, grade.missing) == (("A", "B"), 0.014)
    assert propose(propose(plain, told), told) == propose(plain, told)


def test_each_rule_is_kept_broken_or_not_tested() -> None:
    """Counts of cells that break it; a rule that was not looked at is never taken as kept."""
    contract = Contract(
        "line",
        (
            Column("gone", "number"),
            Column("flow", "number", low=0.0, missing=0.0),
            Column("temp", "number", high=9.0),
            Column("grade", "category", values=("A",)),
            Column("note", "category", values=("x",)),
        ),
    )
    told = [
        number("flow", 1, 2, missing=3, outside=5),
        number("temp", 1, 2),
        {"name": "grade", "kind": "words", "rows": 1000, "missing": 0, "counts": {"A": 990, "C": 10}},
        {"name": "note", "kind": "words", "rows": 1000, "missing": 0, "counts": None},
    ]
    found = {(b.column, b.rule): (b.count, b.tested) for b in broken(contract, told, ["flow", "temp", "grade", "note"])}
    assert found == {
        ("gone", "there"): (0, True),
        ("flow", "missing"): (3, True),
        ("flow", "range"): (5, True),
        ("temp", "range"): (0, False),
        ("grade", "values"): (10, True),
        ("note", "values"): (0, False),
    }
    assert rules(contract) == 10
