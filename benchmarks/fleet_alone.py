"""Deciding alone: rows of a thousand assets to decisions, ours beside others and beside the limit, in one run."""

import ctypes
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from benchmarks.frame import Result
from diapason.engines.agents import Closed, Crew, Known
from diapason.engines.learning.monitored import Monitored
from diapason.ports import find
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

HERE = Path(__file__).parent
ASSETS, TAGS = 1_000, 20
NEEDS = {"river": ("river==0.26.1",), "bytewax": ("bytewax==0.21.1", "numpy")}
TURNS = 5


def learnt(tags: int = TAGS, seed: int = 0) -> tuple[Monitored, Any, np.ndarray]:
    """A monitor of tags that hang together, its recipe, and how they do."""
    draw = np.random.default_rng(seed)
    mix = draw.normal(size=(6, tags))
    x = draw.normal(size=(3_000, 6)) @ mix + draw.normal(0, 0.5, (3_000, tags))
    frame = pl.DataFrame({f"t{i:02}": x[:, i] for i in range(tags)})
    examples = Examples(Task.MONITORING, frame, np.zeros(len(x)), np.arange(len(x)))
    recipe = find("recipes", "subspace")
    return recipe.fit(examples, recipe.settings(Task.MONITORING)[0], seed), recipe, mix


def rows(mix: np.ndarray, ticks: int, assets: int, seed: int = 1) -> np.ndarray:
    """Shape (ticks, assets, tags): normal operation, and one asset in ten that slides away."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(ticks, assets, len(mix))) @ mix + draw.normal(0, 0.5, (ticks, assets, mix.shape[1]))
    x[:, ::10, 3] += np.linspace(0, 6, ticks)[:, None]
    return x


def measured(*, quick: bool) -> list[Result]:
    """All of it; every figure in thousands of asset-ticks per core-second."""
    model, recipe, mix = learnt()
    x = rows(mix, 200, ASSETS)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        few = x[: 4 if quick else 12]
        np.save(folder / "rows.npy", few)
        np.savez(folder / "model.npz", **_plain(model))
        with threadpool_limits(1):
            ours, total, short = _ours(model, recipe, x, len(few))
        bare = _limit(model, x)
        others = {name: _rival(name, folder) for name in ("numpy", "bytewax", "river")}
    speeds = {name: said["rows"] / said["cpu"] / 1e3 for name, said in others.items() if "rows" in said}
    best = max(speeds.values(), default=float("nan"))
    made = [
        Result("fleet.alone", f"deciding alone, {ASSETS} assets x {TAGS} tags", ours, ">= 1000", "k/s", ours >= 1000),
        Result("fleet.alone-over", "times the fastest of the others", ours / best, ">= 10", "x", ours >= 10 * best),
        Result("fleet.alone-limit", "compiled arithmetic alone", bare[0], "", "k/s", None),
    ]
    for name, said in others.items():
        what = said.get("failed") or f"an agent each: {name}"
        made.append(Result(f"fleet.alone-{name}", what, speeds.get(name, float("nan")), "", "k/s", None))
    same = [said["total"] for name, said in others.items() if name != "river" and "total" in said]
    agree = max(abs(t - short) / abs(short) for t in [*same, short])
    apart = max(agree, abs(bare[1] - total) / abs(total))
    made.append(
        Result("fleet.alone-same", "largest difference of all their scores", apart, "<= 1e-9", "", apart <= 1e-9)
    )
    return made


def crew(model: Monitored, recipe: Any, assets: int) -> Crew:
    """Agents with the model."""
    names = [f"a{i}" for i in range(assets)]
    known = Known.of(model.columns, [(c, -50.0, 50.0, 0.0) for c in model.columns])
    return Crew(names, lambda who: recipe.stream(model, [names[i] for i in who]), known, alarms=True)


def _ours(model: Monitored, recipe: Any, x: np.ndarray, few: int) -> tuple[float, float, float]:
    """Thousands per core-second (median of turns), the sum of all scores, and that of the first ticks."""
    speeds = []
    total = short = 0.0
    for _ in range(TURNS):
        fleet = crew(model, recipe, x.shape[1])
        who, trust = np.arange(x.shape[1]), np.zeros(x.shape[1], np.uint8)
        stamp, whole = np.zeros(x.shape[1], np.int64), np.ones(x.shape[1], bool)
        ticks = [Closed(who, row, stamp + i, stamp, trust, whole) for i, row in enumerate(x)]
        begin = time.process_time()
        scores = [fleet.decide(closed).score for closed in ticks]
        speeds.append(len(x) * x.shape[1] / (time.process_time() - begin) / 1e3)
        total, short = float(np.sum(scores)), float(np.sum(scores[:few]))
    return statistics.median(speeds), total, short


def _plain(model: Monitored) -> dict[str, Any]:
    one = model.monitors[-1]
    kept, asked = one.arrays, one.settings
    made = kept["axes"] / kept["size"][:, None] / np.sqrt(kept["variance"] * len(kept["size"]))
    scalars = {"clip": asked["clip"], "forget": asked["forget"], "on": one.limit.on, "off": one.limit.off}
    return {"centre": kept["centre"], "spread": kept["spread"], "map": made, **scalars}


def _limit(model: Monitored, x: np.ndarray) -> tuple[float, float]:
    """What the compiled loop does, and the sum of its scores; nan without a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return float("nan"), float("nan")
    kept = _plain(model)
    with tempfile.TemporaryDirectory() as place:
        library = Path(place) / "limit.so"
        flags = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]
        subprocess.run([compiler, *flags, HERE / "rival" / "fleet_limit.c", "-o", library], check=True)
        decide = ctypes.CDLL(str(library)).decide
    decide.restype = ctypes.c_double
    n, d = x.shape[1:]
    speeds, total = [], 0.0
    for _ in range(TURNS):
        state = [np.zeros((n, d)) for _ in range(3)] + [np.zeros(n)]
        call = _call(decide, kept, n, d, state)
        begin = time.process_time()
        total = sum(call(row, i == 0) for i, row in enumerate(x))
        speeds.append(x.shape[0] * n / (time.process_time() - begin) / 1e3)
    return statistics.median(speeds), total


