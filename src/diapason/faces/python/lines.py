"""Verbs of live equipment: connect and record."""

from collections.abc import Mapping, Sequence
from typing import Any

from diapason.faces.python.asking import Answer, Asking, story_of

__all__ = ["LineVerbs"]


class LineVerbs(Asking):
    """Connect to lines, and record them."""

    def connect(
        self,
        what: str = "",
        *,
        name: str = "",
        tags: Sequence[str] = (),
        find: str = "",
        under: str = "",
        most: int = 500,
        within: float = 30.0,
        listen: float = 5.0,
        layout: str = "",
        options: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Look at a line and keep a connection; or show and test one by its name; nothing: list them."""
        if not what:
            return {"connections": self._call("connect", "listed")}
        if "://" not in what:
            return self._answer("connect", "show", what, seconds=listen)
        wish = story_of("connect", "Wish")(tuple(tags), find, under, most, within)
        said: dict[str, Any] = {"name": name, "wish": wish, "seconds": listen, "how": layout, "options": options}
        return self._answer("connect", "connect", what, **said)

    def record(self, name: str = "", *, to: str = "", status: bool = False, **options: Any) -> Answer:
        """Record a connection into a dataset; status=True: the account, or a line for each recording.

        Args:
            options: seconds=, how long; stop= is asked whether to end, tell= is told every version, pace= says how often.
        """
        if status:
            return self._answer("record", "view", name) if name else {"recordings": self._call("record", "brief")}
        return self._do("record", name, to=to, **options)
