"""What stands beside each prediction: its interval, how far it can be trusted, and why not further."""

import json
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

import polars as pl

from diapason.engines.trust import Margins, Range, Suspicion, judge, learnt, margins, suspicions
from diapason.errors import NotFound
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.publish.registry import Model
from diapason.vocabulary.conversions import CHANGES
from diapason.vocabulary.wire import plain

__all__ = ["LEVEL", "beside", "known_margins", "known_ranges"]

LEVEL = 0.9
"""Share of new rows whose truth should lie in the interval."""


def beside(
    features: pl.DataFrame, ranges: Sequence[Range], told: Mapping[str, str]
) -> tuple[pl.DataFrame, tuple[Suspicion, ...]]:
    """Columns `trust` and `why` for each row, and the columns that seem to come in another unit.

    Args:
        features: as the model sees them, after conditioning.
        ranges: what it has seen.
        told: column -> change of unit that the file itself states.
    """
    said = tuple(Suspicion(column, change, 0.0, 1.0) for column, change in told.items())
    changes = [(c.name, c.factor, c.offset) for c in CHANGES]
    guessed = tuple(s for s in suspicions(features, ranges, changes) if s.column not in told)
    levels, reasons = judge(features, ranges, said + guessed)
    why = [reason or None for reason in reasons]
    table = pl.DataFrame({"trust": [level.value for level in levels], "why": why}, schema_overrides={"why": pl.String})
    return table, said + guessed


def known_margins(workspace: Workspace, model: Model) -> Margins:
    """Errors that the honest split has shown, from the predictions kept by the model's own run."""
    kept = attest.finished(workspace, str(model.facts["run"]))["kept"]
    honest = [facts for name, facts in sorted(kept.items()) if "scores" in facts and "random" not in name]
    if not honest:
        return margins([], [], level=LEVEL)
    try:
        table = pl.read_csv(BytesIO(workspace.vault.get(str(honest[0]["sha256"]))), columns=["truth", "prediction"])
    except NotFound:  # forgotten with the dataset: no interval is known any more
        return margins([], [], level=LEVEL)
    numbers = table.cast(pl.Float64, strict=False)
    return margins(numbers["truth"].to_numpy(), numbers["prediction"].to_numpy(), level=LEVEL)


def known_ranges(workspace: Workspace, model: Model, training: Callable[[], pl.DataFrame]) -> tuple[Range, ...]:
    """What the model has seen of each input, kept in the vault after the first look.

    Args:
        training: gives the features that it was trained on, as it saw them.
    """
    key = f"ranges/{model.ref}/{model.digest}"
    digest = workspace.vault.recall(key)
    if digest is not None:
        return tuple(_range(facts) for facts in json.loads(workspace.vault.get(digest)))
    try:
        found = learnt(training())
    except NotFound:  # forgotten: nothing is known of what it has seen
        return ()
    workspace.vault.remember(key, workspace.vault.put(json.dumps(plain(found)).encode()))
    return found


def _range(facts: Mapping[str, Any]) -> Range:
    """From JSON, which has no nan: null stands for it."""
    read: dict[str, Any] = {name: float("nan") if value is None else value for name, value in facts.items()}
    return Range(**{**read, "levels": tuple(read["levels"])})
