"""Several repairs as one: those of a bundle are done in turn, inputs before targets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.roles.treatment import Evidence, Treatment
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding
from diapason.vocabulary.trials import Candidate, Kind
from diapason.vocabulary.wire import plain

__all__ = ["apply", "bundled", "condition", "members", "without"]

_BUNDLE = "bundle"


@dataclass(frozen=True, slots=True)
class _Seen:
    """Evidence about rows that an earlier member has changed."""

    examples: Examples
    out_of_fold: NDArray[np.float64]
    doubt: NDArray[np.float64]
    findings: tuple[Finding, ...]


def bundled(candidates: Sequence[Candidate]) -> Candidate:
    """One candidate that does all of them; conditioning comes first, since the line does only that.

    >>> both = bundled([Candidate("drop", "drop", Kind.CURATION), Candidate("unit", "cell", Kind.CONDITIONING)])
    >>> both.id, both.kind.value
    ('unit+drop', 'conditioning')
    """
    ordered = sorted(candidates, key=lambda c: c.kind is not Kind.CONDITIONING)
    if len(ordered) == 1:
        return ordered[0]
    kind = Kind.CONDITIONING if ordered[0].kind is Kind.CONDITIONING else Kind.CURATION
    because = "; ".join(c.because for c in ordered if c.because)
    return Candidate("+".join(c.id for c in ordered), _BUNDLE, kind, {"members": plain(ordered)}, because)


def members(candidate: Candidate) -> tuple[Candidate, ...]:
    """The repairs that a candidate consists of: itself, unless it is a bundle."""
    if candidate.treatment != _BUNDLE:
        return (candidate,)
    said: Sequence[Mapping[str, Any]] = candidate.parameters["members"]
    return tuple(Candidate(**{**m, "kind": Kind(m["kind"])}) for m in said)


def without(candidate: Candidate) -> dict[str, str]:
    """For each member of a bundle, the id of what is left when it is taken out; empty for a single repair."""
    own = members(candidate)
    if len(own) < 2:
        return {}
    return {m.id: bundled([x for x in own if x.id != m.id]).id for m in own}


def apply(
    evidence: Evidence, candidate: Candidate, treatments: Mapping[str, Treatment]
) -> tuple[Examples, NDArray[np.int64]]:
    """The mended training rows, and the `_row` numbers touched."""
    touched, seen = np.zeros(0, np.int64), evidence
    for member in members(candidate):
        made, rows = treatments[member.treatment].apply(seen, member.parameters)
        touched = np.union1d(touched, rows)
        seen = _following(seen, made)
    return seen.examples, touched


def condition(examples: Examples, candidate: Candidate, treatments: Mapping[str, Treatment]) -> Examples:
    """The same rows as the line would see them."""
    for member in members(candidate):
        if member.kind is Kind.CONDITIONING:
            examples = treatments[member.treatment].condition(examples, member.parameters)
    return examples


def _following(evidence: Evidence, made: Examples) -> Evidence:
    """What is known about the rows that are left; an invented row is not doubted."""
    order = np.argsort(evidence.examples.rows, kind="stable")
    place = np.searchsorted(evidence.examples.rows, made.rows, sorter=order)
    source = order[np.minimum(place, len(order) - 1)]
    known = evidence.examples.rows[source] == made.rows
    expected = np.array(evidence.out_of_fold[source], dtype=np.float64)
    if expected.ndim == 1:
        expected[~known] = made.target[~known]
    else:
        expected[~known] = np.eye(expected.shape[1])[made.target[~known].astype(np.int64)]
    doubt = np.where(known, evidence.doubt[source], 0.0)
    return _Seen(replace(made), expected, doubt, evidence.findings)
