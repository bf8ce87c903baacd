"""What is wrong with a table: where, what, how sure. `examine` reads it in batches and returns a `Report`."""

from diapason.engines.quality.examine import examine
from diapason.engines.quality.report import ColumnProfile, Report
from diapason.engines.quality.thresholds import THRESHOLDS, Thresholds

__all__ = ["THRESHOLDS", "ColumnProfile", "Report", "Thresholds", "examine"]
