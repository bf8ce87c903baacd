"""From a dataset version to examples: a declared sample where the table is larger than memory should hold."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from diapason.engines.learning.assembling import assemble
from diapason.ports.workspace import Workspace
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tables import ROW, Contract, Role, VersionRef
from diapason.vocabulary.tasks import Task

__all__ = ["LARGEST", "examples_of", "frame_of"]

LARGEST = 200_000
"""Rows that are learnt from; of a larger table whole assets are drawn, else every k-th row, and the result says so."""


def frame_of(ws: Workspace, ref: VersionRef, contract: Contract, seed: int, most: int = LARGEST) -> pl.DataFrame:
    """The rows to learn from, `_row` included."""
    table, rows = ws.lake.scan(ref), ws.lake.version(ref).rows
    if rows <= most:
        return table.collect()
    asset = contract.first(Role.ASSET)
    if asset is not None:
        sizes = table.group_by(asset).len().collect().sort(asset)
        if sizes.height >= 20:
            drawn = sizes.sample(fraction=1.0, shuffle=True, seed=seed)
            kept = drawn.filter(pl.col("len").cum_sum() <= most)[asset].to_list()
            return table.filter(pl.col(asset).is_in(kept)).collect()
    step = -(-rows // most)
    return table.filter(pl.col(ROW) % step == 0).collect()


def examples_of(frame: pl.DataFrame, contract: Contract, settings: Mapping[str, Any]) -> Examples:
    """Examples as the plan's settings say."""
    return assemble(
        frame,
        contract,
        Task(settings["task"]),
        horizon=settings.get("horizon"),
        normal_first=int(settings.get("normal_first") or 0),
    )
