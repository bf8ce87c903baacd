"""How well a result follows a tag at every candidate lag, with the noise's memory taken out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gamma
from scipy.stats import chi2

from diapason.engines.alignment.noise import Noise, innovations
from diapason.engines.alignment.series import Series, value_at

__all__ = ["SHAPES", "Record", "Scan", "lagged", "scan", "shapes", "tail"]

Array = NDArray[np.float64]
SHAPES = 2
"""A line and a bow per lag: a rising relation of any form is close to their sum."""


@dataclass(frozen=True, slots=True)
class Record:
    """One asset: a tag (on the scale of normal scores) and the moments of the results that may follow it."""

    tag: Series
    at: Array  # (n,)


@dataclass(frozen=True, slots=True)
class Scan:
    """Evidence per lag: twice the gain in log-likelihood over "the tag does not matter"."""

    lags: Array  # (m,)
    gain: Array  # (m,)
    turns: Array  # (m - 1,) angle that the tag's shape turns from lag to lag

    @property
    def path(self) -> float:
        """The whole angle: how many independent chances the maximum had."""
        return float(self.turns.sum())


def lagged(records: Sequence[Record], lags: Array, limit: float, *, around: bool = False) -> Array:
    """The tag's scores (n, m) at each result's moment less each lag; 0, the middle, where not known.

    Args:
        around: wrap the record around, so that lags far outside it make a control without relation.
    """
    parts = []
    for record in records:
        when = record.at[:, None] - lags[None, :]
        if around and len(record.tag):
            first, last = record.tag.time[0], record.tag.time[-1]
            when = first + np.mod(when - first, max(last - first, 1e-9))
        parts.append(np.nan_to_num(value_at(record.tag, when, limit), nan=0.0))
    return np.concatenate(parts)


def shapes(columns: Array) -> Array:
    """The shapes of each column: (n, m) becomes (n, m, SHAPES)."""
    return np.stack([columns, columns**2 - 1.0], axis=2)


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be explained: results (n,) in time order per asset, and what else explains them (n, q)."""

    time: Array
    result: Array
    nuisance: Array

    def residual(self) -> Array:
        """The result with the nuisance taken out by least squares."""
        return np.asarray(self.result - self.nuisance @ np.linalg.lstsq(self.nuisance, self.result, rcond=None)[0])


def scan(question: Question, noise: Noise, lags: Array, columns: Array) -> Scan:
    """Evidence for each lag.

    Args:
        question: the results and what else explains them.
        noise: the noise in the results.
        lags: (m,) candidates.
        columns: (n, m) the tag at those lags, from `lagged`.

    Source: generalised least squares; profile likelihood over the lag.
    """
    n, m = columns.shape
    q = question.nuisance.shape[1]
    stacked = np.column_stack([question.nuisance, question.result, shapes(columns).reshape(n, m * SHAPES)])
    white = innovations(question.time, stacked, noise)
    known, _ = np.linalg.qr(white[:, :q])
    rest = white[:, q:]
    rest -= known @ (known.T @ rest)
    y, x = rest[:, 0], _orthonormal(rest[:, 1:].reshape(n, m, SHAPES))
    weight = np.einsum("n,nmd->md", y, x)
    total = max(float(y @ y), 1e-300)
    degrees = max(n - q - SHAPES, 1)
    gain = -degrees * np.log1p(-np.clip((weight**2).sum(axis=1) / total, 0.0, 1 - 1e-12))
    step = np.abs(np.einsum("nm,nm->m", x[:, 1:, 0], x[:, :-1, 0]))
    return Scan(lags, gain, np.arccos(np.clip(step, 0.0, 1.0)))


def _orthonormal(x: Array) -> Array:
    """Gram-Schmidt over the last axis, per lag, over rows; in place."""
    for k in range(x.shape[2]):
        for j in range(k):
            x[:, :, k] -= x[:, :, j] * np.einsum("nm,nm->m", x[:, :, j], x[:, :, k])
        length = np.sqrt(np.einsum("nm,nm->m", x[:, :, k], x[:, :, k]))
        x[:, :, k] /= np.where(length > 1e-9, length, np.inf)
    return x


def tail(best: float, path: float) -> float:
    """Chance that the best of all lags is this good although the tag does not matter.

    Source: Davies, Biometrika 74 (1987): upcrossings of a chi-square process.
    """
    rate = (best / 2) ** ((SHAPES - 1) / 2) * np.exp(-best / 2) / gamma(SHAPES / 2)
    return float(min(1.0, chi2.sf(best, SHAPES) + path / np.sqrt(np.pi) * rate))
