"""Alarms of agents on recorded faults: as good on the line as the same model on the whole history.

Sets: the Tennessee Eastman process (learnt from the normal run; six faults and a normal run judged), SKAB (each
recording learns from its first 400 rows), and the plant's own menu of faults (fault_watch; the normal rows of the first half are learnt from).
Every row goes through `services.operate` as a message: once as it is, once over a bad line (1 % of the messages lost,
2 % sent twice, 2 % of the readings missing). Offline is `predict` on the whole history with the same model.

The rows `qualify` are test 5 of a qualification: a monitor learnt by the ordinary way from some runs of the set, its agent
judged on the runs that it never saw: TEP from the normal run and faults 1 and 2, SKAB from two recordings of one valve.

Run: python -m benchmarks.agents_detection [--quick] [--json]
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

import diapason
from benchmarks.frame import Result, data_folder, main
from benchmarks.sets import tep_rows
from diapason.engines.agents import Crew, Detection, Known, Run, Ticks, detection, no_worse
from diapason.engines.plant.offer import HydrogenationCell
from diapason.ports import find
from diapason.ports.workspace import Workspace
from diapason.services import agent
from diapason.services.qualify.diagnosed import unseen
from diapason.services.workspace import open_workspace
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.line import Packet
from diapason.vocabulary.tasks import Task

SEEDS = (7, 8, 9)
FAULTS = (1, 2, 4, 5, 8, 10)


def tep() -> Examples:
    """The normal run to learn from, a normal test run, and six faults that begin in row 161."""
    runs = [(tep_rows("d00"), len(tep_rows("d00")), True), (tep_rows("d00_te"), 960, False)]
    runs += [(tep_rows(f"d{f:02d}_te"), 160, False) for f in FAULTS]
    x, size = np.vstack([r for r, _, _ in runs]), [len(r) for r, _, _ in runs]
    row = np.concatenate([np.arange(n) for n in size])
    names = ("normal", "calm", *(f"fault {f}" for f in FAULTS))
    target = np.concatenate([np.arange(len(r)) >= begin for r, begin, _ in runs]).astype(float)
    frame = pl.DataFrame(x, schema=[f"x{i + 1:02}" for i in range(x.shape[1])])
    normal = np.repeat([n for _, _, n in runs], size)
    return _examples(frame, target, np.repeat(np.arange(len(runs)), size), row * 180.0, names, normal)


def skab(folder: str) -> Examples:
    """All recordings of a folder."""
    files = sorted((data_folder() / "skab" / folder).glob("*.csv.gz"))
    frames = [pl.read_csv(f, separator=";") for f in files]
    size = [f.height for f in frames]
    row = np.concatenate([np.arange(n) for n in size])
    whole = pl.concat(frames)
    columns = [c for c in whole.columns if c not in ("datetime", "anomaly", "changepoint")]
    names = tuple(f.name.split(".")[0] for f in files)
    asset = np.repeat(np.arange(len(files)), size)
    target = whole["anomaly"].cast(pl.Float64).to_numpy()
    return _examples(whole.select(pl.col(columns).cast(pl.Float64)), target, asset, row * 1.0, names, row < 400)


def plant(seed: int, days: int) -> Examples:
    """Ten-minute means of the plant with its menu of faults; the normal rows of the first half are learnt from."""
    frame = pl.concat(
        [rows for rows, _ in HydrogenationCell().rows("fault_watch", {"seed": str(seed), "days": str(days)})]
    )
    frame = frame.filter(pl.col("mode") == "run")  # a plant that stands still is another matter
    numbers = frame.select(pl.col(pl.Float64))
    target = frame["abnormal"].cast(pl.Float64).to_numpy()
    time = frame["time"].dt.epoch("s").to_numpy().astype(float)
    normal = (np.arange(len(target)) < len(target) // 2) & (target == 0)
    return _examples(numbers, target, np.zeros(len(target), np.int64), time, ("plant",), normal)


def _examples(
    frame: pl.DataFrame,
    target: np.ndarray,
    asset: np.ndarray,
    time: np.ndarray,
    names: tuple[str, ...],
    normal: np.ndarray,
) -> Examples:
    rows = np.arange(frame.height)
    return Examples(Task.MONITORING, frame, target, rows, asset, time, assets=names, normal=normal)


def streamed(
    examples: Examples, model: object, recipe: object, *, bad: bool, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Score of every row by agents on a line; rows whose message was lost keep the alarm before."""
    draw, columns = np.random.default_rng(seed), examples.features.columns
    place = {name: i for i, name in enumerate(examples.assets)}
    column = {c: i for i, c in enumerate(columns)}
    ticks = Ticks(len(place), len(columns), lambda a, t: (place[a], column[t]), period=1e-3, hold=0.0)
    stream: Callable[..., object] = recipe.stream  # type: ignore[attr-defined]
    crew = Crew(
        examples.assets,
        lambda who: stream(model, [examples.assets[i] for i in who]),
        Known.of(columns, []),
        alarms=True,
    )
    x = examples.features.fill_null(np.nan).to_numpy().astype(float)
    tags, marks = tuple(columns), np.zeros(len(columns), np.uint8)
    at = np.round(np.asarray(examples.time) * 1e6).astype(np.int64)
    rows = [np.flatnonzero(examples.asset == a) for a in range(len(place))]
    score, decided = np.full(len(x), np.nan), np.zeros(len(x), bool)
    for tick in range(max(map(len, rows))):
        packets, back = [], {}
        for asset, own in enumerate(rows):
            if tick >= len(own) or (bad and draw.random() < 0.01):
                continue
            r = own[tick]
            values = np.where(draw.random(x.shape[1]) < 0.02, np.nan, x[r]) if bad else x[r]
            one = Packet(examples.assets[asset], tags, values, np.full(len(tags), at[r]), marks, 0)
            packets += [one, one] if bad and draw.random() < 0.02 else [one]
            back[asset] = r
        for closed in ticks.take(packets):
            mine = [back[int(w)] for w in closed.who]
            score[mine], decided[mine] = crew.decide(closed).score, True
    return score, decided


