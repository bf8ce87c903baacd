"""River: an exponentially weighted mean for each tag of each asset; the sum of their squares is the statistic.

Less than the others do: no spike filter, no directions, no dead band. MODEL ROWS ANSWERS.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from river import stats

kept, rows, answers = np.load(sys.argv[1]), np.load(sys.argv[2]), sys.argv[3]
CENTRE, SPREAD = kept["centre"].tolist(), kept["spread"].tolist()
FORGET, ON = float(kept["forget"]), float(kept["on"])
means = [[stats.EWMean(FORGET) for _ in CENTRE] for _ in range(rows.shape[1])]
told = rows.tolist()
begin, total = time.process_time(), 0.0
for tick in told:
    for own, x in zip(means, tick, strict=True):
        statistic = 0.0
        for mean, value, centre, spread in zip(own, x, CENTRE, SPREAD, strict=True):
            mean.update((value - centre) / spread)
            statistic += mean.get() ** 2
        total += statistic / len(own) / ON
cpu = time.process_time() - begin
Path(answers).write_text(json.dumps({"rows": rows.shape[0] * rows.shape[1], "cpu": cpu, "total": total}))