def _call(decide: Any, kept: dict[str, Any], n: int, d: int, state: list[np.ndarray]) -> Callable[..., float]:
    at = {name: np.ascontiguousarray(kept[name]) for name in ("centre", "spread", "map")}
    pointer = {name: ctypes.c_void_p(a.ctypes.data) for name, a in at.items()}
    number = {name: ctypes.c_double(float(kept[name])) for name in ("clip", "forget", "on", "off")}
    own = [ctypes.c_void_p(s.ctypes.data) for s in state]

    def call(row: np.ndarray, first: bool) -> float:
        _ = at
        said: float = decide(
            ctypes.c_void_p(row.ctypes.data),
            ctypes.c_int64(n),
            ctypes.c_int64(d),
            pointer["centre"],
            pointer["spread"],
            number["clip"],
            number["forget"],
            pointer["map"],
            number["on"],
            number["off"],
            *own,
            ctypes.c_int(first),
        )
        return said

    return call


def _rival(name: str, folder: Path) -> dict[str, Any]:
    """What a script in `rival/` measured, in an environment of its own, or why it did not."""
    answers = folder / f"{name}.json"
    environment = dict(os.environ) | {"PYTHONPATH": ""}
    try:
        if name in NEEDS:
            environment["PYTHONPATH"] = str(_installed(name))
        words = [
            sys.executable,
            HERE / "rival" / f"fleet_{name}.py",
            folder / "model.npz",
            folder / "rows.npy",
            answers,
        ]
        subprocess.run(words, check=True, capture_output=True, text=True, env=environment, timeout=600)
    except subprocess.SubprocessError as error:
        said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1:]
        return {"failed": f"{name}: {' '.join(said)[:160]}"}
    return dict(json.loads(answers.read_text()))


def _installed(name: str) -> Path:
    """A folder with the package, made once."""
    place = (
        Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "diapason-benchmarks" / "-".join(NEEDS[name])
    )
    if not place.exists():
        half = place.with_name(place.name + ".half")
        shutil.rmtree(half, ignore_errors=True)
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(half), *NEEDS[name]]
        subprocess.run(install, check=True, capture_output=True, text=True)
        half.rename(place)
    return place
