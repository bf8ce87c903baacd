"""Trainings and diagnoses as cells: named by what they are, so that a run that was killed loses one at most."""

import io
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from diapason import __version__
from diapason.ports.workspace import Workspace
from diapason.vocabulary.language import Text

__all__ = ["Kept", "Plain", "Store", "key", "packed", "unpacked"]

A = TypeVar("A")
B = TypeVar("B")


class Store(Protocol):
    """Does work or recalls what came of it, and counts."""

    def kept(self, name: str, work: Callable[[], bytes], trainings: int) -> bytes:
        """What `work` gives, from the cache if it was done before."""
        ...

    def map(self, work: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """Apply to each, results in order."""
        ...


@dataclass(slots=True)
class Plain:
    """No cache, one after the other; for a stranger who repeats a run."""

    trainings: int = 0

    def kept(self, name: str, work: Callable[[], bytes], trainings: int) -> bytes:
        """Just work."""
        del name
        self.trainings += trainings
        return work()

    def map(self, work: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """In order."""
        return map(work, items)


@dataclass(slots=True)
class Kept:
    """Results in the vault, told to whoever watches."""

    ws: Workspace
    planned: int  # trainings
    seconds: float  # estimated
    trainings: int = 0
    recalled: int = 0
    spent: float = 0.0
    began: float = field(default_factory=time.monotonic)
    _lock: Any = field(default_factory=threading.Lock)

    def kept(self, name: str, work: Callable[[], bytes], trainings: int) -> bytes:
        """Recall, or work and remember."""
        digest = self.ws.vault.recall(name)
        if digest is not None:
            self._told(trainings, 0.0, recalled=True)
            return self.ws.vault.get(digest)
        begin = time.monotonic()
        data = work()
        self.ws.vault.remember(name, self.ws.vault.put(data))
        self._told(trainings, time.monotonic() - begin, recalled=False)
        return data

    def map(self, work: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """By the workspace's workers."""
        return self.ws.workers.map(work, items)

    def _told(self, trainings: int, seconds: float, *, recalled: bool) -> None:
        with self._lock:
            self.recalled += trainings if recalled else 0
            self.trainings += 0 if recalled else trainings
            self.spent += seconds
            done = self.trainings + self.recalled
            share = min(done / max(self.planned, 1), 0.99)
            gone = time.monotonic() - self.began
        left = gone * (1 - share) / max(share, 1e-9)
        note = f"{done}/≤{self.planned}, {gone:.0f} s, ≤{left:.0f} s"
        self.ws.progress(Text("trying repairs", "试验修复"), share, note)


def key(*facts: Any) -> str:
    """A name for what is described by JSON facts and arrays."""
    plain = [sha256(np.ascontiguousarray(f).tobytes()).hexdigest() if isinstance(f, np.ndarray) else f for f in facts]
    return "cell/" + sha256(json.dumps([__version__, *plain], sort_keys=True, default=str).encode()).hexdigest()


def packed(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> bytes:
    """Arrays and JSON facts as one npz without objects."""
    out = io.BytesIO()
    said = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    np.savez(out, allow_pickle=False, **{**arrays, "facts": said})
    return out.getvalue()


def unpacked(data: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The inverse of `packed`."""
    with np.load(io.BytesIO(data), allow_pickle=False) as read:
        arrays = {k: read[k] for k in read.files}
    return arrays, json.loads(arrays.pop("facts").tobytes())
