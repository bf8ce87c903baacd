"""Set-point advice: a model of what comes out, asked what another set point would make of it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from diapason.engines.agents import Advice, Movable, advise, aimed
from diapason.errors import DataError
from diapason.services.operate.squads import ADVISE, Squad, local
from diapason.vocabulary.acting import Effect, Manifest
from diapason.vocabulary.language import Text
from diapason.vocabulary.tasks import Task

__all__ = ["EVERY", "advice", "sound"]

EVERY = 600.0
"""s between two pieces of advice, where the rule does not say."""


def advice(squad: Squad, agent: int, rule: Mapping[str, object]) -> tuple[Advice, Effect] | None:
    """The one change that an agent would make now, with the effect that its model expects.

    None where the inputs can't be trusted, nothing may be moved, no interval is known, or no change is worth it.

    Raises:
        DataError: the rule can't be, or the model predicts no number.
    """
    manifest, model = squad.manifests[agent], squad.model
    aim, gain, ahead = aimed(rule, f"{manifest.name}@{manifest.version}")
    if model is None or model.task is not Task.REGRESSION:
        raise _wrong(
            manifest.name,
            Text("only a model that predicts a number can advise", "只有预测数值的模型才能给出建议"),
            Text("learn a regression", "请训练回归模型"),
        )
    row, at = squad.ticks.values[agent], int(squad.ticks.last[agent])
    movable = _movable(squad, agent)
    if squad.crew.trust[agent] == 2 or not movable or np.isnan(row).any():
        return None

    def predict(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return squad.crew.probe(agent, rows, at + 1_000_000, ahead=ahead)

    now = float(predict(row[None])[0])
    low, high = (float(end[0]) - now for end in model.margins.around([now]))
    if not (np.isfinite(low) and np.isfinite(high)):
        return None
    found = advise(row, movable, predict, aim, errors=(low, high), least=gain)
    if found is None:
        return None
    output, unit = str(rule.get("output", "prediction")), str(rule.get("unit", "1"))
    return found, Effect(output, found.low, found.high, unit, float(ahead))


def sound(manifest: Manifest) -> None:
    """Raise DataError where a rule that asks for advice can't be."""
    for rule in manifest.rules:
        if rule.get("kind") == ADVISE:
            aimed(rule, f"{manifest.name}@{manifest.version}")


def _movable(squad: Squad, agent: int) -> list[Movable]:
    """Tags of the agent's envelopes that the model looks at, as far as it has seen them."""
    manifest, crew = squad.manifests[agent], squad.crew
    seen = {name: i for i, name in enumerate(crew.stream.columns)}
    found = []
    for envelope in manifest.envelopes:
        name = local(envelope.tag, manifest.asset)
        if name in seen and name in squad.columns:
            low, high = float(crew.known.low[seen[name]]), float(crew.known.high[seen[name]])
            if np.isfinite(low) and np.isfinite(high):
                found.append(Movable(squad.columns.index(name), envelope, low, high))
    return found


def _wrong(at: str, what: Text, fix: Text) -> DataError:
    return DataError(what, at=at, fix=fix)
