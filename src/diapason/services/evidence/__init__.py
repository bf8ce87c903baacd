"""Hand evidence over: one signed file per name, and small signed anchors that hold the ledger in place."""

from diapason.services.evidence.exporting import anchor, export

__all__ = ["anchor", "export"]