def judged(examples: Examples, score: np.ndarray) -> Detection:
    """Alarms against truth; rows that were learnt from do not count."""
    alarm = np.zeros(len(score), bool)
    runs = []
    for a in range(len(examples.assets)):
        own = np.flatnonzero(examples.asset == a)
        held = score[own]
        known = np.maximum.accumulate(np.where(np.isnan(held), 0, np.arange(len(own))))
        alarm[own] = np.nan_to_num(held[known]) >= 1.0
        learnt = np.zeros(len(own), bool) if examples.normal is None else examples.normal[own]
        runs.append(Run(np.asarray(examples.time)[own], alarm[own], examples.target[own] > 0, ~learnt))
    return detection(runs)


def one(name: str, examples: Examples) -> list[Result]:
    """A set: offline, on the line, on a bad line."""
    recipe = find("recipes", "subspace")
    learning = replace(examples, target=np.where(examples.normal, 0.0, examples.target))
    model = recipe.fit(learning, recipe.settings(Task.MONITORING)[0], 0)
    whole = model.predict(examples)
    score, _ = streamed(examples, model, recipe, bad=False)
    poor, _ = streamed(examples, model, recipe, bad=True)
    offline, line, bad = (judged(examples, s) for s in (whole, score, poor))
    apart = float(np.nanmax(np.abs(score - whole) / np.maximum(1, np.abs(whole))))
    events = len(line.events)
    return [
        Result(
            f"detection.{name}-same",
            "largest difference from the model on the whole history",
            apart,
            "<= 1e-9",
            "",
            apart <= 1e-9,
        ),
        Result(
            f"detection.{name}",
            f"{events} events; no worse than offline ({_said(offline)})",
            float(no_worse(line, offline)),
            "1",
            "",
            no_worse(line, offline),
        ),
        *_figures(f"detection.{name}", line, "on the line"),
        Result(
            f"detection.{name}-bad-line",
            f"no worse, with 1 % of messages lost and 2 % of readings: {_said(bad)}",
            float(no_worse(bad, offline)),
            "",
            "",
            None,
        ),
    ]


