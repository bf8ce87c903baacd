"""Verbs about agents: make, find, show, end them; ask; qualify."""

from pathlib import Path
from typing import Any

from diapason.faces.python.asking import Answer, Asking

__all__ = ["AgentVerbs"]


class AgentVerbs(Asking):
    """The registry of agents, questions, and qualification."""

    def agent_new(self, name: str, **options: Any) -> Answer:
        """Make an agent (model= or rules=, asset=, connection=, expires=, owner=), or sign its edited file."""
        return self._answer("agent", "create", name, **options)

    def agent_list(
        self, *, asset: str = "", tag: str = "", right: str = "", grade: str = "", every: bool = False
    ) -> Answer:
        """Agents by what they watch, may and have proven."""
        said = {"asset": asset, "tag": tag, "right": right, "grade": grade, "everything": every}
        return {"agents": self._call("agent", "listed", **said)}

    def agent_show(self, name: str) -> Answer:
        """One agent with its rights, bounds, versions and its record before use."""
        return self._answer("agent", "show", name)

    def agent_card(
        self, name: str, *, form: str = "a2a", to: str | Path = "", url: str = "http://127.0.0.1:8790/"
    ) -> Answer:
        """Its A2A card, identity document (form="identity") or record (form="record")."""
        return self._answer("agent", "carded", name, form=form, to=Path(to) if to else None, url=url)

    def agent_retire(self, name: str, *, because: str) -> Answer:
        """End an agent."""
        return self._answer("agent", "retire", name, because=because)
