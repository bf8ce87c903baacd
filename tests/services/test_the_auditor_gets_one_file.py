"""Everything of a workspace in one signed file: it verifies, it counts, its pages are there in both languages."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from diapason.engines.evidence import container
from diapason.errors import NotFound
from diapason.ports.workspace import Workspace
from diapason.services import appraise, comply, count, declare, dossier, evidence, maturity
from diapason.services import workspace as workspaces
from diapason.services.comply.questions import Answer, store
from diapason.services.count import sources
from diapason.services.verify import verdict, verify

RECOUNT = Path(__file__).parents[2] / "examples" / "recount" / "recount.py"


@pytest.fixture
def plant(furnace: Path) -> Workspace:
    """A plant that went once round, and has answered one question."""
    ws = workspaces.open_workspace(furnace / "plant", person="li")
    store(ws, [Answer("in_china", True, None, None, "")])
    comply.run(ws, regimes=("cn",), role="owner")
    return ws


def _recount() -> ModuleType:
    spec = importlib.util.spec_from_file_location("recount", RECOUNT)
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_one_file_holds_everything_and_says_so(plant: Workspace, tmp_path: Path) -> None:
    """Every body is shown; a changed page breaks it; a stranger's program comes to the same."""
    made = dossier.export(plant, tmp_path / "plant.evidence")
    members = container.unpack((tmp_path / "plant.evidence").read_bytes())
    assert {m for m in members if m.startswith("pages/")} == {
        f"pages/{page}.{language}.html"
        for page in ("enterprise", "owner", "dataset-furnace")
        for language in ("en", "zh")
    }
    assert 'lang="zh' in members["pages/enterprise.zh.html"].decode()
    assert all('"said":' in line for line in members["ledger.jsonl"].decode().splitlines())
    found = verify(tmp_path / "plant.evidence", signer=plant.signer.keyid)
    assert found["entries"] == made["entries"]
    assert verdict(found).en.startswith("plant is intact and re-scored: ")
    same = _recount().recheck((tmp_path / "plant.evidence").read_bytes(), plant.signer.keyid)
    assert same["runs"] == found["runs"]["finished"]


def test_it_counts_elsewhere_as_the_workspace_counts_here(plant: Workspace, tmp_path: Path) -> None:
    """The same numbers from the file as from the ledger."""
    dossier.export(plant, tmp_path / "plant.evidence")
    there = count.run(None, [tmp_path / "plant.evidence"])["counts"]
    here = count.run(plant)["counts"]
    assert there == here


def test_it_is_appraised_elsewhere_as_the_workspace_is_here(plant: Workspace, tmp_path: Path) -> None:
    """Anew from the entries and papers in the file, by any model that the one who counts has."""
    paper = tmp_path / "appointment.pdf"
    paper.write_bytes(b"appointed")
    declare.declare(plant, "annex2.7.c", "yes", evidence=paper)
    dossier.export(plant, tmp_path / "plant.evidence")
    models = [maturity.find(plant, name).model for name in ("annex2", "dcmm", "siri")]
    today = plant.clock().date()
    there = sources.of_file(tmp_path / "plant.evidence", {}, today, None, models)
    assert there.levels == sources.of_workspace(plant, {}, models).levels
    assert {m.id for m in models} <= {name for name, _ in there.levels}
    told = count.run(None, [tmp_path / "plant.evidence"], models=["annex2"])["levels"]
    assert sum(told["annex2"].values()) == 1
    members = container.unpack((tmp_path / "plant.evidence").read_bytes())
    assert b"appointed" in [text for member, text in members.items() if member.startswith("papers/")]


def test_of_one_name_levels_are_those_that_were_signed(plant: Workspace, tmp_path: Path) -> None:
    """What is hidden could change every answer: nothing is appraised anew from it."""
    appraise.run(plant, "siri")
    evidence.export(plant, "furnace", tmp_path / "furnace.evidence", facts=True)
    told = count.run(None, [tmp_path / "furnace.evidence"], models=["annex2"])["levels"]
    assert set(told) == {"siri"}


def test_of_an_empty_workspace_there_is_nothing_to_hand_over(tmp_path: Path) -> None:
    """Said, with the way to see it; no file is left."""
    workspaces.init(tmp_path / "new", person="wang")
    ws = workspaces.open_workspace(tmp_path / "new", person="wang")
    with pytest.raises(NotFound, match="no finished run"):
        dossier.export(ws, tmp_path / "new.evidence")
    assert not (tmp_path / "new.evidence").exists()
