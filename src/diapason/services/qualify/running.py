"""The story of a qualification: bench, ten tests, grade, one signed statement, one page."""

import asyncio
import inspect
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from diapason.errors import DiapasonError
from diapason.ports.workspace import Workspace
from diapason.services import agent, ask, attest, gateway, outside
from diapason.services.qualify import asked, attacked, commanded, diagnosed, fuzzed, improved, tampered
from diapason.services.qualify.bench import Bench, benched
from diapason.services.qualify.lines import NAMES, graded, weakest
from diapason.services.qualify.measuring import Dimension, failed
from diapason.services.qualify.telling import written
from diapason.vocabulary.acting import Manifest
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["run", "tried"]

DAYS, FEW_DAYS = 20, 8
"""Of the bench's record; fewer for a quick run."""

Test = Callable[[Bench], Any]


def run(
    ws: Workspace, name: str, *, quick: bool = False, seed: int = 0, to: Path | None = None, only: tuple[int, ...] = ()
) -> dict[str, Any]:
    """Try an agent in ten dimensions on a bench of its own, grade it by the weakest, and sign what was found.

    Args:
        quick: fewer trials, values instead of bounds; the grade says so and never counts.
        seed: of questions, proposals and attacks; 0 = drawn from the manifest, so that nobody chooses it.
        to: the page, HTML or PDF; default `qualify-NAME.html` in the workspace.
        only: some dimensions alone; the others are not tested, and nothing is signed.

    Returns:
        agent, grade, passed (high-level, in full), quick, dimensions, missing, latency, file, run.

    Raises:
        NotFound: nobody registered it.
        Refused: it is not in force.
    """
    manifest = agent.find(ws, name)
    ref = f"{manifest.name}@{manifest.version}"
    said = agent.registered(ws, name).said
    seed = seed or int(str(said["digest"])[:8], 16)
    plan = _plan(ws, ref, str(said["digest"]), manifest, quick=quick, seed=seed)
    sealed = None if only else attest.begin(ws, plan)
    begin = time.perf_counter()
    with _ready(ws, manifest, seed=seed, days=FEW_DAYS if quick else DAYS) as bench:
        latency = _latency(bench)
        found = _tried(ws, bench, manifest, quick=quick, only=only)
    grade = graded(found, manifest)
    result = _result(ref, manifest, found, grade, quick=quick, seed=seed)
    result |= {"latency": latency, "seconds": round(time.perf_counter() - begin, 1)}
    if sealed is None:
        return result | {"run": "", "file": ""}
    sealed.subject(f"agent/{ref}", str(said["digest"]))
    sealed.keep("dimensions", _table(found))
    sealed.finish(result)
    file = to or ws.folder / f"qualify-{manifest.name}.html"
    written(ws, result | {"run": sealed.id}, file, ws.language)
    return result | {"run": sealed.id, "file": str(file)}


@contextmanager
def _ready(ws: Workspace, manifest: Manifest, *, seed: int, days: int) -> Iterator[Bench]:
    """The bench, with the tools of its doors approved."""
    with benched(ws, manifest, seed=seed, days=days) as bench:
        for door in outside.SERVERS:
            outside.approve_tools(bench.ws, door)
        yield bench


def tried(
    ws: Workspace, own: Workspace, manifest: Manifest, plan: Mapping[str, Any], only: tuple[int, ...]
) -> list[Dimension]:
    """The tests of a sealed plan once more.

    Args:
        ws: where the envelopes lie that bound the agent.
        own: where its model lies.
        only: dimensions.
    """
    said = plan["settings"]
    with _ready(ws, manifest, seed=int(plan["seed"]), days=int(said["days"])) as bench:
        return _tried(own, bench, manifest, quick=bool(said["quick"]), only=only)


def _plan(ws: Workspace, ref: str, digest: str, manifest: Manifest, *, quick: bool, seed: int) -> Plan:
    files = {e.asset: gateway.envelope_file(ws.folder, e.asset) for e in manifest.envelopes}
    bounds = {asset: path.read_text("utf-8") for asset, path in sorted(files.items()) if path.is_file()}
    settings = {"manifest": digest, "model": manifest.model, "quick": quick, "days": FEW_DAYS if quick else DAYS}
    return Plan(
        verb="qualify",
        dataset=ref,
        dataset_digest="",
        hypothesis="the agent reaches the line of each of ten dimensions",
        metric="weakest dimension",
        split="blind wordings, hostile proposals and attacks drawn by seed",
        candidates=(ref,),
        seed=seed,
        budget={},
        settings=settings | {"bounds": bounds},
    )


