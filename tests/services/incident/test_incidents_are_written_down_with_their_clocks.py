"""An incident is signed entries; clocks count from when it was noticed; shared it has no names; a drill is real."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from diapason.errors import Conflict, DataError, NotFound, Refused
from diapason.knowledge.incidents import clocks
from diapason.ports.workspace import Workspace
from diapason.services import attest, incident, permit, publish, standing
from diapason.services import workspace as workspaces
from diapason.services.incident import drilling
from diapason.services.incident.record import Record, decoded, encoded
from diapason.services.incident.viewing import told
from diapason.services.standing.drawing import fall_now

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
FOUND = "2026-11-29T10:00+00:00"
HARMLESS = ["personal_records=0,loss_yuan=0,whole_stop_hours=0,main_stop_hours=0"]
GRAVE = ["personal_records=0,loss_yuan=20000000,whole_stop_hours=0,main_stop_hours=0,operator=other,in_china=yes"]


@pytest.fixture
def plant(furnace: Path) -> Workspace:
    """Opened by an administrator, at noon."""
    return replace(workspaces.open_workspace(furnace / "plant", person="wang"), clock=lambda: NOW)


def _clocks(view: dict[str, Any]) -> dict[str, str]:
    return {c["id"]: c["state"] for c in view["clocks"]}


def test_knowing_nothing_every_clock_may_run(plant: Workspace) -> None:
    """None is left out because a fact is missing; the facts to tell are named."""
    view = incident.open_(plant, "the model was fed wrong rows", at=FOUND)
    assert set(_clocks(view)) == set(clocks())
    assert set(_clocks(view).values()) == {"may run", "waits"}
    asked = {a for c in view["clocks"] for a in c["ask"]}
    assert {"in_china", "in_eu", "operator", "person_died"} <= asked
    assert view["grade"]["perhaps"] == "especially_major"


@pytest.mark.parametrize(
    ("facts", "state", "left"),
    [
        (GRAVE, "runs", 2.0),  # four hours, two of them gone
        ([*GRAVE, "operator=critical"], None, None),
        ([*HARMLESS, "operator=other,in_china=yes"], None, None),
        (["operator=other,in_china=yes,loss_yuan=5000000"], "runs", 2.0),  # graver is open, reportable it is
        (["operator=other,in_china=yes,loss_yuan=4000000"], "may run", 2.0),
        ([*GRAVE, "in_china=no"], None, None),
    ],
)
def test_the_clock_of_other_operators_in_china(
    plant: Workspace, facts: list[str], state: str | None, left: float | None
) -> None:
    """By operator and grade; where the grade is open but surely reportable, it runs."""
    view = incident.open_(plant, "wrong set-points", at=FOUND, facts=facts)
    line = next((c for c in view["clocks"] if c["id"] == "cn-other"), None)
    assert (line and line["state"], line and line["hours_left"]) == (state, left)


def test_a_report_stops_its_clock_and_a_late_one_is_said_to_be_late(plant: Workspace) -> None:
    """And the summary's clock begins when handling ends."""
    number = incident.open_(plant, "wrong set-points", at=FOUND, facts=GRAVE)["id"]
    assert _clocks(incident.view(plant, number)) == {"cn-other": "runs", "cn-summary": "waits"} | {
        c: s for c, s in _clocks(incident.view(plant, number)).items() if not c.startswith("cn")
    }
    late = replace(plant, clock=lambda: NOW + timedelta(hours=3))
    assert _clocks(incident.view(late, number))["cn-other"] == "late"
    incident.note(late, number, step="report", clock="cn-other", text="called 12387")
    assert _clocks(incident.view(late, number))["cn-other"] == "reported late"
    incident.note(late, number, step="recover", text="right values put back", at="2026-11-29T11:30+00:00")
    summary = next(c for c in incident.view(late, number)["clocks"] if c["id"] == "cn-summary")
    assert summary["until"].startswith("2026-12-29T11:30")


def test_it_can_not_be_closed_while_a_report_is_due(plant: Workspace) -> None:
    """Unless somebody says why, signed."""
    number = incident.open_(plant, "wrong set-points", at=FOUND, facts=GRAVE)["id"]
    with pytest.raises(Conflict, match="no step 'recover'"):
        incident.close(plant, number)
    incident.note(plant, number, step="recover", text="done")
    with pytest.raises(Conflict, match="cn-other"):
        incident.close(plant, number)
    closed = incident.close(plant, number, because="the authority was there in person")
    assert closed["closed"]
    for act in (
        lambda: incident.close(plant, number),
        lambda: incident.note(plant, number, step="report", text="again"),
    ):
        with pytest.raises(Conflict, match="closed"):
            act()


