"""A provider with a model and a plant with a table, small enough for seconds."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

from diapason.ports import find
from diapason.ports.workspace import Workspace
from diapason.services import attest, ingest, visit, workspace
from diapason.services.learn.material import examples_of, frame_of
from diapason.services.visit import Wishes
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.tables import VersionRef
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.wire import plain

N = 120
ASKS = ("trials", "scores", "orders", "counts", "ranges", "findings")


def furnace(n: int = N, seed: int = 0) -> pl.DataFrame:
    """Heat in Cel and a grade whose names nobody outside may read."""
    draw = np.random.default_rng(seed)
    heat, flow = draw.normal(540, 20, n), draw.normal(50, 5, n)
    hard = 200 + 0.6 * (heat - 540) + 2 * (flow - 50) + draw.normal(size=n)
    grade = [("Zirkon-Blau", "Zirkon-Rot")[int(h > 545)] for h in heat]
    return pl.DataFrame({"heat": heat, "flow": flow, "grade": grade, "hard": hard})


def company(folder: Path, person: str) -> Workspace:
    """A workspace with an approver besides."""
    workspace.init(folder, person=person)
    ws = workspace.open_workspace(folder)
    workspace.add_person(ws, "li", ["approver"])
    return ws


def acting(ws: Workspace, person: str) -> Workspace:
    """The same workspace in other hands."""
    return workspace.open_workspace(ws.folder, person=person)


def table(ws: Workspace, frame: pl.DataFrame, name: str, **said: Any) -> None:
    """Bring a table in."""
    path = ws.folder / f"{name}.csv"
    frame.write_csv(path)
    asyncio.run(ingest.run(ws, str(path), name=name, **said))


def model(ws: Workspace, name: str, recipe: str = "linear") -> str:
    """A linear model of a table, entered as learning enters one, without the race; or that as the robust learner's."""
    ref = ws.lake.version(VersionRef(name)).ref
    contract = ingest.contract(ws, name)
    digest = ws.lake.version(ref).digest
    run = attest.begin(ws, Plan("learn", str(ref), digest, "", "rmse", "", ("linear",), 0, {}))
    settings = find("recipes", "linear").settings(Task.REGRESSION)[0]
    if recipe == "robust":
        settings = {"blend": 3, "members": [{"recipe": "linear", "settings": plain(settings), "weight": 1.0}]}
    examples = examples_of(frame_of(ws, ref, contract, 0), contract, {"task": "regression"})
    parts = {k: ws.vault.put(v) for k, v in find("recipes", recipe).fit(examples, settings, 0).parts().items()}
    for part, sha256 in parts.items():
        run.subject(f"part/{part}", sha256)
    run.finish({"score": 1.0})
    facts = {"recipe": recipe, "settings": plain(settings), "task": "regression", "dataset": str(ref)}
    facts |= {"parts": parts, "contract": plain(contract), "features": examples.features.columns, "classes": []}
    ws.ledger.append("model", run=run.id, subject=f"{name}@1", body=facts | {"run": run.id, "horizon": None})
    return f"{name}@1"


@dataclass(frozen=True)
class Both:
    """Both sides and the papers between them."""

    acme: Workspace
    mill: Workspace
    bundle: Path
    contract: Path
    folder: Path

    def agree(self, name: str = "contract.yaml", *, sign: bool = True, **changes: Any) -> Path:
        """Another contract: that of the fixture with changes, signed by both."""
        said = yaml.safe_load(self.contract.read_text(encoding="utf-8")) | changes
        path = self.folder / name
        path.with_name(f"{name}.sig").unlink(missing_ok=True)
        path.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
        if sign:
            visit.sign(self.acme, path)
            visit.sign(acting(self.mill, "li"), path)
        return path

    def run(self, contract: Path | None = None, on: str = "oven") -> dict[str, Any]:
        """The trial at the plant."""
        mapping = {"heat": "TI101", "hard": "HV"}
        return visit.run(self.mill, self.bundle, contract or self.contract, on, mapping=mapping)

    def hands(self, person: str) -> Workspace:
        """The plant in other hands."""
        return acting(self.mill, person)

    def let_out(self, run: str, to: str = "a.result", contract: Path | None = None) -> Path:
        """Looked at and let out by the second person."""
        paper = contract or self.contract
        seen = visit.prepare(self.mill, run, paper)
        visit.release(acting(self.mill, "li"), run, paper, approve=seen["digest"], to=self.folder / to)
        return self.folder / to


def two_companies(folder: Path, wishes: Wishes | None = None) -> Both:
    """Two workspaces, a bundle and a contract with room for four runs."""
    acme, mill = company(folder / "acme", "zhao"), company(folder / "mill", "wang")
    table(acme, furnace(seed=1).drop("grade"), "furnace", target="hard", units={"heat": "Cel"})
    own = furnace(seed=2).with_columns(pl.col("heat") * 1.8 + 32).rename({"heat": "TI101", "hard": "HV"})
    table(mill, own, "oven", target="HV", units={"TI101": "[degF]"})
    model(mill, "oven", "robust")
    asked = wishes or Wishes("a linear model does", ("repair_target",), ASKS, ("heat", "flow"), "1s")
    bundle, contract = folder / "acme.visit", folder / "acme.yaml"
    visit.pack(acme, model(acme, "furnace"), asked, to=bundle)
    visit.draft(mill, bundle, plant="", until="", runs=4, to=contract)
    visit.sign(acme, contract)
    visit.sign(acting(mill, "li"), contract)
    return Both(acme, mill, bundle, contract, folder)


@dataclass(frozen=True)
class Played:
    """A visit from the beginning to the end; nobody may change it."""

    both: Both
    done: dict[str, Any]
    file: Path
    interrupted: str  # state of the run after it was stopped in the middle, before it went on


def stopped(ws: Workspace) -> Workspace:
    """The same workspace, whose person leaves in the middle of the trial."""

    def leaves(what: Any, share: float, note: str) -> None:
        if share > 0:
            raise KeyboardInterrupt

    return workspace.open_workspace(ws.folder, progress=leaves)


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Stopped once in the middle, begun again, let out."""
    both = two_companies(tmp_path_factory.mktemp("visit"))
    with pytest.raises(KeyboardInterrupt):
        replace(both, mill=stopped(both.mill)).run()
    states = [r["state"] for r in attest.runs(both.mill, "oven") if r["verb"] == "visit"]
    done = both.run()
    return Played(both, done, both.let_out(done["run"]), ",".join(states))


@pytest.fixture
def companies(tmp_path: Path) -> Both:
    """Fresh ones, before anything ran."""
    return two_companies(tmp_path)


@pytest.fixture(scope="session")
def learnt() -> Any:
    """`learnt(workspace, "oven", "robust")`: a model as learning enters one, without the race."""
    return model
