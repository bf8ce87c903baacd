"""A promise and what came of it, on the same rows: those that were judged both times and have kept their value."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.learning.metrics import score
from diapason.ports.workspace import Workspace
from diapason.vocabulary.estimates import Estimate

__all__ = ["both"]

FEWEST, DRAWS, LEVEL = 30, 300, 0.95

Array = NDArray[Any]


def both(ws: Workspace, adopted: Mapping[str, Any], learnt: Mapping[str, Any]) -> tuple[Estimate, Estimate] | None:
    """Score of the adopted arm and of a later learning on the rows that both judged.

    Rows that the repair dropped or rewrote are in neither, else dropping hard rows would look like a promise kept.

    Args:
        adopted: a finished run of `adopt`, as `attest.result` gives it.
        learnt: a later one of `learn`.

    Returns:
        Both scores in the measure of the adoption, with 95 % intervals that resample assets, or rows where there are
        none; None where fewer than 30 rows were judged both times.
    """
    tables = [_read(ws, facts) for facts in (adopted, learnt)]
    if tables[0] is None or tables[1] is None:
        return None
    shared = tables[0].join(tables[1], on="row", suffix="_later").filter(pl.col("truth") == pl.col("truth_later"))
    if shared.height < FEWEST:
        return None
    name = str(adopted["result"]["metric"])
    truth, first, later = _coded(shared)
    cluster = (shared["asset"] if shared["asset"].n_unique() > 1 else shared["row"].cast(pl.String)).rank("dense")
    draws = _draws(cluster.to_numpy().astype(np.int64) - 1)
    return _estimate(name, truth, first, draws), _estimate(name, truth, later, draws)


def _read(ws: Workspace, facts: Mapping[str, Any]) -> pl.DataFrame | None:
    kept = facts["kept"].get("honest")
    if kept is None:
        return None
    table = pl.read_csv(io.BytesIO(ws.vault.get(str(kept["sha256"]))), infer_schema_length=None)
    chosen = table.select("row", pl.col("asset").cast(pl.String).fill_null(""), "truth", "prediction")
    return chosen.drop_nulls(["truth", "prediction"]).unique("row", keep="first", maintain_order=True)


def _coded(shared: pl.DataFrame) -> tuple[Array, Array, Array]:
    """Truth and both predictions as numbers; classes as one column each where they have names."""
    columns = [shared[c] for c in ("truth", "prediction", "prediction_later")]
    if all(c.dtype.is_numeric() for c in columns):
        return columns[0].to_numpy(), columns[1].to_numpy(), columns[2].to_numpy()
    names = sorted({str(v) for c in columns for v in c.unique()})
    truth, first, later = ([names.index(str(v)) for v in c] for c in columns)
    return np.array(truth), np.eye(len(names))[first], np.eye(len(names))[later]


def _draws(cluster: Array) -> list[Array]:
    """How often each row counts in each resample; shape (DRAWS, n)."""
    count, draw = int(cluster.max()) + 1, np.random.default_rng(0)
    return [np.bincount(draw.integers(0, count, count), minlength=count)[cluster].astype(float) for _ in range(DRAWS)]


def _estimate(name: str, truth: Array, made: Array, draws: list[Array]) -> Estimate:
    values = [score(name, truth, made, weight=w) for w in draws]
    low, high = np.nanquantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(score(name, truth, made), float(low), float(high), len(truth), level=LEVEL)
