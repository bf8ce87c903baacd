"""Only the bundle that was agreed on runs, so often, so long, and asks for no more; a changed byte is seen."""

import json
from datetime import date
from pathlib import Path

import msgspec
import pytest

from diapason.engines.evidence.canonical import canonical
from diapason.errors import BrokenEvidence, DataError, Missing, NotFound, Refused
from diapason.services import attest, visit, workspace
from diapason.services.visit import Wishes
from diapason.services.visit.boxes import VISIT, box
from diapason.services.visit.bundles import read_bundle
from diapason.services.visit.contract import agreed, runs_left
from diapason.vocabulary.evidence import Plan


def repacked(both, ws=None, extra=None, **changes) -> Path:
    """The same bundle with a changed plan, signed again by the provider, or by another."""
    told = json.loads(canonical(msgspec.to_builtins(read_bundle(both.bundle).told))) | changes
    path = both.folder / "other.visit"
    members = {"README.txt": b"x", "plan.json": canonical(told), **(extra or {})}
    path.write_bytes(box(VISIT, members, {}, (ws or both.acme).signer))
    return path


def test_every_changed_byte_of_a_bundle_is_seen(played):
    data = played.both.bundle.read_bytes()
    path = played.both.folder / "tampered.visit"
    for at in range(0, len(data), max(1, len(data) // 60)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(BrokenEvidence):
            read_bundle(path)
    path.write_bytes(data[:-1])
    with pytest.raises(BrokenEvidence):
        read_bundle(path)


def test_every_changed_byte_of_a_contract_breaks_it(played):
    """Comments and spaces too: what is signed are the bytes."""
    data = played.both.contract.read_bytes()
    path = played.both.folder / "changed.yaml"
    (played.both.folder / "changed.yaml.sig").write_bytes(Path(f"{played.both.contract}.sig").read_bytes())
    path.write_bytes(data)
    assert set(agreed(path).signed) == {"provider", "plant"}
    for at in range(0, len(data), max(1, len(data) // 60)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises((BrokenEvidence, DataError)):
            agreed(path)
    path.write_bytes(data + b"\n")
    with pytest.raises(BrokenEvidence, match="changed after it was signed"):
        agreed(path)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"secret_field": 1}, "secret_field"),
        ({"may_leave": ["trials", "rows"]}, "rows"),
        ({"smallest_group": 1}, "smallest_group"),
        ({"runs": 0}, "runs"),
        ({"plan": "abc"}, "plan"),
        ({"until": "soon"}, "until"),
    ],
)
def test_a_contract_with_a_field_that_is_not_known_is_refused(played, changes, what):
    path = played.both.agree("odd.yaml", sign=False, **changes)
    with pytest.raises(DataError, match="contract is not as it must be") as told:
        agreed(path)
    assert what in str(told.value)


def test_both_sides_sign_or_nothing_runs(played):
    """And a third workspace can't."""
    both = played.both
    path = both.agree("half.yaml", sign=False, number=1)
    with pytest.raises(Refused, match="provider has not signed"):
        both.run(path)
    visit.sign(both.acme, path)
    with pytest.raises(Refused, match="plant has not signed") as told:
        both.run(path)
    assert "diapason visit sign" in told.value.said()["fix"]
    workspace.init(both.folder / "third", person="x")
    with pytest.raises(Refused, match="neither side"):
        visit.sign(workspace.open_workspace(both.folder / "third"), path)
    workspace.add_person(both.mill, "sun", ["operator"])
    with pytest.raises(Refused, match="not approver"):
        visit.sign(both.hands("sun"), path)


def test_a_contract_that_ended_or_was_replaced_runs_nothing(companies):
    with pytest.raises(Refused, match="ended on 2020-01-31"):
        companies.run(companies.agree("ended.yaml", until=date(2020, 1, 31)))
    newer = companies.agree("newer.yaml", number=2, runs=9)
    with pytest.raises(Refused, match="number 2 with acme has replaced number 1"):
        companies.run()
    assert runs_left(companies.mill, agreed(newer)) == 9


