"""An order is closed: what came, what it gave on the same judged rows, and whether the promise was kept."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.drawing.svg import number
from diapason.engines.feasibility.curve import Curve
from diapason.engines.feasibility.forms import foresee
from diapason.engines.feasibility.promise import gain
from diapason.errors import Conflict
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.feasible.learner import loss, quick, scale_of
from diapason.services.feasible.looking import material
from diapason.services.ingest import contract as contract_of
from diapason.services.learn.material import examples_of, frame_of
from diapason.services.order.keeping import found
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Contract, VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["close"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

MOST = 8000
"""Rows of the old version that judge at most."""
LEVEL, _DRAWS = 0.9, 300


def close(ws: Workspace, name: str, order: str, *, seed: int = 0) -> dict[str, Any]:
    """Measure what an order gave, after what it brought was ingested as a new version.

    The rows of the version for which the order was placed are judged twice, by honest folds: learnt from the other
    rows of that version, and from those of the new version. Rows of the judged row's own asset or batch are never
    learnt from. Where the new version has other targets for the judged rows, those count.

    Returns:
        Promised and realised gain, whether the promise held, and the run.

    Raises:
        NotFound: no such order.
        Conflict: it was closed before, or nothing came since.
    """
    placed = found(ws, name, order)
    old, new = VersionRef.parse(placed["dataset"]), ws.lake.version(VersionRef(VersionRef.parse(name).name)).ref
    if old == new:
        raise Conflict(
            Text(
                f"nothing came since {order} was placed: {old} is the newest version",
                f"任务 {order} 下达后没有新数据：{old} 仍是最新版本",
            ),
            at=str(old),
            fix=Text(f"diapason ingest FILE --name {old.name}", f"diapason ingest 文件 --name {old.name}"),
        )
    source = attest.finished(ws, str(placed["run"]))
    settings = source["plan"]["settings"]
    facts = {k: settings.get(k) for k in ("task", "horizon", "normal_first")}
    plan = _plan(ws, new, placed, facts, seed)
    attested = attest.begin(ws, plan)
    contract = contract_of(ws, old.name)
    frames = [frame_of(ws, ref, contract, seed) for ref in (old, new)]
    before, after = (examples_of(f, _within(contract, f), facts) for f in frames)
    judged = _Judged.of(before, after, seed)
    realised, table = judged.gain(ws)
    came = int((~np.isin(after.rows, before.rows)).sum())
    promised = _promised(placed, source["result"], judged, came)
    result = _result(placed, judged, promised, realised, came) | {"versions": [str(old), str(new)]}
    said = _sentence(result)
    result["verdict"] = {"en": said.en, "zh": said.zh}
    attested.keep("judged", table)
    attested.finish(result)
    return {"run": attested.id, "dataset": str(new), **result}


def _result(
    placed: dict[str, Any], judged: "_Judged", promised: Estimate | None, realised: Estimate, came: int
) -> dict[str, Any]:
    return {
        "order": placed["order"],
        "kind": placed["kind"],
        "what": placed["what"],
        "metric": scale_of(judged.before).metric,
        "stated": placed["gain"],
        "promised": plain(promised),
        "realised": plain(realised),
        "held": None if promised is None else bool(promised.low <= realised.value <= promised.high),
        "rows": {"ordered": placed["more"], "came": came, "judged": realised.n},
        "price": placed["cost"],
    }


def _plan(ws: Workspace, new: VersionRef, placed: dict[str, Any], facts: dict[str, Any], seed: int) -> Plan:
    return Plan(
        verb="order",
        dataset=str(new),
        dataset_digest=ws.lake.version(new).digest,
        hypothesis=f"{placed['order']}: {placed['what']['en']}",
        metric=str(placed["metric"]),
        split="honest folds of the rows there were; the same rows judged before and after",
        candidates=(),
        seed=seed,
        budget={},
        settings={**facts, "order": placed["order"], "source": placed["run"], "before": placed["dataset"]},
    )


def _within(contract: Contract, frame: pl.DataFrame) -> Contract:
    """The contract's columns that a version has."""
    return replace(contract, columns=tuple(c for c in contract.columns if c.name in frame.columns))


