"""What a workspace counts of itself, a stranger counts from its bundle; what does not hold counts as nothing."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

import diapason
from diapason.engines.evidence import container
from diapason.errors import DataError, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services import attest, count, standing
from diapason.services import verify as verifying
from diapason.services import workspace as workspaces
from diapason.services.count.reading import from_bundle
from diapason.services.evidence import export
from diapason.vocabulary.tables import VersionRef

Opened = Callable[..., Workspace]


def _states(done: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(i["counter"], i["name"]): i["state"] for i in done["items"]}


def _bundle(ws: Workspace, path: Path, name: str = "furnace", **more: bool) -> Path:
    export(ws, name, path, **more)
    return path


def test_a_stranger_counts_the_same_from_the_bundle(opened: Opened, tmp_path: Path) -> None:
    """Dataset and scenario accepted here and there; the bundle needs no workspace."""
    ws = opened()
    here = count.run(ws)
    there = count.run(None, [_bundle(ws, tmp_path / "furnace.evidence")])
    assert here["counts"]["dataset"]["accepted"] == there["counts"]["dataset"]["accepted"] == 1
    assert here["counts"]["scenario"]["accepted"] == there["counts"]["scenario"]["accepted"] == 1
    assert _states(there).items() <= _states(here).items()
    assert there["run"] == ""


def test_the_count_is_signed_and_falls_with_what_it_stands_on(opened: Opened) -> None:
    """It names its rules, keeps every candidate as a row, and stands on what it counted."""
    ws = opened()
    done = count.run(ws)
    found = attest.result(ws, "count")
    assert found is not None
    assert found["run"] == done["run"]
    assert "dataset@1" in found["result"]["rules"]
    assert "dataset:furnace@1" in found["result"]["on"]
    assert found["kept"]["items"]["rows"] == len(done["items"])
    standing.recall(ws, "paper:licence-furnace-1", because="withdrawn by its owner")
    assert f"run:{done['run']}" in standing.fallen(ws)
    after = count.run(ws)
    numbers = ("accepted", "not_tested", "refused", "dead", "duplicates")
    assert [after["counts"]["dataset"][n] for n in numbers] == [0, 1, 0, 1, 0]
    assert _states(after)["dataset", "furnace@1"] == "fallen"


@pytest.mark.parametrize("evidence", ["paper:licence-furnace-1", "model:furnace@1", "person:li"])
def test_a_recall_travels_with_the_bundle(opened: Opened, tmp_path: Path, evidence: str) -> None:
    """What has fallen at home has fallen elsewhere, with the reason."""
    ws = opened()
    standing.recall(ws, evidence, because="it turned out wrong")
    here = {k: v for k, v in _states(count.run(ws)).items() if "furnace" in k[1]}
    there = count.run(None, [_bundle(ws, tmp_path / "furnace.evidence")])
    assert {k: v for k, v in _states(there).items() if "furnace" in k[1]} == here
    assert "fallen" in here.values() or "not tested" in here.values()
    assert any("it turned out wrong" in i["why"]["en"] for i in there["items"])


def test_what_other_data_stands_below_is_named_and_not_shown(opened: Opened, tmp_path: Path) -> None:
    """A bundle outlines what it stands on; the other dataset's entries stay hidden, and `verify` still holds."""
    ws = opened()
    path = _bundle(ws, tmp_path / "furnace.evidence")
    held, found = verifying.checked(path, signer=ws.signer.keyid)
    assert found["known_signer"]
    shown = {line.kind for line in held.lines if line.said}
    assert {"vouch", "person", "approve", "publish", "result"} <= shown
    assert not [line for line in held.lines if line.subject.startswith("mill") and line.said]


def test_a_hidden_recall_counts_as_a_recall(opened: Opened, tmp_path: Path) -> None:
    """Whoever leaves the body of a recall out of a bundle gains nothing."""
    ws = opened()
    standing.recall(ws, "dataset:furnace@1", because="wrong")
    held, _ = verifying.checked(_bundle(ws, tmp_path / "furnace.evidence"))
    hidden = [msgspec.structs.replace(x, said=msgspec.Raw(b"")) if x.kind == "recall" else x for x in held.lines]
    evidence = from_bundle(replace(held, lines=tuple(hidden)), ws.clock().date())
    dataset = evidence.get("dataset:furnace@1")
    assert dataset is not None
    assert dataset.fallen is not None


