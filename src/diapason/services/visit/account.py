"""What was told of a dataset before, to whomever: kept at the plant, so that two releases can't be subtracted."""

import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.ports.workspace import Workspace
from diapason.vocabulary.tables import ROW, VersionRef

__all__ = ["Account", "Numbers", "earlier", "kept", "numbers"]

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Each row by its place (`_row`) and by its content: a file read anew may shift the one, a new column the other."""

    place: Index
    content: Index

    def take(self, keep: NDArray[np.bool_]) -> "Numbers":
        """Those rows."""
        return Numbers(self.place[keep], self.content[keep])


@dataclass(frozen=True, slots=True)
class Account:
    """Everything told so far of one dataset."""

    groups: tuple[Numbers, ...] = ()  # rows of each count told
    whole: tuple[Numbers, ...] = ()  # rows that each release stands on
    edges: Mapping[str, list[float]] = field(default_factory=dict)  # of bands, by column and unit: fixed for ever
    epsilon: float = 0.0


def numbers(ws: Workspace, ref: VersionRef, rows: Index) -> Numbers:
    """The two numbers of each of these rows, in their order."""
    frame = ws.lake.scan(ref).filter(pl.col(ROW).is_in(rows.tolist())).collect().sort(ROW)
    columns = sorted(c for c in frame.columns if c != ROW)
    texts = frame.select(pl.struct(columns).struct.json_encode())[:, 0].to_list() if columns else [""] * frame.height
    seen: Counter[str] = Counter()
    made = []
    for text in texts:
        seen[text] += 1
        made.append(
            int.from_bytes(blake2b(f"{text}#{seen[text]}".encode(), digest_size=8).digest(), "big", signed=True)
        )
    place = frame[ROW].to_numpy().astype(np.int64)
    at = np.searchsorted(place, rows)
    return Numbers(place[at], np.array(made, dtype=np.int64)[at])


def earlier(ws: Workspace, dataset: str, rows: Index) -> Account:
    """What every release has told of these rows, under whichever contract.

    Rows of another dataset count where their content is the same: a copy under a new name is no new data.

    Args:
        rows: content numbers of the rows that are looked at now.
    """
    groups: list[Numbers] = []
    whole: list[Numbers] = []
    edges: dict[str, list[float]] = {}
    epsilon = 0.0
    for entry in ws.ledger.entries(kind="release"):
        same = VersionRef.parse(entry.subject).name == dataset
        sets = [n if same else Numbers(n.place[:0], n.content) for n in _sets(ws, str(entry.body["account"]))]
        if not (same or np.isin(sets[0].content, rows).any()):
            continue
        whole.append(sets[0])
        groups += sets[1:]
        edges |= entry.body["edges"] if same else {}
        epsilon += float(entry.body["epsilon"])
    return Account(tuple(groups), tuple(whole), edges, epsilon)


def _sets(ws: Workspace, account: str) -> list[Numbers]:
    """The whole first, then each group told."""
    with np.load(io.BytesIO(ws.vault.get(account)), allow_pickle=False) as read:
        return [Numbers(read[f"place{i}"], read[f"content{i}"]) for i in range(len(read.files) // 2)]


def kept(whole: Numbers, groups: tuple[Numbers, ...]) -> bytes:
    """The row numbers behind a release, for the vault of the plant."""
    out = io.BytesIO()
    arrays: dict[str, Any] = {}
    for i, one in enumerate((whole, *groups)):
        arrays |= {f"place{i}": one.place, f"content{i}": one.content}
    np.savez_compressed(out, allow_pickle=False, **arrays)
    return out.getvalue()