class _Judged:
    """The rows of both versions, and the folds by which they are judged twice."""

    def __init__(self, before: Examples, after: Examples, seed: int) -> None:
        self.before, self.after, self.seed = before, after, seed
        self.split, self.units = material(before, seed=seed)
        self.old, self.new = quick(before), quick(after)

    @classmethod
    def of(cls, before: Examples, after: Examples, seed: int) -> "_Judged":
        """Only rows that both versions have are judged."""
        shared = np.flatnonzero(np.isin(before.rows, after.rows))
        if not len(shared):
            raise Conflict(
                Text("the new version has none of the rows that were judged", "新版本不含当时评判的任何行"),
                fix=Text(
                    "append the new rows: diapason ingest FILE --append", "请追加新行：diapason ingest 文件 --append"
                ),
            )
        return cls(before.take(shared[:MOST]), after, seed)

    @property
    def learnt(self) -> float:
        """Rows that the old arm learns from."""
        return float(np.mean([len(f.train) for f in self.split.folds]))

    def gain(self, ws: Workspace) -> tuple[Estimate, pl.DataFrame]:
        """Gain of the new arm over the old one with its 90 % interval over units, and the rows behind it."""
        truth, place = self._truth()
        one, two = (np.full(self._shape(), np.nan) for _ in range(2))
        for i, fold in enumerate(self.split.folds):
            one[fold.test] = self.old.predicted(fold.train, fold.test, self.seed)
            two[fold.test] = self.new.predicted(self._train(place, fold.train, fold.test), place[fold.test], self.seed)
            ws.progress(
                Text("measuring what the order gave", "测量任务的实际效果"), (i + 1) / len(self.split.folds), ""
            )
        known = np.flatnonzero(np.isfinite(one if one.ndim == 1 else one[:, 0]))
        codes = np.unique(self.units.codes[known], return_inverse=True)[1]
        count, scale = int(codes.max()) + 1, scale_of(self.before)

        def better(weight: Array) -> float:
            whole = np.zeros(len(truth))
            whole[known] = weight
            first, second = loss(truth, one, whole), loss(truth, two, whole)
            return float(scale.better(np.array(first), np.array(second)))

        value = better(np.ones(len(known)))
        draw = np.random.default_rng([61, self.seed]).multinomial(count, np.full(count, 1 / count), size=_DRAWS)
        made = [better(c[codes].astype(np.float64)) for c in draw]
        low, high = (float(q) for q in np.nanquantile(made, (0.5 - LEVEL / 2, 0.5 + LEVEL / 2)))
        table = pl.DataFrame(
            {
                "row": truth.rows[known],
                "given": truth.target[known],
                "before": _one(one, known),
                "after": _one(two, known),
            }
        )
        said = Estimate(value, min(low, value), max(high, value), len(known), scale.unit, level=LEVEL, clusters=count)
        return said, table

    def _truth(self) -> tuple[Examples, Index]:
        """The judged rows with the targets of the new version, and where they lie in it."""
        order = np.argsort(self.after.rows)
        place = order[np.searchsorted(self.after.rows, self.before.rows, sorter=order)]
        return replace(self.before, target=self.after.target[place]), place

    def _train(self, place: Index, train: Index, test: Index) -> Index:
        """Rows of the new version to learn from: those the old arm has, and what came, of no judged asset or batch."""
        came = np.setdiff1d(np.arange(len(self.after)), place)
        for codes in (self.after.asset, self.after.batch):
            if codes is not None:
                came = came[~np.isin(codes[came], codes[place[test]])]
        return np.sort(np.concatenate([place[train], came])).astype(np.int64)

    def _shape(self) -> tuple[int, ...]:
        k = len(self.before.classes)
        return (len(self.before), k) if k else (len(self.before),)


def _one(prediction: Array, rows: Index) -> Array:
    return prediction[rows] if prediction.ndim == 1 else prediction[rows].argmax(axis=1).astype(np.float64)


def _promised(placed: dict[str, Any], result: dict[str, Any], judged: _Judged, came: int) -> Estimate | None:
    """The promise for what really came, from the curve as it was sealed; None where none was made."""
    stated = placed["gain"]
    if stated is None:
        return None
    if placed["kind"] == "rows" and came > 0:
        told = result["curve"]["measured"]
        arrays = {k: np.array(told[k]) for k in ("rows", "loss", "tested", "drawn", "draws")}
        curve = Curve(**arrays, folds=int(told["folds"]), judged=int(told["judged"]))
        return gain(curve, foresee(curve, seed=judged.seed), scale_of(judged.before), judged.learnt, came)
    step = 1.0
    if placed["kind"] == "part" and came > 0:
        there = float(placed["rows"])
        step = _step(there, came) / _step(there, float(placed["more"]))
    value, low, high = (float(stated[k]) * step for k in ("value", "low", "high"))
    f = float(placed.get("factor") or 1.0)  # what was learnt from other orders is not scored again
    return Estimate(
        value, value - (value - low) / f, value + (high - value) / f, int(stated["n"]), str(stated["unit"]), level=LEVEL
    )


def _step(there: float, more: float) -> float:
    """How much of what a part can give comes with so many more rows of it, by the usual exponent one half."""
    return float(there**-0.5 - (there + more) ** -0.5)


def _sentence(result: dict[str, Any]) -> Text:
    r, p = result["realised"], result["promised"]
    unit = "" if r["unit"] == "1" else f" {r['unit']}"
    got = f"{number(r['value'])} ({number(r['low'])} … {number(r['high'])}){unit}"
    if p is None:
        return Text(
            f"{result['order']} bettered {result['metric']} by {got}; no gain had been promised.",
            f"{result['order']} 使 {result['metric']} 改善 {got}；当时未作承诺。",
        )
    said = f"{number(p['value'])} ({number(p['low'])} … {number(p['high'])})"
    kept = Text("the promise held", "承诺兑现") if result["held"] else Text("the promise did not hold", "承诺未兑现")
    return Text(
        f"{result['order']} bettered {result['metric']} by {got}; promised for the {result['rows']['came']:,} rows "
        f"that came was {said}: {kept.en}.",
        f"{result['order']} 使 {result['metric']} 改善 {got}；"
        f"按实际到达的 {result['rows']['came']:,} 行，承诺为 {said}：{kept.zh}。",
    )
