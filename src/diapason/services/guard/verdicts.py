"""The verdicts on every delivery of a dataset, as the signed runs of ingests and streams tell them."""

from collections.abc import Iterator, Mapping
from typing import Any

from diapason.ports.workspace import Workspace
from diapason.services import attest

__all__ = ["SEVERITY", "verdicts"]

SEVERITY = {"refuse": "act", "quarantine": "look", "pass": "know", "alarm": "look"}
"""How grave an incident is, by what the policy has done."""


def verdicts(ws: Workspace, name: str) -> list[dict[str, Any]]:
    """Every delivery that was judged, oldest first: what it was judged to be, from where, into which version."""
    found: dict[str, dict[str, Any]] = {}
    for run, said in _told(ws, name):
        if "of" in said and said["of"] in found:  # faults, which show once the rows are in
            found[said["of"]]["faults"] = said["faults"]
        elif "state" in said:
            found[run] = said
    return list(found.values())


def _told(ws: Workspace, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for entry in ws.ledger.entries(kind="result", subject=name):
        verb = entry.run.partition("-")[0]
        if verb not in ("ingest", "guard"):
            continue
        done = attest.read(entry)
        facts = {"run": entry.run, "seq": entry.seq, "at": entry.at}
        if verb == "guard":
            yield entry.run, {"faults": [], **done["result"], **facts}
        elif judged := done["result"].get("guard"):
            yield entry.run, {"faults": [], **judged, **_from(done["result"]), **facts}


def _from(result: Mapping[str, Any]) -> dict[str, Any]:
    return {"source": result["source"]["path"], "version": result["version"]}