def test_what_becomes_known_later_settles_grade_and_rules(plant: Workspace) -> None:
    """And the rules of incidents follow an open one, not a closed one."""
    number = incident.open_(plant, "wrong set-points", at=FOUND)["id"]
    view = incident.note(plant, number, step="detect", text="graded", facts=GRAVE)
    assert view["grade"]["surely"] == view["grade"]["perhaps"] == "major"
    index, _ = fall_now(plant)
    shown = permit.seen(plant, index)
    assert (shown["incident"].value, shown["incident_grade"].value) == (True, "major")
    duties = {v.duty.id for v in permit.judged(permit.known({}, shown)) if v.applies}
    assert "R-041" in duties
    incident.close(plant, number, because="a drill")
    assert "incident" not in permit.seen(plant, index)


def test_evidence_is_frozen_by_its_digest(plant: Workspace) -> None:
    """Model, dataset, and the ledger as it was."""
    head = plant.ledger.head()
    view = incident.open_(plant, "wrong rows", at=FOUND, model="furnace@1", dataset="furnace")
    frozen = {e["name"]: e["sha256"] for e in view["evidence"]}
    assert frozen[f"ledger/{head[0]}"] == head[1]
    assert frozen["model/furnace@1"] == publish.find(plant, "furnace@1").digest
    assert set(frozen) == {f"ledger/{head[0]}", "model/furnace@1", "dataset/furnace@1"}


def test_the_file_follows_the_schema_and_can_be_made_again_from_the_ledger(plant: Workspace) -> None:
    """It is a view: deleted or spoilt, it comes back."""
    view = incident.open_(plant, "wrong rows", at=FOUND)
    path = Path(view["file"])
    record = decoded(path.read_bytes(), at="file")
    assert record == next(told(plant))
    path.unlink()
    incident.note(plant, "1", step="contain", text="stopped")
    assert [s.step for s in decoded(path.read_bytes(), at="file").stamps] == ["detect", "contain"]
    assert incident.schema()["$defs"]["Record"]["additionalProperties"] is False


@pytest.mark.parametrize("spoil", [{"colour": "red"}, {"found": "yesterday"}, {"stamps": [{"step": "panic"}]}])
def test_what_does_not_follow_the_schema_is_refused(plant: Workspace, spoil: dict[str, Any]) -> None:
    """An unknown field, a time that is none, an unknown step."""
    incident.open_(plant, "wrong rows", at=FOUND)
    plain = msgspec.json.decode(encoded(next(told(plant))))
    with pytest.raises(DataError, match="no incident record"):
        decoded(json.dumps(plain | spoil).encode(), at="x")


def test_what_is_shared_names_nobody(plant: Workspace, tmp_path: Path) -> None:
    """Names of people go, also out of texts; the file is checked and noted by its digest."""
    workspaces.add_person(plant, "张伟", ["operator"])
    number = incident.open_(plant, "wang fed wrong rows, Li saw it; 张伟在场; the liner held", at=FOUND)["id"]
    incident.note(plant, number, step="contain", text="stopped by LI")
    done = incident.export(plant, number, tmp_path / "shared.json")
    text = (tmp_path / "shared.json").read_text(encoding="utf-8")
    shared = decoded(text.encode(), at="shared")
    assert shared.what == "person-1 fed wrong rows, person-2 saw it; person-3在场; the liner held"
    assert [s.by for s in shared.stamps] == ["person-1", "person-1"]
    assert "张伟" not in text
    entry = plant.ledger.last(kind="incident")
    assert entry is not None
    assert done["seq"] == entry.seq
    with pytest.raises(NotFound):
        incident.export(plant, "77", tmp_path / "x.json")
    workspaces.add_person(plant, "sun", ["operator"])
    with pytest.raises(Refused):
        incident.export(replace(plant, person="sun"), number, tmp_path / "x.json")


WRONG: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"what": "  "}, DataError),
    ({"at": "yesterday"}, DataError),
    ({"at": "2026-11-29T12:01+00:00"}, DataError),  # lies ahead
    ({"regimes": ("mars",)}, DataError),
    ({"regimes": ()}, DataError),
    ({"model": "nothing@1"}, NotFound),
    ({"dataset": "nothing"}, NotFound),
    ({"facts": ["loss_yuan=-1"]}, DataError),
    ({"facts": ["loss_yuan=nan"]}, DataError),
    ({"facts": ["loss_yuan"]}, DataError),
    ({"facts": ["colour=red"]}, DataError),
    ({"facts": ["operator=pirate"]}, DataError),
]


