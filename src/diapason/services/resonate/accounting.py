"""The account of a dataset version: each run of trials on it spends some of its right to be surprised by luck."""

from typing import Any

from diapason.ports.workspace import Workspace

__all__ = ["TOTAL", "account"]

TOTAL = 0.10
"""Chance, over all runs that will ever be made on one version, that any of them adopts what is no better."""


def account(ws: Workspace, digest: str, run: str = "") -> dict[str, Any]:
    """Which run on that version this is, what it may spend, and what is spent.

    The k-th run gets TOTAL / (k (k + 1)): 5 %, 1.7 %, 0.8 %, ... however many follow, together they stay below TOTAL.
    Runs that were abandoned or never ended count; one that is resumed counts once.

    Args:
        digest: of the dataset version.
        run: id of the run; default for the next one.

    Source: alpha spending by a summable sequence; Foster and Stine, JRSS B 70 (2008).
    """
    made: list[str] = []
    for entry in ws.ledger.entries(kind="plan"):
        plan = entry.body["plan"]
        if plan["verb"] == "resonate" and plan["dataset_digest"] == digest and entry.run not in made:
            made.append(entry.run)
    k = made.index(run) + 1 if run in made else len(made) + 1
    return {"number": k, "share": TOTAL / (k * (k + 1)), "spent": TOTAL * (1 - 1 / (k + 1)), "total": TOTAL}