def test_a_broken_bundle_is_named_and_counted_as_nothing(opened: Opened, tmp_path: Path) -> None:
    """One byte changed, a cut file, a file of another kind: said by name, in both languages."""
    ws = opened()
    good = _bundle(ws, tmp_path / "furnace.evidence")
    data = bytearray(good.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "flipped.evidence").write_bytes(data)
    (tmp_path / "cut.evidence").write_bytes(good.read_bytes()[:5000])
    (tmp_path / "text.evidence").write_text("not evidence")
    done = count.run(None, [tmp_path])
    names = {Path(b["file"]).name for b in done["broken"]}
    assert names == {"flipped.evidence", "cut.evidence", "text.evidence"}
    assert all(b["why"]["en"] != b["why"]["zh"] for b in done["broken"])
    assert done["counts"]["dataset"]["accepted"] == 1
    assert done["ledgers"] == 1


def test_one_dataset_in_two_bundles_counts_once_and_is_named(
    opened: Opened, grown: Callable[[Path], None], other: Path, first: Path, tmp_path: Path
) -> None:
    """The same workspace and name, and the same content under another key."""
    ws = opened()
    early = _bundle(workspaces.open_workspace(first / "plant", person="li"), tmp_path / "early.evidence")
    count.run(ws)
    late = _bundle(ws, tmp_path / "late.evidence")
    grown(tmp_path / "again")  # the same rows, committed by somebody else later
    theirs = _bundle(workspaces.open_workspace(tmp_path / "again" / "plant", person="li"), tmp_path / "theirs.evidence")
    further = _bundle(workspaces.open_workspace(other / "plant", person="li"), tmp_path / "further.evidence")
    done = count.run(None, [early, late, theirs, further])
    assert done["counts"]["dataset"]["accepted"] == 2, "two different contents"
    assert done["counts"]["dataset"]["duplicates"] == 2
    why = {d["why"]["en"] for d in done["duplicates"] if d["counter"] == "dataset"}
    assert len(why) == 2


def test_adding_two_workspaces_adds_right(opened: Opened, other: Path, tmp_path: Path) -> None:
    """Each alone, both together, in either order, and both twice."""
    a = _bundle(opened(), tmp_path / "a.evidence")
    b = _bundle(workspaces.open_workspace(other / "plant", person="li"), tmp_path / "b.evidence")
    alone = [count.run(None, [f])["counts"] for f in (a, b)]
    both, turned, twice = (count.run(None, files)["counts"] for files in ([a, b], [b, a], [a, b, a, b]))
    assert both == turned == twice
    for counter, numbers in both.items():
        assert numbers["accepted"] == sum(one[counter]["accepted"] for one in alone)


def test_two_ledgers_under_one_key_that_went_apart_are_not_tested(opened: Opened, first: Path, tmp_path: Path) -> None:
    """A copy that lived on by itself contradicts the original: both are named, neither counts."""
    shutil.copytree(first / "plant", tmp_path / "copy")
    copy = diapason.open_plant(tmp_path / "copy", person="wang")
    copy.assess("mill")
    ws = opened("wang")
    count.run(ws)
    files = [_bundle(ws, tmp_path / "a.evidence"), _bundle(copy.workspace, tmp_path / "b.evidence")]
    done = count.run(None, files)
    assert len(done["forked"]) == 1
    assert done["counts"]["dataset"]["accepted"] == 0
    assert done["counts"]["dataset"]["not_tested"] == 1


def test_an_unknown_rule_is_named_and_its_candidates_are_not_tested(opened: Opened) -> None:
    """Never accepted by a rule that nobody here can run; a rule for nothing is refused."""
    done = count.run(opened(), rules=["dataset@9,scenario@1"])
    assert done["unknown_rules"] == ["dataset@9"]
    assert done["counts"]["dataset"]["accepted"] == 0
    assert _states(done)["dataset", "furnace@1"] == "not tested"
    assert done["counts"]["scenario"]["accepted"] == 1
    with pytest.raises(DataError, match="nothing that is counted"):
        count.run(opened(), rules=["robot@1"])


