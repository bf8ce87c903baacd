"""The whole path once, on the embedded plant: three months of history to a published model, a report and evidence."""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from diapason.errors import Refused
from diapason.ports import find
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Progress, Workspace, silent
from diapason.services import adopt as adopting
from diapason.services import assess, evidence, ingest, learn, predict, publish, report, resonate, verify
from diapason.services import workspace as workspaces
from diapason.services.scan import datasets as scan
from diapason.vocabulary.language import Language, Text
from diapason.vocabulary.tables import ROW

__all__ = ["Step", "run"]

NAME, SEED, DAYS, NEW_DAYS = "soft-sensor", 7, 90, 20
"""The dataset: tags before each lab sample and the result; the seed; days of history and samples, of new rows."""

ACCEPT = "rmse<=2"
"""What the plant demands of the soft sensor before it may predict, in % residual: stated before anything is learnt."""

FOLDS, BUDGET = 3, "20s"
"""Folds of the honest split, and what the trials may take."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done, what came of it, the command for it, and how long it took."""

    what: Text
    said: str
    command: str
    seconds: float


@dataclass(slots=True)
class _Story:
    """Tells each step when it is done."""

    told: Callable[[Step], None]
    language: Language
    steps: list[Step] = field(default_factory=list)

    @contextmanager
    def step(self, what: Text, command: str) -> Iterator[list[str]]:
        """Time a step; the sentence is appended by the caller."""
        begin, said = time.monotonic(), list[str]()
        yield said
        step = Step(what, " ".join(said), command, round(time.monotonic() - begin, 1))
        self.steps.append(step)
        self.told(step)


async def run(
    folder: Path,
    *,
    into: str = "demo-plant",
    language: Language = "en",
    progress: Progress = silent,
    told: Callable[[Step], None] = lambda _step: None,
) -> dict[str, Any]:
    """Run the whole path; leaves `demo.evidence` and `demo.html` in the folder.

    Args:
        folder: where the workspace, the bundle and the report go.
        into: name of the workspace; a number is added where it is taken.
        told: called after each step.

    Returns:
        Paths of workspace, evidence and report, the verdict, the signer, the steps.
    """
    home = _free(folder, into)
    story = _Story(told, language)
    ws = _made(home, language, progress)
    with story.step(
        Text("three months of plant history", "三个月的工厂历史"), "diapason ingest plant:history --name history"
    ) as said:
        stored = await ingest.run(ws, f"plant:history?seed={SEED}&days={DAYS}", name="history", time="time")
        lab = await ingest.run(
            ws,
            f"plant:soft_sensor?seed={SEED}&days={DAYS}",
            name=NAME,
            target="residual",
            time="time",
            batch="batch",
        )
        said.append(_counted(stored, lab)(language))
    await _looked(ws, story)
    model = await _mended(ws, story)
    await _published(ws, story, model, home)
    return _handed_over(ws, story, folder, model)


def _free(folder: Path, into: str) -> Path:
    """The first of into, into-2, into-3 … that is not there."""
    names = (into if i == 1 else f"{into}-{i}" for i in range(1, 10_000))
    return next(folder / name for name in names if not (folder / name).exists())


def _made(home: Path, language: Language, progress: Progress) -> Workspace:
    """A workspace with two people, since nobody approves what they trained."""
    workspaces.init(home, person="engineer")
    ws = workspaces.open_workspace(home, person="engineer", language=language, progress=progress)
    workspaces.add_person(ws, "approver", ["approver"])
    return ws


def _counted(stored: dict[str, Any], lab: dict[str, Any]) -> Text:
    return Text(
        f"{stored['rows']:,} minutes of every tag, {lab['rows']:,} lab results.",
        f"各位号 {stored['rows']:,} 分钟的读数，{lab['rows']:,} 个化验结果。",
    )


async def _looked(ws: Workspace, story: _Story) -> None:
    """What is wrong with the data, and how good a model really is."""
    language = story.language
    with story.step(Text("every value, in one pass", "逐值扫描一遍"), "diapason scan history") as said:
        passed = await _await(scan.run(ws, "history"))
        said.append(_found("history", passed)(language))
    with story.step(Text("what is wrong with it", "数据有什么问题"), f"diapason assess {NAME}") as said:
        assessed = await _await(assess.run(ws, NAME))
        said.append(_found(NAME, assessed)(language))
    with story.step(Text("how good a model is", "模型有多好"), f"diapason learn {NAME} --task regression") as said:
        learnt = await _await(learn.run(ws, NAME, "regression", folds=FOLDS))
        honest, random = learnt["honest"]["score"], learnt["random"]["score"]
        text = Text(
            f"rmse {honest['value']:.3g} on an honest split, {random['value']:.3g} on a random one.",
            f"诚实划分 rmse {honest['value']:.3g}，随机划分 {random['value']:.3g}。",
        )
        said.append(text(language))


