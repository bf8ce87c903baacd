"""Recorded history through the code that runs on the line: the same decisions, and how good they were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.agents import Detection, Run, detection, no_worse
from diapason.engines.learning.assembling import assemble
from diapason.errors import BrokenEvidence, DataError, NotFound
from diapason.ports.workspace import Workspace
from diapason.services import agent, ingest, publish
from diapason.services.operate.hindsight import hindsight
from diapason.services.operate.journal import DECIDED, unpacked
from diapason.services.operate.squads import Model, Pace, Squad, gathered
from diapason.services.operate.watched import Watch, watches
from diapason.vocabulary.acting import Manifest
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import TRUSTS, Packet
from diapason.vocabulary.tables import Contract, VersionRef
from diapason.vocabulary.tasks import Task

__all__ = ["History", "Replayed", "again", "compared", "history", "replay", "replayed", "streamed"]

Array = NDArray[np.float64]

_FORESEEN = 40
"""Things that are foreseen in replay; where all assets of a dataset are replayed, the first ones."""
_SAME = 1e-9
"""Relative difference below which a decision is the same: other machines round otherwise."""


@dataclass(frozen=True, slots=True)
class History:
    """Recorded rows of assets, in time order for each."""

    dataset: str
    examples: Examples
    assets: tuple[str, ...]
    time: Array  # (n,), s or a count
    truth: NDArray[np.bool_] | None  # abnormal; None = nobody says
    judged: NDArray[np.bool_]  # rows that were not declared normal to be learnt from
    extra: Mapping[str, Array]  # other number columns by name


@dataclass(frozen=True, slots=True)
class Replayed:
    """What an agent said of each row."""

    score: Array
    alarm: NDArray[np.bool_]
    trust: NDArray[np.uint8]
    counts: Mapping[str, int]


def replay(
    ws: Workspace, name: str, dataset: str = "", *, decision: int = 0, every: bool = False, unpublished: bool = False
) -> dict[str, Any]:
    """Decide recorded history as the line would have, or one decision of the ledger again.

    Args:
        dataset: `boiler-history` or `boiler-history@2`.
        decision: number of a ledger entry, in place of a dataset.
        every: all assets of the dataset, each as if it were the agent's.

    Returns:
        For a decision: seq, agent, score, again, same. For a dataset: agent, dataset, rows, assets, alarms, readings,
        difference (largest, from the model's word on the whole history), line and whole (events, misses, delay,
        false_alarms, asset_days, with intervals), no_worse; these three None where nobody says what was abnormal;
        outlook (what was foreseen at the end, and how well all along, as `hindsight`; of a life: value, low, high).

    Raises:
        NotFound: no such agent, dataset, asset or decision.
        DataError: the dataset lacks what the agent needs.
        BrokenEvidence: a decision does not come out again.
    """
    if decision:
        return again(ws, name, decision, unpublished=unpublished)
    one = agent.find(ws, name)
    return compared(ws, one, history(ws, one, dataset, every=every), unpublished=unpublished)


def compared(ws: Workspace, one: Manifest, past: History, *, unpublished: bool = False) -> dict[str, Any]:
    """Decide rows as the line would have, beside the model's word on all of them at once; returns as `replay`."""
    return _beside(ws, one, past, unpublished=unpublished)[0]


def streamed(ws: Workspace, one: Manifest, past: History) -> tuple[dict[str, Any], Array, Array | None]:
    """The same, with what was said of each row on the line, and at once (None where it can't be)."""
    facts, said, whole = _beside(ws, one, past, unpublished=False)
    return facts, said.score, whole


