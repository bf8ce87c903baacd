"""A thousand agents on a real line: broker, sender and fleet, each a process of its own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import diapason
from benchmarks.fleet_alone import TAGS, learnt
from benchmarks.frame import Result
from diapason.connectors.mqtt.broker import Mosquitto

ASSETS = 1_000
STARTS = 12.0  # s that the fleet has before the sender begins
SINGLE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Run:
    """What one run showed."""

    idle: float  # MB of the fleet before any reading
    peak: float  # MB at the end
    share: float  # of one core, process without journal and state, second for second
    whole: float  # of one core, all of the process
    p99: float  # ms from when the last reading of a tick may have come at the earliest to its decision
    age: float  # ms from the sender's own time to the decision, p99
    rows: int  # rows decided while the sender sent
    wanted: int
    drift: float  # ms that the age grew from the second to the last quarter of the run
    broker: float  # of one core
    sender: float
    behind: float  # s that the sender itself was late at most
    lost: int


def measured(*, quick: bool) -> list[Result]:
    """1 Hz for 10 minutes with Sparkplug and two with packed JSON (quick: 75 s each), then 10 Hz."""
    long, short = (75.0, 45.0) if quick else (600.0, 120.0)
    lasts = {"sparkplug": long, "packed": min(long, 120.0)}
    with tempfile.TemporaryDirectory() as place:
        folder = _plant(Path(place))
        one = {form: line(folder, form, 1.0, seconds) for form, seconds in lasts.items()}
        ten = {form: line(folder, form, 0.1, short) for form in ("sparkplug", "packed")}
    made = []
    for form, run in one.items():
        made += _slow(form, run, lasts[form])
    for form, run in ten.items():
        made += _fast(form, run)
    idle = max(r.idle for r in one.values())
    return [*made, Result("fleet.idle", "memory of an idle fleet of 1,000", idle, "< 300", "MB", idle < 300)]


def _slow(form: str, run: Run, long: float) -> list[Result]:
    share, about = 100 * run.share, f"1,000 agents x {TAGS} tags at 1 Hz for {long:.0f} s, {form}"
    return [
        Result(f"fleet.1hz-{form}", f"{about}: decoding, conditioning, deciding", share, "< 10", "% core", share < 10),
        Result(f"fleet.1hz-{form}-whole", "with journal and state", 100 * run.whole, "", "% core", None),
        Result(
            f"fleet.1hz-{form}-p99",
            "from the last reading's arrival to the decision",
            run.p99,
            "< 50",
            "ms",
            run.p99 < 50,
        ),
        Result(f"fleet.1hz-{form}-age", "from the sender's own time to the decision, p99", run.age, "", "ms", None),
        Result(f"fleet.1hz-{form}-lost", "rows not decided", run.lost, "0", "", run.lost == 0),
    ]


def _fast(form: str, run: Run) -> list[Result]:
    sustained = run.lost == 0 and run.drift < 50
    about = f"10 Hz, 200,000 readings/s, {form}: rows not decided; age grew by {run.drift:.0f} ms"
    return [
        Result(f"fleet.10hz-{form}", about, run.lost, "0, no growth", "", sustained),
        Result(
            f"fleet.10hz-{form}-share",
            "decoding, conditioning, deciding",
            100 * run.share,
            "< 60",
            "% core",
            run.share < 0.6,
        ),
        Result(f"fleet.10hz-{form}-whole", "with journal and state", 100 * run.whole, "", "% core", None),
        Result(f"fleet.10hz-{form}-p99", "from arrival to decision", run.p99, "< 50", "ms", run.p99 < 50),
        Result(f"fleet.10hz-{form}-broker", "Mosquitto", 100 * run.broker, "", "% core", None),
        Result(f"fleet.10hz-{form}-sender", "the sender", 100 * run.sender, "", "% core", None),
    ]


def line(folder: Path, form: str, period: float, seconds: float) -> Run:
    """One run: broker, fleet, sender."""
    shutil.rmtree(folder / "operate", ignore_errors=True)
    environment = dict(os.environ) | SINGLE
    said, failed = folder / "fleet.out", folder / "fleet.err"
    with Mosquitto() as broker, said.open("w") as out, failed.open("w") as err:
        asked = [str(broker.port), form, str(ASSETS), str(TAGS), str(period)]
        words = [sys.executable, "-m", "benchmarks.fleet_worker", str(folder), *asked, str(STARTS + seconds + 8)]
        fleet = subprocess.Popen(words, stdout=out, stderr=err, env=environment)
        _listens(fleet, said, failed)
        sending = [sys.executable, "-m", "benchmarks.fleet_sender", *asked, str(seconds)]
        done = subprocess.run(sending, check=True, capture_output=True, text=True, env=environment)
        sent = json.loads(done.stdout)
        ticks = os.sysconf("SC_CLK_TCK")
        of_broker = (
            sum(map(int, Path(f"/proc/{broker.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13])) / ticks
        )
        if fleet.wait(timeout=seconds + 90):
            raise RuntimeError(failed.read_text()[-2000:])
    states = [json.loads(one) for one in said.read_text().splitlines()]
    return _run(states, sent, of_broker, seconds)


def _run(states: list[dict[str, Any]], sent: dict[str, Any], broker_cpu: float, seconds: float) -> Run:
    rows = np.array([s["rows"] for s in states])
    busy = np.flatnonzero(rows > 0)
    first = int(busy[0]) + 8  # births are read, everything is warm
    last = int(np.flatnonzero(rows < rows[-1])[-1])
    a, b = states[first], states[last]
    took = b["at"] - a["at"]
    spent = {name: b["cpu_s"][name] - a["cpu_s"][name] for name in b["cpu_s"]}
    ages = np.array([s["age_ms"]["p50"] or np.nan for s in states])
    quarter = max(1, (last - first) // 4)
    drift = float(np.nanmedian(ages[last - quarter : last]) - np.nanmedian(ages[first : first + quarter]))
    bare = spent["process"] - spent["journal"] - spent["copying"]
    lost = sent["messages"] - int(rows[-1])
    if lost < 0:  # messages of birth hold readings too
        lost = 0
    return Run(
        idle=states[int(busy[0]) - 2]["rss"],
        peak=states[-1]["rss"],
        share=bare / took,
        whole=spent["process"] / took,
        p99=float(np.median([s["latency_ms"]["p99"] for s in states[first:last]])),
        age=float(np.median([s["age_ms"]["p99"] for s in states[first:last]])),
        rows=int(rows[-1]),
        wanted=sent["messages"],
        drift=drift,
        broker=broker_cpu / seconds,
        sender=sent["cpu"] / sent["took"],
        behind=sent["behind"],
        lost=lost,
    )


def _listens(fleet: subprocess.Popen[Any], said: Path, failed: Path) -> None:
    """Wait until the fleet has shown itself a few times."""
    begin = time.monotonic()
    while time.monotonic() - begin < 90 and fleet.poll() is None:
        if said.read_text().count("\n") >= 3:
            return
        time.sleep(0.2)
    raise RuntimeError(f"the fleet does not start: {failed.read_text()[-2000:]}")


def _plant(place: Path) -> Path:
    """A workspace with a monitor learnt in it."""
    draw, mix = np.random.default_rng(5), learnt()[2]
    x = draw.normal(size=(3_000, len(mix))) @ mix + draw.normal(0, 0.5, (3_000, TAGS))
    columns = {f"t{j:02}": x[:, j] for j in range(TAGS)}
    table = {"asset": ["a"] * len(x), "time": np.arange(float(len(x))), **columns, "state": ["normal"] * len(x)}
    pl.DataFrame(table).write_csv(place / "normal.csv")
    plant = diapason.init(place / "plant")
    plant.ingest(str(place / "normal.csv"), name="fleet", asset="asset", time="time", target="state")
    plant.learn("fleet", task="monitoring", normal_first=2_900)
    return place / "plant"
