"""From a decision to a wish: what a rule proposes goes to the supervisor, then to the gateway, never to the line."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from diapason.engines.agents import Rule, Supervisor, Then
from diapason.errors import DiapasonError
from diapason.ports.line import Line
from diapason.ports.workspace import Workspace
from diapason.services import gateway
from diapason.services.operate.advising import EVERY, advice
from diapason.services.operate.squads import ADVISE, Squad
from diapason.vocabulary.acting import Effect, Envelope, Manifest, Proposal
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Moment, Seen

__all__ = ["Proposer", "full_name", "inside"]

_VALID = 900_000_000  # µs that a proposal waits for its answer


class Proposer:
    """Turns what rules say into proposals, one at a time, and keeps count of what became of them.

    Args:
        lines: open connections by name; proposals look at the present value there. Only the gateway writes.
        shadow: nothing is submitted; what would have been is recorded.
    """

    def __init__(
        self, ws: Workspace, manifests: Sequence[Manifest], lines: Mapping[str, Line], *, shadow: bool
    ) -> None:
        self._ws, self._lines, self._shadow = ws, lines, shadow
        budgets = {m.name: m.budget["proposals_per_day"] for m in manifests if "proposals_per_day" in m.budget}
        self.supervisor = Supervisor(budgets, successors=_successors(manifests))
        self.counts: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._advised: dict[str, Moment] = {}

    def hears(self, squad: Squad, facts: Mapping[str, Any]) -> None:
        """A decision was told."""
        self.supervisor.sees(str(facts["agent"]), well=facts["trust"] != "bad")
        if facts["what"] != "alarm":
            return
        agent = next(i for i, m in enumerate(squad.manifests) if m.name == facts["agent"])
        stream: Any = squad.crew.stream
        struck: Sequence[Rule] = stream.struck(agent) if hasattr(stream, "struck") else ()
        for rule in struck:
            if rule.then is not None:
                task = asyncio.get_running_loop().create_task(self._propose(squad.manifests[agent], rule.then, facts))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """Wait for proposals that are on their way."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=10)

    def advises(self, squads: Sequence[Squad], now: Moment) -> None:
        """Ask the models of agents that advise, each as often as its rule says."""
        asked = [
            (squad, agent, rule)
            for squad in squads
            if squad.model is not None
            for agent, manifest in enumerate(squad.manifests)
            for rule in manifest.rules
            if rule.get("kind") == ADVISE and squad.crew.rows[agent]
        ]
        for squad, agent, rule in asked:
            name, every = squad.manifests[agent].name, float(str(rule.get("every", EVERY))) * 1e6
            if now - self._advised.get(name, 0) >= every:
                self._advised[name] = now
                self._advise(squad, agent, rule)

    def _advise(self, squad: Squad, agent: int, rule: Mapping[str, object]) -> None:
        manifest = squad.manifests[agent]
        try:
            found = advice(squad, agent, rule)
        except DiapasonError as error:
            said_en, said_zh = (str(error.said(language)["what"]) for language in ("en", "zh"))
            self._noted("failed", manifest, Then("", ""), Text(said_en, said_zh))
            return
        if found is None:
            return
        said, effect = found
        envelope = next(e for e in manifest.envelopes if e.tag == said.tag)
        told = {"tag": effect.tag, "low": effect.low, "high": effect.high, "unit": effect.unit, "after": effect.after}
        then = Then(said.tag, envelope.unit, set=said.new, effect=told)
        why = Text(
            f"the model expects {said.then:.4g} in place of {said.now:.4g}; it learnt that from history",
            f"模型预计由 {said.now:.4g} 变为 {said.then:.4g}，依据为历史数据",
        )
        facts = {"why": {"en": why.en, "zh": why.zh}}
        task = asyncio.get_running_loop().create_task(self._propose(manifest, then, facts))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _propose(self, manifest: Manifest, then: Then, facts: Mapping[str, Any]) -> None:
        now = int(self._ws.clock().timestamp() * 1e6)
        word = self.supervisor.asks(manifest.name, manifest.asset, then.tag, now)
        if not word.allowed:
            self._noted("held back", manifest, then, word.why)
            return
        try:
            proposal = await self._made(manifest, then, facts, now)
            if self._shadow:
                self._noted("shadow", manifest, then, Text(f"would set {proposal.new:g}", f"将设为 {proposal.new:g}"))
                return
            action = await gateway.submit(self._ws, proposal, self._line(manifest))
            self.counts[action.state] = self.counts.get(action.state, 0) + 1
            if action.state == "refused":
                self.supervisor.lets_go(manifest.name, manifest.asset, then.tag)
        except DiapasonError as error:
            said = error.said("en"), error.said("zh")
            self._noted("failed", manifest, then, Text(str(said[0]["what"]), str(said[1]["what"])))

    async def _made(self, manifest: Manifest, then: Then, facts: Mapping[str, Any], now: int) -> Proposal:
        """The wish, brought inside the agent's own envelope; what is there now is read from the line."""
        tag = full_name(manifest, then.tag)
        reading = await self._line(manifest).read([tag])
        if reading.trust[0] == Seen.BAD:
            raise DiapasonError(Text(f"{tag} can't be read", f"无法读取 {tag}"))
        old = float(reading.values[0])
        new = then.set if then.set is not None else old + float(then.by or 0.0)
        envelope = next((e for e in manifest.envelopes if e.tag in (tag, then.tag)), None)
        why = facts["why"]
        return Proposal(
            key=f"{manifest.name}-{now}-{uuid4().hex[:8]}",
            agent=manifest.name,
            asset=manifest.asset,
            tag=envelope.tag if envelope else tag,
            old=old,
            new=new if envelope is None else inside(envelope, old, new),
            unit=then.unit,
            made=now,
            expires=now + _VALID,
            why=Text(str(why["en"]), str(why["zh"])),
            effect=_effect(then),
        )

    def _line(self, manifest: Manifest) -> Line:
        return self._lines[manifest.connection] if manifest.connection in self._lines else self._lines[""]

    def _noted(self, what: str, manifest: Manifest, then: Then, why: Text) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
        body: dict[str, Any] = {"agent": manifest.name, "asset": manifest.asset, "tag": then.tag, "state": what}
        body |= {"why": {"en": why.en, "zh": why.zh}} | {"set": then.set, "by": then.by}
        self._ws.ledger.append("wish", subject=f"agent:{manifest.name}", body=body)


def inside(envelope: Envelope, old: float, new: float) -> float:
    """As far towards the wish as the envelope lets one go at once."""
    low, high = max(envelope.low, old - envelope.step), min(envelope.high, old + envelope.step)
    return min(max(new, low), high)


def full_name(manifest: Manifest, tag: str) -> str:
    """The name of a tag as its envelope has it."""
    names = (tag, f"{manifest.asset}/{tag}")
    return next((e.tag for e in manifest.envelopes if e.tag in names), tag)


def _effect(then: Then) -> Effect | None:
    said = then.effect
    if said is None:
        return None
    return Effect(str(said["tag"]), float(said["low"]), float(said["high"]), str(said["unit"]), float(said["after"]))


def _successors(manifests: Sequence[Manifest]) -> dict[str, tuple[str, ...]]:
    """Agents that may move the same asset, by rank: the one with a model first, then by name."""
    movers = [m for m in manifests if m.envelopes]
    assets = {m.asset for m in movers}
    ranked = sorted(movers, key=lambda m: (not m.model, m.name))
    return {asset: tuple(m.name for m in ranked if m.asset == asset) for asset in assets}
