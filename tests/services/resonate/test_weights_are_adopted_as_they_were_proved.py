"""A repair that weighs rows is adopted with its weights: the model is the one that the trials proved."""

import asyncio

import numpy as np
import polars as pl
import pytest

from diapason.engines.resonance.softening import again, entered, spread
from diapason.ports import find
from diapason.services import adopt, attest, ingest, resonate, workspace
from diapason.services.resonate import planning, running
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tables import VersionRef
from diapason.vocabulary.tasks import Task


def test_what_is_learnt_from_comes_back_row_by_row():
    draw = np.random.default_rng(0)
    rows = Examples(
        Task.CLASSIFICATION,
        pl.DataFrame({"a": draw.normal(size=50)}),
        draw.integers(0, 3, 50).astype(float),
        np.arange(100, 150),
        classes=("A", "B", "C"),
    )
    treated = spread(rows, draw.dirichlet(np.ones(3), 50))
    made = again(rows, entered(treated))
    assert entered(rows) is None
    assert len(treated) > 50
    assert np.array_equal(made.rows, treated.rows)
    assert np.array_equal(made.weight, treated.weight)
    assert np.array_equal(made.target, treated.target)
    assert made.features.equals(treated.features)


@pytest.mark.parametrize("seed", [1])
def test_the_adopted_model_has_learnt_from_weighted_rows(tmp_path, monkeypatch, without_controls, seed):
    """Only one repair is installed here, on labels a third of which are another class."""
    only = (find("treatments", "soft_label"),)
    for module in (planning, running):
        monkeypatch.setattr(module, "treatments", lambda: only)
    draw = np.random.default_rng(seed)
    X, n = draw.normal(size=(900, 3)), 900
    right = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
    given = np.where(draw.random(n) < 0.35, (right + 1) % 3, right)
    frame = pl.DataFrame({f"x{i}": X[:, i] for i in range(3)}).with_columns(grade=pl.Series(np.array([*"ABC"])[given]))
    workspace.init(tmp_path / "plant", person="li")
    ws = workspace.open_workspace(tmp_path / "plant", person="li")
    frame.write_csv(tmp_path / "parts.csv")
    asyncio.run(ingest.run(ws, str(tmp_path / "parts.csv"), name="parts", target="grade"))
    done = resonate.run(ws, "parts", budget="1s", task="classification")
    assert done["adopted"] == ["soft_label"], done["rows"][0]["why"]
    kept = attest.result(ws, "resonate", "parts")["kept"]
    assert kept["shares"]["rows"] > n
    made = adopt.run(ws, "parts")
    assert made["dataset"] == "parts@1"  # nothing in the table changes
    model = ws.ledger.last(kind="model").body
    recipe = find("recipes", model["recipe"])
    learnt = recipe.load({part: ws.vault.get(sha) for part, sha in model["parts"].items()})
    clean = Examples(
        Task.CLASSIFICATION, frame.drop("grade"), right.astype(float), np.arange(n), classes=("A", "B", "C")
    )
    plain = recipe.fit(
        Examples(Task.CLASSIFICATION, clean.features, given.astype(float), clean.rows, classes=clean.classes),
        done["mended"]["learner"]["settings"],
        0,
    )
    hits = [(m.predict(clean).argmax(axis=1) == right).mean() for m in (learnt, plain)]
    assert hits[0] > hits[1]
    assert adopt.undo(ws, "parts", reason="a test")
    assert ws.lake.version(VersionRef("parts")).ref.version == 1
