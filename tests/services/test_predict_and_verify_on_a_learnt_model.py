"""From a file to a published model, to predictions with their doubt, to a stranger who runs the plan again."""

import asyncio
import json
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from diapason.engines.evidence import bundle, container, dsse
from diapason.errors import BrokenEvidence, DataError, DiapasonError, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services import attest, evidence, ingest, learn, predict, publish, workspace
from diapason.services.verify import verify
from diapason.vocabulary.evidence import Grade, Plan


def _rows(n: int, seed: int) -> pl.DataFrame:
    """A furnace whose yield follows temperature, pressure and grade."""
    rng = np.random.default_rng(seed)
    temperature, pressure = rng.uniform(80, 120, n), rng.uniform(2, 6, n)
    grade = rng.choice(["A", "B", "C"], n)
    effect = np.select([grade == "A", grade == "B"], [0.0, 5.0], -3.0)
    wanted = 0.5 * temperature - 2 * pressure + effect + rng.normal(0, 0.5, n)
    return pl.DataFrame({"温度": temperature.round(2), "pressure": pressure.round(3), "grade": grade, "yield": wanted})


@dataclass(frozen=True)
class Site:
    """A workspace with one learnt and published model, and its evidence with the data."""

    plant: Workspace
    folder: Path
    file: Path

    def predicted(self, rows: pl.DataFrame, **asked: Any) -> tuple[dict[str, Any], pl.DataFrame]:
        """What predict says of these rows, and what it writes."""
        source = self.folder / "new.csv"
        rows.write_csv(source)
        asked = {"model": "mill@1", "out": self.folder / "out.csv"} | asked
        made = asyncio.run(predict.run(self.plant, str(source), **asked))
        return made, pl.read_csv(made["out"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("mill")
    workspace.init(folder / "plant", person="wang")
    plant = workspace.open_workspace(folder / "plant", person="wang")
    _rows(260, 1).write_csv(folder / "mill.csv")
    asyncio.run(ingest.run(plant, str(folder / "mill.csv"), name="mill", target="yield"))
    learn.run(plant, "mill", "regression", folds=2)
    attest.begin(plant, Plan("assess", "mill@1", "", "", "", "", (), 0, {})).finish({"findings": []})
    workspace.add_person(plant, "li", ["approver"])
    publish.approve(replace(plant, person="li"), "mill@1")
    publish.run(plant, "mill@1", accept=["rmse<=2", "r2>=0.8"])
    evidence.export(plant, "mill", folder / "mill.evidence", data=True, models=True)
    return Site(plant, folder, folder / "mill.evidence")


def test_new_rows_get_a_value_its_interval_and_trust(site: Site) -> None:
    """In the order of the file, about nine truths in ten inside; the statement names input, model and output."""
    new = _rows(400, 2)
    made, said = site.predicted(new.drop("yield"))
    assert said["row"].to_list() == list(range(400))
    inside = (new["yield"] >= said["low"]) & (new["yield"] <= said["high"])
    assert 0.8 < inside.mean() < 0.98
    assert float(np.sqrt(np.mean((said["prediction"] - new["yield"]).to_numpy() ** 2))) < 1.0
    assert made["trust"]["good"] > 380
    assert said.filter(pl.col("trust") == "good")["why"].null_count() == made["trust"]["good"]
    signed = attest.finished(site.plant, made["run"])
    assert signed["subjects"]["input/new.csv"]
    assert signed["subjects"]["output/out.csv"] == made["digest"]
    assert signed["subjects"]["model/mill@1"] == made["digest_of_model"]


def test_a_target_in_the_file_is_not_read(site: Site) -> None:
    """Right or wrong, it changes nothing."""
    new = _rows(50, 3)
    _, without = site.predicted(new.drop("yield"))
    _, with_ = site.predicted(new.with_columns(pl.lit(7).alias("yield")))
    assert with_.equals(without)


def test_the_order_of_columns_and_others_beside_do_not_matter(site: Site) -> None:
    """Columns are known by name."""
    new = _rows(50, 3).drop("yield")
    _, plain = site.predicted(new)
    _, mixed = site.predicted(new.select("grade", pl.lit("x").alias("note"), "pressure", "温度"))
    assert mixed.equals(plain)


ODD: dict[str, tuple[pl.Expr, str, str]] = {
    "outside": (pl.lit(125.0).alias("温度"), "doubtful", "温度 125 > 1"),
    "far outside": (pl.lit(900.0).alias("温度"), "bad", "温度 900 > 1"),
    "missing": (pl.lit(None, pl.Float64).alias("温度"), "doubtful", "温度 missing"),
    "new category": (pl.lit("Z").alias("grade"), "doubtful", "grade new: Z"),
}


@pytest.mark.parametrize("how", ODD)
def test_an_odd_row_says_why_and_its_neighbours_stay_good(site: Site, how: str) -> None:
    """One row in thirty."""
    change, level, why = ODD[how]
    new = _rows(30, 5).drop("yield").with_columns(pl.col("温度").clip(90, 110), pl.col("pressure").clip(3, 5))
    column = change.meta.output_name()
    odd = new.with_columns(pl.when(pl.int_range(30) == 4).then(change).otherwise(pl.col(column)).alias(column))
    made, said = site.predicted(odd)
    assert (said["trust"][4], said["why"][4].startswith(why)) == (level, True)
    assert made["trust"]["good"] == 29


def test_another_unit_and_absent_columns_are_said(site: Site) -> None:
    """A whole column in °F is bad; half of the inputs absent is refused."""
    new = _rows(60, 6).drop("yield")
    made, said = site.predicted(new.with_columns(pl.col("温度") * 1.8 + 32))
    assert [(u["column"], u["change"]) for u in made["units"]] == [("温度", "°C → °F")]
    assert set(said["trust"]) == {"bad"}
    made, said = site.predicted(new.drop("pressure"))
    assert made["absent"] == ["pressure"]
    assert set(said["trust"]) == {"doubtful"}
    with pytest.raises(DataError, match="lacks columns"):
        site.predicted(new.select("grade"))


def test_rows_that_can_not_be_read_are_counted(site: Site, tmp_path: Path) -> None:
    """Rejected ones and unreadable cells; nothing is written where nothing can be read."""
    broken = tmp_path / "b.csv"
    broken.write_text("温度,pressure,grade\n100,4,A\n101,4,B\n102,3,C\n1,2,3,4,5,6\n", encoding="utf-8")
    made = asyncio.run(predict.run(site.plant, str(broken), model="mill", out=tmp_path / "o.csv"))
    assert made["rows"] + made["rejected"] == made["seen"] == 4
    for text in ("", "温度,pressure,grade\n"):
        broken.write_text(text, encoding="utf-8")
        with pytest.raises(DiapasonError):
            asyncio.run(predict.run(site.plant, str(broken), model="mill", out=tmp_path / "none.csv"))
    with pytest.raises(DiapasonError):
        asyncio.run(predict.run(site.plant, str(tmp_path / "absent.csv"), model="mill", out=tmp_path / "none.csv"))
    assert not (tmp_path / "none.csv").exists()


def test_only_published_versions_predict_unless_it_is_said(site: Site, tmp_path: Path) -> None:
    """And a withdrawn or unknown one never."""
    learn.run(site.plant, "mill", "regression", folds=2, seed=1)
    new = _rows(5, 1).drop("yield")
    with pytest.raises(Refused, match="never published"):
        site.predicted(new, model="mill@2")
    made, _ = site.predicted(new, model="mill@2", unpublished=True)
    assert made["standing"] == "unpublished"
    publish.approve(replace(site.plant, person="li"), "mill@2")
    publish.run(site.plant, "mill@2", accept=["rmse<=2"])
    assert site.predicted(new, model="mill")[0]["model"] == "mill@2"
    publish.rollback(site.plant, "mill@1", reason="drill")
    assert site.predicted(new, model="mill")[0]["model"] == "mill@1"
    with pytest.raises(Refused, match="withdrawn: drill"):
        site.predicted(new, model="mill@2", unpublished=True)
    with pytest.raises(NotFound):
        site.predicted(new, model="mill@9")


def _learnt(site: Site, name: str, task: str, rows: pl.DataFrame, **roles: Any) -> None:
    how = {key: roles.pop(key) for key in ("normal_first", "horizon") if key in roles}
    rows.write_csv(site.folder / f"{name}.csv")
    asyncio.run(ingest.run(site.plant, str(site.folder / f"{name}.csv"), name=name, **roles))
    learn.run(site.plant, name, task, folds=2, **how)


def test_classes_come_by_name_with_their_probabilities(site: Site) -> None:
    """Which add up, and the class is the likeliest."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=90), rng.normal(size=90)
    rows = pl.DataFrame({"a": a, "b": b, "quality": np.where(a + b > 0.5, "报废", "good")})
    _learnt(site, "coils", "classification", rows, target="quality")
    _, said = site.predicted(rows.drop("quality"), model="coils@1", unpublished=True)
    assert (said["p_good"] + said["p_报废"] - 1).abs().max() < 1e-9
    assert (said["prediction"] == "good").to_list() == (said["p_good"] >= 0.5).to_list()
    assert (said["prediction"] == rows["quality"]).mean() > 0.9


def test_alarms_come_with_their_score(site: Site) -> None:
    """From the limit on; the last row of each asset alone where that is asked for."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 3))
    x[:, 2] = x[:, 0] + 0.1 * x[:, 2]
    x[450:520, 2] += 3
    rows = pl.DataFrame({"pump": ["P1"] * 300 + ["P2"] * 300, "minute": [*range(300), *range(300)], "p": x[:, 0]})
    rows = rows.with_columns(
        q=pl.Series(x[:, 1]), r=pl.Series(x[:, 2]), fault=(pl.int_range(600) // 10).is_between(45, 51)
    )
    _learnt(site, "loop", "monitoring", rows, asset="pump", time="minute", target="fault", normal_first=100)
    _, said = site.predicted(rows.drop("fault"), model="loop@1", unpublished=True)
    assert (said["prediction"] >= 1).to_list() == said["alarm"].to_list()
    assert said["alarm"][460:515].mean() > 0.8
    assert said["alarm"][120:400].mean() < 0.1
    _, last = site.predicted(rows.drop("fault"), model="loop@1", unpublished=True, last=True)
    assert last["minute"].to_list() == [299, 299]
    assert last["prediction"].to_list() == said["prediction"].gather([299, 599]).to_list()


def test_a_stranger_runs_the_plan_again(site: Site) -> None:
    """Without the workspace: the data in the file is that of the plan, and the score comes out again."""
    found = verify(site.file, signer=site.plant.signer.keyid, grade=Grade.REPRODUCED)
    assert found["grade"] == "reproduced"
    ((run, compared),) = found["reproduced"].items()
    assert run.startswith("learn-")
    assert {c["what"] for c in compared} == {"rmse (honest)", "rmse (random)"}
    assert all(abs(c["found"] - c["stated"]) <= c["tolerance"] * c["stated"] for c in compared)


def test_without_the_data_a_workspace_that_has_it_will_do(site: Site, tmp_path: Path) -> None:
    """Else it is said what is missing."""
    bare = tmp_path / "bare.evidence"
    evidence.export(site.plant, "mill", bare)
    signer = site.plant.signer.keyid
    with pytest.raises(Refused, match="is not here"):
        verify(bare, signer=signer, grade=Grade.REPRODUCED)
    assert verify(bare, signer=signer, grade=Grade.REPRODUCED, own=lambda: site.plant)["grade"] == "reproduced"


def test_other_data_under_the_same_name_is_seen(site: Site, tmp_path: Path) -> None:
    """Even if the signer packs it: the plan sealed another digest."""
    members = container.unpack(site.file.read_bytes())
    name = next(n for n in members if n.startswith("data/"))
    swapped = BytesIO()
    pl.read_parquet(members[name]).with_columns(pl.col("pressure") + 1).write_parquet(swapped)
    said = dict(dsse.opened(json.loads(members[bundle.MANIFEST])).predicate)
    listed = {n: d for n, d in members.items() if n != bundle.MANIFEST} | {name: swapped.getvalue()}
    head, signer = (said["head"]["seq"], said["head"]["hash"]), site.plant.signer
    signed = bundle.manifest("mill", head, listed, said, signer.keyid, signer.sign)
    other = tmp_path / "other.evidence"
    ordered = {n: listed.get(n, signed) for n in members}
    other.write_bytes(b"".join(container.pack(ordered.items())))
    assert verify(other, signer=signer.keyid)["grade"] == "re-scored"
    with pytest.raises(BrokenEvidence, match="is not mill@1 as sealed"):
        verify(other, signer=signer.keyid, grade=Grade.REPRODUCED)


def test_a_headline_that_differs_from_its_rows_is_seen(site: Site, tmp_path: Path) -> None:
    """Kept rows and their scores right, the scorecard beside them made better, all of it signed by the right key."""
    plant = site.plant
    done = attest.result(plant, "learn", "mill")
    assert done is not None
    run = attest.begin(plant, Plan("learn", "mill@1", "", "", "rmse", "", (), 99, {}, settings={"task": "regression"}))
    rows = plant.vault.get(done["kept"]["honest"]["sha256"])
    run.keep("honest", pl.read_csv(rows))
    card = json.loads(json.dumps(done["result"]["honest"]))
    card["score"]["value"] *= 0.9
    run.finish({"honest": card})
    lie = tmp_path / "lie.evidence"
    evidence.export(plant, "mill", lie)
    assert verify(lie, grade=Grade.INTACT)["grade"] == "intact"
    with pytest.raises(BrokenEvidence, match="rmse stated as"):
        verify(lie)


def test_the_evidence_names_the_approver_but_holds_no_private_key(site: Site) -> None:
    """The bundle checks the approver's own signature."""
    members = container.unpack(site.file.read_bytes())
    keys = json.loads(members["keys.json"])
    assert {k["of"] for k in keys.values()} == {"plant", "person:li"}
    approvals = [json.loads(x) for x in members["ledger.jsonl"].splitlines() if b'"kind":"approve"' in x]
    public = {keyid: bytes.fromhex(k["public"]) for keyid, k in keys.items() if k["of"] == "person:li"}
    assert dsse.verify(approvals[0]["said"], public)
    assert b"PRIVATE" not in site.file.read_bytes()
