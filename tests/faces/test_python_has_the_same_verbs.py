"""Every verb of the command line is there in Python, and answers as `--json` does."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import diapason
from diapason.errors import NotFound
from diapason.faces.cli.face import ORDER


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plant that has learnt the hardness from its furnace; every eighth value is written in another unit."""
    folder = tmp_path_factory.mktemp("learnt")
    draw = np.random.default_rng(0)
    x = draw.normal(size=(160, 2))
    hardness = 50 + 3 * x[:, 0] + draw.normal(size=160)
    hardness[::8] *= 2.2046
    pl.DataFrame({"flow": x[:, 0], "speed": x[:, 1], "hardness": hardness}).write_csv(folder / "furnace.csv")
    made = diapason.init(folder / "plant", person="wang")
    made.ingest(str(folder / "furnace.csv"), name="furnace", target="hardness")
    assert made.learn("furnace", task="regression")["model"] == "furnace@1"
    return folder


@pytest.fixture
def plant(learnt: Path, tmp_path: Path) -> diapason.Plant:
    """A copy of it: copy the folder and you have the plant."""
    shutil.copytree(learnt / "plant", tmp_path / "plant")
    return diapason.open_plant(tmp_path / "plant", person="wang")


def test_no_verb_of_the_command_line_is_missing() -> None:
    """Those that need no workspace are functions of the package, all others methods of a plant."""
    without = {"demo", "init", "restore", "verify"}
    assert without <= set(diapason.__all__)
    assert {name.replace(" ", "_") for name in ORDER} - without <= {
        name for name in dir(diapason.Plant) if not name.startswith("_")
    }


def test_the_verbs_of_the_command_line_work_from_python(plant: diapason.Plant, tmp_path: Path) -> None:
    """Assess, learn, report, evidence, and the stranger's check."""
    assert plant.assess("furnace")["rows"] == 160
    made = plant.report("furnace", to=tmp_path / "furnace.html", language="zh")
    assert "诚实划分" in made["verdict"]
    signed = plant.evidence("furnace", to=tmp_path / "furnace.evidence")
    assert diapason.verify(signed["file"], signer=signed["signer"])["known_signer"]
    assert plant.anchor(tmp_path / "plant.anchor")["seq"] == plant.status()["ledger"]["entries"]


def test_what_people_answer_goes_in_by_python_too(plant: diapason.Plant, tmp_path: Path) -> None:
    """Trials, a sheet, answers, an adoption that rests on them or on the trials, and the way back."""
    plant.resonate("furnace", budget="1s")
    sheet = plant.audit("furnace", to=tmp_path / "look.csv")
    told = pl.read_csv(sheet["file"], infer_schema=False)
    first = pl.int_range(pl.len()) == 0
    told = told.with_columns(
        is_wrong=pl.when(first).then(pl.lit("yes")).otherwise(pl.lit("no")),
        right_value=pl.when(first).then(pl.lit("50")).otherwise(pl.lit("")),
    )
    told.write_csv(tmp_path / "told.csv")
    answered = plant.audit("furnace", answers=tmp_path / "told.csv")
    assert answered["answered"] == sheet["rows"]
    assert (answered["wrong"], answered["corrected"]) == (1, 1)
    again = plant.resonate("furnace", budget="1s")
    assert again["account"]["number"] == 2
    adopted = plant.adopt("furnace")
    assert plant.undo("furnace", reason="a test")["restored"] == adopted["before"]


def test_orders_are_listed_placed_and_scored(plant: diapason.Plant) -> None:
    """What is reachable becomes an order; without a name the order book."""
    plant.feasible("furnace", target="rmse<=2")
    offered = [p["id"] for p in plant.order("furnace")["proposed"]]
    placed = plant.order("furnace", place=offered[0], cost=100.0)
    assert [o["order"] for o in plant.order("furnace")["open"]] == [placed["order"]]
    assert plant.order()["calibration"]["orders"] == 0


def test_what_must_be_shown_and_what_happened_are_told(plant: diapason.Plant, tmp_path: Path) -> None:
    """Questions out, answers in, the page; an incident from its first word to its export; a drill."""
    asked = plant.comply(sheet=tmp_path / "q.csv", role="owner")
    assert asked["questions"] > 10
    (tmp_path / "told.csv").write_text("fact,answer\nin_china,yes\nin_eu,no\n", encoding="utf-8")
    page = plant.comply(answers=tmp_path / "told.csv", regimes=("cn",), to=tmp_path / "page.html", language="zh")
    assert (page["stored"]["stored"], page["answered"]) == (2, 2)
    assert (tmp_path / "page.html").exists()
    number = plant.incident("open", what="wrong rows", facts=["operator=other"])["id"]
    plant.incident("note", number, step="recover", text="right rows")
    assert plant.incident("close", number, because="a test")["closed"]
    assert plant.incident()["incidents"][0]["state"] == "closed"
    assert plant.incident("show", number)["id"] == number
    assert plant.incident("export", number, to=tmp_path / "shared.json")["replaced"] >= 1
    assert plant.incident("drill", model="furnace@1")["held"]
    assert "$defs" in plant.incident("schema")


