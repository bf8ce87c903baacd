"""A table of texts as codes: distinct values, how often each stands there, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Coded", "coded", "number"]


@dataclass(frozen=True, slots=True)
class Coded:
    """One column."""

    name: str
    values: tuple[str, ...]  # distinct, not empty, in order of appearance
    codes: NDArray[np.int64]  # shape (n,), index into `values`, -1 = empty
    counts: NDArray[np.int64]  # shape (len(values),)

    @property
    def filled(self) -> int:
        """Cells that are not empty."""
        return int(self.counts.sum())

    def rows(self) -> list[NDArray[np.int64]]:
        """Positions of each value."""
        order = np.argsort(self.codes, kind="stable")
        order = order[int((self.codes < 0).sum()) :]
        return np.split(order, np.cumsum(self.counts)[:-1]) if len(self.values) else []

    def numeric(self, least: float = 0.8) -> bool:
        """Whether most filled cells are plain numbers."""
        plain = sum(int(k) for v, k in zip(self.values, self.counts, strict=True) if number(v) is not None)
        return self.filled > 0 and plain >= least * self.filled


def coded(columns: Mapping[str, Sequence[str]]) -> dict[str, Coded]:
    """Codes of each column; the empty text is an empty cell.

    >>> coded({"a": ["x", "", "x"]})["a"].codes
    array([ 0, -1,  0])
    """
    return {name: _coded(name, cells) for name, cells in columns.items()}


def _coded(name: str, cells: Sequence[str]) -> Coded:
    known: dict[str, int] = {}
    codes = np.fromiter((known.setdefault(c, len(known)) if c else -1 for c in cells), np.int64, len(cells))
    counts = np.bincount(codes[codes >= 0], minlength=len(known)).astype(np.int64)
    return Coded(name, tuple(known), codes, counts)


def number(text: str) -> float | None:
    """The number that a text is, written plainly; None for anything else.

    >>> number("12.50"), number("1e3"), number("12 kg"), number("007")
    (12.5, 1000.0, None, 7.0)
    """
    head = text[:1]
    if not (head.isdecimal() or head in "+-.") or not text.isascii() or "_" in text or " " in text:
        return None
    try:
        found = float(text)
    except ValueError:
        return None
    return found if np.isfinite(found) else None
