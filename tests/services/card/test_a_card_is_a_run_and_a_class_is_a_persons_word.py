"""A card is a run with the digests of what was written; a class is decided by what was said, and signed by a person."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import diapason
from diapason.errors import Conflict, DataError, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services import attest, card, describe, standing, workspace


def test_the_ledger_knows_the_digest_of_every_file(ws: Workspace, tmp_path: Path) -> None:
    """One run for the card, one for the records; the files are those."""
    done = card.run(ws, "furnace", to=tmp_path / "out")
    told = {}
    for run in done["runs"]:
        told |= {n: s for n, s in attest.finished(ws, run)["subjects"].items() if n.startswith("card/")}
    there = {f"card/{p.name}": hashlib.sha256(p.read_bytes()).hexdigest() for p in (tmp_path / "out").iterdir()}
    assert told == there
    assert {f["name"] for f in done["files"]} == {p.name for p in (tmp_path / "out").iterdir()}
    assert [r.split("-")[0] for r in done["runs"]] == ["card", "records"]


@pytest.mark.parametrize(
    ("options", "files"),
    [
        ({"form": "aas"}, ["line.cards/aas.json", "line.cards/dataset.aasx"]),
        ({"form": "aas", "to": "x.aasx"}, ["x.aasx"]),
        ({"form": "dcat", "to": "sub/x.ttl"}, ["sub/x.ttl"]),
        ({"form": "tc609", "to": "x.jsonl"}, ["x.jsonl", "x.schema.json"]),
        ({"form": "croissant", "to": "x.json", "data": "csv"}, ["line-1.csv", "x.json"]),
        ({"form": "prov", "to": "v1.2"}, ["v1.2/prov.json"]),
        ({"name": ""}, ["plant.cards/dcat.jsonld", "plant.cards/dcat.ttl"]),
    ],
)
def test_files_go_where_they_are_wanted(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], files: list[str]
) -> None:
    """A folder of the dataset's name, a folder that is named, or one file; nothing beside them."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    done = card.run(ws, **{"name": "line", **options})
    there = sorted(p.relative_to(tmp_path / "here").as_posix() for p in (tmp_path / "here").rglob("*") if p.is_file())
    assert there == files
    assert sorted(f["name"] for f in done["files"]) == sorted(Path(f).name for f in files)


def test_the_same_data_and_words_give_the_same_bytes(ws: Workspace, tmp_path: Path) -> None:
    """However often it is written: the card does not speak of itself."""
    first = card.run(ws, "furnace", to=tmp_path / "a")["files"]
    again = card.run(ws, "furnace", to=tmp_path / "b")["files"]
    assert first == again


def test_the_rule_on_training_data_finds_card_and_records(ws: Workspace, tmp_path: Path) -> None:
    """R-010: what was missing is proved by the runs, and the licence by a paper alone."""
    from diapason.services.permit.proofs import shown
    from diapason.services.standing.index import indexed
    from diapason.services.standing.viewing import fall_now

    def proved() -> dict[str, str]:
        found = shown(indexed(ws), fall_now(ws)[1], {}, ["dataset:line@1"]).proven
        return {name: proofs[0].run.split("-")[0] for name, proofs in found.items()}

    assert proved() == {}
    card.run(ws, "line", to=tmp_path / "out", form="dcat")
    assert proved() == {"dataset-card": "card"}
    card.run(ws, "line", to=tmp_path / "out", form="tc609")
    assert proved() == {"dataset-card": "card", "dataset-records": "records"}


def test_a_card_falls_with_a_word_that_it_repeats(ws: Workspace, tmp_path: Path) -> None:
    """Recall the licence: what has said it stands no more; write the card again, and it does not say it."""
    from diapason.services.standing import fallen

    done = card.run(ws, "furnace", to=tmp_path / "a", form="dcat")
    entry = ws.ledger.last(kind="declare", subject="fact:dataset.furnace.licence")
    assert entry
    standing.recall(ws, f"entry:{entry.seq}", because="a test")
    assert f"run:{done['runs'][0]}" in fallen(ws)
    again = card.run(ws, "furnace", to=tmp_path / "a", form="dcat")
    assert again["missing"] == ["licence"]
    assert f"run:{again['runs'][0]}" not in fallen(ws)


@pytest.mark.parametrize(
    ("call", "error", "at"),
    [
        ({"form": "word"}, DataError, "--form"),
        ({"data": "xlsx"}, DataError, "--data"),
        ({"form": "aas", "to": "out.ttl"}, DataError, "out.ttl"),
        ({"to": "taken"}, DataError, "taken"),
        ({"to": "all.json"}, DataError, "all.json"),
        ({"form": "dcat", "to": "taken"}, DataError, "taken"),
        ({"to": "taken/inside"}, Conflict, "taken"),
        ({"name": "nothing"}, NotFound, ""),
        ({"name": "line@9"}, NotFound, ""),
        ({"name": "", "form": "prov"}, DataError, "--form"),
    ],
)
def test_a_wrong_call_says_what_where_and_the_way(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: dict[str, Any], error: Any, at: str
) -> None:
    """And leaves no file."""
    (tmp_path / "taken").write_text("mine")
    monkeypatch.chdir(tmp_path)
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(error) as told:
        card.run(ws, **{"name": "line", **call})
    assert at in str(told.value.at)
    assert told.value.fix
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_table_that_a_form_cannot_hold_leaves_nothing_half_written(ws: Workspace, tmp_path: Path) -> None:
    """A list in a cell fits neither records nor CSV; the run is abandoned, with the reason."""
    ws.lake.commit("odd", [pl.DataFrame({"_row": [0], "f": [[1.0, 2.0]]})], run="", note="ingest")
    (ws.folder / "contracts" / "odd.yaml").write_text("name: odd\ncolumns: []\n", encoding="utf-8")
    for options in ({"form": "tc609"}, {"form": "croissant", "data": "csv"}):
        with pytest.raises(DataError):
            card.run(ws, "odd", to=tmp_path / "out", **options)
        assert not [p for p in (tmp_path / "out").iterdir() if p.suffix in (".jsonl", ".csv", ".new")]
    assert {r["state"] for r in attest.runs(ws, "odd")} == {"abandoned"}


