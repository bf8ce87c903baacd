"""A recalled certificate takes down what stands on it, permissions with it, and a replacement brings it back."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import diapason
from diapason.errors import Conflict, DataError, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services import predict, publish, standing
from diapason.services import workspace as workspaces
from diapason.services.standing.index import FILE, indexed

PAPER = "paper:calibration-furnace-1"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plant with two datasets, a published model of one of them, and a certificate to vouch for."""
    folder = tmp_path_factory.mktemp("made")
    draw = np.random.default_rng(0)
    x = draw.normal(size=(120, 2))
    table = pl.DataFrame({"flow": x[:, 0], "speed": x[:, 1], "hardness": 50 + 3 * x[:, 0] + draw.normal(size=120)})
    table.write_csv(folder / "furnace.csv")
    table.drop("hardness").write_csv(folder / "mill.csv")
    (folder / "certificate.pdf").write_bytes(b"calibrated")
    plant = diapason.init(folder / "plant", person="wang")
    plant.person("li", roles=["approver"])
    plant.ingest(str(folder / "furnace.csv"), name="furnace", target="hardness")
    plant.ingest(str(folder / "mill.csv"), name="mill")
    plant.assess("furnace")
    plant.learn("furnace", task="regression")
    diapason.open_plant(folder / "plant", person="li").approve("furnace@1")
    plant.publish("furnace@1", accept=["rmse<=5"], waive="a test bench")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(made, tmp_path / "made")
    return tmp_path / "made"


@pytest.fixture
def plant(folder: Path) -> Workspace:
    """Opened by the approver."""
    return workspaces.open_workspace(folder / "plant", person="li")


def _vouched(plant: Workspace, folder: Path, **more: Any) -> dict[str, Any]:
    return standing.vouch(plant, "furnace", folder / "certificate.pdf", kind="calibration", **more)


def test_a_recalled_certificate_takes_down_what_stands_on_it_and_nothing_else(plant: Workspace, folder: Path) -> None:
    """Version, runs, model, approval, publication; not the other dataset, not the people."""
    assert _vouched(plant, folder)["id"] == PAPER
    assert not standing.overview(plant)["fallen"]
    done = standing.recall(plant, PAPER, because="certificate withdrawn")
    fell = {f["id"] for f in done["fell"]}
    assert {"dataset:furnace@1", "model:furnace@1"} < fell
    assert {f["kind"] for f in done["fell"]} == {"paper", "dataset", "run", "model", "approval", "publication"}
    assert not any("mill" in str(f["about"]) or f["kind"] == "person" for f in done["fell"])
    assert all(f["because"][-1] == PAPER for f in done["fell"])
    stands = {c.id for c in indexed(plant).claims} - {f["id"] for f in standing.overview(plant)["fallen"]}
    assert {"dataset:mill@1", "person:wang", "person:li"} <= stands


def test_permissions_drop_at_once_and_come_back_with_a_replacement(plant: Workspace, folder: Path) -> None:
    """No prediction, no publication; both are there again when an equal certificate stands in."""
    _vouched(plant, folder)
    standing.recall(plant, PAPER, because="withdrawn")
    model = publish.find(plant, "furnace")
    assert publish.standing(plant, model).state == "fallen"
    with pytest.raises(Refused, match="calibration"):
        asyncio.run(predict.run(plant, str(folder / "mill.csv"), model="furnace@1", out=folder / "out.csv"))
    with pytest.raises(Refused, match="has fallen"):
        publish.run(replace(plant, person="wang"), "furnace@1", accept=["rmse<=5"], waive="x")
    _vouched(plant, folder)
    assert publish.standing(plant, model).state == "fallen", "another paper alone does not heal a recalled one"
    made = _vouched(plant, folder, replaces=PAPER)
    assert publish.standing(plant, model).state == "published"
    assert standing.look(plant, made["id"])["stands"]


def test_the_way_back_names_the_replacement_and_the_runs_in_order(plant: Workspace, folder: Path) -> None:
    """First what replaces the paper; else every run again, each after what it needs."""
    _vouched(plant, folder)
    back = standing.recall(plant, PAPER, because="withdrawn")["back"]
    assert [r["id"] for r in back["replace"]] == [PAPER]
    assert f"--replaces {PAPER}" in back["replace"][0]["how"]
    verbs = [a["verb"] for a in back["again"]]
    assert verbs.index("learn") < verbs.index("publish")
    assert verbs.index("assess") < verbs.index("publish")