def test_bundles_by_signers_that_are_not_on_the_list_count_as_nothing(opened: Opened, tmp_path: Path) -> None:
    """A valid signature by an unknown key is not identity."""
    ws = opened()
    path, known = _bundle(ws, tmp_path / "furnace.evidence"), tmp_path / "known.txt"
    known.write_text(f"# the office's list\n{ws.signer.keyid} sector=RM1 region=320000 a plant\n")
    assert count.run(None, [path], signers=known)["counts"]["dataset"]["accepted"] == 1
    known.write_text("ab" * 32)
    done = count.run(None, [path], signers=known)
    assert done["counts"]["dataset"]["accepted"] == 0
    assert "not known" in done["broken"][0]["why"]["en"]
    known.write_text(f"{ws.signer.keyid} sector=XX1")
    with pytest.raises(DataError, match="no sector"):
        count.run(None, [path], signers=known)


def test_why_prints_each_criterion_and_writes_nothing(opened: Opened) -> None:
    """Named by dataset, by version, by workspace or by counter; an unknown name tells those there are."""
    ws = opened()
    before = ws.ledger.head()
    done = count.explained(ws, [], "furnace")
    assert {i["counter"] for i in done["items"]} == {"dataset", "scenario"}
    assert {a["criterion"] for a in done["items"][0]["answers"]} == {c["id"] for c in done["criteria"]["dataset@1"]}
    assert count.explained(ws, [], "agent")["criteria"]["agent@1"]
    assert ws.ledger.head() == before
    with pytest.raises(NotFound, match="no candidate"):
        count.explained(ws, [], "nothing")


def test_simulated_data_is_refused_where_it_lies_below_another_dataset(tmp_path: Path) -> None:
    """A join with a simulated table is simulated, here and in a bundle that does not show that table."""
    made = diapason.init(tmp_path / "plant", person="wang")
    made.ingest("plant:soft_sensor?seed=7&days=20", name="lab", target="residual", time="time", batch="batch")
    batches = made.workspace.lake.scan(VersionRef("lab", 1)).select("batch").collect()["batch"].unique().sort()
    pl.DataFrame({"batch": batches, "note": range(len(batches))}).write_csv(tmp_path / "notes.csv")
    made.ingest(str(tmp_path / "notes.csv"), name="notes")
    assert _states(made.count())["dataset", "notes@1"] == "not tested"
    made.join("lab", "notes", on=["batch"], name="joined")
    assert _states(made.count())["dataset", "joined@1"] == "refused"
    made.assess("joined")
    made.evidence("joined", to=tmp_path / "joined.evidence")
    held, _ = verifying.checked(tmp_path / "joined.evidence")
    assert not [line for line in held.lines if line.subject == "lab" and line.said]
    there = count.run(None, [tmp_path / "joined.evidence"])
    assert _states(there)["dataset", "joined@1"] == "refused"


def test_with_nothing_to_count_it_says_so(tmp_path: Path) -> None:
    """No workspace and no file; a file that is not there; a folder without bundles."""
    with pytest.raises(Refused, match="nothing to count"):
        count.run(None)
    for missing in (tmp_path / "nothing.evidence", tmp_path):
        with pytest.raises(NotFound, match="no bundle"):
            count.run(None, [missing])


def test_the_outline_of_a_bundle_cannot_be_changed(opened: Opened, tmp_path: Path) -> None:
    """It is signed with the manifest."""
    good = _bundle(opened(), tmp_path / "furnace.evidence")
    members = dict(container.unpack(good.read_bytes()))
    said = json.loads(members["manifest.json"])
    said["payload"] = said["payload"][:-8] + "AAAAAAA="
    members["manifest.json"] = json.dumps(said).encode()
    bad = tmp_path / "bad.evidence"
    bad.write_bytes(b"".join(container.pack(members.items())))
    assert count.run(None, [bad])["broken"]
