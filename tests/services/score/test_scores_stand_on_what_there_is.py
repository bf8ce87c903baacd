"""A score says what is known and what is not, stands on runs and papers, and is a report only where all gates hold."""

import asyncio
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import diapason
from diapason.errors import DataError, DiapasonError, NotFound, Refused
from diapason.faces.cli.app import called
from diapason.services import attest, facts, ingest, permit, predict, report, score, standing, workspace
from diapason.services.score import judging
from diapason.services.score.recorded import Recorded
from diapason.services.standing.index import indexed
from diapason.services.workspace import Workspace, open_workspace
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.tables import VersionRef

NEEDS = """
class: expert
scene: hardening furnace
window_days: 400
targets: {regression: "rmse<=9"}
space: {flow_t_h: [-2, 2], speed: [-2, 2]}
sensors:
- {tag: flow_t_h, calibration: 0.1, k: 2, dof: 20, calibrated: 2026-01-05, due: 2031-05-01, drift: 0.1,
   resolution: 0.01}
"""


def _of(done: Mapping[str, Any], code: str) -> dict[str, Any]:
    every = [*done["indicators"], *done["sub_indicators"], *(m for f in done["families"] for m in f["measures"])]
    return next(m for m in every if m.get("code", m.get("id")) == code)


@pytest.fixture
def needs(tmp_path: Path) -> Path:
    """What the furnace is needed for."""
    file = tmp_path / "needs.yaml"
    file.write_text(NEEDS, encoding="utf-8")
    return file