@pytest.mark.parametrize(("wrong", "error"), WRONG)
def test_a_bad_word_is_refused_and_nothing_is_written(
    plant: Workspace, wrong: dict[str, Any], error: type[Exception]
) -> None:
    """No half incident."""
    said = {"what": "wrong rows", "at": FOUND} | wrong
    with pytest.raises(error):
        incident.open_(plant, said.pop("what"), **said)
    assert plant.ledger.last(kind="incident") is None
    assert incident.listed(plant) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": "panic"},
        {"text": " "},
        {"at": "2026-11-29T09:00+00:00"},
        {"clock": "nothing"},
        {"step": "detect", "clock": "cn-other"},
    ],
)
def test_a_bad_note_is_refused(plant: Workspace, wrong: dict[str, Any]) -> None:
    """Unknown step or clock, no text, before it was noticed, a clock without a report."""
    incident.open_(plant, "wrong rows", at=FOUND)
    with pytest.raises((DataError, NotFound)):
        incident.note(plant, "1", **({"step": "report", "text": "said"} | wrong))


def test_a_time_without_a_zone_is_that_of_the_machine(plant: Workspace) -> None:
    """And stands with its zone from then on."""
    view = incident.open_(plant, "wrong rows", at="2026-11-29 10:00")
    assert datetime.fromisoformat(str(view["found"])).utcoffset() is not None


def test_a_drill_really_stops_and_really_brings_back(plant: Workspace) -> None:
    """On a copy: tampered, found, recalled, put back; the workspace itself is as before but for the signed run."""
    before = {p.name: p.read_bytes() for p in (plant.folder / "vault").rglob("*") if p.is_file()}
    done = asyncio.run(incident.drill(plant, "furnace@1"))
    assert done["held"], done
    assert all(s > 0 for s in done["seconds"].values())
    assert set(done["seconds"]) == {"detect", "contain", "recover"}
    after = {p.name: p.read_bytes() for p in (plant.folder / "vault").rglob("*") if p.is_file()}
    assert before.items() <= after.items()
    assert plant.ledger.last(kind="recall") is None
    assert standing.fallen(plant) == {}
    assert attest.finished(plant, done["run"])["result"]["seconds"] == done["seconds"]
    index, fall = fall_now(plant)
    known = {"acts_on_controller": False, "uses_tools": False}
    assert {"stop-test", "rollback-plan"} <= set(permit.shown(index, fall, known).proven)
    assert "stop-test" not in permit.shown(index, fall, {}).proven


def test_a_drill_that_does_not_stop_says_so(plant: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tampering that nobody finds: not held, no seconds, no proof."""
    monkeypatch.setattr(drilling, "_overwritten", lambda path, data: None)
    done = asyncio.run(incident.drill(plant, "furnace@1"))
    assert not done["held"]
    assert done["seconds"] == {"detect": None, "contain": None, "recover": None}
    assert [s["step"] for s in done["steps"]] == ["prepare", "detect"]
    ended = next(r for r in attest.runs(plant) if r["run"] == done["run"])
    assert (ended["state"], ended["reason"]) == ("abandoned", "did not hold at detect: it still predicted")
    index, fall = fall_now(plant)
    known = {"acts_on_controller": False, "uses_tools": False}
    assert "stop-test" not in permit.shown(index, fall, known).proven


def test_who_may_not_recall_may_not_drill(plant: Workspace) -> None:
    """Nor is a fallen model drilled."""
    workspaces.add_person(plant, "sun", ["operator"])
    with pytest.raises(Refused):
        asyncio.run(incident.drill(replace(plant, person="sun")))
    standing.recall(plant, "model:furnace@1", because="a test")
    with pytest.raises(Refused, match="may not predict"):
        asyncio.run(incident.drill(plant, "furnace@1"))


def test_the_command_leads_through_an_incident(furnace: Path, call: Callable[..., Any]) -> None:
    """Open, show, note, close, list; each says what comes next, in both languages; slips are met."""
    where = ("-w", str(furnace / "plant"))
    assert "diapason incident drill" in call("incident", "show", *where).stdout
    opened = call("incident", "open", "--what", "wrong rows", "--grade-facts", GRAVE[0], *where)
    assert opened.exit_code == 0, opened.output
    assert "▲ runs" in opened.stdout
    assert "12387" in opened.stdout
    assert "计时中" in call("incident", "show", "1", "--lang", "zh", *where).stdout
    noted = call("incident", "note", "1", "--step", "report", "--clock", "cn-other", "--text", "called", *where)
    assert "✓ reported" in noted.stdout
    assert call("incident", "close", "1", *where).exit_code == 1
    assert "is closed" in call("incident", "close", "1", "--text", "by hand", *where).stdout
    assert "closed" in call("incident", "show", *where).stdout
    assert json.loads(call("incident", "schema").stdout)["$ref"].endswith("Record")
    for slip in (["open"], ["close"], ["show", "--what", "x"], ["note", "1"]):
        assert call("incident", *slip, *where).exit_code == 2


def test_the_record_has_no_field_for_a_secret() -> None:
    """What is kept is listed here: a new field is a decision."""
    assert set(Record.__struct_fields__) == {
        "format", "id", "what", "found", "opened", "closed", "regimes", "models", "datasets", "facts", "numbers",
        "grade", "clocks", "stamps", "evidence", "owner", "rule", "severity",
    }  # fmt: skip