def test_a_recall_can_be_taken_back_and_said_twice_it_is_refused(plant: Workspace, folder: Path) -> None:
    """Each with its reason; the ledger keeps all of it."""
    _vouched(plant, folder)
    standing.recall(plant, PAPER, because="withdrawn")
    with pytest.raises(Conflict, match="already"):
        standing.recall(plant, PAPER, because="again")
    assert "model:furnace@1" in standing.restored(plant, PAPER, because="a slip")["stands"]
    assert not standing.overview(plant)["fallen"]
    with pytest.raises(Conflict, match="not recalled"):
        standing.restored(plant, PAPER, because="again")


def test_what_runs_out_is_told_ahead_and_falls_on_the_day_after(plant: Workspace, folder: Path) -> None:
    """A newer paper of the same kind carries on; nobody has to recall what has run out."""
    today = plant.clock()
    _vouched(plant, folder, until=(today + timedelta(days=30)).date().isoformat())
    soon = standing.overview(plant)["soon"]
    assert [s["days"] for s in soon if s["id"] == PAPER] == [30]
    later = replace(plant, clock=lambda: today + timedelta(days=31))
    assert "model:furnace@1" in standing.fallen(later)
    assert "到期" in standing.fallen(later)["model:furnace@1"].zh
    _vouched(plant, folder, until=(today + timedelta(days=60)).date().isoformat())
    assert "model:furnace@1" not in standing.fallen(later)


def test_a_person_or_a_version_of_the_code_can_be_recalled_too(plant: Workspace) -> None:
    """A key that leaked takes down what it signed; code that was wrong takes down every run it made."""
    fell = {f["kind"] for f in standing.recall(plant, "person:li", because="key leaked")["fell"]}
    assert fell == {"person", "approval", "publication", "run"}
    standing.restored(plant, "person:li", because="found")
    code = next(g for c in indexed(plant).claims for g in c.on if g.startswith("code:"))
    assert {"dataset:mill@1", "model:furnace@1"} <= {
        f["id"] for f in standing.recall(plant, code, because="wrong unit table")["fell"]
    }


def test_the_kept_index_says_what_the_ledger_says(plant: Workspace, folder: Path) -> None:
    """Lost, of another ledger or spoilt, it is made again."""
    _vouched(plant, folder)
    whole = indexed(plant)
    for spoilt in (b"", b"no index", (plant.folder / FILE).read_bytes()[:-9]):
        (plant.folder / FILE).write_bytes(spoilt)
        assert indexed(plant) == whole
    standing.recall(plant, PAPER, because="withdrawn")
    (plant.folder / FILE).unlink()
    assert indexed(plant).recalled().keys() == {PAPER}


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda p, f: standing.recall(p, "nothing", because="x"), NotFound, "nothing"),
        (lambda p, f: standing.recall(p, "furnace@1", because="x"), DataError, "more than one"),
        (lambda p, f: standing.recall(p, "model:furnace@1", because=" "), DataError, "reason"),
        (lambda p, f: standing.vouch(p, "oven", f / "certificate.pdf", kind="calibration"), NotFound, "oven"),
        (lambda p, f: standing.vouch(p, "mill", f / "no.pdf", kind="calibration"), NotFound, r"no\.pdf"),
        (lambda p, f: _vouched(p, f, until="soon"), DataError, "no day"),
        (lambda p, f: _vouched(p, f, until="2020-01-31"), DataError, "passed"),
        (lambda p, f: _vouched(p, f, replaces="paper:x"), NotFound, "paper:x"),
        (lambda p, f: standing.recall(replace(p, person="wang"), "mill@1", because="x"), None, ""),
    ],
)
def test_what_can_not_be_done_is_said_and_nothing_is_written(
    plant: Workspace, folder: Path, call: Callable[[Workspace, Path], Any], error: type[Exception] | None, said: str
) -> None:
    before = plant.ledger.head()
    if error is None:  # an administrator may
        assert call(plant, folder)["fell"]
        return
    with pytest.raises(error, match=said):
        call(plant, folder)
    assert plant.ledger.head() == before


def test_nobody_vouches_for_themselves_not_even_round_a_corner(plant: Workspace, folder: Path) -> None:
    """Refused before it is written: in a ledger that only grows, a circle would stay for ever."""
    paper = folder / "certificate.pdf"
    wang = replace(plant, person="wang")
    with pytest.raises(Conflict, match="stand on itself"):
        standing.vouch(wang, "person:wang", paper, kind="training")
    standing.vouch(plant, "person:wang", paper, kind="training")
    with pytest.raises(Conflict, match="stand on itself"):
        standing.vouch(wang, "person:li", paper, kind="training")
    assert standing.fallen(plant) == {}
