"""Noise that remembers: a slowly forgetting part plus a fresh part, at uneven times; its whitening."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["Noise", "fit_noise", "innovations"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Noise:
    """Unit-variance noise: a share `fresh` is new at each result, the rest is forgotten within `memory`."""

    memory: float = 0.0  # time constant of forgetting, in the unit of time; 0 = none
    fresh: float = 1.0  # 0..1


MEMORIES, SHARES = 9, (0.0, 0.03, 0.1, 0.25, 0.5, 0.75, 0.9)


def _gains(gaps: Array, memory: Array, fresh: Array) -> tuple[Array, Array, Array]:
    """Kalman gain, forgetting and innovation variance, each (n, k), for k noise models."""
    n, k = len(gaps), len(memory)
    gain, kept, spread = np.empty((n, k)), np.empty((n, k)), np.empty((n, k))
    slow = 1.0 - fresh
    doubt = slow.copy()
    with np.errstate(divide="ignore", over="ignore"):
        kept[:] = np.where(memory > 0, np.exp(-gaps[:, None] / np.where(memory > 0, memory, 1.0)), 0.0)
    for i in range(n):
        doubt = kept[i] ** 2 * doubt + (1.0 - kept[i] ** 2) * slow if i else slow
        spread[i] = np.maximum(doubt + fresh, 1e-9)
        gain[i] = doubt / spread[i]
        doubt = doubt * (1.0 - gain[i])
    return gain, kept, spread


def _gaps(time: Array) -> Array:
    """Time since the result before; infinite at the first and wherever time runs back (another asset begins)."""
    gaps = np.diff(time, prepend=np.nan)
    return np.where(gaps >= 0, gaps, np.inf)


def innovations(time: Array, columns: Array, noise: Noise) -> Array:
    """Columns (n, m) with what the noise remembers taken out: noise of that kind becomes white with variance 1.

    Source: Kalman filter of an Ornstein-Uhlenbeck process in white noise; whitening for generalised least squares.
    """
    if noise.memory <= 0 or noise.fresh >= 1:
        return columns
    out, state = np.empty_like(columns), np.zeros(columns.shape[1])
    for i, (g, a, s) in enumerate(_filter(np.ascontiguousarray(time, dtype=np.float64).tobytes(), noise)):
        state *= a
        surprise = columns[i] - state
        state += g * surprise
        out[i] = surprise / s
    return out


@lru_cache(maxsize=32)
def _filter(time: bytes, noise: Noise) -> tuple[tuple[float, float, float], ...]:
    """Gain, forgetting and spread at each time; the same for every column, so kept from call to call."""
    gaps = _gaps(np.frombuffer(time))
    gain, kept, spread = _gains(gaps, np.array([noise.memory]), np.array([noise.fresh]))
    return tuple(zip(gain[:, 0].tolist(), kept[:, 0].tolist(), np.sqrt(spread[:, 0]).tolist(), strict=True))


def fit_noise(time: Array, residual: Array) -> tuple[Noise, float]:
    """The most likely noise for a residual (n,), and its log-likelihood (variance profiled out)."""
    memory, fresh, gain, kept, spread = _tried(np.ascontiguousarray(time, dtype=np.float64).tobytes())
    state, squares = np.zeros(len(memory)), np.zeros(len(memory))
    for i, value in enumerate(residual):
        state *= kept[i]
        surprise = value - state
        state += gain[i] * surprise
        squares += surprise**2 / spread[i]
    n = len(residual)
    likelihood = -0.5 * (n * np.log(np.maximum(squares / n, 1e-300)) + np.log(spread).sum(axis=0))
    best = int(np.argmax(likelihood))
    return Noise(float(memory[best]), float(fresh[best])), float(likelihood[best])


@lru_cache(maxsize=4)
def _tried(time: bytes) -> tuple[Array, Array, Array, Array, Array]:
    """The noises that are tried, memory and fresh share (k,), and their filters (n, k); the same for every residual."""
    times = np.frombuffer(time)
    gaps = _gaps(times)
    apart = gaps[np.isfinite(gaps) & (gaps > 0)]
    usual = float(np.median(apart)) if len(apart) else 1.0
    longest = max(float(times.max() - times.min()), 4 * usual)
    memory, fresh = (
        x.ravel() for x in np.meshgrid(np.geomspace(usual / 2, longest, MEMORIES), np.array(SHARES), indexing="ij")
    )
    memory, fresh = np.append(memory, 0.0), np.append(fresh, 1.0)
    return memory, fresh, *_gains(gaps, memory, fresh)
