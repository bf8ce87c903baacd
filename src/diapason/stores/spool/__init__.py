"""Store-and-forward on disk: append-only segments with checksums."""

from diapason.stores.spool.segments import SegmentSpool

__all__ = ["SegmentSpool"]