@pytest.fixture
def line(tmp_path: Path) -> Workspace:
    """A plant with one untouched dataset: hours, a gap of a day, missing cells, a grade."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    at = [begin + timedelta(hours=i if i < 200 else i + 24) for i in range(400)]
    frame = {"at": at, "flow": [20 + i % 7 / 4 for i in range(400)], "grade": (["A"] * 3 + ["B"]) * 100}
    table = pl.DataFrame(frame).with_columns(
        pl.when(pl.int_range(400) % 40 == 1).then(None).otherwise("flow").alias("flow")
    )
    table.write_csv(tmp_path / "line.csv")
    workspace.init(tmp_path / "plant", person="wang")
    ws = workspace.open_workspace(tmp_path / "plant", person="wang")
    asyncio.run(ingest.run(ws, str(tmp_path / "line.csv"), name="line", time="at", target="grade"))
    return ws


def _signed(ws: Workspace, verb: str, result: Mapping[str, Any], **more: Any) -> str:
    """A finished run of another verb on the newest version of the only dataset."""
    version = ws.lake.version(VersionRef(ws.lake.datasets()[0]))
    settings = more.pop("settings", {})
    plan = Plan(verb, str(version.ref), version.digest, "", "", "", (), 0, {}, 0.0, {**settings, "n": len(str(result))})
    run = attest.begin(ws, plan)
    for name, table in more.items():
        run.keep(name, table)
    run.finish(result)
    return run.id


def test_nothing_untested_is_called_good(line: Workspace) -> None:
    """Without assessment, model, audit or needs: no gate is passed, what is missing is named with its command."""
    done = score.run(line, "line")
    assert not done["passed"]
    assert done["proves"] == []
    for code in ("0206", "0207", "0301", "0302", "0303", "0304", "0305", "Acc-ML-7", "accuracy-1"):
        told = _of(done, code)
        assert (told["state"], told["value"]) == ("not_tested", None), code
        assert told["todo"].startswith("diapason "), code
    assert _of(done, "Bal-ML-1")["state"] == "not_applicable"
    held = {g["dimension"]: g for g in done["gates"]}
    assert held["03"]["ruling"] == "not_decidable"
    assert (held["03"]["low"], held["03"]["high"]) == (0, 100)
    assert done["fits"][0]["state"] == "not_tested"


def test_what_is_counted_is_counted_exactly(line: Workspace) -> None:
    """Cells, rows, steps, classes: A and B as a person would count them in the file."""
    done = score.run(line, "line")
    expected = {
        "Com-ML-1": (1190, 1200), "Com-ML-4": (390, 400), "Com-ML-2": (400, 424), "0208-ts-1": (398, 399),
        "timeliness-3": (399, 399), "Div-ML-1": (2, 400), "Div-ML-2": (100, 400), "0203": (400, 400),
        "Aud-ML-2": (400, 400), "Idn-ML-1": (0, 400),
    }  # fmt: skip
    for code, (met, of) in expected.items():
        told = _of(done, code)
        assert (told["met"], told["of"]) == (met, of), code
        assert told["low"] == told["value"] == told["high"] == pytest.approx(met / of)
        assert told["on"] == ["dataset:line@1"]
    assert _of(done, "Bal-ML-7")["value"] == pytest.approx(0.5)


def test_the_score_is_a_signed_run_with_its_table(line: Workspace) -> None:
    """Every measure is a row of the kept table; the run says which needs it stands on."""
    done = score.run(line, "line")
    run = attest.finished(line, done["run"])
    assert run["result"]["gates"] == done["gates"]
    table = pl.read_csv(line.vault.get(run["kept"]["measures"]["sha256"]))
    assert table.height == 17 + 6 + 66 + 20
    assert run["plan"]["settings"]["needs"]["space"] == {}
    assert {m["run"] for m in attest.runs(line) if m["verb"] == "score"} == {done["run"]}


def test_needs_are_proposed_edited_and_count_from_then_on(line: Workspace, tmp_path: Path) -> None:
    """The proposal reads back; an edited one changes what is asked; the digest of the run changes with it."""
    score.draft(line, "line", tmp_path / "draft.yaml")
    text = (tmp_path / "draft.yaml").read_text(encoding="utf-8")
    assert "flow: [" in text
    (tmp_path / "draft.yaml").write_text(text.replace("window_days: null", "window_days: 100000"), encoding="utf-8")
    first = score.run(line, "line", needs=tmp_path / "draft.yaml")
    again = score.run(line, "line")
    for done in (first, again):
        assert _of(done, "0303")["value"] == 1
        assert _of(done, "0301")["low"] <= _of(done, "0301")["value"] <= _of(done, "0301")["high"]
    (tmp_path / "old.yaml").write_text("window_days: 1\n", encoding="utf-8")
    assert _of(score.run(line, "line", needs=tmp_path / "old.yaml"), "0303")["value"] == 0


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("n.yaml", "spaces: {}", "spaces"),
        ("n.yaml", "space: {flux: [0, 1]}", "flux"),
        ("n.yaml", "space: {flow: [2, 1]}", "space.flow"),
        ("n.yaml", "space: {flow: [a, b]}", "number"),
        ("n.yaml", "space: {grade: [1, 2]}", "grade"),
        ("n.yaml", "targets: {regression: fast}", "fast"),
        ("n.yaml", "targets: {regression: 'rmse>=2'}", "rmse"),
        ("n.yaml", "targets: {regresion: 'rmse<=2'}", "regresion"),
        ("n.yaml", "class: gold", "class"),
        ("n.yaml", "window_days: -3", "window_days"),
        ("n.yaml", "sensors: [{tag: flow, k: 0}]", "k"),
        ("n.yaml", "sensors: [{tag: flow}, {tag: flow}]", "flow"),
        ("n.yaml", "just words", "needs"),
        ("n.yaml", "a: [", "YAML"),
        ("n.csv", "sensor,u\nflow,1\n", "tag"),
        ("n.csv", "tag,calibration\nflow,much\n", "calibration"),
        ("n.csv", "", "tag"),
    ],
)
def test_bad_needs_change_nothing(line: Workspace, tmp_path: Path, name: str, text: str, said: str) -> None:
    """Refused with the field; nothing is sealed, nothing is kept."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    before = line.ledger.head()
    with pytest.raises(DataError) as met:
        score.run(line, "line", needs=tmp_path / name)
    assert said in str(met.value)
    assert line.ledger.head() == before
    assert not (line.folder / "contracts" / "line@needs.yaml").exists()