def test_evidence_is_vouched_for_recalled_and_given_back(plant: diapason.Plant, tmp_path: Path) -> None:
    """A paper under a dataset falls and stands again, and takes what stands on it along."""
    (tmp_path / "paper.pdf").write_bytes(b"calibrated")
    made = plant.vouch("furnace", tmp_path / "paper.pdf", kind="calibration", until="2099-01-31")
    assert plant.recall(made["id"], because="withdrawn")["fell"]
    assert not plant.standing("dataset:furnace@1")["stands"]
    assert "dataset:furnace@1" in {f["id"] for f in plant.standing()["fallen"]}
    assert plant.recall(made["id"], because="a mistake", lift=True)["stands"]
    assert plant.standing(made["id"])["stands"]


def test_wrong_cells_are_mended_by_a_sheet(tmp_path: Path) -> None:
    """Written, edited by a person, adopted, taken back."""
    towns = {"28195": "Bremen", "20095": "Hamburg", "80331": "Munich"}
    codes = list(towns) * 60
    named = [towns[c] for c in codes]
    named[7] = "Hambrug"
    pl.DataFrame({"code": codes, "town": named}).write_csv(tmp_path / "towns.csv")
    made = diapason.init(tmp_path / "office", person="wang")
    made.ingest(str(tmp_path / "towns.csv"), name="towns")
    found = made.mend("towns", sheet=tmp_path / "towns.mend.csv")
    assert [c["value"] for c in found["cells"]] == ["Hambrug"]
    assert made.mend("towns", edited=found["sheet"])["dataset"] == "towns@2"
    assert made.datasets("towns@1", "towns@2")["changed_cells"] == 1
    assert made.undo("towns")["restored"] == "towns@1"


def test_a_visit_goes_from_the_first_word_to_the_last(learnt: Path, plant: diapason.Plant, tmp_path: Path) -> None:
    """Packed, drafted, signed twice, checked, run, shown, let out by a second person, read."""
    bundle, contract, out = tmp_path / "acme.visit", tmp_path / "acme.yaml", tmp_path / "acme.result"
    mill = diapason.init(tmp_path / "mill", person="zhao")
    mill.person("li", roles=["approver"])
    second = diapason.open_plant(tmp_path / "mill", person="li")
    mill.ingest(str(learnt / "furnace.csv"), name="oven", target="hardness")
    plant.visit("pack", "furnace@1", to=bundle, repairs=["drop"], budget="2s", accept=("robust", 1.0))
    plant.visit("draft", bundle, plant=mill.status()["signer"], to=contract)
    assert plant.visit("sign", contract)["signed"].keys() == {"provider"}
    assert second.visit("sign", contract)["signed"].keys() == {"provider", "plant"}
    assert mill.visit("check", bundle, contract=contract)["objections"] == []
    run = mill.visit("run", bundle, contract=contract, on="oven", map={"hardness": "hardness"})["run"]
    seen = mill.visit("release", run, contract=contract)["digest"]
    second.visit("release", run, contract=contract, approve=seen, to=out)
    assert plant.visit("read", out, contract=contract)["content"]


def test_a_second_person_approves_by_opening_the_plant(plant: diapason.Plant, tmp_path: Path) -> None:
    """Who acts is who opened it; a backup comes back as a plant."""
    assert plant.person("li", roles=["approver"])["person"]["roles"] == ["approver"]
    approver = diapason.open_plant(tmp_path / "plant", person="li")
    assert approver.approve("furnace@1", days=30)["person"] == "li"
    assert plant.doctor()["whole"]
    saved = plant.backup(tmp_path / "plant.backup", with_keys=True)
    assert diapason.restore(saved["file"], tmp_path / "again")["datasets"] == ["furnace@1"]
    plant.forget("furnace", reason="a test")
    with pytest.raises(NotFound):
        plant.assess("furnace")


def test_the_package_is_imported_lazily() -> None:
    """Unknown names are refused; known ones come from the face."""
    assert diapason.Plant.__name__ == "Plant"
    with pytest.raises(AttributeError, match="no attribute"):
        _ = diapason.nothing
