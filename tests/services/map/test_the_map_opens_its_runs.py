"""The programme on one page: each line says how it is answered, and every computed one opens the runs behind it."""

import shutil
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import diapason
from diapason.engines.evidence import dsse
from diapason.errors import NotFound
from diapason.knowledge import measures, shown_by
from diapason.ports.workspace import Workspace
from diapason.services import map as service
from diapason.services import standing
from diapason.services import workspace as workspaces
from diapason.services.workspace import signer_of
from diapason.vocabulary.evidence import Statement, Subject


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plant that ingested and assessed one table."""
    folder = tmp_path_factory.mktemp("made")
    pl.DataFrame({"flow": range(40), "hardness": range(40)}).write_csv(folder / "furnace.csv")
    plant = diapason.init(folder / "plant", person="wang")
    plant.person("li", roles=["approver"])
    plant.ingest(str(folder / "furnace.csv"), name="furnace", target="hardness")
    plant.assess("furnace")
    return folder / "plant"


@pytest.fixture
def ws(made: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(made, tmp_path / "plant")
    return workspaces.open_workspace(tmp_path / "plant", person="li")


def _line(ws: Workspace, number: int, **more: Any) -> dict[str, Any]:
    (line,) = service.run(ws, measure=number, **more)["lines"]
    return dict(line)


def _declare(ws: Workspace, fact: str, value: str, until: str) -> None:
    said = {"fact": fact, "value": value, "person": ws.person, "at": "", "note": "", "until": until, "evidence": None}
    subject = Subject(f"fact:{fact}", sha256(value.encode()).hexdigest())
    signer = signer_of(ws)
    signed = dsse.sign(Statement((subject,), "urn:diapason:predicate:declare:v1", said), signer.keyid, signer.sign)
    ws.ledger.append("declare", subject=f"fact:{fact}", body=signed)


def test_every_measure_safeguard_and_item_has_a_line_in_one_of_four_states(ws: Workspace) -> None:
    """21 measures, 6 safeguards, 29 items; the states add up."""
    for items, lines in ((False, 27), (True, 29)):
        done = service.run(ws, items=items)
        assert len(done["lines"]) == lines == sum(done["states"].values())
        assert {line["state"] for line in done["lines"]} <= set(service.STATES)


def test_a_computed_line_opens_its_runs(ws: Workspace) -> None:
    """By id, as the ledger has them."""
    line = _line(ws, 15)
    assert line["state"] == "computed"
    for run in line["runs"]:
        assert any(e.run == run["id"].partition(":")[2] for e in ws.ledger.entries(kind="result"))
    assert _line(ws, 7, items=True)["state"] == "computed"


def test_a_line_falls_with_its_runs(ws: Workspace) -> None:
    """What stands on recalled data shows nothing any more, and says why."""
    standing.recall(ws, "dataset:furnace@1", because="wrong furnace")
    line = _line(ws, 15)
    assert line["state"] == "not tested"
    assert line["fallen"][0]["why"]["en"].endswith("wrong furnace")
    assert line["next"] == "diapason assess NAME"


def test_a_word_of_a_person_answers_what_no_run_can_and_ends_on_its_day(ws: Workspace) -> None:
    """Asked, with who said it; not tested before and after; a run that is there goes first."""
    assert _line(ws, 17)["state"] == "not tested"
    assert _line(ws, 17)["questions"]
    day = ws.clock().date()
    _declare(ws, "training_hours", "120", (day + timedelta(days=9)).isoformat())
    line = _line(ws, 17)
    assert (line["state"], line["answers"][0]["value"], line["answers"][0]["person"]) == ("asked", "120", "li")
    assert not line["questions"]
    _declare(ws, "training_hours", "130", (day - timedelta(days=1)).isoformat())
    assert _line(ws, 17)["state"] == "not tested"


def test_what_is_not_for_software_says_because(ws: Workspace) -> None:
    """Funds and competition policy are named, not scored."""
    lines = {line["id"]: line for line in service.run(ws)["lines"]}
    for safe in measures.safeguards():
        if not safe.software_can:
            assert lines[safe.id]["state"] == "not for software"
            assert lines[safe.id]["because"]["zh"]


def test_a_count_of_one_workspace_alone_shows_no_region(ws: Workspace) -> None:
    """Measure 7 asks for the records of several enterprises."""
    diapason.open_plant(ws.folder, person="li").count()
    assert _line(ws, 7)["state"] == "not tested"
    lines = {line["id"]: line for line in service.run(ws)["lines"]}
    assert lines["S6"]["state"] == "computed"


def test_the_knowledge_behind_it_names_every_measure_and_item_once() -> None:
    """And where software can do nothing, no run is said to show it."""
    assert sorted(shown_by.measures()) == list(range(1, 22))
    assert sorted(shown_by.items()) == list(range(1, 30))
    assert set(shown_by.safeguards()) == {s.id for s in measures.safeguards()}
    for safe in measures.safeguards():
        assert bool(shown_by.safeguards()[safe.id].verbs) == safe.software_can
    for measure in measures.measures():
        assert bool(shown_by.measures()[measure.number].not_for_software) == (measure.not_for_software is not None)


def test_a_number_that_is_none_is_refused(ws: Workspace) -> None:
    with pytest.raises(NotFound, match="no measure 22"):
        service.run(ws, measure=22)
