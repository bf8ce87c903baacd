"""What new rows have become, against a kept reference, as findings."""

from collections.abc import Iterator, Sequence

from diapason.engines.scan.drift import Drift
from diapason.engines.scan.table import Scan
from diapason.vocabulary.findings import Finding, Where

__all__ = ["changes"]

_TIMES = 2.0
"""Leaps so many times as large or small as the reference's are worth a word."""
_MORE = (3.0, 0.01)
"""Missing cells, over the reference's share: so many times, and so much more."""
_ACT, _LOOK = 0.8, 0.5
"""Deviations of drift from which on somebody should act, or look (large and medium; Cohen 1988)."""


def changes(reference: Scan, new: Scan, drifted: Sequence[Drift]) -> tuple[Finding, ...]:
    """Drift, noise, missing cells and texts, those to act on first."""
    found = [finding for d in drifted for finding in _of_column(d, new)]
    found += _words(reference, new)
    weight = {"act": 0, "look": 1, "know": 2}
    return tuple(sorted(found, key=lambda f: weight[f.harm]))


def _of_column(d: Drift, new: Scan) -> Iterator[Finding]:
    rows = int(new.columns[d.column]["rows"])
    where = Where((d.column,), (), rows, rows)
    if d.verdict == "drifted":
        size = abs(d.effect) if d.effect is not None else float("inf")
        harm = "act" if size >= _ACT or d.change else "look" if size >= _LOOK else "know"
        facts: dict[str, float | str] = {
            "difference": d.difference or 0.0,
            "low": d.low or 0.0,
            "high": d.high or 0.0,
            "effect": "∞" if d.effect is None else f"{d.effect:+.2f}",
            "change": f" ({d.change})" if d.change else "",
        }
        yield Finding("drifted", where, 1.0 - (d.chance or 0.0), harm, facts)
    if d.noise is not None and not 1 / _TIMES < d.noise < _TIMES and not d.change:
        yield Finding("noise_changed", where, 0.8, "look", {"ratio": d.noise})
    then, now = d.missing
    if now > _MORE[0] * then and now > then + _MORE[1]:
        yield Finding("missing_more", where, 0.9, "look", {"then": f"{then:.2%}", "now": f"{now:.2%}"})


def _words(reference: Scan, new: Scan) -> Iterator[Finding]:
    for name, words in new.words.items():
        had = reference.words.get(name)
        if had is None or had.counts is None or words.counts is None:
            continue
        strange = {text: n for text, n in words.counts.items() if text not in had.counts}
        few = len(had.counts) <= max(had.known, 1) ** 0.5  # a free text always brings new ones
        if strange and few:
            first = max(strange, key=lambda text: (strange[text], text))
            yield Finding(
                "new_words", Where((name,), (), sum(strange.values()), words.known), 0.9, "look", {"first": first}
            )
