"""A timed drill on a copy of the workspace: a model is tampered with, found, stopped, and brought back."""

import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from diapason.errors import BrokenEvidence, DiapasonError, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services import attest, predict, publish, standing
from diapason.services.publish.registry import Model
from diapason.services.workspace import open_workspace, require
from diapason.services.workspace.forgetting import models
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, VersionRef

__all__ = ["drill"]

ROWS = 20
"""Rows that are predicted before and after."""


async def drill(ws: Workspace, model: str = "") -> dict[str, Any]:
    """Do what an incident asks for, on a copy, and measure it; nothing in the workspace changes but its ledger.

    Detect: a byte of the model's file is changed; how long until a prediction finds it. Contain: the model is recalled;
    how long until it may not predict. Recover: the file is put back and the recall lifted; how long until it predicts
    the same rows as before. Its plan is sealed first; a drill that did not hold is counted as abandoned, with the step.

    Args:
        model: `furnace@1`; default the newest that may predict.

    Returns:
        model, held, seconds (detect, contain, recover), steps, run.

    Raises:
        NotFound: there is no model.
        Refused: who acts may not recall, or the model may not predict now.
    """
    require(ws, "approver", "administrator")
    found = _chosen(ws, model)
    attested = attest.begin(ws, _plan(found, ws.person, _count(ws)))
    with TemporaryDirectory(prefix="diapason-drill-") as folder:
        copy = _copied(ws, Path(folder) / "plant")
        rows = _rows(ws, found, Path(folder) / "rows.csv")
        done = await _Drill(copy, publish.find(copy, str(found.ref)), rows, Path(folder) / "out.csv").run()
    result = {
        "model": str(found.ref),
        "held": done.held,
        "seconds": done.seconds(),
        "steps": [{"step": s, "went": w, "seconds": t, "said": said} for s, w, t, said in done.steps],
        "rows": ROWS,
        "on": [ground("model", found.ref)],
    }
    if done.held:
        attested.subject(f"model/{found.ref}", found.digest)
        attested.keep("steps", pl.DataFrame(done.steps, schema=_SHAPE, orient="row"))
        attested.finish(result)
    else:
        step, _, _, said = done.steps[-1]
        attested.abandon(f"did not hold at {step}: {said}")
    return {**result, "run": attested.id}


_SHAPE = {"step": pl.String, "went": pl.Boolean, "seconds": pl.Float64, "said": pl.String}


@dataclass(slots=True)
class _Drill:
    """The drill on a copy."""

    copy: Workspace
    model: Model
    rows: Path
    out: Path
    steps: list[tuple[str, bool, float, str]] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether every step went as it should."""
        return len(self.steps) == len(_STEPS) and all(went for _, went, _, _ in self.steps)

    def seconds(self) -> dict[str, float | None]:
        """Seconds of each step that went as it should; None of one that did not."""
        told = {s: (t if went else None) for s, went, t, _ in self.steps}
        return {name: told.get(name) for name in _STEPS[1:]}

    async def run(self) -> "_Drill":
        """All steps in order, until one does not go as it should."""
        before = await self._predicted()
        part = self._part()
        whole = part.read_bytes()

        async def detect() -> tuple[bool, str]:
            _overwritten(part, bytes([whole[0] ^ 0xFF]) + whole[1:])
            return await self._fails(BrokenEvidence)

        async def contain() -> tuple[bool, str]:
            standing.recall(self.copy, self._name(), because="drill")
            return await self._fails(Refused)

        async def recover() -> tuple[bool, str]:
            _overwritten(part, whole)
            standing.restored(self.copy, self._name(), because="drill over")
            same = await self._predicted() == before
            return same, "the same predictions as before" if same else "other predictions than before"

        async def prepare() -> tuple[bool, str]:
            return await self._predicted() == before, f"{ROWS} rows predicted, twice the same"

        for name, step in zip(_STEPS, (prepare, detect, contain, recover), strict=True):
            if not await self._timed(name, step):
                break
        return self

    async def _timed(self, name: str, step: Callable[[], Awaitable[tuple[bool, str]]]) -> bool:
        start = time.perf_counter()
        try:
            went, said = await step()
        except DiapasonError as error:
            went, said = False, error.said("en")["what"]
        self.steps.append((name, went, round(time.perf_counter() - start, 4), said))
        return went

    async def _fails(self, how: type[DiapasonError]) -> tuple[bool, str]:
        """Whether a prediction is refused in this way."""
        try:
            await self._predicted()
        except how as error:
            return True, error.said("en")["what"]
        return False, "it still predicted"

    async def _predicted(self) -> str:
        done = await predict.run(self.copy, str(self.rows), model=str(self.model.ref), out=self.out, unpublished=True)
        return str(done["digest"])

    def _part(self) -> Path:
        """The largest file of the model."""
        parts = [self.copy.vault.path(str(d)) for d in self.model.facts["parts"].values()]
        return max(parts, key=lambda path: path.stat().st_size)

    def _name(self) -> str:
        return ground("model", self.model.ref)


_STEPS = ("prepare", "detect", "contain", "recover")


def _chosen(ws: Workspace, model: str) -> Model:
    """The model that is asked for, else the newest that may predict."""
    known = [publish.find(ws, name) for name in models(ws.ledger)]
    if not known:
        raise NotFound(
            Text("there is no model to drill with", "没有可用于演练的模型"),
            at=str(ws.folder),
            fix="diapason learn NAME --task TASK",
        )
    able = [m for m in known if publish.standing(ws, m).state == "published"] or known
    found = publish.find(ws, model) if model else able[-1]
    state = publish.standing(ws, found)
    if state.state not in ("published", "unpublished"):
        raise Refused(
            Text(f"{found.ref} may not predict now: {state.why.en}", f"{found.ref} 目前不得预测：{state.why.zh}"),
            at=str(found.ref),
            fix=f"diapason standing model:{found.ref}",
        )
    return found


def _copied(ws: Workspace, to: Path) -> Workspace:
    """The whole workspace, copied: its ledger as one consistent file."""
    shutil.copytree(ws.folder, to, ignore=shutil.ignore_patterns("ledger.db*", "*.html", "*.backup"))
    ws.ledger.snapshot(to / "ledger.db")
    return replace(open_workspace(to, person=ws.person, language=ws.language), clock=ws.clock)


def _rows(ws: Workspace, found: Model, to: Path) -> Path:
    """The first rows that it has learnt from, without what it is to predict."""
    asked = {c["name"] for c in found.facts["contract"]["columns"] if c["role"] == "target"} | {ROW}
    table = ws.lake.scan(VersionRef.parse(str(found.facts["dataset"]))).head(ROWS).collect()
    table.drop([c for c in table.columns if c in asked]).write_csv(to)
    return to


def _overwritten(path: Path, data: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(data)


def _plan(found: Model, person: str, number: int) -> Plan:
    settings = {"model": str(found.ref), "digest": found.digest, "rows": ROWS, "person": person, "number": number}
    aim = "a tampered model is found, stopped and brought back"
    return Plan("drill", str(found.facts["dataset"]), "", aim, "seconds", "", (str(found.ref),), 0, {}, 0.0, settings)


def _count(ws: Workspace) -> int:
    return 1 + len([run for run in attest.runs(ws) if run["verb"] == "drill"])
