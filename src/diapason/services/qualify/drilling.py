"""The stop of an agent, drilled on a bench: nothing on the plant moves, and the result is signed."""

import time
from typing import Any

import polars as pl

from diapason.errors import DiapasonError
from diapason.ports.workspace import Workspace
from diapason.services import agent, attest
from diapason.services.qualify.bench import Bench, benched
from diapason.services.qualify.commanded import CYCLE, Stopped, stopped_on
from diapason.services.qualify.served import trial
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.facts import ground

__all__ = ["drill"]

_SHAPE = {"step": pl.String, "went": pl.Boolean, "seconds": pl.Float64, "said": pl.String}


async def drill(ws: Workspace, name: str) -> dict[str, Any]:
    """Stop an agent at the worst moment, see that nothing moves, that only who may can lift it, and sign that.

    An agent that may move nothing is stopped by its registration: retired, it is refused at once.

    Returns:
        agent, passed, seconds (to the first refusal), steps, run.

    Raises:
        NotFound: nobody registered it.
        Refused: it is not in force.
    """
    manifest = agent.find(ws, name)
    ref = f"{manifest.name}@{manifest.version}"
    said = agent.registered(ws, name).said
    settings = {"manifest": said["digest"], "person": ws.person}
    sealed = attest.begin(
        ws, Plan("drill", ref, "", "a stop holds within one cycle", "seconds", "", (ref,), 0, {}, 0.0, settings)
    )
    with benched(ws, manifest, seed=1, days=0) as bench:
        done, over = await _drilled(bench)
    steps = [{"step": s, "went": w, "seconds": t, "said": words} for s, w, t, words in done.steps]
    passed = done.held and done.released and all(s["went"] for s in steps)
    result = {
        "agent": ref,
        "passed": passed,
        "seconds": round(done.seconds, 4),
        "cycle": CYCLE,
        "line": over,
        "steps": steps,
    }
    sealed.subject(f"agent/{ref}", str(said["digest"]))
    sealed.keep("steps", pl.DataFrame(done.steps, schema=_SHAPE, orient="row"))
    sealed.finish(result | {"on": [ground("agent", ref)]})
    return {**result, "run": sealed.id}


async def _drilled(bench: Bench) -> tuple[Stopped, str]:
    """The stop where it can move something, and over which line; else its registration ends."""
    if not bench.envelopes:
        return _unregistered(bench), "none"
    async with trial(bench.envelopes, seed=bench.seed) as line:
        return await stopped_on(bench, bench.envelopes[0], line), line.over


def _unregistered(bench: Bench) -> Stopped:
    """Retire it on the bench: nobody finds it in force any more."""
    name, steps = bench.manifest.name, []
    begin = time.perf_counter()
    agent.retire(bench.ws, name, because="drill")
    try:
        agent.find(bench.ws, name)
        held, said = False, "it is still in force"
    except DiapasonError as error:
        held, said = True, error.said("en")["what"]
    seconds = time.perf_counter() - begin
    steps.append(("stop", held and seconds <= CYCLE, round(seconds, 4), said))
    gone = name not in {m.name for m in agent.all(bench.ws)}
    steps.append(("keep", gone, 0.0, "it is in no list of agents in force"))
    return Stopped(held, gone, seconds, tuple(steps))
