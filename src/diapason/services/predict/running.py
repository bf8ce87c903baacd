"""The story of a prediction: who may, read, condition, predict, doubt, write, sign."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.learning.assembling import assemble
from diapason.engines.trust import Margins, Suspicion
from diapason.errors import Refused
from diapason.ports import find
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services import attest, publish
from diapason.services.predict.carrying import Sensors, declared, spread
from diapason.services.predict.doubting import LEVEL, beside, known_margins, known_ranges
from diapason.services.predict.reading import Source, read
from diapason.services.publish.registry import Model
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, Column, Contract, Role, VersionRef
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.trust import Trust

__all__ = ["allowed", "contract_of", "run", "training"]


async def run(
    ws: Workspace,
    source: str,
    *,
    model: str,
    out: str | Path = "",
    last: bool = False,
    unpublished: bool = False,
    uncertainty: str | Path = "",
    options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Predict each row of a file and write one CSV, whole or not at all.

    Args:
        model: `name@version`, or `name` for the published one.
        out: default the file's name with .predictions.csv, in the current folder.
        last: write the last row of each asset only; its history is used all the same.
        unpublished: let a version predict that is not published; the statement says so.
        uncertainty: file that declares sensors; what it makes of each prediction stands beside it.
        options: how to read, as for ingest.

    Returns:
        model, standing, rows, rejected, absent, trust (rows per level), uncertainty (budgets), out, digest, run.

    Raises:
        Refused: the version may not predict; says why and what would let it.
        BrokenEvidence: the model is not the one that was signed.
        DataError: the file can't be read, or lacks what the model needs.
    """
    found = publish.find(ws, model)
    standing = allowed(ws, found, unpublished=unpublished)
    parts = publish.parts(ws, found)
    contract = contract_of(found)
    ws.progress(Text("Reading", "正在读取"), -1, str(source))
    got = await read(ws, str(source), contract, VersionRef.parse(str(found.facts["dataset"])), options or {})
    path = (
        Path(out) if str(out) else Path(f"{Path(source).name.removesuffix('.gz').rpartition('.')[0]}.predictions.csv")
    )
    known = declared(Path(uncertainty), got.rows, contract, ws.clock().date()) if str(uncertainty) else None
    attested = attest.begin(ws, _plan(found, got, last=last, state=standing, known=known))
    attested.subject(f"model/{found.ref}", found.digest)
    attested.subject(f"input/{Path(source).name}", got.digest)
    table, suspected = _table(ws, found, parts, got, known)
    table = _last(table, contract) if last else table
    text = attest.table_bytes(table)
    write_whole(path, text)
    attested.subject(f"output/{path.name}", sha256(text).hexdigest())
    result = _result(found, standing, got, table, suspected) | {"out": str(path), "digest": sha256(text).hexdigest()}
    result["uncertainty"] = [] if known is None else known.told()
    attested.finish(result)
    return result | {"run": attested.id}


def allowed(ws: Workspace, found: Model, *, unpublished: bool) -> str:
    """The standing of the model, if it may predict.

    Raises:
        Refused: it may not; says why and what would let it.
    """
    standing = publish.standing(ws, found)
    if standing.state == "published" or (standing.state == "unpublished" and unpublished):
        return standing.state
    ways = {
        "unpublished": f'diapason publish {found.ref} --accept "MEASURE<=LIMIT"   # or, said plainly: --unpublished',
        "expired": f"diapason approve {found.ref} --as PERSON; diapason publish {found.ref} --accept …",
        "withdrawn": f"diapason predict … --model {found.ref.name}   # the version in place",
        "held": f"diapason comply   # what is missing; then: diapason publish {found.ref} --accept …",
        "fallen": f"diapason standing model:{found.ref}   # what fell, and the way back",
    }
    raise Refused(
        Text(f"{found.ref} may not predict: {standing.why.en}", f"{found.ref} 不得预测：{standing.why.zh}"),
        at=str(found.ref),
        fix=ways[standing.state],
    )


def _plan(found: Model, got: Source, *, last: bool, state: str, known: Sensors | None) -> Plan:
    settings: dict[str, Any] = {"model": str(found.ref), "digest": found.digest, "input": got.digest}
    settings |= {"last": last, "standing": state} | ({} if known is None else {"uncertainty": known.told()})
    return Plan("predict", str(found.facts["dataset"]), "", "", "", "", (str(found.ref),), 0, {}, 0.0, settings)