@pytest.mark.parametrize(
    ("name", "target", "kind"),
    [
        ("nothing", "", NotFound),
        ("line", "rmse>=2", DataError),
        ("line", "good", DataError),
        ("line@7", "", DiapasonError),
    ],
)
def test_what_is_not_there_or_no_target_is_refused(
    line: Workspace, name: str, target: str, kind: type[Exception]
) -> None:
    """Before anything is sealed."""
    before = line.ledger.head()
    with pytest.raises(kind):
        score.run(line, name, target=target)
    assert line.ledger.head() == before


def test_audited_labels_count_with_their_chance_of_being_drawn(line: Workspace) -> None:
    """One sheet, then a second: rows of the first are known, the second speaks for the rest."""
    sheet = pl.DataFrame(
        {"row": range(40), "given": ["A"] * 40, "wrong": [i < 4 for i in range(40)], "inclusion": [0.1] * 40}
    )
    _signed(line, "audit", {"answered": 40}, answers=sheet)
    told = _of(score.run(line, "line"), "0304")
    assert (told["state"], told["value"], told["met"], told["of"]) == ("sampled", pytest.approx(0.9), 36, 40)
    assert told["low"] < 0.9 < told["high"]
    more = sheet.with_columns(pl.col("row") + 100, wrong=pl.lit(value=False))
    _signed(line, "audit", {"answered": 41}, answers=more)
    both = _of(score.run(line, "line"), "0304")
    assert both["of"] == 80
    assert both["value"] == pytest.approx((36 + 360) / 400)
    assert len(both["on"]) == 2
    assert _of(score.run(line, "line"), "Aud-ML-1")["met"] == 80


def test_clocks_of_two_sources_count_by_their_distance(line: Workspace) -> None:
    """Hourly rows: two hours apart is one step too many; after it was set right only its doubt is left."""
    stretch = {"offset": 7200.0, "low": 7000.0, "high": 7200.0}
    assert _of(score.run(line, "line"), "0208-ts-3")["state"] == "not_applicable"
    _signed(line, "join", {"offset": {}, "findings": []})
    assert _of(score.run(line, "line"), "0208-ts-3")["state"] == "not_tested"
    run = _signed(line, "join", {"offset": {"clock": {"stretches": [stretch]}}, "findings": []})
    told = _of(score.run(line, "line"), "0208-ts-3")
    assert (told["value"], told["on"]) == (pytest.approx(8 / 9), [f"run:{run}"])
    mended = {"offset": {"clock": {"stretches": [stretch]}}, "findings": [{"kind": "offset_applied"}]}
    _signed(line, "join", mended)
    assert _of(score.run(line, "line"), "0208-ts-3")["value"] == 1


def test_a_model_is_fit_for_a_target_until_a_day(ws: Workspace, needs: Path) -> None:
    """Fit, not fit, open or not tested by the whole interval; until the first of papers and calibrations runs out."""
    done = score.run(ws, "furnace", needs=needs)
    fit = done["fits"][0]
    assert (fit["state"], fit["wanted"], fit["until"]) == ("fit", 9.0, "2031-05-01")
    assert _of(done, "0305")["value"] == 1
    value = fit["score"]["value"]
    states = {t: score.run(ws, "furnace", target=f"rmse<={t}")["fits"][0]["state"] for t in (value, value / 5)}
    assert states == {value: "open", value / 5: "not_fit"}
    both = score.run(ws, "furnace", target="r2>=0.5")["fits"]
    assert {f["metric"]: f["state"] for f in both} == {"rmse": "fit", "r2": "fit"}
    with pytest.raises(DataError, match="r2"):
        score.run(ws, "furnace", target="accuracy>=0.5")
    late = replace(ws, clock=lambda: datetime(2032, 1, 1, tzinfo=UTC))
    assert score.run(late, "furnace")["fits"][0]["state"] == "expired"
    budget = next(b for b in done["uncertainty"] if b["tag"] == "flow_t_h")
    assert budget["expanded"] == pytest.approx(budget["k"] * budget["u"])


