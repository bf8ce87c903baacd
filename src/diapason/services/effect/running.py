"""The story of an effect: seal the question, read the days, compare, say what stands against it, sign."""

from collections.abc import Mapping
from dataclasses import fields
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl

from diapason.engines.economics.effect import LEVEL, Days, Effect
from diapason.engines.economics.groups import Cells, side_by_side
from diapason.engines.economics.judging import before_after, matched_days
from diapason.engines.evidence.canonical import digest
from diapason.errors import DiapasonError, NotFound
from diapason.ports.lake import Version
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.effect.asking import Asked, By, checked
from diapason.services.effect.money import Worth
from diapason.services.effect.reading import Read, cells_of, days_of, look, ordinal
from diapason.services.effect.wording import standing, verdict
from diapason.services.ingest import contract as contract_of
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Contract, VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["rerun", "run"]

TOLERANCE = 1e-6
"""Relative difference at which an effect counted again is the same: only sums in another order differ."""


def run(ws: Workspace, name: str, asked: Asked) -> dict[str, Any]:
    """Measure what a change did to a metric of a dataset, the newest version or `name@version`.

    Returns:
        effect and percent with intervals, observed, expected, whether it is shown, doubts, placebo, balance, what it is
        worth in a year, the verdict in both languages, what it stands on, and the run.

    Raises:
        NotFound: no such dataset, or no such model.
        DataError: an option is wrong, the date lies outside of the data, or a side has fewer than 14 days.
    """
    began = perf_counter()
    version = _version(ws, name)
    contract = contract_of(ws, version.ref.name)
    worth = checked(asked, contract)
    model = _model(ws, asked.model)
    table = ws.lake.scan(version.ref)
    look(table, asked, contract)
    attested = attest.begin(ws, _plan(version, asked, model, contract))
    try:
        read, found = _measured(table, asked, contract)
    except DiapasonError as error:
        attested.abandon(error.said()["what"])
        raise
    attested.keep("days", _kept(read, found))
    result = _result(read, found, asked, worth) | _stands(version, model, asked)
    said = verdict(found, asked, read.groups)
    result["verdict"] = {"en": said.en, "zh": said.zh}
    result["cost"] = {"seconds": round(perf_counter() - began, 1)}
    attested.finish(result)
    return {"run": attested.id, **result}


def rerun(plan: Mapping[str, Any], frame: pl.DataFrame, contract: Contract) -> dict[str, Any]:
    """Do again what a sealed plan of `effect` says, without a workspace.

    Args:
        plan: the plan in its plain form.
        frame: the rows of the plan's dataset version.

    Returns:
        effect and percent with their intervals, to be compared with those stated.
    """
    said = {f.name: plan["settings"][f.name] for f in fields(Asked)}
    asked = Asked(**{**said, "covariates": tuple(said["covariates"])})
    _, found = _measured(frame.lazy(), asked, contract)
    return {"effect": plain(found.value), "percent": plain(found.percent)}


def _measured(table: pl.LazyFrame, asked: Asked, contract: Contract) -> tuple[Read, Effect]:
    if asked.by == By.AB:
        read = cells_of(table, asked, contract)
        assert isinstance(read.lines, Cells)  # noqa: S101
        return read, side_by_side(read.lines)
    read = days_of(table, asked, contract)
    assert isinstance(read.lines, Days)  # noqa: S101
    compare = matched_days if asked.by == By.MATCHED else before_after
    return read, compare(read.lines, ordinal(asked.since))


def _kept(read: Read, found: Effect) -> pl.DataFrame:
    """What was compared: the effect is the sum of weight times observed, which anybody can recount."""
    line = pl.Series("line", read.labels)
    observed = read.lines.value
    return pl.DataFrame(
        {"line": line, "observed": observed, "expected": found.baseline, "weight": found.weights}
    ).with_columns(pl.col("expected").fill_nan(None))


