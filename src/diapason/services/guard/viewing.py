"""The state of a dataset under guard: its policy, the last verdicts, open incidents, and what waits in quarantine."""

from typing import Any

from diapason.engines.contracts import rules
from diapason.ports.workspace import Workspace
from diapason.services.guard.alarms import known, owner_of, settle
from diapason.services.guard.deciding import waiting
from diapason.services.guard.verdicts import verdicts
from diapason.services.ingest import contract as contract_of
from diapason.vocabulary.policy import Policy
from diapason.vocabulary.tables import VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["view"]


def view(ws: Workspace, name: str, *, most: int = 60) -> dict[str, Any]:
    """What is judged, what was judged, and what a person has to look at.

    Args:
        most: verdicts that are told, the newest.

    Returns:
        dataset, owner, guarded, rules, policy (written by a person?), verdicts, totals, incidents, quarantine.

    Raises:
        NotFound: there is no such dataset.
    """
    name = ws.lake.version(VersionRef.parse(name)).ref.name
    contract = contract_of(ws, name)
    settle(ws, name)  # what a kill has left unsaid
    judged = verdicts(ws, name)
    totals = {key: sum(v[key] for v in judged) for key in ("sent", "stored", "quarantined", "refused")}
    told = rules(contract) - len(contract.columns)
    open_now = [i for i in known(ws, name) if i["state"] == "open"]
    return {
        "dataset": name,
        "newest": str(ws.lake.version(VersionRef(name)).ref),
        "owner": owner_of(ws, name),
        "guarded": contract.guarded,
        "rules": told,
        "policy": plain(contract.policy or Policy()),
        "written": contract.policy is not None,
        "verdicts": judged[-most:],
        "deliveries": len(judged),
        "totals": totals,
        "incidents": open_now,
        "quarantine": waiting(ws, name).height,
        "file": str(ws.folder / "contracts" / f"{name}.yaml"),
    }
