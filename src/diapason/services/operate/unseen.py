"""Rows that nobody ingested, as an agent would have seen them."""

import numpy as np
import polars as pl

from diapason.engines.learning.assembling import assemble
from diapason.ports.workspace import Workspace
from diapason.services import ingest, publish
from diapason.services.operate.replaying import History
from diapason.vocabulary.acting import Manifest
from diapason.vocabulary.tables import Column, Contract, Role, VersionRef
from diapason.vocabulary.tasks import Task

__all__ = ["held_out"]


def held_out(ws: Workspace, one: Manifest, frame: pl.DataFrame, name: str) -> History:
    """Rows that nobody ingested, named as the columns of the model's own dataset.

    Args:
        frame: the model's inputs, and `_run` (asset), `_at` (s or a count) and `_truth` (abnormal, or what is left).
        name: of the recording, as it is told.

    Raises:
        DataError: a column that the model needs is missing.
    """
    facts = publish.find(ws, one.model).facts
    task = Task(str(facts["task"]))
    own = ingest.contract(ws, VersionRef.parse(str(facts["dataset"])).name)
    mine = tuple(c for c in own.columns if c.role is Role.FEATURE and c.name in frame.columns)
    roles = (("_run", "category", Role.ASSET), ("_at", "number", Role.TIME), ("_truth", "number", Role.TARGET))
    contract = Contract(name, (*mine, *(Column(n, kind, role) for n, kind, role in roles)))
    examples = assemble(frame, contract, task)
    time = np.arange(float(len(examples))) if examples.time is None else examples.time
    truth = np.nan_to_num(examples.target) > 0 if task is Task.MONITORING else None
    return History(
        name,
        examples,
        tuple(examples.assets[int(c)] for c in np.unique(np.asarray(examples.asset))),
        time,
        truth,
        np.ones(len(examples), bool),
        {},
    )
