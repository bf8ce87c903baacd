"""One compiled pass over a table of any size: counts, statistics, order, clock; kept and merged."""

from diapason.engines.scan.comparing import changes
from diapason.engines.scan.drift import Drift, drifts
from diapason.engines.scan.faults import faults
from diapason.engines.scan.keeping import packed, unpacked
from diapason.engines.scan.sampled import sampled
from diapason.engines.scan.shape import Shape
from diapason.engines.scan.table import Scan
from diapason.engines.scan.telling import lines

__all__ = ["Drift", "Scan", "Shape", "changes", "drifts", "faults", "lines", "packed", "sampled", "unpacked"]
