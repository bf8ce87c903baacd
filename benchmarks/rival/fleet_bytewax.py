"""Bytewax: a stateful map keyed by asset, the same arithmetic as `fleet_numpy`. MODEL ROWS ANSWERS."""

import json
import sys
import time
from pathlib import Path

import bytewax.operators as op
import numpy as np
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink, TestingSource, run_main

kept, rows, answers = np.load(sys.argv[1]), np.load(sys.argv[2]), sys.argv[3]
CENTRE, SPREAD, MAP = (kept[n] for n in ("centre", "spread", "map"))
CLIP, FORGET, ON, OFF = (float(kept[n]) for n in ("clip", "forget", "on", "off"))
source = [(f"a{i}", x) for tick in rows for i, x in enumerate(tick)]


def step(state, x):
    scaled = np.nan_to_num(np.clip((x - CENTRE) / SPREAD, -CLIP, CLIP))
    first, second, mean, held = state or (scaled, scaled, 0.0, False)
    mean = (1 - FORGET) * mean + FORGET * np.median([scaled, first, second], axis=0)
    statistic = np.square(mean @ MAP).sum()
    held = bool(statistic >= ON or (held and statistic >= OFF))
    score = max(statistic / ON, 1.0) if held else min(statistic / ON, 1 - 1e-9)
    return (scaled, first, mean, held), score


out: list = []
flow = Dataflow("fleet")
op.output("out", op.stateful_map("step", op.input("in", flow, TestingSource(source, 100)), step), TestingSink(out))
begin = time.process_time()
run_main(flow)
cpu = time.process_time() - begin
Path(answers).write_text(json.dumps({"rows": len(out), "cpu": cpu, "total": sum(s for _, s in out)}))
