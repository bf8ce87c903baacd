"""Versioned tables in Delta format; the ledger says which versions exist."""

from diapason.stores.lake.lake import DeltaLake

__all__ = ["DeltaLake"]
