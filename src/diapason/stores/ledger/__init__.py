"""The ledger in SQLite: append-only, hash-chained, safe with several writing processes."""

from diapason.stores.ledger.sqlite import SqliteLedger

__all__ = ["SqliteLedger"]