def _beside(
    ws: Workspace, one: Manifest, past: History, *, unpublished: bool
) -> tuple[dict[str, Any], Replayed, Array | None]:
    squads = gathered(ws, _as_each(one, past.assets), Pace(hold=0.0), unpublished=unpublished)
    squad = squads[0]
    said = replayed(squad, past)
    facts: dict[str, Any] = {
        "agent": f"{one.name}@{one.version}",
        "dataset": past.dataset,
        "rows": len(past.examples),
        "assets": len(past.assets),
        "alarms": int((said.alarm & ~_before(said.alarm, past.examples)).sum()),
        "readings": dict(said.counts),
        "difference": None,
        "line": None,
        "whole": None,
        "no_worse": None,
        "outlook": _outlook(ws, squads, past, said),
    }
    whole = _whole(squad.model, past)
    if whole is not None:
        facts["difference"] = float(np.max(np.abs(whole - said.score) / np.maximum(1.0, np.abs(whole)), initial=0.0))
    if past.truth is not None:
        line = judged(past, said.alarm)
        facts["line"] = told(line)
        if whole is not None:
            offline = judged(past, whole >= 1.0)
            facts |= {"whole": told(offline), "no_worse": no_worse(line, offline)}
    return facts, said, whole


def again(ws: Workspace, name: str, seq: int, *, unpublished: bool = False) -> dict[str, Any]:
    """One decision of the ledger once more, from the rows and the state that were kept with it.

    Raises:
        NotFound: there is no such decision of this agent.
        BrokenEvidence: it does not come out again, or the model is another one now.
    """
    entry = next((e for e in ws.ledger.entries(kind=DECIDED, after=seq - 1) if e.seq == seq), None)
    if entry is None or entry.body["agent"] != name.partition("@")[0]:
        raise NotFound(
            Text(f"entry {seq} is no decision of {name}", f"第 {seq} 条不是 {name} 的判断"),
            at=f"ledger entry {seq}",
            fix=f"diapason agent status {name}",
        )
    said = entry.body
    one = agent.registered(ws, f"{said['agent']}@{said['version']}").manifest
    squads = gathered(ws, [one], Pace(), unpublished=unpublished)
    squad = next((s for s in squads if bool(said["model"]) == (s.model is not None)), squads[0])
    digest = squad.model.digest if squad.model else ""
    if digest != said["model_digest"]:
        raise _fell(seq, Text("the model is another one now", "模型已不是当时的模型"))
    kept = unpacked(ws.vault.get(str(said["again"]["sha256"])), int(said["again"]["place"]))
    scores, _ = squad.crew.again(0, kept)
    score, then = float(scores[-1]), float(said["score"])
    same = abs(score - then) <= _SAME * max(1.0, abs(then)) if np.isfinite(then) else True
    if not same:
        raise _fell(seq, Text(f"it gives {score:.9g}, not {then:.9g}", f"得到 {score:.9g}，而非 {then:.9g}"))
    return {
        "seq": seq,
        "agent": f"{one.name}@{one.version}",
        "at": said["at"],
        "score": then,
        "again": score,
        "same": same,
    }


def history(ws: Workspace, one: Manifest, dataset: str, *, every: bool = False) -> History:
    """The rows of a dataset that an agent would have seen.

    Raises:
        NotFound: no such dataset, or it has no rows of the agent's asset.
        DataError: it lacks columns that the agent's model needs.
    """
    ref = _version(ws, dataset)
    contract = ingest.contract(ws, ref.name)
    frame = ws.lake.scan(ref).collect()
    facts = publish.find(ws, one.model).facts if one.model else {}
    task = Task.MONITORING if not one.model else Task(str(facts["task"]))
    settings = facts.get("settings", {})
    normal = int(settings.get("normal_first") or 0) if task is Task.MONITORING else 0
    contract = replace(contract, run_to_failure=contract.run_to_failure and task is Task.REMAINING_LIFE)
    examples = assemble(frame, contract, task, normal_first=normal, classes=tuple(facts.get("classes", ())))
    if not every:
        examples = _of_asset(examples, one, ref)
    time = np.arange(float(len(examples))) if examples.time is None else examples.time
    known = task is Task.MONITORING and bool(np.isfinite(examples.target).any())
    truth = np.nan_to_num(examples.target) > 0 if known else None
    judged_ = np.ones(len(examples), bool) if examples.normal is None else ~examples.normal
    return History(
        str(ref), examples, _assets(examples, one), time, truth, judged_, _numbers(frame, contract, examples)
    )


