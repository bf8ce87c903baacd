"""The supplier's page: at most twelve rows, a light per regime, no score; unknown is grey, never green."""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from diapason.errors import DataError, NotFound
from diapason.knowledge.facts import facts as questions
from diapason.ports.workspace import Workspace
from diapason.services import attest, comply, incident, permit, standing
from diapason.services import workspace as workspaces
from diapason.services.comply.boxes import due
from diapason.services.comply.questions import COLUMNS, Answer, read_sheet, store
from diapason.services.permit import judged, known
from diapason.vocabulary.facts import Fact

TODAY = date(2026, 11, 29)
NO = {name: False for name, q in questions().items() if q.kind == "flag"}
FULL: dict[str, Any] = NO | {"in_china": True, "in_eu": True, "ai_system": True, "trains_model": True}
FULL |= {"machine_learning": True, "scene": "planning", "autonomy": "advise", "data_grade": "general"}
FULL |= {"people_since_january": 0.0, "sensitive_since_january": 0.0, "operator": "other", "eu_role": "provider"}


@pytest.fixture
def plant(furnace: Path) -> Workspace:
    return workspaces.open_workspace(furnace / "plant", person="wang")


def _look(plant: Workspace, words: dict[str, Any], *regimes: str, **more: Any) -> dict[str, Any]:
    said = {n: Fact(n, v) for n, v in words.items()}
    return comply.look(plant, said, **({"regimes": regimes or ("cn", "eu"), "role": "supplier", "days": 90} | more))


