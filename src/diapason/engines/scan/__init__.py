"""One compiled pass over a table of any size: counts, statistics, order, clock; kept and merged.

What compares with a reference, or looks at rules alone, is loaded where it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from diapason.engines.scan.faults import faults
from diapason.engines.scan.keeping import packed, unpacked
from diapason.engines.scan.sampled import regimes, sampled
from diapason.engines.scan.shape import Shape
from diapason.engines.scan.table import Scan
from diapason.engines.scan.telling import lines

if TYPE_CHECKING:
    from diapason.engines.scan.comparing import changes
    from diapason.engines.scan.drift import Drift, drifts
    from diapason.engines.scan.ruling import Ruling

__all__ = [
    "Drift",
    "Ruling",
    "Scan",
    "Shape",
    "changes",
    "drifts",
    "faults",
    "lines",
    "packed",
    "regimes",
    "sampled",
    "unpacked",
]

_HOME = {"Drift": "drift", "Ruling": "ruling", "changes": "comparing", "drifts": "drift"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
