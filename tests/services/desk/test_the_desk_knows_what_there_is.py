"""The catalogue says what is missing, search finds in both languages, the order book adds up only what adds up."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import diapason
from diapason.errors import DataError, NotFound
from diapason.ports.workspace import Workspace
from diapason.services import describe, desk, facts
from diapason.services.desk import searching
from diapason.services.facts.described import NEEDED
from diapason.services.ingest.contracts import keep_contract
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.tables import Column, Contract, Role


def test_the_catalogue_tells_everything_and_what_is_missing(ws: Workspace) -> None:
    describe.run(ws, "furnace", {"title": "二号炉", "owner": "Works 2", "steward": "li", "grade": "core"})
    one = desk.catalogue(ws)["datasets"][0]
    assert (one["name"], one["version"], one["versions"], one["rows"]) == ("furnace", 1, 1, 120)
    assert one["said"]["grade"] == "core"
    assert one["missing"] == ["description", "licence", "source"]
    assert one["findings"]["state"] == "current"
    assert one["lineage"]["source"].endswith("furnace.csv")
    assert one["lineage"]["models"] == ["furnace@1"]
    assert one["use"]["verbs"] == {"assess": 1, "learn": 1, "publish": 1, "predict": 1}
    assert one["use"]["people"] == 1
    assert one["contract"]["columns"] == 3


def test_use_is_counted_in_ninety_days_and_bringing_in_is_none(ws: Workspace) -> None:
    from dataclasses import replace

    late = replace(ws, clock=lambda: ws.clock() + timedelta(days=91))
    assert desk.catalogue(late)["datasets"][0]["use"]["runs"] == 0
    assert [d["name"] for d in desk.catalogue(late, unused=True)["datasets"]] == ["furnace"]
    assert desk.catalogue(ws, unused=True)["datasets"] == []
    before = desk.catalogue(ws)["datasets"][0]["use"]
    plant = diapason.Plant(ws)
    plant.appraise("dcmm")
    plant.statement(f"{ws.clock():%Y-%m}")
    assert desk.catalogue(ws)["datasets"][0]["use"] == before, "counting is no use of what is counted"


def test_the_catalogue_is_filtered_by_words(ws: Workspace) -> None:
    describe.run(ws, "furnace", {"grade": "core", "owner": "Works 2"})
    assert desk.catalogue(ws, where=["grade=core", "owner=works 2"])["count"] == 1
    assert desk.catalogue(ws, where=["licence="])["count"] == 1
    assert desk.catalogue(ws, where=["grade=general"])["count"] == 0
    assert desk.catalogue(ws, missing=True)["missing"]["licence"] == 1
    for bad in ("colour=red", "grade", "=core"):
        with pytest.raises(DataError, match="no condition"):
            desk.catalogue(ws, where=[bad])
    with pytest.raises(NotFound, match="no dataset 'nothing'"):
        desk.catalogue(ws, "nothing")


def test_what_was_joined_is_told_up_and_down(ws: Workspace, tmp_path: Path) -> None:
    for name, column in (("left", "a"), ("right", "b")):
        lines = "".join(f"{i},{i * 2}\n" for i in range(30))
        (tmp_path / f"{name}.csv").write_text(f"id,{column}\n{lines}")
    plant = diapason.open_plant(ws.folder, person="wang")
    for name in ("left", "right"):
        plant.ingest(str(tmp_path / f"{name}.csv"), name=name)
    plant.join("left", "right", on=("id",), name="both")
    told = {d["name"]: d["lineage"] for d in desk.catalogue(ws)["datasets"]}
    assert told["both"]["from"] == ["left@1", "right@1"]
    assert (told["left"]["datasets"], told["right"]["datasets"]) == (["both@1"], ["both@1"])


def test_coverage_is_counted_over_all_datasets(ws: Workspace) -> None:
    """A steward who is nobody here is no steward; a word that ended is none; complete needs all words."""
    from dataclasses import replace

    before = facts.facts(ws)
    assert before["share_datasets_graded"].value == 0
    assert before["share_datasets_used"].value == 1
    said = dict.fromkeys(NEEDED, "x") | {"grade": "general", "steward": "somebody"}
    describe.run(ws, "furnace", said)
    told = facts.facts(ws)
    assert (told["share_datasets_graded"].value, told["share_datasets_described"].value) == (1, 1)
    assert told["share_datasets_with_steward"].value == 0
    describe.run(ws, "furnace", {"steward": "li"})
    told = facts.facts(ws)
    assert told["share_datasets_with_steward"].value == 1
    assert {g.split(":")[0] for g in told["share_datasets_graded"].on} == {"dataset", "entry", "person"}
    late = replace(ws, clock=lambda: ws.clock() + timedelta(days=400))
    assert facts.facts(late)["share_datasets_described"].value == 0


@pytest.fixture
def many(ws: Workspace) -> Workspace:
    """Beside the furnace: a kiln whose temperature is known by its unit alone, and one that is named in Chinese."""
    import polars as pl

    columns = {
        "kiln": (Column("T_in", "number", Role.FEATURE, "Cel"), Column("p_out", "number", Role.FEATURE, "bar")),
        "窑炉": (Column("进料温度", "number"), Column("energy", "number", Role.FEATURE, "kW.h")),
    }
    for name, listed in columns.items():
        ws.lake.commit(name, [pl.DataFrame({"_row": [0], "a": [1.0]})], run="", note="ingest")
        keep_contract(ws, Contract(name, listed))
    return ws


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("温度", {"kiln", "窑炉"}),
        ("temperature", {"kiln", "窑炉"}),
        ("degC", {"kiln"}),
        ("℃", {"kiln"}),
        ("pressure", {"kiln"}),
        ("furnce", {"furnace"}),
        ("进料", {"furnace", "窑炉"}),
        ("能耗", {"窑炉"}),
        ("kWh", {"窑炉"}),
        ("hardness", {"furnace"}),
        ("zebra", set()),
    ],
)
def test_search_speaks_both_languages_and_knows_units(many: Workspace, words: str, found: set[str]) -> None:
    done = desk.search(many, words)
    assert {h["dataset"] for h in done["hits"]} == found
    assert all(h["why"] and h["why"][0]["said"]["zh"] for h in done["hits"])


def test_a_misspelt_quantity_finds_what_the_right_one_finds(many: Workspace) -> None:
    right, wrong = (desk.search(many, word)["hits"] for word in ("temperature", "tempratur"))
    assert {h["dataset"] for h in wrong} == {h["dataset"] for h in right} != set()


def test_search_sees_what_was_said_and_changed_since(many: Workspace) -> None:
    assert desk.search(many, "rolling")["hits"] == []
    describe.run(many, "furnace", {"keywords": "rolling, heat"})
    assert desk.search(many, "rolling")["hits"][0]["why"][0]["field"] == "keywords"
    keep_contract(many, Contract("kiln", (Column("vibration_x", "number"),)))
    assert [h["dataset"] for h in desk.search(many, "vibration")["hits"]] == ["kiln"]
    assert desk.search(many, "T_in")["hits"] == []
    (many.folder / searching.FILE).write_bytes(b"\x93\x01")
    assert [h["dataset"] for h in desk.search(many, "vibration")["hits"]] == ["kiln"], "a broken index is made again"
    with pytest.raises(DataError, match="nothing to search"):
        desk.search(many, "  ")


def test_a_kept_index_answers_without_reading_contracts(many: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.search(many, "kiln")
    monkeypatch.setattr(searching, "contract", lambda *_: pytest.fail("read again"))
    begin = time.process_time()
    assert desk.search(many, "kiln")["hits"]
    assert time.process_time() - begin < 0.3


def _closed(ws: Workspace, number: int, promised: float, delivered: float) -> None:
    from diapason.services import attest

    gain = {"value": promised, "low": promised - 1, "high": promised + 1, "n": 9, "unit": "1", "level": 0.9}
    came = {**gain, "value": delivered, "low": delivered - 0.5, "high": delivered + 0.5}
    name = f"furnace-{number}"
    words = {"en": "rows", "zh": "行"}
    body = {"order": name, "proposal": "rows", "kind": "rows", "what": words, "gain": gain, "metric": "rmse", "more": 9}
    body |= {"rule": "", "rows": 9, "run": "feasible-0", "dataset": "furnace@1", "factor": 1.0, "cost": 100.0 * number}
    ws.ledger.append("order", subject="furnace@1", body=body | {"by": "", "who": "wang", "placed_by": "wang"})
    if delivered > -99:
        run = attest.begin(ws, Plan("order", "furnace@1", "", "", "", "", (), number, {}, settings={"order": name}))
        held = gain["low"] <= delivered <= gain["high"]
        run.finish({"order": name, "metric": "rmse", "promised": gain, "realised": came, "held": held})


def test_the_order_book_holds_promises_against_what_came(ws: Workspace) -> None:
    for number, promised, delivered in ((1, 2.0, 2.5), (2, 2.0, -3.0), (3, 1.0, -100.0)):
        _closed(ws, number, promised, delivered)
    done = desk.book(ws)
    assert [(o["state"], o["held"]) for o in done["orders"]] == [("closed", True), ("closed", False), ("open", None)]
    totals = done["totals"]
    assert (totals["placed"], totals["open"], totals["closed"], totals["bettered"]["count"]) == (3, 1, 2, 1)
    assert totals["cost"] == {"sum": 600.0, "rests_on": 3, "of": 3}
    assert totals["held"]["value"] == 0.5
    assert totals["held"]["low"] < 0.5 < totals["held"]["high"]
    assert [round(k["share"]["value"], 2) for k in done["over_time"]] == [1.0, 0.5]
    assert done["money"][0]["yearly"] is None
    assert "no effect" in done["money"][0]["said"]["en"]
    assert desk.book(ws, "furnace")["totals"]["placed"] == 3
    with pytest.raises(NotFound):
        desk.book(ws, "nothing")


def test_an_empty_desk_is_told_as_such(tmp_path: Path, call: Any) -> None:
    """In both languages, with the next step."""
    place = ("-w", str(tmp_path / "p"))
    call("init", str(tmp_path / "p"), "--as", "wang")
    for words in (["catalogue"], ["order"], ["inbox"], ["search", "kiln"], ["exchange"]):
        for language in ("en", "zh"):
            said = call(*words, "--lang", language, *place)
            assert said.exit_code == 0, said.stderr
            assert said.stdout.strip()
