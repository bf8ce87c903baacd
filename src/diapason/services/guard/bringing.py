"""Bring a file in as a new version, and do what its contract's policy says: the story behind `diapason ingest`."""

from typing import Any

from diapason.errors import Refused, Unsure
from diapason.ports.workspace import Workspace
from diapason.services import attest, ingest
from diapason.services.guard.alarms import settle
from diapason.services.guard.faults import new_faults
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.tables import VersionRef

__all__ = ["bring"]


async def bring(ws: Workspace, source: str, *, name: str, asking: bool = False, **said: Any) -> dict[str, Any]:
    """Ingest as `services.ingest` does; where the dataset has rules, look for new faults and open incidents.

    Args:
        asking: a person will be asked what is not clear, so that nothing is refused for good yet.

    Returns:
        What the ingest returns, with `faults` and `incidents`.

    Raises:
        Refused: the contract is broken by what its policy refuses; an incident is open, nothing is stored.
    """
    try:
        done = await ingest.run(ws, source, name=name, final=not asking, **said)
    except (Refused, Unsure) as error:
        if not (asking and isinstance(error, Unsure)):
            settle(ws, name)
        raise
    if done["same"] or done["guard"] is None:
        return {**done, "faults": [], "incidents": []}
    found = new_faults(ws, VersionRef(name, done["version"]))
    if found:
        settings = {"of": done["run"]}
        run = attest.begin(ws, Plan("guard", name, done["digest"], "", "", "", (), 0, {}, 0.0, settings))
        run.finish({"of": done["run"], "version": done["version"], "faults": found})
    return {**done, "faults": found, "incidents": settle(ws, name)}
