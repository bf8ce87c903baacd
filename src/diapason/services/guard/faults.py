"""Faults that are new in a version: what one pass finds now, against what it found in the version before."""

from collections.abc import Mapping
from math import sqrt
from typing import Any

from diapason.ports.workspace import Workspace
from diapason.services.ingest import contract as contract_of
from diapason.services.scan import datasets
from diapason.vocabulary.policy import Policy
from diapason.vocabulary.tables import VersionRef

__all__ = ["new_faults"]

_JUDGED = ("range", "missing", "relation_broken")
"""Kinds that the rules of the contract judge."""
_STEADY = ("constant", "near_constant", "clock_unsteady")
"""Kinds that grow with the table: news only where they were not there before."""


def new_faults(ws: Workspace, ref: VersionRef) -> list[dict[str, Any]]:
    """Faults that this version has and the one before had not, or not so often; only new rows are read for it."""
    contract = contract_of(ws, ref.name)
    here = ws.lake.version(ref)
    told = [f for f in datasets.faults_of(ws, here, contract) if f[0]["kind"] not in _JUDGED]
    earlier = [v for v in ws.lake.versions(ref.name) if v.ref.version < here.ref.version] if told else []
    before = {_key(f): f for f, _ in datasets.faults_of(ws, earlier[-1], contract)} if earlier else {}
    policy = contract.policy or Policy()
    return [_said(f, words, policy) for f, words in told if _is_news(f, before.get(_key(f)))]


def _is_news(now: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    """More of it in the new rows than its rate before lets expect, by three standard deviations."""
    if before is None:
        return True
    if now["kind"] in _STEADY:
        return False
    had, of = before["where"]["count"], before["where"]["of"]
    more, rows = now["where"]["count"] - had, now["where"]["of"] - of
    if rows <= 0 or more <= 0 or not of:
        return False
    expected = had / of * rows
    return bool(more > expected + 3 * sqrt(max(expected, 1.0)))


def _said(finding: Mapping[str, Any], words: Mapping[str, str], policy: Policy) -> dict[str, Any]:
    act = policy.clock if finding["kind"].startswith("clock_") else policy.faults
    where = finding["where"]
    return {
        "column": ", ".join(where["columns"]) or "*",
        "rule": finding["kind"],
        "said": words["en"],
        "sentence": dict(words),
        "act": act.value,
        "count": where["count"],
        "of": 0,
        "harm": finding["harm"],
    }


def _key(finding: Mapping[str, Any]) -> tuple[Any, ...]:
    where = finding["where"]
    return finding["kind"], tuple(where["columns"]), where["asset"]