def _tried(ws: Workspace, bench: Bench, manifest: Manifest, *, quick: bool, only: tuple[int, ...]) -> list[Dimension]:
    """Every test; one that breaks has failed, and says why."""
    answers = asked.asked(bench, quick=quick) if not only or set(only) & {1, 2, 3, 4} else ([], "")
    tests: Mapping[int, tuple[Text, Test]] = {
        1: (asked.PROTOCOL, lambda _: asked.tasks(*answers, quick=quick)),
        2: (asked.PROTOCOL, lambda _: asked.tools(*answers, quick=quick)),
        3: (asked.PROTOCOL, lambda _: asked.grounding(*answers, quick=quick)),
        4: (asked.PROTOCOL, lambda _: asked.limits(*answers, quick=quick)),
        5: (diagnosed.PROTOCOL, lambda _: diagnosed.diagnosed(ws, manifest, seed=bench.seed)),
        6: (fuzzed.PROTOCOL, lambda b: fuzzed.acted(b, quick=quick)),
        7: (commanded.PROTOCOL, lambda b: commanded.commanded(b, quick=quick)),
        8: (attacked.PROTOCOL, lambda b: attacked.attacked(b, quick=quick)),
        9: (tampered.PROTOCOL, lambda b: tampered.tampered(b, quick=quick, own=ws)),
        10: (improved.PROTOCOL, lambda b: improved.improved(b, quick=quick)),
    }
    found = []
    for number, (protocol, test) in tests.items():
        if only and number not in only:
            continue
        ws.progress(Text("Testing", "正在测试") + f" {NAMES[number](ws.language)}", (number - 1) / 10, "")
        begin = time.perf_counter()
        one = _one(number, protocol, test, bench)
        found.append(replace(one, seconds=round(time.perf_counter() - begin, 2)))
    return found


def _one(number: int, protocol: Text, test: Test, bench: Bench) -> Dimension:
    try:
        got = test(bench)
        made: Dimension = _awaited(got) if inspect.iscoroutine(got) else got
    except DiapasonError as error:
        said = [error.said(language)["what"] for language in ("en", "zh")]
        return failed(number, protocol, Text(*said))
    return made


def _awaited(story: Any) -> Any:
    """The end of a story, whether or not a loop runs in this thread."""
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(asyncio.run, story).result()


def _latency(bench: Bench) -> dict[str, float]:
    """How long an answer takes, in milliseconds; no language model and no network are ever asked."""
    names, times = ask.known(bench.ws), []
    for tag in (*bench.material.tags, *bench.material.tags):
        begin = time.perf_counter()
        ask.answer(bench.ws, f"What was the mean {tag} in {bench.material.name}?", names)
        times.append(1e3 * (time.perf_counter() - begin))
    return {"p50_ms": round(float(np.median(times)), 1), "p95_ms": round(float(np.quantile(times, 0.95)), 1)}


def _result(
    ref: str, manifest: Manifest, found: list[Dimension], grade: str, *, quick: bool, seed: int
) -> dict[str, Any]:
    on = [ground("agent", ref), *([ground("model", manifest.model)] if manifest.model else [])]
    return {
        "agent": ref,
        "grade": grade,
        "passed": grade == "high-level" and not quick,
        "quick": quick,
        "seed": seed,
        "dimensions": [d.told for d in found],
        "missing": plain(weakest(found, manifest)),
        "language_model": "none",
        "network": "none",
        "on": on,
    }


def _table(found: list[Dimension]) -> pl.DataFrame:
    """One row for each figure, as it is kept and can be recounted."""
    rows: list[tuple[Any, ...]] = [
        (d.number, NAMES[d.number].en, d.state, m.name.en, m.value, m.low, m.high, m.n, m.line, m.holds)
        for d in found
        for m in d.measures
    ]
    rows += [
        (d.number, NAMES[d.number].en, d.state, "", None, None, None, 0, "", False) for d in found if not d.measures
    ]
    names = ("number", "dimension", "state", "measure", "value", "low", "high", "n", "line", "holds")
    kinds = (
        pl.Int64,
        pl.String,
        pl.String,
        pl.String,
        pl.Float64,
        pl.Float64,
        pl.Float64,
        pl.Int64,
        pl.String,
        pl.Boolean,
    )
    return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row").sort("number")