def _lights(page: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {row["id"]: row["lights"] for row in page["rows"]}


def test_knowing_nothing_nothing_is_green_that_hangs_on_an_answer(plant: Workspace) -> None:
    """Every light is grey or empty, and the questions are told."""
    page = _look(plant, {})
    assert {light for lights in _lights(page).values() for light in lights.values()} <= {"grey", "none"}
    assert {"in_china", "in_eu", "scene", "personal_data"} <= set(page["questions"])
    assert all(f["state"] == "unknown" for f in page["flows"])
    assert not any(n in page["questions"] for n in ("incident", "operator", "nis2_entity")), "no incident is open"


@pytest.mark.parametrize("name", sorted(FULL))
def test_an_answer_taken_away_never_turns_a_light_green_or_off(plant: Workspace, name: str) -> None:
    """What was red or amber stays or becomes unknown: it never disappears in silence."""
    words = FULL | {"connected_product": True, "personal_data": True, "outbound": True, "in_machinery": True}
    words |= {"leaves_jurisdiction": True}
    whole, less = _lights(_look(plant, words)), _lights(_look(plant, {k: v for k, v in words.items() if k != name}))
    for row, lights in whole.items():
        for regime, light in lights.items():
            if light in ("red", "amber"):
                assert less[row][regime] in ("red", "amber", "grey"), (row, regime)


def test_each_row_says_proven_missing_clauses_days_deadline_and_who(plant: Workspace) -> None:
    """Training data: the signed assessment is the card; records and licence are missing, for both regimes."""
    page = _look(plant, FULL)
    row = next(r for r in page["rows"] if r["id"] == "training-data")
    assert row["lights"] == {"cn": "red", "eu": "red"}
    assert [p["id"] for p in row["proven"]] == ["dataset-card"]
    assert row["proven"][0]["run"].startswith("assess-")
    assert [m["id"] for m in row["missing"]] == ["dataset-records", "licence-proof"]
    assert row["days"] == 3
    assert row["deadline"]["en"] == "now, before training"
    assert [w["zh"] for w in row["who"]] == ["数据工程师", "法务"]
    assert "TC609-5-2025-02" in row["clauses"]["cn"]
    assert "AI Act Art. 10" in row["clauses"]["eu"]
    assert len(page["rows"]) <= 12
    assert not re.search(r"score|%|得分|评分", json.dumps(page["rows"], ensure_ascii=False))


def test_all_duties_at_once_still_fit_twelve_rows(plant: Workspace) -> None:
    """The worst of all systems has no thirteenth row."""
    worst = {n: True for n, q in questions().items() if q.kind == "flag"} | {"in_machinery": True}
    worst |= {"scene": "safety_function", "autonomy": "act_free", "data_grade": "core", "operator": "critical"}
    page = _look(plant, worst, "cn", "eu", "iso")
    assert 10 <= len(page["rows"]) <= 12
    assert page["level"]["low"] == page["level"]["high"] == 5
    assert {c["id"]: c["holds"] for c in page["classes"]["ai_act"]}["prohibited"] is True
    assert page["flows"][0]["state"] == "blocked"
    assert [r["rule"] for r in page["flows"][0]["routes"]][:1] == ["R-023"]


def test_a_duty_of_tomorrow_is_amber_and_in_the_calendar(plant: Workspace) -> None:
    """A learning safety part of a machine: red from 2027-01-20, amber before."""
    words = FULL | {"in_machinery": True, "safety_component": True}
    page = _look(replace(plant, clock=lambda: plant_clock(TODAY)), words, "eu")
    row = next(r for r in page["rows"] if r["id"] == "machine-safety")
    assert (row["lights"]["eu"], row["deadline"]["day"]) == ("amber", "2027-01-20")
    assert "R-050" in [d["id"] for d in page["due"]]
    after = _look(replace(plant, clock=lambda: plant_clock(date(2027, 1, 20))), words, "eu")
    assert _lights(after)["machine-safety"]["eu"] == "red"


def plant_clock(day: date) -> Any:
    from datetime import UTC, datetime

    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def test_a_paper_turns_a_row_green_and_its_recall_red_again(plant: Workspace, furnace: Path) -> None:
    """Ethics review: one artefact, one row; the fallen paper is named."""
    words = FULL | {"ethics_risk": True}
    assert _lights(_look(plant, words))["ethics"]["cn"] == "red"
    made = standing.vouch(plant, "model:furnace@1", furnace / "paper.pdf", kind="ethics-review-record")
    assert _lights(_look(plant, words))["ethics"]["cn"] == "green"
    standing.recall(plant, made["id"], because="the committee had four members")
    row = next(r for r in _look(plant, words)["rows"] if r["id"] == "ethics")
    assert row["lights"]["cn"] == "red"
    assert row["missing"][0]["fallen"] == [made["id"]]


def test_the_page_is_signed_and_falls_with_what_it_stands_on(plant: Workspace, furnace: Path) -> None:
    """Rows are kept as a table; a recalled paper takes the page's run down."""
    store(plant, [Answer(n, v, None, None, "") for n, v in (FULL | {"ethics_risk": True}).items()])
    made = standing.vouch(plant, "model:furnace@1", furnace / "paper.pdf", kind="ethics-review-record")
    done = comply.run(plant, to=furnace / "page.html", language="zh")
    kept = attest.finished(plant, done["run"])
    assert kept["kept"]["rows"]["rows"] == len(done["rows"])
    assert made["id"] in kept["result"]["on"]
    table = pl.read_csv(plant.vault.get(kept["kept"]["rows"]["sha256"]))
    assert table.filter(pl.col("row") == "ethics")["light_cn"].to_list() == ["green"]
    fell = standing.recall(plant, made["id"], because="withdrawn")["fell"]
    assert f"run:{done['run']}" in {f["id"] for f in fell}
    html = (furnace / "page.html").read_text(encoding="utf-8")
    assert "数据流向" in html
    assert f'id="run-{done["run"]}"' in html
    assert "<script" not in html


def test_what_the_page_does_not_allow_the_gate_refuses(plant: Workspace, furnace: Path) -> None:
    """One decision, told twice: actions that wait on the page are what holds a publication back."""
    store(plant, [Answer(n, v, None, None, "") for n, v in FULL.items()])
    page = comply.run(plant)
    waits = {
        m
        for p in page["permissions"]
        if p["action"] in permit.UPTO["publish"]
        for b in p["blocked_by"]
        for m in b["missing"]
    }
    grounds = ("model:furnace@1", "dataset:furnace@1", "dataset:furnace")
    gate = permit.permission(plant, "furnace@1", grounds)
    assert gate is not None
    assert {w.artefact for w in gate.wants} == waits
    for name in waits:
        standing.vouch(plant, "model:furnace@1", furnace / "paper.pdf", kind=name)
    page = comply.run(plant)
    assert not [p for p in page["permissions"] if p["allowed"] is False]
    gate = permit.permission(plant, "furnace@1", grounds)
    assert gate is not None
    assert gate.wants == ()


FLOWS = [
    ({"outbound": False, "leaves_jurisdiction": False}, "stays", set()),
    ({"outbound": True, "data_grade": "general", "personal_data": False}, "blocked", {"export-screening"}),
    (
        {"outbound": True, "personal_data": True, "people_since_january": 5e5},
        "blocked",
        {"contract-or-certificate", "export-screening"},
    ),
    (
        {"outbound": True, "personal_data": True, "people_since_january": 2e6},
        "blocked",
        {"outbound-assessment", "export-screening"},
    ),
    (
        {"outbound": True, "personal_data": True, "people_since_january": 10.0},
        "blocked",
        {"exemption-record", "export-screening"},
    ),
]


@pytest.mark.parametrize(("words", "state", "missing"), FLOWS)
def test_data_leaves_by_its_route_or_not_at_all(
    plant: Workspace, words: dict[str, Any], state: str, missing: set[str]
) -> None:
    """Each band has its paper, and every transfer its screening; what is not answered stays."""
    flow = _look(plant, FULL | words)["flows"][0]
    assert (flow["state"], {m["id"] for m in flow["missing"]}) == (state, missing)
    asked = {k: v for k, v in (FULL | words).items() if k != "outbound"} | {"outbound": None}
    assert _look(plant, asked)["flows"][0]["state"] == "unknown"


def test_data_may_leave_once_its_route_is_shown(plant: Workspace, furnace: Path) -> None:
    """Screening vouched for: open."""
    standing.vouch(plant, "furnace", furnace / "paper.pdf", kind="export-screening")
    flow = _look(plant, FULL | {"outbound": True})["flows"][0]
    assert (flow["state"], [r["rule"] for r in flow["routes"]]) == ("may_leave", ["R-090"])


def test_committees_are_those_whose_standards_bear_on_what_is_not_proven(plant: Workspace) -> None:
    """High-quality data leads to TC609, and the door says what firms with foreign capital may do."""
    page = _look(plant, FULL)
    first = page["committees"][0]
    assert first["id"] == "SAC/TC609"
    assert "TC609-5-2025-02" in first["on"]
    assert any(d["foreign_invested"] for d in first["doors"])


def test_what_falls_due_is_told_within_the_days_that_are_asked(plant: Workspace) -> None:
    """Calendar and papers, soonest first, none beyond."""
    verdicts = judged(known({}, {}), ("eu",))
    found = due([], verdicts, ("eu",), TODAY, 90)
    days = [d["day"] for d in found]
    assert days == sorted(days)
    assert {"2026-12-02", "2027-01-20"} <= set(days)
    assert due([], verdicts, ("eu",), TODAY, 1) == []


def _sheet(plant: Workspace, path: Path, **said: str) -> Path:
    comply.ask(plant, path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    for line in lines:
        line["answer"] = said.get(line["fact"], "")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(lines)
    return path


def test_a_sheet_goes_out_and_comes_back(plant: Workspace, tmp_path: Path) -> None:
    """Answered in either language; what is left empty stays open; each answer is signed."""
    sheet = _sheet(
        plant, tmp_path / "q.csv", in_china="是", in_eu="no", scene="计划与排产", people_since_january="1,200"
    )
    before = comply.ask(plant, tmp_path / "again.csv")["questions"]
    assert comply.answer(plant, sheet)["stored"] == 4
    page = comply.run(plant)
    assert page["answered"] == 4
    assert before > len(page["questions"]) > 0
    entry = plant.ledger.last(kind="declare", subject="fact:scene")
    assert entry is not None
    assert entry.body["signatures"][0]["keyid"] == workspaces.people(plant)["wang"]["keyid"]


WRONG = [
    ("in_china,maybe,,,", "line 2: in_china cannot be 'maybe'"),
    ("in_mars,yes,,,", "line 2: there is no question 'in_mars'"),
    ("in_china,yes,,,\r\nin_china,no,,,", "line 3: in_china stands here twice"),
    ("in_china,yes,tomorrow,,", "line 2: 'tomorrow' is no day"),
    ("in_china,yes,2020-01-01,,", "line 2: 2020-01-01 has passed"),
    ("in_china,yes,,nothing.pdf,", "line 2: there is no file nothing.pdf"),
    ("people_since_january,-4,,,", "line 2: people_since_january cannot be '-4'"),
    ("people_since_january,inf,,,", "line 2: people_since_january cannot be 'inf'"),
    ("data_grade,secret,,,", "line 2: data_grade cannot be 'secret'"),
]


@pytest.mark.parametrize(("lines", "said"), WRONG)
def test_a_bad_line_is_named_and_nothing_is_stored(plant: Workspace, tmp_path: Path, lines: str, said: str) -> None:
    """Not even the good lines beside it."""
    path = tmp_path / "bad.csv"
    path.write_text(f"fact,answer,until,evidence,note\r\n{lines}\r\nin_eu,yes,,,\r\n", encoding="gb18030")
    with pytest.raises(DataError) as refused:
        comply.answer(plant, path)
    assert said in refused.value.said("en")["what"]
    assert "未存入任何内容" in refused.value.said("zh")["what"]
    assert plant.ledger.last(kind="declare") is None


@pytest.mark.parametrize("data", [b"", b"a,b\r\n1,2\r\n", b"fact,answer\r\n", b"\xff\xfe\x00\x01\xff"])
def test_what_is_no_sheet_is_refused(plant: Workspace, tmp_path: Path, data: bytes) -> None:
    """Empty, other columns, no line, no text."""
    path = tmp_path / "none.csv"
    path.write_bytes(data)
    with pytest.raises(DataError):
        read_sheet(path, TODAY)
    with pytest.raises(NotFound):
        read_sheet(tmp_path / "absent.csv", TODAY)


def test_a_document_goes_to_the_vault_with_its_answer(plant: Workspace, furnace: Path) -> None:
    """Beside the sheet, by its name."""
    path = furnace / "q.csv"
    path.write_text("fact,answer,evidence\nin_eu,no,paper.pdf\n", encoding="utf-8")
    said = comply.answer(plant, path)["answers"][0]
    assert plant.vault.get(said["evidence"]["sha256"]) == b"signed by somebody"


def test_what_only_an_incident_can_tell_is_not_on_the_sheet(plant: Workspace) -> None:
    """Grade, breach, flaw: asked by the incident; the row of an open one waits for them."""
    incident.open_(plant, "wrong rows")
    page = _look(plant, {"in_china": True, "in_eu": True})
    assert not {"incident_grade", "operator", "personal_data_breach", "exploited_flaw"} & set(page["questions"])
    row = next(r for r in page["rows"] if r["id"] == "incidents")
    assert row["lights"] == {"cn": "grey", "eu": "grey"}
    assert {"incident_grade", "operator"} <= set(row["ask"])


@pytest.mark.parametrize("wrong", [{"regimes": ("mars",)}, {"regimes": ()}, {"role": "king"}])
def test_an_unknown_regime_or_role_is_refused(plant: Workspace, wrong: dict[str, Any]) -> None:
    """With those there are."""
    with pytest.raises(DataError):
        _look(plant, {}, **wrong)


def test_the_command_speaks_both_languages(furnace: Path, call: Callable[..., Any]) -> None:
    """A sentence, the rows, what comes next; JSON for programs; a slip is met."""
    where = ("-w", str(furnace / "plant"))
    said = call("comply", *where)
    assert said.exit_code == 0, said.output
    assert "questions" in said.stdout.splitlines()[0]
    assert "下一步" in call("comply", *where, "--lang", "zh").stdout
    sheet = call("comply", *where, "--sheet", str(furnace / "q.csv"))
    assert "open questions" in sheet.stdout
    assert len(json.loads(call("comply", *where, "--json").stdout)["rows"]) <= 12
    assert call("comply", *where, "--sheet", "a", "--from", "b").exit_code == 2
    assert "no regime 'mars'" in call("comply", *where, "--regimes", "mars").stderr
