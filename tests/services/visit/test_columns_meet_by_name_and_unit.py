"""The provider's names and units onto the plant's: by name, by mapping, converted where known, else asked."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diapason.engines.schema import converting
from diapason.engines.schema.converting import conversion
from diapason.errors import DataError, Unsure
from diapason.services.visit.bundles import Told, Wanted
from diapason.services.visit.mapping import mapped, pairs, renamed
from diapason.vocabulary.tables import Column, Contract, Role

UNITS = sorted({unit for scale in converting._SCALES for unit in scale})


def told(*columns):
    wanted = [Wanted(name=n, kind="number", role=r, unit=u) for n, r, u in columns]
    fields = dict.fromkeys(Told.__struct_fields__) | {"columns": wanted}
    return Told(**fields)


ASKED = told(("heat", "feature", "Cel"), ("p", "feature", "kPa"), ("y", "target", ""))
TABLE = Contract(
    "oven",
    (
        Column("TI1", "number", Role.FEATURE, "[degF]"),
        Column("p", "number", Role.FEATURE, "bar"),
        Column("q", "number", Role.FEATURE),
        Column("y", "number", Role.TARGET),
    ),
)


def test_values_come_in_the_unit_that_is_expected():
    columns = mapped(ASKED, TABLE, {"heat": "TI1"})
    frame = pl.DataFrame({"TI1": [32.0, 212.0], "p": [1.0, 2.0], "q": [0.0, 1.0], "y": [5.0, 6.0]})
    table, contract = renamed(frame, TABLE, columns)
    assert table["heat"].to_list() == pytest.approx([0.0, 100.0])
    assert table["p"].to_list() == pytest.approx([100.0, 200.0])
    assert contract.column("heat").unit == "Cel"
    assert table.columns == ["heat", "p", "q", "y"]


def test_a_name_of_the_provider_that_the_plant_uses_for_something_else_stays_apart():
    columns = mapped(ASKED, TABLE, {"heat": "TI1", "p": "q:kPa"})
    frame = pl.DataFrame({"TI1": [32.0], "p": [1.0], "q": [7.0], "y": [5.0]})
    table, contract = renamed(frame, TABLE, columns)
    assert (table["p"][0], table["p (plant)"][0]) == (7.0, 1.0)
    assert contract.column("p (plant)").unit == "bar"


@pytest.mark.parametrize(
    ("said", "error", "what"),
    [
        ({}, DataError, "no column 'heat'"),
        ({"heat": "TI1", "nothing": "q"}, DataError, "asks for no column 'nothing'"),
        ({"heat": "y"}, DataError, "'y' is target here and feature in the bundle"),
        ({"heat": "p"}, Unsure, "unit of 'p' is bar; the bundle expects Cel"),
        ({"heat": "q"}, Unsure, "unit of 'q' is not known"),
        ({"heat": "p:Cel"}, DataError, "would stand for two"),
    ],
)
def test_what_a_person_must_say_is_asked(said, error, what):
    with pytest.raises(error, match=what) as told_:
        mapped(ASKED, TABLE, said)
    assert told_.value.said("zh")["what"] != told_.value.said("en")["what"]
    if error is Unsure:
        assert "--map heat=" in told_.value.said()["fix"]


@pytest.mark.parametrize("word", ["a", "a=", "=b", "a=b,a=c"])
def test_a_mapping_that_cannot_be_read_is_refused(word):
    with pytest.raises(DataError, match="is not THEIRS=OURS"):
        pairs([word])


@given(st.sampled_from(UNITS), st.sampled_from(UNITS), st.floats(-1e3, 1e3))
def test_there_and_back_is_the_same(one, other, value):
    there, back = conversion(one, other), conversion(other, one)
    assert (there is None) == (back is None)
    if there is not None:
        again = back[0] * (there[0] * value + there[1]) + back[1]
        assert np.isclose(again, value, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize(
    ("given_", "value", "wanted", "expected"),
    [
        ("Cel", 100.0, "[degF]", 212.0),
        ("K", 273.15, "Cel", 0.0),
        ("bar", 1.0, "[psi]", 14.5037738),
        ("t/h", 3.6, "kg/s", 1.0),
        ("[gal_us]/min", 1.0, "L/min", 3.785411784),
        ("kW.h", 1.0, "MJ", 3.6),
        ("/min", 60.0, "Hz", None),
    ],
)
def test_known_conversions(given_, value, wanted, expected):
    change = conversion(given_, wanted)
    assert (change is None) == (expected is None)
    if change:
        assert change[0] * value + change[1] == pytest.approx(expected, rel=1e-7, abs=1e-9)
