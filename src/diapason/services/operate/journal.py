"""What agents saw and decided, in the ledger: one root for all rows of a second, one entry for each decision."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.agents import Closed, Recent
from diapason.engines.evidence import merkle
from diapason.ports.workspace import Workspace
from diapason.vocabulary.line import Moment

__all__ = ["DECIDED", "OBSERVED", "Journal", "leaf", "leaves", "observation", "packed", "unpacked"]

OBSERVED, DECIDED = "observed", "decided"
"""Kinds of entries."""


def leaf(name: str, at: Moment, x: NDArray[np.float64]) -> bytes:
    """One row that an agent saw, as bytes: time, name, values."""
    return at.to_bytes(8, "big") + name.encode() + b"\0" + np.ascontiguousarray(x).tobytes()


def leaves(names: Sequence[str], closed: Closed) -> list[bytes]:
    """The rows of one `Closed`, as `leaf` makes them."""
    x, width = np.ascontiguousarray(closed.x).tobytes(), closed.x.shape[1] * 8
    at = closed.at.astype(">i8").tobytes()
    return [
        at[8 * i : 8 * i + 8] + names[w].encode() + b"\0" + x[width * i : width * (i + 1)]
        for i, w in enumerate(closed.who.tolist())
    ]


class Journal:
    """Gathers what was seen; writes it when it is asked to."""

    def __init__(self, ws: Workspace, run: str) -> None:
        self.workspace, self.run = ws, run
        self._rows: list[tuple[Sequence[str], Closed]] = []

    def saw(self, names: Sequence[str], closed: Closed) -> None:
        """Rows that agents were given."""
        self._rows.append((names, closed))

    def taken(self) -> list[tuple[Sequence[str], Closed]]:
        """The rows since the last time, to be written by `observed`."""
        rows, self._rows = self._rows, []
        return rows

    def observed(self, rows: Sequence[tuple[Sequence[str], Closed]], balance: Mapping[str, int]) -> None:
        """One entry for all these rows: their root, and where every reading went."""
        if not rows:
            return
        every = sorted(one for names, closed in rows for one in leaves(names, closed))
        since, until = min(int(c.at.min()) for _, c in rows), max(int(c.at.max()) for _, c in rows)
        body = {"rows": len(every), "from": since, "to": until, "root": merkle.root(every), "readings": dict(balance)}
        self.workspace.ledger.append(OBSERVED, run=self.run, subject="agents", body=body)

    def decided(self, told: Sequence[dict[str, Any]], recent: Sequence[Recent]) -> int:
        """Entries for decisions, with what is needed to decide again in the vault; gives the number of the last."""
        kept, seq = self.workspace.vault.put(packed(recent)), 0
        for i, facts in enumerate(told):
            subject = f"agent:{facts['agent']}"
            body = facts | {"again": {"sha256": kept, "place": i}}
            seq = self.workspace.ledger.append(DECIDED, run=self.run, subject=subject, body=body).seq
        return seq


def packed(recent: Sequence[Recent]) -> bytes:
    """The last rows of several agents, as one blob."""
    out, named = BytesIO(), dict[str, NDArray[Any]]()
    for i, one in enumerate(recent):
        named |= {f"{i}|x": one.x, f"{i}|at": one.at} | {f"{i}|state|{n}": a for n, a in one.state.items()}
    np.savez_compressed(out, allow_pickle=False, **named)
    return out.getvalue()


def unpacked(data: bytes, place: int) -> Recent:
    """The inverse of `packed`, for one agent."""
    with np.load(BytesIO(data), allow_pickle=False) as read:
        mine = {n.partition("|")[2]: read[n] for n in read.files if n.startswith(f"{place}|")}
    state = {n.removeprefix("state|"): a for n, a in mine.items() if n.startswith("state|")}
    return Recent(state, mine["x"], mine["at"])


def observation(names: Sequence[str], closed: Closed, position: int) -> str:
    """sha256 of the row at a position, as the root counts it."""
    one = leaf(names[int(closed.who[position])], int(closed.at[position]), closed.x[position])
    return sha256(b"\0" + one).hexdigest()