def test_papers_count_while_they_stand_and_take_the_score_with_them(ws: Workspace, needs: Path, tmp_path: Path) -> None:
    """A licence brings its point; once it is recalled, the score that stood on it falls, and a new one is lower."""
    (tmp_path / "licence.pdf").write_bytes(b"granted")
    low = _of(score.run(ws, "furnace", needs=needs), "0104")["met"]
    paper = standing.vouch(ws, "furnace", tmp_path / "licence.pdf", kind="licence", until="2031-01-31")
    done = score.run(ws, "furnace")
    assert _of(done, "0104")["met"] == low + 1
    assert done["on"] == [paper["id"]]
    assert done["fits"][0]["until"] == "2031-01-31"
    standing.recall(ws, paper["id"], because="taken back")
    assert f"run:{done['run']}" in standing.fallen(ws)


def test_only_a_score_that_passes_every_gate_is_the_report_that_rules_ask_for(line: Workspace) -> None:
    """R-011: the artefact is proven by a run that says so, not by any score."""
    score.run(line, "line")
    name = score.REPORT
    assert name not in permit.shown(indexed(line), _fall(line), {}).proven
    _signed(line, "assess", {"proves": [name]})
    assert name not in permit.shown(indexed(line), _fall(line), {}).proven
    run = _signed(line, "score", {"proves": [name], "passed": True})
    assert [p.run for p in permit.shown(indexed(line), _fall(line), {}).proven[name]] == [run]


def _fall(ws: Workspace) -> Any:
    from diapason.services.standing.drawing import fall_now

    return fall_now(ws)[1]


def test_what_repairs_gained_becomes_a_weight(line: Workspace) -> None:
    """From the trial tables of the ledger; the newest of each dataset and task counts once."""

    def row(treatment: str, value: float) -> dict[str, Any]:
        gain = {"value": value, "low": value - 2, "high": value + 2, "unit": "%", "level": 0.9}
        return {"candidate": {"treatment": treatment}, "alone": gain, "over_nothing": {**gain, "value": 99.0}}

    _signed(line, "resonate", {"rows": [row("impute", 50.0)]})
    _signed(
        line,
        "resonate",
        {
            "rows": [
                row("impute", 8.0),
                row("repair_cell", 2.0),
                {"candidate": {"treatment": "drop"}, "alone": None, "over_nothing": {"value": None}},
            ]
        },
    )
    told = score.run(line, "line")["weights"]
    assert {c["code"]: round(c["cost"]["value"]) for c in told["costs"]} == {"0204": 8, "0208": 2}
    assert told["fitted"] == {"01": False, "02": True, "03": False}
    assert told["weights"]["0204"] > told["weights"]["0201"] > told["weights"]["0208"] > 0
    assert len(list(Recorded(line, VersionRef("line", 1), {}).trials())) == 2
    assert not any(judging.fitted([])["fitted"].values())


