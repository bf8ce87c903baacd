"""Trainings as cells in the vault: named by what they are, so that a run that was killed loses one at most."""

import io
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from diapason import __version__
from diapason.engines.learning.crossing import judge
from diapason.ports.workspace import Workspace
from diapason.roles.recipe import Recipe
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.splits import Fold
from diapason.vocabulary.wire import plain

__all__ = ["Cells", "Plainly"]

A = TypeVar("A")
Array = NDArray[np.float64]


@dataclass(slots=True)
class Plainly:
    """Trainings without a cache, one after the other; for a stranger who repeats a run."""

    recipe: Recipe
    seed: int

    def predicted(self, settings: Mapping[str, Any], examples: Examples, fold: Fold) -> Array:
        """Learn and predict."""
        model = self.recipe.fit(examples.take(fold.train), settings, self.seed)
        return judge(model, examples, fold)

    def each(self, work: Callable[[int], A], count: int) -> Iterator[A]:
        """In order."""
        return map(work, range(count))


@dataclass(slots=True)
class Cells:
    """Trainings whose results the vault keeps, told to whoever watches."""

    ws: Workspace
    recipe: Recipe
    seed: int
    salt: str  # digest of data, contract and settings
    expected: int  # trainings planned, a race counted once
    trained: int = 0
    cached: int = 0
    began: float = field(default_factory=time.monotonic)
    _lock: Any = field(default_factory=threading.Lock)

    def predicted(self, settings: Mapping[str, Any], examples: Examples, fold: Fold) -> Array:
        """Learn and predict, or recall."""

        def work() -> bytes:
            out = io.BytesIO()
            np.save(out, Plainly(self.recipe, self.seed).predicted(settings, examples, fold), allow_pickle=False)
            return out.getvalue()

        kept = self.kept(self._key(settings, examples, fold), work)
        return np.asarray(np.load(io.BytesIO(kept), allow_pickle=False))

    def each(self, work: Callable[[int], A], count: int) -> Iterator[A]:
        """By the workspace's workers."""
        return self.ws.workers.map(work, range(count))

    def kept(self, key: str, work: Callable[[], bytes]) -> bytes:
        """What the vault has under a key, else the work done and put there."""
        digest = self.ws.vault.recall(key)
        data = self.ws.vault.get(digest) if digest is not None else work()
        if digest is None:
            self.ws.vault.remember(key, self.ws.vault.put(data))
        self._told(cached=digest is not None)
        return data

    def _told(self, *, cached: bool) -> None:
        with self._lock:
            self.cached += cached
            self.trained += not cached
            done = self.cached + self.trained
            share = min(done / max(self.expected, 1), 0.99)
            left = (time.monotonic() - self.began) * (1 - share) / max(share, 1e-9)
        self.ws.progress(Text("learning", "学习"), share, f"{done}/{self.expected}, ~{left:.0f} s")

    def _key(self, settings: Mapping[str, Any], examples: Examples, fold: Fold) -> str:
        rows = sha256(examples.rows.tobytes() + b"|" + fold.train.tobytes() + b"|" + fold.test.tobytes()).hexdigest()
        facts = [__version__, self.recipe.name, plain(settings), self.salt, self.seed, rows, examples.features.columns]
        return "cell/" + sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
