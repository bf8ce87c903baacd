"""Tables in files: text and Parquet, one file, a folder or a pattern, plain or compressed."""

from diapason.connectors.files.connector import batches, frames

__all__ = ["batches", "frames"]
