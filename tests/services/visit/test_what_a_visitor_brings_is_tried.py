"""A learner by its settings, a trained model as it is, and what breaks is abandoned and counted."""

import json

import pytest

from diapason.errors import DataError
from diapason.services import attest, visit
from diapason.services.visit import Wishes
from diapason.services.visit.bundles import read_bundle
from diapason.services.visit.contract import agreed, runs_left


def test_a_trained_model_meets_the_plants_learners_as_it_is(companies):
    """It knows this furnace's law from its own rows; both duels are corrected for being two."""
    wishes = Wishes(asks=("trials",), weights=True, budget="1s")
    visit.pack(companies.acme, "furnace@1", wishes, to=companies.bundle)
    contract = companies.agree("w.yaml", plan=read_bundle(companies.bundle).plan, may_leave=["trials"])
    done = companies.run(contract)
    rows = {r["entrant"]: r for r in done["learners"]}
    assert set(rows) == {"learner", "weights"}
    assert rows["weights"]["over_nothing"]["low"] > 0
    assert rows["weights"]["over_nothing"]["level"] == pytest.approx(0.95)
    content = json.loads(json.dumps(visit.prepare(companies.mill, done["run"], contract)["content"]))
    assert [r["entrant"] for r in content["trials"]] == ["learner", "weights"]
    assert "counts" not in content


def test_what_breaks_is_abandoned_and_counts(companies):
    """A parameter that its own repair can't read: said in words, one run fewer, nothing half-done."""
    visit.pack(
        companies.acme, "furnace@1", Wishes(repairs=('drop={"doubt": "much"}',), budget="1s"), to=companies.bundle
    )
    contract = companies.agree("b.yaml", plan=read_bundle(companies.bundle).plan)
    with pytest.raises(DataError, match="what the visitor brought failed here"):
        companies.run(contract)
    states = [r["state"] for r in attest.runs(companies.mill, "oven") if r["verb"] == "visit"]
    assert states == ["abandoned"]
    assert runs_left(companies.mill, agreed(contract)) == 3