def replayed(squad: Squad, past: History) -> Replayed:
    """Every row as a message of the line, in its turn; what the agents said of it."""
    x, n = _table(squad, past), len(past.examples)
    codes = np.zeros(n, np.int64) if past.examples.asset is None else past.examples.asset
    names = {a: i for i, a in enumerate(past.assets)}
    of = _names(past.examples, past.assets)
    place = [np.flatnonzero(codes == c) for c in np.unique(codes)]
    at = np.round(past.time * 1e6).astype(np.int64)
    score, alarm, trust = np.full(n, np.nan), np.zeros(n, bool), np.zeros(n, np.uint8)
    marks = np.zeros(x.shape[1], np.uint8)
    tags = {a: tuple(f"{a}/{c}" for c in squad.columns) for a in names}
    for tick in range(max(map(len, place))):
        rows = [p[tick] for p in place if tick < len(p)]
        packets = [
            Packet(
                of[r],
                tags[of[r]],
                x[r],
                np.full(x.shape[1], at[r]),
                np.where(np.isnan(x[r]), 2, marks).astype(np.uint8),
                0,
            )
            for r in rows
        ]
        back = {names[of[r]]: r for r in rows}
        for decided in squad.take(packets):
            mine = [back[int(w)] for w in decided.rows.who]
            score[mine], alarm[mine], trust[mine] = decided.score, decided.alarm, decided.trust
            if decided.said.ndim == 1:
                score[mine] = decided.said
    counts = squad.ticks.counts
    return Replayed(
        score, alarm, trust, {k: getattr(counts, k) for k in ("taken", "used", "late", "unknown", "waiting")}
    )


def _outlook(ws: Workspace, squads: Sequence[Squad], past: History, said: Replayed) -> list[dict[str, Any]]:
    """What would have been foreseen of each thing that the agents watch, the first so many."""
    found = []
    of = np.array(_names(past.examples, past.assets))
    for w in watches(ws, squads)[:_FORESEEN]:
        squad = squads[w.squad]
        one = squad.manifests[w.agent]
        rows = np.flatnonzero(of == one.asset)
        told: dict[str, Any] = {
            "agent": one.name,
            "asset": one.asset,
            "kind": w.kind,
            "name": w.name,
            "tag": w.tag,
            "unit": w.unit,
        }
        told |= {"limit": w.limit, "at": float(past.time[rows[-1]])}
        found.append(told | (_life(squad, said, rows) if w.kind == "life" else _path(squad, w, past, said, rows)))
    return found


def _path(squad: Squad, w: Watch, past: History, said: Replayed, rows: NDArray[np.int64]) -> dict[str, Any]:
    values = said.score[rows] if w.column < 0 else _table(squad, past)[rows, w.column]
    last = float(values[-1])
    told = {"value": last if np.isfinite(last) else None, "trust": TRUSTS[int(said.trust[rows[-1]])]}
    return told | hindsight(w, past.time[rows], values)


def _life(squad: Squad, said: Replayed, rows: NDArray[np.int64]) -> dict[str, Any]:
    value = float(said.score[rows[-1]])
    ends = squad.model.margins.around([value]) if squad.model is not None else (np.array([np.nan]),) * 2
    low, high = (float(max(end[0], 0.0)) if np.isfinite(end[0]) else None for end in ends)
    return {"value": value, "low": low, "high": high, "trust": TRUSTS[int(said.trust[rows[-1]])]}


def judged(past: History, alarm: NDArray[np.bool_]) -> Detection:
    """How well these alarms told of what was abnormal."""
    assert past.truth is not None  # noqa: S101 - the caller has looked
    codes = np.zeros(len(alarm), np.int64) if past.examples.asset is None else past.examples.asset
    runs = [
        Run(past.time[rows], alarm[rows], past.truth[rows], past.judged[rows])
        for rows in (np.flatnonzero(codes == c) for c in np.unique(codes))
    ]
    return detection(runs)


def told(found: Detection) -> dict[str, Any]:
    """A detection as facts."""
    missed, false = found.miss_rate(), found.false_rate()
    return {
        "events": len(found.events),
        "misses": found.misses,
        "miss_rate": {"value": missed[0], "low": missed[1], "high": missed[2]},
        "delay_s": found.delay,
        "false_alarms": found.false_alarms,
        "false_share": found.false_share,
        "asset_days": found.asset_days,
        "false_per_asset_day": {"value": false[0], "low": false[1], "high": false[2]},
    }