def _examples(found: Model, contract: Contract, rows: pl.DataFrame) -> Examples:
    """The rows as the model's recipe wants them: conditioned by the code that conditioned its training rows."""
    known = replace(
        contract,
        columns=tuple(c for c in contract.columns if c.name in rows.columns or c.role is Role.TARGET),
        run_to_failure=False,
    )
    task = Task(found.facts["task"])
    examples = assemble(rows, known, task, classes=tuple(found.facts.get("classes", ())))
    for step in found.facts.get("conditioning", ()):
        examples = find("treatments", step["treatment"]).condition(examples, step["parameters"])
    return examples


def training(ws: Workspace, found: Model, contract: Contract) -> pl.DataFrame:
    """The features that a model has learnt from, as it saw them; raises NotFound where they are forgotten."""
    rows = ws.lake.scan(VersionRef.parse(str(found.facts["dataset"]))).collect()
    return _examples(found, contract, rows.drop(contract.names(Role.TARGET), strict=False)).features


def _table(
    ws: Workspace, found: Model, parts: Mapping[str, bytes], got: Source, known: Sensors | None
) -> tuple[pl.DataFrame, tuple[Suspicion, ...]]:
    """One line per row read, in the order of the file; and the columns that seem to come in another unit."""
    ws.progress(Text("Predicting", "正在预测"), -1, str(found.ref))
    contract = contract_of(found)
    examples = _examples(found, contract, got.rows)
    model = find("recipes", str(found.facts["recipe"])).load(parts)
    guess = model.predict(examples)
    ranges = known_ranges(ws, found, lambda: training(ws, found, contract))
    trust, suspected = beside(examples.features, ranges, got.units)
    said = _said(examples, guess, known_margins(ws, found))
    if known is not None:
        ws.progress(Text("Carrying uncertainty", "正在传播不确定度"), -1, str(found.ref))
        said = said.hstack(spread(known, got.rows, lambda rows: _examples(found, contract, rows), model.predict, said))
    told = pl.DataFrame({ROW: examples.rows}).hstack(said).hstack(trust)
    names = [n for role in (Role.ASSET, Role.TIME) if (n := contract.first(role)) is not None]
    lines = got.rows.select(ROW, *names).join(told, on=ROW, how="left", maintain_order="left")
    return lines.rename({ROW: "row"}), suspected


def _said(examples: Examples, guess: NDArray[np.float64], known: Margins) -> pl.DataFrame:
    """Prediction and interval; for classes the class and the probability of each."""
    if examples.task is Task.CLASSIFICATION:
        names = np.array(examples.classes)
        columns = {"prediction": names[guess.argmax(axis=1)].tolist()}
        return pl.DataFrame(columns | {f"p_{name}": guess[:, i] for i, name in enumerate(examples.classes)})
    if examples.task is Task.MONITORING:
        return pl.DataFrame({"prediction": guess, "alarm": guess >= 1.0})
    low, high = known.around(guess)
    if examples.task is Task.REMAINING_LIFE:
        low, high = np.maximum(low, 0), np.maximum(high, 0)
    return pl.DataFrame({"prediction": guess, "low": low, "high": high}).fill_nan(None)


def _last(table: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """The last line of each asset, in the order in which assets first come."""
    asset, time = contract.first(Role.ASSET), contract.first(Role.TIME)
    ordered = table.sort(time, maintain_order=True) if time else table
    return (
        ordered.group_by(asset, maintain_order=True).last().select(table.columns).sort("row")
        if asset
        else ordered.tail(1)
    )


def _result(
    found: Model, state: str, got: Source, table: pl.DataFrame, suspected: tuple[Suspicion, ...]
) -> dict[str, Any]:
    levels = dict(table["trust"].value_counts().iter_rows())
    return {
        "model": str(found.ref),
        "digest_of_model": found.digest,
        "standing": state,
        "task": found.facts["task"],
        "rows": table.height,
        "seen": got.seen,
        "rejected": got.rejected.height,
        "absent": list(got.absent),
        "unreadable": dict(got.unreadable),
        "units": [{"column": s.column, "change": s.change, "inside": s.inside, "after": s.after} for s in suspected],
        "trust": {level.value: int(levels.get(level.value, 0)) for level in Trust},
        "level": LEVEL,
    }


def contract_of(found: Model) -> Contract:
    """What the columns are, as the model knew them; a later edit of the file does not change what it has learnt."""
    said = found.facts["contract"]
    columns = tuple(Column(**{**column, "role": Role(column["role"])}) for column in said["columns"])
    return Contract(said["name"], columns, bool(said["run_to_failure"]), tuple(said["derived"]))
