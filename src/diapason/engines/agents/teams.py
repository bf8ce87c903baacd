"""Agents in groups: one budget, one hand on a tag at a time, and a successor where one can't see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Moment

__all__ = ["Supervisor", "Word"]

_DAY = 86_400_000_000  # µs


@dataclass(frozen=True, slots=True)
class Word:
    """What the supervisor says to a wish."""

    allowed: bool
    why: Text


@dataclass(slots=True)
class Supervisor:
    """Keeps the budgets of agents and of their group, and who has a tag in hand.

    Args:
        budgets: proposals within 24 hours, by agent; absent = none are bounded.
        group: of all together; None = unbounded.
        hold: µs that a tag stays with whoever proposed last, unless it lets go.
        successors: agents in the order in which they take over on an asset.
    """

    budgets: Mapping[str, float]
    group: float | None = None
    hold: Moment = 900_000_000
    successors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    _made: dict[str, list[Moment]] = field(default_factory=dict)
    _hands: dict[tuple[str, str], tuple[str, Moment]] = field(default_factory=dict)
    _blind: set[str] = field(default_factory=set)

    def asks(self, agent: str, asset: str, tag: str, now: Moment) -> Word:
        """May this agent propose to move this tag now? A yes is counted at once."""
        leader = self.leads(asset)
        if leader not in ("", agent):
            return Word(False, Text(f"{leader} leads on {asset}", f"{asset} 由 {leader} 负责"))
        holder, until = self._hands.get((asset, tag), ("", 0))
        if holder not in ("", agent) and until > now:
            return Word(False, Text(f"{holder} has {tag} in hand", f"{tag} 正由 {holder} 操作"))
        if (said := self._spent(agent, now)) is not None:
            return said
        self._made.setdefault(agent, []).append(now)
        self._hands[asset, tag] = (agent, now + self.hold)
        return Word(True, Text("inside the budget, nobody else has it in hand", "预算内，且无人占用该位号"))

    def lets_go(self, agent: str, asset: str, tag: str) -> None:
        """The agent is done with a tag: refused, written or expired."""
        if self._hands.get((asset, tag), ("", 0))[0] == agent:
            del self._hands[asset, tag]

    def sees(self, agent: str, *, well: bool) -> None:
        """An agent whose inputs can't be trusted hands over until it sees again."""
        (self._blind.discard if well else self._blind.add)(agent)

    def leads(self, asset: str) -> str:
        """Who speaks for an asset: the first of its agents that sees; "" where no order was given or none sees."""
        return next((a for a in self.successors.get(asset, ()) if a not in self._blind), "")

    def _spent(self, agent: str, now: Moment) -> Word | None:
        for made in self._made.values():
            made[:] = [m for m in made if now - m < _DAY]
        own, most = len(self._made.get(agent, ())), self.budgets.get(agent)
        if most is not None and own >= most:
            return Word(
                False,
                Text(f"{own} proposals in 24 h, its budget is {most:g}", f"24 小时内已建议 {own} 次，预算为 {most:g}"),
            )
        every = sum(map(len, self._made.values()))
        if self.group is not None and every >= self.group:
            return Word(
                False,
                Text(
                    f"the group made {every} in 24 h, its budget is {self.group:g}",
                    f"小组 24 小时内已建议 {every} 次，预算为 {self.group:g}",
                ),
            )
        return None