def _result(read: Read, found: Effect, asked: Asked, worth: Worth | None) -> dict[str, Any]:
    on = read.lines.treated if isinstance(read.lines, Cells) else read.lines.day >= ordinal(asked.since)
    return {
        "metric": asked.metric,
        "unit": found.value.unit,
        "by": asked.by,
        "since": asked.since,
        "daily": asked.daily,
        "better": asked.better,
        "groups": list(read.groups),
        "effect": plain(found.value),
        "percent": plain(found.percent),
        "observed": found.observed,
        "expected": found.expected,
        "shown": found.shown,
        "standing": standing(found, asked),
        "baseline": {"covariates": list(read.lines.names), "fit": found.fit, "correlation": found.correlation},
        "counted": {
            "before": int((~on).sum()),
            "after": int(on.sum()),
            "left_out": found.left_out,
            "dropped": read.dropped,
            "thin": read.thin,
        },
        "doubts": [{"id": d.id, "value": d.value, "said": {"en": d.said.en, "zh": d.said.zh}} for d in found.doubts],
        "placebo": plain(found.placebo),
        "balance": plain(found.balance),
        "worth": None if worth is None else _worth(read, found, asked, worth),
    }


def _worth(read: Read, found: Effect, asked: Asked, worth: Worth) -> dict[str, Any]:
    """What the effect is worth in a year, positive = gained."""
    times, sign = asked.yearly or _days_a_year(read, asked), -1.0 if asked.better == "lower" else 1.0
    unit, e = sign * worth.amount * times, found.value
    low, high = sorted((unit * e.low, unit * e.high))
    yearly = Estimate(unit * e.value, low, high, e.n, f"{worth.currency}/a", level=LEVEL, clusters=e.clusters)
    return {
        "yearly": plain(yearly),
        "currency": worth.currency,
        "of_one": worth.amount,
        "times": times,
        "assumed": asked.yearly is None,
    }


def _days_a_year(read: Read, asked: Asked) -> float:
    """Days on which the plant ran, in a year like the time since the change."""
    assert isinstance(read.lines, Days)  # noqa: S101
    after = read.lines.day[read.lines.day >= ordinal(asked.since)]
    return round(365 * len(after) / float(np.ptp(after) + 1), 1)


def _plan(version: Version, asked: Asked, model: str, contract: Contract) -> Plan:
    way = {"": "moves", "lower": "falls", "higher": "rises"}[asked.better]
    return Plan(
        verb="effect",
        dataset=str(version.ref),
        dataset_digest=version.digest,
        hypothesis=f"{asked.metric} {way}" + (f" since {asked.since}" if asked.since else f" with {asked.group}"),
        metric=asked.metric,
        split=asked.by,
        candidates=(),
        seed=0,
        budget={},
        tolerance=TOLERANCE,
        settings={**plain(asked), "model": model, "level": LEVEL, "contract": digest(plain(contract))},
    )


def _stands(version: Version, model: str, asked: Asked) -> dict[str, Any]:
    on = [ground("dataset", version.ref)] + ([ground("model", model)] if model else [])
    return {"dataset": str(version.ref), "model": model, "on": on, "covariates": list(asked.covariates)}


def _version(ws: Workspace, name: str) -> Version:
    ref = VersionRef.parse(name)
    if not ws.lake.versions(ref.name):
        known = ", ".join(ws.lake.datasets()) or "–"
        raise NotFound(
            Text(f"there is no dataset '{ref.name}'", f"没有数据集“{ref.name}”"),
            at=str(ws.folder),
            fix=Text("choose one of: ", "可选：") + known,
        )
    return ws.lake.version(ref)


def _model(ws: Workspace, name: str) -> str:
    """The exact version of a model; the newest where none is named."""
    if not name:
        return ""
    ref, newest = VersionRef.parse(name), ""
    for entry in ws.ledger.entries(kind="model"):
        if entry.subject == name or (not ref.version and VersionRef.parse(entry.subject).name == ref.name):
            newest = entry.subject
    if not newest:
        raise _no_model(name)
    return newest


def _no_model(name: str) -> NotFound:
    return NotFound(
        Text(f"there is no model '{name}'", f"没有模型“{name}”"),
        at="--model",
        fix=Text("see: diapason status", "请查看：diapason status"),
    )