def test_every_sealed_run_counts_also_an_abandoned_one(played):
    once = played.both.agree("once.yaml", runs=1)
    found = agreed(once)
    plan = Plan("visit", "oven@1", "", "", "rmse", "", (), 0, {}, settings={"contract": found.digest})
    attest.begin(played.both.mill, plan).abandon("a test")
    assert runs_left(played.both.mill, found) == 0
    with pytest.raises(Refused, match="all 1 runs of the contract are used; abandoned ones count"):
        played.both.run(once)


def test_a_run_that_was_stopped_goes_on_and_counts_once(played):
    assert played.interrupted == "unfinished"
    states = [r["state"] for r in attest.runs(played.both.mill, "oven") if r["run"] == played.done["run"]]
    assert states == ["finished"]
    assert runs_left(played.both.mill, agreed(played.both.contract)) == 3


def test_a_swapped_plan_is_not_run(played):
    """Signed by the right provider, but not what the contract names."""
    both = played.both
    with pytest.raises(BrokenEvidence, match="not the one in the contract"):
        visit.run(both.mill, repacked(both, seed=1), both.contract, "oven", mapping={})
    with pytest.raises(BrokenEvidence, match="not signed by the provider"):
        visit.run(both.mill, repacked(both, both.mill), both.contract, "oven", mapping={})


def test_a_provider_who_asks_for_one_more_field_is_refused(played):
    """Of the list, or of the slices."""
    less = played.both.agree("less.yaml", may_leave=["trials", "scores", "orders", "counts", "findings"])
    with pytest.raises(Refused, match="asks for 'ranges'") as told:
        played.both.run(less)
    assert "field may_leave: ranges" in told.value.at
    fewer = played.both.agree("fewer.yaml", slices=[{"column": "heat", "bands": 4}])
    with pytest.raises(Refused, match="rows by 'flow'"):
        played.both.run(fewer)


def test_what_is_not_installed_is_refused_with_the_fix(played):
    """Not by name, not in that version, not with those sources."""
    recipe = msgspec.to_builtins(read_bundle(played.both.bundle).told.recipe)
    for spoil, what in [
        ({"name": "gandalf"}, "not installed here"),
        ({"version": "9.9"}, "installed here is"),
        ({"digest": "0" * 64}, "has other sources"),
    ]:
        path = repacked(played.both, recipe=recipe | spoil)
        contract = played.both.agree("other.yaml", plan=read_bundle(path).plan)
        with pytest.raises(Missing, match=what) as told:
            visit.run(played.both.mill, path, contract, "oven", mapping={})
        assert "pip install diapason==" in told.value.said()["fix"]
        looked = visit.look(played.both.mill, path, contract)
        assert any(what in o["what"]["en"] for o in looked["objections"])


def test_a_bundle_holds_settings_and_no_code(played):
    """No member that a plan doesn't know, no pickle; a plan with an unknown field is not read."""
    both = played.both
    data = both.bundle.read_bytes()
    assert b"pickle" not in data
    assert b"import " not in data
    with pytest.raises(BrokenEvidence, match="holds what its plan doesn't know"):
        read_bundle(repacked(both, extra={"code.py": b"print(1)"}))
    with pytest.raises(DataError, match="not one that is known here"):
        read_bundle(repacked(both, backdoor=True))
    with pytest.raises(NotFound, match="no file"):
        read_bundle(both.folder / "absent.visit")


def test_weights_travel_only_in_the_safe_format(played):
    path = played.both.folder / "weights.visit"
    visit.pack(played.both.acme, "furnace@1", Wishes(weights=True), to=path)
    came = read_bundle(path)
    assert came.parts
    assert all(not data.startswith(b"\x80") for data in came.parts.values())
    assert came.told.features == ["heat", "flow"]


@pytest.mark.parametrize("word", ["drop=nonsense", "drop=[1]", "drop="])
def test_a_repair_that_cannot_be_read_is_refused(played, word):
    with pytest.raises(DataError, match="is not NAME or NAME="):
        visit.pack(played.both.acme, "furnace@1", Wishes(repairs=(word,)), to=played.both.folder / "x.visit")
