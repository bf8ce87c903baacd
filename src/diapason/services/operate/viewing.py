"""What a fleet is doing right now, as facts: first the sentence, then counts, then the worst assets."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from diapason.ports.line import Line
from diapason.services.operate.fleet import Fleet
from diapason.services.operate.proposing import Proposer
from diapason.vocabulary.line import TRUSTS

__all__ = ["seen"]

_WORST = 5
_SILENT = 10.0  # s


def seen(fleet: Fleet, lines: Mapping[str, Line], proposer: Proposer) -> dict[str, Any]:
    """The present state of a fleet.

    Returns:
        at, agents, alarms, untrusted, silent, waiting (no row yet), rows, decisions, worst (agents with their score),
        readings (where each went), latency_ms (from arrival), age_ms (from the source's time), cpu_s (by stage),
        journal, lines, proposals, went_on, outlook (what reaches its limit soonest, as `Outlook.told`).
    """
    now = time.time()
    parts = [_counted(squad, now) for squad in fleet.squads]
    total = {name: sum(p[name] for p in parts) for name in ("agents", "alarms", "untrusted", "silent", "waiting")}
    worst = sorted((w for p in parts for w in p["worst"]), key=lambda w: -w["score"])[:_WORST]
    meter = fleet.meter
    return {
        "at": now,
        **total,
        "rows": meter.rows,
        "decisions": meter.decisions,
        "worst": worst,
        "readings": fleet.balance(),
        "latency_ms": meter.latencies.quantiles(),
        "age_ms": meter.ages.quantiles(),
        "cpu_s": {
            "process": time.process_time(),
            "deciding": meter.deciding,
            "journal": fleet.recorder.cpu,
            "copying": meter.copying,
        },
        "journal": {"waiting": fleet.recorder.waiting, "trouble": fleet.recorder.trouble},
        "lines": {name: _line(line) for name, line in lines.items()},
        "proposals": dict(proposer.counts),
        "went_on": fleet.went_on,
        "outlook": fleet.outlook.soonest(),
    }


def _counted(squad: Any, now: float) -> dict[str, Any]:
    crew, ticks = squad.crew, squad.ticks
    begun = crew.rows > 0
    ago = now - ticks.last / 1e6
    order = np.argsort(-crew.score, kind="stable")[:_WORST]
    worst = [
        {
            "agent": squad.manifests[i].name,
            "asset": squad.manifests[i].asset,
            "score": float(crew.score[i]),
            "alarm": bool(crew.alarm[i]),
            "trust": TRUSTS[int(crew.trust[i])],
        }
        for i in order
        if begun[i]
    ]
    return {
        "agents": len(crew.names),
        "alarms": int(crew.alarm.sum()),
        "untrusted": int((crew.trust == 2).sum()),
        "silent": int((begun & (ago > _SILENT)).sum()),
        "waiting": int((~begun).sum()),
        "worst": worst,
    }


def _line(line: Line) -> dict[str, Any]:
    state = line.state()
    return {
        "connected": state.connected,
        "since": state.since.isoformat(),
        "reconnects": state.reconnects,
        "why": state.why,
    }
