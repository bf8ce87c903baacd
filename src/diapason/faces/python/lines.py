"""Verbs of live equipment: serve, connect and record."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from diapason.faces.python.asking import Answer, Asking, story_of

__all__ = ["LineVerbs"]


class LineVerbs(Asking):
    """Serve the embedded plant, connect to lines, and record them."""

    def plant_serve(self, *, seconds: float = 0.0, **wishes: Any) -> Answer:
        """Serve the embedded plant, live, until Ctrl-C or so many seconds; keys stand in `plant-keys` of the workspace.

        Args:
            wishes: only=("opcua",), copies=, days=, speed=, every=, seed=, ports={"opcua": 0}, open=True, broker=,
                faults=("cooling_loss@R-101:0.5@60/900",), ready= (called with what is served once it is).
        """
        ready = wishes.pop("ready", lambda _: None)
        faults = tuple(story_of("serve", "planned")(one) for one in wishes.pop("faults", ()))
        folder = Path(wishes.pop("folder", self.workspace.folder / "plant-keys"))
        wish = story_of("serve", "Wishes")(folder=folder, faults=faults, **wishes)
        answer: Answer = asyncio.run(story_of("serve", "run")(wish, ready=ready, seconds=seconds))
        return answer

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
            options: seconds=, how long; stop= is asked whether to end, tell= is told every version; pace=.
        """
        if status:
            return self._answer("record", "view", name) if name else {"recordings": self._call("record", "brief")}
        return self._do("record", name, to=to, **options)
