"""From a damaged table to a proved repair, a curated version, a model, and back again; resumed, repeated, refused.

A budget of a second is the smallest plan on any machine: what is promised does not hang on its speed.
"""

import asyncio
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from diapason.errors import Conflict, DataError, NotFound, Refused
from diapason.services import adopt, attest, evidence, ingest, resonate, workspace
from diapason.services.verify import verify
from diapason.vocabulary.evidence import Grade
from diapason.vocabulary.tables import VersionRef

N = 500


def furnace(damage=0.0, seed=0, n=N):
    draw = np.random.default_rng(seed)
    X = draw.uniform(-2, 2, size=(n, 4))
    right = 40 + 5 * X[:, 0] + 3 * X[:, 1] ** 2 - 2 * X[:, 2] * X[:, 3] + 0.5 * draw.normal(size=n)
    given, bad = right.copy(), draw.choice(n, int(damage * n), replace=False)
    given[bad] = 1.8 * given[bad] + 32
    frame = pl.DataFrame({f"x{i}": X[:, i] for i in range(4)}).with_columns(hardness=pl.Series(given))
    return frame, right, np.sort(bad)


def plant(folder: Path, frame: pl.DataFrame, name="mill"):
    workspace.init(folder / "plant", person="li")
    ws = workspace.open_workspace(folder / "plant", person="li")
    frame.write_csv(folder / f"{name}.csv")
    asyncio.run(ingest.run(ws, str(folder / f"{name}.csv"), name=name, target="hardness"))
    return ws


@pytest.fixture(scope="module")
def mended(tmp_path_factory, without_controls):
    folder = tmp_path_factory.mktemp("mended")
    frame, right, bad = furnace(0.2)
    ws = plant(folder, frame)
    done = resonate.run(ws, "mill", budget="1s", task="regression")
    return ws, done, right, bad


def test_a_unit_error_is_found_and_proved(mended):
    _, done, _, bad = mended
    kinds = {f["kind"] for f in done["findings"]}
    assert "target_unit" in kinds
    assert done["adopted"], done["rows"]
    row = next(r for r in done["rows"] if r["adopted"])
    assert min(row[k]["low"] for k in ("over_nothing", "over_placebo", "over_robust")) > 0
    assert set(done["verdict"]) == {"en", "zh"}
    found = next(f for f in done["findings"] if f["kind"] == "target_unit")
    assert found["facts"]["factor"] == pytest.approx(1.8, rel=0.02)
    assert len(set(found["where"]["rows"]) & set(bad.tolist())) >= 0.9 * len(bad)


def test_the_result_opens_its_rows(mended):
    ws, done, *_ = mended
    found = attest.result(ws, "resonate", "mill")
    assert found["run"] == done["run"]
    assert any(name.startswith("treatment-") for name in found["kept"])
    for facts in found["kept"].values():
        table = pl.read_csv(io.BytesIO(ws.vault.get(facts["sha256"])))
        assert table.height == facts["rows"]


def test_the_cost_is_planned_and_spent(mended):
    _, done, *_ = mended
    cost = done["cost"]
    assert 0 < cost["spent"]["trainings"] <= cost["planned"]["trainings"]
    assert cost["spent"]["seconds"] > 0


def test_a_stranger_repeats_the_trials_from_the_file_alone(mended, tmp_path):
    """Also where repairs fell in screening, so that some gains were never tested."""
    ws, done, *_ = mended
    gains = [row["over_nothing"]["value"] for row in done["rows"]]
    assert None in gains
    assert any(g is not None for g in gains)
    file = tmp_path / "mill.evidence"
    evidence.export(ws, "mill", file, data=True)
    found = verify(file, signer=ws.signer.keyid, grade=Grade.REPRODUCED, run=done["run"])
    assert found["grade"] == "reproduced"
    lines = found["reproduced"][done["run"]]
    assert [line["found"] for line in lines] == pytest.approx([line["stated"] for line in lines], rel=1e-6)
    compared = {each["what"] for each in lines}
    assert {f"gain of {done['adopted'][0]} over {arm}" for arm in ("nothing", "placebo", "robust")} <= compared