def test_a_proved_repair_is_told_before_and_after(line: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """What the newest trial adopted; nothing where it adopted nothing."""
    gain = {"value": 8.0, "low": 6.0, "high": 10.0, "unit": "%", "level": 0.9}
    both = {"over_nothing": gain, "over_placebo": gain, "over_robust": gain, "alone": None}
    rows = [{"candidate": {"id": "impute-1", "treatment": "impute"}, **both}]
    run = _signed(line, "resonate", {"rows": rows, "adopted": ["impute-1"]})
    lift = score.run(line, "line")["lift"]
    assert (lift["run"], lift["candidate"], lift["over_nothing"]) == (run, "impute-1", gain)
    assert called(["score", "line", "--workspace", str(line.folder), "--as", "wang"]) == 0
    assert "+8 (6 … 10) %" in capsys.readouterr().out
    _signed(line, "resonate", {"rows": rows, "adopted": []})
    assert score.run(line, "line")["lift"] is None


def test_a_version_that_has_fallen_is_not_scored(line: Workspace) -> None:
    """Nor anything sealed."""
    run = attest.result(line, "ingest", "line")
    assert run is not None
    standing.recall(line, run["run"], because="wrong file")
    before = line.ledger.head()
    with pytest.raises(Refused):
        score.run(line, "line")
    assert line.ledger.head() == before


def test_scored_datasets_are_counted(line: Workspace) -> None:
    """At their newest version; those that pass, apart."""
    assert facts.facts(line)["datasets_scored"].value == 0
    score.run(line, "line")
    told = facts.facts(line)
    assert (told["datasets_scored"].value, told["share_datasets_scored"].value, told["datasets_at_gate"].value) == (
        1,
        1,
        0,
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_shows_scores_and_fitness(ws: Workspace, needs: Path, tmp_path: Path, language: Any) -> None:
    """Each number with its run."""
    done = score.run(ws, "furnace", needs=needs)
    report.run(ws, "furnace", to=tmp_path / "r.html", language=language)
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert {"en": "Fit for which model, until when", "zh": "适用于何种模型，至何时"}[language] in page
    assert "0208-ts-6" in page
    assert done["run"] in page


def test_sensors_are_carried_into_each_prediction(ws: Workspace, taught: Path, needs: Path, tmp_path: Path) -> None:
    """About the slope of three times the sensor's uncertainty; without the file nothing changes."""
    new = str(taught / "new.csv")
    plain = asyncio.run(predict.run(ws, new, model="furnace@1", out=tmp_path / "plain.csv"))
    done = asyncio.run(predict.run(ws, new, model="furnace@1", out=tmp_path / "p.csv", uncertainty=needs))
    table, bare = (pl.read_csv(tmp_path / f) for f in ("p.csv", "plain.csv"))
    assert plain["uncertainty"] == []
    assert table.drop("u_inputs", "low_all", "high_all").equals(bare)
    assert done["uncertainty"][0]["tag"] == "flow_t_h"
    assert (table["u_inputs"] >= 0).all()
    assert table["u_inputs"].mean() < 1
    assert (table["low_all"] <= table["low"] + 1e-9).all()
    (tmp_path / "none.yaml").write_text("sensors: [{tag: hardness, calibration: 1}]", encoding="utf-8")
    with pytest.raises(DataError):
        asyncio.run(predict.run(ws, new, model="furnace@1", out=tmp_path / "q.csv", uncertainty=tmp_path / "none.yaml"))
    assert not (tmp_path / "q.csv").exists()


def test_the_command_tells_both_languages_and_forgets_with_the_dataset(
    line: Workspace, needs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Text, JSON, exit codes; a forgotten dataset leaves no needs behind."""
    where = ["--workspace", str(line.folder), "--as", "wang"]
    assert called(["score", "line", "--to", str(tmp_path / "d.yaml"), *where]) == 0
    assert called(["score", "line", "--needs", str(tmp_path / "d.yaml"), "--all", "--lang", "zh", *where]) == 0
    said = capsys.readouterr().out
    assert "无法判定" in said
    assert "Bal-ML-8 v" in said
    assert called(["score", "line", "--json", *where]) == 0
    assert json.loads(capsys.readouterr().out)["dataset"] == "line@1"
    assert called(["score", "line", "--to", "x.yaml", "--target", "rmse<=1", *where]) == 2
    assert called(["score", "lime", *where]) == 1
    plant = diapason.open_plant(line.folder, person="wang")
    assert plant.score("line")["dataset"] == "line@1"
    assert (line.folder / "contracts" / "line@needs.yaml").exists()
    plant.forget("line", reason="asked to")
    assert not (line.folder / "contracts" / "line@needs.yaml").exists()


def test_a_copy_elsewhere_scores_the_same(line: Workspace, tmp_path: Path) -> None:
    """The state that the pass has kept and a fresh one give the same figures."""
    first = score.run(line, "line")
    shutil.copytree(line.folder, tmp_path / "copy")
    other = open_workspace(tmp_path / "copy", person="wang")
    shutil.rmtree(tmp_path / "copy" / "vault", ignore_errors=True)
    again = score.run(other, "line")
    assert again["families"] == first["families"]