def _figures(name: str, found: Detection, where: str) -> list[Result]:
    missed, false = found.miss_rate(), found.false_rate()
    return [
        Result(
            f"{name}-missed",
            f"{where}: events missed ({missed[1]:.0%}-{missed[2]:.0%})",
            100 * missed[0],
            "",
            "%",
            None,
        ),
        Result(f"{name}-delay", f"{where}: median delay", found.delay / 60, "", "min", None),
        Result(f"{name}-in-alarm", f"{where}: share of normal time in alarm", 100 * found.false_share, "", "%", None),
        Result(
            f"{name}-false",
            f"{where}: false alarms per asset-day ({false[1]:.2g}-{false[2]:.2g}), {found.asset_days:.2g} days",
            false[0],
            "",
            "/day",
            None,
        ),
    ]


def _said(found: Detection) -> str:
    return f"{found.misses} missed, {found.delay / 60:.3g} min, {found.false_alarms} false"


def qualified(name: str, learnt: Examples, first: int) -> list[Result]:
    """Test 5 of a qualification as an agent meets it: learnt by the ordinary way, judged on runs that it never saw.

    Args:
        learnt: the runs that are ingested and learnt from.
        first: rows at the start of each that are declared normal.
    """
    with TemporaryDirectory(prefix="diapason-detection-") as place:
        ws, agent_name = _watching(Path(place), name, learnt, first)
        measures, told = unseen(ws, agent.find(ws, agent_name), seed=SEEDS[0])
    made = []
    for i, m in enumerate(measures):
        value = f"{m.name.en} ({m.low:.3g}-{m.high:.3g})"
        made.append(Result(f"detection.qualify-{name}-{i + 1}", value, m.value, m.line, "", m.holds))
    line = told["replay"]["line"]
    head = f"{told['runs']} unseen runs, {line['events']} events, {line['asset_days']:.2g} asset-days"
    false = line["false_per_asset_day"]
    return [
        *made,
        Result(f"detection.qualify-{name}-missed", f"missed of {head}", float(line["misses"]), "", "", None),
        Result(f"detection.qualify-{name}-delay", f"median delay, {head}", line["delay_s"] / 60, "", "min", None),
        Result(
            f"detection.qualify-{name}-false",
            f"false alarms per asset-day ({false['low']:.2g}-{false['high']:.2g}), in alarm {line['false_share']:.0%}",
            false["value"],
            "",
            "/day",
            None,
        ),
    ]


def _watching(place: Path, name: str, learnt: Examples, first: int) -> tuple[Workspace, str]:
    """A workspace with a published monitor of these runs and an agent that watches the first of them."""
    who = np.array(learnt.assets)[np.asarray(learnt.asset)]
    frame = learnt.features.with_columns(
        run=pl.Series(who), t=pl.Series(learnt.time), bad=pl.Series(learnt.target).cast(pl.Int64)
    )
    frame.write_csv(place / f"{name}.csv")
    made = diapason.init(place / "plant", person="wang")
    made.person("li", roles=["approver"])
    made.ingest(str(place / f"{name}.csv"), name=name, asset="run", time="t", target="bad")
    made.assess(name)
    made.learn(name, task="monitoring", normal_first=first)
    other = diapason.open_plant(place / "plant", person="li")
    other.approve(f"{name}@1")
    other.publish(f"{name}@1", accept=["misses<=1"], waive="a bench")
    ws = open_workspace(place / "plant", person="wang")
    agent.create(ws, "watch", model=f"{name}@1", asset=str(who[0]))
    return ws, "watch"


def some(examples: Examples, names: tuple[str, ...]) -> Examples:
    """The runs of these names."""
    return examples.take(np.flatnonzero(np.isin(np.array(examples.assets)[np.asarray(examples.asset)], names)))


def measure(quick: bool) -> list[Result]:
    """All sets."""
    made = one("tep", tep()) + one("skab-valve2", skab("valve2")) + one("skab-other", skab("other"))
    made += qualified("tep", some(tep(), ("normal", "fault 1", "fault 2")), 160)
    made += qualified("skab", some(skab("valve2"), ("0", "1")), 400)
    for seed in SEEDS[: 1 if quick else 3]:
        made += one(f"plant-{seed}", plant(seed, 60 if quick else 180))
    return made


if __name__ == "__main__":
    os.environ.setdefault("DIAPASON_DATA", str(data_folder()))  # where test 5 looks
    main("agents_detection", measure, seeds=SEEDS)
