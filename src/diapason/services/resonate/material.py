"""Which dataset is meant, and which rows a trial uses where there are more than it needs."""

import numpy as np
from numpy.typing import NDArray

from diapason.errors import NotFound
from diapason.ports.workspace import Workspace
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef

__all__ = ["existing", "sampled"]


def existing(ws: Workspace, name: str) -> VersionRef:
    """The dataset, or the version of it, that is asked for.

    Raises:
        NotFound: there is no such dataset; those that exist are told.
    """
    ref, known = VersionRef.parse(name), ws.lake.datasets()
    if ref.name not in known:
        raise NotFound(
            Text(f"there is no dataset '{ref.name}'", f"没有数据集“{ref.name}”"),
            at=str(ws.folder),
            fix=Text(f"choose one of: {', '.join(known) or '–'}", f"可选：{'、'.join(known) or '–'}"),
        )
    return ref


def sampled(examples: Examples, most: int, seed: int) -> NDArray[np.int64]:
    """Positions of about `most` rows: whole assets where there are many, else every k-th row."""
    n = len(examples)
    if n <= most:
        return np.arange(n, dtype=np.int64)
    if examples.asset is not None and len(names := np.unique(examples.asset)) >= 20:
        order = np.random.default_rng(seed).permutation(names)
        size = np.bincount(examples.asset, minlength=int(names.max()) + 1)[order]
        kept = order[: max(12, int(np.searchsorted(np.cumsum(size), most)))]
        return np.flatnonzero(np.isin(examples.asset, kept)).astype(np.int64)
    return np.unique(np.linspace(0, n - 1, most).astype(np.int64))