def test_adopting_makes_a_version_and_a_model_and_undo_brings_the_rows_back(mended):
    ws, _done, right, _bad = mended
    made = adopt.run(ws, "mill")
    assert made["person"] == "li"
    assert made["dataset"] == "mill@2"
    after = ws.lake.scan(VersionRef("mill", 2)).collect().sort("_row")
    kept = after["_row"].to_numpy()
    assert np.abs(after["hardness"].to_numpy() - right[kept]).max() < 5
    entry = ws.ledger.last(kind="model")
    assert entry.body["dataset"] == "mill@2"
    assert entry.body["run"] == made["run"]
    assert made["honest"]["score"]["value"] < 2.5
    with pytest.raises(Conflict):
        adopt.run(ws, "mill")
    back = adopt.undo(ws, "mill", reason="a test")
    assert back["dataset"] == "mill@3"
    first = ws.lake.scan(VersionRef("mill", 1)).collect().sort("_row")
    assert first.equals(ws.lake.scan(VersionRef("mill", 3)).collect().sort("_row"))
    with pytest.raises(NotFound):
        adopt.undo(ws, "mill")


def test_a_clean_table_is_left_alone_and_says_so(tmp_path):
    ws = plant(tmp_path, furnace(0.0, seed=3, n=118)[0])
    done = resonate.run(ws, "mill", budget="1s", task="regression")
    assert done["adopted"] == []
    assert done["mended"] is None
    assert done["ruled_out"]["zh"]
    with pytest.raises(Refused):
        adopt.run(ws, "mill")
    assert ws.lake.version(VersionRef("mill")).ref.version == 1


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path, without_controls):
    ws = plant(tmp_path, furnace(0.2, n=240)[0])
    seen = []

    def impatient(_what, share, _note):
        seen.append(share)
        if share > 0 and len(seen) > 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resonate.run(replace(ws, progress=impatient), "mill", budget="1s", task="regression")
    assert attest.result(ws, "resonate", "mill") is None
    done = resonate.run(ws, "mill", budget="1s", task="regression")
    assert done["cost"]["spent"]["recalled"] > 0
    assert [r["state"] for r in attest.runs(ws, "mill") if r["verb"] == "resonate"] == ["finished"]


def test_rows_to_look_at_come_with_their_probability(tmp_path, mended):
    ws, done, *_ = mended
    made = resonate.audit_sheet(ws, "mill", to=tmp_path / "look.csv")
    sheet = pl.read_csv(made["file"])
    assert sheet.height == made["rows"] == len(done["audit"])
    assert {"row", "inclusion", "doubt", "given", "expected", "x0", "is_wrong", "right_value", "who"} <= set(
        sheet.columns
    )
    assert sheet["inclusion"].is_between(0, 1).all()
    assert sheet["row"].is_unique().all()


@pytest.mark.parametrize("budget", ["soon", "-3s", "0", "nan"])
def test_a_budget_that_is_no_time_is_explained(tmp_path, budget):
    ws = plant(tmp_path, furnace()[0])
    with pytest.raises(DataError, match="no time"):
        resonate.run(ws, "mill", budget=budget, task="regression")


def test_what_is_not_there_is_named(tmp_path):
    ws = plant(tmp_path, furnace()[0])
    with pytest.raises(NotFound, match="no dataset 'press'"):
        resonate.run(ws, "press")
    with pytest.raises(DataError, match="its task is not known"):
        resonate.run(ws, "mill")
    with pytest.raises(NotFound):
        adopt.run(ws, "mill")
    with pytest.raises(NotFound):
        resonate.audit_sheet(ws, "mill")


def test_what_a_sample_proved_is_done_to_every_row(tmp_path, without_controls):
    """Only a part of the rows is tried on; the errors in the others are mended too."""
    n, most = 2 * N, N
    frame, right, bad = furnace(0.2, n=n)
    ws = plant(tmp_path, frame)
    done = resonate.run(ws, "mill", budget="1s", task="regression", most=most)
    assert done["rows_used"] == {"stored": n, "tried": most}
    assert done["adopted"], done["rows"]
    assert done["mended"]["looked_at"] == n
    adopt.run(ws, "mill")
    after = ws.lake.scan(VersionRef("mill", 2)).collect()
    wrong = np.abs(after["hardness"].to_numpy() - right[after["_row"].to_numpy()]) > 8
    assert wrong.sum() <= 0.02 * len(bad)
