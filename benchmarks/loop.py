"""One loop on CCPP with damaged targets, judged on clean rows that nothing of the loop has seen.

Run: python -m benchmarks.loop [--quick] [--json]. Per seed a fifth of the rows is held out clean; the targets of the
rest are damaged (10 % read in another unit, x 0.1; 10 % exchanged among themselves; none), ingested, mended by
`resonate` and `adopt` as a user would call them, and the model predicts the held-out rows. Beside it: the robust
learner on damaged rows, and on clean ones. Grid, frozen: damages x seeds 0..2 (--quick: seed 0).
"""

import asyncio
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.frame import Result, data_folder, main
from benchmarks.frame import cell as kept
from benchmarks.recipes import _bytes
from diapason.engines.learning.recipes.robust import recipe as robust
from diapason.ports import find
from diapason.services import adopt, ingest, resonate
from diapason.services.workspace import init, open_workspace
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

DAMAGES = ("clean", "unit", "swap")
SEEDS = (0, 1, 2)
SHARE = 0.10


def damaged(y: np.ndarray, how: str, seed: int) -> np.ndarray:
    """A tenth of the targets in another unit, or exchanged among themselves."""
    draw, out = np.random.default_rng(1000 + seed), y.copy()
    hit = draw.permutation(len(y))[: round(SHARE * len(y))]
    if how == "unit":
        out[hit] = y[hit] * 0.1
    if how == "swap":
        out[hit] = y[np.roll(hit, 1)]
    return out


def _rmse(model: Any, examples: Examples) -> float:
    return float(np.sqrt(np.mean((model.predict(examples) - examples.target) ** 2)))


def _examples(frame: pl.DataFrame, target: str) -> Examples:
    return Examples(
        Task.REGRESSION,
        frame.drop(target).cast(pl.Float64),
        frame[target].to_numpy().astype(float),
        np.arange(frame.height),
    )


def cell(frame: pl.DataFrame, target: str, how: str, seed: int) -> dict[str, float]:
    """Held-out clean RMSE of the loop's model, of the robust learner on damaged rows, and on clean ones."""
    order = np.random.default_rng(seed).permutation(frame.height)
    test, train = frame[order[: frame.height // 5]], frame[np.sort(order[frame.height // 5 :])]
    dirty = train.with_columns(pl.Series(target, damaged(train[target].to_numpy(), how, seed)))
    held, settings = _examples(test, target), robust.settings(Task.REGRESSION)[0]
    clean = _rmse(robust.fit(_examples(train, target), settings, seed), held)
    alone = clean if how == "clean" else _rmse(robust.fit(_examples(dirty, target), settings, seed), held)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        dirty.write_csv(home / "rows.csv")
        init(home / "plant", person="engineer")
        ws = open_workspace(home / "plant")
        asyncio.run(ingest.run(ws, str(home / "rows.csv"), name="rows", target=target))
        tried = resonate.run(ws, "rows", budget="4m", task="regression", seed=seed)
        mended = alone
        if tried["adopted"]:
            made = adopt.run(ws, "rows")
            entry = ws.ledger.last(kind="model", subject=str(made["model"]))
            parts = {n: ws.vault.get(d) for n, d in entry.body["parts"].items()} if entry else {}
            mended = _rmse(find("recipes", entry.body["recipe"]).load(parts), held) if entry else alone
    return {"clean": clean, "alone": alone, "mended": mended, "adopted": float(bool(tried["adopted"]))}


def measure(quick: bool) -> list[Result]:
    """Each damage over the seeds."""
    frame = pl.read_csv(_bytes(data_folder() / "ccpp" / "Folds5x2_pp.csv.gz"))
    frame = frame.rename({c: c.strip().strip("\ufeff") for c in frame.columns})
    target, rows = frame.columns[-1], []
    for how in DAMAGES:
        seeds = SEEDS[:1] if quick else SEEDS
        cells = [kept("loop", (how, seed), partial(cell, frame, target, how, seed)) for seed in seeds]
        worst = max(c["mended"] / c["clean"] - 1 for c in cells) * 100
        gains = [c["alone"] - c["mended"] for c in cells]
        shown = "; ".join(f"clean {c['clean']:.2f}, robust {c['alone']:.2f}, loop {c['mended']:.2f}" for c in cells)
        if how == "clean":
            rows.append(
                Result(
                    "loop.clean", f"nothing adopted that costs more than 1 % ({shown})", worst, "<= 1", "%", worst <= 1
                )
            )
            continue
        rows.append(
            Result(f"loop.{how}", f"10 % {how}: loss over clean, worst seed ({shown})", worst, "<= 5", "%", worst <= 5)
        )
        rows.append(
            Result(
                f"loop.{how}-gain",
                f"10 % {how}: better than the robust learner alone, worst seed (mean {np.mean(gains):.3f} MW)",
                min(gains),
                "> 0",
                "MW",
                min(gains) > 0,
            )
        )
    return rows


if __name__ == "__main__":
    main("loop", measure, seeds=SEEDS)