def test_records_that_were_moved_or_changed_are_refused_with_the_way(ws: Workspace, tmp_path: Path) -> None:
    """No schema beside them, or one of something else."""
    card.run(ws, "line", to=tmp_path / "r.jsonl", form="tc609")
    schema = tmp_path / "r.schema.json"
    schema.write_text("{}")
    with pytest.raises(DataError, match="no schema"):
        card.read(tmp_path / "r.jsonl")
    schema.unlink()
    with pytest.raises(NotFound):
        card.read(tmp_path / "r.jsonl")


def test_a_class_is_never_guessed(ws: Workspace) -> None:
    """Each thing that is not said is asked, with the command; a machine signs nothing."""
    asked: list[str] = []
    for words in ({}, {"scene": "none"}, {"sector": "none"}, {"sector": "RM1"}, {"scene": "slabs"}):
        describe.run(ws, "line", words)
        found = card.classify(ws, "line")
        asked.append(found["class"] or ",".join(a["what"] for a in found["asked"]))
        assert found["signed"] is None
    assert asked == ["scene", "sector", "general", "industry", "expert-review"]
    with pytest.raises(Refused) as told:
        card.classify(ws, "line", sign=True)
    assert "--kind expert-review" in str(told.value.fix)


def test_an_expert_class_stands_on_scene_and_paper_and_falls_with_them(ws: Workspace, tmp_path: Path) -> None:
    """Signed by a person; recall the paper, and neither the class nor the card says it any more."""
    (tmp_path / "review.pdf").write_bytes(b"reviewed by three")
    paper = standing.vouch(ws, "furnace", tmp_path / "review.pdf", kind="expert-review")
    found = card.classify(ws, "furnace")
    assert (found["class"], found["signed"]) == ("expert", None)
    assert card.run(ws, "furnace", to=tmp_path / "a", form="aas")["class"] == ""
    signed = card.classify(ws, "furnace", sign=True)["signed"]
    assert signed["person"] == "wang"
    assert card.run(ws, "furnace", to=tmp_path / "b", form="aas")["class"] == "expert"
    standing.recall(ws, paper["id"], because="a test")
    assert card.classify(ws, "furnace")["asked"][0]["what"] == "expert-review"
    assert card.run(ws, "furnace", to=tmp_path / "c", form="aas")["class"] == ""


def test_a_signature_is_not_taken_over_by_a_namesake(ws: Workspace, described: Path) -> None:
    """Deleted and brought in again, of the same class: somebody has to sign again."""
    describe.run(ws, "line", {"scene": "none", "sector": "none"})
    assert card.classify(ws, "line", sign=True)["signed"]
    workspace.forget(ws, "line", reason="a test")
    diapason.open_plant(ws.folder, person="wang").ingest(str(described / "line.csv"), name="line")
    assert card.classify(ws, "line")["class"] == ""
    describe.run(ws, "line", {"scene": "none", "sector": "none"})
    found = card.classify(ws, "line")
    assert (found["class"], found["signed"]) == ("general", None)


def test_only_who_has_a_role_signs_a_class(ws: Workspace) -> None:
    """Somebody without one is told so."""
    describe.run(ws, "line", {"scene": "none", "sector": "none"})
    workspace.add_person(ws, "li", [])
    with pytest.raises(Refused):
        diapason.open_plant(ws.folder, person="li").classify("line", sign=True)


def test_the_commands_tell_it_in_both_languages(ws: Workspace, tmp_path: Path, call: Callable[..., Any]) -> None:
    """Files and what is missing; reasons and what is asked; JSON for programs."""
    place = ("-w", str(ws.folder))
    said = call("card", "line", "--to", str(tmp_path / "out"), *place)
    assert said.exit_code == 0, said.stderr
    assert "croissant.json" in said.stdout
    assert "Nobody has said: title" in said.stdout
    assert (
        "无人说明"
        in call("card", "line", "--form", "prov", "--to", str(tmp_path / "p.json"), "--lang", "zh", *place).stdout
    )
    whole = json.loads(call("card", "--to", str(tmp_path / "all"), "--json", *place).stdout)
    assert whole["datasets"] == ["furnace@1", "line@1"]
    assert "not decided" in call("classify", "line", *place).stdout
    assert "未定" in call("classify", "line", "--lang", "zh", *place).stdout
    assert call("classify", "line", "--sign", *place).exit_code != 0
