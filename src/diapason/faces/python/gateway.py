"""Verbs of the person's side of live equipment: levels, modes, envelopes, refusals, stops, and the watch."""

from typing import Any

from diapason.faces.python.asking import Answer, Asking

__all__ = ["GatewayVerbs"]


class GatewayVerbs(Asking):
    """What binds agents, and how they are stopped."""

    def agent_level(self, name: str, *, tag: str = "", to: int | None = None, **options: Any) -> Answer:
        """How far an agent may go on each tag; with `to` (0 to 5) and tag: up through its gate, or down at once."""
        changed = None if to is None else self._answer("gateway", "set_level", name, tag, to, **options)
        rows = [one for one in self._call("gateway", "levels", name) if tag in ("", one["tag"])]
        return {"agent": name, "changed": changed, "levels": rows}

    def agent_watch(self, *, every: float = 1.0, cycles: int = 1) -> Answer:
        """Tend the gateway for so many cycles (0 = until it is stopped)."""
        return {"cycles": self._call("gateway", "watch", every=every, cycles=cycles)}

    def envelope(self, asset: str, *, sign: bool = False) -> Answer:
        """What binds an asset as its file says; sign it as a safety officer."""
        signed = self._call("gateway", "sign_envelope", asset) if sign else None
        return self._answer("gateway", "shown", asset) | {"signed": signed}

    def mode(self, asset: str, now: str = "", *, because: str = "") -> Answer:
        """The mode of an asset, or say it: automatic, manual, maintenance, locked."""
        if now:
            return self._answer("gateway", "set_mode", asset, now, because=because)
        return {"asset": asset, "mode": self._call("gateway", "mode_of", asset), "person": "", "because": ""}

    def refuse(self, action: str, *, because: str) -> Answer:
        """Say no to an action that waits."""
        return self._answer("gateway", "refuse", action.removeprefix("action:"), because=because)

    def stop(self, asset: str = "", *, because: str = "") -> Answer:
        """Stop all agents' writes to an asset, or to everything, at once."""
        done = self._answer("gateway", "stop", asset, because=because)
        return done | {"fallback": self._call("gateway", "fall_back_now", asset)}

    def release(self, asset: str = "", *, because: str = "") -> Answer:
        """Release a stop."""
        return self._answer("gateway", "release", asset, because=because)
