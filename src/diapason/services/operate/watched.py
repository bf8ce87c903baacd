"""What agents foresee, as their rules and models say: a tag up to its limit, a score, the life that is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diapason.errors import DiapasonError
from diapason.ports.workspace import Workspace
from diapason.services import connect, predict, publish
from diapason.services.operate.squads import Squad
from diapason.vocabulary.acting import Manifest
from diapason.vocabulary.tables import Role
from diapason.vocabulary.tasks import Task

__all__ = ["Watch", "watches"]

_SCORED = 600.0
"""s that the score of a model is foreseen."""


@dataclass(frozen=True, slots=True)
class Watch:
    """One thing that an agent foresees."""

    squad: int
    agent: int
    kind: str  # "above", "below": a tag and its limit; "score": of its model, limit 1; "life": what is left of it
    tag: str
    limit: float
    ahead: float  # s
    unit: str  # UCUM; "" = nobody says
    column: int = -1
    name: str = ""  # of the rule

    def key(self, one: Manifest) -> str:
        """The same after a restart, as long as it is the same thing."""
        return f"{one.name}@{one.version}|{self.kind}|{self.tag}|{self.limit:g}"


def watches(ws: Workspace, squads: Sequence[Squad]) -> list[Watch]:
    """What the agents of these squads foresee, as their rules and models say."""
    units = _Units(ws)
    found: list[Watch] = []
    for s, squad in enumerate(squads):
        for a, one in enumerate(squad.manifests):
            found += [
                Watch(s, a, r.kind, r.tag, r.limit, r.ahead, units(one, r.tag), squad.columns.index(r.tag), r.name)
                for r in squad.rules.get(a, ())
                if r.ahead and r.tag in squad.columns and squad.model is None
            ]
            if squad.model is not None and squad.model.task is Task.MONITORING:
                found.append(Watch(s, a, "score", "", 1.0, _SCORED, "1"))
            elif squad.model is not None and squad.model.task is Task.REMAINING_LIFE:
                found.append(Watch(s, a, "life", "", 0.0, 0.0, units.life(squad.model.ref)))
    return found


class _Units:
    """Units of tags as connections and envelopes have them, and of lives as their models do; each is asked once."""

    def __init__(self, ws: Workspace) -> None:
        self._ws, self._known = ws, dict[str, dict[tuple[str, str], str]]()

    def __call__(self, one: Manifest, tag: str) -> str:
        own = {e.tag.removeprefix(f"{one.asset}/"): e.unit for e in one.envelopes}
        said = self._of(one.connection)
        return said.get((one.asset, tag)) or said.get(("", tag)) or own.get(tag, "")

    def life(self, ref: str) -> str:
        """Unit of a remaining life; where it was derived, that of the time it was derived from."""
        try:
            contract = predict.contract_of(publish.find(self._ws, ref))
        except (DiapasonError, KeyError, TypeError):
            return ""
        target = contract.first(Role.TARGET)
        named = target if target is not None and target not in contract.derived else contract.first(Role.TIME)
        return contract.column(named).unit if named else ""

    def _of(self, name: str) -> Mapping[tuple[str, str], str]:
        if name not in self._known:
            try:
                chosen = connect.connection(self._ws, name).chosen if name else ()
            except DiapasonError:  # the line itself will say so
                chosen = ()
            units = {(c.point.asset, c.column): c.point.unit for c in chosen}
            self._known[name] = units | {("", c.column): c.point.unit for c in chosen}
        return self._known[name]