def _found(name: str, looked: dict[str, Any]) -> Text:
    count = len(looked["findings"])
    return Text(f"{name}: {count} findings.", f"{name}：{count} 项发现。")


async def _mended(ws: Workspace, story: _Story) -> str:
    """Trials of repairs; what holds is adopted. Gives the model that goes on."""
    language = story.language
    with story.step(Text("does a repair help", "修复有用吗"), f"diapason resonate {NAME} --budget {BUDGET}") as said:
        tried = await _await(resonate.run(ws, NAME, budget=BUDGET))
        said.append(tried["verdict"][language])
    if not tried["adopted"]:
        return f"{NAME}@1"
    with story.step(Text("adopt what held", "采纳经受住检验的修复"), f"diapason adopt {NAME}") as said:
        adopted = await _await(adopting.run(ws, NAME))
        said.append(f"{adopted['dataset']} → {adopted['model']}")
    return str(adopted["model"])


async def _published(ws: Workspace, story: _Story, model: str, home: Path) -> None:
    """The gate, a second person, and predictions for rows that nobody has seen."""
    language = story.language
    with story.step(Text("the gate", "发布关口"), f'diapason publish {model} --accept "{ACCEPT}"') as said:
        publish.approve(replace(ws, **_as(home, "approver")), model)
        said.append(_through(ws, model)(language))
    file = home / "new.csv"
    write_whole(file, (await _new_rows()).write_csv().encode())
    with story.step(Text("predict new rows", "预测新数据"), f"diapason predict new.csv --model {model}") as said:
        made = await predict.run(ws, str(file), model=model, out=home / "predictions.csv", unpublished=True)
        said.append(Text(f"{made['rows']} rows → predictions.csv", f"{made['rows']} 行 → predictions.csv")(language))


def _as(home: Path, person: str) -> dict[str, Any]:
    """The parts of a workspace that say who acts."""
    opened = workspaces.open_workspace(home, person=person)
    return {"person": opened.person, "signer": opened.signer}


def _through(ws: Workspace, model: str) -> Text:
    """Publish, or say what the gate demands: both are results."""
    try:
        publish.run(ws, model, accept=[ACCEPT])
    except Refused as refused:
        return Text(refused.said("en")["what"], refused.said("zh")["what"])
    return Text(f"{model} is published.", f"{model} 已发布。")


async def _new_rows() -> pl.DataFrame:
    """Rows of another time of the plant, without defects and without the lab's result."""
    reader = find("connectors", "plant")
    source = f"plant:soft_sensor?seed={SEED + 1}&days={NEW_DAYS}&clean=true"
    pieces = [batch.rows async for batch in reader.batches(source, {})]
    rows: pl.DataFrame = pl.concat(pieces).drop(ROW, "residual")
    return rows


def _handed_over(ws: Workspace, story: _Story, folder: Path, model: str) -> dict[str, Any]:
    """Evidence for a stranger, rechecked at once, and the report."""
    bundle, page = folder / "demo.evidence", folder / "demo.html"
    signer = ws.signer.keyid
    with story.step(
        Text("evidence, rechecked", "证据与复核"), f"diapason verify demo.evidence --signer {signer[:16]}…"
    ) as said:
        evidence.export(ws, NAME, bundle, data=True, models=True)
        found = verify.verify(bundle, signer=signer)
        said.append(verify.verdict(found)(story.language))
    with story.step(Text("the report", "报告"), f"diapason report {NAME} --to demo.html") as said:
        made = report.run(ws, NAME, to=page, language=story.language)
        said.append(str(page))
    return {
        "workspace": str(ws.folder),
        "evidence": str(bundle),
        "report": str(page),
        "verdict": made["verdict"],
        "model": model,
        "signer": signer,
        "steps": [{"what": s.what.en, "said": s.said, "command": s.command, "seconds": s.seconds} for s in story.steps],
    }


async def _await(done: Any) -> Any:
    """The value of a service that may be asynchronous."""
    return await done if isinstance(done, Awaitable) else done
