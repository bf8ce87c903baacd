"""A wish such as `rmse<=2.5`: the metric, the direction and the value, or why it cannot be one."""

import re
from dataclasses import dataclass

from diapason.errors import DataError
from diapason.vocabulary.language import Text
from diapason.vocabulary.scores import Metric

__all__ = ["Wish", "wished"]

_WISH = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(<=|>=|<|>|≤|≥)\s*([-+0-9.eE]+)\s*")


@dataclass(frozen=True, slots=True)
class Wish:
    """A value of the deployment metric that somebody wants."""

    metric: str
    value: float

    @property
    def text(self) -> str:
        """As it is written in a plan."""
        return f"{self.metric}={self.value:g}"


def wished(text: str, metric: Metric) -> Wish | None:
    """The wish in a text; None where it is empty.

    Raises:
        DataError: it is no wish, or of another metric, or in the wrong direction.

    >>> wished("rmse <= 2.5", Metric("rmse", "", "lower")).value
    2.5
    """
    if not text.strip():
        return None
    found = _WISH.fullmatch(text)
    sign = "<=" if metric.better == "lower" else ">="
    fix = Text(f'write --target "{metric.name}{sign}VALUE"', f'请写 --target "{metric.name}{sign}数值"')
    if found is None:
        raise DataError(Text(f"'{text}' is no wish", f"“{text}”不是目标"), at="--target", fix=fix)
    name, direction, said = found.groups()
    if name != metric.name:
        raise DataError(
            Text(f"this task is judged by {metric.name}, not {name}", f"该任务以 {metric.name} 评判，而不是 {name}"),
            at="--target",
            fix=fix,
        )
    if (direction in ("<=", "<", "≤")) != (metric.better == "lower"):
        raise DataError(
            Text(f"{metric.name} is better when {metric.better}", f"{metric.name} 越{_BETTER[metric.better]}越好"),
            at="--target",
            fix=fix,
        )
    value = _number(said)
    if value is None or value <= 0 or (metric.better == "higher" and value > 1):
        raise DataError(
            Text(f"{metric.name} cannot be {said}", f"{metric.name} 不可能是 {said}"), at="--target", fix=fix
        )
    return Wish(name, value)


_BETTER = {"lower": "低", "higher": "高"}


def _number(said: str) -> float | None:
    try:
        return float(said)
    except ValueError:
        return None