def _whole(model: Model | None, past: History) -> Array | None:
    """What the model says of the whole history at once, as `predict` does."""
    if model is None:
        return None
    examples = past.examples
    for treatment, parameters in model.steps:
        examples = treatment.condition(examples, parameters)
    said = np.asarray(model.model.predict(examples), np.float64)
    return said if said.ndim == 1 else None


def _table(squad: Squad, past: History) -> Array:
    """The columns that the squad's agents wait for, categories as the place of their level."""
    out = np.empty((len(past.examples), len(squad.columns)))
    features = past.examples.features
    for i, name in enumerate(squad.columns):
        levels = squad.levels.get(name)
        if name in past.extra and name not in features.columns:
            out[:, i] = past.extra[name]
        elif name not in features.columns:
            raise DataError(
                Text(f"column '{name}' is not in {past.dataset}", f"{past.dataset} 中没有列“{name}”"),
                at=past.dataset,
                fix=Text("replay what the agent's connection recorded", "请使用该智能体连接所记录的数据"),
            )
        elif levels is None:
            out[:, i] = features[name].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
        else:
            place = {v: float(k) for k, v in enumerate(levels)}
            out[:, i] = [place.get(v, np.nan) for v in features[name].cast(pl.String).to_list()]
    return out


def _numbers(frame: pl.DataFrame, contract: Contract, examples: Examples) -> dict[str, Array]:
    """Number columns that are no features: what rules may look at all the same."""
    rows = {int(r): i for i, r in enumerate(frame["_row"].to_list())} if "_row" in frame.columns else {}
    at = [rows.get(int(r), int(r)) for r in examples.rows]
    other = [c for c in frame.columns if c not in examples.features.columns and frame[c].dtype.is_numeric()]
    del contract
    return {c: frame[c].cast(pl.Float64).fill_null(np.nan).to_numpy()[at] for c in other if c != "_row"}


def _version(ws: Workspace, dataset: str) -> VersionRef:
    ref = VersionRef.parse(dataset)
    return ws.lake.version(ref).ref


def _of_asset(examples: Examples, one: Manifest, ref: VersionRef) -> Examples:
    if examples.asset is None:
        return examples
    if one.asset not in examples.assets:
        raise NotFound(
            Text(f"{ref} has no rows of {one.asset}", f"{ref} 中没有 {one.asset} 的数据"),
            at=str(ref),
            fix=Text("with --every all its assets are replayed: ", "用 --every 可重放全部设备：")
            + ", ".join(examples.assets[:10]),
        )
    return examples.take(np.flatnonzero(examples.asset == examples.assets.index(one.asset)))


def _assets(examples: Examples, one: Manifest) -> tuple[str, ...]:
    if examples.asset is None:
        return (one.asset,)
    return tuple(examples.assets[int(c)] for c in np.unique(examples.asset))


def _names(examples: Examples, assets: Sequence[str]) -> list[str]:
    """The asset of each row."""
    if examples.asset is None:
        return [assets[0]] * len(examples)
    return [examples.assets[int(c)] for c in examples.asset]


def _as_each(one: Manifest, assets: Sequence[str]) -> list[Manifest]:
    """The agent as if each of these assets were its own."""
    return [replace(one, name=f"{one.name}/{a}" if len(assets) > 1 else one.name, asset=a) for a in assets]


def _before(alarm: NDArray[np.bool_], examples: Examples) -> NDArray[np.bool_]:
    """The alarm of the row before, inside the asset."""
    first = np.zeros(len(alarm), bool)
    if examples.asset is not None:
        first[1:] = examples.asset[1:] != examples.asset[:-1]
    before = np.r_[False, alarm[:-1]]
    before[first] = False
    return np.asarray(before)


def _fell(seq: int, why: Text) -> BrokenEvidence:
    return BrokenEvidence(
        Text(f"decision {seq} does not come out again: {why.en}", f"第 {seq} 条判断无法重现：{why.zh}"),
        at=f"ledger entry {seq}",
        fix=Text("do not rely on it; ask what was changed", "请勿依赖；请查明改动"),
    )
