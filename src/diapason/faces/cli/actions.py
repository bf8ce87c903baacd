"""Commands that are several steps: which words each step needs, and which it takes besides."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

from diapason.faces.cli.arguments import Misused
from diapason.vocabulary.language import Text

__all__ = ["Takes", "fitting"]

Takes = tuple[Set[str], Set[str]]
"""Words that an action needs, and those it takes besides."""


def fitting(verb: str, takes: Takes, said: Mapping[str, Any], *, places: Sequence[str] = ()) -> None:
    """A word that an action doesn't take would do nothing: it is refused instead, as is one that is missing.

    Args:
        verb: command and action, such as "visit run".
        places: words that are known by their place.

    Raises:
        Misused: what was said are not the words of this action.
    """
    needs, more = takes
    called = {key: key.upper() if key in places else f"--{key.replace('_', '-')}" for key in (*needs, *more, *said)}
    for key in said:
        if key not in needs | more:
            listed = ", ".join(called[k] for k in sorted(needs | more)) or "-"
            raise Misused(
                Text(f"'{verb}' takes no {called[key]}", f"“{verb}”不带 {called[key]}"),
                at=called[key],
                fix=Text(f"it takes: {listed}", f"可带：{listed}"),
            )
    for key in sorted(needs - set(said)):
        raise Misused(
            Text(f"{called[key]} is missing", f"缺少 {called[key]}"),
            at=f"diapason {verb}",
            fix=Text(f"'{verb}' needs {called[key]}", f"“{verb}”需要 {called[key]}"),
        )
