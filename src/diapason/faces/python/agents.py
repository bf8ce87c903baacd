"""Verbs about agents: make, find, show, end them; ask; qualify."""

from pathlib import Path
from typing import Any

from diapason.errors import Refused
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

    def ask(self, question: str) -> Answer:
        """Ask about what is recorded: answered with sources, asked back, or nothing said."""
        return self._answer("ask", "run", question)

    def agent_serve(self, door: str, *, approve: bool = True) -> Answer:
        """Approve the tools that agents from outside may call; to serve them is the command line's."""
        if not approve:
            raise Refused("a server runs by itself", at="agent_serve", fix=f"diapason agent serve {door}")
        return {"approved": [self._call("outside", "approve_tools", door)]}

    def agent_drill(self, name: str) -> Answer:
        """Drill its stop on a bench; signed."""
        return self._answer("qualify", "drill", name)

    def agent_qualify(self, name: str, *, quick: bool = False, seed: int = 0, to: str | Path = "") -> Answer:
        """Ten tests on a bench; the grade is that of the weakest; signed, with a page."""
        return self._answer("qualify", "run", name, quick=quick, seed=seed, to=Path(to) if to else None)

    def agent_run(self, *names: str, **wish: Any) -> Answer:
        """Run agents in this process (none named = all); options as fields of `services.operate.Wish`."""
        from diapason.services import operate

        return self._answer("operate", "run", names, operate.Wish(**wish))

    def agent_status(self, name: str = "", *, last: int = 10) -> Answer:
        """What the fleet does now, and what was decided last."""
        return self._answer("operate", "status", name, last=last)

    def agent_replay(self, name: str, dataset: str = "", **options: Any) -> Answer:
        """Recorded history through the code of the line, or with decision= one decision again."""
        return self._answer("operate", "replay", name, dataset, **options)

    def agent_shadow(self, name: str, dataset: str = "", **options: Any) -> Answer:
        """An agent against operators or a rule: against=COLUMN, by=, margin=."""
        return self._answer("operate", "shadow", name, dataset, **options)
